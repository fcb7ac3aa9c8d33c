#include "stix/binding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "base/limits.h"

namespace tocsin::stix {
namespace {

using Candidates = std::vector<std::vector<std::uint32_t>>;

Occurrence at_second(double first, double last, std::uint64_t count = 1) {
  const auto instant = [](double s) { return static_cast<Instant>(s * 1000) * (instants_per_second / 1000); };
  return {instant(first), instant(last), count, true};
}
Occurrence at_second(double moment) { return at_second(moment, moment); }

BindingPlan plan_of(const std::string& text) {
  const auto pattern = parse_pattern(text);
  EXPECT_TRUE(pattern) << text << "\n" << (pattern ? "" : pattern.error().text());
  auto plan = BindingPlan::make(*pattern);
  EXPECT_TRUE(plan) << text;
  return *std::move(plan);
}

Result<std::optional<std::vector<std::uint32_t>>> binding_of(const BindingPlan& plan,
                                                             const std::vector<Occurrence>& occurrences,
                                                             const Candidates& candidates) {
  std::uint64_t steps = limits::pattern_steps_max;
  return find_binding(plan, occurrences, candidates, steps);
}

bool matches(const std::string& text, const std::vector<Occurrence>& occurrences, const Candidates& candidates) {
  const auto bound = binding_of(plan_of(text), occurrences, candidates);
  EXPECT_TRUE(bound) << text;
  return bound && bound->has_value();
}

// ---- A slow, obvious model ---------------------------------------------------------------------------------
// Every way to give units (one for each observation that an occurrence stands for) to the expressions is written out
// with what it demands of their moments; then it is asked whether moments exist.

struct Demand {  // moment[a] - moment[b] <= weight, or < where strict; unit 0 is the zero of time
  std::size_t a, b;
  Instant weight;
  bool strict;
};
struct Way {
  std::vector<std::size_t> units;
  std::vector<Demand> demands;
};

class Model {
 public:
  Model(const Pattern& pattern, const std::vector<Occurrence>& occurrences, const Candidates& candidates)
      : candidates_(candidates) {
    for (std::uint32_t i = 0; i < occurrences.size(); ++i) {
      for (std::uint64_t n = 0; n < occurrences[i].count; ++n) {
        unit_of_.push_back(i);
        base_.push_back({unit_of_.size(), 0, occurrences[i].last, false});
        base_.push_back({0, unit_of_.size(), -occurrences[i].first, false});
      }
    }
    std::uint32_t bracket = 0;
    for (const ObservationNode& node : pattern.observations) {
      ways_.push_back(make(node, bracket));
    }
  }
  bool matches() const {
    return std::any_of(ways_.back().begin(), ways_.back().end(), [&](const Way& way) { return feasible(way); });
  }
  bool too_big() const { return too_big_; }

