#include "ingest/text/log_time.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace tocsin::ingest {
namespace {

constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};

int month_number(std::string_view name) {
  for (std::size_t i = 0; i < months.size(); ++i) {
    if (ascii_iequals(name, months[i])) {
      return static_cast<int>(i) + 1;
    }
  }
  return 0;
}

bool valid_day(std::int64_t year, int month, int day) {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) {
    return false;
  }
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= days[static_cast<std::size_t>(month - 1)] + (leap && month == 2 ? 1 : 0);
}

// Reads a text from left to right; every reader returns false and leaves the place unchanged or undefined on mismatch.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  std::size_t at() const { return at_; }
  std::string_view rest() const { return text_.substr(at_); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) {
      return false;
    }
    ++at_;
    return true;
  }
  bool blanks() {
    const std::size_t before = at_;
    while (take(' ')) {
    }
    return at_ != before;
  }
  // Between `least` and `most` digits.
  bool number(int least, int most, int& out) {
    int digits = 0;
    int value = 0;
    while (digits < most && ascii_digit(peek())) {
      value = value * 10 + (peek() - '0');
      ++at_;
      ++digits;
    }
    out = value;
    return digits >= least && !(digits == most && ascii_digit(peek()));
  }
  bool month(int& out) {
    out = month_number(text_.substr(at_, 3));
    at_ += out != 0 ? 3 : 0;
    return out != 0;
  }
  // "14:12", "14:12:30", "14:12:30.123"
  bool clock(CivilTime& c) {
    if (!number(1, 2, c.hour) || !take(':') || !number(2, 2, c.minute) || c.hour > 23 || c.minute > 59) {
      return false;
    }
    if (!take(':')) {
      return true;
    }
    if (!number(2, 2, c.second) || c.second > 60) {
      return false;
    }
    if ((peek() == '.' || peek() == ',') && at_ + 1 < text_.size() && ascii_digit(text_[at_ + 1])) {
      ++at_;
      int scale = Time::ticks_per_second / 10;
      while (ascii_digit(peek())) {
        c.ticks += (peek() - '0') * scale;
        scale /= 10;
        ++at_;
      }
    }
    return true;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<ParsedTime> finish(const CivilTime& c, std::string_view zone) {
  if (!valid_day(c.year, c.month, c.day)) {
    return std::nullopt;
  }
  ParsedTime out{from_civil(c), false};
  zone = trim(zone);
  if (zone.empty()) {
    return out;
  }
  if (zone == "GMT") {
    out.has_zone = true;
    return out;
  }
  const auto offset = parse_utc_offset(zone);
  if (!offset) {
    return std::nullopt;
  }
  out.time.ticks -= *offset * Time::ticks_per_second;
  out.has_zone = true;
  return out;
}

// "07.03.2021 14:12:42", "3/7/2021 2:12:30 PM", "07-03-2021 14:12"
std::optional<ParsedTime> parse_day_month_year(std::string_view text) {
  Cursor cursor(text);
  CivilTime c;
  int first = 0;
  int second = 0;
  int year = 0;
  if (!cursor.number(1, 2, first)) {
    return std::nullopt;
  }
  const char separator = cursor.peek();
  if ((separator != '.' && separator != '/' && separator != '-') || !cursor.take(separator) ||
      !cursor.number(1, 2, second) || !cursor.take(separator) || !cursor.number(4, 4, year)) {
    return std::nullopt;
  }
  const bool month_first = separator == '/' && first <= 12;
  c.year = year;
  c.month = month_first ? first : second;
  c.day = month_first ? second : first;
  cursor.take(',');
  if (cursor.at_end()) {
    return finish(c, {});
  }
  if (!cursor.blanks() || !cursor.clock(c)) {
    return std::nullopt;
  }
  std::string_view rest = trim(cursor.rest());
  if (rest.size() >= 2 && ascii_lower(rest[1]) == 'm' && (ascii_lower(rest[0]) == 'a' || ascii_lower(rest[0]) == 'p')) {
    if (c.hour < 1 || c.hour > 12) {
      return std::nullopt;
    }
    c.hour = c.hour % 12 + (ascii_lower(rest[0]) == 'p' ? 12 : 0);
    rest.remove_prefix(2);
  }
  return finish(c, rest);
}

// "Sun, 07 Mar 2021 14:12:30 +0000", "Sun Mar  7 14:12:30 2021", "Mar 07 2021 14:12:30", with or without the day of the
// week.
std::optional<ParsedTime> parse_named_month(std::string_view text) {
  Cursor cursor(text);
  CivilTime c;
  int year = 0;
  if (ascii_alpha(cursor.peek()) && month_number(text.substr(0, 3)) == 0) {
    for (int i = 0; i < 3; ++i) {
      if (!ascii_alpha(cursor.peek()) || !cursor.take(cursor.peek())) {
        return std::nullopt;
      }
    }
    cursor.take(',');
    cursor.blanks();
  }
  if (ascii_digit(cursor.peek())) {
    if (!cursor.number(1, 2, c.day) || !(cursor.blanks() || cursor.take('-')) || !cursor.month(c.month) ||
        !(cursor.blanks() || cursor.take('-')) || !cursor.number(4, 4, year) || !cursor.blanks() || !cursor.clock(c)) {
      return std::nullopt;
    }
    c.year = year;
    return finish(c, cursor.rest());
  }
  if (!cursor.month(c.month) || !cursor.blanks() || !cursor.number(1, 2, c.day)) {
    return std::nullopt;
  }
  cursor.take(',');
  if (!cursor.blanks()) {
    return std::nullopt;
  }
  const std::string_view rest = cursor.rest();
  const bool year_first = rest.size() > 4 && rest[4] == ' ';
  if (year_first && !(cursor.number(4, 4, year) && cursor.blanks() && cursor.clock(c))) {
    return std::nullopt;
  }
  if (!year_first && !(cursor.clock(c) && cursor.blanks() && cursor.number(4, 4, year))) {
    return std::nullopt;
  }
  c.year = year;
  return finish(c, cursor.rest());
}

}  // namespace

