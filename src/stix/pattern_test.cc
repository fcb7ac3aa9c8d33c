#include "stix/pattern.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>

#include "base/limits.h"
#include "stix/address_range.h"
#include "stix/octets.h"
#include "support/corpus.h"
#include "trust/base64.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::stix {
namespace {

std::vector<wire::Json> vectors(const std::string& name) {
  std::ifstream file(test::corpus() / "stix" / "pattern-vectors" / name);
  std::vector<wire::Json> out;
  std::string line;
  while (std::getline(file, line)) {
    auto json = wire::parse_json(line);
    EXPECT_TRUE(json) << line;
    out.push_back(*std::move(json));
  }
  return out;
}

#define NEED_VECTORS()                                                    \
  if (test::corpus().empty()) {                                           \
    GTEST_SKIP() << "missing: stix/pattern-vectors of the sample corpus"; \
  }

// What the vectors' `inspect` says of a pattern, from our trees.
std::multiset<std::string> inspected(const Pattern& pattern) {
  std::multiset<std::string> out;
  for (const Comparison& comparison : pattern.comparisons) {
    if (comparison.op == ComparisonOperator::exists) {
      continue;
    }
    std::string line = comparison.path.type;
    for (const PathStep& step : comparison.path.steps) {
      line += step.kind == PathStep::Kind::key     ? " key " + step.key
              : step.kind == PathStep::Kind::index ? " index " + std::to_string(step.index)
                                                   : " key *";
    }
    line += comparison.negated ? " | NOT " : " | ";
    line += std::string(operator_text(comparison.op)) + " | ";
    if (comparison.op == ComparisonOperator::in) {
      line += "(";
    }
    for (std::size_t i = 0; i < comparison.values.size(); ++i) {
      line += (i == 0 ? "" : ",") + literal_text(comparison.values[i]);
    }
    out.insert(line + (comparison.op == ComparisonOperator::in ? ")" : ""));
  }
  return out;
}

std::multiset<std::string> inspected(const wire::Json& expected) {
  std::multiset<std::string> out;
  for (const auto& [type, list] : expected.find("comparisons")->members) {
    for (const wire::Json& row : list.items) {
      std::string line = type;
      for (const wire::Json& step : row.items[0].items) {
        line += (step.kind == wire::Json::Kind::number ? " index " : " key ") + step.text;
      }
      out.insert(line + " | " + row.items[1].text + " | " + row.items[2].text);
    }
  }
  return out;
}

TEST(Pattern, ValidVectorsParseAsInspected) {
  NEED_VECTORS();
  std::size_t cases = 0;
  for (const wire::Json& vector : vectors("valid.jsonl")) {
    const std::string_view text = vector.string_or("pattern", "");
    const auto pattern = parse_pattern(text);
    ASSERT_TRUE(pattern) << text << "\n" << pattern.error().text();
    ++cases;
    // Parsing what was written gives the same trees.
    const std::string normal = pattern_text(*pattern);
    const auto again = parse_pattern(normal);
    ASSERT_TRUE(again) << normal << "\n" << again.error().text();
    EXPECT_EQ(pattern_text(*again), normal);
    if (const auto* expected = vector.find("python_stix2_str")) {
      EXPECT_EQ(normal, expected->text);
    }
    const wire::Json* inspect = vector.find("inspect");
    ASSERT_NE(inspect, nullptr);
    EXPECT_EQ(inspected(*pattern), inspected(*inspect)) << text;
    std::set<std::string> operators;
    std::multiset<std::string> qualifiers;
    for (const ObservationNode& node : pattern->observations) {
      switch (node.kind) {
        case ObservationNode::Kind::observation:
          break;
        case ObservationNode::Kind::all_of:
          operators.insert("AND");
          break;
        case ObservationNode::Kind::any_of:
          operators.insert("OR");
          break;
        case ObservationNode::Kind::followed_by:
          operators.insert("FOLLOWEDBY");
          break;
        case ObservationNode::Kind::repeats:
          qualifiers.insert("REPEATS " + std::to_string(node.times) + " TIMES");
          break;
        case ObservationNode::Kind::within:
          qualifiers.insert("WITHIN " + node.written + " SECONDS");
          break;
        case ObservationNode::Kind::start_stop:
          qualifiers.insert("START t'" + node.written + "' STOP t'" + node.written_stop + "'");
          break;
      }
    }
    const auto set_of = [](const wire::Json& list) {
      std::set<std::string> out;
      for (const wire::Json& item : list.items) {
        out.insert(item.text);
      }
      return out;
    };
    EXPECT_EQ(operators, set_of(*inspect->find("observation_operators"))) << text;
    EXPECT_EQ(std::set<std::string>(qualifiers.begin(), qualifiers.end()), set_of(*inspect->find("qualifiers")))
        << text;
  }
  EXPECT_EQ(cases, 92U);
}

TEST(Pattern, InvalidVectorsAreRefusedWithAPlace) {
  NEED_VECTORS();
  std::size_t cases = 0;
  for (const wire::Json& vector : vectors("invalid.jsonl")) {
    const std::string_view text = vector.string_or("pattern", "");
    const auto pattern = parse_pattern(text);
    ++cases;
    ASSERT_FALSE(pattern) << text << "\n" << vector.string_or("why", "");
    EXPECT_NE(pattern.error().where.line, 0U) << text;
    EXPECT_LE(pattern.error().where.offset, text.size());
    EXPECT_FALSE(pattern.error().message.empty());
  }
  EXPECT_EQ(cases, 99U);
}

std::vector<std::vector<std::string>> golden_rows(const std::string& name) {
  std::ifstream file(test::golden() / "stix" / "patterns" / name);
  EXPECT_TRUE(file.is_open()) << name;
  std::vector<std::vector<std::string>> rows;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    auto& row = rows.emplace_back();
    std::size_t at = 0;
    for (std::size_t tab = line.find('\t'); tab != std::string::npos; tab = line.find('\t', at)) {
      row.push_back(line.substr(at, tab - at));
      at = tab + 1;
    }
    row.push_back(line.substr(at));
  }
  return rows;
}