 private:
  static bool disjoint(const Way& a, const Way& b) {
    return std::none_of(a.units.begin(), a.units.end(), [&](std::size_t unit) {
      return std::find(b.units.begin(), b.units.end(), unit) != b.units.end();
    });
  }
  std::vector<Way> joined(const std::vector<Way>& left, const std::vector<Way>& right, bool in_order) {
    std::vector<Way> out;
    for (const Way& a : left) {
      for (const Way& b : right) {
        if (!disjoint(a, b)) {
          continue;
        }
        Way way = a;
        way.demands.insert(way.demands.end(), b.demands.begin(), b.demands.end());
        if (in_order) {
          for (const std::size_t first : a.units) {
            for (const std::size_t second : b.units) {
              way.demands.push_back({first, second, 0, false});
            }
          }
        }
        way.units.insert(way.units.end(), b.units.begin(), b.units.end());
        out.push_back(std::move(way));
        if (out.size() > 4'000) {
          too_big_ = true;
          return out;
        }
      }
    }
    return out;
  }
  std::vector<Way> make(const ObservationNode& node, std::uint32_t& bracket) {
    std::vector<Way> out;
    switch (node.kind) {
      case ObservationNode::Kind::observation:
        for (std::size_t unit = 0; unit < unit_of_.size(); ++unit) {
          const auto& satisfied = candidates_[bracket];
          if (std::find(satisfied.begin(), satisfied.end(), unit_of_[unit]) != satisfied.end()) {
            out.push_back({{unit + 1}, {}});
          }
        }
        ++bracket;
        return out;
      case ObservationNode::Kind::any_of:
        for (const std::uint32_t child : node.children) {
          out.insert(out.end(), ways_[child].begin(), ways_[child].end());
        }
        return out;
      case ObservationNode::Kind::all_of:
      case ObservationNode::Kind::followed_by:
        out = ways_[node.children.front()];
        for (std::size_t i = 1; i < node.children.size(); ++i) {
          out = joined(out, ways_[node.children[i]], node.kind == ObservationNode::Kind::followed_by);
        }
        return out;
      case ObservationNode::Kind::repeats:
        out = ways_[node.children.front()];
        for (std::uint64_t i = 1; i < node.times; ++i) {
          out = joined(out, ways_[node.children.front()], false);
        }
        return out;
      case ObservationNode::Kind::within:
        out = ways_[node.children.front()];
        for (Way& way : out) {
          for (const std::size_t a : way.units) {
            for (const std::size_t b : way.units) {
              if (a != b) {
                way.demands.push_back({a, b, node.window, true});
              }
            }
          }
        }
        return out;
      case ObservationNode::Kind::start_stop:
        out = ways_[node.children.front()];
        for (Way& way : out) {
          for (const std::size_t unit : way.units) {
            way.demands.push_back({unit, 0, node.stop, true});
            way.demands.push_back({0, unit, -node.start, false});
          }
        }
        return out;
    }
    return out;
  }
  // Difference demands can be met unless a cycle of them sums up to less than nothing, or to nothing with a strict one.
  bool feasible(const Way& way) const {
    const std::size_t count = unit_of_.size() + 1;
    struct Bound {
      Instant weight;
      bool strict, known;
      bool tighter(const Bound& other) const {
        return !other.known || weight < other.weight || (weight == other.weight && strict && !other.strict);
      }
    };
    std::vector<Bound> bounds(count * count, Bound{0, false, false});
    const auto note = [&](std::size_t a, std::size_t b, Bound bound) {
      Bound& old = bounds[a * count + b];
      if (bound.tighter(old)) {
        old = bound;
      }
    };
    for (const auto* list : {&base_, &way.demands}) {
      for (const Demand& demand : *list) {
        note(demand.a, demand.b, {demand.weight, demand.strict, true});
      }
    }
    for (std::size_t k = 0; k < count; ++k) {
      for (std::size_t a = 0; a < count; ++a) {
        for (std::size_t b = 0; b < count; ++b) {
          const Bound& left = bounds[a * count + k];
          const Bound& right = bounds[k * count + b];
          if (left.known && right.known) {
            note(a, b, {left.weight + right.weight, left.strict || right.strict, true});
          }
        }
      }
    }
    for (std::size_t a = 0; a < count; ++a) {
      const Bound& self = bounds[a * count + a];
      if (self.known && (self.weight < 0 || (self.weight == 0 && self.strict))) {
        return false;
      }
    }
    return true;
  }

