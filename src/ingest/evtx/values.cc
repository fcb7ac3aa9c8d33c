#include "ingest/evtx/values.h"

#include <charconv>
#include <cmath>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <fmt/format.h>

#include "base/text.h"

namespace tocsin::ingest::evtx {
namespace {

using event::Value;
using event::ValueKind;

template <class Number>
Number load(const std::uint8_t* data) {
  Number value{};
  std::memcpy(&value, data, sizeof(Number));
  return value;
}

constexpr char digit(std::uint32_t value) { return static_cast<char>('0' + value % 10); }

void two(char* out, std::uint32_t value) {
  out[0] = digit(value / 10);
  out[1] = digit(value);
}

constexpr std::string_view upper_digits = "0123456789ABCDEF";
constexpr std::string_view lower_digits = "0123456789abcdef";

// Writes one code point, three bytes at most for a UTF-16 unit and four for a pair.
char* put(char* out, std::uint32_t c) {
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

}  // namespace

std::size_t fixed_size(std::uint8_t type) {
  switch (type) {
    case type_int8:
    case type_uint8:
      return 1;
    case type_int16:
    case type_uint16:
      return 2;
    case type_int32:
    case type_uint32:
    case type_real32:
    case type_boolean:
    case type_hex32:
      return 4;
    case type_int64:
    case type_uint64:
    case type_real64:
    case type_filetime:
    case type_hex64:
      return 8;
    case type_guid:
    case type_systemtime:
      return 16;
    default:
      return 0;
  }
}

ValueRenderer::ValueRenderer(const Codepage& codepage) : codepage_(codepage) {
  std::memcpy(date_.data(), "1970-01-01", 10);
}

Value ValueRenderer::render(const SlotValue& value) {
  const auto bytes = value.bytes();
  if (value.type == type_string || value.type == type_xml) {
    return {utf16(bytes), ValueKind::text};
  }
  if (value.type == type_ansi) {
    return {ansi(bytes), ValueKind::text};
  }
  if (value.type == type_null || bytes.empty()) {
    return {std::string_view(""), ValueKind::null};
  }
  const std::uint8_t* data = value.data;
  const std::size_t size = fixed_size(value.type);
  if (size > bytes.size()) {
    return {hex(bytes), ValueKind::text};
  }
  switch (value.type) {
    case type_int8:
      return {decimal(static_cast<std::int32_t>(load<std::int8_t>(data))), ValueKind::integer};
    case type_uint8:
      return {decimal(static_cast<std::uint32_t>(data[0])), ValueKind::integer};
    case type_int16:
      return {decimal(static_cast<std::int32_t>(load<std::int16_t>(data))), ValueKind::integer};
    case type_uint16:
      return {decimal(static_cast<std::uint32_t>(load<std::uint16_t>(data))), ValueKind::integer};
    case type_int32:
      return {decimal(load<std::int32_t>(data)), ValueKind::integer};
    case type_uint32:
      return {decimal(load<std::uint32_t>(data)), ValueKind::integer};
    case type_int64:
      return {decimal(load<std::int64_t>(data)), ValueKind::integer};
    case type_uint64:
      return {decimal(load<std::uint64_t>(data)), ValueKind::integer};
    case type_real32:
      return real(load<float>(data));
    case type_real64:
      return real(load<double>(data));
    case type_boolean:
      return {load<std::uint32_t>(data) != 0 ? std::string_view("true") : std::string_view("false"),
              ValueKind::boolean};
    case type_guid:
      return {guid(bytes), ValueKind::text};
    case type_size:
    case type_handle:
      if (bytes.size() != 4 && bytes.size() != 8) {
        return {hex(bytes), ValueKind::text};
      }
      return {hex_number(bytes.size() == 4 ? load<std::uint32_t>(data) : load<std::uint64_t>(data)), ValueKind::text};
    case type_filetime:
      return {filetime(load<std::uint64_t>(data)), ValueKind::text};
    case type_systemtime:
      return {systemtime(bytes), ValueKind::text};
    case type_sid:
      return {sid(bytes), ValueKind::text};
    case type_hex32:
      return {hex_number(load<std::uint32_t>(data)), ValueKind::text};
    case type_hex64:
      return {hex_number(load<std::uint64_t>(data)), ValueKind::text};
    default:
      return {hex(bytes), ValueKind::text};
  }
}

std::string_view ValueRenderer::utf16(std::span<const std::uint8_t> bytes) {
  std::size_t units = bytes.size() / 2;
  while (units != 0 && load<std::uint16_t>(bytes.data() + 2 * (units - 1)) == 0) {
    --units;
  }
  if (units == 0) {
    return std::string_view("");
  }
  const std::uint8_t* in = bytes.data();
  char* const begin = arena_->allocate(units * 3);
  char* out = begin;
  std::size_t i = 0;
  while (i < units) {
#if defined(__SSE2__)
    while (i + 16 <= units) {
      const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + 2 * i));
      const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + 2 * i + 16));
      const __m128i beyond = _mm_and_si128(_mm_or_si128(low, high), _mm_set1_epi16(static_cast<short>(0xFF80)));
      if (_mm_movemask_epi8(_mm_cmpeq_epi16(beyond, _mm_setzero_si128())) != 0xFFFF) {
        break;
      }
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_packus_epi16(low, high));
      out += 16;
      i += 16;
    }
