#include "speech/compare_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace tocsin::speech {
namespace {

constexpr std::string_view style =
    "body{font:16px/1.5 Georgia,serif;margin:2rem auto;max-width:80rem;padding:0 1rem;color:#1a1a1a;background:#fff}"
    "h1{font-size:1.4rem}table{border-collapse:collapse;width:100%;table-layout:fixed}"
    "td,th{vertical-align:top;text-align:left;padding:.6rem;border-top:1px solid #ccc;overflow-wrap:anywhere}"
    "td.n,th.n{width:3rem;color:#555}ins,del{text-decoration:none;padding:0 .1em;border-radius:2px}"
    "del{background:#ffd7d5}ins{background:#ccf2d4}.light{background:#fff3c4}"
    ".hash{font:12px/1.4 monospace;color:#555}@media print{body{margin:0;max-width:none}"
    "del,ins,.light{border-bottom:2px solid #000;background:none}}";

// Characters that would leave the text or turn it round are shown by their number.
bool is_unsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2061 && c <= 0x206F) || (c >= 0xE0000 && c <= 0xE0FFF);
}

void escape(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (is_unsafe(c)) {
          out += fmt::format("[U+{:04X}]", static_cast<std::uint32_t>(c));
        } else {
          append_utf8(out, c);
        }
    }
  }
}

struct Mark {
  Span span;
  DifferenceClass kind;
};

void marked(std::string& out, std::string_view text, std::vector<Mark> marks, std::string_view element) {
  std::stable_sort(marks.begin(), marks.end(),
                   [](const Mark& x, const Mark& y) { return x.span.begin < y.span.begin; });
  std::size_t at = 0;
  for (const Mark& mark : marks) {
    if (mark.span.begin < at || mark.span.end <= mark.span.begin || mark.span.end > text.size()) {
      continue;
    }
    escape(out, text.substr(at, mark.span.begin - at));
    const bool light = mark.kind == DifferenceClass::typographic || mark.kind == DifferenceClass::spelling;
    out +=
        fmt::format("<{} title=\"{}\"{}>", element, difference_class_text(mark.kind), light ? " class=\"light\"" : "");
    escape(out, text.substr(mark.span.begin, mark.span.end - mark.span.begin));
    out += fmt::format("</{}>", element);
    at = mark.span.end;
  }
  escape(out, text.substr(at));
}

void heading(std::string& out, const Manifestation& one) {
  out += "<th>";
  escape(out, one.file);
  out += fmt::format("<div class=\"hash\">text {}<br>file {}</div></th>", one.text_l1, one.raw_sha256);
}

}  // namespace

std::string compare_page(const Manifestation& a, const Manifestation& b, const Comparison& comparison) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>Two texts of a statement</title><style>";
  out += style;
  out += "</style></head><body><h1>";
  escape(out, !a.title.empty() ? a.title : !b.title.empty() ? b.title : "Two texts of a statement");
  out +=
      fmt::format("</h1><p>Result: <strong>{}</strong>, {} difference{}. Neither text is marked as the right one.</p>",
                  comparison.verdict(), comparison.differences.size(), comparison.differences.size() == 1 ? "" : "s");
  out += "<table><thead><tr><th class=\"n\">¶</th>";
  heading(out, a);
  heading(out, b);
  out += "</tr></thead><tbody>\n";
  std::vector<std::vector<Mark>> left(a.paragraphs.size());
  std::vector<std::vector<Mark>> right(b.paragraphs.size());
  for (const Difference& one : comparison.differences) {
    if (one.a_paragraph < left.size()) {
      left[one.a_paragraph].push_back({one.a_span, one.kind});
    }
    if (one.b_paragraph < right.size()) {
      right[one.b_paragraph].push_back({one.b_span, one.kind});
    }
  }
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    out += fmt::format("<tr><td class=\"n\">{}</td><td>",
                       i < left.size() ? a.paragraphs[i].number : b.paragraphs[i].number);
    if (i < left.size()) {
      marked(out, a.paragraphs[i].text, left[i], "del");
    }
    out += "</td><td>";
    if (i < right.size()) {
      marked(out, b.paragraphs[i].text, right[i], "ins");
    }
    out += "</td></tr>\n";
  }
  out += "</tbody></table></body></html>\n";
  return out;
}

}  // namespace tocsin::speech
