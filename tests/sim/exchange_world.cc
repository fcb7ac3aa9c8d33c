#include "sim/exchange_world.h"

#include <algorithm>

#include <fmt/format.h>

#include "exchange/notice.h"
#include "policy/terms.h"
#include "sim/exchange_node.h"
#include "stix/signature.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::sim {
namespace {

using exchange::CollectionRef;
using exchange::Exchange;
using exchange::Relation;
using Marking = Version::Marking;

constexpr std::string_view tlp[] = {"",
                                    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
                                    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
                                    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
                                    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
                                    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
                                    "marking-definition--11111111-2222-4333-8444-555555555555"};

std::string time_text(std::int64_t ticks) {
  const CivilTime civil = to_civil(Time{ticks});
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", civil.year, civil.month, civil.day, civil.hour,
                     civil.minute, civil.second, civil.ticks / 10'000);
}

}  // namespace

class World::Wire final : public exchange::Transport {
 public:
  Wire(World& world, std::size_t node) : world_(world), node_(node) {}
  void send(const std::string& url, std::uint64_t ticket, std::string message) override {
    world_.send(node_, url, ticket, std::move(message));
  }

 private:
  World& world_;
  std::size_t node_;
};

World::World(WorldOptions options) : options_(options), dice_(options.seed) {}
World::~World() = default;