#endif
    const std::size_t stop = i + 16 < units ? i + 16 : units;
    while (i < stop) {
      std::uint32_t c = load<std::uint16_t>(in + 2 * i++);
      if (c < 0x80) {
        *out++ = static_cast<char>(c);
        continue;
      }
      if (c >= 0xD800 && c < 0xE000) {
        const std::uint32_t next = i < units ? load<std::uint16_t>(in + 2 * i) : 0U;
        if (c < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
          c = 0x10000 + ((c - 0xD800) << 10) + (next - 0xDC00);
          ++i;
        } else {
          c = 0xFFFD;
        }
      }
      out = put(out, c);
    }
  }
  const auto length = static_cast<std::size_t>(out - begin);
  arena_->shrink_last(units * 3 - length);
  return {begin, length};
}

std::string_view ValueRenderer::ansi(std::span<const std::uint8_t> bytes) {
  std::size_t size = bytes.size();
  while (size != 0 && bytes[size - 1] == 0) {
    --size;
  }
  return to_utf8({reinterpret_cast<const char*>(bytes.data()), size}, codepage_, *arena_);
}

std::string_view ValueRenderer::hex(std::span<const std::uint8_t> bytes) {
  char* out = arena_->allocate(bytes.size() * 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = upper_digits[bytes[i] >> 4];
    out[2 * i + 1] = upper_digits[bytes[i] & 15];
  }
  return {out, bytes.size() * 2};
}

std::string_view ValueRenderer::guid(std::span<const std::uint8_t> bytes) {
  // The first three groups are little-endian numbers.
  constexpr std::array<std::uint8_t, 16> order = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  constexpr std::size_t length = 38;
  char* const begin = arena_->allocate(length);
  char* out = begin;
  *out++ = '{';
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      *out++ = '-';
    }
    *out++ = lower_digits[bytes[order[i]] >> 4];
    *out++ = lower_digits[bytes[order[i]] & 15];
  }
  *out = '}';
  return {begin, length};
}

std::string_view ValueRenderer::sid(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 8 || bytes.size() < 8 + std::size_t{bytes[1]} * 4) {
    return hex(bytes);
  }
  std::uint64_t authority = 0;
  for (std::size_t i = 2; i < 8; ++i) {
    authority = (authority << 8) | bytes[i];
  }
  const std::size_t room = 32 + std::size_t{bytes[1]} * 11;
  char* const begin = arena_->allocate(room);
  char* out = begin;
  *out++ = 'S';
  *out++ = '-';
  out = std::to_chars(out, begin + room, static_cast<std::uint32_t>(bytes[0])).ptr;
  *out++ = '-';
  out = std::to_chars(out, begin + room, authority).ptr;
  for (std::size_t i = 0; i < bytes[1]; ++i) {
    *out++ = '-';
    out = std::to_chars(out, begin + room, load<std::uint32_t>(bytes.data() + 8 + 4 * i)).ptr;
  }
  const auto length = static_cast<std::size_t>(out - begin);
  arena_->shrink_last(room - length);
  return {begin, length};
}

