#include "speech/manifestation.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "speech/canonical.h"
#include "speech/limits.h"
#include "support/corpus.h"

namespace tocsin::speech {
namespace {

std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Manifestation read(std::string_view text) {
  auto out = read_manifestation(text, "test.txt");
  EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().text());
  return out ? *out : Manifestation();
}

constexpr std::string_view plain =
    "1. We note the report's findings. We thank its authors.\n\n2. We call on all States to answer like-minded "
    "partners.\n";

TEST(CanonicalTest, CharactersBecomeOneKind) {
  EXPECT_EQ(fold_characters("\u201CNATO\u2019s\u201D \u2013 \u00ABx\u00BB\u00A0y\tz"), "\"NATO's\" - \"x\" y z");
  EXPECT_EQ(fold_characters("o\uFB03ce \uFB01nd co\u00ADoperate\u200B\uFEFF"), "office find cooperate");
  EXPECT_EQ(fold_characters("a\r\nb\rc\fd"), "a\nb\nc\nd");
  EXPECT_EQ(fold_characters("Communique\u0301"), "Communiqu\u00E9");
  EXPECT_EQ(fold_characters("m\u00B2 \u2122"), "m\u00B2 \u2122") << "NFC, not NFKC";
  EXPECT_EQ(fold_characters("co\u00AD\n  operate"), "cooperate");
}

TEST(CanonicalTest, LinesAreJoined) {
  EXPECT_EQ(join_lines({"like-", "minded  partners ", "", " and"}), "like-minded partners and");
  EXPECT_EQ(join_lines({"2019-", "2020"}), "2019- 2020");
  EXPECT_EQ(join_lines({"Euro-", "Atlantic"}), "Euro- Atlantic") << "only before a small letter (8.1 step 7)";
  EXPECT_EQ(join_lines({}), "");
}

TEST(CanonicalTest, LettersAndDigits) {
  EXPECT_EQ(letters_and_digits("Communiqu\u00C9, \u201CNo. 5\u201D \u2013 Stra\u00DFe\u2122"),
            "communiqu\u00E9no5strasse");
}

TEST(ManifestationTest, NumberedParagraphs) {
  const Manifestation out = read(plain);
  ASSERT_EQ(out.paragraphs.size(), 2u);
  EXPECT_TRUE(out.numbered);
  EXPECT_EQ(out.paragraphs[0].text, "We note the report's findings. We thank its authors.");
  EXPECT_EQ(out.paragraphs[0].sentences.size(), 2u);
  EXPECT_EQ(out.paragraphs[1].number, 2u);
  EXPECT_TRUE(out.incomplete.empty());
}

TEST(ManifestationTest, NumbersMustFollowEachOther) {
  const Manifestation out = read("1. We met in May\n2021. It went well.\n5. of these were new.\n2. We thank all.\n");
  ASSERT_EQ(out.paragraphs.size(), 2u);
  EXPECT_EQ(out.paragraphs[0].text, "We met in May 2021. It went well. 5. of these were new.");
}

TEST(ManifestationTest, UnnumberedParagraphsAreCounted) {
  const Manifestation out = read(
      "Statement by the Council of Examples on Testing\n3 May 2024\n\nWe stand with all who write tests today.\n\n"
      "We call on everybody to read what\n\nthey wrote, before they send it.\n\nShare this\n");
  EXPECT_FALSE(out.numbered);
  ASSERT_EQ(out.paragraphs.size(), 2u);
  EXPECT_EQ(out.paragraphs[1].text, "We call on everybody to read what they wrote, before they send it.");
  EXPECT_EQ(out.title, "Statement by the Council of Examples on Testing");
  EXPECT_EQ(out.issuer, "Council of Examples");
  EXPECT_EQ(out.issued, "2024-05-03");
  EXPECT_EQ(work_id(out), "ce-2024-05-03");
  ASSERT_EQ(out.dropped.size(), 1u);
  EXPECT_EQ(out.dropped[0].reason, "share button");
}

TEST(ManifestationTest, FooterAndHeadingsAreNoParagraph) {
  const Manifestation out =
      read("1. We met today.\n\nCyber defence\n\n2. We agreed on a text.\n\nPress office, room 5\nTelephone 1234\n");
  ASSERT_EQ(out.paragraphs.size(), 2u);
  EXPECT_EQ(out.paragraphs[0].text, "We met today.");
  EXPECT_EQ(out.paragraphs[1].text, "We agreed on a text.");
  EXPECT_EQ(out.footer.size(), 2u);
  ASSERT_EQ(out.dropped.size(), 1u);
  EXPECT_EQ(out.dropped[0].text, "Cyber defence");
}

TEST(ManifestationTest, HtmlSaysTheSame) {
  const Manifestation text = read(plain);
  const Manifestation page = read(
      "<!DOCTYPE html><html><head><title>T</title><style>p{}</style></head><body><nav>1. Home</nav>"
      "<p>1. We note the report&rsquo;s find&shy;ings.<sup>1</sup> We thank its authors.</p>"
      "<p>2.&nbsp;We call on all <b>States</b>\n to answer like-\nminded partners.</p><script>x()</script>"
      "<div style=\"display: none\">We deny everything.</div><footer>Contact</footer></body></html>");
  EXPECT_EQ(page.text_l1, text.text_l1);
  EXPECT_EQ(page.media, "text/html");
  const Manifestation list = read(
      "<html><body><ol><li>We note the report's findings. We thank its authors.</li><li><p>We call on all States to "
      "answer like-minded partners.</p></li></ol></body></html>");
  EXPECT_TRUE(list.numbered);
  EXPECT_EQ(list.text_l1, text.text_l1);
}

TEST(ManifestationTest, HiddenTextIsShownAsSetAside) {
  const Manifestation page =
      read("<html><body><p>We note the report of the group today.</p><p hidden>We deny it.</p></body></html>");
  ASSERT_EQ(page.paragraphs.size(), 1u);
  ASSERT_EQ(page.dropped.size(), 1u);
  EXPECT_EQ(page.dropped[0].text, "We deny it.");
  EXPECT_EQ(page.dropped[0].reason, "hidden on the page");
}

TEST(ManifestationTest, NothingIsLostInAPartThatIsNeverClosed) {
  const Manifestation page = read("<html><body><nav><p>We note the report of the group today.</p></body></html>");
  ASSERT_EQ(page.paragraphs.size(), 1u);
}

TEST(ManifestationTest, HostileInputIsRefusedWithAReason) {
  const auto code = [](std::string_view bytes) {
    const auto out = read_manifestation(bytes, "x");
    return out ? std::string("read") : std::string(code_text(out.error().code));
  };
  EXPECT_EQ(code(""), "T014");
  EXPECT_EQ(code("%PDF-1.7\n"), "T014");
  EXPECT_EQ(code(std::string("We\0note", 7)), "T014");
  EXPECT_EQ(code("We condemn \xFF\xFE this act of theirs."), "T011");
  EXPECT_EQ(code("word"), "T014");
  EXPECT_EQ(code(std::string(limits::statement_bytes_max + 1, 'a')), "T005");
  EXPECT_EQ(code(std::string(limits::lines_max + 1, '\n')), "T005");
  std::string deep = "<html>";
  for (int i = 0; i < 50'000; ++i) {
    deep += "<div><ol><li>";
  }
  EXPECT_EQ(code(deep + "We note the report of the group today."), "read");
}

TEST(ManifestationTest, EncodingsWithAMarkAreRead) {
  std::string wide = "\xFF\xFE";
  for (const char c : plain) {
    wide += c;
    wide += '\0';
  }
  EXPECT_EQ(read(wide).text_l1, read(plain).text_l1);
  EXPECT_EQ(
      read("<html><meta charset=windows-1252><p>We note the report\x92s good findings.</p></html>").paragraphs[0].text,
      "We note the report's good findings.");
}

TEST(SentencesTest, ShortenedWordsEndNone) {
  const auto count = [](std::string_view text) { return split_sentences(text).size(); };
  EXPECT_EQ(count("On 19 Jul. 2021 Mr. Smith met the U.S. President. He left."), 2u);
  EXPECT_EQ(count("See No. 5 of the list, e.g. Annex A. It helps."), 2u);
  EXPECT_EQ(count("We stand with the U.S. We thank it."), 2u);
  EXPECT_EQ(count("He said \"No.\" We agree."), 2u);
  EXPECT_EQ(count("One"), 1u);
  EXPECT_EQ(count(""), 0u);
}

// The vectors of consultation.md §8.2, and expected/nac-2021-07-19.json.
TEST(ManifestationCorpusTest, Vectors) {
  const auto folder = test::corpus() / "statements";
  if (test::corpus().empty() || !std::filesystem::exists(folder)) {
    GTEST_SKIP() << "missing: statements in the corpus";
  }
  const Manifestation pdf = read(file_text(folder / "000_24ddd8df405e288b.txt"));
  const Manifestation web = read(file_text(folder / "001_f51162f6bf1a174f.txt"));
  EXPECT_EQ(pdf.text_l1, "641148935d0c741fbce68a1bcf6bbfc33462fc0225e2bab379def880b16f30c0");
  EXPECT_EQ(web.text_l1, "c842a714775bfe4e98414ac54a79030252323eabf881faefd0aa0aa4dcf632e5");
  ASSERT_EQ(pdf.paragraphs.size(), 4u);
  ASSERT_EQ(web.paragraphs.size(), 4u);
  constexpr std::string_view l1[] = {"c9c2b6b81e47429f2d126315e1b80edfb9dc4c300771d319e53b7c44d4301b9c",
                                     "2c553b85590b546c1c3998e3ec006008c6b30e807eeb20db102b3573eb062b06",
                                     "d1e80597779ef681166179385984efdf61c2ccb8d9cdf2277c318e3777456477",
                                     "a2a6b4ceb556dce33d806606fb04b21938b9d96ce7d2158a401de910fac2ab52"};
  constexpr std::string_view l2[] = {"6fde418de301ccf2", "c3056505ca5f5df2", "1fe59515e6f9f5a2", "3933abbcd9c8d3c5"};
  constexpr std::size_t sentences[] = {2, 5, 5, 3};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(pdf.paragraphs[i].l1, l1[i]);
    EXPECT_TRUE(pdf.paragraphs[i].l2.starts_with(l2[i]));
    EXPECT_EQ(pdf.paragraphs[i].sentences.size(), sentences[i]);
    EXPECT_EQ(web.paragraphs[i].l1 == pdf.paragraphs[i].l1, i != 1);
  }
  EXPECT_EQ(web.paragraphs[1].l1, "f650845d3ec86c434839207f4947a3875e4385254bc34dfcaf26caacdb93d05e");
  EXPECT_TRUE(web.paragraphs[1].l2.starts_with("04bdbc7a32c11fb1"));
  EXPECT_EQ(work_id(web), "nac-2021-07-19");
  EXPECT_EQ(web.last_updated, "19 Jul. 2021 17:20");
  EXPECT_EQ(web.utc_offset, "");
  EXPECT_EQ(web.reference, "Press Release (2021) 120");
  EXPECT_TRUE(pdf.title.empty());
}

}  // namespace
}  // namespace tocsin::speech
