#include "report/visible.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <iterator>

#include "base/text.h"

namespace tocsin::report {
namespace {

struct Range {
  char32_t first, last;
};

// Sorted. Sources: Unicode general categories Cc, Cf, Zl, Zp and the non-characters.
constexpr auto unsafe_ranges = std::to_array<Range>({
    {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x34F, 0x34F},     {0x600, 0x605},     {0x61C, 0x61C},
    {0x6DD, 0x6DD},   {0x70F, 0x70F},   {0x115F, 0x1160}, {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},
    {0x2028, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
});

constexpr auto zero_ranges = std::to_array<Range>({
    {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},
    {0x670, 0x670},   {0x6D6, 0x6DC},   {0x6DF, 0x6E4},   {0x900, 0x902},   {0x93C, 0x93C},
    {0x941, 0x948},   {0x94D, 0x94D},   {0xE31, 0xE31},   {0xE34, 0xE3A},   {0xE47, 0xE4E},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE20, 0xFE2F},
});

constexpr auto wide_ranges = std::to_array<Range>({
    {0x1100, 0x115E},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
    {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18AFF},
    {0x1B000, 0x1B2FF}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
});

template <std::size_t Count>
bool in(const std::array<Range, Count>& ranges, char32_t c) {
  for (const Range& range : ranges) {
    if (c <= range.last) {
      return c >= range.first;
    }
  }
  return false;
}

struct LookAlike {
  char32_t c;
  std::string_view ascii;
};
constexpr auto look_alikes = std::to_array<LookAlike>({
    {U'·', "|"},
    {U'…', "..."},
    {U'–', "-"},
    {U'—', "-"},
    {U'→', "->"},
    {U'●', "*"},
    {U'○', "o"},
    {U'│', "|"},
    {U'─', "-"},
    {U'✓', "+"},
    {U'✗', "x"},
    {U'×', "x"},
    {U'’', "'"},
});

std::size_t width_of(char32_t c) {
  if (c < 0x300) {
    return 1;
  }
  return in(zero_ranges, c) ? 0 : in(wide_ranges, c) ? 2 : 1;
}

}  // namespace

bool is_unsafe(char32_t c) {
  if (c >= 0x20 && c < 0x7F) {
    return false;
  }
  return in(unsafe_ranges, c) || (c & 0xFFFE) == 0xFFFE;
}

void append_visible(std::string& out, std::string_view text, Charset charset) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    while (at < text.size() && text[at] >= 0x20 && text[at] < 0x7F) {
      ++at;
    }
    out.append(text.substr(begin, at - begin));
    if (at == text.size()) {
      return;
    }
    const char32_t c = next_code_point(text, at);
    if (c == U'\n') {
      out += "\\n";
    } else if (c == U'\t') {
      out += "\\t";
    } else if (c == U'\r') {
      out += "\\r";
    } else if (is_unsafe(c)) {
      const auto code = static_cast<std::uint32_t>(c);
      if (code < 0x100) {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", code);
      } else {
        fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", code);
      }
    } else if (charset == Charset::ascii) {
      std::string_view ascii;
      for (const LookAlike& look_alike : look_alikes) {
        if (look_alike.c == c) {
          ascii = look_alike.ascii;
        }
      }
      if (ascii.empty()) {
        fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<std::uint32_t>(c));
      } else {
        out.append(ascii);
      }
    } else {
      append_utf8(out, c);
    }
  }
}

std::string visible(std::string_view text, Charset charset) {
  std::string out;
  out.reserve(text.size());
  append_visible(out, text, charset);
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    columns += width_of(next_code_point(text, at));
  }
  return columns;
}

Cut cut_to_width(std::string_view text, std::size_t columns) {
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const std::size_t width = width_of(next_code_point(text, at));
    if (used + width > columns) {
      return {text.substr(0, begin), used};
    }
    used += width;
  }
  return {text, used};
}

}  // namespace tocsin::report
