#include "consult/view.h"

#include <algorithm>
#include <tuple>

namespace tocsin::consult {
namespace {

std::uint64_t key_of(std::uint32_t segment, std::uint32_t witness) { return std::uint64_t{segment} << 32U | witness; }

}  // namespace

View::View(const Ledger& ledger, Seconds as_of)
    : ledger_(ledger), roster_(*ledger.roster()), as_of_(as_of), authors_(roster_.participants.size()) {
  std::vector<std::pair<Seconds, Number>> accepted;
  for (Number number = 0; number < ledger.size(); ++number) {
    if (ledger[number].code == Code::accepted) {
      accepted.emplace_back(ledger.entry(number).time, number);
    }
  }
  // In the order of time each receipt extends what its witness held, and nothing is taken back.
  std::ranges::sort(accepted);
  resize();
  for (const auto& [time, number] : accepted) {
    if (time <= as_of) {
      bring(number);
    } else if (!places_[number].in_view) {
      later_.emplace_hint(later_.end(), time, number);
    }
  }
}

void View::resize() { places_.resize(ledger_.size()); }

void View::add(std::span<const Number> accepted) {
  resize();
  for (const Number number : accepted) {
    const std::uint32_t author = ledger_[number].author;
    bool named = false;
    for (std::uint32_t at = places_[number].waiting; at != no_number && !named; at = waiting_[at].next) {
      named = waiting_[at].filed == author && ledger_[waiting_[at].receipt].author != author;
    }
    if (named || ledger_.entry(number).time <= as_of_) {
      bring(number);
    } else {
      later_.emplace(ledger_.entry(number).time, number);
    }
  }
}

void View::advance(Seconds as_of) {
  as_of_ = std::max(as_of_, as_of);
  while (!later_.empty() && later_.begin()->first <= as_of_) {
    const Number number = later_.begin()->second;
    later_.erase(later_.begin());
    bring(number);
  }
}

// An entry comes into view with its path, and with what its receipts name; no recursion, chains are long.
void View::bring(Number number) {
  to_bring_.push_back(number);
  std::vector<Number> path;
  while (!to_bring_.empty()) {
    Number at = to_bring_.back();
    to_bring_.pop_back();
    path.clear();
    for (; at != no_number && !places_[at].in_view; at = ledger_[at].previous) {
      path.push_back(at);
    }
    for (; !path.empty(); path.pop_back()) {
      enter(path.back());
    }
  }
}

void View::enter(Number number) {
  const Entry& entry = ledger_.entry(number);
  const std::uint32_t author = ledger_[number].author;
  places_[number].in_view = true;
  ++count_;
  if (entry.time > as_of_) {
    later_.erase({entry.time, number});
  }
  enter_segment(number);
  if (!entry.label.empty()) {
    unknown_.insert(entry.label);
  }
  if (author == roster_.chair) {
    enter_chair(number);
  }
  switch (entry.kind) {
    case Kind::draft:
      enter_draft(number);
      break;
    case Kind::position:
    case Kind::pass:
    case Kind::retract:
      naming_[ledger_[number].subject].push_back(number);
      ++statements_version_;
      break;
    case Kind::receipt:
      enter_receipt(number);
      break;
    case Kind::open:
    case Kind::silence:
    case Kind::extend:
    case Kind::suspend:
    case Kind::withdraw:
    case Kind::close:
    case Kind::unknown:
      break;
  }
  for (std::uint32_t at = places_[number].waiting; at != no_number; at = waiting_[at].next) {
    if (waiting_[at].filed != author) {
      continue;
    }
    const Number receipt = waiting_[at].receipt;
    cover(receipt, number);
    const bool counted = roster_.participants[ledger_[receipt].author].witness && ledger_.role(number) == Role::member;
    if (counted && --places_[receipt].incomplete == 0) {
      std::multiset<Seconds>& incomplete = authors_[ledger_[receipt].author].incomplete;
      if (const auto found = incomplete.find(ledger_.entry(receipt).time); found != incomplete.end()) {
        incomplete.erase(found);
      }
    }
  }
}

void View::enter_segment(Number number) {
  const std::uint32_t sequence = ledger_.entry(number).sequence;
  const Number previous = ledger_[number].previous;
  Author& author = authors_[ledger_[number].author];
  author.entries.push_back(number);
  author.numbered = false;
  if (sequence == author.by_sequence.size()) {
    author.by_sequence.push_back(number);
  } else {
    forks_ += author.fork == no_fork ? 1 : 0;
    ++statements_version_;
    author.fork = std::min(author.fork, sequence);
  }
  const std::uint32_t before = previous == no_number ? no_segment : places_[previous].segment;
  if (before != no_segment && segments_[before].last == previous) {
    places_[number].segment = before;
    segments_[before].last = number;
    return;
  }
  places_[number].segment = static_cast<std::uint32_t>(segments_.size());
  segments_.push_back({before, sequence == 0 ? 0 : sequence - 1, number, {}});
}

void View::enter_receipt(Number receipt) {
  const Entry& entry = ledger_.entry(receipt);
  const std::uint32_t author = ledger_[receipt].author;
  const std::span<const Number> heads = ledger_.head_numbers(receipt);
  const bool witness = roster_.participants[author].witness;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const auto filed = roster_.find(entry.heads[i].author);
    if (!filed) {
      continue;
    }
    const Number head = heads[i];
    if (ledger_[head].code == Code::accepted && ledger_[head].author == *filed) {
      if (places_[head].in_view) {
        cover(receipt, head);
        continue;
      }
      if (*filed != author) {
        to_bring_.push_back(head);
      }
    }
    waiting_.push_back({receipt, *filed, places_[head].waiting});
    places_[head].waiting = static_cast<std::uint32_t>(waiting_.size() - 1);
    if (witness && roster_.participants[*filed].role == Role::member) {
      ++places_[receipt].incomplete;
    }
  }
  if (places_[receipt].incomplete != 0) {
    authors_[author].incomplete.insert(entry.time);
  }
}

