#include "detect/correlator.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/limits.h"
#include "detect/correlation_windows.h"
#include "rules/sigma.h"

namespace tocsin::detect {
namespace {

constexpr std::string_view base_rules = R"(
title: A
id: 00000000-0000-0000-0000-00000000000a
name: a
logsource: {product: windows, service: security}
detection: {s: {EventID: 1}, condition: s}
---
title: B
id: 00000000-0000-0000-0000-00000000000b
name: b
logsource: {product: windows, service: security}
detection: {s: {EventID: 2}, condition: s}
---
title: C
id: 00000000-0000-0000-0000-00000000000c
name: c
logsource: {product: windows, service: security}
detection: {s: {EventID: 3}, condition: s}
---
)";

class Correlation : public testing::Test {
 protected:
  void load(std::string_view correlation) {
    rules::SigmaLoader loader;
    loader.add("rules.yml", std::string(base_rules) + std::string(correlation));
    set_ = std::make_shared<rules::RuleSet>(std::move(loader).finish());
    for (const auto& diagnostic : set_->diagnostics) {
      EXPECT_NE(diagnostic.severity, rules::Diagnostic::Severity::error) << diagnostic.error.text();
    }
    ASSERT_EQ(set_->rules.size(), 3U);
    correlator_ = std::make_unique<Correlator>(set_);
  }

  // Fields as name=value pairs; wanted fields that are not given are absent.
  void add(char rule, std::int64_t seconds, std::vector<std::pair<std::string, std::string>> fields = {},
           std::uint64_t record = 0) {
    CorrelationEvent event;
    event.rule = static_cast<std::uint32_t>(rule - 'a');
    event.time = Time::from_seconds(1'600'000'000 + seconds);
    event.record = record != 0 ? record : ++records_;
    event.host = static_cast<std::uint32_t>(event.record) + 7;
    for (const std::string& wanted : correlator_->wanted(event.rule)) {
      const auto found =
          std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == wanted; });
      event.values.push_back(found == fields.end() ? "" : found->second);
    }
    correlator_->add(std::move(event));
  }

