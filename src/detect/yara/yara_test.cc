// YARA rules: what compiles, what one error costs, what hostile rules may not do, what scans find.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "detect/yara/limits.h"
#include "detect/yara/rule_info.h"
#include "detect/yara/rule_text.h"
#include "detect/yara/yara_rules.h"

namespace tocsin::detect {
namespace {

using Sources = std::vector<YaraSource>;
using Severity = rules::Diagnostic::Severity;

std::shared_ptr<const YaraRules> compiled(const Sources& sources, const YaraOptions& options = {}) {
  auto out = YaraRules::compile(sources, options);
  EXPECT_TRUE(out.has_value());
  return *out;
}

std::vector<std::string> names(const YaraRules& rules) {
  std::vector<std::string> out;
  for (const YaraRule& rule : rules.rules()) {
    out.push_back(rule.info.title);
  }
  return out;
}

std::vector<std::string> errors(const YaraRules& rules) {
  std::vector<std::string> out;
  for (const rules::Diagnostic& diagnostic : rules.diagnostics()) {
    if (diagnostic.severity == Severity::error) {
      out.push_back(diagnostic.error.text());
    }
  }
  return out;
}

struct Found {
  YaraOutcome outcome;
  std::vector<YaraHit> hits;
};

Found scan(const std::shared_ptr<const YaraRules>& rules, std::string_view bytes, const YaraNames& about = {}) {
  auto scanner = YaraScanner::open(rules);
  EXPECT_TRUE(scanner.has_value());
  Found out;
  out.outcome = (*scanner)->scan(bytes, about, out.hits);
  return out;
}

std::vector<std::string> found(const std::string& rule_text, std::string_view bytes, const YaraNames& about = {}) {
  const auto rules = compiled({{"a.yar", rule_text}});
  EXPECT_EQ(errors(*rules), std::vector<std::string>{});
  std::vector<std::string> out;
  for (const YaraHit& hit : scan(rules, bytes, about).hits) {
    out.push_back(rules->rules()[hit.rule].info.title);
  }
  return out;
}

using Names = std::vector<std::string>;

TEST(YaraText, CutsRulesImportsAndIncludes) {
  const auto items = cut_yara(
      "/* rule no { */ import \"pe\"\n"
      "include \"b.yar\" // rule no {\n"
      "private global rule one : tag {\n"
      "  strings: $rule = \"}\\\"}\" private $b = /}\\/}/ $c = { AA ( BB | CC ) /* } */ }\n"
      "  condition: #rule > 1 and any of them\n"
      "}\n"
      "rule two { condition: true }");
  ASSERT_EQ(items.size(), 4U);
  EXPECT_EQ(items[0].kind, YaraItem::Kind::import);
  EXPECT_EQ(items[0].name, "pe");
  EXPECT_EQ(items[1].kind, YaraItem::Kind::include);
  EXPECT_EQ(items[1].name, "b.yar");
  EXPECT_EQ(items[1].line, 2U);
  EXPECT_EQ(items[2].name, "one");
  EXPECT_TRUE(items[2].closed && items[2].global);
  EXPECT_EQ(items[2].line, 3U);
  EXPECT_EQ(items[2].last_line, 6U);
  EXPECT_EQ(items[3].name, "two");
  EXPECT_EQ(items[3].text, "rule two { condition: true }");
  EXPECT_FALSE(items[3].global);
}

TEST(YaraText, AnOpenRuleEndsWhereTheNextBegins) {
  const auto items = cut_yara("rule a { condition: true\nprivate rule b { condition: true }\nrule c { \"x\nrule d {");
  ASSERT_EQ(items.size(), 4U);
  EXPECT_FALSE(items[0].closed);
  EXPECT_EQ(items[0].text, "rule a { condition: true");
  EXPECT_TRUE(items[1].closed);
  EXPECT_EQ(items[1].text, "private rule b { condition: true }");
  EXPECT_FALSE(items[2].closed);
  EXPECT_FALSE(items[3].closed);
  EXPECT_EQ(items[3].name, "d");
}

TEST(YaraRules, OneBrokenRuleCostsOnlyItself) {
  const auto rules = compiled({{"a.yar",
                                "rule a { condition: nothing }\n"
                                "rule b { condition: true }\n"
                                "rule c {\n  strings:\n    $x = \"abc\"\n  condition: true\n}\n"
                                "rule d { strings: $a = /a(b/ condition: $a }\n"
                                "rule b { condition: false }\n"
                                "rule e { condition: a or b }\n"
                                "rule f { condition: b }\n"
                                "rule g { condition: true\n"
                                "stray }\n"
                                "}\n"
                                "rule h { condition: true }\n"},
                               {"b.yar", "rule b { condition: true }"}});
  EXPECT_EQ(names(*rules), (Names{"b", "f", "h", "b"}));
  EXPECT_EQ(rules->given(), 10U);
  EXPECT_EQ(rules->loaded(), 4U);
  EXPECT_EQ(rules->rejected(), 6U);
  const Names all = errors(*rules);
  ASSERT_EQ(all.size(), 7U) << testing::PrintToString(all);
  EXPECT_TRUE(all[0].starts_with("a.yar:1: T024: rule a: undefined identifier \"nothing\" (a rule may use filename"))
      << all[0];
  EXPECT_TRUE(all[1].starts_with("a.yar:7: T010: rule c: unreferenced string \"$x\"")) << all[1];
  EXPECT_TRUE(all[2].starts_with("a.yar:8: T010: rule d: invalid regular expression \"$a\"")) << all[2];
  EXPECT_TRUE(all[3].starts_with("a.yar:9: T022: rule b: duplicated identifier \"b\"")) << all[3];
  EXPECT_EQ(all[4], "a.yar:10: T024: rule e: it needs rule a, which was rejected");
  EXPECT_TRUE(all[5].starts_with("a.yar:13: T010: rule g: syntax error")) << all[5];
  EXPECT_TRUE(all[6].starts_with("a.yar:14: T010: \"}\" stands outside of a rule")) << all[6];
}

TEST(YaraRules, AMissingBraceCostsOneRule) {
  const auto rules = compiled({{"a.yar", "rule a { condition: true\nrule b { condition: true }\n"}});
  EXPECT_EQ(names(*rules), Names{"b"});
  EXPECT_EQ(errors(*rules).at(0),
            "a.yar:1: T010: rule a: the closing brace is missing (a rule ends with '}' before the next one begins)");
}

TEST(YaraRules, ARejectedGlobalRuleTakesItsFileWithIt) {
  const auto rules = compiled({{"a.yar", "global rule a { condition: nothing }\nrule b { condition: true }"},
                               {"b.yar", "rule c { condition: true }"}});
  EXPECT_EQ(names(*rules), Names{"c"});
  EXPECT_EQ(rules->rejected(), 2U);
  EXPECT_EQ(errors(*rules).at(1), "a.yar:2: T024: rule b: a global rule of its file was rejected");
}

TEST(YaraRules, GlobalAndPrivateRulesStayInTheirFile) {
  const auto rules = compiled({{"a.yar",
                                "global rule small { condition: filesize < 4 }\nprivate rule p { condition: true }\n"
                                "rule a { condition: p }"},
                               {"b.yar", "rule b { condition: true }"},
                               {"c.yar", "rule c { condition: p }"}});
  EXPECT_EQ(names(*rules), (Names{"small", "a", "b"}));
  EXPECT_EQ(rules->loaded(), 4U);
  EXPECT_EQ(errors(*rules).size(), 1U);
  EXPECT_EQ(scan(rules, "abc").hits.size(), 3U);
  ASSERT_EQ(scan(rules, "abcdef").hits.size(), 1U);
  EXPECT_EQ(scan(rules, "abcdef").hits[0].rule, 2U);
}

TEST(YaraRules, IncludesReadOnlyWhatWasGiven) {
  const auto rules = compiled({{"index.yar",
                                "include \"sub/one.yar\"\ninclude \"../../../etc/passwd\"\ninclude \"/etc/passwd\"\n"
                                "include \"sub\\\\missing.yar\"\nrule own { condition: helper }"},
                               {"sub/one.yar", "include \"./two.yar\"\nrule bad {\n condition: nix }\n"},
                               {"sub/two.yar", "private rule helper { condition: true }"}});
  EXPECT_EQ(names(*rules), Names{"own"});
  const Names all = errors(*rules);
  ASSERT_EQ(all.size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(all[i].find("T024: the included file") != std::string::npos) << all[i];
    EXPECT_TRUE(all[i].starts_with("index.yar:" + std::to_string(i + 2))) << all[i];
  }
  EXPECT_TRUE(all[3].starts_with("sub/one.yar:3: T024: rule bad: undefined identifier")) << all[3];
}

TEST(YaraRules, RingsOfIncludesAndDeepOnesEnd) {
  const auto ring = compiled({{"a.yar", "include \"b.yar\"\nrule a { condition: b }"},
                              {"b.yar", "include \"a.yar\"\ninclude \"b.yar\"\nrule b { condition: true }"}});
  EXPECT_EQ(names(*ring), (Names{"b", "a"}));
  Sources deep;
  for (int i = 0; i < 40; ++i) {
    deep.push_back({std::to_string(i) + ".yar", "include \"" + std::to_string(i + 1) + ".yar\"\ninclude \"" +
                                                    std::to_string(i + 1) + ".yar\"\nrule r" + std::to_string(i) +
                                                    " { condition: true }"});
  }
  const auto rules = compiled(deep);
  EXPECT_EQ(rules->loaded(), limits::yara_include_depth_max + 1);
  ASSERT_FALSE(errors(*rules).empty());
  EXPECT_NE(errors(*rules)[0].find("T005: includes are too deep"), std::string::npos) << errors(*rules)[0];
}

TEST(YaraRules, ModulesAreThoseThatReadOnlyTheBytes) {
  const auto rules =
      compiled({{"a.yar",
                 "import \"magic\"\nimport \"pe\"\nimport \"hash\"\nimport \"nix\"\n"
                 "rule m { condition: magic.type() contains \"x\" }\n"
                 "rule p { condition: pe.number_of_sections > 0 }\n"
                 "rule h { condition: hash.md5(0, filesize) == \"900150983cd24fb0d6963f7d28e17f72\" }"}});
  EXPECT_EQ(names(*rules), (Names{"p", "h"}));
  EXPECT_EQ(rules->rules()[0].text, "import \"pe\"\nrule p { condition: pe.number_of_sections > 0 }");
  const Names all = errors(*rules);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0],
            "a.yar:1: T021: there is no module \"magic\" here (modules are console, dex, dotnet, elf, hash, macho, "
            "math, pe, time)");
  ASSERT_EQ(scan(rules, "abc").hits.size(), 1U);
  EXPECT_EQ(scan(rules, "abc").hits[0].rule, 1U);
}

