#include "attribution/matrix.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>
#include <map>
#include <tuple>

#include "attribution/limits.h"
#include "base/check.h"

namespace tocsin::attribution {
namespace {

template <class Value>
using Map = boost::unordered_flat_map<std::string, Value>;

// What things are a kind or a part of, upwards. Territories and actors are separate trees: where somebody works is not
// what he is a part of.
class Containers {
 public:
  explicit Containers(const std::vector<Containment>& containments) {
    for (const Containment& one : containments) {
      up_[one.part].push_back(one.whole);
    }
  }

  // The way from `part` up to `whole`, both included; empty where there is none. Nothing where the budget is spent.
  std::optional<std::vector<std::string>> path(const std::string& part, const std::string& whole) {
    std::vector<std::pair<const std::string*, std::size_t>> seen = {{&part, 0}};  // and from which one it was reached
    boost::unordered_flat_set<std::string_view> known = {part};
    for (std::size_t at = 0; at < seen.size(); ++at) {
      const auto wholes = up_.find(*seen[at].first);
      if (wholes == up_.end()) {
        continue;
      }
      for (const std::string& next : wholes->second) {
        if (++steps_ > steps_max || seen.size() > limits::ancestors_max) {
          return std::nullopt;
        }
        if (!known.insert(next).second) {
          continue;
        }
        seen.emplace_back(&next, at);
        if (next != whole) {
          continue;
        }
        std::vector<std::string> way;
        for (std::size_t back = seen.size() - 1; back != 0; back = seen[back].second) {
          way.push_back(*seen[back].first);
        }
        way.push_back(part);
        std::ranges::reverse(way);
        return way;
      }
    }
    return std::vector<std::string>();
  }

 private:
  // Over a whole matrix; sound records take some steps for each pair.
  static constexpr std::uint64_t steps_max = 20'000'000;
  Map<std::vector<std::string>> up_;
  std::uint64_t steps_ = 0;
};

class Builder {
 public:
  explicit Builder(const Record& record) : record_(record), containers_(record.containments) {
    check(record.acts.size() <= limits::acts_max, "a record keeps to its limit");
    for (std::uint32_t i = 0; i < record.acts.size(); ++i) {
      by_id_[header_of(record.acts[i]).id].push_back(i);
    }
    matrix_.states.resize(record.acts.size());
  }

  Matrix build() {
    end_acts();
    find_echoes();
    place_claims();
    place_reactions();
    finish_rows();
    compare_objects();
    find_contests();
    return std::move(matrix_);
  }

 private:
  using RowKey = std::tuple<std::string, std::string, std::string, bool>;

  const Attribution* claim(std::uint32_t act) const { return std::get_if<Attribution>(&record_.acts[act]); }
  bool stands(std::uint32_t act) const { return matrix_.states[act].ended == Ended::no; }

  // The acts that a reference leads to: by their id, or through a statement or report that holds them.
  std::vector<std::uint32_t> resolve(const std::string& target) const {
    if (const auto found = by_id_.find(target); found != by_id_.end()) {
      return found->second;
    }
    std::vector<std::uint32_t> acts;
    std::vector<const std::string*> waiting = {&target};
    boost::unordered_flat_set<std::string_view> known = {target};
    while (!waiting.empty() && known.size() <= limits::refs_max) {
      const std::string& next = *waiting.back();
      waiting.pop_back();
      if (const auto found = by_id_.find(next); found != by_id_.end()) {
        acts.insert(acts.end(), found->second.begin(), found->second.end());
      } else if (const auto held = record_.collections.find(next); held != record_.collections.end()) {
        for (const std::string& one : held->second) {
          if (known.insert(one).second) {
            waiting.push_back(&one);
          }
        }
      }
    }
    std::ranges::sort(acts);
    return acts;
  }

  // Only who said something takes it back or replaces it.
  void end(std::uint32_t by, const std::string& target, Ended how) {
    for (const std::uint32_t act : resolve(target)) {
      if (speaker_of(record_.acts[act]) != speaker_of(record_.acts[by]) ||
          std::holds_alternative<Withdrawal>(record_.acts[act])) {
        matrix_.without_effect.push_back({by, act});
        continue;
      }
      ActState& state = matrix_.states[act];
      if (state.ended == Ended::no || (how == Ended::withdrawn && state.ended != Ended::withdrawn)) {
        state.ended = how;
        state.ended_by = by;
      }
    }
  }