TEST(Pattern, GoldenGood) {
  const auto rows = golden_rows("good.tsv");
  EXPECT_GT(rows.size(), 30U);
  for (const auto& row : rows) {
    ASSERT_EQ(row.size(), 2U) << row[0];
    const auto pattern = parse_pattern(row[0]);
    ASSERT_TRUE(pattern) << row[0] << "\n" << pattern.error().text();
    EXPECT_EQ(pattern_text(*pattern), row[1] == "=" ? row[0] : row[1]);
  }
}

TEST(Pattern, GoldenBad) {
  const auto rows = golden_rows("bad.tsv");
  EXPECT_GT(rows.size(), 50U);
  for (const auto& row : rows) {
    ASSERT_EQ(row.size(), 3U) << row[0];
    const auto pattern = parse_pattern(row[0]);
    ASSERT_FALSE(pattern) << row[0];
    const Error& error = pattern.error();
    EXPECT_EQ(std::to_string(error.where.line) + ":" + std::to_string(error.where.column), row[1]) << row[0] << "\n"
                                                                                                   << error.text();
    EXPECT_NE(error.text().find(row[2]), std::string::npos) << row[0] << "\n" << error.text();
  }
}

TEST(Pattern, BlanksOfEveryKindAndCommentsSeparateWords) {
  for (const char* written : {" ",
                              "\t",
                              "\r\n",
                              "\v",
                              "\f",
                              "\xC2\x85",
                              "\xC2\xA0",
                              "\xE1\x9A\x80",
                              "\xE2\x80\x80",
                              "\xE2\x80\x8A",
                              "\xE2\x80\xA8",
                              "\xE2\x80\xA9",
                              "\xE2\x80\xAF",
                              "\xE2\x81\x9F",
                              "\xE3\x80\x80",
                              "/* ] */",
                              "// ]\n",
                              "/***/",
                              "/**/",
                              "//\r"}) {
    const std::string blank = written;
    const auto pattern = parse_pattern(blank + "[" + blank + "a:b" + blank + "=" + blank + "1" + blank + "]" + blank +
                                       "WITHIN" + blank + "5" + blank + "SECONDS" + blank);
    ASSERT_TRUE(pattern) << blank << pattern.error().text();
    EXPECT_EQ(pattern_text(*pattern), "[a:b = 1] WITHIN 5 SECONDS");
  }
  EXPECT_FALSE(parse_pattern("[a:b =\xE2\x80\x8B 1]")) << "a zero width space is no blank";
}

TEST(Pattern, PrecedenceBindsAndTighterThanOrTighterThanFollowedBy) {
  const auto pattern = parse_pattern("[a:a=1] FOLLOWEDBY [b:b=1] OR [c:c=1] AND [d:d=1] REPEATS 2 TIMES");
  ASSERT_TRUE(pattern);
  const auto& nodes = pattern->observations;
  const ObservationNode& root = nodes.back();
  ASSERT_EQ(root.kind, ObservationNode::Kind::followed_by);
  ASSERT_EQ(root.children.size(), 2U);
  const ObservationNode& either = nodes[root.children[1]];
  ASSERT_EQ(either.kind, ObservationNode::Kind::any_of);
  const ObservationNode& both = nodes[either.children[1]];
  ASSERT_EQ(both.kind, ObservationNode::Kind::all_of);
  EXPECT_EQ(nodes[both.children[1]].kind, ObservationNode::Kind::repeats) << "a qualifier binds to the nearest";

  const auto inside = parse_pattern("[a:a=1 OR a:b=1 AND a:c=1]");
  ASSERT_TRUE(inside);
  ASSERT_EQ(inside->expressions.back().kind, ExpressionNode::Kind::any_of);
  EXPECT_EQ(inside->expressions[inside->expressions.back().children[1]].kind, ExpressionNode::Kind::all_of);
}

