#include "verdict/joins.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "verdict/paths.h"

namespace tocsin::verdict {

Time believable(Time time) {
  constexpr std::int64_t year_1601 = -116'444'736'000'000'000;
  constexpr std::int64_t year_9999 = Time::from_seconds(253'402'300'800).ticks;
  return time.ticks >= year_1601 && time.ticks <= year_9999 ? time : Time{};
}

std::string_view value_of(const Playbook& book, const Stored& fact, KeyId key) {
  const auto& carry = book.rows[fact.row].carry;
  for (std::size_t at = 0; at < carry.size() && at < fact.values.size(); ++at) {
    if (carry[at].key == key) {
      return fact.values[at];
    }
  }
  return {};
}

Joins::Joins(const Playbook& book, const std::vector<Stored>& facts)
    : book_(book), facts_(facts), by_row_(book.rows.size()), target_(book.find_key("target")) {
  for (std::uint32_t at = 0; at < facts.size(); ++at) {
    by_row_[facts[at].row].push_back(at);
  }
  for (std::vector<std::uint32_t>& row : by_row_) {
    std::sort(row.begin(), row.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::tie(facts_[a].time, a) < std::tie(facts_[b].time, b);
    });
  }
}

bool Joins::append_values(const Stored& fact, const Neighbour& wanted, bool own, std::string& key) const {
  for (const Neighbour::Same& pair : wanted.same) {
    const std::string_view value = value_of(book_, fact, own ? pair.own : pair.other);
    if (value.empty() || value == "-") {
      return false;
    }
    key += '\0';
    key += ascii_lower(value);
  }
  return true;
}

const Joins::Pass::Index& Joins::Pass::index(const Stored& fact, const Neighbour& wanted) {
  const auto [found, fresh] = indexes_.try_emplace(&wanted);
  Index& index = found->second;
  if (!fresh) {
    return index;
  }
  const Playbook& book = joins_.book_;
  std::vector<std::uint32_t> candidates;
  const auto take_row = [&](RowId row) {
    for (const std::uint32_t at : joins_.by_row_[row]) {
      const Stored& other = joins_.facts_[at];
      if ((!wanted.evidence || other.standing == Stored::Standing::evidence) &&
          (!wanted.explained || other.explanation >= 0) && (wanted.within == 0 || other.time.known()) &&
          usable_(other)) {
        candidates.push_back(at);
      }
    }
  };
  for (const RowId row : wanted.rows) {
    take_row(row);
  }
  if (wanted.any_behaviour) {
    const std::string& own = book.rows[fact.row].behaviour;
    for (RowId row = 0, end = static_cast<RowId>(book.rows.size()); row < end; ++row) {
      if (!book.rows[row].behaviour.empty() && book.rows[row].behaviour != own) {
        take_row(row);
      }
    }
  }
  if (wanted.rows.size() > 1 || wanted.any_behaviour) {
    std::sort(candidates.begin(), candidates.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::tie(joins_.facts_[a].time, a) < std::tie(joins_.facts_[b].time, b);
    });
  }
  for (const std::uint32_t at : candidates) {
    const Stored& other = joins_.facts_[at];
    const std::string host = wanted.other_host ? short_host(other.host) : std::to_string(other.scope);
    key_ = host;
    if (!joins_.append_values(other, wanted, false, key_)) {
      continue;
    }
    index.groups[key_].facts.push_back(at);
    std::string target;
    if (wanted.other_host && joins_.target_) {
      target = ascii_lower(value_of(book, other, *joins_.target_));
      if (!target.empty() && target != host) {
        key_ = target;
        joins_.append_values(other, wanted, false, key_);
        index.by_target[key_].facts.push_back(at);
      }
    }
    if (wanted.elsewhere || (wanted.other_host && target.empty() && (!wanted.same.empty() || !joins_.target_))) {
      key_.clear();
      joins_.append_values(other, wanted, false, key_);
      index.anywhere[key_].facts.push_back(at);
    }
  }
  for (auto& [key, group] : index.anywhere) {
    chain_hosts(group);
  }
  if (wanted.count > 1) {
    for (Groups* groups : {&index.groups, &index.by_target}) {
      for (auto& [key, group] : *groups) {
        count_windows(group, wanted);
      }
    }
  }
  return index;
}

void Joins::Pass::chain_hosts(Group& group) const {
  const auto host = [&](std::size_t at) { return short_host(joins_.facts_[group.facts[at]].host); };
  const std::size_t size = group.facts.size();
  group.next_host.assign(size, size);
  std::string later = host(size - 1);
  for (std::size_t at = size - 1; at-- > 0;) {
    std::string own = host(at);
    group.next_host[at] = own == later ? group.next_host[at + 1] : at + 1;
    later = std::move(own);
  }
}

// Two ends that only move forward: each fact enters and leaves once.
void Joins::Pass::count_windows(Group& group, const Neighbour& wanted) const {
  std::unordered_map<std::string, std::size_t> held;
  const auto value = [&](std::size_t at) {
    return ascii_lower(value_of(joins_.book_, joins_.facts_[group.facts[at]], wanted.distinct));
  };
  std::size_t begin = 0;
  std::int64_t latest = -1;
  for (std::size_t end = 0; end < group.facts.size(); ++end) {
    if (wanted.distinct != nothing) {
      ++held[value(end)];
    }
    // As short as it can be and still hold enough.
    for (; begin < end; ++begin) {
      if (wanted.distinct == nothing) {
        if (end - begin < wanted.count) {
          break;
        }
        continue;
      }
      const auto first = held.find(value(begin));
      if (held.size() - (first->second == 1 ? 1 : 0) < wanted.count) {
        break;
      }
      if (--first->second == 0) {
        held.erase(first);
      }
    }
    const std::size_t holds = wanted.distinct == nothing ? end - begin + 1 : held.size();
    const std::int64_t length =
        joins_.facts_[group.facts[end]].time.ticks - joins_.facts_[group.facts[begin]].time.ticks;
    if (holds >= wanted.count && (wanted.within == 0 || length <= wanted.within)) {
      latest = static_cast<std::int64_t>(begin);
    }
    group.crowded_from.push_back(latest);
  }
}