void View::cover(Number receipt, Number head) {
  const std::uint32_t witness = ledger_[receipt].author;
  if (!roster_.participants[witness].witness) {
    return;
  }
  const Seconds time = ledger_.entry(receipt).time;
  std::uint32_t segment = places_[head].segment;
  std::uint32_t sequence = ledger_.entry(head).sequence;
  // What hangs on a branch covers the branch's stem too. Where one of the two tells nothing new, it tells nothing
  // below either.
  bool earlier = true;
  bool later = true;
  while (segment != no_segment && (earlier || later)) {
    if (earlier) {
      const auto changed = earliest_[key_of(segment, witness)].add(sequence, time);
      std::map<std::uint32_t, Seconds>& remembered = segments_[segment].witnessed;
      if (earlier = changed.any(); earlier && !remembered.empty()) {
        remembered.erase(remembered.lower_bound(changed.begin), remembered.lower_bound(changed.end));
      }
    }
    later = later && latest_[key_of(segment, witness)].add(sequence, time).any();
    sequence = segments_[segment].parent_sequence;
    segment = segments_[segment].parent;
  }
}

Seconds View::first_held(std::uint32_t witness, Number entry) const {
  const auto found = earliest_.find(key_of(places_[entry].segment, witness));
  return found == earliest_.end() ? never : found->second.of(ledger_.entry(entry).sequence);
}

Seconds View::last_held(std::uint32_t witness, Number entry) const {
  const auto found = latest_.find(key_of(places_[entry].segment, witness));
  return found == latest_.end() ? -never : found->second.of(ledger_.entry(entry).sequence);
}

Seconds View::witnessed(Number entry) const {
  const std::uint32_t sequence = ledger_.entry(entry).sequence;
  const auto [at, added] = segments_[places_[entry].segment].witnessed.try_emplace(sequence, never);
  if (added) {
    at->second = count_witnesses(entry);
  }
  return at->second;
}

Seconds View::count_witnesses(Number entry) const {
  std::vector<Seconds> times;
  for (std::uint32_t witness = 0; witness < authors_.size(); ++witness) {
    if (roster_.participants[witness].witness && witness != ledger_[entry].author) {
      times.push_back(first_held(witness, entry));
    }
  }
  if (times.size() < roster_.quorum) {
    return never;
  }
  const auto at = times.begin() + (roster_.quorum - 1);
  std::ranges::nth_element(times, at);
  return *at;
}

Seconds View::first_incomplete(std::uint32_t witness) const {
  const std::multiset<Seconds>& incomplete = authors_[witness].incomplete;
  return incomplete.empty() ? never : *incomplete.begin();
}

std::span<const Number> View::stem_of(std::uint32_t author) const {
  const Author& it = authors_[author];
  return std::span(it.by_sequence).first(std::min<std::size_t>(it.by_sequence.size(), it.fork));
}

