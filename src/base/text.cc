#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace tocsin {
namespace {

struct FoldRun {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t step;
  std::int32_t delta;
};

constexpr auto fold_runs = std::to_array<FoldRun>({
#include "base/case_folding.inc"
});

constexpr char32_t replacement = 0xFFFD;

char* put_utf8(char* out, char32_t c) {
  if (c < 0x80) {
    *out++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *out++ = static_cast<char>(0xC0 | (c >> 6));
    *out++ = static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    *out++ = static_cast<char>(0xE0 | (c >> 12));
    *out++ = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    *out++ = static_cast<char>(0x80 | (c & 0x3F));
  } else {
    *out++ = static_cast<char>(0xF0 | (c >> 18));
    *out++ = static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    *out++ = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    *out++ = static_cast<char>(0x80 | (c & 0x3F));
  }
  return out;
}

// Length of the well-formed sequence at `at`, or 0; `bad` gets the length of the maximal ill-formed part.
std::size_t sequence(std::string_view text, std::size_t at, char32_t& c, std::size_t& bad) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(at);
  bad = 1;
  if (lead < 0x80) {
    c = lead;
    return 1;
  }
  std::size_t length = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
    c = lead & 0x1F;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    c = lead & 0x0F;
    low = lead == 0xE0 ? 0xA0 : 0x80;
    high = lead == 0xED ? 0x9F : 0xBF;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    c = lead & 0x07;
    low = lead == 0xF0 ? 0x90 : 0x80;
    high = lead == 0xF4 ? 0x8F : 0xBF;
  } else {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i >= text.size() || byte(at + i) < low || byte(at + i) > high) {
      bad = i;
      return 0;
    }
    c = (c << 6) | (byte(at + i) & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return length;
}

}  // namespace

bool is_ascii(std::string_view text) {
  // Without an early end, so that it runs at the speed of memory.
  unsigned char seen = 0;
  for (const char c : text) {
    seen |= static_cast<unsigned char>(c);
  }
  return seen < 0x80;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return ascii_lower(c); });
  return out;
}

bool ascii_iequals(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

bool ascii_istarts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && ascii_iequals(text.substr(0, prefix.size()), prefix);
}

bool ascii_iends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && ascii_iequals(text.substr(text.size() - suffix.size()), suffix);
}

std::size_t ascii_ifind(std::string_view text, std::string_view needle, std::size_t from) {
  if (needle.empty()) {
    return from <= text.size() ? from : std::string_view::npos;
  }
  for (std::size_t at = from; at + needle.size() <= text.size(); ++at) {
    if (ascii_lower(text[at]) == ascii_lower(needle[0]) && ascii_iequals(text.substr(at, needle.size()), needle)) {
      return at;
    }
  }
  return std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && ascii_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && ascii_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

char32_t fold_case(char32_t c) {
  if (c < 0x80) {
    return static_cast<char32_t>(static_cast<unsigned char>(ascii_lower(static_cast<char>(c))));
  }
  const auto* run = std::upper_bound(fold_runs.begin(), fold_runs.end(), static_cast<std::uint32_t>(c),
                                     [](std::uint32_t value, const FoldRun& r) { return value < r.first; });
  if (run == fold_runs.begin()) {
    return c;
  }
  --run;
  const auto code = static_cast<std::uint32_t>(c);
  if (code > run->last || (code - run->first) % run->step != 0) {
    return c;
  }
  return static_cast<char32_t>(static_cast<std::int64_t>(code) + run->delta);
}

void fold_case_append(std::string_view text, std::string& out) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<std::uint8_t>(text[at]);
    if (lead < 0x80) {
      out += ascii_lower(text[at++]);
      continue;
    }
    char32_t c = 0;
    std::size_t bad = 0;
    const std::size_t length = sequence(text, at, c, bad);
    if (length == 0) {
      out.append(text.substr(at, bad));
      at += bad;
      continue;
    }
    append_utf8(out, fold_case(c));
    at += length;
  }
}

std::string fold_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  fold_case_append(text, out);
  return out;
}

char32_t next_code_point(std::string_view text, std::size_t& at) {
  char32_t c = 0;
  std::size_t bad = 0;
  const std::size_t length = sequence(text, at, c, bad);
  if (length == 0) {
    ++at;
    return replacement;
  }
  at += length;
  return c;
}

void append_utf8(std::string& out, char32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) {
    c = replacement;
  }
  std::array<char, 4> buffer{};
  const char* end = put_utf8(buffer.data(), c);
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

bool valid_utf8(std::string_view text) {
  constexpr std::size_t block = 32;  // of ASCII, which most text is
  std::size_t at = 0;
  while (at < text.size()) {
    if (at + block <= text.size()) {
      std::uint64_t words[block / sizeof(std::uint64_t)];
      std::memcpy(words, text.data() + at, sizeof words);
      if (((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080ULL) == 0) {
        at += block;
        continue;
      }
    }
    char32_t c = 0;
    std::size_t bad = 0;
    const std::size_t length = sequence(text, at, c, bad);
    if (length == 0) {
      return false;
    }
    at += length;
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    char32_t c = 0;
    std::size_t bad = 0;
    const std::size_t length = sequence(text, at, c, bad);
    if (length == 0) {
      append_utf8(out, replacement);
      at += bad;
    } else {
      out.append(text.substr(at, length));
      at += length;
    }
  }
  return out;
}

std::size_t utf16le_to_utf8(std::span<const std::uint8_t> bytes, char* out) {
  const char* begin = out;
  const std::size_t units = bytes.size() / 2;
  const auto unit = [&](std::size_t i) {
    return static_cast<char32_t>(bytes[2 * i] | (static_cast<std::uint32_t>(bytes[2 * i + 1]) << 8));
  };
  for (std::size_t i = 0; i < units; ++i) {
    char32_t c = unit(i);
    if (c >= 0xD800 && c < 0xE000) {
      if (c < 0xDC00 && i + 1 < units && unit(i + 1) >= 0xDC00 && unit(i + 1) < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (unit(i + 1) - 0xDC00);
        ++i;
      } else {
        c = replacement;
      }
    }
    out = put_utf8(out, c);
  }
  return static_cast<std::size_t>(out - begin);
}

std::string utf16le_to_utf8(std::span<const std::uint8_t> bytes) {
  std::string out(bytes.size() / 2 * 3, '\0');
  out.resize(utf16le_to_utf8(bytes, out.data()));
  return out;
}

std::optional<std::int64_t> parse_int64(std::string_view text) {
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') {
      return std::nullopt;
    }
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> parse_uint64(std::string_view text, bool allow_hex) {
  int base = 10;
  if (allow_hex && text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return value;
}

std::optional<double> parse_double(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace tocsin
