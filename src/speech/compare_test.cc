#include "speech/compare.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "speech/compare_page.h"
#include "speech/statement_json.h"
#include "support/corpus.h"
#include "wire/json.h"

namespace tocsin::speech {
namespace {

const std::vector<std::string> original = {
    "We observe with concern that Allies' networks - and those of like-minded partners - were attacked in a "
    "\"coordinated\" way. It affects offices, firms and find-and-fix teams.",
    "We call on all States to uphold their obligations, to act responsibly, and to cooperate with the office of the "
    "envoy. This is our final word."};

std::string numbered(const std::vector<std::string>& paragraphs) {
  std::string out;
  for (std::size_t i = 0; i < paragraphs.size(); ++i) {
    out += std::to_string(i + 1) + ". " + paragraphs[i] + "\n\n";
  }
  return out;
}

Manifestation read(std::string_view text) {
  auto out = read_manifestation(text, "x");
  EXPECT_TRUE(out.has_value()) << text;
  return out ? *out : Manifestation();
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string wrapped(std::string text, std::size_t width) {
  std::size_t column = 0;
  std::size_t space = std::string::npos;
  for (std::size_t i = 0; i < text.size(); ++i, ++column) {
    if (text[i] == '\n') {
      column = 0;
      space = std::string::npos;
    } else if (text[i] == ' ') {
      space = i;
    }
    if (column > width && space != std::string::npos) {
      text[space] = '\n';
      column = i - space;
      space = std::string::npos;
    }
  }
  return text;
}

struct Perturbation {
  const char* name;
  std::function<std::string(std::string)> make;
};

std::function<std::string(std::string)> replacing(std::string_view from, std::string_view to) {
  return [from, to](std::string text) {
    replace_all(text, from, to);
    return text;
  };
}

const Perturbation perturbations[] = {
    {"curly apostrophes", replacing("'", "\u2019")},
    {"curly quotes", replacing("\"coordinated\"", "\u201Ccoordinated\u201D")},
    {"guillemets", replacing("\"coordinated\"", "\u00ABcoordinated\u00BB")},
    {"en dashes", replacing(" - ", " \u2013 ")},
    {"no-break hyphens", replacing("like-minded", "like\u2011minded")},
    {"no-break spaces", replacing(" all ", "\u00A0all\u00A0")},
    {"thin spaces", replacing(". ", ".\u2009")},
    {"double spaces", replacing(" ", "  ")},
    {"ligatures fi", replacing("fi", "\uFB01")},
    {"ligatures ffi", replacing("ffi", "\uFB03")},
    {"soft hyphens", replacing("coordinated", "co\u00ADordi\u00ADnated")},
    {"zero-width spaces", replacing("networks", "net\u200Bworks")},
    {"CRLF", replacing("\n", "\r\n")},
    {"byte order mark", [](std::string text) { return "\uFEFF" + text; }},
    {"wrapped at 60", [](std::string text) { return wrapped(std::move(text), 60); }},
    {"wrapped at 24", [](std::string text) { return wrapped(std::move(text), 24); }},
    {"hyphen at a line's end", replacing("like-minded", "like-\nminded")},
    {"numbers in brackets",
     [](std::string text) {
       replace_all(text, "1. ", "(1) ");
       replace_all(text, "\n2. ", "\n(2) ");
       return text;
     }},
    {"numbers with a bracket",
     [](std::string text) {
       replace_all(text, "1. ", "1) ");
       replace_all(text, "\n2. ", "\n2) ");
       return text;
     }},
    {"nine spaces behind numbers",
     [](std::string text) {
       replace_all(text, "1. ", " 1.         ");
       replace_all(text, "\n2. ", "\n 2.         ");
       return text;
     }},
    {"Roman numbers",
     [](std::string text) {
       replace_all(text, "1. ", "I. ");
       replace_all(text, "\n2. ", "\nII. ");
       return text;
     }},
    {"numbers on lines of their own",
     [](std::string text) {
       replace_all(text, "1. ", "1.\n");
       replace_all(text, "\n2. ", "\n2.\n");
       return text;
     }},
    {"no numbers",
     [](std::string text) {
       replace_all(text, "1. ", "");
       replace_all(text, "\n2. ", "\n");
       return text;
     }},
    {"form feed and page number inside a paragraph", replacing("to act", "\n\n\n2\n\f\nto act")},
    {"boilerplate around",
     [](std::string text) {
       return "This website uses cookies to serve you. [X](#)\n\nMenu\n\n# Statement\n\n" + text +
              "Share this\n\nFacebook\n\n\u00A9 2021 All rights reserved.\n";
     }},
    {"boilerplate between", replacing("\n\n2. ", "\n\nShare this\n\nFollow us on Twitter\n\n2. ")},
    {"Markdown",
     [](std::string text) {
       replace_all(text, "all States", "**all States**");
       replace_all(text, "the envoy", "[the envoy](https://example.org)");
       return text;
     }},
    {"decomposed accents", [](std::string text) { return text; }},
    {"HTML",
     [](std::string text) {
       replace_all(text, "\n\n", "</p>\n<p>");
       replace_all(text, "'", "&rsquo;");
       return "<html><body><p>" + text + "</p></body></html>";
     }},
    {"trailing blanks", replacing("\n", "   \n")},
};

TEST(CompareTest, PerturbationsAreNoDifference) {
  const std::string text = numbered(original);
  const Manifestation a = read(text);
  ASSERT_EQ(a.paragraphs.size(), 2u);
  for (const Perturbation& one : perturbations) {
    const Manifestation b = read(one.make(text));
    const Comparison out = compare(a, b);
    EXPECT_EQ(out.verdict(), "identical")
        << one.name << "\n"
        << (out.differences.empty() ? "" : out.differences[0].a + " / " + out.differences[0].b);
    EXPECT_EQ(b.text_l1, a.text_l1) << one.name;
  }
}

DifferenceClass only(std::string_view a, std::string_view b) {
  const Comparison out = compare(manifestation_of({std::string(a)}, "a"), manifestation_of({std::string(b)}, "b"));
  EXPECT_EQ(out.differences.size(), 1u) << a << " / " << b;
  return out.differences.empty() ? DifferenceClass::translation : out.differences[0].kind;
}

TEST(CompareTest, ClassesOfDifference) {
  EXPECT_EQ(only("We call on the Allies to act.", "We call on the Alli-ance to act."), DifferenceClass::wording);
  EXPECT_EQ(only("The Alliance will act.", "The Alli-ance will act."), DifferenceClass::typographic);
  EXPECT_EQ(only("They act in cyber space now.", "They act in cyberspace now."), DifferenceClass::typographic);
  EXPECT_EQ(only("Threats, and more.", "Threats and more."), DifferenceClass::typographic);
  EXPECT_EQ(only("It may destabilize us.", "It may destabilise us."), DifferenceClass::spelling);
  EXPECT_EQ(only("State behaviour counts.", "State behavior counts."), DifferenceClass::spelling);
  EXPECT_EQ(only("Our defences hold.", "Our defenses hold."), DifferenceClass::spelling);
  EXPECT_EQ(only("They labelled it so.", "They labeled it so."), DifferenceClass::spelling);
  EXPECT_EQ(only("We reaffirm our pledge.", "We rea rm our pledge."), DifferenceClass::encoding_loss);
  EXPECT_EQ(only("We reaffirm our pledge.", "We rea\uFFFDrm our pledge."), DifferenceClass::encoding_loss);
  EXPECT_EQ(only("Build confidence first.", "Build con dence first."), DifferenceClass::encoding_loss);
  EXPECT_EQ(only("Norland's reply came.", "Norland\u00E2s reply came."), DifferenceClass::encoding_loss);
  EXPECT_EQ(only("Norland's reply came.", "Norland\u00E2\u20AC\u2122s reply came."), DifferenceClass::encoding_loss);
  EXPECT_EQ(only("The Communiqu\u00E9 holds.", "The Communiqu\u00C3\u00A9 holds."), DifferenceClass::encoding_loss);
  EXPECT_EQ(only("We use it.", "We see it."), DifferenceClass::wording);
  EXPECT_EQ(only("We will act.", "We will not act."), DifferenceClass::wording);
  EXPECT_EQ(only("We have four hours.", "We have for hours."), DifferenceClass::wording);
}

TEST(CompareTest, TwoLanguagesAreNotCompared) {
  const Comparison out = compare(
      manifestation_of({"We call on all of the States to act with the partners and for the people."}, "en"),
      manifestation_of(
          {"Nous appelons tous les \u00C9tats \u00E0 agir avec les partenaires et pour la paix dans le monde."}, "fr"));
  EXPECT_EQ(out.verdict(), "translation");
}

TEST(CompareTest, AddedAndMissingParagraphs) {
  const Manifestation a = manifestation_of({"We met today.", "We agreed."}, "a");
  const Manifestation b = manifestation_of({"We met today.", "We disagreed on Syria.", "We agreed."}, "b");
  const Comparison out = compare(a, b);
  ASSERT_EQ(out.findings(), 1u);
  EXPECT_EQ(out.differences[0].a, "");
  const Comparison back = compare(b, a);
  ASSERT_EQ(back.findings(), 1u);
  EXPECT_EQ(back.differences[0].b, "");
}

TEST(CompareTest, ParagraphsCutElsewhereAreNoWording) {
  const Comparison out = compare(manifestation_of({"We met today. We agreed."}, "a"),
                                 manifestation_of({"We met today.", "We agreed."}, "b"));
  EXPECT_EQ(out.verdict(), "identical");
  EXPECT_FALSE(out.same_paragraphs);
}

// Every alignment rebuilds b from a.
TEST(DiffTest, HunksRebuildTheOtherSequence) {
  rc::check([] {
    const auto small = rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, 6));
    const std::vector<std::uint32_t> a = *small;
    const std::vector<std::uint32_t> b = *small;
    std::vector<std::uint32_t> built;
    std::size_t at = 0;
    for (const Hunk& hunk : diff(a, b)) {
      RC_ASSERT(hunk.a_begin >= at);
      built.insert(built.end(), a.begin() + at, a.begin() + hunk.a_begin);
      built.insert(built.end(), b.begin() + hunk.b_begin, b.begin() + hunk.b_end);
      at = hunk.a_end;
    }
    built.insert(built.end(), a.begin() + at, a.end());
    RC_ASSERT(built == b);
  });
}

TEST(DiffTest, NothingInCommonIsOneStretchAndBounded) {
  std::vector<std::uint32_t> a(20'000);
  std::vector<std::uint32_t> b(20'000);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    a[i] = i % 2;
    b[i] = 2 + i % 3;
  }
  const auto out = diff(a, b);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].a_end, 20'000u);
}

TEST(ComparePageTest, HostileTextIsEscaped) {
  const Manifestation a = manifestation_of({"We <script>alert(1)</script> note \u202E this."}, "<img src=x>");
  const Manifestation b = manifestation_of({"We <b>see</b> note \u202E this."}, "b\"");
  const std::string page = compare_page(a, b, compare(a, b));
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_EQ(page.find("\u202E"), std::string::npos);
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
}

std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(CompareCorpusTest, ExactlyTwoWordingDifferences) {
  const auto folder = test::corpus() / "statements";
  if (test::corpus().empty() || !std::filesystem::exists(folder)) {
    GTEST_SKIP() << "missing: statements in the corpus";
  }
  const Manifestation a = read(file_text(folder / "000_24ddd8df405e288b.txt"));
  const Manifestation b = read(file_text(folder / "001_f51162f6bf1a174f.txt"));
  const Comparison out = compare(a, b);
  ASSERT_EQ(out.differences.size(), 2u);
  EXPECT_EQ(out.differences[0].a, "daily lives");
  EXPECT_EQ(out.differences[0].b, "livelihoods");
  EXPECT_EQ(out.differences[0].paragraph, 2u);
  EXPECT_EQ(out.differences[0].sentence, 1u);
  EXPECT_EQ(out.differences[1].a, "use");
  EXPECT_EQ(out.differences[1].b, "see");
  EXPECT_EQ(out.differences[1].sentence, 2u);
  EXPECT_EQ(out.verdict(), "wording");
  EXPECT_TRUE(out.same_paragraphs);
}

}  // namespace
}  // namespace tocsin::speech
