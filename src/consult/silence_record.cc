#include "consult/silence_record.h"

#include <algorithm>
#include <tuple>

namespace tocsin::consult {
namespace {

// Entries that concern the silence, by author and branch.
std::vector<Statement> collect(const Ledger& ledger, const View& view, Number silence,
                               std::vector<std::uint32_t>& associated) {
  std::vector<Statement> out;
  for (const Number number : view.naming(silence)) {
    const Entry& entry = ledger.entry(number);
    const std::uint32_t author = ledger[number].author;
    const Role role = ledger.role(number);
    if (role == Role::partner && entry.kind == Kind::position && entry.stance == Stance::associate) {
      associated.push_back(author);
    }
    if (role != Role::member || (entry.kind != Kind::position && entry.kind != Kind::pass)) {
      continue;
    }
    out.push_back({.entry = number, .author = author});
    if (entry.kind != Kind::position) {
      continue;
    }
    for (const Number retract : view.naming(number)) {
      if (ledger.entry(retract).kind == Kind::retract && ledger[retract].author == author) {
        out.push_back({.entry = retract, .author = author});
      }
    }
  }
  std::ranges::sort(out, [&](const Statement& a, const Statement& b) {
    return std::pair(a.author, view.order_of(a.entry)) < std::pair(b.author, view.order_of(b.entry));
  });
  std::ranges::sort(associated);
  associated.erase(std::ranges::unique(associated).begin(), associated.end());
  return out;
}

}  // namespace

SilenceRecord record_of(const Ledger& ledger, const View& view, Number silence) {
  SilenceRecord record;
  record.statements = collect(ledger, view, silence, record.associated);
  const std::size_t participants = ledger.roster()->participants.size();
  record.passed.resize(participants);
  record.passed_clean.resize(participants);
  record.live_breaks.resize(participants);
  std::vector<Statement>& all = record.statements;
  // For each statement the nearest one before it on its path.
  std::vector<std::size_t> before(all.size(), all.size());
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Statement& it = all[i];
    while (!open.empty() && (all[open.back()].author != it.author || !view.on_path(all[open.back()].entry, it.entry))) {
      open.pop_back();
    }
    if (!open.empty()) {
      const Statement& last = all[open.back()];
      const Entry& last_entry = ledger.entry(last.entry);
      before[i] = open.back();
      it.sealed = last.sealed || last_entry.kind == Kind::pass;
      it.after_break = last.after_break || (is_break(last_entry) && !last.sealed);
    }
    const Entry& entry = ledger.entry(it.entry);
    if (entry.kind == Kind::pass && !it.after_break) {
      record.passed[it.author] = true;
      record.passed_clean[it.author] = record.passed_clean[it.author] || view.clean(it.entry);
    }
    if (is_break(entry) && !it.sealed && !it.after_break) {
      record.live_breaks[it.author].push_back({it.entry, entry.time});
    }
    open.push_back(i);
  }
  // From the last to the first, each tells the one before it that a pass follows.
  for (std::size_t i = all.size(); i-- > 0;) {
    if (before[i] == all.size()) {
      continue;
    }
    Statement& earlier = all[before[i]];
    const bool effective = ledger.entry(all[i].entry).kind == Kind::pass && !all[i].after_break;
    earlier.passed = earlier.passed || all[i].passed || effective;
    earlier.passed_clean = earlier.passed_clean || all[i].passed_clean || (effective && view.clean(all[i].entry));
  }
  return record;
}

const SilenceRecord& RecordMemory::of(const Ledger& ledger, const View& view, Number asked) {
  if (asked != silence || version != view.statements_version()) {
    record = record_of(ledger, view, asked);
    silence = asked;
    version = view.statements_version();
  }
  return record;
}

}  // namespace tocsin::consult
