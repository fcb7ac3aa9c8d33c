#include "verdict/paths.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace tocsin::verdict {

namespace {

int hex_digit(char c) {
  if (ascii_digit(c)) {
    return c - '0';
  }
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Puts the components of `path` together again without empty, "." and ".." ones.
std::string resolve(std::string_view path, char separator, bool leading) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(separator), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part == "..") {
      if (!parts.empty()) {
        parts.pop_back();
      }
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  std::string out;
  for (const std::string_view part : parts) {
    if (leading || !out.empty()) {
      out += separator;
    }
    out += part;
  }
  return out;
}

bool below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) &&
         (path.size() == folder.size() || path[folder.size()] == '/' || path[folder.size()] == '?');
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0) {
      decoded += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
      at += 2;
    } else {
      decoded += text[at];
    }
  }
  return decoded;
}

std::string normal_url_path(std::string_view path) {
  std::string decoded = percent_decoded(path);
  for (char& c : decoded) {
    c = c == '\\' ? '/' : ascii_lower(c);
  }
  std::string out = resolve(decoded, '/', true);
  if (decoded.ends_with('/')) {
    out += '/';
  }
  return out;
}

std::string_view back_end_service(std::string_view path, std::string_view query) {
  if (below(path, "/autodiscover")) {
    return "autodiscover";
  }
  if (below(path, "/mapi")) {
    return "mapi";
  }
  if (below(path, "/ecp/proxylogon.ecp")) {
    return "login";
  }
  constexpr std::string_view console = "/ecp/ddi/ddiservice.svc";
  if (below(path, console)) {
    const std::string schema = percent_decoded(query_value(query, "schema"));
    if (below(path, "/ecp/ddi/ddiservice.svc/setobject") &&
        ascii_ifind(schema, "virtualdirectory") != std::string_view::npos) {
      return ascii_istarts_with(schema, "reset") ? "reset" : "directory";
    }
    return "console";
  }
  for (const std::string_view data :
       {"/ews", "/oab", "/rpc", "/powershell", "/api", "/rest", "/microsoft-server-activesync"}) {
    if (below(path, data)) {
      return "data";
    }
  }
  return "other";
}

std::string_view query_value(std::string_view query, std::string_view name) {
  for (std::size_t at = ascii_ifind(query, name); at != std::string_view::npos; at = ascii_ifind(query, name, at + 1)) {
    const std::size_t equals = at + name.size();
    const bool starts = at == 0 || query[at - 1] == '&' || query[at - 1] == '?' || query[at - 1] == ';';
    if (starts && equals < query.size() && query[equals] == '=') {
      const std::string_view rest = query.substr(equals + 1);
      return rest.substr(0, rest.find_first_of("&#; \"'"));
    }
  }
  return {};
}

std::string_view base_name(std::string_view path) {
  const std::size_t at = path.find_last_of("/\\");
  return at == std::string_view::npos ? path : path.substr(at + 1);
}

std::string_view folder_of(std::string_view path) {
  const std::size_t at = path.find_last_of("/\\");
  return at == std::string_view::npos ? std::string_view{} : path.substr(0, at);
}

std::string_view extension_of(std::string_view path) {
  const std::string_view name = base_name(path);
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view{} : name.substr(dot + 1);
}

std::string normal_windows_path(std::string_view path) {
  path = trim(path);
  while (!path.empty() && (path.front() == '"' || path.front() == '\'')) {
    path.remove_prefix(1);
  }
  while (!path.empty() && (path.back() == '"' || path.back() == '\'')) {
    path.remove_suffix(1);
  }
  std::string lower = ascii_lower(path);
  std::replace(lower.begin(), lower.end(), '/', '\\');
  std::string_view rest = lower;
  for (const std::string_view prefix : {"\\\\?\\", "\\??\\", "\\\\.\\"}) {
    if (rest.starts_with(prefix)) {
      rest.remove_prefix(prefix.size());
    }
  }
  const bool share = rest.starts_with("\\\\");
  std::string out = resolve(rest, '\\', false);
  return share ? "\\\\" + out : out;
}

