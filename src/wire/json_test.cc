#include "wire/json.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

#include "base/limits.h"
#include "base/text.h"
#include "wire/json_reader.h"

namespace tocsin::wire {
namespace {

std::string nested(std::size_t levels, std::string_view open, std::string_view close, std::string_view inner) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) {
    text += open;
  }
  text += inner;
  for (std::size_t i = 0; i < levels; ++i) {
    text += close;
  }
  return text;
}

std::string rewritten(std::string_view text) {
  const auto tree = parse_json(text);
  if (!tree) {
    return tree.error().text();
  }
  std::string out;
  JsonWriter writer(out);
  write_json(*tree, writer);
  return out;
}

TEST(ParseJson, KeepsEveryKindAndTheOrder) {
  const auto tree = parse_json(R"( {"a":[1,"x",null,true,false,{}],"b":{"c":-0.5e+3},"":[]} )");
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->kind, Json::Kind::object);
  ASSERT_EQ(tree->members.size(), 3U);
  EXPECT_EQ(tree->members[0].first, "a");
  ASSERT_EQ(tree->members[0].second.items.size(), 6U);
  EXPECT_EQ(tree->members[0].second.items[0].kind, Json::Kind::number);
  EXPECT_EQ(tree->members[0].second.items[2].kind, Json::Kind::null);
  EXPECT_TRUE(tree->members[0].second.items[3].boolean);
  EXPECT_FALSE(tree->members[0].second.items[4].boolean);
  EXPECT_EQ(tree->find("b")->find("c")->text, "-0.5e+3");
  EXPECT_EQ(tree->members[2].first, "");
  EXPECT_EQ(tree->find("d"), nullptr);
  EXPECT_EQ(rewritten(R"([ 1 , {"x" : "y"} ])"), R"([1,{"x":"y"}])");
}

TEST(ParseJson, KeepsNumbersAsWritten) {
  for (const std::string_view number : {"9007199254740993", "18446744073709551616", "-9214364837600034816", "1E400",
                                        "0.10", "-0", "123456789012345678901234567890.000"}) {
    const auto tree = parse_json(number);
    ASSERT_TRUE(tree) << number;
    EXPECT_EQ(tree->kind, Json::Kind::number);
    EXPECT_EQ(tree->text, number);
  }
}

TEST(ParseJson, KeepsDuplicatesAndFindsTheLast) {
  const auto tree = parse_json(R"({"a":1,"b":2,"a":3})");
  ASSERT_TRUE(tree);
  ASSERT_EQ(tree->members.size(), 3U);
  EXPECT_EQ(tree->members[0].second.text, "1");
  EXPECT_EQ(tree->find("a")->text, "3");
}

TEST(ParseJson, ResolvesEscapes) {
  const auto tree = parse_json(R"({"k\u0041":"\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00\u0000C:\\Windows\\x"})");
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->members[0].first, "kA");
  using namespace std::string_literals;
  EXPECT_EQ(tree->members[0].second.text, "\"\\/\b\f\n\r\t\u00e9\u20AC\U0001F600\0C:\\Windows\\x"s);
}

TEST(ParseJson, LoneSurrogatesBecomeReplacementCharacters) {
  EXPECT_EQ(parse_json(R"("\ud800")")->text, "\uFFFD");
  EXPECT_EQ(parse_json(R"("\udc00x")")->text, "\uFFFDx");
  EXPECT_EQ(parse_json(R"("\ud800\u0041")")->text, "\uFFFDA");
  EXPECT_EQ(parse_json(R"("\ud800\ud83d\ude00")")->text, "\uFFFD\U0001F600");
}

TEST(ParseJson, ByteOrderMarkIsSkipped) {
  EXPECT_EQ(parse_json("\xEF\xBB\xBF{\"a\":1}")->find("a")->text, "1");
  const auto bad = parse_json("\xEF\xBB\xBF{\"a\":}");
  ASSERT_FALSE(bad);
  EXPECT_GE(bad.error().where.offset, 3U);
}