TEST(YaraRules, TextThatIsNoRule) {
  for (const std::string text :
       {"", "hello", "}}}}", "{", "rule", "rule {", "import", "include \"", "/*", "\"", "\xFF"}) {
    const auto rules = compiled({{"a.yar", text}, {"b.yar", "rule ok { condition: true }"}});
    EXPECT_EQ(names(*rules), Names{"ok"}) << text;
    EXPECT_FALSE(rules->diagnostics().empty()) << text;
  }
  EXPECT_EQ(compiled({})->loaded(), 0U);
  EXPECT_TRUE(scan(compiled({}), "abc").hits.empty());
  const auto zero = compiled(
      {{"a.yar", std::string("rule a { strings: $a = \"x\0y\" condition: $a }\n", 44) + "rule b { condition: true }"}});
  EXPECT_EQ(names(*zero), Names{"b"});
  EXPECT_EQ(names(*compiled({{"a.yar", "\xEF\xBB\xBFrule a { condition: true }\r\nrule b { condition: a }\r\n"}})),
            (Names{"a", "b"}));
}

TEST(YaraRules, WhatARuleSaysAboutItself) {
  const auto rules =
      compiled({{"x/a.yar",
                 "\nrule Web_Shell : T1505_003 CVE_2021_26855 shell {\n meta:\n"
                 "  description = \"A shell\"\n  author = \"Someone\"\n  reference = \"https://a.example\"\n"
                 "  reference2 = \"https://b.example\"\n  score = 95\n  severity = \"low\"\n"
                 "  id = \"5B1D7A9E-0C42-5F6B-9A57-3E88D1246FC3\"\n  mitre_attack = \"T1059.001, T1505.003\"\n"
                 " condition: true }\n"
                 "rule plain { condition: true }\nrule scored { meta: score = 75 condition: true }"}});
  const rules::RuleInfo& info = rules->rules()[0].info;
  EXPECT_EQ(info.kind, "yara");
  EXPECT_EQ(info.id, "5b1d7a9e-0c42-5f6b-9a57-3e88d1246fc3");
  EXPECT_EQ(info.description, "A shell");
  EXPECT_EQ(info.author, "Someone");
  EXPECT_EQ(info.source, "x/a.yar");
  EXPECT_EQ(info.line, 2U);
  EXPECT_EQ(info.level, rules::Level::low);
  EXPECT_EQ(info.tags, (Names{"attack.t1505.003", "cve.2021-26855", "shell", "attack.t1059.001"}));
  EXPECT_EQ(info.references, (Names{"https://a.example", "https://b.example"}));
  EXPECT_EQ(rules->rules()[1].info.level, rules::Level::medium);
  EXPECT_EQ(rules->rules()[1].info.id, "");
  EXPECT_EQ(rules->rules()[2].info.level, rules::Level::high);
  const auto forced = compiled({{"a.yar", "rule a { meta: score = 100 condition: true }"}},
                               {.level_for_all = rules::Level::informational});
  EXPECT_EQ(forced->rules()[0].info.level, rules::Level::informational);
}

