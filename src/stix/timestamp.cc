#include "stix/timestamp.h"

#include <fmt/format.h>

#include "base/text.h"

namespace tocsin::stix {
namespace {

constexpr std::size_t fraction_digits = 18;

// Takes `count` digits, or gives -1.
int take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count) {
    return -1;
  }
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!ascii_digit(text[i])) {
      return -1;
    }
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

int days_in_month(int year, int month) {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

}  // namespace

std::optional<Instant> parse_timestamp(std::string_view text) {
  CivilTime civil;
  const int year = take_number(text, 4);
  // Each field in its place, or the whole is no timestamp.
  const auto field = [&](char before, int& number, int least, int most) {
    number = take(text, before) ? take_number(text, 2) : -1;
    return number >= least && number <= most;
  };
  if (year < 0 || !field('-', civil.month, 1, 12) || !field('-', civil.day, 1, days_in_month(year, civil.month)) ||
      !field('T', civil.hour, 0, 23) || !field(':', civil.minute, 0, 59) || !field(':', civil.second, 0, 60)) {
    return std::nullopt;
  }
  civil.year = year;
  if (civil.second == 60 && (civil.hour != 23 || civil.minute != 59 || civil.day != days_in_month(year, civil.month))) {
    return std::nullopt;
  }
  Instant fraction = 0;
  if (take(text, '.')) {
    std::size_t digits = 0;
    while (!text.empty() && ascii_digit(text.front())) {
      if (digits < fraction_digits) {
        fraction = fraction * 10 + (text.front() - '0');
      }
      ++digits;
      text.remove_prefix(1);
    }
    if (digits == 0) {
      return std::nullopt;
    }
    for (; digits < fraction_digits; ++digits) {
      fraction *= 10;
    }
  }
  if (text != "Z") {
    return std::nullopt;
  }
  return from_time(from_civil(civil)) + fraction;
}

std::string timestamp_text(Instant instant) {
  Instant seconds = instant / instants_per_second;
  Instant fraction = instant % instants_per_second;
  if (fraction < 0) {
    fraction += instants_per_second;
    --seconds;
  }
  const CivilTime civil = to_civil(Time::from_seconds(static_cast<std::int64_t>(seconds)));
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", civil.year, civil.month, civil.day, civil.hour,
                                civil.minute, civil.second);
  if (fraction != 0) {
    std::string digits = fmt::format("{:018}", static_cast<std::int64_t>(fraction));
    digits.erase(digits.find_last_not_of('0') + 1);
    out += '.' + digits;
  }
  return out + 'Z';
}

}  // namespace tocsin::stix
