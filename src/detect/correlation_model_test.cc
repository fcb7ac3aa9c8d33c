// Correlations against a slow model that follows the words of correlation_windows.h: every window is put together and
// measured from nothing. Random correlations, random events, added in random order: the hits must be equal.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "base/text.h"
#include "detect/correlator.h"
#include "rules/sigma.h"

namespace tocsin::detect {
namespace {

using Random = std::mt19937_64;
using rules::Correlation;
using rules::Node;
using Type = Correlation::Type;

constexpr std::int64_t start_second = 1'600'000'000;
constexpr std::string_view field_names[] = {"User", "Host", "Bytes"};

std::string base_rules() {
  std::string text;
  for (const char* name : {"a", "b", "c"}) {
    text += std::string("title: ") + name + "\nname: " + name +
            "\nlogsource: {product: windows}\ndetection: {s: {EventID: 1}, condition: s}\n---\n";
  }
  return text;
}

struct ModelEvent {
  std::uint32_t rule = 0;
  std::int64_t second = 0;
  std::uint64_t record = 0;
  std::map<std::string, std::string> fields;  // without absent ones
};

// What a correlation counts.
struct ModelItem {
  std::int64_t second = 0;
  std::vector<std::uint64_t> records;  // of the events; the last stands for it
  std::int64_t first_second = 0;
  std::uint32_t input = 0;
  bool inner = false;
  std::map<std::string, std::string> fields;
};

struct ModelHit {
  std::vector<std::string> group;
  std::int64_t first = 0, last = 0;
  std::uint64_t count = 0;
  std::vector<std::uint64_t> records;
  std::vector<ModelItem> items;
};

class Model {
 public:
  Model(const rules::RuleSet& set, const std::vector<ModelEvent>& events) : set_(set), events_(events) {}

  std::vector<ModelHit> hits(std::uint32_t number) const {
    const Correlation& correlation = set_.correlations[number];
    std::map<std::vector<std::string>, std::vector<ModelItem>> groups;
    for (std::uint32_t input = 0; input < correlation.inputs.size(); ++input) {
      for (ModelItem& item : items_of(correlation, input)) {
        std::vector<std::string> group;
        for (const std::string& field : correlation.group_by) {
          if (item.fields.contains(field)) {
            group.push_back(item.fields[field]);
          }
        }
        if (group.size() == correlation.group_by.size()) {
          groups[group].push_back(std::move(item));
        }
      }
    }
    std::vector<ModelHit> found;
    for (auto& [group, items] : groups) {
      std::sort(items.begin(), items.end(), [](const ModelItem& a, const ModelItem& b) {
        return std::tuple(a.second, a.records.back(), a.input, a.fields) <
               std::tuple(b.second, b.records.back(), b.input, b.fields);
      });
      for (ModelHit& hit : of_group(correlation, counted(correlation, items))) {
        hit.group = group;
        found.push_back(std::move(hit));
      }
    }
    return found;
  }

 private:
  static bool temporal(const Correlation& correlation) {
    return correlation.type == Type::temporal || correlation.type == Type::temporal_ordered;
  }

  // The events or inner hits of an input, with their fields under the correlation's names.
  std::vector<ModelItem> items_of(const Correlation& correlation, std::uint32_t input) const {
    const std::uint32_t target = correlation.inputs[input];
    std::vector<ModelItem> items;
    if (target < set_.rules.size()) {
      for (const ModelEvent& event : events_) {
        if (event.rule == target) {
          items.push_back({event.second, {event.record}, event.second, input, false, event.fields});
        }
      }
    } else {
      for (const ModelHit& hit : hits(target - static_cast<std::uint32_t>(set_.rules.size()))) {
        std::set<std::map<std::string, std::string>> met;
        for (const ModelItem& item : hit.items) {
          if (met.insert(asked(correlation, item.fields)).second) {
            items.push_back({hit.last, hit.records, hit.first, input, true, item.fields});
          }
        }
      }
    }
    for (ModelItem& item : items) {
      for (const Correlation::Alias& alias : correlation.aliases) {
        for (const auto& [rule, field] : alias.fields) {
          if (rule == correlation.rules[input]) {
            const auto value = item.fields.find(field);
            if (value == item.fields.end()) {
              item.fields.erase(alias.name);
            } else {
              item.fields[alias.name] = value->second;
            }
          }
        }
      }
    }
    return items;
  }