TEST(YaraRules, ScoresAsLevels) {
  EXPECT_EQ(yara_level(100), rules::Level::critical);
  EXPECT_EQ(yara_level(89), rules::Level::high);
  EXPECT_EQ(yara_level(75), rules::Level::high);
  EXPECT_EQ(yara_level(60), rules::Level::medium);
  EXPECT_EQ(yara_level(40), rules::Level::low);
  EXPECT_EQ(yara_level(0), rules::Level::informational);
}

TEST(YaraRules, SlowStringsAreAWarning) {
  const auto rules =
      compiled({{"a.yar", "rule ok { condition: true }\nrule a {\n strings: $a = \"x\"\n condition: $a }"}});
  EXPECT_EQ(rules->rejected(), 0U);
  ASSERT_FALSE(rules->diagnostics().empty());
  EXPECT_EQ(rules->diagnostics()[0].severity, Severity::warning);
  EXPECT_EQ(rules->diagnostics()[0].rule_id, "a");
  EXPECT_EQ(rules->diagnostics()[0].error.where.line, 3U);
}

TEST(YaraScanner, NamesTheStringsAndTheirPlaces) {
  const auto rules = compiled({{"a.yar",
                                "rule a { strings: $first = \"eval(\" $wide = \"cmd\" wide $hex = { 00 ?? 02 } $no = "
                                "\"nothing here\" $hidden = \"x\" private condition: any of them }"}});
  const std::string bytes = std::string("x eval( c\0m\0d\0 \0\1\2", 19) + std::string("\0", 1);
  const Found got = scan(rules, bytes);
  ASSERT_EQ(got.hits.size(), 1U);
  EXPECT_EQ(got.hits[0].matches, (std::vector<YaraMatch>{{"$first", 2, 5}, {"$wide", 8, 6}, {"$hex", 15, 3}}));
  EXPECT_EQ(got.outcome.end, YaraOutcome::End::complete);
}