  const Candidates& candidates_;
  std::vector<std::uint32_t> unit_of_;
  std::vector<Demand> base_;
  std::vector<std::vector<Way>> ways_;
  bool too_big_ = false;
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  std::string pattern(int depth) {
    std::string out;
    const int kind = depth == 0 ? 0 : below(5);
    if (kind <= 1) {
      out = "[x:y = " + std::to_string(brackets_++) + "]";
    } else {
      const char* op = kind == 2 ? " AND " : kind == 3 ? " FOLLOWEDBY " : " OR ";
      const int parts = 2 + (below(4) == 0 ? 1 : 0);
      for (int i = 0; i < parts; ++i) {
        out += (i == 0 ? "" : op) + pattern(depth - 1);
      }
      out = "(" + out + ")";
    }
    const auto moment = [&] { return "t'2020-01-01T00:00:0" + std::to_string(below(7)) + "Z'"; };
    std::vector<int> qualifiers = {0, 1, 2};
    std::shuffle(qualifiers.begin(), qualifiers.end(), random_);
    for (const int qualifier : qualifiers) {
      if (below(5) != 0) {
        continue;
      }
      if (qualifier == 0) {
        out += " REPEATS " + std::to_string(1 + below(3)) + " TIMES";
      } else if (qualifier == 1) {
        out += " WITHIN " + std::to_string(1 + below(4)) + (below(3) == 0 ? ".5" : "") + " SECONDS";
      } else {
        out += " START " + moment() + " STOP " + moment();
      }
    }
    return below(4) == 0 ? "(" + out + ")" : out;
  }
  int brackets() const { return brackets_; }