std::string_view ValueRenderer::filetime(std::uint64_t filetime) {
  constexpr std::uint64_t ticks_per_day = 864'000'000'000;
  // Years beyond 9999 have no RFC 3339 form; such values mean "never" and stay numbers.
  constexpr std::uint64_t end_of_years = 2'650'467'744'000'000'000;
  if (filetime >= end_of_years) {
    return decimal(filetime);
  }
  const auto day = static_cast<std::int64_t>(filetime / ticks_per_day) - 134'774;
  if (day != day_) {
    const CivilTime civil = to_civil(Time::from_filetime(filetime));
    const auto year = static_cast<std::uint32_t>(civil.year);
    two(date_.data(), year / 100);
    two(date_.data() + 2, year % 100);
    date_[4] = '-';
    two(date_.data() + 5, static_cast<std::uint32_t>(civil.month));
    date_[7] = '-';
    two(date_.data() + 8, static_cast<std::uint32_t>(civil.day));
    day_ = day;
  }
  const std::uint64_t within = filetime % ticks_per_day;
  const auto seconds = static_cast<std::uint32_t>(within / 10'000'000);
  auto ticks = static_cast<std::uint32_t>(within % 10'000'000);
  constexpr std::size_t room = 28;
  char* const begin = arena_->allocate(room);
  std::memcpy(begin, date_.data(), 10);
  begin[10] = 'T';
  two(begin + 11, seconds / 3600);
  begin[13] = ':';
  two(begin + 14, seconds / 60 % 60);
  begin[16] = ':';
  two(begin + 17, seconds % 60);
  std::size_t length = 19;
  if (ticks != 0) {
    const std::size_t digits = ticks % 10 != 0 ? 7 : ticks % 10'000 != 0 ? 6 : 3;
    begin[19] = '.';
    for (std::size_t i = 7; i-- > 0; ticks /= 10) {
      if (i < digits) {
        begin[20 + i] = digit(ticks);
      }
    }
    length = 20 + digits;
  }
  begin[length++] = 'Z';
  arena_->shrink_last(room - length);
  return {begin, length};
}

std::string_view ValueRenderer::systemtime(std::span<const std::uint8_t> bytes) {
  const auto part = [&](std::size_t i) {
    return static_cast<std::uint32_t>(load<std::uint16_t>(bytes.data() + 2 * i));
  };
  constexpr std::size_t room = 64;
  char* const out = arena_->allocate(room);
  const auto end = fmt::format_to_n(out, room, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", part(0), part(1), part(3),
                                    part(4), part(5), part(6), part(7))
                       .out;
  const auto length = static_cast<std::size_t>(end - out);
  arena_->shrink_last(room - length);
  return {out, length};
}

std::string_view ValueRenderer::hex_number(std::uint64_t value) {
  constexpr std::size_t room = 18;
  char* const out = arena_->allocate(room);
  out[0] = '0';
  out[1] = 'x';
  const char* end = std::to_chars(out + 2, out + room, value, 16).ptr;
  const auto length = static_cast<std::size_t>(end - out);
  arena_->shrink_last(room - length);
  return {out, length};
}

template <class Number>
std::string_view ValueRenderer::decimal(Number value) {
  constexpr std::size_t room = 20;
  char* const out = arena_->allocate(room);
  const char* end = std::to_chars(out, out + room, value).ptr;
  const auto length = static_cast<std::size_t>(end - out);
  arena_->shrink_last(room - length);
  return {out, length};
}

// Shortest text that reads back as the same number; infinities and NaN are no numbers to a rule.
template <class Number>
Value ValueRenderer::real(Number value) {
  constexpr std::size_t room = 64;
  char* const out = arena_->allocate(room);
  const char* end = fmt::format_to_n(out, room, "{}", value).out;
  const auto length = static_cast<std::size_t>(end - out);
  arena_->shrink_last(room - length);
  return {{out, length}, std::isfinite(value) ? ValueKind::real : ValueKind::text};
}

ArrayElements::ArrayElements(const SlotValue& array) : array_(array) {
  array_.type = static_cast<std::uint8_t>(array.type & ~array_flag);
  step_ = static_cast<std::uint32_t>(fixed_size(array_.type));
}

event::Value ArrayElements::of_none(const SlotValue& array) {
  const int type = array.type & ~array_flag;
  return {std::string_view(""), type == type_string || type == type_ansi ? ValueKind::text : ValueKind::null};
}

bool ArrayElements::next(SlotValue& element) {
  if (at_ >= array_.size) {
    return false;
  }
  const std::uint8_t* data = array_.data + at_;
  const std::uint32_t left = array_.size - at_;
  std::uint32_t size = left;
  std::uint32_t used = left;
  if (array_.type == type_string) {
    // Each ends with a zero; the last one may do without.
    for (std::uint32_t i = 0; i + 2 <= left; i += 2) {
      if (data[i] == 0 && data[i + 1] == 0) {
        size = i;
        used = i + 2;
        break;
      }
    }
  } else if (array_.type == type_ansi) {
    for (std::uint32_t i = 0; i < left; ++i) {
      if (data[i] == 0) {
        size = i;
        used = i + 1;
        break;
      }
    }
  } else if (array_.type == type_sid && left >= 8) {
    size = used = 8 + std::uint32_t{data[1]} * 4 <= left ? 8 + std::uint32_t{data[1]} * 4 : left;
  } else if (array_.type == type_size) {
    size = used = left < 8 ? left : array_.size % 8 == 0 ? 8 : 4;
  } else if (step_ != 0) {
    size = used = left < step_ ? left : step_;
  }
  element = {data, size, array_.type};
  at_ += used;
  return true;
}

}  // namespace tocsin::ingest::evtx
