#include "detect/matcher.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/text.h"
#include "detect/address.h"
#include "detect/glob.h"
#include "detect/literals.h"
#include "detect/number.h"
#include "detect/test_rules.h"

namespace tocsin::detect {
namespace {

using rules::Operator;
using rules::TimePart;
using test::pattern;

bool glob(std::string_view written, std::string_view text) { return glob_matches(pattern(written), text); }

TEST(Glob, CoversTheWholeText) {
  EXPECT_TRUE(glob("abc", "abc"));
  EXPECT_FALSE(glob("abc", "abcd"));
  EXPECT_FALSE(glob("abc", "xabc"));
  EXPECT_TRUE(glob("", ""));
  EXPECT_FALSE(glob("", "a"));
}

TEST(Glob, AnyRunTakesNothingAndLineEnds) {
  EXPECT_TRUE(glob("*", ""));
  EXPECT_TRUE(glob("a*b", "ab"));
  EXPECT_TRUE(glob("a*b", "a\nx\r\nb"));
  EXPECT_TRUE(glob("*b*", "abc"));
  EXPECT_FALSE(glob("a*b", "a\nx"));
  EXPECT_TRUE(glob("a*b*c", "abbcbc"));
  EXPECT_FALSE(glob("a*bc*c", "abc"));
}

TEST(Glob, AnyOneTakesOneCodePoint) {
  EXPECT_TRUE(glob("a?c",
                   "a\xE2\x82\xAC"
                   "c"));
  EXPECT_FALSE(glob("a??c",
                    "a\xE2\x82\xAC"
                    "c"));
  EXPECT_TRUE(glob("*?", "\xC3\xA9"));
  EXPECT_FALSE(glob("*??", "\xE2\x82\xAC"));
  EXPECT_FALSE(glob("?", ""));
  EXPECT_TRUE(glob("*a?", "aab"));
}

TEST(Glob, LastPartMayOverlapTheEarliestMatchOfItsText) {
  EXPECT_TRUE(glob("*ab", "abab"));
  EXPECT_TRUE(glob("*a?b",
                   "aab"
                   "a-b"));
  EXPECT_FALSE(glob("ab*ab", "ab"));
}

TEST(Glob, DashIsAnyOfFive) {
  for (const std::string_view dash : {"-", "/", "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\x95"}) {
    EXPECT_TRUE(glob("* ~x", "cmd " + std::string(dash) + "x")) << dash;
  }
  EXPECT_FALSE(glob("* ~x", "cmd +x"));
  EXPECT_FALSE(glob("~", "\xE2\x80\x96"));
}

TEST(Number, ComparesExactlyAtAnySize) {
  const auto order = [](std::string_view a, std::string_view b) {
    return compare(*parse_decimal(a), *parse_decimal(b));
  };
  EXPECT_EQ(order("9007199254740993", "9007199254740992"), std::strong_ordering::greater);
  EXPECT_EQ(order("18446744073709551616", "18446744073709551615"), std::strong_ordering::greater);
  EXPECT_EQ(order("1.0", "1"), std::strong_ordering::equal);
  EXPECT_EQ(order("100", "1e2"), std::strong_ordering::equal);
  EXPECT_EQ(order("0.001", "1e-3"), std::strong_ordering::equal);
  EXPECT_EQ(order("-5", "3"), std::strong_ordering::less);
  EXPECT_EQ(order("-5", "-3"), std::strong_ordering::less);
  EXPECT_EQ(order("-0", "0"), std::strong_ordering::equal);
  EXPECT_EQ(order("007", "7"), std::strong_ordering::equal);
  EXPECT_EQ(order("0", "0.1"), std::strong_ordering::less);
  EXPECT_EQ(order("10", "9"), std::strong_ordering::greater);
}

TEST(Number, RefusesWhatIsNoDecimal) {
  for (const std::string_view text : {"", "-", ".", "0x10", "1 ", " 1", "1e", "inf", "nan", "1,5", "1.2.3", "e5"}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
}

TEST(Address, InNetwork) {
  rules::Network ten{.bytes = {10}, .prefix_bits = 8, .v6 = false};
  EXPECT_TRUE(in_network(ten, "10.255.0.1"));
  EXPECT_FALSE(in_network(ten, "11.0.0.1"));
  EXPECT_TRUE(in_network(ten, "::ffff:10.1.2.3"));
  EXPECT_FALSE(in_network(ten, "fe80::1"));
  EXPECT_FALSE(in_network(ten, "10.0.0"));
  EXPECT_FALSE(in_network(ten, ""));
  EXPECT_FALSE(in_network(ten, "-"));
  EXPECT_FALSE(in_network(ten, std::string_view("10.0.0.1\0x", 10)));
  rules::Network link{.bytes = {0xFE, 0x80}, .prefix_bits = 10, .v6 = true};
  EXPECT_TRUE(in_network(link, "fe80::1%eth0"));
  EXPECT_TRUE(in_network(link, "febf::1"));
  EXPECT_FALSE(in_network(link, "fec0::1"));
  rules::Network all{.bytes = {}, .prefix_bits = 0, .v6 = false};
  EXPECT_TRUE(in_network(all, "255.1.2.3"));
}

bool holds(const rules::Leaf& leaf, std::string_view text, event::ValueKind kind = event::ValueKind::text) {
  const auto matcher = make_matcher(leaf);
  EXPECT_TRUE(matcher.has_value());
  const std::string folded = fold_case(text);
  return value_matches(*matcher, {text, folded, kind});
}

rules::Leaf text_leaf(std::string_view written) {
  rules::Leaf leaf;
  leaf.field = "f";
  leaf.pattern = pattern(written);
  return leaf;
}

rules::Leaf number_leaf(std::string number, Operator op = Operator::equals_number) {
  rules::Leaf leaf;
  leaf.field = "f";
  leaf.op = op;
  leaf.number = std::move(number);
  return leaf;
}

TEST(Matcher, TextIsCaseInsensitiveByUnicodeFolding) {
  EXPECT_TRUE(holds(text_leaf("*CMD.exe"), "C:\\cmd.EXE"));
  EXPECT_TRUE(holds(text_leaf("\xC3\x89t\xC3\xA9"), "\xC3\xA9T\xC3\x89"));
  EXPECT_TRUE(holds(text_leaf("k"), "\xE2\x84\xAA"));  // Kelvin sign
  rules::Leaf cased = text_leaf("Abc");
  cased.cased = true;
  EXPECT_TRUE(holds(cased, "Abc"));
  EXPECT_FALSE(holds(cased, "abc"));
}

TEST(Matcher, NullMatchesNoText) {
  EXPECT_FALSE(holds(text_leaf(""), "", event::ValueKind::null));
  EXPECT_FALSE(holds(text_leaf("*"), "", event::ValueKind::null));
  EXPECT_TRUE(holds(text_leaf(""), ""));
  EXPECT_TRUE(holds(text_leaf("*"), ""));
}

TEST(Matcher, NumbersAndTexts) {
  EXPECT_TRUE(holds(number_leaf("4688"), "4688"));
  EXPECT_TRUE(holds(number_leaf("4688"), "4688", event::ValueKind::integer));
  EXPECT_TRUE(holds(text_leaf("4688"), "4688", event::ValueKind::integer));
  EXPECT_FALSE(holds(number_leaf("9007199254740993"), "9007199254740992", event::ValueKind::integer));
  EXPECT_FALSE(holds(number_leaf("5120"), "0x1400"));
  EXPECT_TRUE(holds(number_leaf("0x1400"), "0x1400"));
  EXPECT_TRUE(holds(number_leaf("0x1400"), "5120", event::ValueKind::integer));
  EXPECT_TRUE(holds(number_leaf("10", Operator::greater), "10.5"));
  EXPECT_FALSE(holds(number_leaf("10", Operator::greater), "ten"));
  EXPECT_TRUE(holds(number_leaf("-1", Operator::less_equal), "-1"));
}

TEST(Matcher, Booleans) {
  rules::Leaf leaf;
  leaf.field = "f";
  leaf.op = Operator::equals_boolean;
  EXPECT_TRUE(holds(leaf, "true", event::ValueKind::boolean));
  EXPECT_TRUE(holds(leaf, "True"));
  EXPECT_FALSE(holds(leaf, "false", event::ValueKind::boolean));
  EXPECT_FALSE(holds(leaf, "1", event::ValueKind::integer));
  EXPECT_TRUE(holds(text_leaf("true"), "true", event::ValueKind::boolean));
}

TEST(Matcher, GuidInEitherSpelling) {
  const std::string bare = "54849625-5478-4994-A5BA-3E3B0328C30D";
  for (const std::string& written : {bare, "{" + bare + "}"}) {
    EXPECT_TRUE(holds(text_leaf(written), ascii_lower(bare)));
    EXPECT_TRUE(holds(text_leaf(written), "{" + ascii_lower(bare) + "}"));
    EXPECT_FALSE(holds(text_leaf(written), "x" + bare));
    EXPECT_TRUE(holds(text_leaf("*" + written), "a" + bare));
    EXPECT_TRUE(holds(text_leaf(written + "*"), "{" + bare + "}b"));
  }
}

TEST(Matcher, TimePartsAreThoseWritten) {
  const auto part = [](TimePart wanted, std::string number) {
    rules::Leaf leaf = number_leaf(std::move(number));
    leaf.part = wanted;
    return leaf;
  };
  const std::string_view text = "2021-01-03T23:49:42.5+05:00";
  EXPECT_TRUE(holds(part(TimePart::hour, "23"), text));
  EXPECT_TRUE(holds(part(TimePart::minute, "49"), text));
  EXPECT_TRUE(holds(part(TimePart::day, "3"), text));
  EXPECT_TRUE(holds(part(TimePart::month, "1"), text));
  EXPECT_TRUE(holds(part(TimePart::year, "2021"), text));
  EXPECT_TRUE(holds(part(TimePart::week, "53"), text));  // ISO 8601: still the last week of 2020
  EXPECT_TRUE(holds(part(TimePart::week, "1"), "2021-01-04 00:00:00"));
  EXPECT_TRUE(holds(part(TimePart::hour, "22"), "2020-10-09 22:27:49.040"));
  EXPECT_FALSE(holds(part(TimePart::hour, "0"), "not a time"));
  EXPECT_TRUE(holds(part(TimePart::year, "2020"), "1588205219.276", event::ValueKind::real));
}

TEST(Matcher, RegexIsUnanchoredAndCased) {
  rules::Leaf leaf;
  leaf.field = "f";
  leaf.op = Operator::regex;
  leaf.regex = "b+c$";
  EXPECT_TRUE(holds(leaf, "abbc"));
  EXPECT_TRUE(holds(leaf, "abbc\n"));
  EXPECT_FALSE(holds(leaf, "ABBC"));
  leaf.regex_ignore_case = true;
  EXPECT_TRUE(holds(leaf, "ABBC"));
  leaf.regex = "a.c";
  EXPECT_FALSE(holds(leaf, "a\nc"));
  leaf.regex_dot_all = true;
  EXPECT_TRUE(holds(leaf, "a\nc"));
}

TEST(Matcher, RegexBeyondRe2RunsBounded) {
  rules::Leaf leaf;
  leaf.field = "f";
  leaf.op = Operator::regex;
  leaf.regex = "(a+)\\1b";
  const auto matcher = make_matcher(leaf);
  ASSERT_TRUE(matcher.has_value());
  EXPECT_TRUE(matcher->regex->slow());
  EXPECT_TRUE(matcher->regex->search("xaaaab"));
  EXPECT_FALSE(matcher->regex->search("xab"));
  leaf.regex = "(?=(a+)+$)b";
  const auto hostile = make_matcher(leaf);
  ASSERT_TRUE(hostile.has_value());
  EXPECT_FALSE(hostile->regex->search(std::string(100'000, 'a')));
  leaf.regex = "(unclosed";
  EXPECT_FALSE(make_matcher(leaf).has_value());
}

TEST(Matcher, KeywordIsFoundAnywhere) {
  rules::Leaf leaf = text_leaf("mimi*katz");
  leaf.field.clear();
  EXPECT_TRUE(holds(leaf, "xx MIMI\nKATZ yy"));
  rules::Leaf number = number_leaf("4688");
  number.field.clear();
  EXPECT_TRUE(holds(number, "id 4688 x"));
}

TEST(LongRun, GivesWhatAnEngineWouldGive) {
  const auto search = [](std::string pattern, std::string_view text, bool dot_all = false) {
    rules::Leaf leaf;
    leaf.op = Operator::regex;
    leaf.regex = std::move(pattern);
    leaf.regex_dot_all = dot_all;
    const auto regex = Regex::compile(leaf);
    EXPECT_TRUE(regex.has_value());
    return regex.has_value() && (*regex)->search(text);
  };
  // "(?:.{4,})" goes to the engine.
  for (const std::string_view text :
       {"", "abc", "abcd", "abcde", "ab\ncd", "abc\nabcd", "abcd\n", "\nabcd", "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9",
        "\xC3\xA9\xC3\xA9\xC3\xA9", "ab\xFFgh", "ab\xFFghij", "abc\xEF\xBF\xBD", "\r\r\r\r"}) {
    for (const bool dot_all : {false, true}) {
      EXPECT_EQ(search(".{4,}", text, dot_all), search("(?:.{4,})", text, dot_all)) << text;
    }
  }
  EXPECT_TRUE(search(".{1000,}", std::string(1000, 'x')));
  EXPECT_FALSE(search(".{1000,}", std::string(999, 'x') + "\n" + std::string(999, 'x')));
}

TEST(Regex, NeedlesAreLiteralsThatAMatchCannotDoWithout) {
  const auto needles = [](std::string pattern) {
    rules::Leaf leaf;
    leaf.op = Operator::regex;
    leaf.regex = std::move(pattern);
    return Regex::compile(leaf).value()->needles();
  };
  EXPECT_EQ(needles("net\\s+stop SuperBackupMan"), std::vector<std::string>{"stop superbackupman"});
  EXPECT_EQ(needles("(?:first|second)"), (std::vector<std::string>{"second", "first"}));
  EXPECT_TRUE(needles("\\s[a-f0-9]{64}\\s").empty());
  EXPECT_TRUE(needles("(?:word)?").empty());
}

TEST(Regex, SearchBeyondItsStepsIsNoMatchAndRemembered) {
  rules::Leaf leaf;
  leaf.op = Operator::regex;
  leaf.regex = "(?=x)(x+x+)+[yw]";  // the look-ahead makes it PCRE2's
  const auto regex = Regex::compile(leaf);
  ASSERT_TRUE(regex);
  ASSERT_TRUE((*regex)->slow());
  EXPECT_TRUE((*regex)->search("axxy"));
  EXPECT_FALSE((*regex)->search("a"));
  EXPECT_FALSE((*regex)->gave_up());
  EXPECT_FALSE((*regex)->search(std::string(4000, 'x') + "z"));
  EXPECT_TRUE((*regex)->gave_up());
}

TEST(KeywordIndex, FoldingMattersForTwoCharactersOnly) {
  for (char32_t c = 0x80; c < 0x110000; ++c) {
    if (c != 0x17F && c != 0x212A) {
      ASSERT_GE(fold_case(c), char32_t{0x80}) << static_cast<std::uint32_t>(c);
    }
  }
  KeywordIndex plain;
  plain.add("keys", 0);
  plain.build();
  EXPECT_FALSE(plain.needs_folding("KEYS"));
  EXPECT_FALSE(plain.needs_folding("K\xC3\x89YS"));
  EXPECT_TRUE(
      plain.needs_folding("\xE2\x84\xAA"
                          "eys"));
  EXPECT_TRUE(plain.needs_folding("key\xC5\xBF"));
  EXPECT_FALSE(plain.in_numbers());
  KeywordIndex other;
  other.add("\xC3\xA9", 0);
  other.add("4688", 1);
  other.build();
  EXPECT_TRUE(other.needs_folding("\xC3\x89"));
  EXPECT_TRUE(other.in_numbers());
}

// The index of fields likewise: anchored and whole literals, so many that the shortest go to the filter and the others
// to tables that look at every n-th place, or too many for that.
TEST(LiteralIndex, FindsWhatSearchingForEachFinds) {
  std::mt19937 random(23);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
  std::size_t hits = 0;
  for (int round = 0; round < 1'000; ++round) {
    const std::string_view letters = round % 2 == 0 ? "abc1-" : "abcdefghijklmnop0123456789%\\ ";
    const std::size_t most = round % 3 == 0 ? 20 : 400;
    const std::size_t longest = 4 + below(16);
    struct Literal {
      std::string text;
      Anchor anchor;
    };
    std::vector<Literal> literals;
    LiteralIndex index;
    LiteralIndex tables;
    for (std::size_t number = 1 + below(most); number > 0; --number) {
      std::string text;
      for (std::size_t length = number < 30 ? 1 + below(longest) : 9 + below(longest); length > 0; --length) {
        text += letters[below(letters.size())];
      }
      const auto anchor = static_cast<Anchor>(below(10) < 7 ? 0 : below(4));
      index.add(text, anchor, static_cast<std::uint32_t>(literals.size()));
      tables.add(text, anchor, static_cast<std::uint32_t>(literals.size()));
      literals.push_back({std::move(text), anchor});
    }
    index.build();
    tables.build(LiteralIndex::Texts::few_bytes, LiteralIndex::Filter::without);
    EXPECT_FALSE(index.takes_any_case());
    for (int times = 0; times < 10; ++times) {
      std::string text;
      if (below(4) == 0) {
        text = literals[below(literals.size())].text;
      }
      for (std::size_t length = below(times < 5 ? 20 : 200); length > 0; --length) {
        text += below(20) == 0 ? literals[below(literals.size())].text : std::string(1, letters[below(letters.size())]);
      }
      if (below(4) == 0) {
        text += literals[below(literals.size())].text;
      }
      std::set<std::uint32_t> found;
      std::set<std::uint32_t> found_by_tables;
      std::set<std::uint32_t> expected;
      index.scan(text, [&](std::uint32_t payload) { found.insert(payload); });
      tables.scan(text, [&](std::uint32_t payload) { found_by_tables.insert(payload); });
      for (std::uint32_t number = 0; number < literals.size(); ++number) {
        const auto& [literal, anchor] = literals[number];
        if (anchor == Anchor::none    ? text.find(literal) != std::string::npos
            : anchor == Anchor::start ? text.starts_with(literal)
            : anchor == Anchor::end   ? text.ends_with(literal)
                                      : text == literal) {
          expected.insert(number);
        }
      }
      ASSERT_EQ(found, expected) << text;
      ASSERT_EQ(found_by_tables, expected) << text;
      hits += found.size();
    }
  }
  EXPECT_GT(hits, 10'000U);
}

TEST(KeywordIndex, PartsThatJsonNeverEscapes) {
  EXPECT_EQ(never_escaped_part("mimikatz"), "mimikatz");
  EXPECT_EQ(never_escaped_part("\\perfc.dat"), "perfc.dat");
  EXPECT_EQ(never_escaped_part("a/bcd\"ef\n\\g"), "bcd");
  EXPECT_EQ(never_escaped_part("\\"), "");
  EXPECT_EQ(never_escaped_part(""), "");
}

// Literals of every length, alone in texts that look nothing like them: at the beginning, in the middle, near the end.
TEST(KeywordIndex, FindsWhatSearchingForEachFinds) {
  std::mt19937 random(17);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
  std::size_t hits = 0;
  for (int round = 0; round < 2'000; ++round) {
    const std::string_view letters = round % 2 == 0 ? "ab1-." : "abcdefghijklmnop0123456789%\xC3\xA9";
    const std::size_t shortest = 1 + below(12);
    std::vector<std::string> literals;
    KeywordIndex index;
    KeywordIndex tables;
    for (std::size_t number = 1 + below(40); number > 0; --number) {
      std::string& literal = literals.emplace_back();
      for (std::size_t length = shortest + below(4) * below(6); length > 0; --length) {
        literal += letters[below(letters.size())];
      }
      index.add(literal, static_cast<std::uint32_t>(literals.size() - 1));
      tables.add(literal, static_cast<std::uint32_t>(literals.size() - 1));
    }
    index.build();
    tables.build(LiteralIndex::Filter::without);
    EXPECT_FALSE(tables.takes_any_case());
    for (int times = 0; times < 10; ++times) {
      std::string text;
      for (std::size_t length = below(300); length > 0; --length) {
        text += below(80) == 0 ? literals[below(literals.size())] : std::string(1, "wxyz_ \0"[below(7)]);
      }
      std::string written = text;
      if (index.takes_any_case()) {
        for (char& c : written) {
          c = below(3) == 0 && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
      }
      std::set<std::uint32_t> found;
      std::set<std::uint32_t> found_by_tables;
      std::set<std::uint32_t> expected;
      index.scan(written, [&](std::uint32_t payload) { found.insert(payload); });
      tables.scan(text, [&](std::uint32_t payload) { found_by_tables.insert(payload); });
      for (std::uint32_t number = 0; number < literals.size(); ++number) {
        if (text.find(literals[number]) != std::string::npos) {
          expected.insert(number);
        }
      }
      ASSERT_EQ(found, expected) << written;
      ASSERT_EQ(found_by_tables, expected) << text;
      hits += found.size();
    }
  }
  EXPECT_GT(hits, 10'000U);
}

}  // namespace
}  // namespace tocsin::detect
