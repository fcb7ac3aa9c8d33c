#include "report/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>

namespace tocsin::report {

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) {
    digits.insert(at - 3, 1, ',');
  }
  return digits;
}

std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(number), noun, number == 1 ? "" : "s");
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> units = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) {
    return fmt::format("{} B", bytes);
  }
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string duration_text(double seconds) {
  if (!(seconds >= 0)) {
    return "0 s";
  }
  if (seconds < 10) {
    return fmt::format("{:.2f} s", seconds);
  }
  if (seconds < 60) {
    return fmt::format("{:.1f} s", seconds);
  }
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < 3600) {
    return fmt::format("{} min {} s", whole / 60, whole % 60);
  }
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string moment(Time time) {
  if (!time.known()) {
    return "time not known";
  }
  const CivilTime civil = to_civil(time);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", civil.year, civil.month, civil.day, civil.hour,
                     civil.minute, civil.second);
}

std::string span_of(Time first, Time last) {
  std::string from = moment(first);
  if (!first.known() || !last.known()) {
    return first.known() ? from : moment(last);
  }
  const std::string to = moment(last);
  if (from == to) {
    return from;
  }
  const std::size_t date = from.find(' ');
  return from.compare(0, date, to, 0, date) == 0 ? from + " – " + to.substr(date + 1) : from + " – " + to;
}

std::string short_span(Time first, Time last) {
  if (!first.known() || !last.known()) {
    return first.known() ? moment(first).substr(0, 16) : "";
  }
  std::string from = moment(first);
  const std::string to = moment(last);
  if (from.substr(0, 10) != to.substr(0, 10)) {
    return from.substr(0, 10) + " – " + to.substr(0, 10);
  }
  const bool same_minute = from.substr(0, 16) == to.substr(0, 16);
  return same_minute ? from.substr(0, 16) : from.substr(0, 16) + " – " + to.substr(11, 5);
}

std::string_view state_title(verdict::State state) {
  switch (state) {
    case verdict::State::compromised:
      return "Compromised";
    case verdict::State::attacked_no_sign_of_success:
      return "Attacked, no sign of success";
    case verdict::State::no_sign_in_covered_period:
      return "No sign in the covered period";
    case verdict::State::not_checkable:
      return "Not checkable";
  }
  return "Not checkable";
}

std::string scope_title(std::string_view scope) {
  if (scope == "*") {
    return "everything read";
  }
  return scope.empty() ? "this installation" : std::string(scope);
}

std::string place(std::string_view source, std::uint64_t record) { return fmt::format("{}#{}", source, record); }

namespace {

int severity_order(verdict::State state) {
  switch (state) {
    case verdict::State::compromised:
      return 0;
    case verdict::State::attacked_no_sign_of_success:
      return 1;
    case verdict::State::not_checkable:
      return 2;
    case verdict::State::no_sign_in_covered_period:
      return 3;
  }
  return 3;
}

}  // namespace

std::vector<const verdict::Verdict*> verdicts_by_severity(const Report& report) {
  std::vector<const verdict::Verdict*> order;
  for (const verdict::Verdict& verdict : report.verdicts) {
    order.push_back(&verdict);
  }
  std::sort(order.begin(), order.end(), [](const verdict::Verdict* a, const verdict::Verdict* b) {
    const int first = severity_order(a->state), second = severity_order(b->state);
    return first != second ? first < second : std::less<>{}(a, b);
  });
  return order;
}

bool is_quiet(const verdict::Verdict& verdict) {
  return verdict.stages.empty() && verdict.noted.empty() && verdict.scope != "*" &&
         (verdict.state == verdict::State::no_sign_in_covered_period || verdict.state == verdict::State::not_checkable);
}

std::string uri_of(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~!$&'()*+,;=@/").find(c) != std::string_view::npos;
    if (c == '\\') {
      out += '/';
    } else if (plain) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", byte);
    }
  }
  return out;
}

std::string indicators_text(const IndicatorSummary& indicators) {
  if (indicators.lists.empty()) {
    return "";
  }
  std::string types;
  for (const auto& [type, count] : indicators.by_type) {
    types += (types.empty() ? "" : ", ") + grouped(count) + " " + type;
  }
  std::string out = fmt::format("{} from {} of {}{}; {} found", counted(indicators.loaded, "indicator"),
                                grouped(indicators.given) + " entries", counted(indicators.lists.size(), "list"),
                                types.empty() ? "" : " (" + types + ")", grouped(indicators.found));
  const std::pair<std::uint64_t, std::string_view> rest[] = {
      {indicators.rejected, "rejected"},
      {indicators.repeated, "repeated"},
      {indicators.not_for_detection, "not meant for detection"},
      {indicators.revoked, "revoked"},
      {indicators.unsupported, "of types that cannot be searched"},
      {indicators.patterns, "of them matched as whole STIX patterns"},
      {indicators.false_friends, "set aside as false friends"}};
  for (const auto& [count, what] : rest) {
    if (count != 0) {
      out += fmt::format(", {} {}", grouped(count), what);
    }
  }
  return out;
}

std::string yara_text(const YaraSummary& yara) {
  if (yara.files.empty()) {
    return "";
  }
  std::string out =
      fmt::format("{} loaded of {} from {}; {} ({}) and {} of events scanned; {} found", counted(yara.loaded, "rule"),
                  grouped(yara.given), counted(yara.files.size(), "file"), counted(yara.files_scanned, "file"),
                  bytes_text(yara.bytes_scanned), counted(yara.values_scanned, "value"), grouped(yara.found));
  const std::pair<std::uint64_t, std::string_view> rest[] = {
      {yara.rejected, "rejected"},
      {yara.files_too_large, "files too large (--yara-max-size)"},
      {yara.gave_up, "scans given up (--yara-timeout)"},
      {yara.strings_cut, "strings with too many matches"}};
  for (const auto& [count, what] : rest) {
    if (count != 0) {
      out += fmt::format(", {} {}", grouped(count), what);
    }
  }
  return out;
}

}  // namespace tocsin::report