TEST(YaraScanner, MatchesThatAreKeptAreBounded) {
  std::string text = "rule a { strings: $c = \"ab\" ";
  for (int i = 0; i < 300; ++i) {
    text += "$s" + std::to_string(i) + " = \"abab\" ";
  }
  const auto rules = compiled({{"a.yar", text + "condition: #c > 50 and all of them }"}});
  std::string bytes;
  for (int i = 0; i < 100; ++i) {
    bytes += "ab";
  }
  const Found got = scan(rules, bytes);
  ASSERT_EQ(got.hits.size(), 1U);
  EXPECT_EQ(got.hits[0].matches.size(), limits::yara_rule_matches_max);
  EXPECT_GT(got.hits[0].further, 0U);
}

TEST(YaraScanner, ExternalVariables) {
  const std::string rule =
      "rule a { condition: filename == \"cmd.aspx\" and filepath contains \"aspnet_client/\" and extension == "
      "\".aspx\" and "
      "filetype == \"EXE\" and owner == \"\" }";
  EXPECT_EQ(found(rule, "MZ", yara_names("C:/inetpub/aspnet_client/CMD.aspx", "MZ")), Names{"a"});
  EXPECT_EQ(found(rule, "MZ"), Names{});
  EXPECT_EQ(yara_names("a.zip!/x\\y.TXT", "").filename, "y.txt");
  EXPECT_EQ(yara_names(".profile", "").extension, "");
  // The next scan of the same scanner knows nothing of the names before.
  const auto rules = compiled({{"a.yar", "rule a { condition: filename == \"x\" }"}});
  auto scanner = *YaraScanner::open(rules);
  std::vector<YaraHit> hits;
  scanner->scan("", yara_names("x", ""), hits);
  EXPECT_EQ(hits.size(), 1U);
  scanner->scan("", {}, hits);
  EXPECT_EQ(hits.size(), 1U);
}

