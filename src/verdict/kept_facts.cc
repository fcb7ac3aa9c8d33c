// Which facts a case keeps, and what a verdict says of those beyond a limit: a flood of one kind must neither push out
// the one row of another kind that proves success, nor make silence look like safety.
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "verdict/book_case.h"

namespace tocsin::verdict {

namespace {

// Every computer together, once too many were told apart.
constexpr std::string_view any_computer = "*";

}  // namespace

// The computer as far as it is known before rows are placed: by name, else by the file.
std::string BookCase::computer_of(const Fact& fact) const {
  std::string_view name;
  if (server_key_) {
    const auto& carry = book_.rows[fact.predicate].carry;
    for (std::size_t at = 0; at < carry.size() && fact_carry + at < fact.values.size(); ++at) {
      if (carry[at].key == *server_key_) {
        name = fact.values[fact_carry + at];
      }
    }
  }
  name = trim(name.empty() ? fact.host : name);
  return name.empty() || name == "-" ? "#" + std::to_string(fact.source) : ascii_lower(name);
}

// Keeps the first of each kind and computer, up to the limits, and of those beyond the earliest and the latest.
void BookCase::keep(const Fact& fact) {
  const auto row = static_cast<RowId>(fact.predicate);
  const int chosen = static_cast<int>(parse_int64(fact.values[fact_case]).value_or(-1));
  Kind kind{row, chosen, std::string(fact.values[fact_explained]), computer_of(fact)};
  auto found = kept_.find(kind);
  if (found == kept_.end()) {
    if (kept_.size() >= limits::verdict_kinds_max) {
      kind.computer = any_computer;
    }
    found = kept_.try_emplace(std::move(kind)).first;
  }
  Kept& kept = found->second;
  const Time time = believable(fact.time);
  std::size_t& of_case = kept_of_case_[{row, chosen}];
  const bool room = facts_.size() < limits::verdict_facts_max && kept.count < limits::verdict_row_facts_max;
  const bool reserved = of_case < limits::verdict_case_facts_min && facts_.size() < 2 * limits::verdict_facts_max;
  Stored* stored = nullptr;
  const auto append = [&] {
    ++kept.count;
    ++of_case;
    return &facts_.emplace_back();
  };
  if (room || reserved) {
    kept.any = static_cast<std::uint32_t>(facts_.size());
    stored = append();
  } else {
    ++kept.beyond;
    beyond_ = true;
    // The two ends take one place each, the newcomer's instead of the older one's.
    std::uint32_t* end = nullptr;
    if (time.known() && kept.from.known()) {
      end = time > kept.to ? &kept.latest : time < kept.from ? &kept.earliest : nullptr;
    }
    if (end == nullptr) {
      return;
    }
    if (*end == no_fact && facts_.size() >= 2 * limits::verdict_facts_max + limits::verdict_kinds_max) {
      return;
    }
    if (*end == no_fact) {
      *end = static_cast<std::uint32_t>(facts_.size());
      stored = append();
      --kept.beyond;
    } else {
      stored = &facts_[*end];
    }
  }
  if (time.known()) {
    kept.from = kept.from.known() ? std::min(kept.from, time) : time;
    kept.to = std::max(kept.to, time);
  }
  stored->row = row;
  stored->chosen = chosen;
  stored->explained = fact.values[fact_explained];
  stored->what = fact.values[fact_what];
  stored->known = fact.values[fact_known];
  stored->source = fact.source;
  stored->record = fact.record;
  stored->offset = fact.offset;
  stored->time = time;
  stored->host = fact.host;
  stored->values.assign(fact.values.begin() + fact_carry, fact.values.end());
}

// Rows that a success needs beside it, and those that these need.
std::vector<bool> BookCase::rows_beside_success() const {
  std::vector<bool> needed(book_.rows.size(), false);
  const auto mark = [&](const std::vector<Neighbour>& neighbours) {
    bool more = false;
    for (const Neighbour& each : neighbours) {
      for (const RowId row : each.rows) {
        more = more || !needed[row];
        needed[row] = true;
      }
    }
    return more;
  };
  for (bool more = true; more;) {
    more = false;
    for (RowId number = 0, end = static_cast<RowId>(book_.rows.size()); number < end; ++number) {
      const Row& row = book_.rows[number];
      for (const RowCase& each : row.cases) {
        if (each.succeeded || needed[number]) {
          more = mark(each.beside) || more;
          more = mark(row.beside) || more;
        }
      }
    }
  }
  return needed;
}

void BookCase::each_beyond(std::uint32_t scope, const std::function<void(const Kind&, const Kept&)>& each) const {
  if (!beyond_) {
    return;
  }
  for (const auto& [kind, kept] : kept_) {
    const bool here = kept.any == no_fact || kind.computer == any_computer || facts_[kept.any].scope == scope;
    if (kept.beyond != 0 && here) {
      each(kind, kept);
    }
  }
}

bool BookCase::beyond_could_change(std::uint32_t scope, bool attacked) const {
  bool could = false;
  std::vector<bool> needed;
  each_beyond(scope, [&](const Kind& kind, const Kept&) {
    if (needed.empty()) {
      needed = rows_beside_success();
    }
    const Row& row = book_.rows[kind.row];
    const bool has_case = kind.chosen >= 0 && static_cast<std::size_t>(kind.chosen) < row.cases.size();
    could = could || needed[kind.row] ||
            (has_case && (!attacked || row.cases[static_cast<std::size_t>(kind.chosen)].succeeded));
  });
  return could;
}

// Rows that need nothing beside them are evidence wherever they stand: those beyond the limit count, too.
void BookCase::count_beyond(std::uint32_t scope, StageMap& stages) const {
  each_beyond(scope, [&](const Kind& kind, const Kept& kept) {
    const Row& row = book_.rows[kind.row];
    if (kind.chosen < 0 || static_cast<std::size_t>(kind.chosen) >= row.cases.size() || kind.computer == any_computer) {
      return;
    }
    const RowCase& chosen = row.cases[static_cast<std::size_t>(kind.chosen)];
    const bool alone =
        row.beside.empty() && row.unless.empty() && chosen.beside.empty() && (row.supports.empty() || row.prefers_case);
    const auto stage = stages.find({chosen.stage, chosen.weakness});
    if (alone && stage != stages.end()) {
      stage->second.count += kept.beyond;
    }
  });
}

void BookCase::say_beyond(std::uint32_t scope, Verdict& verdict) const {
  std::map<std::string, std::uint64_t> lines;
  each_beyond(scope, [&](const Kind& kind, const Kept& kept) {
    const Row& row = book_.rows[kind.row];
    std::string name = row.behaviour.empty() ? row.name : row.behaviour;
    if (kind.chosen >= 0 && static_cast<std::size_t>(kind.chosen) < row.cases.size() && row.behaviour.empty()) {
      const int stage = row.cases[static_cast<std::size_t>(kind.chosen)].stage;
      if (stage >= 0 && static_cast<std::size_t>(stage) < book_.stage_names.size()) {
        name += ", stage " + book_.stage_names[static_cast<std::size_t>(stage)];
      }
    }
    lines[name] += kept.beyond;
  });
  for (const auto& [name, count] : lines) {
    verdict.left_out.push_back(std::to_string(count) + " further rows (" + name +
                               ") lie beyond a limit: counted, not listed or joined with others");
  }
  if (seen_dropped_ != 0) {
    verdict.left_out.push_back("periods of " + std::to_string(seen_dropped_) +
                               " more names of computers and builds were not told apart");
  }
  if (cut_ != 0) {
    verdict.left_out.push_back("of " + std::to_string(cut_) + " values only the first " +
                               std::to_string(limits::predicate_text_bytes_max) + " bytes were looked at");
  }
}

}  // namespace tocsin::verdict
