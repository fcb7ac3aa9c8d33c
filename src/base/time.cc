#include "base/time.h"

#include <array>
#include <cstdio>

namespace tocsin {
namespace {

constexpr std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c || at_end()) {
      return false;
    }
    ++at_;
    return true;
  }
  // Exactly `count` digits.
  bool digits(int count, int& out) {
    int value = 0;
    for (int i = 0; i < count; ++i) {
      const char c = peek();
      if (c < '0' || c > '9') {
        return false;
      }
      value = value * 10 + (c - '0');
      ++at_;
    }
    out = value;
    return true;
  }
  // One or more digits as a fraction of a second, cut to 100 ns.
  bool fraction(int& ticks) {
    int value = 0;
    int scale = 0;
    bool any = false;
    while (peek() >= '0' && peek() <= '9') {
      any = true;
      if (scale < 7) {
        value = value * 10 + (peek() - '0');
        ++scale;
      }
      ++at_;
    }
    for (; scale < 7; ++scale) {
      value *= 10;
    }
    ticks = value;
    return any;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

constexpr bool valid(const CivilTime& c) {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (c.month < 1 || c.month > 12 || c.day < 1 || c.hour > 24 || c.minute > 59 || c.second > 60) {
    return false;
  }
  const bool leap = (c.year % 4 == 0 && c.year % 100 != 0) || c.year % 400 == 0;
  return c.day <= days[static_cast<std::size_t>(c.month - 1)] + (leap && c.month == 2 ? 1 : 0);
}

bool read_offset(Reader& reader, std::int32_t& seconds) {
  if (reader.take('Z') || reader.take('z')) {
    seconds = 0;
    return true;
  }
  const int sign = reader.peek() == '-' ? -1 : 1;
  if (!reader.take('+') && !reader.take('-')) {
    return false;
  }
  int hours = 0;
  int minutes = 0;
  if (!reader.digits(2, hours)) {
    return false;
  }
  const bool colon = reader.take(':');
  if (colon || (reader.peek() >= '0' && reader.peek() <= '9')) {
    if (!reader.digits(2, minutes)) {
      return false;
    }
  }
  if (hours > 18 || minutes > 59) {
    return false;
  }
  seconds = sign * (hours * 3600 + minutes * 60);
  return true;
}

}  // namespace

CivilTime to_civil(Time time) {
  const std::int64_t seconds = floor_divide(time.ticks, Time::ticks_per_second);
  const std::int64_t days = floor_divide(seconds, 86'400);
  const auto second_of_day = static_cast<int>(seconds - days * 86'400);
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = floor_divide(shifted, 146'097);
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  CivilTime c;
  c.day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  c.month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  c.year = year_of_era + era * 400 + (c.month <= 2 ? 1 : 0);
  c.hour = second_of_day / 3600;
  c.minute = second_of_day / 60 % 60;
  c.second = second_of_day % 60;
  c.ticks = static_cast<int>(time.ticks - seconds * Time::ticks_per_second);
  return c;
}

Time from_civil(const CivilTime& c) {
  const std::int64_t seconds = days_from_civil(c.year, c.month, c.day) * 86'400 + std::int64_t{c.hour} * 3600 +
                               std::int64_t{c.minute} * 60 + c.second;
  return {seconds * Time::ticks_per_second + c.ticks};
}

std::string rfc3339(Time time) {
  if (!time.known()) {
    return {};
  }
  const CivilTime c = to_civil(time);
  std::array<char, 64> buffer{};
  int length = std::snprintf(buffer.data(), buffer.size(), "%04lld-%02d-%02dT%02d:%02d:%02d",
                             static_cast<long long>(c.year), c.month, c.day, c.hour, c.minute, c.second);
  if (c.ticks != 0) {
    if (c.ticks % 10'000 == 0) {
      length += std::snprintf(&buffer[static_cast<std::size_t>(length)], 16, ".%03d", c.ticks / 10'000);
    } else if (c.ticks % 10 == 0) {
      length += std::snprintf(&buffer[static_cast<std::size_t>(length)], 16, ".%06d", c.ticks / 10);
    } else {
      length += std::snprintf(&buffer[static_cast<std::size_t>(length)], 16, ".%07d", c.ticks);
    }
  }
  std::string out(buffer.data(), static_cast<std::size_t>(length));
  out += 'Z';
  return out;
}

std::optional<ParsedTime> parse_iso8601(std::string_view text) {
  Reader reader(text);
  CivilTime c;
  int year = 0;
  if (!reader.digits(4, year)) {
    return std::nullopt;
  }
  c.year = year;
  const char separator = reader.peek();
  if ((separator != '-' && separator != '/') || !reader.take(separator) || !reader.digits(2, c.month) ||
      !reader.take(separator) || !reader.digits(2, c.day)) {
    return std::nullopt;
  }
  ParsedTime out;
  if (!reader.at_end()) {
    if (!reader.take('T') && !reader.take('t') && !reader.take(' ')) {
      return std::nullopt;
    }
    if (!reader.digits(2, c.hour) || !reader.take(':') || !reader.digits(2, c.minute)) {
      return std::nullopt;
    }
    if (reader.take(':')) {
      if (!reader.digits(2, c.second)) {
        return std::nullopt;
      }
      if ((reader.take('.') || reader.take(',')) && !reader.fraction(c.ticks)) {
        return std::nullopt;
      }
    }
    reader.take(' ');
    if (!reader.at_end()) {
      std::int32_t offset = 0;
      if (!read_offset(reader, offset)) {
        // A trailing "UTC" or "GMT" is common in exports.
        if (!(reader.take('U') && reader.take('T') && reader.take('C')) &&
            !(reader.take('G') && reader.take('M') && reader.take('T'))) {
          return std::nullopt;
        }
      }
      if (!reader.at_end()) {
        return std::nullopt;
      }
      out.has_zone = true;
      if (!valid(c)) {
        return std::nullopt;
      }
      out.time = from_civil(c);
      out.time.ticks -= std::int64_t{offset} * Time::ticks_per_second;
      return out;
    }
  }
  if (!valid(c)) {
    return std::nullopt;
  }
  out.time = from_civil(c);
  return out;
}

std::optional<std::int32_t> parse_utc_offset(std::string_view text) {
  if (text == "UTC" || text == "utc" || text == "GMT") {
    return 0;
  }
  Reader reader(text);
  std::int32_t seconds = 0;
  if (!read_offset(reader, seconds) || !reader.at_end()) {
    return std::nullopt;
  }
  return seconds;
}

}  // namespace tocsin