  // "title[group] first-last count value", seconds as given to add().
  std::string hits() {
    std::string text;
    for (const CorrelationHit& hit : correlator_->finish()) {
      text += text.empty() ? "" : "; ";
      text += set_->correlations[hit.correlation].info.title + "[";
      for (const auto& [field, value] : hit.group) {
        text += fmt::format("{}{}={}", text.back() == '[' ? "" : ",", field, value);
      }
      const auto seconds = [](Time time) {
        return std::to_string(time.ticks / Time::ticks_per_second - 1'600'000'000);
      };
      text += "] " + seconds(hit.first) + "-" + seconds(hit.last) + " n" + std::to_string(hit.count);
      EXPECT_EQ(hit.events.empty(), false);
      for (const CorrelationHit::Ref& ref : hit.events) {
        EXPECT_TRUE(ref.time >= hit.first && ref.time <= hit.last) << text;
        EXPECT_EQ(ref.host, ref.record + 7) << text;
      }
    }
    return text;
  }

  std::shared_ptr<rules::RuleSet> set_;
  std::unique_ptr<Correlator> correlator_;
  std::uint64_t records_ = 0;
};

TEST_F(Correlation, EventCountSlidesOverMinuteBoundaries) {
  load(R"(
title: many
correlation: {type: event_count, rules: [a], group-by: [User], timespan: 1m, condition: {gte: 3}}
)");
  for (const int second : {50, 59, 61, 200, 300, 301}) {
    add('a', second, {{"User", "x"}});
  }
  add('a', 62, {{"User", "y"}});
  add('a', 62);  // no User: belongs to no group
  EXPECT_EQ(hits(), "many[User=x] 50-61 n3");
}

TEST_F(Correlation, TheTimespanIncludesBothEnds) {
  load(R"(
title: many
correlation: {type: event_count, rules: [a], timespan: 1m, condition: {gt: 1}}
)");
  add('a', 0);
  add('a', 60);
  add('a', 121);
  EXPECT_EQ(hits(), "many[] 0-60 n2");
}

TEST_F(Correlation, OneHitForABurstThatGoesOn) {
  load(R"(
title: many
correlation: {type: event_count, rules: [a], timespan: 10s, condition: {gte: 3}}
)");
  for (int second = 0; second < 100; second += 2) {
    add('a', second);
  }
  for (int second = 500; second < 510; second += 4) {
    add('a', second);
  }
  EXPECT_EQ(hits(), "many[] 0-98 n50; many[] 500-508 n3");
}

TEST_F(Correlation, OrderOfArrivalDoesNotMatter) {
  load(R"(
title: many
correlation: {type: event_count, rules: [a, b], timespan: 10s, condition: {gte: 3}}
)");
  add('a', 8, {}, 3);
  add('b', 4, {}, 2);
  add('a', 0, {}, 1);
  EXPECT_EQ(hits(), "many[] 0-8 n3");
}

TEST_F(Correlation, AnEventThatMatchesTwoRulesIsOneEvent) {
  load(R"(
title: many
correlation: {type: event_count, rules: [a, b], timespan: 10s, condition: {gte: 2}}
)");
  add('a', 0, {}, 7);
  add('b', 0, {}, 7);
  EXPECT_EQ(hits(), "");
}

TEST_F(Correlation, UpperBoundsAskForTheWholeWindow) {
  load(R"(
title: few
correlation: {type: event_count, rules: [a], timespan: 10s, condition: {gte: 2, lt: 4}}
)");
  for (int second = 0; second < 5; ++second) {
    add('a', second);  // five within the timespan: too many, also while they come in
  }
  add('a', 100);
  add('a', 101);
  add('a', 200);
  EXPECT_EQ(hits(), "few[] 100-101 n2");
}

TEST_F(Correlation, ValueCountCountsDifferentValues) {
  load(R"(
title: spray
correlation: {type: value_count, rules: [a], group-by: [Ip], timespan: 1m, condition: {field: User, gte: 3}}
)");
  for (const char* user : {"x", "y", "x", "x"}) {
    add('a', 1, {{"Ip", "1"}, {"User", user}});
  }
  add('a', 2, {{"Ip", "1"}});  // no User: nothing to count
  add('a', 70, {{"Ip", "1"}, {"User", "z"}});
  for (const char* user : {"x", "y", "z", "z"}) {
    add('a', 100, {{"Ip", "2"}, {"User", user}});
  }
  EXPECT_EQ(hits(), "spray[Ip=2] 100-100 n3");
}

TEST_F(Correlation, ValueCountOfTuples) {
  load(R"(
title: pairs
correlation: {type: value_count, rules: [a], timespan: 1m, condition: {field: [User, Host], gte: 3}}
)");
  add('a', 1, {{"User", "x"}, {"Host", "1"}});
  add('a', 2, {{"User", "x"}, {"Host", "2"}});
  add('a', 3, {{"User", "x"}, {"Host", "1"}});
  add('a', 4, {{"User", "y"}, {"Host", "1"}});
  EXPECT_EQ(hits(), "pairs[] 1-4 n3");
}

TEST_F(Correlation, TemporalTakesAnyOrder) {
  load(R"(
title: near
correlation: {type: temporal, rules: [a, b, c], group-by: [Host], timespan: 5m}
)");
  add('c', 0, {{"Host", "h"}});
  add('a', 100, {{"Host", "h"}});
  add('b', 200, {{"Host", "h"}});
  add('a', 1000, {{"Host", "i"}});
  add('b', 1000, {{"Host", "i"}});
  add('c', 1301, {{"Host", "i"}});
  EXPECT_EQ(hits(), "near[Host=h] 0-200 n3");
}

TEST_F(Correlation, TemporalWithANumberOfRules) {
  load(R"(
title: two
correlation: {type: temporal, rules: [a, b, c], timespan: 1m, condition: {gte: 2}}
)");
  add('a', 0);
  add('a', 10);
  add('c', 20);
  EXPECT_EQ(hits(), "two[] 0-20 n3");
}

TEST_F(Correlation, TemporalOrderedNeedsTheOrder) {
  load(R"(
title: chain
correlation: {type: temporal_ordered, rules: [a, b, c], timespan: 1m}
)");
  add('a', 0);
  add('c', 10);
  add('b', 20);
  add('a', 1000);
  add('b', 1010);
  add('b', 1030);
  add('c', 1060);
  add('a', 2000);
  add('b', 2000);  // one moment: any order
  add('c', 2000);
  add('a', 3000);
  add('b', 3030);
  add('c', 3061);
  EXPECT_EQ(hits(), "chain[] 1000-1060 n4; chain[] 2000-2000 n3");
}

TEST_F(Correlation, TemporalOrderedTakesTheLatestStart) {
  load(R"(
title: chain
correlation: {type: temporal_ordered, rules: [a, b], timespan: 10s}
)");
  add('a', 0);
  add('a', 5);
  add('b', 14);
  EXPECT_EQ(hits(), "chain[] 5-14 n2");
}

TEST_F(Correlation, BooleanConditionsOverRules) {
  load(R"(
title: quiet
correlation: {type: temporal, rules: [a, b, c], timespan: 1m, condition: a and b and not c}
)");
  add('a', 0);
  add('b', 10);
  add('c', 20);  // within the timespan of the first
  add('c', 995);
  add('a', 1000);
  add('b', 1010);
  add('a', 2000);
  add('b', 2010);
  add('c', 2061);
  EXPECT_EQ(hits(), "quiet[] 2000-2010 n2");
}

TEST_F(Correlation, AliasesJoinDifferentFields) {
  load(R"(
title: pivot
correlation:
  type: temporal
  rules: [a, b]
  group-by: [ip]
  timespan: 1m
  aliases: {ip: {a: SourceIp, b: DestinationIp}}
)");
  EXPECT_EQ(correlator_->wanted(0), (std::vector<std::string>{"SourceIp"}));
  EXPECT_TRUE(correlator_->wants(1));
  EXPECT_FALSE(correlator_->wants(2));
  add('a', 0, {{"SourceIp", "1"}});
  add('b', 1, {{"DestinationIp", "1"}});
  add('a', 2, {{"SourceIp", "2"}});
  add('b', 3, {{"DestinationIp", "3"}});
  EXPECT_EQ(hits(), "pivot[ip=1] 0-1 n2");
}

TEST_F(Correlation, ChainsUseTheirOwnGrouping) {
  load(R"(
title: guess
name: guess
correlation: {type: event_count, rules: [a], group-by: [Computer], timespan: 1m, condition: {gte: 3}}
---
title: broken
correlation: {type: temporal_ordered, rules: [guess, b], group-by: [User], timespan: 1h}
)");
  for (const int second : {0, 1, 2}) {
    add('a', second, {{"Computer", "pc"}, {"User", "x"}});
  }
  add('b', 30, {{"User", "x"}});
  add('b', 40, {{"User", "y"}});
  const std::string found = hits();
  EXPECT_NE(found.find("broken[User=x] 0-30 n2"), std::string::npos) << found;
  EXPECT_EQ(found.find("User=y"), std::string::npos) << found;
}

TEST_F(Correlation, SumsAveragesAndPercentiles) {
  load(R"(
title: sum
correlation: {type: value_sum, rules: [a], timespan: 1m, condition: {field: Bytes, gt: 100}}
---
title: avg
correlation: {type: value_avg, rules: [a], timespan: 1m, condition: {field: Bytes, gte: 40}}
---
title: p90
correlation: {type: value_percentile, rules: [a], timespan: 1m, condition: {field: Bytes, percentile: 90, gte: 60}}
---
title: median
correlation: {type: value_median, rules: [a], timespan: 1m, condition: {field: Bytes, eq: 35}}
)");
  for (const char* bytes : {"10", "30", "40", "60"}) {
    add('a', 0, {{"Bytes", bytes}});
  }
  add('a', 1, {{"Bytes", "many"}});
  EXPECT_EQ(hits(), "sum[] 0-0 n4; p90[] 0-0 n4; median[] 0-0 n4");
}

TEST_F(Correlation, AChainCountsAnInnerHitOnce) {
  // The inner correlation reads User, the outer one does not: two users in a burst are still one burst.
  load(R"(
title: spray
name: spray
correlation: {type: value_count, rules: [a], group-by: [Ip], timespan: 1m, condition: {field: User, gte: 2}}
---
title: sprays
correlation: {type: event_count, rules: [spray], group-by: [Ip], timespan: 1h, condition: {gte: 2}}
)");
  add('a', 0, {{"Ip", "1"}, {"User", "x"}});
  add('a', 1, {{"Ip", "1"}, {"User", "y"}});
  EXPECT_EQ(hits(), "spray[Ip=1] 0-1 n2");
}

TEST_F(Correlation, WhatIsKeptIsBounded) {
  load(R"(
title: many
correlation: {type: event_count, rules: [a, b], group-by: [User], timespan: 1m, condition: {gte: 3}}
)");
  const std::size_t flood = limits::correlation_kept_events_max;
  for (std::size_t at = 0; at < flood; ++at) {
    CorrelationEvent event{0, Time::from_seconds(1'600'000'000), 0, at, 0, {"user " + std::to_string(at)}};
    correlator_->add(std::move(event));
  }
  EXPECT_GT(correlator_->evicted(), 0U);
  EXPECT_LE(correlator_->bytes(), limits::correlation_kept_bytes_max + (std::size_t{16} << 20));
  const std::uint64_t evicted = correlator_->evicted();
  // The flood of one rule leaves room for the other.
  for (std::uint64_t record = 1; record <= 3; ++record) {
    const auto host = static_cast<std::uint32_t>(record + 7);  // as hits() expects
    correlator_->add({1, Time::from_seconds(1'600'000'000), 0, record, 0, {"victim"}, host});
  }
  EXPECT_EQ(correlator_->evicted(), evicted);
  EXPECT_EQ(hits(), "many[User=victim] 0-0 n3");
  EXPECT_EQ(correlator_->bytes() < (std::size_t{1} << 20), true);
}

TEST_F(Correlation, HitsBeyondTheLimitAreCounted) {
  load(R"(
title: each
correlation: {type: event_count, rules: [a], group-by: [User], timespan: 1s, condition: {gte: 1}}
)");
  for (std::size_t at = 0; at < limits::correlation_hits_max + 7; ++at) {
    correlator_->add({0, Time::from_seconds(1'600'000'000), 0, at, 0, {std::to_string(at)}});
  }
  EXPECT_EQ(correlator_->finish().size(), limits::correlation_hits_max);
  EXPECT_EQ(correlator_->hits_beyond(), 7U);
}

TEST_F(Correlation, EndsEarlyWhenCancelled) {
  load(R"(
title: each
correlation: {type: event_count, rules: [a], group-by: [User], timespan: 1s, condition: {gte: 1}}
)");
  for (std::size_t at = 0; at < 100; ++at) {
    correlator_->add({0, Time::from_seconds(1'600'000'000), 0, at, 0, {std::to_string(at)}});
  }
  int asked = 0;
  EXPECT_LT(correlator_->finish([&] { return ++asked > 10; }).size(), 10U);
  EXPECT_LE(asked, 12);
}

TEST_F(Correlation, EventsWithoutTimeAreCounted) {
  load(R"(
title: many
correlation: {type: event_count, rules: [a], timespan: 1m, condition: {gte: 1}}
)");
  CorrelationEvent event;
  correlator_->add(std::move(event));
  EXPECT_EQ(correlator_->timeless(), 1U);
  EXPECT_TRUE(correlator_->finish().empty());
}

// The definition, word for word: for every event, the window that ends with it, measured from scratch.
std::vector<bool> windows_that_hold(const rules::Correlation& correlation, const std::vector<WindowItem>& items) {
  std::vector<bool> holds;
  for (std::size_t end = 0; end < items.size(); ++end) {
    std::vector<WindowItem> window;
    for (const WindowItem& item : items) {
      const std::int64_t age = items[end].time.ticks - item.time.ticks;
      if (age >= 0 && age <= correlation.timespan_seconds * Time::ticks_per_second) {
        window.push_back(item);
      }
    }
    holds.push_back(measure(correlation, window) >= correlation.bounds[0].value);
  }
  return holds;
}

TEST(CorrelationWindows, AgreeWithTheDefinition) {
  using Type = rules::Correlation::Type;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    std::mt19937_64 random(seed);
    rules::Correlation correlation;
    constexpr Type types[] = {Type::event_count, Type::value_count,      Type::temporal,    Type::value_sum,
                              Type::value_avg,   Type::value_percentile, Type::value_median};
    correlation.type = types[seed % std::size(types)];
    correlation.inputs = {0, 1, 2};
    correlation.timespan_seconds = 5 + static_cast<std::int64_t>(random() % 10);
    correlation.bounds = {{.value = static_cast<double>(1 + random() % 8)}};
    std::vector<WindowItem> items;
    std::int64_t second = 0;
    for (int i = 0; i < 60; ++i) {
      second += static_cast<std::int64_t>(random() % 6);
      items.push_back({Time::from_seconds(second), static_cast<std::uint32_t>(random() % 3),
                       static_cast<std::uint32_t>(random() % 5), static_cast<double>(random() % 10)});
    }
    const std::vector<bool> holds = windows_that_hold(correlation, items);
    const std::vector<Burst> bursts = find_bursts(correlation, items);
    EXPECT_EQ(bursts.empty(), std::find(holds.begin(), holds.end(), true) == holds.end()) << "seed " << seed;
    for (std::size_t at = 0; at < bursts.size(); ++at) {
      EXPECT_TRUE(holds[bursts[at].last]) << "seed " << seed;
      EXPECT_GE(bursts[at].value, correlation.bounds[0].value);
      if (at != 0 && correlation.type <= Type::temporal) {
        EXPECT_GT(bursts[at].first, bursts[at - 1].last) << "seed " << seed;
      }
    }
    // The first window that holds opens the first burst.
    if (!bursts.empty()) {
      const auto first = static_cast<std::size_t>(std::find(holds.begin(), holds.end(), true) - holds.begin());
      EXPECT_LE(bursts[0].first, first) << "seed " << seed;
      EXPECT_GE(bursts[0].last, first) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace tocsin::detect
