#include "wire/html.h"

#include <gtest/gtest.h>

namespace tocsin::wire {
namespace {

std::string flat(std::string_view text) {
  std::string out;
  HtmlReader reader(text);
  HtmlToken token;
  while (reader.next(token)) {
    switch (token.kind) {
      case HtmlToken::Kind::text:
        out += "'" + token.text + "'";
        break;
      case HtmlToken::Kind::start:
        out += "<" + token.name;
        for (const auto& [name, value] : token.attributes) {
          out += " " + name + "=" + value;
        }
        out += ">";
        break;
      case HtmlToken::Kind::end:
        out += "</" + token.name + ">";
        break;
    }
  }
  return out;
}

TEST(HtmlTest, TagsAndText) {
  EXPECT_EQ(flat("<P Class='a b' id=x hidden>We &amp; you</p>"), "<p class=a b id=x hidden=>'We & you'</p>");
  EXPECT_EQ(flat("<br/>a<b>c"), "<br>'a'<b>'c'");
}

TEST(HtmlTest, ReferencesAreResolved) {
  EXPECT_EQ(resolve_html_references("&#8217;&#x2019;&rsquo;&nbsp;&eacute;"), "\u2019\u2019\u2019\u00a0\u00e9");
  EXPECT_EQ(resolve_html_references("&#146;"), "\u2019") << "windows-1252, as browsers read it";
  EXPECT_EQ(resolve_html_references("a & b &unknown; &#; &#xZ; &"), "a & b &unknown; &#; &#xZ; &");
  EXPECT_EQ(resolve_html_references("&#0;&#xD800;&#99999999999;"), "\uFFFD\uFFFD\uFFFD");
}

TEST(HtmlTest, RawTextHasNoTags) {
  EXPECT_EQ(flat("<script>if (a<b) '</p>'</script>x"), "<script>'if (a<b) '</p>''</script>'x'");
  EXPECT_EQ(flat("<title>A &amp; B</title>"), "<title>'A & B'</title>");
  EXPECT_EQ(flat("<style>never closed <p>"), "<style>'never closed <p>'");
}

TEST(HtmlTest, DamagedMarkupLosesNoText) {
  EXPECT_EQ(flat("a < b <3 <!-- gone --> c <!doctype html> d </ > e"), "'a ''< b ''<3 '' c '' d '' e'");
  EXPECT_EQ(flat("x<!-- never closed"), "'x'");
  EXPECT_EQ(flat("<p title='open"), "<p title=open>");
  EXPECT_EQ(flat("<"), "'<'");
  EXPECT_EQ(flat("</"), "");
}

TEST(HtmlTest, DeepNestingCostsNothing) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) {
    deep += "<div>";
  }
  deep += "x";
  HtmlReader reader(deep);
  HtmlToken token;
  std::size_t count = 0;
  while (reader.next(token)) {
    ++count;
  }
  EXPECT_EQ(count, 100'001u);
}

}  // namespace
}  // namespace tocsin::wire