  // One inner hit counts once for each set of values that is asked of it.
  static std::map<std::string, std::string> asked(const Correlation& correlation,
                                                  const std::map<std::string, std::string>& fields) {
    std::map<std::string, std::string> kept;
    for (const auto& names : {correlation.group_by, correlation.value_fields}) {
      for (const std::string& name : names) {
        if (const auto found = fields.find(name); found != fields.end()) {
          kept[name] = found->second;
        }
      }
    }
    return kept;
  }

  static std::vector<ModelItem> counted(const Correlation& correlation, const std::vector<ModelItem>& items) {
    std::vector<ModelItem> kept;
    std::set<std::uint64_t> met;
    for (const ModelItem& item : items) {
      if (!temporal(correlation) && !item.inner && !met.insert(item.records.back()).second) {
        continue;  // one event that matched two rules
      }
      bool whole = true;
      for (const std::string& field : correlation.value_fields) {
        whole = whole && item.fields.contains(field);
      }
      const bool numeric =
          !temporal(correlation) && correlation.type != Type::event_count && correlation.type != Type::value_count;
      if (whole && (!numeric || parse_double(item.fields.at(correlation.value_fields[0])))) {
        kept.push_back(item);
      }
    }
    return kept;
  }

  static double measure(const Correlation& correlation, const std::vector<ModelItem>& window) {
    std::vector<double> numbers;
    std::set<std::vector<std::string>> distinct;
    for (const ModelItem& item : window) {
      std::vector<std::string> tuple;
      tuple.reserve(correlation.value_fields.size());
      for (const std::string& field : correlation.value_fields) {
        tuple.push_back(item.fields.at(field));
      }
      if (temporal(correlation)) {
        tuple = {std::to_string(item.input)};
      } else if (correlation.type > Type::temporal_ordered) {
        numbers.push_back(*parse_double(tuple[0]));
      }
      distinct.insert(tuple);
    }
    std::sort(numbers.begin(), numbers.end());
    double sum = 0;
    for (const double number : numbers) {
      sum += number;
    }
    switch (correlation.type) {
      case Type::event_count:
        return static_cast<double>(window.size());
      case Type::value_count:
      case Type::temporal:
      case Type::temporal_ordered:
        return static_cast<double>(distinct.size());
      case Type::value_sum:
        return sum;
      case Type::value_avg:
        return sum / static_cast<double>(numbers.size());
      case Type::value_percentile: {
        std::size_t rank = 1;  // the first value that at least p percent do not exceed
        while (static_cast<double>(rank) * 100 < correlation.percentile * static_cast<double>(numbers.size())) {
          ++rank;
        }
        return numbers[rank - 1];
      }
      case Type::value_median:
        return (numbers[(numbers.size() - 1) / 2] + numbers[numbers.size() / 2]) / 2;
    }
    return 0;
  }

  static bool bounds_hold(const Correlation& correlation, double value) {
    for (const Correlation::Bound& bound : correlation.bounds) {
      const bool holds = bound.op == rules::Operator::less            ? value < bound.value
                         : bound.op == rules::Operator::less_equal    ? value <= bound.value
                         : bound.op == rules::Operator::greater       ? value > bound.value
                         : bound.op == rules::Operator::greater_equal ? value >= bound.value
                                                                      : value == bound.value;
      if (holds == bound.negated) {
        return false;
      }
    }
    return true;
  }

  static bool whole_window(const Correlation& correlation) {
    for (const Correlation::Bound& bound : correlation.bounds) {
      if (bound.negated || (bound.op != rules::Operator::greater && bound.op != rules::Operator::greater_equal)) {
        return true;
      }
    }
    return std::any_of(correlation.condition.begin(), correlation.condition.end(),
                       [](const Node& node) { return node.kind == Node::Kind::none_of; });
  }

  using Times = std::vector<std::vector<std::int64_t>>;  // by input

  // Can so many different inputs be taken in the order of the list, from `place` on and not before `second`?
  static bool chain_from(const Times& times, std::size_t place, std::int64_t second, std::size_t length) {
    if (length == 0) {
      return true;
    }
    for (std::size_t next = place; next < times.size(); ++next) {
      for (const std::int64_t time : times[next]) {
        if (time >= second && chain_from(times, next + 1, time, length - 1)) {
          return true;
        }
      }
    }
    return false;
  }