TEST(YaraScanner, ScansDoNotInfluenceEachOther) {
  // A PE header that names an entry point, then text.
  std::string pe(0x400, '\0');
  const auto put = [&](std::size_t at, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      pe[at + i] = static_cast<char>(value >> (8 * i));
    }
  };
  pe.replace(0, 2, "MZ");
  put(0x3C, 0x80, 4);
  pe.replace(0x80, 4, std::string("PE\0\0", 4));
  put(0x84, 0x14C, 2);
  put(0x86, 1, 2);
  put(0x94, 0xE0, 2);
  put(0x96, 2, 2);
  put(0x98, 0x10B, 2);
  put(0xA8, 0x1010, 4);
  pe.replace(0x178, 5, ".text");
  put(0x180, 0x200, 4);
  put(0x184, 0x1000, 4);
  put(0x188, 0x200, 4);
  put(0x18C, 0x200, 4);
  const auto rules = compiled({{"a.yar", "rule entry { condition: entrypoint == 0x210 }"},
                               {"b.yar", "import \"pe\" rule pe { condition: pe.number_of_sections == 1 }"},
                               {"c.yar", "rule text { strings: $a = \"text\" condition: $a and filesize < 10 }"}});
  auto scanner = *YaraScanner::open(rules);
  for (int round = 0; round < 3; ++round) {
    std::vector<YaraHit> hits;
    scanner->scan(pe, {}, hits);
    EXPECT_EQ(hits, scan(rules, pe).hits);
    EXPECT_EQ(hits.size(), 2U);
    hits.clear();
    scanner->scan("text", {}, hits);
    ASSERT_EQ(hits.size(), 1U);
    EXPECT_EQ(hits[0].rule, 2U);
    hits.clear();
    scanner->scan("", {}, hits);
    EXPECT_TRUE(hits.empty());
  }
}

TEST(YaraScanner, ThreadsShareTheRules) {
  const auto rules = compiled({{"a.yar", "rule a { strings: $a = /k[0-9]+z/ condition: #a == 3 }"}});
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto scanner = *YaraScanner::open(rules);
      for (int round = 0; round < 200; ++round) {
        std::vector<YaraHit> hits;
        scanner->scan(round % 2 == 0 ? "k1z k22z k333z" : "k1z k22z", {}, hits);
        right += hits.size() == (round % 2 == 0 ? 1U : 0U) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(right, 800);
}

std::string endless_rule() {
  return "rule slow { condition: for all i in (0..2000000000) : (for all j in (0..2000000000) : (uint8(j % 10) < 300)) "
         "}";
}

TEST(YaraScanner, TimeIsLimited) {
  const auto rules = compiled({{"a.yar", endless_rule()}}, {.seconds = 1});
  ASSERT_EQ(rules->loaded(), 1U);
  const auto begin = std::chrono::steady_clock::now();
  const Found got = scan(rules, "0123456789");
  EXPECT_EQ(got.outcome.end, YaraOutcome::End::timed_out);
  EXPECT_TRUE(got.hits.empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(YaraScanner, StopsSoon) {
  const auto rules = compiled({{"a.yar", endless_rule()}});
  auto scanner = *YaraScanner::open(rules);
  std::chrono::steady_clock::time_point asked;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    asked = std::chrono::steady_clock::now();
    scanner->stop();
  });
  std::vector<YaraHit> hits;
  EXPECT_EQ(scanner->scan("0123456789", {}, hits).end, YaraOutcome::End::stopped);
  other.join();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::milliseconds(900));
  EXPECT_EQ(scanner->scan("0123456789", {}, hits).end, YaraOutcome::End::stopped) << "and stays stopped";
}

