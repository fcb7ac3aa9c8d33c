#include "speech/manifestation.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "speech/canonical.h"
#include "speech/limits.h"
#include "trust/digest.h"

namespace tocsin::speech {
namespace {

enum class Where : std::uint8_t { whole, starts, holds };
struct Boilerplate {
  Where where;
  std::string_view pattern;
  std::string_view reason;
};
constexpr Boilerplate boilerplate[] = {
#define BOILERPLATE(where, pattern, reason) {Where::where, pattern, reason},
#include "speech/boilerplate.def"
#undef BOILERPLATE
};
constexpr std::size_t boilerplate_words_max = 40;

std::size_t word_count(std::string_view text) {
  std::size_t count = 0;
  bool inside = false;
  for (const char c : text) {
    count += c != ' ' && !inside ? 1 : 0;
    inside = c != ' ';
  }
  return count;
}

// Does a text end where a sentence may end? Closing quotes and brackets do not count.
bool ends_sentence(std::string_view text) {
  while (!text.empty() && std::string_view("\"')] ").find(text.back()) != std::string_view::npos) {
    text.remove_suffix(1);
  }
  return !text.empty() && std::string_view(".!?").find(text.back()) != std::string_view::npos;
}

bool starts_small(std::string_view text) {
  std::size_t at = 0;
  return !text.empty() && is_small_letter(next_code_point(text, at));
}

bool is_bullet(std::string_view text) {
  return text.starts_with("- ") || text.starts_with("* ") || text.starts_with("\xE2\x80\xA2") || text.starts_with("o ");
}

// "Page 2 of 5", "2/5", "- 2 -", "2".
bool is_page_number(std::string_view line) {
  std::string text = ascii_lower(line);
  if (text.starts_with("page ")) {
    text.erase(0, 5);
  }
  std::size_t figures = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (ascii_digit(text[at])) {
      ++figures;
    } else if (text[at] == 'o' && text.substr(at, 2) == "of") {
      ++at;
    } else if (text[at] != ' ' && text[at] != '/' && text[at] != '-') {
      return false;
    }
  }
  return figures > 0 && figures <= 6;
}

// ---- Numbered paragraphs -----------------------------------------------------------------------------------

// How a number is written. The first one decides for a text; a list in another style inside it is part of the text.
enum class Style : std::uint8_t { dot, bracket, brackets, square, sign, colon, dash, roman };

struct Marker {
  std::size_t number = 0;
  Style style = Style::dot;
  std::size_t length = 0;  // up to the text
};

std::size_t roman_value(std::string_view text) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto value = [](char c) -> std::size_t {
      return c == 'I' ? 1 : c == 'V' ? 5 : c == 'X' ? 10 : c == 'L' ? 50 : 0;
    };
    if (value(text[i]) == 0) {
      return 0;
    }
    const bool smaller = i + 1 < text.size() && value(text[i]) < value(text[i + 1]);
    total = smaller ? total - value(text[i]) : total + value(text[i]);
  }
  return total;
}

// The number at the start of a line (§8.1 step 5, and the other ways in which numbers are set).
std::optional<Marker> marker_at(std::string_view line) {
  Marker out;
  std::size_t at = 0;
  char open = '\0';
  if (line.starts_with("\xC2\xA7") || line.starts_with("\xC2\xB6")) {
    at = 2;
    open = 'S';
  } else if (line.starts_with('(') || line.starts_with('[')) {
    open = line[0];
    at = 1;
  }
  while (open == 'S' && at < line.size() && line[at] == ' ') {
    ++at;
  }
  const std::size_t digits = at;
  while (at < line.size() && ascii_digit(line[at])) {
    ++at;
  }
  if (at == digits && open == '\0') {
    while (at < line.size() && std::string_view("IVXL").find(line[at]) != std::string_view::npos) {
      ++at;
    }
    out.number = roman_value(line.substr(0, at));
    if (out.number == 0 || at > 7 || line.substr(at, 2) != ". ") {
      return std::nullopt;
    }
    out.style = Style::roman;
  } else {
    if (at == digits || at - digits > 3) {
      return std::nullopt;
    }
    out.number = static_cast<std::size_t>(*parse_uint64(line.substr(digits, at - digits)));
  }
  const char after = at < line.size() ? line[at] : '\0';
  if (open == '(' || open == '[') {
    if (after != (open == '(' ? ')' : ']')) {
      return std::nullopt;
    }
    out.style = open == '(' ? Style::brackets : Style::square;
    ++at;
  } else if (open == 'S') {
    out.style = Style::sign;
    at += after == '.' || after == ')' ? 1 : 0;
  } else if (after == '.' || after == ')' || after == ':') {
    out.style = out.style == Style::roman ? Style::roman
                : after == '.'            ? Style::dot
                : after == ')'            ? Style::bracket
                                          : Style::colon;
    ++at;
    at += after == '.' && at < line.size() && line[at] == ')' ? 1 : 0;
  } else if (after == ' ' && at + 2 < line.size() && line[at + 1] == '-' && line[at + 2] == ' ') {
    out.style = Style::dash;
    at += 2;
  } else {
    return std::nullopt;
  }
  // Space behind it, or the end of the line, or a capital letter set close.
  if (at < line.size() && line[at] != ' ') {
    std::size_t next = at;
    const char32_t c = next_code_point(line, next);
    const bool capital = is_word_character(c) && !is_small_letter(c) && !ascii_digit(line[at]);
    if (!capital) {
      return std::nullopt;
    }
  }
  while (at < line.size() && line[at] == ' ') {
    ++at;
  }
  out.length = at;
  return out;
}

