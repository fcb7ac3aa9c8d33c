#include "speech/lines.h"

#include <algorithm>

#include "base/text.h"
#include "speech/canonical.h"
#include "speech/limits.h"
#include "wire/html.h"

namespace tocsin::speech {
namespace {

constexpr std::size_t look_bytes = 4096;
constexpr std::size_t shown_bytes_max = 400;

bool looks_like_html(std::string_view text) {
  const std::string head = ascii_lower(text.substr(0, look_bytes));
  const std::string_view start = trim(
      std::string_view(head).starts_with("\xEF\xBB\xBF") ? std::string_view(head).substr(3) : std::string_view(head));
  if (start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<?xml")) {
    return true;
  }
  std::size_t tags = 0;
  for (const std::string_view tag :
       {"<html", "<head>", "<body", "<p>", "<p ", "</p>", "<div", "<h1", "<br", "<article", "<meta ", "<ol>", "<li>"}) {
    tags += head.find(tag) != std::string::npos ? 1 : 0;
  }
  return tags >= 2 || (tags == 1 && start.starts_with('<'));
}

// What an HTML page says of its own encoding, in lower case.
std::string declared_charset(std::string_view bytes) {
  const std::string head = ascii_lower(bytes.substr(0, look_bytes));
  const std::size_t at = head.find("charset=");
  if (at == std::string::npos) {
    return {};
  }
  std::string out;
  for (const char c : std::string_view(head).substr(at + 8)) {
    if (c == '"' || c == '\'') {
      if (out.empty()) {
        continue;
      }
      break;
    }
    if (!ascii_alpha(c) && !ascii_digit(c) && c != '-' && c != '_') {
      break;
    }
    out += c;
  }
  return out;
}

std::size_t first_ill_formed(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const char32_t c = next_code_point(text, at);
    if (c == 0xFFFD && text.substr(start, 3) != "\xEF\xBF\xBD") {
      return start;
    }
  }
  return text.size();
}

Result<std::string> to_utf8(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    std::string swapped(bytes.substr(2));
    if (bytes[0] == '\xFE') {
      for (std::size_t at = 0; at + 1 < swapped.size(); at += 2) {
        std::swap(swapped[at], swapped[at + 1]);
      }
    }
    return utf16le_to_utf8({reinterpret_cast<const std::uint8_t*>(swapped.data()), swapped.size()});
  }
  if (bytes.find('\0') != std::string_view::npos) {
    return failure(ErrorCode::unknown_format, "binary content, not a text", {.offset = bytes.find('\0')},
                   "statements are read as text or HTML");
  }
  if (valid_utf8(bytes)) {
    return std::string(bytes);
  }
  const std::string charset = declared_charset(bytes);
  if (charset == "windows-1252" || charset == "iso-8859-1") {
    return wire::windows_1252_to_utf8(bytes);
  }
  return failure(ErrorCode::encoding, "the text is not UTF-8", {.offset = first_ill_formed(bytes)},
                 "save it as UTF-8; the hashes are taken over exact characters, so nothing is guessed");
}

// Inline Markdown: [text](target) is its text, **text** and __text__ too. `bold` says that the whole line was bold.
std::string without_markdown(std::string_view line, bool& bold) {
  bold = line.size() > 4 &&
         ((line.starts_with("**") && line.ends_with("**")) || (line.starts_with("__") && line.ends_with("__")));
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    if (line.substr(at, 2) == "**" || line.substr(at, 2) == "__") {
      at += 2;
      continue;
    }
    if (line[at] == '[') {
      const std::size_t close = line.find("](", at);
      const std::size_t end = close == std::string_view::npos ? close : line.find(')', close);
      if (end != std::string_view::npos && line.substr(at + 1, close - at - 1).find('[') == std::string_view::npos) {
        out += line.substr(at + 1, close - at - 1);
        at = end + 1;
        continue;
      }
    }
    if (line[at] == '\\' && at + 1 < line.size() &&
        std::string_view(".)#*_[]-+").find(line[at + 1]) != std::string_view::npos) {
      ++at;
    }
    out += line[at++];
  }
  return out;
}

}  // namespace

void Lines::drop(std::size_t line, std::string_view text, std::string_view reason) {
  ++dropped_total;
  if (dropped.size() < limits::dropped_lines_max) {
    std::string shown(text.substr(0, shown_bytes_max));
    while (!shown.empty() && shown.size() < text.size() && !valid_utf8(shown)) {
      shown.pop_back();
    }
    dropped.push_back({line, std::move(shown), std::string(reason)});
  }
}

void append_text_lines(std::string_view text, Lines& out) {
  // Physical lines are counted before characters are folded: a form feed ends no line of the file.
  const std::string folded = fold_characters(text);
  std::size_t number = 0;
  for (std::size_t at = 0; at < folded.size() && out.lines.size() < limits::lines_max;) {
    const std::size_t end = std::min(folded.find('\n', at), folded.size());
    std::string_view line = trim(std::string_view(folded).substr(at, end - at));
    ++number;
    at = end + 1;
    Line made{.text = {}, .number = number};
    std::size_t marks = 0;
    while (marks < line.size() && line[marks] == '#') {
      ++marks;
    }
    if (marks > 0 && marks <= 6 && marks < line.size() && line[marks] == ' ') {
      line = trim(line.substr(marks));
      made.heading = true;
    }
    bool bold = false;
    made.text =
        line.find_first_of("*_[\\") == std::string_view::npos ? std::string(line) : without_markdown(line, bold);
    made.heading = made.heading || bold;
    out.lines.push_back(std::move(made));
  }
}

Result<Lines> read_lines(std::string_view bytes) {
  if (bytes.size() > limits::statement_bytes_max) {
    return failure(ErrorCode::limit, "the file is larger than a statement can be (16 MiB)");
  }
  if (bytes.starts_with("%PDF-")) {
    return failure(ErrorCode::unknown_format, "PDF is not read here", {},
                   "take the text out first: pdftotext FILE.pdf - | tocsin statement read -");
  }
  TRY(const std::string text, to_utf8(bytes));
  Lines out;
  if (looks_like_html(text)) {
    out.media = "text/html";
    out.blocks_are_marked = true;
    append_html_lines(text, out);
  } else {
    out.media = "text/plain";
    append_text_lines(text, out);
  }
  if (out.lines.size() >= limits::lines_max) {
    return failure(ErrorCode::limit, "more lines than a statement can have (200,000)");
  }
  return out;
}

}  // namespace tocsin::speech
