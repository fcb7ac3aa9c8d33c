#include "verdict/joins.h"

#include <algorithm>
#include <tuple>

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
    : book_(book), facts_(facts), by_row_(book.rows.size()) {
  for (std::uint32_t at = 0; at < facts.size(); ++at) {
    by_row_[facts[at].row].push_back(at);
  }
  for (std::vector<std::uint32_t>& row : by_row_) {
    std::sort(row.begin(), row.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::tie(facts_[a].time, a) < std::tie(facts_[b].time, b);
    });
  }
}

const std::vector<std::uint32_t>* Joins::list(RowId row, KeyId key, std::string_view value) const {
  const auto [found, fresh] = by_value_.try_emplace({row, key});
  if (fresh) {
    for (const std::uint32_t at : by_row_[row]) {
      if (const std::string_view own = value_of(book_, facts_[at], key); !own.empty() && own != "-") {
        found->second[ascii_lower(own)].push_back(at);
      }
    }
  }
  const auto values = found->second.find(ascii_lower(value));
  return values == found->second.end() ? nullptr : &values->second;
}

bool Joins::search(const Stored& fact, const Neighbour& wanted, const Usable& usable,
                   const std::function<bool(const Stored&)>& found) const {
  const std::optional<KeyId> target = book_.find_key("target");
  const std::string own_host = wanted.other_host || wanted.elsewhere ? short_host(fact.host) : std::string{};
  const std::string_view own_target = wanted.other_host && target ? value_of(book_, fact, *target) : std::string_view{};
  const std::size_t rows = wanted.any_behaviour ? book_.rows.size() : wanted.rows.size();
  for (std::size_t number = 0; number < rows; ++number) {
    const RowId row = wanted.any_behaviour ? static_cast<RowId>(number) : wanted.rows[number];
    if (wanted.any_behaviour &&
        (book_.rows[row].behaviour.empty() || book_.rows[row].behaviour == book_.rows[fact.row].behaviour)) {
      continue;
    }
    const std::vector<std::uint32_t>* candidates = &by_row_[row];
    if (!wanted.same.empty()) {
      const std::string_view value = value_of(book_, fact, wanted.same.front().own);
      candidates = value.empty() || value == "-" ? nullptr : list(row, wanted.same.front().other, value);
    } else if (wanted.other_host && target && own_target.empty()) {
      candidates = list(row, *target, own_host);
    }
    if (candidates == nullptr) {
      continue;
    }
    auto begin = candidates->begin();
    if (wanted.within != 0 && fact.time.known()) {
      begin = std::lower_bound(candidates->begin(), candidates->end(), fact.time.ticks - wanted.within,
                               [&](std::uint32_t at, std::int64_t ticks) { return facts_[at].time.ticks < ticks; });
    }
    for (auto at = begin; at != candidates->end(); ++at) {
      const Stored& other = facts_[*at];
      if (wanted.within != 0) {
        if (!fact.time.known() || !other.time.known()) {
          continue;
        }
        if (other.time.ticks > fact.time.ticks + wanted.within) {
          break;
        }
      }
      if (&other == &fact && wanted.count == 1) {
        continue;
      }
      if ((wanted.order == Neighbour::Order::before && other.time > fact.time) ||
          (wanted.order == Neighbour::Order::after && other.time < fact.time)) {
        continue;
      }
      if (wanted.other_host) {
        const std::string_view their_target =
            own_target.empty() && target ? value_of(book_, other, *target) : std::string_view{};
        if (short_host(other.host) == own_host || (!own_target.empty() && short_host(other.host) != own_target) ||
            (!their_target.empty() && !ascii_iequals(their_target, own_host))) {
          continue;
        }
      } else if (wanted.elsewhere) {
        if (short_host(other.host) == own_host) {
          continue;
        }
      } else if (other.scope != fact.scope) {
        continue;
      }
      const bool same = std::all_of(wanted.same.begin(), wanted.same.end(), [&](const Neighbour::Same& pair) {
        const std::string_view own = value_of(book_, fact, pair.own);
        return !own.empty() && own != "-" && ascii_iequals(own, value_of(book_, other, pair.other));
      });
      if (same && (!wanted.evidence || other.standing == Stored::Standing::evidence) &&
          (!wanted.explained || other.explanation >= 0) && usable(other) && found(other)) {
        return true;
      }
    }
  }
  return false;
}

bool Joins::has(const Stored& fact, const Neighbour& wanted, const Usable& usable) const {
  if (wanted.count <= 1) {
    return search(fact, wanted, usable, [](const Stored&) { return true; });
  }
  // Several within one window that holds this fact: gather those around it, then slide.
  std::vector<const Stored*> near;
  search(fact, wanted, usable, [&](const Stored& other) {
    near.push_back(&other);
    return near.size() >= 10'000;
  });
  std::sort(near.begin(), near.end(), [](const Stored* a, const Stored* b) { return a->time < b->time; });
  std::unordered_map<std::string, std::size_t> held;  // values of the window, and how often each stands in it
  const auto value = [&](const Stored* each) { return ascii_lower(value_of(book_, *each, wanted.distinct)); };
  std::size_t begin = 0;
  for (std::size_t end = 0; end < near.size(); ++end) {
    if (wanted.distinct != nothing) {
      ++held[value(near[end])];
    }
    for (; wanted.within != 0 && near[end]->time.ticks - near[begin]->time.ticks > wanted.within; ++begin) {
      if (wanted.distinct == nothing) {
        continue;
      }
      if (const auto gone = held.find(value(near[begin])); --gone->second == 0) {
        held.erase(gone);
      }
    }
    if ((wanted.distinct == nothing ? end - begin + 1 : held.size()) >= wanted.count) {
      return true;
    }
  }
  return false;
}

bool Joins::any(const Stored& fact, const std::vector<Neighbour>& wanted, const Usable& usable) const {
  return std::any_of(wanted.begin(), wanted.end(), [&](const Neighbour& each) { return has(fact, each, usable); });
}

}  // namespace tocsin::verdict
