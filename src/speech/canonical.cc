#include "speech/canonical.h"

#include <array>

#include "base/normalize.h"
#include "base/text.h"
#include "trust/digest.h"

namespace tocsin::speech {
namespace {

constexpr char32_t soft_hyphen = 0x00AD;

// U+FB00–FB06: ligatures as their letters.
constexpr std::string_view ligatures[] = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};

bool is_invisible(char32_t c) { return (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF; }

bool is_space(char32_t c) {
  return c == '\t' || c == 0x00A0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

// The plain character that stands for c, or 0.
char plain(char32_t c) {
  switch (c) {
    case 0x2018:
    case 0x2019:
    case 0x201A:
    case 0x201B:
    case 0x2032:
      return '\'';
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x2033:
    case 0x00AB:
    case 0x00BB:
      return '"';
    case 0x2212:
      return '-';
    default:
      return c >= 0x2010 && c <= 0x2015 ? '-' : '\0';
  }
}

struct Range {
  char32_t first;
  char32_t last;
};
// Punctuation, symbols, marks and private use from U+0080 on. Coarse: what is not listed counts as a letter.
constexpr Range not_words[] = {
    {0x0080, 0x00A9}, {0x00AB, 0x00B1},   {0x00B4, 0x00B4},   {0x00B6, 0x00B8}, {0x00BB, 0x00BB}, {0x00BF, 0x00BF},
    {0x00D7, 0x00D7}, {0x00F7, 0x00F7},   {0x02C2, 0x02C5},   {0x02D2, 0x02DF}, {0x0300, 0x036F}, {0x037E, 0x037E},
    {0x0387, 0x0387}, {0x055A, 0x055F},   {0x0589, 0x058A},   {0x05BE, 0x05C7}, {0x060C, 0x060D}, {0x061B, 0x061F},
    {0x064B, 0x065F}, {0x066A, 0x066D},   {0x06D4, 0x06D4},   {0x2000, 0x206F}, {0x20A0, 0x20FF}, {0x2100, 0x2101},
    {0x2103, 0x2106}, {0x2108, 0x2109},   {0x2114, 0x2114},   {0x2116, 0x2118}, {0x211E, 0x2123}, {0x2190, 0x245F},
    {0x2500, 0x2775}, {0x2794, 0x2BFF},   {0x2E00, 0x2E7F},   {0x3000, 0x3004}, {0x3008, 0x3020}, {0x3030, 0x3030},
    {0xD800, 0xF8FF}, {0xFE00, 0xFE6F},   {0xFF00, 0xFF0F},   {0xFF1A, 0xFF20}, {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65},
    {0xFFE0, 0xFFFF}, {0x1F000, 0x1FAFF}, {0xE0000, 0x10FFFF}};

std::string unify_line_ends_and_ligatures(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (c == '\r') {
      out += '\n';
      at += at < text.size() && text[at] == '\n' ? 1 : 0;
    } else if (c == '\f' || c == '\v' || c == 0x0085 || c == 0x2028 || c == 0x2029) {
      out += '\n';
    } else if (c >= 0xFB00 && c <= 0xFB06) {
      out += ligatures[c - 0xFB00];
    } else {
      append_utf8(out, c);
    }
  }
  return out;
}

char32_t last_code_point(std::string_view text) {
  std::size_t at = text.size();
  while (at > 0 && (static_cast<unsigned char>(text[at - 1]) & 0xC0) == 0x80) {
    --at;
  }
  at = at > 0 ? at - 1 : 0;
  return text.empty() ? 0 : next_code_point(text, at);
}

}  // namespace

bool is_word_character(char32_t c) {
  if (c < 0x80) {
    return ascii_alpha(static_cast<char>(c)) || ascii_digit(static_cast<char>(c));
  }
  for (const Range& range : not_words) {
    if (c >= range.first && c <= range.last) {
      return false;
    }
  }
  return true;
}

bool is_small_letter(char32_t c) {
  if (c < 0x80) {
    return c >= 'a' && c <= 'z';
  }
  return is_word_character(c) && fold_case(c) == c;
}

std::string fold_characters(std::string_view text) {
  std::string unified = unify_line_ends_and_ligatures(text);
  if (!surely_nfc(unified)) {
    unified = to_nfc(unified);
  }
  std::string out;
  out.reserve(unified.size());
  for (std::size_t at = 0; at < unified.size();) {
    const char32_t c = next_code_point(unified, at);
    if (c == soft_hyphen) {
      std::size_t next = at;
      while (next < unified.size() && (unified[next] == ' ' || unified[next] == '\t')) {
        ++next;
      }
      if (next < unified.size() && unified[next] == '\n') {
        at = next + 1;
        while (at < unified.size() && (unified[at] == ' ' || unified[at] == '\t')) {
          ++at;
        }
      }
    } else if (is_invisible(c)) {
      continue;
    } else if (is_space(c)) {
      out += ' ';
    } else if (const char mapped = plain(c); mapped != '\0') {
      out += mapped;
    } else {
      append_utf8(out, c);
    }
  }
  return out;
}

std::string join_lines(const std::vector<std::string_view>& lines) {
  std::string out;
  for (const std::string_view line : lines) {
    const std::string_view text = trim(line);
    if (text.empty()) {
      continue;
    }
    bool hyphenated = false;
    if (out.size() >= 2 && out.back() == '-') {
      const char32_t before = last_code_point(std::string_view(out).substr(0, out.size() - 1));
      std::size_t at = 0;
      hyphenated = is_word_character(before) && !(before < 0x80 && ascii_digit(static_cast<char>(before))) &&
                   is_small_letter(next_code_point(text, at));
    }
    if (!out.empty() && !hyphenated) {
      out += ' ';
    }
    for (const char c : text) {
      const bool space = ascii_space(c);
      if (!space || out.back() != ' ') {
        out += space ? ' ' : c;
      }
    }
  }
  return out;
}

std::string letters_and_digits(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (!is_word_character(c)) {
      continue;
    }
    if (c == 0x00DF || c == 0x1E9E) {
      out += "ss";  // the one full folding that European statements meet
    } else {
      append_utf8(out, fold_case(c));
    }
  }
  return out;
}

std::string l1_hash(std::string_view canonical) { return trust::sha256_hex(canonical); }
std::string l2_hash(std::string_view canonical) { return trust::sha256_hex(letters_and_digits(canonical)); }

}  // namespace tocsin::speech