  static bool truth(const Correlation& correlation, std::size_t at, bool under_not, const std::set<std::uint32_t>& now,
                    const std::set<std::uint32_t>& whole) {
    const Node& node = correlation.condition[at];
    const bool flips = node.kind == Node::Kind::none_of;
    std::size_t held = 0;
    for (const std::uint32_t child : node.children) {
      held += truth(correlation, child, under_not != flips, now, whole) ? 1 : 0;
    }
    switch (node.kind) {
      case Node::Kind::leaf:
        return (under_not ? whole : now).contains(node.leaf);
      case Node::Kind::all_of:
        return held == node.children.size();
      case Node::Kind::any_of:
        return held != 0;
      case Node::Kind::none_of:
        return held == 0;
      case Node::Kind::always:
        return true;
      case Node::Kind::never:
        break;
    }
    return false;
  }

  static std::vector<ModelHit> of_group(const Correlation& correlation, const std::vector<ModelItem>& items) {
    const bool whole = whole_window(correlation);
    const bool takes_out = !whole && (temporal(correlation) || correlation.type == Type::event_count ||
                                      correlation.type == Type::value_count);
    std::vector<ModelHit> found;
    std::size_t taken = 0;  // items of closed bursts
    bool open = false;
    std::size_t first = 0;
    std::size_t last = 0;
    const auto close = [&] {
      if (open) {
        found.push_back(make_hit(correlation, items, first, last));
        taken = takes_out ? last + 1 : taken;
      }
      open = false;
    };
    for (std::size_t at = 0; at < items.size(); ++at) {
      if (at + 1 < items.size() && items[at + 1].second == items[at].second) {
        continue;  // events of one moment count together
      }
      std::size_t begin = taken;
      while (items[begin].second + correlation.timespan_seconds < items[at].second) {
        ++begin;
      }
      const auto holds = window_holds(correlation, items, begin, at, whole);
      // A burst ends where the condition no longer holds, or where a window has nothing of it.
      if (!holds || (open && holds->first > last)) {
        close();
      }
      if (holds) {
        first = open ? first : holds->first;
        last = open ? std::max(last, holds->second) : holds->second;
        open = true;
      }
    }
    close();
    return found;
  }

  // Which items the window that ends with `at` consists of, if the condition holds in it.
  static std::optional<std::pair<std::size_t, std::size_t>> window_holds(const Correlation& correlation,
                                                                         const std::vector<ModelItem>& items,
                                                                         std::size_t begin, std::size_t at,
                                                                         bool whole) {
    std::size_t end = at + 1;
    if (whole) {
      while (end < items.size() && items[end].second <= items[begin].second + correlation.timespan_seconds) {
        ++end;
      }
    }
    const auto slice = [&](std::size_t from, std::size_t to) {
      return std::vector<ModelItem>(items.begin() + static_cast<std::ptrdiff_t>(from),
                                    items.begin() + static_cast<std::ptrdiff_t>(to));
    };
    const auto present = [&](std::size_t to) {
      std::set<std::uint32_t> inputs;
      for (const ModelItem& item : slice(begin, to)) {
        inputs.insert(item.input);
      }
      return inputs;
    };
    if (!correlation.condition.empty()) {
      if (!truth(correlation, correlation.condition.size() - 1, false, present(at + 1), present(end))) {
        return std::nullopt;
      }
      return std::pair(begin, at);
    }
    if (correlation.type == Type::temporal_ordered) {
      std::size_t length = correlation.bounds.empty() ? correlation.inputs.size() : 1;
      while (!bounds_hold(correlation, static_cast<double>(length))) {
        ++length;
      }
      for (std::size_t from = at + 1; from-- > begin;) {
        if (from > begin && items[from - 1].second == items[from].second) {
          continue;  // of one moment all events may be taken
        }
        Times times(correlation.inputs.size());
        for (const ModelItem& item : slice(from, at + 1)) {
          times[item.input].push_back(item.second);
        }
        if (chain_from(times, 0, items[from].second, length)) {
          return std::pair(from, at);
        }
      }
      return std::nullopt;
    }
    const double value = measure(correlation, slice(begin, end));
    const bool holds = correlation.bounds.empty() ? value == static_cast<double>(correlation.inputs.size())
                                                  : bounds_hold(correlation, value);
    return holds ? std::optional(std::pair(begin, end - 1)) : std::nullopt;
  }

