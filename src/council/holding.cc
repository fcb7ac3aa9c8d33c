#include "council/holding.h"

#include <algorithm>
#include <map>
#include <set>

#include "consult/limits.h"
#include "wire/json.h"

namespace tocsin::council {
namespace {

using consult::Kind;
using consult::no_number;

Act receipt_of(const std::map<std::string, Hash>& heads) {
  Act act;
  wire::JsonWriter json(act.body);
  json.begin_object().key("heads").begin_object();
  for (const auto& [author, head] : heads) {
    json.member(author, consult::hex(head));
    act.words.push_back("I hold the chain of " + author + " up to its entry " + short_id(head) + ".");
  }
  json.end_object().end_object();
  return act;
}

// Whether `close` is on the path of one of the receipt's heads.
bool covers(const consult::Ledger& ledger, Number receipt, Number close) {
  for (Number at : ledger.head_numbers(receipt)) {
    for (; at != no_number && ledger[at].entry != nullptr; at = ledger[at].previous) {
      if (at == close) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

Holding holding(const Item& item, const Hash& entry, Seconds as_of) {
  Holding out;
  const Number number = item.accepted(entry);
  const Roster& roster = item.roster();
  const std::string_view author = number == no_number ? std::string_view{} : item.ledger().entry(number).author;
  for (const consult::Participant& participant : roster.participants) {
    out.of += participant.witness && participant.name != author ? 1U : 0U;
  }
  if (number == no_number) {
    return out;
  }
  const consult::View view(item.ledger(), std::max(as_of, item.ledger().entry(number).time));
  for (std::uint32_t witness = 0; witness < roster.participants.size(); ++witness) {
    const consult::Participant& participant = roster.participants[witness];
    if (!participant.witness || participant.name == author) {
      continue;
    }
    if (const Seconds since = view.first_held(witness, number); since != consult::never) {
      out.by.push_back(participant.name);
      out.since.push_back(since);
    }
  }
  return out;
}

std::vector<Act> receipts_due(const Item& item, std::string_view author, Seconds now) {
  const consult::Ledger& ledger = item.ledger();
  const auto self = item.roster().find(author);
  if (ledger.roster() == nullptr || !self || !item.roster().participants[*self].witness) {
    return {};
  }
  std::set<Number> covered;
  std::vector<Number> own;
  for (const Number number : item.entries_of(author)) {
    if (ledger[number].code == consult::Code::accepted && ledger.entry(number).kind == Kind::receipt) {
      own.push_back(number);
      for (Number at : ledger.head_numbers(number)) {
        for (; at != no_number && ledger[at].entry != nullptr && covered.insert(at).second; at = ledger[at].previous) {
        }
      }
    }
  }
  // Of each round, one head for each author.
  std::vector<std::map<std::string, Hash>> rounds;
  for (const consult::Participant& participant : item.roster().participants) {
    if (participant.name == author) {
      continue;
    }
    std::size_t round = 0;
    for (const Number tip : item.tips(participant.name)) {
      bool due = false;
      for (Number at = tip; at != no_number && !covered.contains(at); at = ledger[at].previous) {
        due = due || ledger.entry(at).kind != Kind::receipt;
      }
      for (Number at = tip; !due && at != no_number; at = ledger[at].previous) {
        const consult::Entry& entry = ledger.entry(at);
        due = entry.kind == Kind::close && entry.time <= now && std::ranges::none_of(own, [&](Number receipt) {
                return ledger.entry(receipt).time >= entry.time && covers(ledger, receipt, at);
              });
      }
      if (!due) {
        continue;
      }
      while (round < rounds.size() && rounds[round].size() >= consult::limits::heads_max) {
        ++round;
      }
      if (round == rounds.size()) {
        rounds.emplace_back();
      }
      rounds[round++][participant.name] = ledger.entry(tip).id;
    }
  }
  std::vector<Act> acts;
  for (const auto& heads : rounds) {
    acts.push_back(receipt_of(heads));
  }
  return acts;
}

std::vector<std::string> may_acknowledge(Item& item, const consult::State& state, Seconds as_of) {
  std::vector<std::string> out;
  if (item.ledger().roster() == nullptr) {
    return out;
  }
  const consult::View view(item.ledger(), as_of);
  const Roster& roster = item.roster();
  for (std::uint32_t witness = 0; witness < roster.participants.size(); ++witness) {
    if (!roster.participants[witness].witness) {
      continue;
    }
    const bool holds_break = std::ranges::any_of(state.breaks, [&](const consult::State::Break& each) {
      const Number number = item.accepted(each.entry);
      return number != no_number && each.standing != consult::Standing::sealed && state.deadline &&
             item.ledger().entry(number).time <= *state.deadline &&
             (each.member == roster.participants[witness].name || view.first_held(witness, number) != consult::never);
    });
    if (!holds_break) {
      out.push_back(roster.participants[witness].name);
    }
  }
  return out;
}

}  // namespace tocsin::council