struct Start {
  std::size_t line;
  std::size_t length;
};

std::vector<Start> numbered_starts(const std::vector<Line>& lines) {
  std::vector<Start> out;
  std::optional<Style> style;
  for (std::size_t i = 0; i < lines.size() && out.size() < limits::paragraphs_max; ++i) {
    const auto marker = marker_at(lines[i].text);
    if (!marker || marker->number != out.size() + 1 || (style && marker->style != *style)) {
      continue;
    }
    if (marker->length == lines[i].text.size() &&
        (i + 1 >= lines.size() || is_page_number(lines[i].text) ||
         std::none_of(lines.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                      lines.begin() + static_cast<std::ptrdiff_t>(std::min(i + 4, lines.size())),
                      [](const Line& line) { return !line.text.empty(); }))) {
      continue;
    }
    style = marker->style;
    out.push_back({i, marker->length});
  }
  return out;
}

// ---- Building ----------------------------------------------------------------------------------------------

class Reader {
 public:
  Reader(Lines lines, Manifestation& out)
      : lines_(std::move(lines.lines)), marked_(lines.blocks_are_marked), source_(lines), out_(out) {}

  bool read() {
    set_boilerplate_aside();
    const std::vector<Start> starts = numbered_starts(lines_);
    std::size_t words_before = 0;
    for (std::size_t i = 0; !starts.empty() && i < starts.front().line; ++i) {
      words_before += ends_sentence(lines_[i].text) ? word_count(lines_[i].text) : 0;
    }
    std::size_t words_inside = 0;
    for (std::size_t i = starts.empty() ? lines_.size() : starts.front().line; i < lines_.size(); ++i) {
      words_inside += word_count(lines_[i].text);
    }
    const bool numbered = starts.size() >= 2 ? words_before < words_inside : starts.size() == 1 && words_before < 6;
    if (numbered) {
      read_numbered(starts);
    } else {
      read_plain();
    }
    return !out_.paragraphs.empty();
  }

  void finish() {
    read_header(header_, footer_, out_);
    for (const Line& line : header_) {
      if (!line.text.empty()) {
        out_.header.push_back(line.text);
      }
    }
    for (const Line& line : footer_) {
      if (!line.text.empty()) {
        out_.footer.push_back(line.text);
      }
    }
    out_.dropped = std::move(source_.dropped);
    out_.dropped_total = source_.dropped_total;
  }

 private:
  bool alone(std::size_t i) const {
    const bool before = i == 0 || lines_[i - 1].text.empty();
    const bool after = i + 1 == lines_.size() || lines_[i + 1].text.empty();
    return before && after;
  }

  bool beside_gap(std::size_t i) const {
    return i == 0 || i + 1 == lines_.size() || lines_[i - 1].text.empty() || lines_[i + 1].text.empty();
  }