std::optional<Time> parse_date_and_time(std::string_view date, std::string_view time) {
  Cursor day(date);
  CivilTime c;
  int year = 0;
  if (!day.number(4, 4, year) || !(day.take('-') || day.take('/')) || !day.number(1, 2, c.month) ||
      !(day.take('-') || day.take('/')) || !day.number(1, 2, c.day) || !day.at_end() ||
      !valid_day(year, c.month, c.day)) {
    return std::nullopt;
  }
  c.year = year;
  Cursor clock(time);
  if (!clock.clock(c) || !clock.at_end()) {
    return std::nullopt;
  }
  return from_civil(c);
}

std::optional<ParsedTime> parse_clf_time(std::string_view text) {
  Cursor cursor(text);
  CivilTime c;
  int year = 0;
  if (!cursor.number(1, 2, c.day) || !cursor.take('/') || !cursor.month(c.month) || !cursor.take('/') ||
      !cursor.number(4, 4, year) || !cursor.take(':') || !cursor.clock(c)) {
    return std::nullopt;
  }
  c.year = year;
  return finish(c, cursor.rest());
}

std::optional<Time> parse_epoch_seconds(std::string_view text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  if (dot == 0 || dot > 11) {
    return std::nullopt;
  }
  std::int64_t seconds = 0;
  for (std::size_t i = 0; i < dot; ++i) {
    if (!ascii_digit(text[i])) {
      return std::nullopt;
    }
    seconds = seconds * 10 + (text[i] - '0');
  }
  std::int64_t ticks = 0;
  std::int64_t scale = Time::ticks_per_second / 10;
  for (std::size_t i = dot + 1; i < text.size(); ++i) {
    if (!ascii_digit(text[i])) {
      return std::nullopt;
    }
    ticks += (text[i] - '0') * scale;
    scale /= 10;
  }
  return Time{seconds * Time::ticks_per_second + ticks};
}

