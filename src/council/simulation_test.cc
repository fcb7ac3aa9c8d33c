#include "council/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "council/chain_reading.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::council::simulation {

TestKeys::TestKeys(std::string_view name) : seed_(trust::sha256("tocsin test key " + std::string(name))) {
  public_ = trust::ed25519_public_key(seed_);
}

Result<trust::Ed25519Signature> TestKeys::sign(std::string_view bytes) { return trust::ed25519_sign(bytes, seed_); }

Result<void> Machine::append(std::string_view line) {
  if (disk_fails) {
    return failure(ErrorCode::io, "the disk is full");
  }
  disk += line;
  return {};
}

Time Machine::now() const { return {(network_.now_ + skew) * (Time::ticks_per_second / 1000)}; }

void Machine::send(std::string_view entry) {
  on_disk_when_sent.push_back(disk.find(entry) != std::string::npos);
  for (const auto& [name, node] : network_.nodes_) {
    if (name != name_ && network_.connected(name, name_)) {
      network_.messages_.emplace(network_.now_ + network_.latency(), Network::Message{name_, name, std::string(entry)});
    }
  }
}

std::string roster_json(const RosterPlan& plan) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().key("version").number(1).key("members").begin_array();
  const auto add = [&](const std::string& name, std::string_view role) {
    json.begin_object().member("id", name).member("role", role);
    json.member("key", trust::to_hex(TestKeys(name).public_key()));
    json.key("witness").boolean(plan.witnesses.empty() || plan.witnesses.contains(name)).end_object();
  };
  for (const std::string& name : plan.members) {
    add(name, "member");
  }
  add(plan.chair, "chair");
  for (const std::string& name : plan.partners) {
    add(name, "partner");
  }
  json.end_array().key("witness_quorum").number(std::uint64_t{plan.quorum});
  json.key("challenge_seconds").number(plan.challenge).key("min_period_seconds").begin_object();
  json.key("crisis").number(7200).key("normal").number(259200).end_object().end_object();
  return out;
}

Network::Network(const RosterPlan& plan, std::string_view opener, std::string_view title, std::string_view start)
    : now_(*consult::parse_seconds(start) * 1000) {
  const std::string roster = roster_json(plan);
  const auto reading = consult::read_roster(roster);
  TestKeys opener_keys(opener);
  const Opened opened = *sign_open({.title = title, .marking = plan.marking, .exercise = plan.exercise},
                                   *reading.roster, opener, opener_keys, seconds());
  item_ = opened.item;
  for (const consult::Participant& participant : reading.roster->participants) {
    Node& node = nodes_[participant.name];
    node.name = participant.name;
    node.keys = std::make_unique<TestKeys>(participant.name);
    node.machine = std::make_unique<Machine>(*this, participant.name);
    std::string chain;
    node.machine->disk = new_journal(item_, roster, chain);
    const bool own = participant.name == opener;
    node.machine->disk += write_line({own ? RecordKind::signed_here : RecordKind::held, opened.json}, chain);
    load(node);
    node.tick_at = now_ + 200;
  }
}

void Network::load(Node& node) {
  JournalReading journal = read_journal(node.machine->disk);
  node.machine->disk.resize(journal.whole_bytes);
  auto item = load_item(journal, verifier_);
  ASSERT_TRUE(item.has_value()) << item.error().text();
  node.consultation = std::make_unique<Consultation>(
      *std::move(item), node.name, Signer::Ports{*node.keys, *node.machine, *node.machine, *node.machine},
      journal.chain);
}

Milliseconds Network::latency() {
  random_ = random_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return 20 + static_cast<Milliseconds>((random_ >> 33U) % 180);
}

Result<Hash> Network::act(std::string_view name, consult::Kind kind, std::string body) {
  Act act;
  act.kind = kind;
  act.body = std::move(body);
  auto entry = node(name).consultation->act(act);
  if (!entry) {
    return std::unexpected(entry.error());
  }
  return (*entry)->id;
}

void Network::deliver(const std::string& from, const std::string& to, const std::string& entry) {
  Node& node = nodes_.at(to);
  if (node.consultation == nullptr || !connected(from, to)) {
    return;
  }
  const auto taken = node.consultation->receive(entry);
  if (taken && *taken == Intake::added && node.tick_at < 0) {
    node.tick_at = now_ + 200;
  }
}

void Network::run_until(Milliseconds end) {
  for (;;) {
    Milliseconds next = messages_.empty() ? INT64_MAX : messages_.begin()->first;
    Node* ticking = nullptr;
    for (auto& [name, node] : nodes_) {
      if (node.tick_at >= 0 && node.tick_at < next) {
        next = node.tick_at;
        ticking = &node;
      }
    }
    if (next > end) {
      break;
    }
    now_ = std::max(now_, next);
    if (ticking != nullptr) {
      ticking->tick_at = -1;
      if (ticking->consultation != nullptr) {
        EXPECT_TRUE(ticking->consultation->tick().has_value());
      }
    } else {
      const Message message = std::move(messages_.begin()->second);
      messages_.erase(messages_.begin());
      deliver(message.from, message.to, message.entry);
    }
  }
  now_ = end;
}

void Network::run_to(std::string_view moment) { run_until(*consult::parse_seconds(moment) * 1000); }

void Network::heal() {
  const std::set<std::string> island = std::exchange(island_, {});
  // Everybody tells one on the other side what it lacks; as a mesh does, who has it passes it on at once.
  for (auto& [from, sender] : nodes_) {
    for (auto& [to, receiver] : nodes_) {
      if (from == to || sender.consultation == nullptr || receiver.consultation == nullptr) {
        continue;
      }
      const Milliseconds at = now_ + latency();
      for (const Item::Held& held : sender.consultation->entries()) {
        if (receiver.consultation->item().find(held.entry->id) == nullptr) {
          messages_.emplace(at, Message{from, to, held.json});
        }
      }
    }
  }
}

void Network::restart(std::string_view name, bool torn) {
  Node& down = node(name);
  down.consultation.reset();
  if (torn) {
    down.machine->disk += "{\"sum\":\"0123456789abcdef\",\"is\":\"held\",\"val";
  }
  load(down);
  down.tick_at = now_ + 200;
}

void Network::restore(std::string_view name, std::string old_disk) {
  Node& down = node(name);
  down.consultation.reset();
  down.machine->disk = std::move(old_disk);
  load(down);
  ASSERT_TRUE(down.consultation->mark_broken("the journal came from a backup").has_value());
  down.tick_at = now_ + 200;
}

std::set<std::string> Network::states() {
  std::set<std::string> out;
  for (auto& [name, node] : nodes_) {
    if (node.consultation != nullptr) {
      out.insert(consult::to_json(node.consultation->state(seconds())));
    }
  }
  return out;
}

}  // namespace tocsin::council::simulation
