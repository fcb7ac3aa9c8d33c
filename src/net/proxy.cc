// What the environment and the user say of proxies, and what a server asks a client to wait for.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "net/client.h"
#include "net/target.h"

namespace tocsin::net {

std::optional<Time> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const auto* const month = std::ranges::find(months, text.substr(8, 3));
  const auto number = [&](std::size_t at, std::size_t length) -> int {
    const std::string_view digits = text.substr(at, length);
    const auto value = std::ranges::all_of(digits, ascii_digit) ? parse_int64(digits) : std::nullopt;
    return value ? static_cast<int>(*value) : -1;
  };
  const CivilTime civil{.year = number(12, 4),
                        .month = static_cast<int>(month - months.begin()) + 1,
                        .day = number(5, 2),
                        .hour = number(17, 2),
                        .minute = number(20, 2),
                        .second = number(23, 2)};
  if (month == months.end() || civil.year < 1970 || civil.day < 1 || civil.day > 31 || civil.hour < 0 ||
      civil.hour > 23 || civil.minute < 0 || civil.minute > 59 || civil.second < 0 || civil.second > 60) {
    return std::nullopt;
  }
  return from_civil(civil);
}

Result<Proxy> parse_proxy(std::string_view text) {
  text = trim(text);
  Proxy proxy;
  const auto wrong = [](std::string_view why) {
    return failure(ErrorCode::syntax, fmt::format("the proxy cannot be used: {}", why), {},
                   "as in http://proxy.example.org:3128");
  };
  if (ascii_istarts_with(text, "http://")) {
    text.remove_prefix(7);
  } else if (text.find("://") != std::string_view::npos) {
    return wrong("only proxies that are spoken to in HTTP are known");
  }
  const std::string_view authority = text.substr(0, text.find('/'));
  std::string_view place = authority;
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view credentials = authority.substr(0, at);
    place = authority.substr(at + 1);
    const std::size_t colon = credentials.find(':');
    const auto user = percent_decode(credentials.substr(0, colon), false);
    const auto password =
        percent_decode(colon == std::string_view::npos ? std::string_view() : credentials.substr(colon + 1), false);
    if (!user || !password) {
      return wrong("its user name or password has a wrong escape");
    }
    proxy.user = *user;
    proxy.password = *password;
  }
  const bool port_given = place.rfind(':') != std::string_view::npos && place.rfind(':') + 1 < place.size() &&
                          (!place.starts_with('[') || place.find("]:") != std::string_view::npos);
  const auto url = parse_url(fmt::format("http://{}", place));
  if (!url) {
    return wrong(url.error().message);
  }
  proxy.host = url->host;
  if (port_given) {
    proxy.port = url->port;
  }
  return proxy;
}

Result<ProxySettings> proxy_from(const std::function<std::optional<std::string>(const char*)>& variable) {
  ProxySettings settings;
  const auto first_of = [&](std::initializer_list<const char*> names) -> std::optional<std::string> {
    for (const char* name : names) {
      if (auto value = variable(name); value && !trim(*value).empty()) {
        return value;
      }
    }
    return std::nullopt;
  };
  if (const auto text = first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})) {
    TRY(settings.proxy, parse_proxy(*text));
  }
  if (const auto text = first_of({"no_proxy", "NO_PROXY"})) {
    std::string_view rest = *text;
    while (!rest.empty()) {
      const std::string_view item = trim(rest.substr(0, rest.find(',')));
      rest.remove_prefix(
          std::min(rest.size(), rest.find(',') == std::string_view::npos ? rest.size() : rest.find(',') + 1));
      if (!item.empty()) {
        settings.direct.push_back(ascii_lower(item));
      }
    }
  }
  return settings;
}

bool asked_directly(std::string_view host, const std::vector<std::string>& direct) {
  return std::ranges::any_of(direct, [&](std::string_view rule) {
    if (rule == "*" || ascii_iequals(host, rule)) {
      return true;
    }
    if (rule.starts_with("*.")) {
      rule.remove_prefix(1);
    }
    // "example.org" and ".example.org" both mean what lies under it, at a dot.
    if (rule.starts_with('.')) {
      rule.remove_prefix(1);
    }
    return !rule.empty() && host.size() > rule.size() && host[host.size() - rule.size() - 1] == '.' &&
           ascii_iends_with(host, rule);
  });
}

std::optional<std::chrono::seconds> retry_after(const Response& response, Time now) {
  const std::string_view text = trim(response.header("Retry-After"));
  std::int64_t seconds = 0;
  if (!text.empty() && std::ranges::all_of(text, ascii_digit)) {
    // A number beyond all bounds is a long time as well.
    seconds = parse_int64(text).value_or(limits::retry_after_max.count());
  } else if (const auto date = parse_http_date(text)) {
    seconds = (date->ticks - now.ticks + Time::ticks_per_second - 1) / Time::ticks_per_second;
  } else {
    return std::nullopt;
  }
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, limits::retry_after_max.count()));
}

}  // namespace tocsin::net