TEST(Pattern, LiteralsKeepTheirMeaning) {
  const auto pattern = parse_pattern(
      R"([a:b IN ('it\'s', 'C:\\x', '') OR a:b = h'FFd8' OR a:b = b'AAEC' OR a:b = t'2016-12-31T23:59:60.25Z' OR a:b = -0.5])");
  ASSERT_TRUE(pattern) << pattern.error().text();
  const auto& c = pattern->comparisons;
  EXPECT_EQ(c[0].values[0].text, "it's");
  EXPECT_EQ(c[0].values[1].text, "C:\\x");
  EXPECT_EQ(c[0].values[2].text, "");
  EXPECT_EQ(c[1].values[0].text, "\xFF\xD8");
  EXPECT_EQ(c[2].values[0].text, std::string("\0\1\2", 3));
  EXPECT_EQ(c[3].values[0].instant, Instant{1'483'228'800} * instants_per_second + instants_per_second / 4);
  EXPECT_EQ(c[4].values[0].text, "-0.5");
  const auto feeds = parse_pattern("[a:b = b'AA\nEC\r\n']");
  ASSERT_TRUE(feeds) << "section 9.2: line feeds are ignored";
  EXPECT_EQ(feeds->comparisons[0].values[0].text, std::string("\0\1\2", 3));
}

TEST(Pattern, WindowsAreExact) {
  const auto window = [](const std::string& number) {
    const auto pattern = parse_pattern("[a:b=1] WITHIN " + number + " SECONDS");
    EXPECT_TRUE(pattern) << number;
    return pattern ? pattern->observations.back().window : Instant{-1};
  };
  EXPECT_TRUE(window("5") == 5 * instants_per_second);
  EXPECT_TRUE(window(".5") == instants_per_second / 2);
  EXPECT_TRUE(window("1.000000000000000001") == instants_per_second + 1);
  EXPECT_TRUE(window("0.0000000000000000001") == 1) << "never less than the smallest step";
  EXPECT_TRUE(window("99999999999999999999999999999999999999999999") > 0) << "saturates";
  EXPECT_FALSE(parse_pattern("[a:b=1] WITHIN 0.000 SECONDS"));
}

TEST(Pattern, NestingIsLimited) {
  const auto nested = [](std::size_t depth, bool outside) {
    const std::string open(depth, '(');
    const std::string close(depth, ')');
    return parse_pattern(outside ? open + "[a:b=1]" + close : "[" + open + "a:b=1" + close + "]");
  };
  for (const bool outside : {true, false}) {
    EXPECT_TRUE(nested(limits::pattern_depth_max - 1, outside));
    EXPECT_TRUE(nested(limits::pattern_depth_max, outside));
    const auto deeper = nested(limits::pattern_depth_max + 1, outside);
    ASSERT_FALSE(deeper);
    EXPECT_EQ(deeper.error().code, ErrorCode::limit);
    EXPECT_FALSE(nested(500'000, outside));
  }
}

TEST(Pattern, LengthIsLimitedAndLongListsParse) {
  const auto list_of = [](std::size_t bytes) {
    std::string text = "[a:b IN ('x'";
    while (text.size() + 7 < bytes) {
      text += ",'y'";
    }
    text += ")]";
    text.resize(bytes, ' ');
    return text;
  };
  EXPECT_TRUE(parse_pattern(list_of(limits::pattern_bytes_max)));
  const auto longer = parse_pattern(list_of(limits::pattern_bytes_max + 1));
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, ErrorCode::limit);
  std::string chain = "[a:b=1]";
  for (int i = 0; i < 50'000; ++i) {
    chain += "OR[a:b=1]";
  }
  const auto pattern = parse_pattern(chain);
  ASSERT_TRUE(pattern);
  EXPECT_EQ(pattern->observations.back().children.size(), 50'001U);
}

TEST(Pattern, IllFormedTextIsRefused) {
  const auto pattern = parse_pattern("[a:b = '\xFF']");
  ASSERT_FALSE(pattern);
  EXPECT_EQ(pattern.error().code, ErrorCode::encoding);
  EXPECT_FALSE(parse_pattern(std::string("[a:b\0 = 1]", 10)));
}

TEST(Timestamp, CalendarAndDigits) {
  EXPECT_TRUE(parse_timestamp("2014-01-13T07:03:17Z") == Instant{1'389'596'597} * instants_per_second);
  EXPECT_TRUE(*parse_timestamp("2014-01-13T07:03:17.5Z") == *parse_timestamp("2014-01-13T07:03:17.500Z"));
  EXPECT_TRUE(*parse_timestamp("2010-05-21T13:21:43.123456789Z") < *parse_timestamp("2010-05-21T13:21:43.12345679Z"));
  for (const char* good : {"2000-02-29T12:00:00Z", "2016-06-30T23:59:60Z", "0000-01-01T00:00:00Z",
                           "9999-12-31T23:59:59.999999999999999999999Z"}) {
    EXPECT_TRUE(parse_timestamp(good)) << good;
  }
  for (const char* bad : {"",
                          "2014-01-13",
                          "2014-01-13T07:03Z",
                          "2014-01-13T07:03:17",
                          "2014-01-13t07:03:17Z",
                          "2014-01-13T07:03:17z",
                          "2014-01-13 07:03:17Z",
                          "2014-01-13T07:03:17.Z",
                          "2014-01-13T07:03:17+00:00",
                          "2014-1-13T07:03:17Z",
                          "2014-13-13T07:03:17Z",
                          "2014-00-13T07:03:17Z",
                          "2014-02-29T07:03:17Z",
                          "1900-02-29T07:03:17Z",
                          "2014-04-31T07:03:17Z",
                          "2014-01-00T07:03:17Z",
                          "2014-01-13T24:00:00Z",
                          "2014-01-13T07:60:17Z",
                          "2014-01-13T07:03:61Z",
                          "2014-01-13T07:03:60Z",
                          "2014-01-13T07:03:17ZZ",
                          " 2014-01-13T07:03:17Z"}) {
    EXPECT_FALSE(parse_timestamp(bad)) << bad;
  }
  for (const char* text :
       {"2014-01-13T07:03:17Z", "2014-01-13T07:03:17.5Z", "1969-12-31T23:59:59.000000000000000001Z"}) {
    EXPECT_EQ(timestamp_text(*parse_timestamp(text)), text);
  }
}

TEST(AddressRange, ReadsAndHolds) {
  const auto holds = [](const char* outer, const char* inner) {
    return parse_address_range(outer)->holds(*parse_address_range(inner));
  };
  EXPECT_TRUE(holds("198.51.100.0/24", "198.51.100.0/27"));
  EXPECT_FALSE(holds("198.51.100.0/27", "198.51.100.0/24"));
  EXPECT_TRUE(holds("198.51.100.77/24", "198.51.100.1"));
  EXPECT_TRUE(holds("10.1.2.3", "10.1.2.3/32"));
  EXPECT_TRUE(holds("10.1.2.2/31", "10.1.2.3"));
  EXPECT_FALSE(holds("10.1.2.4/31", "10.1.2.3"));
  EXPECT_TRUE(holds("0.0.0.0/0", "255.255.255.255"));
  EXPECT_FALSE(holds("::/0", "1.2.3.4"));
  EXPECT_FALSE(holds("0.0.0.0/0", "::1"));
  EXPECT_TRUE(holds("2001:db8::/32", "2001:0db8:dead:beef::/64"));
  for (const char* bad : {"", "/8", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1",
                          "1.2.3.4/08a", "::/129", "1.2.3.4 ", "01.2.3.4", "fe80::1%eth0", "example.com"}) {
    EXPECT_FALSE(parse_address_range(bad)) << bad;
  }
}

TEST(Octets, BothWays) {
  for (const std::string& bytes :
       {std::string(), std::string("a"), std::string("ab"), std::string("abc"), std::string("\0\xFF\x80z", 4)}) {
    EXPECT_EQ(decode_hex(trust::to_hex(bytes)), bytes);
    EXPECT_EQ(decode_base64(trust::to_base64(bytes)), bytes);
  }
  EXPECT_EQ(decode_base64("dGhpcyBpcyBhIHRlc3Q="), "this is a test");
  for (const char* bad : {"A", "AA", "AAA", "A===", "====", "AA=A", "AAA\n", "AAAA=", "AA A"}) {
    EXPECT_FALSE(decode_base64(bad)) << bad;
  }
  EXPECT_EQ(octets_of("\xC3\xBF"), "\xFF");
  EXPECT_FALSE(octets_of("\xC4\x80"));
}

}  // namespace
}  // namespace tocsin::stix