  void end_acts() {
    for (std::uint32_t i = 0; i < record_.acts.size(); ++i) {
      const SpeechAct& act = record_.acts[i];
      if (const std::string& older = header_of(act).supersedes; !older.empty()) {
        end(i, older, Ended::superseded);
      }
      if (std::holds_alternative<Withdrawal>(act)) {
        for (const std::string& target : targets_of(act)) {
          end(i, target, Ended::withdrawn);
        }
      }
    }
  }

  void find_echoes() {
    for (std::uint32_t i = 0; i < record_.acts.size(); ++i) {
      const Attribution* echo = claim(i);
      if (echo == nullptr || echo->relays.empty()) {
        continue;
      }
      boost::unordered_flat_set<std::string_view> borrowed;
      for (const std::uint32_t relayed : resolve(echo->relays)) {
        if (const Attribution* origin = claim(relayed)) {
          borrowed.insert(origin->evidence.begin(), origin->evidence.end());
        }
      }
      if (std::ranges::all_of(echo->evidence, [&](const std::string& one) { return borrowed.contains(one); })) {
        matrix_.states[i].echo = true;
        matrix_.echoes.push_back(i);
      }
    }
    for (const std::uint32_t i : matrix_.echoes) {
      matrix_.states[i].origin = origin_of(claim(i)->relays);
    }
  }

  // Follows what relays what; a circle ends at its smallest name, so that each of its members has the same origin.
  std::string origin_of(const std::string& relayed) const {
    const std::string* at = &relayed;
    std::vector<const std::string*> way;
    boost::unordered_flat_set<std::string_view> known;
    while (known.insert(*at).second && way.size() < 1'000) {
      way.push_back(at);
      const auto found = by_id_.find(*at);
      if (found == by_id_.end() || !matrix_.states[found->second.front()].echo) {
        return *at;
      }
      at = &claim(found->second.front())->relays;
    }
    const auto circle = std::ranges::find_if(way, [&](const std::string* one) { return *one == *at; });
    return **std::min_element(circle, way.end(), [](const auto* a, const auto* b) { return *a < *b; });
  }

  void place(std::uint32_t act, std::uint32_t on, const std::string& nation) {
    for (const std::string& activity : claim(on)->activities) {
      if (entries_ >= limits::entries_max) {
        ++matrix_.left_out;
        continue;
      }
      ++entries_;
      const BlameObject& object = claim(on)->object;
      const std::string granularity =
          object.granularity == Granularity::other
              ? object.granularity_words
              : std::string(granularity_names[static_cast<std::size_t>(object.granularity)]);
      rows_[{activity, object.ref, granularity, object.territory}][nation].push_back({act, on});
    }
  }

  void place_claims() {
    for (std::uint32_t i = 0; i < record_.acts.size(); ++i) {
      if (claim(i) != nullptr) {
        place(i, i, claim(i)->claimant);
      }
    }
  }

  void place_reactions() {
    for (std::uint32_t i = 0; i < record_.acts.size(); ++i) {
      for (const std::string& target : targets_of(record_.acts[i])) {
        const auto targets = resolve(target);
        if (targets.empty()) {
          matrix_.unresolved.push_back({i, target});
        }
        for (const std::uint32_t on : targets) {
          if (claim(on) != nullptr) {
            place(i, on, speaker_of(record_.acts[i]));
          }
        }
      }
    }
  }

  void finish_rows() {
    for (auto& [key, cells] : rows_) {
      Row row;
      std::tie(row.activity, row.object, row.granularity, row.territory) = key;
      boost::unordered_flat_set<std::string_view> origins;
      for (auto& [nation, entries] : cells) {
        std::ranges::sort(entries);
        const auto repeated = std::ranges::unique(entries);
        entries.erase(repeated.begin(), repeated.end());
        for (const Entry& entry : entries) {
          if (entry.act == entry.claim && stands(entry.act)) {
            const ActState& state = matrix_.states[entry.act];
            origins.insert(state.echo ? state.origin : header_of(record_.acts[entry.act]).id);
            row.echo |= state.echo;
          }
        }
        row.cells.push_back({nation, std::move(entries)});
      }
      row.independent_claims = origins.size();
      matrix_.rows.push_back(std::move(row));
    }
    rows_.clear();
    for (const SpeechAct& act : record_.acts) {
      matrix_.nations.push_back(speaker_of(act));
    }
    std::ranges::sort(matrix_.nations);
    const auto repeated = std::ranges::unique(matrix_.nations);
    matrix_.nations.erase(repeated.begin(), repeated.end());
  }

