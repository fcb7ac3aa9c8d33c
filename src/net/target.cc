#include "net/target.h"

#include "base/text.h"
#include "net/limits.h"

namespace tocsin::net {
namespace {

int hex_digit(char c) {
  if (ascii_digit(c)) {
    return c - '0';
  }
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::unexpected<Error> bad(std::string message) { return failure(ErrorCode::syntax, std::move(message)); }

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
      if (high < 0 || low < 0) {
        return std::nullopt;
      }
      c = static_cast<char>(high * 16 + low);
      at += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') {
      return std::nullopt;
    }
    out.push_back(c);
  }
  if (!valid_utf8(out)) {
    return std::nullopt;
  }
  return out;
}

Result<Target> parse_target(std::string_view target) {
  // The absolute form, which proxies send (RFC 9112 section 3.2.2): the authority is not ours to judge.
  if (!target.starts_with('/')) {
    const std::size_t scheme = target.find("://");
    const std::size_t path = scheme == std::string_view::npos ? scheme : target.find('/', scheme + 3);
    if (path == std::string_view::npos) {
      return bad("the request target is no path");
    }
    target.remove_prefix(path);
  }
  target = target.substr(0, target.find('#'));
  Target out;
  const std::size_t mark = target.find('?');
  std::string_view path = target.substr(0, mark);
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    if (part.empty()) {
      continue;
    }
    auto decoded = percent_decode(part, false);
    if (!decoded) {
      return bad("the path holds a wrong escape");
    }
    out.path.push_back(std::move(*decoded));
  }
  std::string_view query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(part.size() == query.size() ? part.size() : part.size() + 1);
    if (part.empty()) {
      continue;
    }
    if (out.query.size() == limits::query_parameters_max) {
      return bad("the query has too many parameters");
    }
    const std::size_t equals = part.find('=');
    auto name = percent_decode(part.substr(0, equals), true);
    auto value = percent_decode(equals == std::string_view::npos ? std::string_view{} : part.substr(equals + 1), true);
    if (!name || !value) {
      return bad("the query holds a wrong escape");
    }
    out.query.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

}  // namespace tocsin::net