void World::say(const std::string& text) {
  if (options_.trace) {
    trace_.push_back(fmt::format("{:12.3f} {}", static_cast<double>(now_ - 1'700'000'000 * second) / second, text));
  }
}

void World::at(std::int64_t when, std::function<void()> run) { events_.push({when, order_++, std::move(run)}); }

void World::build() {
  const std::size_t count = 3 + dice_.below(3);
  std::vector<std::string> documents;
  for (std::size_t number = 0; number < count; ++number) {
    auto node = std::make_unique<Node>();
    node->number = number;
    node->organisation = fmt::format("identity--0a0a0a0a-0000-4000-8000-{:012}", number);
    node->url = fmt::format("sim:{}", number);
    node->random = std::make_unique<Dice>(dice_.next());
    node->random->fill(node->seed);
    node->key.key = trust::ed25519_public_key(node->seed);
    node->key.kid = stix::key_id(node->key.key);
    node->key.identity = node->organisation;
    node->key.name = fmt::format("node {}", number);
    node->key.valid_from = "2020-01-01T00:00:00Z";
    const auto document = stix::write_author_key(node->key, node->seed);
    node->key_document = *document;
    documents.push_back(*document);
    node->clock.world = &now_;
    node->clock.skew = dice_.chance(50) ? 0 : (static_cast<std::int64_t>(dice_.below(7'200)) - 3'600) * second;
    node->notes.dice = &dice_;
    node->wire = std::make_unique<Wire>(*this, number);
    node->hostile = number != 0 && number + 1 == count && dice_.chance(50);
    (void)node->store->put_root({.name = "api", .title = "", .description = "", .max_content_length = 0});
    for (const char* id : {"shared", "closed", "inbox"}) {
      (void)node->store->put_collection({.root = "api",
                                         .id = id,
                                         .title = "",
                                         .description = "",
                                         .alias = "",
                                         .can_read = true,
                                         .can_write = true,
                                         .media_types = {}});
    }
    nodes_.push_back(std::move(node));
  }
  for (auto& node : nodes_) {
    for (auto& other : nodes_) {
      if (node->number < other->number && (dice_.chance(65) || other->number == node->number + 1)) {
        for (const auto& [a, b] : {std::pair(node.get(), other.get()), std::pair(other.get(), node.get())}) {
          Relation relation;
          relation.name = fmt::format("node {}", b->number);
          relation.inbox = {"api", "inbox"};
          if (dice_.chance(90)) {
            relation.collections.push_back({"api", "shared"});
          }
          if (dice_.chance(40)) {
            relation.collections.push_back({"api", "closed"});
          }
          if (dice_.chance(50)) {
            relation.collections.push_back({"api", "inbox"});
          }
          if (dice_.chance(40)) {
            relation.client_of.push_back(a->organisation);
          }
          if (dice_.chance(40)) {
            relation.communities.push_back("community--1");
          }
          a->relations[b->number] = relation;
        }
      }
    }
    restart(*node);
    (void)documents;
  }
}

void World::restart(Node& node) {
  ++node.lives;
  exchange::Options options;
  options.key = node.key;
  options.key_document = node.key_document;
  options.seed = node.seed;
  options.url = node.url;
  for (const auto& other : nodes_) {
    options.author_keys.push_back(other->key_document);
  }
  node.exchange.reset();
  auto opened = Exchange::open(*node.store, node.notes, node.clock, *node.random, *node.wire, std::move(options));
  if (!opened) {
    failures_.push_back("a node does not start: " + opened.error().text());
    return;
  }
  node.exchange = std::move(*opened);
  wake(node);
}

void World::wake(Node& node) {
  const Time next = node.exchange->tick();
  const std::int64_t when = std::max(now_ + second / 1000, next.ticks - node.clock.skew);
  node.woken = when;
  at(when, [this, &node, when, life = node.lives] {
    if (node.lives == life && node.woken == when) {
      wake(node);
    }
  });
}

bool World::lost(std::size_t a, std::size_t b) {
  if (calm_) {
    return false;
  }
  return cut_.contains({std::min(a, b), std::max(a, b)}) || dice_.chance(15);
}

void World::deliver(std::size_t from, std::size_t to, const std::string& bytes, bool crafted) {
  ++totals_.messages;
  if (!crafted) {
    nodes_[to]->received.push_back(bytes);
    if (nodes_[to]->hostile && nodes_[to]->heard.size() < 200) {
      nodes_[to]->heard.emplace_back(from, bytes);
    }
  }
}

void World::send(std::size_t from, const std::string& url, std::uint64_t ticket, std::string message) {
  const std::size_t to = static_cast<std::size_t>(url.back() - '0');
  const std::uint64_t life = nodes_[from]->lives;
  const auto fails = [this, from, ticket, life](std::int64_t after) {
    at(now_ + after, [this, from, ticket, life] {
      if (nodes_[from]->lives == life) {
        nodes_[from]->exchange->answered(ticket, failure(ErrorCode::io, "no answer"));
        wake(*nodes_[from]);
      }
    });
  };
  const auto latency = [this] {
    return second / 100 + static_cast<std::int64_t>(dice_.below(dice_.chance(10) ? 20'000 : 400)) * second / 1000;
  };
  const int copies = dice_.chance(calm_ ? 0 : 10) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    if (lost(from, to)) {
      ++totals_.lost;
      say(fmt::format("lost {} -> {} ticket {}", from, to, ticket));
      // Sometimes the sender learns of it, sometimes nobody tells.
      if (dice_.chance(50)) {
        fails(latency());
      }
      continue;
    }
    at(now_ + latency(), [this, from, to, ticket, life, message, fails, latency] {
      Node& there = *nodes_[to];
      deliver(from, to, message, false);
      const std::string reply = there.exchange->receive(message);
      say(fmt::format("{} -> {} ticket {}: {} bytes, {} back: {}", from, to, ticket, message.size(), reply.size(),
                      message.substr(message.find('\n') + 1, 150)));
      say(fmt::format("     answer {}", reply.empty() ? "" : reply.substr(reply.find('\n') + 1, 200)));
      wake(there);
      if (reply.empty() || lost(to, from)) {
        fails(latency());
        return;
      }
      at(now_ + latency(), [this, from, to, ticket, life, reply] {
        if (nodes_[from]->lives == life) {
          deliver(to, from, reply, false);
          nodes_[from]->exchange->answered(ticket, reply);
          wake(*nodes_[from]);
        }
      });
    });
  }
}

void World::run_until(std::int64_t end) {
  while (!events_.empty() && events_.top().at <= end) {
    const Event event = events_.top();
    events_.pop();
    now_ = std::max(now_, event.at);
    event.run();
  }
  now_ = end;
}

// Every pair of peers meets by an invitation that goes outside of the network.
void World::meet() {
  struct Pair {
    std::size_t host, guest;
    std::string code;
  };
  std::vector<Pair> pairs;
  for (const auto& node : nodes_) {
    for (const auto& [other, relation] : node->relations) {
      if (node->number < other) {
        const auto code = node->exchange->invite(relation, 86'400 * second);
        pairs.push_back({node->number, other, code ? *code : ""});
      }
    }
  }
  for (int attempt = 0; attempt < 60; ++attempt) {
    bool all = true;
    for (const Pair& pair : pairs) {
      const auto known = [&](std::size_t a, std::size_t b) {
        const auto peers = nodes_[a]->exchange->peers();
        return std::ranges::any_of(
            peers, [&](const exchange::Peer& peer) { return peer.organisation == nodes_[b]->organisation; });
      };
      if (!known(pair.host, pair.guest) || !known(pair.guest, pair.host)) {
        all = false;
        Node& guest = *nodes_[pair.guest];
        if (const auto accepted = guest.exchange->accept(pair.code, guest.relations[pair.host]); !accepted) {
          failures_.push_back("an invitation is not accepted: " + accepted.error().text());
        }
      }
    }
    if (all) {
      return;
    }
    run_until(now_ + 60 * second);
  }
  failures_.push_back("not all peers met");
}

void World::put(Node& node, Version version) {
  const auto header_type = version.id.substr(0, version.id.find("--"));
  store::NewVersion stored;
  stored.bytes = version.bytes;
  stored.id = version.id;
  stored.type = header_type;
  stored.version = version.modified;
  if (const auto parsed = stix::parse_timestamp(version.modified)) {
    stored.version_at = *parsed;
  }
  stored.spec_version = "2.1";
  policy::Terms terms;
  terms.type = header_type;
  if (version.marking != Marking::none) {
    terms.markings.emplace_back(tlp[static_cast<std::size_t>(version.marking)]);
  }
  terms.audience = version.audience;
  if (version.embargo != 0) {
    terms.embargo_until = time_text(version.embargo + node.clock.skew);
  }
  stored.release = policy::terms_text(terms);
  stored.writer = "analyst";
  const auto put = node.store->put({"api", version.collection}, {&stored, 1}, node.clock.now());
  if (!put || put->front() != store::Put::stored) {
    return;
  }
  say(fmt::format("node {} makes {} {} marking {} {}{}{}", node.number, version.id, version.modified,
                  static_cast<int>(version.marking), version.collection, version.with_signature ? " signed" : "",
                  version.revoked ? " revoked" : ""));
  ++totals_.versions;
  versions_.push_back(std::move(version));
  node.exchange->committed();
  wake(node);
}

namespace {

std::string object_text(const Version& version, const std::string& organisation, const std::string& created,
                        std::string_view more) {
  std::string out;
  wire::JsonWriter json(out);
  const std::string type = version.id.substr(0, version.id.find("--"));
  json.begin_object().member("type", type).member("spec_version", "2.1").member("id", version.id);
  if (!version.observable) {
    json.member("created_by_ref", organisation).member("created", created).member("modified", version.modified);
    if (version.revoked) {
      json.key("revoked").boolean(true);
    }
  }
  if (version.marking != Version::Marking::none) {
    json.key("object_marking_refs").begin_array();
    json.string(tlp[static_cast<std::size_t>(version.marking)]).end_array();
  }
  out += more;
  json.end_object();
  return out;
}

}  // namespace

void World::new_object(Node& node) {
  Version version;
  const std::uint64_t number = objects_++;
  version.author = node.number;
  version.token = fmt::format("zq{:06}qz", number);
  version.collection = dice_.chance(75) ? "shared" : "closed";
  version.marking = static_cast<Marking>(dice_.below(static_cast<std::uint64_t>(Marking::count_)));
  version.observable = dice_.chance(15);
  version.with_signature = !version.observable && dice_.chance(80);
  // What an earlier object of the same author is the other end of.
  std::string kind = version.observable ? "file" : "indicator";
  std::string more = fmt::format(
      R"(,"name":"{}","pattern":"[file:name = 'x']","pattern_type":"stix","valid_from":"2020-01-01T00:00:00.000Z")",
      version.token);
  if (version.observable) {
    more = fmt::format(R"(,"name":"{}")", version.token);
  } else if (node.own.size() >= 2 && dice_.chance(30)) {
    kind = "relationship";
    version.references = {node.own[dice_.below(node.own.size())], node.own[dice_.below(node.own.size())]};
    more = fmt::format(R"(,"relationship_type":"related-to","description":"{}","source_ref":"{}","target_ref":"{}")",
                       version.token, version.references[0], version.references[1]);
  }
  version.id = fmt::format("{}--5eed{:04x}-0000-4000-8000-{:012x}", kind, number, options_.seed & 0xFFFFFFFFFFFF);
  version.modified = version.observable ? "" : time_text(node.clock.now().ticks);
  if (dice_.chance(40)) {
    version.audience.emplace();
    for (const auto& other : nodes_) {
      if (dice_.chance(40)) {
        version.audience->push_back(other->organisation);
      }
    }
    if (dice_.chance(30)) {
      version.audience->push_back("community--1");
    }
  }
  if (dice_.chance(10)) {
    version.embargo = now_ + static_cast<std::int64_t>(dice_.below(900)) * second;
  }
  version.bytes = object_text(version, node.organisation, version.modified, more);
  if (version.with_signature) {
    if (auto with = stix::sign_object(version.bytes, node.key, node.seed, version.modified)) {
      version.bytes = *std::move(with);
    }
  }
  if (kind != "relationship") {
    node.own.push_back(version.id);
  }
  put(node, std::move(version));
}

void World::new_version(Node& node) {
  // The last version of one of its objects.
  std::vector<const Version*> last;
  for (const Version& one : versions_) {
    if (one.author != node.number || one.observable || one.sighting || !one.with_signature) {
      continue;
    }
    std::erase_if(last, [&](const Version* other) { return other->id == one.id; });
    last.push_back(&one);
  }
  std::erase_if(last, [](const Version* one) { return one->revoked; });
  if (last.empty()) {
    return;
  }
  const Version& old = *last[dice_.below(last.size())];
  Version version = old;
  version.modified = time_text(node.clock.now().ticks);
  if (version.modified <= old.modified) {
    return;
  }
  version.revoked = dice_.chance(50);
  version.token = fmt::format("zq{:06}qz", objects_++);
  if (dice_.chance(40)) {
    version.marking = static_cast<Marking>(dice_.below(static_cast<std::uint64_t>(Marking::count_)));
  }
  version.embargo = 0;
  const auto tree = wire::parse_json(old.bytes);
  std::string more = fmt::format(R"(,"description":"{}","name":"n")", version.token);
  for (const std::string_view name :
       {"pattern", "pattern_type", "valid_from", "relationship_type", "source_ref", "target_ref"}) {
    if (const std::string_view value = tree->string_or(name, ""); !value.empty()) {
      more += fmt::format(R"(,"{}":"{}")", name, value);
    }
  }
  version.bytes = object_text(version, node.organisation, std::string(tree->string_or("created", "")), more);
  if (auto with = stix::sign_object(version.bytes, node.key, node.seed, version.modified)) {
    version.bytes = *std::move(with);
  }
  put(node, std::move(version));
}

// Somebody who was given an indicator has seen it.
void World::new_sighting(Node& node) {
  std::vector<const Version*> seen;
  for (const Version& one : versions_) {
    if (one.author != node.number && one.id.starts_with("indicator") && knows(node.number, one)) {
      seen.push_back(&one);
    }
  }
  if (seen.empty()) {
    return;
  }
  const Version& indicator = *seen[dice_.below(seen.size())];
  Version version;
  const std::uint64_t number = objects_++;
  version.sighting = true;
  version.with_signature = true;
  version.author = node.number;
  version.token = fmt::format("zq{:06}qz", number);
  version.collection = "shared";
  version.references = {indicator.id};
  version.id = fmt::format("sighting--5eed{:04x}-0000-4000-8000-{:012x}", number, options_.seed & 0xFFFFFFFFFFFF);
  version.modified = time_text(node.clock.now().ticks);
  version.bytes =
      object_text(version, node.organisation, version.modified,
                  fmt::format(R"(,"description":"{}","count":3,"sighting_of_ref":"{}")", version.token, indicator.id));
  if (auto with = stix::sign_object(version.bytes, node.key, node.seed, version.modified)) {
    version.bytes = *std::move(with);
  }
  put(node, std::move(version));
}

void World::craft(Node& node, std::size_t victim, const std::string& message) {
  at(now_ + second / 50, [this, &node, victim, message] {
    deliver(node.number, victim, message, true);
    (void)nodes_[victim]->exchange->receive(message);
    wake(*nodes_[victim]);
  });
}

// A node that has turned: it keeps its keys and tries what they let it.
void World::attack(Node& node) {
  const std::size_t victim = dice_.below(nodes_.size());
  if (victim == node.number) {
    return;
  }
  const exchange::Signer signer{node.key.kid, node.seed};
  const std::string to = nodes_[victim]->key.kid;
  const auto deliver_items = [&](const std::vector<std::string>& objects) {
    exchange::DeliveryWriter writer;
    for (const std::string& object : objects) {
      exchange::Item item;
      item.object = object;
      writer.add(item);
    }
    craft(node, victim, exchange::seal_message(writer.finish(to, 1'000'000 + order_, 0), signer));
  };
  switch (dice_.below(9)) {
    case 0: {  // another's object, changed, or a later version of it
      if (versions_.empty()) {
        return;
      }
      const Version& genuine = versions_[dice_.below(versions_.size())];
      if (genuine.observable || genuine.author == node.number) {
        return;
      }
      burnt_.insert(genuine.id);
      Version forged = genuine;
      forged.marking = Marking::clear;
      forged.token = "forged";
      forged.modified = dice_.chance(50) ? genuine.modified : time_text(now_ + 86'400 * second);
      forged.revoked = dice_.chance(30);
      std::string bytes =
          object_text(forged, nodes_[genuine.author]->organisation, "2020-01-01T00:00:00.000Z", R"(,"name":"forged")");
      if (dice_.chance(50)) {
        // Under its own key, as if that were the author's.
        stix::AuthorKey false_key = node.key;
        false_key.identity = nodes_[genuine.author]->organisation;
        if (auto with = stix::sign_object(bytes, false_key, node.seed, forged.modified)) {
          bytes = *std::move(with);
        }
      }
      deliver_items({bytes});
      return;
    }
    case 1: {  // what it was sent, to somebody else, or again
      if (!node.heard.empty()) {
        craft(node, victim, node.heard[dice_.below(node.heard.size())].second);
      }
      return;
    }
    case 2: {  // noise, and nearly a message
      std::string noise(dice_.below(300), '\0');
      node.random->fill({reinterpret_cast<std::uint8_t*>(noise.data()), noise.size()});
      craft(node, victim, dice_.chance(50) ? noise : "tocsin-exchange/1 " + nodes_[victim]->key.kid + " " + noise);
      return;
    }
    case 3: {  // under somebody else's name
      std::string message = exchange::seal_message(exchange::write_pull({.have = 0, .digest = ""}, to), signer);
      message.replace(18, 32, nodes_[dice_.below(nodes_.size())]->key.kid);
      craft(node, victim, message);
      return;
    }
    case 4: {  // two truths
      Version one;
      one.id = fmt::format("indicator--e11e{:04x}-0000-4000-8000-{:012x}", objects_++, options_.seed & 0xFFFFFFFFFFFF);
      one.marking = Marking::clear;
      one.modified = time_text(now_);
      const std::string rest =
          R"(,"pattern":"[file:name = 'x']","pattern_type":"stix","valid_from":"2020-01-01T00:00:00.000Z")";
      std::vector<std::string> both;
      for (const char* name : {"one", "two"}) {
        if (const auto with = stix::sign_object(
                object_text(one, node.organisation, one.modified, fmt::format(R"(,"name":"{}"{})", name, rest)),
                node.key, node.seed, one.modified)) {
          both.push_back(*with);
        }
      }
      // Whether it is taken is known by the first number that was not taken before.
      if (node.relations.contains(victim)) {
        node.equivocated_to.insert(fmt::format("{} {}", one.id, victim));
      }
      deliver_items(both);
      return;
    }
    case 5: {  // too much at once
      for (int count = 0; count < 40; ++count) {
        craft(node, victim,
              exchange::seal_message(exchange::write_pull({.have = dice_.next() >> 12, .digest = ""}, to), signer));
      }
      return;
    }
    case 6: {  // too large, too deep
      deliver_items({std::string(5'000, '['), R"({"type":"indicator","id":"indicator--x"})",
                     R"({"type":"note","id":"note--00000000-0000-4000-8000-000000000000","x":)" +
                         std::string(200, '[') + std::string(200, ']') + "}"});
      return;
    }
    case 7: {  // receipts nobody asked for
      exchange::Receipt receipt;
      receipt.state = static_cast<exchange::Receipt::State>(dice_.below(5));
      receipt.number = receipt.last = dice_.below(1'000);
      craft(node, victim, exchange::seal_message(exchange::write_receipt(receipt, to), signer));
      return;
    }
    case 8: {  // a notice in another's name
      if (versions_.empty()) {
        return;
      }
      const Version& genuine = versions_[dice_.below(versions_.size())];
      if (genuine.observable || genuine.author == node.number || !genuine.with_signature) {
        return;
      }
      burnt_.insert(genuine.id);
      exchange::DeliveryWriter writer;
      exchange::Item item;
      item.notice = *exchange::write_notice(genuine.id, time_text(now_ + 86'400 * second), true, signer);
      writer.add(item);
      craft(node, victim, exchange::seal_message(writer.finish(to, 1'000'000 + order_, 0), signer));
      return;
    }
  }
}

void World::act() {
  Node& node = *nodes_[dice_.below(nodes_.size())];
  const std::uint64_t what = dice_.below(100);
  if (node.hostile && what < 40) {
    attack(node);
  } else if (what < 45) {
    new_object(node);
  } else if (what < 60) {
    new_version(node);
  } else if (what < 68) {
    new_sighting(node);
  } else if (what < 75) {
    ++totals_.restarts;
    say(fmt::format("node {} restarts", node.number));
    restart(node);
  } else if (what < 82) {
    const std::size_t other = dice_.below(nodes_.size());
    cut_.insert({std::min(node.number, other), std::max(node.number, other)});
  } else if (what < 92) {
    cut_.clear();
  } else if (what < 96) {
    node.clock.skew += (static_cast<std::int64_t>(dice_.below(120)) - 60) * second;
  } else {
    node.notes.percent = dice_.chance(50) ? 20 : 0;
  }
}

bool World::knows(std::size_t node, const Version& version) const {
  for (const char* collection : {"shared", "closed", "inbox"}) {
    const auto records = nodes_[node]->store->versions({"api", collection}, version.id);
    if (records && std::ranges::any_of(*records, [&](const auto& record) { return record->bytes == version.bytes; })) {
      return true;
    }
  }
  return false;
}

// What an entitled node lacks, and revocations that did not arrive.
std::vector<std::string> World::missing() const {
  std::vector<std::string> out;
  for (const Version& version : versions_) {
    for (const std::size_t node : entitled(version)) {
      if (!knows(node, version)) {
        out.push_back(
            fmt::format("node {} lacks {} {} of node {}", node, version.id, version.modified, version.author));
      }
    }
    if (!version.revoked) {
      continue;
    }
    for (const auto& node : nodes_) {
      bool earlier = false;
      for (const Version& other : versions_) {
        earlier = earlier || (other.id == version.id && knows(node->number, other));
      }
      const auto notice = node->exchange->notice(version.id);
      const bool told = notice && *notice && (*notice)->revoked;
      if (earlier && !knows(node->number, version) && !told) {
        out.push_back(
            fmt::format("node {} was sent {} and does not know that it was revoked", node->number, version.id));
      }
    }
  }
  return out;
}

// What may never be.
std::vector<std::string> World::wrong() const {
  std::vector<std::string> out;
  std::map<std::string, std::pair<const Version*, std::set<std::size_t>>> tokens;
  std::map<std::string, std::set<std::size_t>> ids;  // by the digits that only this id has
  for (const Version& version : versions_) {
    const auto allowed = reach(version, false);
    tokens.emplace(version.token, std::pair(&version, allowed));
    ids[version.id.substr(version.id.find("5eed"), 8)].insert(allowed.begin(), allowed.end());
  }
  for (const auto& node : nodes_) {
    std::set<std::string> told;
    for (const std::string& bytes : node->received) {
      for (std::size_t at = bytes.find("zq"); at != std::string::npos; at = bytes.find("zq", at + 1)) {
        const auto token = tokens.find(bytes.substr(at, 10));
        if (token != tokens.end() && !token->second.second.contains(node->number) && told.insert(token->first).second) {
          out.push_back(fmt::format("LEAK: node {} was sent {} {} of node {} (marking {})", node->number,
                                    token->second.first->id, token->second.first->modified, token->second.first->author,
                                    static_cast<int>(token->second.first->marking)));
        }
      }
      for (std::size_t at = bytes.find("5eed"); at != std::string::npos; at = bytes.find("5eed", at + 1)) {
        const std::string digits = bytes.substr(at, 8);
        const auto id = ids.find(digits);
        const bool burnt =
            std::ranges::any_of(burnt_, [&](const auto& one) { return one.find(digits) != std::string::npos; });
        if (id != ids.end() && !burnt && !id->second.contains(node->number) && told.insert(digits).second) {
          out.push_back(fmt::format("LEAK: node {} was told the id {}: …{}…", node->number, digits,
                                    bytes.substr(at < 150 ? 0 : at - 150, 300)));
        }
      }
      // Whoever is no peer of a node is never named to it but as an author.
      for (const auto& other : nodes_) {
        if (other != node && !node->relations.contains(other->number) && !told.contains(other->key.kid) &&
            bytes.find("\"url\":\"" + other->url) != std::string::npos) {
          out.push_back(fmt::format("LEAK: node {} was told of node {}", node->number, other->number));
        }
      }
    }
    if (node->hostile) {
      continue;
    }
    // What was signed is served as it was signed, wherever the author's word arrived.
    for (const Version& version : versions_) {
      if (!version.with_signature || version.sighting || !knows(node->number, version)) {
        continue;
      }
      for (const char* collection : {"shared", "closed", "inbox"}) {
        const auto records = node->store->versions({"api", collection}, version.id);
        for (const auto& record : *records) {
          if (std::ranges::none_of(versions_, [&](const Version& one) { return one.bytes == record->bytes; })) {
            out.push_back(fmt::format("node {} serves a forged {}: {}", node->number, version.id, record->bytes));
          }
        }
      }
    }
    if (const auto alarms = node->exchange->alarms()) {
      for (const exchange::Alarm& alarm : *alarms) {
        if (alarm.id.find("e11e") == std::string::npos) {
          out.push_back(fmt::format("node {} has a false alarm about {}", node->number, alarm.id));
        }
      }
    }
  }
  return out;
}

std::vector<std::string> World::run() {
  build();
  meet();
  if (!failures_.empty()) {
    return failures_;
  }
  const std::size_t acts = 20 + dice_.below(60);
  for (std::size_t count = 0; count < acts && failures_.empty(); ++count) {
    act();
    run_until(now_ + static_cast<std::int64_t>(dice_.below(dice_.chance(10) ? 120'000 : 3'000)) * second / 1000);
  }
  // The storm is over: from now on everything arrives.
  calm_ = true;
  cut_.clear();
  for (auto& node : nodes_) {
    node->notes.percent = 0;
  }
  say("calm");
  std::vector<std::string> lacking;
  for (int minutes = 0; minutes < 120; ++minutes) {
    run_until(now_ + 60 * second);
    lacking = missing();
    if (lacking.empty()) {
      break;
    }
  }
  run_until(now_ + 60 * second);
  std::vector<std::string> out = failures_;
  out.insert(out.end(), lacking.begin(), lacking.end());
  for (std::string& one : wrong()) {
    out.push_back(std::move(one));
  }
  for (const auto& node : nodes_) {
    const auto alarms = node->exchange->alarms();
    totals_.alarms += alarms ? alarms->size() : 0;
  }
  return out;
}

}  // namespace tocsin::sim