Joins::Pass::Range Joins::Pass::range(const Stored& fact, const Neighbour& wanted) {
  if (wanted.within != 0 && !fact.time.known()) {
    return {};
  }
  const Index& index = this->index(fact, wanted);
  const Groups* groups = &index.groups;
  if (!wanted.other_host) {
    key_ = std::to_string(fact.scope);
  } else {
    const std::string own_host = short_host(fact.host);
    const std::string own_target =
        joins_.target_ ? ascii_lower(value_of(joins_.book_, fact, *joins_.target_)) : std::string{};
    if (own_target == own_host) {
      return {};
    }
    key_ = own_target;
    if (own_target.empty()) {
      groups = &index.by_target;
      key_ = own_host;
    }
  }
  if (!joins_.append_values(fact, wanted, true, key_)) {
    return {};
  }
  return range_in(*groups, fact, wanted);
}

Joins::Pass::Range Joins::Pass::range_in(const Groups& groups, const Stored& fact, const Neighbour& wanted) const {
  const auto found = groups.find(key_);
  if (found == groups.end()) {
    return {};
  }
  const std::vector<std::uint32_t>& facts = found->second.facts;
  std::int64_t from = std::numeric_limits<std::int64_t>::min(), to = std::numeric_limits<std::int64_t>::max();
  if (wanted.within != 0) {
    from = fact.time.ticks - wanted.within;
    to = fact.time.ticks + wanted.within;
  }
  from = wanted.order == Neighbour::Order::after ? std::max(from, fact.time.ticks) : from;
  to = wanted.order == Neighbour::Order::before ? std::min(to, fact.time.ticks) : to;
  const auto before = [&](std::uint32_t at, std::int64_t ticks) { return joins_.facts_[at].time.ticks < ticks; };
  const auto after = [&](std::int64_t ticks, std::uint32_t at) { return ticks < joins_.facts_[at].time.ticks; };
  const auto begin = std::lower_bound(facts.begin(), facts.end(), from, before);
  const auto end = std::upper_bound(begin, facts.end(), to, after);
  return {&found->second, static_cast<std::size_t>(begin - facts.begin()),
          static_cast<std::size_t>(end - facts.begin())};
}

// One on another host, where no target is named, or where any other host will do.
bool Joins::Pass::has_elsewhere(const Stored& fact, const Neighbour& wanted) {
  if (wanted.within != 0 && !fact.time.known()) {
    return false;
  }
  const Index& index = this->index(fact, wanted);
  key_.clear();
  if (index.anywhere.empty() || !joins_.append_values(fact, wanted, true, key_)) {
    return false;
  }
  const Range found = range_in(index.anywhere, fact, wanted);
  if (found.begin == found.end) {
    return false;
  }
  const std::string first = short_host(joins_.facts_[found.group->facts[found.begin]].host);
  return first != short_host(fact.host) || found.group->next_host[found.begin] < found.end;
}

bool Joins::Pass::has(std::uint32_t fact, const Neighbour& wanted) {
  if (wanted.elsewhere) {
    return has_elsewhere(joins_.facts_[fact], wanted);
  }
  if (wanted.other_host && (!joins_.target_ || value_of(joins_.book_, joins_.facts_[fact], *joins_.target_).empty()) &&
      has_elsewhere(joins_.facts_[fact], wanted)) {
    return true;
  }
  const Range found = range(joins_.facts_[fact], wanted);
  if (found.begin == found.end) {
    return false;
  }
  if (wanted.count > 1) {
    return found.group->crowded_from[found.end - 1] >= static_cast<std::int64_t>(found.begin);
  }
  return found.end - found.begin > 1 || found.group->facts[found.begin] != fact;
}

bool Joins::Pass::any(std::uint32_t fact, const std::vector<Neighbour>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const Neighbour& each) { return has(fact, each); });
}

const Stored* Joins::Pass::nearest(std::uint32_t number, const Neighbour& wanted) {
  const Stored& fact = joins_.facts_[number];
  const Range found = range(fact, wanted);
  const Stored* best = nullptr;
  if (found.begin == found.end) {
    return best;
  }
  const auto distance = [&](const Stored& other) {
    return other.time.known() && fact.time.known() ? std::abs(other.time.ticks - fact.time.ticks) : 0;
  };
  // Only the two beside it in time can be the nearest.
  const auto first = found.group->facts.begin() + static_cast<std::ptrdiff_t>(found.begin);
  const auto last = found.group->facts.begin() + static_cast<std::ptrdiff_t>(found.end);
  const auto later = std::lower_bound(first, last, fact.time,
                                      [&](std::uint32_t at, Time time) { return joins_.facts_[at].time < time; });
  if (later != first) {
    best = &joins_.facts_[*std::prev(later)];
  }
  if (later != last && (best == nullptr || distance(joins_.facts_[*later]) < distance(*best))) {
    best = &joins_.facts_[*later];
  }
  return best;
}

}  // namespace tocsin::verdict