TEST(ParseJson, StopsAtTheNestingLimit) {
  for (const auto& [open, close] : {std::pair{"[", "]"}, std::pair{"{\"a\":", "}"}}) {
    EXPECT_TRUE(parse_json(nested(limits::nesting_max, open, close, "1")));
    const auto deep = parse_json(nested(limits::nesting_max + 1, open, close, "1"));
    ASSERT_FALSE(deep);
    EXPECT_EQ(deep.error().code, ErrorCode::limit);
  }
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
}

TEST(ParseJson, StopsAtTheSizeLimits) {
  const std::string longest = '"' + std::string(limits::record_bytes_max - 2, 'x') + '"';
  EXPECT_TRUE(parse_json(longest));
  const auto longer = parse_json(longest + ' ');
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, ErrorCode::limit);

  std::string many = "[1";
  for (std::size_t i = 0; i < limits::json_values_max; ++i) {
    many += ",1";
  }
  const auto crowd = parse_json(many + "]");
  ASSERT_FALSE(crowd);
  EXPECT_EQ(crowd.error().code, ErrorCode::limit);
}

TEST(ParseJson, RejectsWhatIsNotJson) {
  for (const std::string_view text : {"",
                                      "   ",
                                      "{",
                                      "}",
                                      "[",
                                      "]",
                                      "[1",
                                      "{\"a\"",
                                      "{\"a\":",
                                      "{\"a\":1",
                                      "{\"a\":1,}",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "{\"a\" 1}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "{\"a\":1}}",
                                      "[1]]",
                                      "1 2",
                                      "{\"a\":1} x",
                                      "nul",
                                      "truex",
                                      "True",
                                      "NaN",
                                      "Infinity",
                                      "01",
                                      "-",
                                      "+1",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "0x10",
                                      "1\"a\"",
                                      "\"a\"b",
                                      "\"a",
                                      "\"a\\\"",
                                      "\"\\x\"",
                                      "\"\\u12g4\"",
                                      "\"\\u123\"",
                                      "\"\\\"",
                                      "{1:2}",
                                      "{[]:1}",
                                      "[}",
                                      "{]",
                                      "[1}",
                                      "{\"a\":1]",
                                      "{\"a\":1,\"b\"}",
                                      ":",
                                      ",",
                                      "{,}",
                                      "{\"a\"::1}",
                                      "//x\n1",
                                      "\"tab\there\"",
                                      "\"line\nhere\"",
                                      "\\"}) {
    const auto tree = parse_json(text);
    EXPECT_FALSE(tree) << text;
    if (!tree) {
      EXPECT_EQ(tree.error().code, ErrorCode::syntax) << text;
    }
  }
  EXPECT_FALSE(parse_json(std::string_view("\"a\0b\"", 5)));
}

TEST(ParseJson, NamesThePlaceOfAnError) {
  const auto grammar = parse_json("{\"a\":1,\n \"b\":tru }");
  ASSERT_FALSE(grammar);
  EXPECT_EQ(grammar.error().where.offset, 13U);
  for (const std::string_view bad :
       {"\"abc\xFF\"", "\"abc\xC0\xAF\"", "\"abc\xED\xA0\x80\"", "\"abc\xF5\x80\x80\x80\""}) {
    const auto encoding = parse_json(bad);
    ASSERT_FALSE(encoding);
    EXPECT_EQ(encoding.error().code, ErrorCode::encoding);
    EXPECT_EQ(encoding.error().where.offset, 4U);
  }
}

TEST(JsonReader, IsReusedAfterAFault) {
  JsonReader reader;
  EXPECT_EQ(reader.open("\"unclosed"), JsonFault::unclosed_string);
  EXPECT_EQ(reader.next(), JsonToken::fault);
  EXPECT_EQ(reader.open("\"a\tb\""), JsonFault::control_character);
  EXPECT_EQ(reader.open(" \n"), JsonFault::empty);
  ASSERT_EQ(reader.open("[1 , \"x\" ] "), JsonFault::none);
  EXPECT_EQ(reader.next(), JsonToken::begin_array);
  EXPECT_EQ(reader.next(), JsonToken::number);
  EXPECT_EQ(reader.text(), "1");
  EXPECT_EQ(reader.next(), JsonToken::string);
  EXPECT_EQ(reader.text(), "x");
  EXPECT_EQ(reader.offset(), 5U);
  EXPECT_EQ(reader.next(), JsonToken::end_array);
  EXPECT_EQ(reader.next(), JsonToken::end);
  EXPECT_EQ(reader.next(), JsonToken::end);
}

TEST(JsonReader, ControlCharactersCanBeEscapedFirst) {
  EXPECT_EQ(escape_controls("{\n\"a\":\"x\ty\\\"\nz\\n\"}\n"), "{\n\"a\":\"x\\u0009y\\\"\\u000az\\n\"}\n");
  EXPECT_EQ(parse_json(escape_controls("{\"a\":\"x\ty\"}"))->find("a")->text, "x\ty");
}

TEST(AppendJsonString, EscapesAndRepairs) {
  std::string out;
  append_json_string(out, "a\"\\\b\f\n\r\t\x01/\u00e9\xFFz");
  EXPECT_EQ(out, "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001/\u00e9\uFFFDz\"");
  out.clear();
  append_json_string(out, "");
  EXPECT_EQ(out, "\"\"");
}

TEST(JsonWriter, WritesCommasWhereTheyBelong) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().member("a", "x").key("b").begin_array().number(1).number(std::uint64_t{18446744073709551615U});
  writer.number(std::int64_t{std::numeric_limits<std::int64_t>::min()}).begin_object().end_object().begin_array();
  writer.end_array().null().boolean(true).number(0.5).number(std::nan("")).raw("{\"r\":1}").end_array();
  writer.key("c").boolean(false).end_object();
  EXPECT_EQ(
      out, R"({"a":"x","b":[1,18446744073709551615,-9223372036854775808,{},[],null,true,0.5,null,{"r":1}],"c":false})");
}