// Depth first, without recursion: an entry's place, then those of its branches, then its end.
void View::number_branches(std::uint32_t author) const {
  std::vector<Number> open;
  std::vector<Number> to_visit;
  std::uint32_t order = 0;
  const auto close_down_to = [&](Number parent) {
    while (!open.empty() && open.back() != parent) {
      places_[open.back()].order_end = order;
      open.pop_back();
    }
  };
  for (const Number entry : authors_[author].entries) {
    if (ledger_[entry].previous == no_number) {
      to_visit.push_back(entry);
    }
  }
  while (!to_visit.empty()) {
    const Number at = to_visit.back();
    to_visit.pop_back();
    close_down_to(ledger_[at].previous);
    places_[at].order = order++;
    open.push_back(at);
    for (Number next = ledger_[at].first_follower; next != no_number; next = ledger_[next].next_follower) {
      if (in_view(next)) {
        to_visit.push_back(next);
      }
    }
  }
  close_down_to(no_number);
  authors_[author].numbered = true;
}

std::uint32_t View::order_of(Number number) const {
  const std::uint32_t author = ledger_[number].author;
  if (authors_[author].fork == no_fork) {
    return ledger_.entry(number).sequence;
  }
  if (!authors_[author].numbered) {
    number_branches(author);
  }
  return places_[number].order;
}

std::uint32_t View::end_of(Number number) const {
  const std::uint32_t author = ledger_[number].author;
  if (authors_[author].fork == no_fork) {
    return no_number;
  }
  if (!authors_[author].numbered) {
    number_branches(author);
  }
  return places_[number].order_end;
}

bool View::draft_follows(Number draft, Number parent) const {
  if (!good_draft(parent)) {
    return false;
  }
  const Entry& before = ledger_.entry(parent);
  const Entry& after = ledger_.entry(draft);
  return before.revision + 1 == after.revision &&
         (ledger_[parent].author == ledger_[draft].author || ledger_.role(draft) == Role::chair);
}

void View::enter_draft(Number draft) {
  if (ledger_.role(draft) == Role::partner) {
    return;
  }
  const Number parent = ledger_[draft].subject;
  if (parent != no_number && !draft_follows(draft, parent)) {
    drafts_waiting_[parent].push_back(draft);
    return;
  }
  std::vector<Number> good{draft};
  while (!good.empty()) {
    const Number at = good.back();
    good.pop_back();
    places_[at].good_draft = true;
    const Entry& entry = ledger_.entry(at);
    const auto rank = [](const Entry& it) {
      return std::tuple(-static_cast<std::int64_t>(it.revision), it.time, it.id);
    };
    if (newest_draft_ == no_number || rank(entry) < rank(ledger_.entry(newest_draft_))) {
      newest_draft_ = at;
    }
    if (const auto followers = drafts_waiting_.find(at); followers != drafts_waiting_.end()) {
      for (const Number follower : followers->second) {
        if (draft_follows(follower, at)) {
          good.push_back(follower);
        }
      }
      drafts_waiting_.erase(followers);
    }
  }
}

void View::enter_chair(Number number) {
  const Entry& entry = ledger_.entry(number);
  const Number previous = ledger_[number].previous;
  ChairState state = previous == no_number ? ChairState{} : chair_states_.at(previous);
  const bool counts = state.close == no_number && state.silence != no_number && !state.withdrawn &&
                      ledger_[number].subject == state.silence;
  const bool in_time = entry.time <= state.deadline;
  if (entry.kind == Kind::silence && state.close == no_number) {
    state = {.silence = number, .deadline = entry.deadline};
  } else if (entry.kind == Kind::extend && counts) {
    if (entry.deadline > state.deadline && (state.suspended ? entry.deadline > entry.time : in_time)) {
      state.deadline = entry.deadline;
      state.suspended = false;
    }
  } else if (entry.kind == Kind::suspend && counts) {
    state.suspended = state.suspended || in_time;
  } else if (entry.kind == Kind::withdraw && counts) {
    state.withdrawn = state.suspended || in_time;
  } else if (entry.kind == Kind::close && counts && !state.suspended) {
    const bool members = std::ranges::all_of(entry.presumed, [&](const std::string& name) {
      const auto author = roster_.find(name);
      return author && roster_.participants[*author].role == Role::member;
    });
    if (members && (entry.presumed.empty() || entry.time > state.deadline + roster_.challenge)) {
      state.close = number;
      closes_.push_back(number);
    }
  }
  chair_states_.emplace(number, state);
}

std::span<const Number> View::naming(Number silence) const {
  const auto found = naming_.find(silence);
  return found == naming_.end() ? std::span<const Number>{} : std::span<const Number>(found->second);
}

}  // namespace tocsin::consult