  // Lines that a rule explains go; the gap that they leave ends no sentence.
  void set_boilerplate_aside() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].text.empty()) {
        continue;
      }
      std::string_view reason;
      if (beside_gap(i) && is_page_number(lines_[i].text)) {
        reason = "page number";
      } else if (alone(i) || marked_ || (beside_gap(i) && word_count(lines_[i].text) <= 6)) {
        reason = boilerplate_reason(lines_[i].text);
      }
      if (!reason.empty()) {
        source_.drop(lines_[i].number, lines_[i].text, reason);
        lines_[i].text.clear();
      }
    }
  }

  void add_paragraph(std::size_t number, const std::vector<std::string_view>& parts) {
    Paragraph made;
    made.number = number;
    made.text = join_lines(parts);
    if (made.text.empty() || out_.paragraphs.size() >= limits::paragraphs_max) {
      return;
    }
    made.l1 = l1_hash(made.text);
    made.l2 = l2_hash(made.text);
    made.sentences = split_sentences(made.text);
    if (!ends_sentence(made.text) && made.text.back() != ':' && made.text.back() != ';') {
      out_.incomplete.push_back(number);
    }
    out_.paragraphs.push_back(std::move(made));
  }

  void read_numbered(const std::vector<Start>& starts) {
    out_.numbered = true;
    header_.assign(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(starts.front().line));
    for (std::size_t n = 0; n < starts.size(); ++n) {
      const bool last = n + 1 == starts.size();
      const std::size_t end = last ? lines_.size() : starts[n + 1].line;
      std::vector<std::string_view> parts = {std::string_view(lines_[starts[n].line].text).substr(starts[n].length)};
      bool gap = false;
      std::size_t i = starts[n].line + 1;
      for (; i < end; ++i) {
        const std::string_view text = lines_[i].text;
        if (text.empty()) {
          gap = true;
          continue;
        }
        const bool ended = gap && ends_sentence(join_tail(parts));
        if (ended && last) {
          break;
        }
        if ((ended && is_heading(i, end)) || lines_[i].heading) {
          source_.drop(lines_[i].number, text, "heading between paragraphs");
          continue;
        }
        parts.push_back(text);
        gap = false;
      }
      add_paragraph(n + 1, parts);
      if (last) {
        footer_.assign(lines_.begin() + static_cast<std::ptrdiff_t>(std::min(i, lines_.size())), lines_.end());
      }
    }
  }

  static std::string_view join_tail(const std::vector<std::string_view>& parts) {
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      if (!part->empty()) {
        return *part;
      }
    }
    return {};
  }

  // A short line without a full stop, alone before the next number.
  bool is_heading(std::size_t i, std::size_t end) const {
    if (word_count(lines_[i].text) > 12 || ends_sentence(lines_[i].text) || starts_small(lines_[i].text)) {
      return false;
    }
    return std::all_of(lines_.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                       lines_.begin() + static_cast<std::ptrdiff_t>(end),
                       [](const Line& line) { return line.text.empty(); });
  }

  struct Block {
    std::vector<std::string_view> parts;
    std::size_t first_line = 0;
    bool heading = false;
  };

  // Lines that were never wrapped are paragraphs, also without blank lines between them.
  bool lines_are_paragraphs() const {
    std::size_t longest = 0;
    for (const Line& line : lines_) {
      longest = std::max(longest, line.text.size());
    }
    return longest > 200;
  }

  std::vector<Block> make_blocks() const {
    const bool by_line = !marked_ && lines_are_paragraphs();
    std::vector<Block> out;
    bool open = false;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const Line& line = lines_[i];
      if (line.text.empty()) {
        open = false;
        continue;
      }
      const bool next_paragraph = by_line && open && !starts_small(line.text) && !is_bullet(line.text);
      if (!open || next_paragraph || line.heading || out.back().heading) {
        out.push_back({.parts = {}, .first_line = i, .heading = line.heading});
      }
      out.back().parts.push_back(line.text);
      open = true;
    }
    return out;
  }

  void read_plain() {
    const std::vector<Block> blocks = make_blocks();
    const auto is_prose = [](const Block& block) {
      std::size_t words = 0;
      for (const std::string_view part : block.parts) {
        words += word_count(part);
      }
      const std::string_view tail = block.parts.back();
      return !block.heading && words >= 6 &&
             (ends_sentence(tail) || tail.back() == ':' || tail.back() == ';' || words >= 40);
    };
    std::size_t first = 0;
    while (first < blocks.size() && !is_prose(blocks[first])) {
      ++first;
    }
    if (first == blocks.size()) {
      header_ = lines_;
      return;
    }
    header_.assign(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(blocks[first].first_line));
    std::size_t last = blocks.size();
    while (last > first + 1 && !is_prose(blocks[last - 1]) && !continues(blocks[last - 2], blocks[last - 1])) {
      --last;
    }
    if (last < blocks.size()) {
      // A text that was cut off goes on for some words; what is shorter stands below the text.
      std::size_t words = 0;
      for (const std::string_view part : blocks[last].parts) {
        words += word_count(part);
      }
      last += words >= 12 && !blocks[last].heading ? 1 : 0;
    }
    std::vector<std::string_view> parts;
    for (std::size_t i = first; i < last; ++i) {
      const bool goes_on = !parts.empty() && continues_text(parts, blocks[i]);
      if (!parts.empty() && !goes_on) {
        add_paragraph(out_.paragraphs.size() + 1, parts);
        parts.clear();
      }
      if (!goes_on && !is_prose(blocks[i]) && i + 1 < last && !continues(blocks[i], blocks[i + 1])) {
        for (const std::string_view part : blocks[i].parts) {
          source_.drop(lines_[blocks[i].first_line].number, part, "heading between paragraphs");
        }
        continue;
      }
      for (std::string_view part : blocks[i].parts) {
        parts.push_back(part);
      }
    }
    add_paragraph(out_.paragraphs.size() + 1, parts);
    if (last < blocks.size()) {
      footer_.assign(lines_.begin() + static_cast<std::ptrdiff_t>(blocks[last].first_line), lines_.end());
    }
  }

  static bool continues(const Block& before, const Block& block) { return continues_text(before.parts, block); }

  // Does a block go on with the text before the gap (a page break, a list)?
  static bool continues_text(const std::vector<std::string_view>& before, const Block& block) {
    const std::string_view tail = join_tail(before);
    if (tail.empty() || block.heading || ends_sentence(tail)) {
      return !tail.empty() && !block.heading && is_bullet(block.parts.front()) && is_bullet(tail);
    }
    return starts_small(block.parts.front()) || is_bullet(block.parts.front()) || tail.back() == ',' ||
           tail.back() == ';';
  }

  std::vector<Line> lines_;
  bool marked_;
  Lines source_;
  Manifestation& out_;
  std::vector<Line> header_;
  std::vector<Line> footer_;
};

