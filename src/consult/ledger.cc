#include "consult/ledger.h"

#include <algorithm>
#include <utility>

namespace tocsin::consult {
namespace {

struct RuleRow {
  std::string_view code;
  std::string_view rule;
  std::string_view sentence;
};
constexpr RuleRow rules[] = {
#define RULE(name, code, rule, sentence) {code, rule, sentence},
#include "consult/rules.def"
#undef RULE
    {"accepted", "", "It counts."},
};

}  // namespace

std::string_view text_of(Code code) { return rules[std::to_underlying(code)].code; }
std::string_view rule_of(Code code) { return rules[std::to_underlying(code)].rule; }
std::string_view explain(Code code) { return rules[std::to_underlying(code)].sentence; }

Ledger::Ledger(std::span<const Roster> rosters, const Hash& item, Verifier& verifier, std::uint64_t seed)
    : rosters_(rosters), item_(item), verifier_(verifier), numbers_(0, HashOf{seed}) {
  item_number_ = number_of(item);
}

Number Ledger::number_of(const Hash& id) {
  const auto [at, added] = numbers_.try_emplace(id, static_cast<Number>(entries_.size()));
  if (added) {
    entries_.emplace_back();
  }
  return at->second;
}

void Ledger::hold(Number number, const EntryPtr& entry) {
  entries_[number].entry = entry;
  if (!entry->well_formed) {
    return;
  }
  if (entry->previous) {
    const Number previous = number_of(*entry->previous);
    entries_[number].previous = previous;
    entries_[number].next_follower = std::exchange(entries_[previous].first_follower, number);
  }
  // The subject of an open is a roster.
  if (entry->subject && entry->kind != Kind::open) {
    const Number subject = number_of(*entry->subject);
    entries_[number].subject = subject;
  }
  entries_[number].heads_at = static_cast<std::uint32_t>(heads_.size());
  for (const Head& head : entry->heads) {
    heads_.push_back(number_of(head.id));
  }
}

void Ledger::add(const EntryPtr& entry, std::vector<Number>& accepted) {
  const Number number = number_of(entry->id);
  const bool is_new = entries_[number].entry == nullptr;
  if (is_new) {
    hold(number, entry);
  } else if (entries_[number].is_signed || !entry->well_formed) {
    return;
  } else if (roster_ == nullptr) {
    if (entry->signature && entry->signature != entries_[number].entry->signature) {
      copies_.push_back({number, entry});
    }
  } else if (entries_[number].code != Code::bad_signature ||
             !verifier_.verify(*entry, roster_->participants[entries_[number].author].key)) {
    return;
  } else {
    entries_[number].is_signed = true;
  }
  if (roster_ != nullptr) {
    judge(number, accepted);
  } else if (number == item_number_ && try_open(*entry)) {
    for (Number each = 0; each < entries_.size(); ++each) {
      // An entry whose predecessor was judged before it has its code already; asking again changes nothing.
      if (entries_[each].entry != nullptr && entries_[each].code == Code::no_item) {
        judge(each, accepted);
      }
    }
    copies_ = {};
  }
}

bool Ledger::try_open(const Entry& open) {
  if (!open.well_formed || open.kind != Kind::open) {
    return false;
  }
  const auto roster = std::ranges::find(rosters_, *open.subject, &Roster::hash);
  if (roster == rosters_.end()) {
    return false;
  }
  const auto author = roster->find(open.author);
  if (!author || roster->participants[*author].role == Role::partner) {
    return false;
  }
  if (!verifier_.verify(open, roster->participants[*author].key)) {
    return false;
  }
  entries_[item_number_].is_signed = true;
  roster_ = &*roster;
  // Entries that were signed by another copy than the first: asked for here, once.
  for (const Copy& copy : copies_) {
    LedgerEntry& held = entries_[copy.number];
    const auto copy_author = roster_->find(copy.entry->author);
    held.is_signed =
        held.is_signed || (copy_author && verifier_.verify(*copy.entry, roster_->participants[*copy_author].key));
  }
  return true;
}

Code Ledger::identify(Number number) {
  LedgerEntry& held = entries_[number];
  const Entry& entry = *held.entry;
  if (!entry.well_formed) {
    return Code::malformed;
  }
  if (number != item_number_ && (!entry.item || *entry.item != item_)) {
    return Code::foreign;
  }
  const auto author = roster_->find(entry.author);
  if (!author) {
    return Code::unknown_author;
  }
  held.author = *author;
  held.is_signed = held.is_signed || verifier_.verify(entry, roster_->participants[*author].key);
  if (!held.is_signed) {
    return Code::bad_signature;
  }
  held.identified = true;
  return Code::accepted;
}

Code Ledger::link(Number number) const {
  const LedgerEntry& held = entries_[number];
  if (held.previous == no_number) {
    return Code::accepted;
  }
  const LedgerEntry& previous = entries_[held.previous];
  if (previous.identified && (previous.author != held.author || previous.entry->sequence + 1 != held.entry->sequence)) {
    return Code::bad_link;
  }
  if (previous.code != Code::accepted) {
    return Code::gap;
  }
  return held.entry->time < previous.entry->time ? Code::time_order : Code::accepted;
}

void Ledger::set_code(Number number, Code code) {
  entries_[number].code = code;
  if (code == Code::accepted) {
    rejected_.erase(entries_[number].entry->id);
  } else {
    rejected_[entries_[number].entry->id] = code;
  }
}

// A code never turns back: an entry is identified once, and accepted once.
void Ledger::judge(Number number, std::vector<Number>& accepted) {
  if (!entries_[number].identified) {
    if (const Code code = identify(number); code != Code::accepted) {
      set_code(number, code);
      return;
    }
  }
  std::vector<Number> waiting{number};
  while (!waiting.empty()) {
    const Number each = waiting.back();
    waiting.pop_back();
    set_code(each, link(each));
    const bool counts = entries_[each].code == Code::accepted;
    if (counts) {
      accepted.push_back(each);
    }
    // The first time round, followers learn that this entry is identified; those of a later one only that it counts.
    if (counts || each == number) {
      for (Number next = entries_[each].first_follower; next != no_number; next = entries_[next].next_follower) {
        if (entries_[next].identified && entries_[next].code != Code::accepted) {
          waiting.push_back(next);
        }
      }
    }
  }
}

std::map<Hash, Code> Ledger::all_rejected() const {
  std::map<Hash, Code> out;
  for (const LedgerEntry& held : entries_) {
    if (held.entry != nullptr) {
      out[held.entry->id] = Code::no_item;
    }
  }
  return out;
}

}  // namespace tocsin::consult