// What bad or careless authors write; each compiles or is rejected soon, and the rule beside it works.
TEST(YaraHostile, RulesThatWantTooMuch) {
  std::string many_strings = "rule s { strings: ";
  for (int i = 0; i < 20'000; ++i) {
    many_strings += "$a" + std::to_string(i) + " = \"text" + std::to_string(i) + "\"\n";
  }
  many_strings += " condition: any of them }";
  const auto nested = [](const std::string& open, const std::string& middle, const std::string& close, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) {
      out += open;
    }
    out += middle;
    for (int i = 0; i < times; ++i) {
      out += close;
    }
    return out;
  };
  const Names texts = {
      many_strings,
      "rule r { strings: $a = /(a{1,30000}){1,30000}(b*)*(c+)+d/ condition: $a }",
      "rule r { strings: $a = /" + nested("(", "a", ")", 3'000) + "/ condition: $a }",
      "rule r { strings: $a = /" + nested("(a|", "b", ")*", 500) + "/ condition: $a }",
      "rule r { strings: $a = /a{99999999999999999999}/ condition: $a }",
      "rule r { strings: $a = { 00 [0-100000] 00 [0-100000] 00 } condition: #a > 0 }",
      "rule r { strings: $a = { " + nested("(00|", "01", ")", 2'000) + " } condition: $a }",
      "rule r { strings: $a = \"" + std::string(100'000, 'a') + "\" condition: $a }",
      "rule r { condition: " + nested("(", "true", ")", 30'000) + " }",
      "rule r { condition: " + nested("not ", "true", "", 30'000) + " }",
      "rule r { condition: for any i in (1..2) : (" + nested("for any j in (1..2) : (", "true", ")", 200) + ") }",
      "rule " + std::string(100'000, 'r') + " { condition: true }",
      "rule r { strings: $a = \"ab\" xor wide ascii nocase base64 condition: $a }",
      "rule r { condition: 1 \\ 0 == 1 and -9223372036854775808 \\ -1 == 1 }",
  };
  const std::string bytes = std::string(200'000, '\0') + std::string(5'000, 'a') + "needle";
  for (const std::string& text : texts) {
    const auto begin = std::chrono::steady_clock::now();
    const auto rules = compiled(
        {{"bad.yar", text}, {"good.yar", "rule good { strings: $a = \"needle\" condition: $a }"}}, {.seconds = 2});
    ASSERT_GE(rules->loaded(), 1U) << text.substr(0, 80);
    EXPECT_EQ(rules->loaded() + rules->rejected(), rules->given()) << text.substr(0, 80);
    EXPECT_EQ(names(*rules).back(), "good");
    const Found got = scan(rules, bytes);
    if (got.outcome.end == YaraOutcome::End::complete) {
      ASSERT_FALSE(got.hits.empty()) << text.substr(0, 80);
      EXPECT_EQ(rules->rules()[got.hits.back().rule].info.title, "good");
    } else {
      EXPECT_NE(got.outcome.end, YaraOutcome::End::stopped);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30)) << text.substr(0, 80);
  }
}

TEST(YaraHostile, AChainOfRulesThatNeedARejectedOneEnds) {
  std::string text = "rule r0 { condition: nothing }\n";
  for (int i = 1; i < 3'000; ++i) {
    text += "rule r" + std::to_string(i) + " { condition: r" + std::to_string(i - 1) + " }\n";
  }
  const auto rules = compiled({{"a.yar", text}, {"b.yar", "rule ok { condition: true }"}});
  EXPECT_EQ(names(*rules), Names{"ok"});
  EXPECT_EQ(rules->rejected(), 3'000U);
  EXPECT_EQ(errors(*rules).size(), limits::yara_problems_max);
}

TEST(YaraHostile, MatchesWithoutEndAreCutAndSaid) {
  const auto rules = compiled({{"a.yar", "rule a { strings: $a = { 00 } condition: #a > 5 }"}});
  const Found got = scan(rules, std::string(3'000'000, '\0'));
  EXPECT_EQ(got.outcome.end, YaraOutcome::End::complete) << got.outcome.why;
  EXPECT_EQ(got.outcome.strings_cut, 1U);
  ASSERT_EQ(got.hits.size(), 1U);
  EXPECT_EQ(got.hits[0].matches.size(), limits::yara_string_matches_max);
}

}  // namespace
}  // namespace tocsin::detect