  // Who claims a row's object, as far as the claims stand.
  std::vector<std::string_view> claimants(const Row& row) const {
    std::vector<std::string_view> names;
    for (const Cell& cell : row.cells) {
      if (std::ranges::any_of(cell.entries,
                              [&](const Entry& one) { return one.act == one.claim && stands(one.act); })) {
        names.push_back(cell.nation);
      }
    }
    return names;
  }

  bool keep(std::vector<ObjectPair>& list, ObjectPair pair) {
    if (list.size() >= limits::findings_max) {
      ++matrix_.left_out;
      return false;
    }
    list.push_back(std::move(pair));
    return true;
  }

  void compare(std::uint32_t a, std::uint32_t b, const std::vector<std::string_view>& of_a,
               const std::vector<std::string_view>& of_b) {
    Row& first = matrix_.rows[a];
    Row& second = matrix_.rows[b];
    std::vector<std::string_view> both;
    std::ranges::set_intersection(of_a, of_b, std::back_inserter(both));
    const bool one = of_a.size() == 1 && of_b.size() == 1 && both.size() == 1;
    if (first.territory == second.territory) {
      if (first.object == second.object) {
        first.partial = second.partial = true;
        keep(matrix_.partial, {a, b, {}, {}, one});
        return;
      }
      const auto up = containers_.path(first.object, second.object);
      const auto down = up && up->empty() ? containers_.path(second.object, first.object)
                                          : std::optional<std::vector<std::string>>(std::vector<std::string>());
      if (!up || !down) {
        ++matrix_.left_out;
        return;
      }
      if (!up->empty() || !down->empty()) {
        first.partial = second.partial = true;
        const bool finer_first = !up->empty();
        keep(matrix_.partial, {finer_first ? a : b, finer_first ? b : a, finer_first ? *up : *down, {}, one});
        return;
      }
    }
    first.conflict = second.conflict = true;
    keep(matrix_.disjoint, {a, b, {}, {}, one});
    // All claims that stand overlap in time: each holds from when it was made until it is taken back or replaced.
    for (const std::string_view claimant : both) {
      first.self_inconsistent = second.self_inconsistent = true;
      keep(matrix_.self_inconsistent, {a, b, {}, std::string(claimant), true});
    }
  }

  void compare_objects() {
    std::uint64_t pairs = 0;
    for (std::uint32_t begin = 0; begin < matrix_.rows.size();) {
      std::uint32_t end = begin;
      std::vector<std::pair<std::uint32_t, std::vector<std::string_view>>> claimed;
      for (; end < matrix_.rows.size() && matrix_.rows[end].activity == matrix_.rows[begin].activity; ++end) {
        if (auto names = claimants(matrix_.rows[end]); !names.empty()) {
          claimed.emplace_back(end, std::move(names));
        }
      }
      for (std::size_t i = 0; i < claimed.size(); ++i) {
        for (std::size_t j = i + 1; j < claimed.size(); ++j) {
          if (++pairs > limits::pairs_max) {
            matrix_.left_out += claimed.size() - j;
            break;
          }
          compare(claimed[i].first, claimed[j].first, claimed[i].second, claimed[j].second);
        }
      }
      begin = end;
    }
  }

  void find_contests() {
    for (Row& row : matrix_.rows) {
      for (const Cell& cell : row.cells) {
        for (const Entry& entry : cell.entries) {
          if (std::holds_alternative<Contest>(record_.acts[entry.act]) && stands(entry.act) && stands(entry.claim)) {
            row.conflict = true;
            if (matrix_.contested.size() >= limits::entries_max) {
              ++matrix_.left_out;
              continue;
            }
            matrix_.contested.push_back({entry.claim, entry.act});
          }
        }
      }
    }
    // A claim on several activities stands in several rows, and is contested once.
    const auto order = [](const Contested& one) { return std::tie(one.claim, one.contest); };
    std::ranges::sort(matrix_.contested, [&](const Contested& a, const Contested& b) { return order(a) < order(b); });
    const auto repeated = std::ranges::unique(
        matrix_.contested, [&](const Contested& a, const Contested& b) { return order(a) == order(b); });
    matrix_.contested.erase(repeated.begin(), repeated.end());
  }

  const Record& record_;
  Containers containers_;
  Matrix matrix_;
  Map<std::vector<std::uint32_t>> by_id_;
  std::map<RowKey, std::map<std::string, std::vector<Entry>>> rows_;
  std::uint64_t entries_ = 0;
};

}  // namespace

Matrix claim_matrix(const Record& record) { return Builder(record).build(); }

std::string name_of(const Record& record, const std::string& ref) {
  const auto found = record.names.find(ref);
  return found == record.names.end() ? ref : found->second;
}

}  // namespace tocsin::attribution