 private:
  std::mt19937 random_;
  int brackets_ = 0;
};

TEST(Binding, AgreesWithTheModelOnRandomPatterns) {
  const Instant zero = *parse_timestamp("2020-01-01T00:00:00Z");
  std::size_t compared = 0;
  std::size_t matched = 0;
  for (unsigned seed = 0; seed < 12'000; ++seed) {
    Generator generator(seed);
    const std::string text = generator.pattern(1 + generator.below(3));
    const auto pattern = parse_pattern(text);
    ASSERT_TRUE(pattern) << text << "\n" << pattern.error().text();
    std::vector<Occurrence> occurrences;
    std::uint64_t units = 0;
    const int wanted = 1 + generator.below(5);
    while (static_cast<int>(occurrences.size()) < wanted && units < 6) {
      Occurrence occurrence = at_second(generator.below(7));
      occurrence.last += generator.below(3) == 0 ? generator.below(4) * instants_per_second : 0;
      occurrence.count = generator.below(4) == 0 ? 2 : 1;
      units += occurrence.count;
      occurrence.first += zero;
      occurrence.last += zero;
      occurrences.push_back(occurrence);
    }
    Candidates candidates(static_cast<std::size_t>(generator.brackets()));
    for (auto& list : candidates) {
      for (std::uint32_t i = 0; i < occurrences.size(); ++i) {
        if (generator.below(3) != 0) {
          list.push_back(i);
        }
      }
    }
    const Model model(*pattern, occurrences, candidates);
    if (model.too_big()) {
      continue;
    }
    const auto plan = BindingPlan::make(*pattern);
    ASSERT_TRUE(plan);
    const auto bound = binding_of(*plan, occurrences, candidates);
    ASSERT_TRUE(bound) << text;
    ASSERT_EQ(bound->has_value(), model.matches()) << "seed " << seed << "\n" << text;
    ++compared;
    matched += bound->has_value() ? 1 : 0;
  }
  EXPECT_GT(compared, 10'000U);
  EXPECT_GT(matched, 2'000U);
  EXPECT_LT(matched, compared - 2'000U);
}

TEST(Binding, WindowIsHalfOpen) {
  const std::string text = "([a:b = 1] AND [a:b = 2]) WITHIN 5 SECONDS";
  const Candidates candidates = {{0}, {1}};
  EXPECT_TRUE(matches(text, {at_second(0), at_second(4.999)}, candidates));
  EXPECT_FALSE(matches(text, {at_second(0), at_second(5)}, candidates));
  EXPECT_TRUE(matches(text, {at_second(0, 1), at_second(5)}, candidates)) << "a moment in the span may be chosen";
}

TEST(Binding, StartStopIsHalfOpen) {
  const std::string text = "[a:b = 1] START t'1970-01-01T00:00:01Z' STOP t'1970-01-01T00:00:02Z'";
  EXPECT_TRUE(matches(text, {at_second(1)}, {{0}}));
  EXPECT_TRUE(matches(text, {at_second(1.999)}, {{0}}));
  EXPECT_FALSE(matches(text, {at_second(2)}, {{0}}));
  EXPECT_FALSE(matches(text, {at_second(0.999)}, {{0}}));
  EXPECT_TRUE(matches(text, {at_second(0, 9)}, {{0}}));
}

TEST(Binding, EveryExpressionNeedsAnObservationOfItsOwn) {
  EXPECT_FALSE(matches("[a:b = 1] AND [a:b = 1]", {at_second(0)}, {{0}, {0}}));
  EXPECT_TRUE(matches("[a:b = 1] AND [a:b = 1]", {at_second(0, 0, 2)}, {{0}, {0}})) << "number_observed counts";
  EXPECT_FALSE(matches("[a:b = 1] FOLLOWEDBY [a:b = 1]", {at_second(0)}, {{0}, {0}}));
  EXPECT_TRUE(matches("[a:b = 1] FOLLOWEDBY [a:b = 2]", {at_second(0), at_second(0)}, {{0}, {1}}))
      << "equal moments follow each other";
  EXPECT_TRUE(matches("[a:b = 1] OR [a:b = 2]", {at_second(0)}, {{}, {0}}));
}

TEST(Binding, RepeatsOfLargeNumbersAreCounted) {
  EXPECT_TRUE(matches("[a:b = 1] REPEATS 999999999 TIMES", {at_second(0, 0, 999'999'999)}, {{0}}));
  EXPECT_FALSE(matches("[a:b = 1] REPEATS 18446744073709551615 TIMES", {at_second(0, 0, 999'999'999)}, {{0}}));
  EXPECT_TRUE(matches("([a:b = 1] AND [a:b = 2]) REPEATS 1000000 TIMES",
                      {at_second(0, 0, 1'500'000), at_second(0, 0, 600'000)}, {{0, 1}, {0, 1}}));
  EXPECT_FALSE(matches("([a:b = 1] AND [a:b = 2]) REPEATS 1000000 TIMES",
                       {at_second(0, 0, 1'500'000), at_second(0, 0, 400'000)}, {{0, 1}, {0, 1}}));
  EXPECT_TRUE(matches("([a:b = 1] REPEATS 4294967296 TIMES) REPEATS 4294967296 TIMES REPEATS 2 TIMES",
                      {at_second(0, 0, ~std::uint64_t{0})}, {{0}}))
      << "a demand beyond all numbers is held at the largest";
}

TEST(Binding, WritingOutIsLimited) {
  const auto pattern = parse_pattern("([a:b = 1] FOLLOWEDBY [a:b = 2]) REPEATS 5000 TIMES");
  ASSERT_TRUE(BindingPlan::make(*pattern));
  for (const char* text :
       {"([a:b = 1] FOLLOWEDBY [a:b = 2]) REPEATS 5001 TIMES",
        "(([a:b = 1] FOLLOWEDBY [a:b = 2]) REPEATS 1000 TIMES FOLLOWEDBY [a:b = 3]) REPEATS 1000 TIMES",
        "([a:b = 1] FOLLOWEDBY [a:b = 2]) REPEATS 18446744073709551615 TIMES"}) {
    const auto plan = BindingPlan::make(*parse_pattern(text));
    ASSERT_FALSE(plan) << text;
    EXPECT_EQ(plan.error().code, ErrorCode::limit);
  }
}

TEST(Binding, WithoutATimeNothingIsSaidAboutTime) {
  Occurrence timeless;
  timeless.timed = false;
  EXPECT_TRUE(matches("[a:b = 1]", {timeless}, {{0}}));
  EXPECT_TRUE(matches("[a:b = 1] AND [a:b = 2]", {timeless, at_second(1)}, {{0}, {1}}));
  EXPECT_FALSE(matches("[a:b = 1] FOLLOWEDBY [a:b = 2]", {timeless, at_second(1)}, {{0}, {1}}));
  EXPECT_FALSE(matches("([a:b = 1] AND [a:b = 2]) WITHIN 5 SECONDS", {timeless, at_second(1)}, {{0}, {1}}));
  EXPECT_FALSE(matches("[a:b = 1] START t'1970-01-01T00:00:00Z' STOP t'1971-01-01T00:00:00Z'", {timeless}, {{0}}));
}

TEST(Binding, TakesTheMatchThatIsCompleteFirst) {
  const std::vector<Occurrence> occurrences = {at_second(100), at_second(101), at_second(1), at_second(2),
                                               at_second(50)};
  const auto bound = binding_of(plan_of("([a:b = 1] FOLLOWEDBY [a:b = 2]) WITHIN 5 SECONDS"), occurrences,
                                Candidates{{0, 2, 4}, {1, 3}});
  ASSERT_TRUE(bound && bound->has_value());
  EXPECT_EQ(**bound, (std::vector<std::uint32_t>{2, 3}));
}

TEST(Binding, ManyObservationsStayCheap) {
  std::vector<Occurrence> occurrences;
  std::vector<std::uint32_t> a;
  std::vector<std::uint32_t> b;
  std::vector<std::uint32_t> c;
  for (std::uint32_t i = 0; i < 90'000; ++i) {
    occurrences.push_back(at_second(i * 10));
    (i % 3 == 0 ? a : i % 3 == 1 ? b : c).push_back(i);
  }
  EXPECT_FALSE(matches("([a:b = 1] FOLLOWEDBY [a:b = 2]) WITHIN 5 SECONDS", occurrences, {a, b}));
  EXPECT_TRUE(matches("([a:b = 1] FOLLOWEDBY [a:b = 2]) WITHIN 11 SECONDS", occurrences, {a, b}));
  EXPECT_FALSE(
      matches("[a:b = 1] FOLLOWEDBY [a:b = 2] FOLLOWEDBY [a:b = 3] FOLLOWEDBY [a:b = 4]", occurrences, {a, b, c, {0}}));
  EXPECT_TRUE(matches("[a:b = 1] REPEATS 30000 TIMES AND [a:b = 2] REPEATS 30000 TIMES", occurrences, {a, b}));
  EXPECT_FALSE(matches("[a:b = 1] REPEATS 30001 TIMES", occurrences, {a}));
  EXPECT_FALSE(
      matches("([a:b = 1] AND [a:b = 2] AND [a:b = 3] REPEATS 2 TIMES) WITHIN 30 SECONDS", occurrences, {a, b, c}));
  EXPECT_TRUE(
      matches("([a:b = 1] AND [a:b = 2] AND [a:b = 3] REPEATS 2 TIMES) WITHIN 31 SECONDS", occurrences, {a, b, c}));
}

TEST(Binding, SpendsNoMoreStepsThanGiven) {
  std::vector<Occurrence> occurrences;
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    occurrences.push_back(at_second(i));
    all.push_back(i);
  }
  const BindingPlan plan = plan_of("([a:b = 1] FOLLOWEDBY [a:b = 2]) WITHIN 5 SECONDS");
  std::uint64_t steps = 100'000;
  const auto bound = find_binding(plan, occurrences, Candidates{all, all}, steps);
  ASSERT_TRUE(bound && bound->has_value());
  EXPECT_LT(steps, 100'000U - 2'000U);  // at least a look at every candidate
  steps = 1'000;
  const auto cut = find_binding(plan, occurrences, Candidates{all, all}, steps);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::limit);
  EXPECT_EQ(steps, 0U);
}

TEST(Binding, WhatCannotBeDecidedIsAnError) {
  // Pairs that may all be swapped, one too few of the second kind in time: every arrangement has to be tried.
  std::vector<Occurrence> occurrences;
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < 60; ++i) {
    occurrences.push_back(at_second(i));
    all.push_back(i);
  }
  const auto bound = binding_of(plan_of("(([a:b = 1] FOLLOWEDBY [a:b = 2]) WITHIN 1 SECONDS) REPEATS 30 TIMES"),
                                occurrences, Candidates{all, all});
  if (bound) {
    EXPECT_FALSE(bound->has_value());
  } else {
    EXPECT_EQ(bound.error().code, ErrorCode::limit);
  }
}

}  // namespace
}  // namespace tocsin::stix