void finish_text(Manifestation& out) {
  std::string whole;
  for (const Paragraph& paragraph : out.paragraphs) {
    whole += whole.empty() ? "" : "\n";
    whole += paragraph.text;
  }
  out.text_l1 = trust::sha256_hex(whole);
  out.language = guess_language(whole);
}

}  // namespace

std::string_view boilerplate_reason(std::string_view line) {
  if (word_count(line) > boilerplate_words_max) {
    return {};
  }
  const std::string folded = fold_case(trim(line));
  for (const Boilerplate& rule : boilerplate) {
    const bool met = rule.where == Where::whole    ? folded == rule.pattern
                     : rule.where == Where::starts ? folded.starts_with(rule.pattern) && word_count(line) <= 12
                                                   : folded.find(rule.pattern) != std::string::npos;
    if (met) {
      return rule.reason;
    }
  }
  return {};
}

const Paragraph* Manifestation::paragraph(std::size_t number) const {
  for (const Paragraph& one : paragraphs) {
    if (one.number == number) {
      return &one;
    }
  }
  return nullptr;
}

Result<Manifestation> read_manifestation(std::string_view bytes, std::string file) {
  TRY(Lines lines, read_lines(bytes));
  Manifestation out;
  out.file = std::move(file);
  out.media = lines.media;
  out.raw_sha256 = trust::sha256_hex(bytes);
  Reader reader(std::move(lines), out);
  const bool found = reader.read();
  reader.finish();
  if (!found) {
    return failure(ErrorCode::unknown_format, "no paragraph of a statement was found", {},
                   "a paragraph is a numbered one, or a text of at least six words that ends a sentence");
  }
  finish_text(out);
  return out;
}

Manifestation manifestation_of(const std::vector<std::string>& paragraphs, std::string file) {
  Manifestation out;
  out.file = std::move(file);
  out.media = "text/plain";
  for (const std::string& text : paragraphs) {
    Paragraph made;
    made.number = out.paragraphs.size() + 1;
    made.text = join_lines({text});
    made.l1 = l1_hash(made.text);
    made.l2 = l2_hash(made.text);
    made.sentences = split_sentences(made.text);
    out.paragraphs.push_back(std::move(made));
  }
  finish_text(out);
  return out;
}

}  // namespace tocsin::speech