  static ModelHit make_hit(const Correlation& correlation, const std::vector<ModelItem>& items, std::size_t first,
                           std::size_t last) {
    ModelHit hit;
    hit.first = items[first].second;
    hit.last = items[last].second;
    hit.items.assign(items.begin() + static_cast<std::ptrdiff_t>(first),
                     items.begin() + static_cast<std::ptrdiff_t>(last) + 1);
    std::set<std::uint64_t> met;
    for (const ModelItem& item : hit.items) {
      hit.first = std::min(hit.first, item.first_second);
      if (item.inner || met.insert(item.records.back()).second) {
        ++hit.count;
        hit.records.insert(hit.records.end(), item.records.begin(), item.records.end());
      }
    }
    if (correlation.type == Type::value_count) {
      hit.count = static_cast<std::uint64_t>(measure(correlation, hit.items));
    }
    return hit;
  }

  const rules::RuleSet& set_;
  const std::vector<ModelEvent>& events_;
};

// ---- Random correlations ---------------------------------------------------------------------------------------

std::string pick(Random& random, std::initializer_list<const char*> of) {
  return *(of.begin() + static_cast<std::ptrdiff_t>(random() % of.size()));
}

std::string random_bounds(Random& random, std::uint64_t most) {
  const std::string low = std::to_string(1 + random() % most);
  switch (random() % 6) {
    case 0:
      return "lte: " + low;
    case 1:
      return "eq: " + low;
    case 2:
      return "gte: " + low + ", lt: " + std::to_string(2 + random() % (2 * most));
    case 3:
      return "neq: " + low;
    case 4:
      return "gt: " + low;
    default:
      return "gte: " + low;
  }
}

std::string random_correlation(Random& random, const std::string& name, const std::string& inputs, bool aliases) {
  const std::string type = pick(random, {"event_count", "value_count", "temporal", "temporal", "temporal_ordered",
                                         "value_sum", "value_avg", "value_percentile", "value_median"});
  std::string text = "---\ntitle: " + name + "\nname: " + name + "\ncorrelation:\n  type: " + type + "\n  rules: [" +
                     inputs + "]\n  timespan: " + std::to_string(1 + random() % 20) + "s\n";
  text += "  group-by: " + pick(random, {"[User]", "[Host]", "[User, Host]", "[]"}) + "\n";
  if (aliases && random() % 3 == 0) {
    text += "  aliases: {User: {a: Host, b: User}}\n";
  }
  if (type == "temporal" && random() % 2 == 0) {
    text += "  condition: " +
            pick(random, {"a and b and not c", "a and (b or c)", "(a or b) and c", "a and not (b or c)", "a or b or c",
                          "(a and not b) or c"}) +
            "\n";
  } else if (type.starts_with("temporal")) {
    if (random() % 2 == 0) {
      text += "  condition: {gte: " + std::to_string(1 + random() % 3) + "}\n";
    }
  } else if (type == "event_count") {
    text += "  condition: {" + random_bounds(random, 6) + "}\n";
  } else if (type == "value_count") {
    text += "  condition: {field: " + pick(random, {"Host", "[User, Host]", "Bytes"}) + ", " +
            random_bounds(random, 4) + "}\n";
  } else {
    text += "  condition: {field: Bytes, " + random_bounds(random, 15) +
            (type == "value_percentile" ? ", percentile: " + std::to_string(1 + random() % 100) : "") + "}\n";
  }
  return text;
}

std::vector<ModelEvent> random_events(Random& random) {
  std::vector<ModelEvent> events;
  std::int64_t second = start_second;
  const std::size_t count = 1 + random() % 40;
  for (std::size_t at = 0; at < count; ++at) {
    second += static_cast<std::int64_t>(random() % 5) * static_cast<std::int64_t>(random() % 3);
    ModelEvent event{static_cast<std::uint32_t>(random() % 3), second, at + 1, {}};
    for (const std::string_view field : field_names) {
      if (random() % 12 != 0) {
        event.fields[std::string(field)] = std::to_string(random() % (field == "Bytes" ? 9 : 2));
      }
    }
    events.push_back(event);
    if (random() % 5 == 0) {
      event.rule = (event.rule + 1) % 3;  // the same event under another rule
      events.push_back(event);
    }
  }
  return events;
}

std::vector<std::string> lines(const std::vector<ModelHit>& hits) {
  std::vector<std::string> text;
  for (const ModelHit& hit : hits) {
    std::string line;
    for (const std::string& value : hit.group) {
      line += value + ",";
    }
    line += " " + std::to_string(hit.first) + "-" + std::to_string(hit.last) + " n" + std::to_string(hit.count) + ":";
    std::vector<std::uint64_t> records = hit.records;  // hits of one moment have no order of their own
    std::sort(records.begin(), records.end());
    for (const std::uint64_t record : records) {
      line += " " + std::to_string(record);
    }
    text.push_back(line);
  }
  std::sort(text.begin(), text.end());
  return text;
}

std::vector<std::string> lines(const std::vector<CorrelationHit>& hits, std::uint32_t number) {
  std::vector<ModelHit> of;
  for (const CorrelationHit& hit : hits) {
    if (hit.correlation == number) {
      ModelHit& made = of.emplace_back();
      for (const auto& [field, value] : hit.group) {
        made.group.push_back(value);
      }
      made.first = hit.first.ticks / Time::ticks_per_second;
      made.last = hit.last.ticks / Time::ticks_per_second;
      made.count = hit.count;
      for (const CorrelationHit::Ref& ref : hit.events) {
        made.records.push_back(ref.record);
      }
    }
  }
  return lines(of);
}

class CorrelationModel : public testing::Test {
 protected:
  // Returns the number of hits.
  std::size_t compare(std::uint64_t seed, bool chained) {
    Random random(seed);
    std::string text = base_rules();
    text.resize(text.size() - 4);
    text += random_correlation(random, "x", "a, b, c", true);
    if (chained) {
      text += random_correlation(random, "y", "x, b", false);
    }
    const std::size_t boolean = text.find("name: y");
    if (boolean != std::string::npos && text.find("condition: ", boolean) != std::string::npos &&
        text.find("condition: {", boolean) == std::string::npos) {
      return 0;  // its boolean condition names rules that are not its inputs
    }
    rules::SigmaLoader loader;
    loader.add("rules.yml", text);
    const auto set = std::make_shared<rules::RuleSet>(std::move(loader).finish());
    if (set->rejected != 0) {
      // Conditions that hold when nothing happens are rejected.
      return 0;
    }
    EXPECT_EQ(set->correlations.size(), chained ? 2U : 1U) << text;
    std::vector<ModelEvent> events = random_events(random);
    const Model model(*set, events);
    std::vector<std::vector<std::string>> expected;
    expected.reserve(set->correlations.size());
    for (std::uint32_t number = 0; number < set->correlations.size(); ++number) {
      expected.push_back(lines(model.hits(number)));
    }
    std::vector<ModelEvent> arriving = events;
    std::size_t count = 0;
    for (int round = 0; round < 3; ++round) {
      Correlator correlator(set);
      for (const ModelEvent& event : arriving) {
        CorrelationEvent made{event.rule, Time::from_seconds(event.second), 0, event.record, 0, {}};
        for (const std::string& wanted : correlator.wanted(event.rule)) {
          const auto value = event.fields.find(wanted);
          made.values.push_back(value == event.fields.end() ? "" : value->second);
        }
        correlator.add(std::move(made));
      }
      const std::vector<CorrelationHit> hits = correlator.finish();
      for (std::uint32_t number = 0; number < expected.size(); ++number) {
        EXPECT_EQ(lines(hits, number), expected[number]) << "seed " << seed << "\n" << text;
      }
      count = hits.size();
      std::shuffle(arriving.begin(), arriving.end(), random);
    }
    return count;
  }
};

TEST_F(CorrelationModel, SingleCorrelationsAreEqual) {
  std::size_t hits = 0;
  for (std::uint64_t seed = 0; seed < 1'000 && !HasFailure(); ++seed) {
    hits += compare(seed, false);
  }
  EXPECT_GT(hits, 500U);
}

TEST_F(CorrelationModel, ChainedCorrelationsAreEqual) {
  std::size_t hits = 0;
  for (std::uint64_t seed = 0; seed < 1'000 && !HasFailure(); ++seed) {
    hits += compare(seed, true);
  }
  EXPECT_GT(hits, 500U);
}

}  // namespace
}  // namespace tocsin::detect
