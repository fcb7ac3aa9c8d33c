#include "council/page.h"

#include <algorithm>

#include "report/visible.h"
#include "trust/digest.h"

namespace tocsin::council {
namespace {

constexpr std::string_view page_style =
    "body{font:11pt/1.45 Georgia,serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"
    "h1{font-size:1.5em;margin:0 0 .2em}h2{font-size:1.1em;border-bottom:1px solid #888;margin:1.6em 0 .5em}"
    "table{border-collapse:collapse;width:100%}td{vertical-align:top;padding:.15em .8em .15em 0}"
    "td:first-child{white-space:nowrap;color:#444;font-family:monospace;font-size:.85em}"
    "td+td{overflow-wrap:anywhere}pre{white-space:pre-wrap;font:inherit;border-left:3px solid #888;padding-left:1em}"
    ".verdict{font-size:1.2em;font-weight:bold;margin:.4em 0 1em}"
    ".banner{position:sticky;top:0;background:#fff;border:2px solid "
    "#111;padding:.3em;font-weight:bold;text-align:center}"
    "@media "
    "print{.banner{position:fixed;left:0;right:0}.banner+*{margin-top:4em}body{margin:0;max-width:none;font-size:10pt}"
    "h2{break-after:avoid}tr{break-inside:avoid}}"
    "@page{margin:2cm}";

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
}

// Lines of a text, each safe to look at.
std::string visible_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    out += report::visible(line) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string page_begin(std::string_view title, std::string_view banner) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-" +
      trust::sha256_base64(page_style) + "'\"><meta name=\"viewport\" content=\"width=device-width\"><title>";
  append_escaped(out, banner.empty() ? std::string(title) : "EXERCISE: " + std::string(title));
  out += "</title><style>";
  out += page_style;
  out += "</style></head><body>\n";
  if (!banner.empty()) {
    out += "<p class=\"banner\">";
    append_escaped(out, banner);
    out += "</p>\n";
  }
  return out;
}

void append_row(std::string& out, std::string_view head, std::string_view text) {
  out += "<tr><td>";
  append_escaped(out, head);
  out += "</td><td>";
  append_escaped(out, text);
  out += "</td></tr>\n";
}

}  // namespace tocsin::council