TEST(Json, AnyTextSurvivesWritingAndReading) {
  EXPECT_TRUE(rc::check("any text comes back, repaired where it was ill-formed", [](const std::string& text) {
    std::string out;
    append_json_string(out, text);
    const auto tree = parse_json(out);
    RC_ASSERT(tree.has_value());
    RC_ASSERT(tree->text == repair_utf8(text));
  }));
}

TEST(Json, AnyBytesAreReadOrRefused) {
  EXPECT_TRUE(rc::check("reading what was rewritten changes nothing", [] {
    // Random bytes rarely parse; tokens in random order reach much deeper.
    static constexpr std::array<std::string_view, 20> pieces = {
        "{",      "}",    "[",     "]",    ",", ":",  "\"", "\"a\"",  "\"b\\n\"", "1",
        "-2.5e3", "true", "false", "null", " ", "\\", "\n", "\"a\":", "\xC3\xA9", "\xFF"};
    std::string text;
    for (const std::size_t piece :
         *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 20))) {
      text += pieces[piece];
    }
    if (parse_json(text)) {
      const std::string once = rewritten(text);
      RC_ASSERT(parse_json(once).has_value());
      RC_ASSERT(rewritten(once) == once);
    }
  }));
}

TEST(JsonNumber, FollowsTheGrammar) {
  for (const std::string_view good : {"0", "-1", "12.50", "1e9", "0.1E-5"}) {
    EXPECT_TRUE(is_json_number(good)) << good;
  }
  for (const std::string_view bad : {"", "-", "007", "+1", ".5", "1.", "1e", "nan", "0x10", "1 "}) {
    EXPECT_FALSE(is_json_number(bad)) << bad;
  }
}

}  // namespace
}  // namespace tocsin::wire