std::optional<ParsedTime> parse_syslog_time(std::string_view text, std::int64_t modified_seconds, std::size_t& used) {
  Cursor cursor(text);
  CivilTime c;
  int year = 0;
  cursor.take('*');  // Cisco marks an unsynchronised clock
  cursor.take('.');
  if (ascii_digit(cursor.peek())) {
    if (!cursor.number(4, 4, year) || !cursor.blanks()) {
      return std::nullopt;
    }
  }
  if (!cursor.month(c.month) || !cursor.blanks() || !cursor.number(1, 2, c.day) || !cursor.blanks()) {
    return std::nullopt;
  }
  if (year == 0 && cursor.rest().size() > 4 && cursor.rest()[4] == ' ') {
    if (!cursor.number(4, 4, year) || !cursor.blanks()) {
      return std::nullopt;
    }
  }
  if (!cursor.clock(c)) {
    return std::nullopt;
  }
  used = cursor.at();
  if (year != 0) {
    c.year = year;
  } else {
    constexpr std::int64_t year_9999 = 253'370'764'800;
    constexpr std::int64_t year_1971 = 31'536'000;
    const std::int64_t modified = std::clamp<std::int64_t>(modified_seconds, 0, year_9999);
    if (modified < year_1971) {
      c.year = c.month == 2 && c.day == 29 ? 1972 : 1970;
    } else {
      const Time latest = Time::from_seconds(modified + 86'400);
      c.year = to_civil(latest).year;
      // February 29 needs a leap year: at most eight years back.
      for (int back = 0; back < 8 && (!valid_day(c.year, c.month, c.day) || from_civil(c) > latest); ++back) {
        --c.year;
      }
    }
  }
  if (!valid_day(c.year, c.month, c.day)) {
    return std::nullopt;
  }
  return ParsedTime{from_civil(c), false};
}

std::optional<ParsedTime> parse_log_time(std::string_view text) {
  text = trim(text);
  if (text.size() < 8 || text.size() > 64) {
    return std::nullopt;
  }
  if (ascii_alpha(text.front())) {
    return parse_named_month(text);
  }
  if (!ascii_digit(text.front())) {
    return std::nullopt;
  }
  if ((text[4] == '-' || text[4] == '/') && ascii_digit(text[1]) && ascii_digit(text[2]) && ascii_digit(text[3])) {
    if (auto iso = parse_iso8601(text)) {
      return iso;
    }
    // "2021-03-07 14:12:30 UTC", "2021-03-07 14:12:30 +01:00"
    const std::size_t zone = text.rfind(' ');
    if (zone != std::string_view::npos && zone > 10) {
      const auto iso = parse_iso8601(text.substr(0, zone));
      const auto offset = parse_utc_offset(text.substr(zone + 1));
      if (iso && offset && !iso->has_zone) {
        return ParsedTime{{iso->time.ticks - *offset * Time::ticks_per_second}, true};
      }
    }
    return std::nullopt;
  }
  if (const auto whole = parse_uint64(text)) {
    constexpr std::int64_t second = Time::ticks_per_second;
    const auto value = static_cast<std::int64_t>(*whole);
    switch (text.size()) {
      case 9:
      case 10:
        return ParsedTime{{value * second}, true};
      case 13:
        return ParsedTime{{value * (second / 1000)}, true};
      case 16:
        return ParsedTime{{value * (second / 1'000'000)}, true};
      case 18:
        return ParsedTime{Time::from_filetime(*whole), true};
      case 19:
        return ParsedTime{{value / 100}, true};
      default:
        return std::nullopt;
    }
  }
  if (text.size() > 9 && (text[9] == '.' || (text.size() > 10 && text[10] == '.'))) {
    if (const auto epoch = parse_epoch_seconds(text)) {
      return ParsedTime{*epoch, true};
    }
  }
  if (text.size() > 6 && (text[2] == '/' || text[1] == '/') && ascii_alpha(text[text[2] == '/' ? 3 : 2])) {
    return parse_clf_time(text);
  }
  if (auto numbers = parse_day_month_year(text)) {
    return numbers;
  }
  return parse_named_month(text);
}

void set_time(event::Event& event, const ParsedTime& time, const DecodeOptions& options) {
  event.time = time.time;
  if (!time.has_zone) {
    event.time = options.to_utc(event.time);
    event.assumed_zone = true;
  }
}

}  // namespace tocsin::ingest
