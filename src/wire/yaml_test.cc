#include "wire/yaml.h"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "base/limits.h"

namespace tocsin::wire {
namespace {

Yaml one(std::string_view text) {
  auto documents = parse_yaml(text);
  EXPECT_TRUE(documents.has_value()) << (documents ? "" : documents.error().text());
  EXPECT_EQ(documents->size(), 1U);
  return documents && !documents->empty() ? std::move(documents->front()) : Yaml{};
}

std::string error_of(std::string_view text) {
  const auto documents = parse_yaml(text);
  return documents ? "no error" : documents.error().text();
}

Yaml::Kind kind_of(std::string_view scalar) { return one("- " + std::string(scalar)).items.at(0).kind; }

TEST(Yaml, TypesOfPlainScalars) {
  using Kind = Yaml::Kind;
  for (const char* text : {"", "~", "null", "Null", "NULL"}) {
    EXPECT_EQ(kind_of(text), Kind::null) << text;
  }
  for (const char* text : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
    EXPECT_EQ(kind_of(text), Kind::boolean) << text;
  }
  for (const char* text :
       {"0", "1", "-17", "+4", "4688", "18446744073709551616", "0x1f", "0xffffffffffffffff", "0xAB"}) {
    EXPECT_EQ(kind_of(text), Kind::integer) << text;
  }
  for (const char* text : {"1.5", ".5", "1.", "-0.25", "6.02e+23", "1.0E5"}) {
    EXPECT_EQ(kind_of(text), Kind::real) << text;
  }
  for (const char* text :
       {"yes",   "no", "on",    "off",        "00000409", "007", "1e3",   "0x",    "0xZZ", "0x10000000000000000",
        "+",     ".",  "1.2.3", "2024-01-02", "tRue",     "nil", "1_000", "12:30", "'1'",  "\"true\"",
        "'null'"}) {
    EXPECT_EQ(kind_of(text), Kind::text) << text;
  }
}

TEST(Yaml, TagsDecideTheType) {
  EXPECT_EQ(kind_of("!!str 5"), Yaml::Kind::text);
  EXPECT_EQ(kind_of("!!int '5'"), Yaml::Kind::integer);
  EXPECT_EQ(kind_of("! 5"), Yaml::Kind::text);
  EXPECT_NE(error_of("a: !ruby/object x").find("T010"), std::string::npos);
  EXPECT_NE(error_of("a: !!python/object:os.system [x]").find("is not known here"), std::string::npos);
}

TEST(Yaml, KeepsTextAndPlaces) {
  const Yaml map = one("title: 'It''s'\nvalues:\n  - \"a\\tb\"\n  - |\n    x\n    y\nlast: C:\\x\\*\n");
  ASSERT_EQ(map.kind, Yaml::Kind::map);
  EXPECT_EQ(map.find("title")->text, "It's");
  EXPECT_FALSE(map.find("title")->plain);
  const Yaml& values = *map.find("values");
  EXPECT_EQ(values.items.at(0).text, "a\tb");
  EXPECT_EQ(values.items.at(0).mark.line, 3U);
  EXPECT_EQ(values.items.at(0).mark.column, 5U);
  EXPECT_EQ(values.items.at(1).text, "x\ny\n");
  EXPECT_EQ(map.find("last")->text, "C:\\x\\*");
  EXPECT_TRUE(map.find("last")->plain);
  EXPECT_EQ(map.members.at(2).mark.line, 7U);
  EXPECT_EQ(map.find("absent"), nullptr);
}

TEST(Yaml, ColumnsCountCodePoints) {
  const Yaml map = one("\"é—\": x");
  EXPECT_EQ(map.members.at(0).value.mark.column, 7U);
}

TEST(Yaml, StreamsHaveManyDocuments) {
  const auto documents = parse_yaml("--- # first\na: 1\n---\nb: 2\n...\n---\n- c\n");
  ASSERT_TRUE(documents.has_value());
  ASSERT_EQ(documents->size(), 3U);
  EXPECT_EQ((*documents)[1].mark.line, 4U);
  EXPECT_TRUE(parse_yaml("")->empty());
  EXPECT_TRUE(parse_yaml("# only a comment\n")->empty());
}

TEST(Yaml, AliasesAreCopies) {
  const Yaml map = one("a: &x [1, {k: v}]\nb: *x\nc: {<<: &m {p: 1, q: 2}, q: 3}\nd: {<<: [*m, {p: 9, r: 4}]}\n");
  EXPECT_EQ(map.find("b")->items.at(1).find("k")->text, "v");
  EXPECT_EQ(map.find("c")->find("q")->text, "3");
  EXPECT_EQ(map.find("c")->find("p")->text, "1");
  EXPECT_EQ(map.find("d")->find("p")->text, "1");
  EXPECT_EQ(map.find("d")->find("r")->text, "4");
  EXPECT_EQ(map.find("c")->find("<<"), nullptr);
}

TEST(Yaml, AnchorsEndWithTheirDocument) {
  EXPECT_NE(error_of("a: &x 1\n---\nb: *x\n").find("no anchor before it"), std::string::npos);
  EXPECT_NE(error_of("a: &x [*x]\n").find("no anchor before it"), std::string::npos) << "a list cannot hold itself";
}

TEST(Yaml, ErrorsSayWhere) {
  EXPECT_EQ(error_of("a: 1\nb: 2\na: 3\n").substr(0, 42), "line 3: T010: the key 'a' stands twice in ");
  EXPECT_NE(error_of("a: [1, 2\nb: 3").find("T010"), std::string::npos);
  EXPECT_NE(error_of("a:\n\t- b\n").find("not with tabs"), std::string::npos);
  EXPECT_NE(error_of("a: \xFF\xFE\n").find("T011"), std::string::npos);
  EXPECT_NE(error_of("ok: 1\nbad: \x01\n").find("line 2: T011"), std::string::npos);
  EXPECT_NE(error_of("? [a]\n: b\n").find("a map key must be plain text"), std::string::npos);
  EXPECT_NE(error_of("<<: 5\n").find("no error"), std::string::npos) << "nothing to merge, nothing lost";
}

TEST(Yaml, ABadDocumentCostsOnlyItself) {
  const auto documents = parse_yaml_documents("a: 1\n---\nb: [\n---\nc: 3\n---\nd: 'x\n---\ne: 5\n");
  ASSERT_EQ(documents.size(), 5U);
  EXPECT_TRUE(documents[0].has_value());
  ASSERT_FALSE(documents[1].has_value());
  ASSERT_TRUE(documents[2].has_value());
  EXPECT_EQ(documents[2]->mark.line, 5U) << "lines count in the file, not in the part";
  EXPECT_FALSE(documents[3].has_value());
  EXPECT_EQ(documents[4]->find("e")->text, "5");
}

TEST(Yaml, EmptyDocumentsAreLeftOut) { EXPECT_EQ(parse_yaml_documents("---\n---\na: 1\n---\n").size(), 1U); }

TEST(Yaml, NestingStopsAtTheLimit) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_yaml(nested(limits::nesting_max)).has_value());
  EXPECT_NE(error_of(nested(limits::nesting_max + 1)).find("T005"), std::string::npos);
  std::string block;
  for (std::size_t i = 0; i < limits::nesting_max + 1; ++i) {
    block += std::string(i, ' ') + "a:\n";
  }
  EXPECT_NE(error_of(block).find("T005"), std::string::npos);
  const std::string by_alias = "a: &x " + nested(40) + "\nb: " + std::string(40, '[') + "*x" + std::string(40, ']');
  EXPECT_NE(error_of(by_alias).find("T005"), std::string::npos) << "depth through an alias counts";
}

