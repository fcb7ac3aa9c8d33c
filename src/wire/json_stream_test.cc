#include "wire/json_stream.h"

#include <gtest/gtest.h>

#include <random>

#include "wire/json.h"

namespace tocsin::wire {
namespace {

// Hands out a few bytes at a time.
class DripSource final : public ByteSource {
 public:
  DripSource(std::string_view bytes, std::size_t step) : bytes_(bytes), step_(step) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t count = std::min({step_, into.size(), bytes_.size()});
    std::copy_n(bytes_.begin(), count, into.begin());
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
  std::size_t step_;
};

// The tokens as JSON without blanks again; of an error its text.
std::string walk(std::string_view text, std::size_t step, std::size_t text_max = 1000) {
  using Token = JsonStream::Token;
  DripSource source(text, step);
  JsonStream stream(source, text_max);
  std::string out;
  JsonWriter json(out);
  for (;;) {
    const auto token = stream.next();
    if (!token) {
      return "error: " + token.error().text();
    }
    switch (*token) {
      case Token::begin_object:
        json.begin_object();
        break;
      case Token::end_object:
        json.end_object();
        break;
      case Token::begin_array:
        json.begin_array();
        break;
      case Token::end_array:
        json.end_array();
        break;
      case Token::key:
        json.key(stream.text());
        break;
      case Token::string:
        json.string(stream.text());
        break;
      case Token::number:
        json.raw(stream.text());
        break;
      case Token::true_value:
        json.boolean(true);
        break;
      case Token::false_value:
        json.boolean(false);
        break;
      case Token::null_value:
        json.null();
        break;
      case Token::end:
        return out;
    }
  }
}

TEST(JsonStream, ReadsWhatIsThere) {
  const std::string_view text =
      " { \"a\" : [ 1, -2.5e3, true, false, null, \"x\\n\\u00e9\\ud83d\\ude00\" ], \"b\":{} } ";
  for (const std::size_t step : {1U, 2U, 3U, 7U, 100U}) {
    EXPECT_EQ(walk(text, step), "{\"a\":[1,-2.5e3,true,false,null,\"x\\né😀\"],\"b\":{}}");
  }
  EXPECT_EQ(walk("", 1), "");
  EXPECT_EQ(walk("\"\\ud800x\"", 1), "\"\xEF\xBF\xBDx\"");
}

TEST(JsonStream, SaysWhatIsWrongAndWhere) {
  EXPECT_NE(walk("{\n\"a\":\n}", 3).find("line 3"), std::string::npos) << walk("{\n\"a\":\n}", 3);
  for (const std::string_view bad : {"{", "[1", "[1,]", "{,}", "{\"a\"}", "{\"a\":1,}", "\"abc", "\"\\x\"",
                                     "\"\\u12g4\"", "tru", "nul", "]", "}", "[1 2]", "{\"a\" 1}", "\"\x01\"", "[1}"}) {
    EXPECT_EQ(walk(bad, 2).substr(0, 6), "error:") << bad;
  }
  EXPECT_EQ(walk(std::string(65, '['), 9).substr(0, 6), "error:");
}

TEST(JsonStream, CutsLongTexts) {
  MemorySource source("[\"abcdefgh\",\"abc\"]");
  JsonStream stream(source, 5);
  ASSERT_TRUE(stream.next());
  ASSERT_TRUE(stream.next());
  EXPECT_EQ(stream.text(), "abcde");
  EXPECT_TRUE(stream.text_cut());
  ASSERT_TRUE(stream.next());
  EXPECT_EQ(stream.text(), "abc");
  EXPECT_FALSE(stream.text_cut());
}

// What the tree reader takes, the stream takes, and the other way round, however the bytes come.
TEST(JsonStream, AgreesWithTheTreeReader) {
  constexpr std::string_view parts[] = {"{",       "}", "[",  "]",    ",",    ":", "\"a\"",
                                        "\"\\n\"", "1", "-2", "true", "null", " ", "\n"};
  std::mt19937 random(7);
  std::size_t right = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = random() % 2 == 0 ? "[" : "{\"k\":";
    for (std::size_t count = random() % 8; count > 0; --count) {
      text += parts[random() % std::size(parts)];
    }
    text += text[0] == '[' ? "]" : "}";
    const auto tree = parse_json(text);
    const std::string walked = walk(text, 1 + random() % 5);
    // Several values one after another are lines to the stream and an error to the tree.
    if (tree.has_value()) {
      EXPECT_NE(walked.substr(0, 6), "error:") << text;
      ++right;
    } else if (walked.substr(0, 6) != "error:") {
      EXPECT_NE(text.find_first_of("}]"), text.size() - 1) << text;
    }
  }
  EXPECT_GT(right, 500U);
}

}  // namespace
}  // namespace tocsin::wire