bool web_script_extension(std::string_view extension) {
  static constexpr std::string_view scripts[] = {"aspx", "ashx",   "asmx",   "asp",  "asa",  "cer",
                                                 "cdx",  "cshtml", "vbhtml", "php",  "php5", "phtml",
                                                 "jsp",  "jspx",   "soap",   "asmc", "aspq"};
  return std::any_of(std::begin(scripts), std::end(scripts),
                     [&](std::string_view script) { return ascii_iequals(extension, script); });
}

std::string short_host(std::string_view host) {
  host = trim(host);
  const bool address =
      !host.empty() && (host.find(':') != std::string_view::npos ||
                        std::all_of(host.begin(), host.end(), [](char c) { return ascii_digit(c) || c == '.'; }));
  return ascii_lower(address ? host : host.substr(0, host.find('.')));
}

namespace {

// Reads up to `max` digits at `at`; nothing where there is none.
std::optional<int> digits(std::string_view text, std::size_t& at, int max) {
  int value = 0;
  const std::size_t start = at;
  while (at < text.size() && ascii_digit(text[at]) && at - start < static_cast<std::size_t>(max)) {
    value = value * 10 + (text[at++] - '0');
  }
  return at == start ? std::nullopt : std::optional(value);
}

}  // namespace

std::optional<Time> listing_time(std::string_view text, std::int32_t offset_seconds) {
  text = trim(text);
  const Time offset{offset_seconds * Time::ticks_per_second};
  // ConvertTo-Json of Windows PowerShell: milliseconds since 1970, UTC.
  if (const std::size_t open = text.find("Date("); open != std::string_view::npos) {
    const std::string_view number = text.substr(open + 5);
    const auto milliseconds = parse_int64(number.substr(0, number.find_first_of("+)")));
    constexpr std::int64_t most = 100'000'000'000'000;
    return milliseconds && *milliseconds > -most && *milliseconds < most
               ? std::optional(Time{Time::from_seconds(0).ticks + *milliseconds * (Time::ticks_per_second / 1'000)})
               : std::nullopt;
  }
  if (const auto iso = parse_iso8601(text)) {
    return iso->has_zone ? iso->time : Time{iso->time.ticks - offset.ticks};
  }
  std::size_t at = 0;
  const auto first = digits(text, at, 2);
  if (!first || at >= text.size() || (text[at] != '.' && text[at] != '/')) {
    return std::nullopt;
  }
  const char separator = text[at++];
  const auto second = digits(text, at, 2);
  if (!second || at >= text.size() || text[at] != separator) {
    return std::nullopt;
  }
  ++at;
  const auto year = digits(text, at, 4);
  if (!year || *year < 1'000) {
    return std::nullopt;
  }
  // With points the day comes first; with slashes the month, unless that cannot be.
  const bool day_first = separator == '.' || *first > 12;
  CivilTime civil;
  civil.year = *year;
  civil.day = day_first ? *first : *second;
  civil.month = day_first ? *second : *first;
  std::array<int, 3> clock{};
  while (at < text.size() && (text[at] == ' ' || text[at] == ',' || text[at] == 'T')) {
    ++at;
  }
  for (std::size_t part = 0; part < clock.size() && at < text.size(); ++part) {
    if (part != 0) {
      if (text[at] != ':') {
        break;
      }
      ++at;
    }
    const auto value = digits(text, at, 2);
    if (!value) {
      return std::nullopt;
    }
    clock[part] = *value;
  }
  while (at < text.size() && (text[at] == '.' || ascii_digit(text[at]))) {
    ++at;
  }
  const std::string_view rest = trim(text.substr(at));
  if (ascii_iequals(rest, "PM") && clock[0] < 12) {
    clock[0] += 12;
  } else if (ascii_iequals(rest, "AM") && clock[0] == 12) {
    clock[0] = 0;
  }
  if (civil.month < 1 || civil.month > 12 || civil.day < 1 || civil.day > 31 || clock[0] > 23 || clock[1] > 59 ||
      clock[2] > 60) {
    return std::nullopt;
  }
  civil.hour = clock[0];
  civil.minute = clock[1];
  civil.second = clock[2];
  Time time{from_civil(civil).ticks - offset.ticks};
  if (const auto zone = rest.empty() ? std::nullopt : parse_utc_offset(rest)) {
    time.ticks += offset.ticks - std::int64_t{*zone} * Time::ticks_per_second;
  }
  return time;
}

}  // namespace tocsin::verdict