TEST(Yaml, HostileTextIsBounded) {
  std::string laughs = "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol,lol]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) {
      laughs += "," + before;
    }
    laughs += "]\n";
  }
  EXPECT_NE(error_of(laughs).find("T005"), std::string::npos);

  std::string heavy = "a: &x '" + std::string(1 << 20, 'x') + "'\nb: [";
  for (int i = 0; i < 10'000; ++i) {
    heavy += "*x,";
  }
  EXPECT_NE(error_of(heavy + "]").find("T005"), std::string::npos) << "bytes of aliases count";

  EXPECT_NE(error_of(std::string(limits::yaml_bytes_max + 1, ' ')).find("T005"), std::string::npos);
  EXPECT_NE(error_of(std::string(1 << 20, '[')).find("T005"), std::string::npos);
}

TEST(Yaml, ManyKeysAndDocumentsStayLinear) {
  const std::clock_t begin = std::clock();  // of this process: a busy machine does not count
  std::string keys;
  for (int i = 0; i < 200'000; ++i) {
    keys += "key" + std::to_string(i) + ": 1\n";
  }
  EXPECT_EQ(one(keys).members.size(), 200'000U);
  EXPECT_NE(error_of(keys + "key7: 2\n").find("stands twice"), std::string::npos);
  std::string many = "x: [\n";
  for (int i = 0; i < 100'000; ++i) {
    many += "---\na: 1\n";
  }
  EXPECT_EQ(parse_yaml_documents(many).size(), 100'001U);
  const auto seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_LT(seconds, 20.0);
}

TEST(Yaml, UnusualBytesAreRead) {
  EXPECT_EQ(one("\xEF\xBB\xBF"
                "a: 1")
                .find("a")
                ->text,
            "1")
      << "byte order mark";
  EXPECT_EQ(one("a: 1\r\nb: 2\r\n").find("b")->text, "2");
  EXPECT_NE(error_of("a: ,").find("T010"), std::string::npos);
  EXPECT_EQ(one("a: \"\\u00e9\\x41\\0\"").find("a")->text, std::string("\xC3\xA9"
                                                                       "A\0",
                                                                       4));
}

}  // namespace
}  // namespace tocsin::wire
