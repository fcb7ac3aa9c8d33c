#include "net/url.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "net/limits.h"

namespace tocsin::net {
namespace {

std::unexpected<Error> wrong(std::string_view text, std::string_view why) {
  // What is wrong may hold a password: it is not repeated.
  (void)text;
  return failure(ErrorCode::syntax, fmt::format("this is no URL to ask: {}", why), {},
                 "as in https://taxii.example.org/taxii2/");
}

bool host_letter(char c) { return ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '.' || c == '_'; }
bool address_letter(char c) {
  return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f') || c == ':' || c == '.';
}
// Visible ASCII: nothing that could begin another line of a request.
bool target_letter(char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '<' && c != '>' && c != '\\'; }

// RFC 3986 section 5.2.4, on the path alone.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> parts;
  bool directory = false;
  std::size_t at = 1;
  while (at <= path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    directory = part == "." || part == "..";
    if (part == "..") {
      if (!parts.empty()) {
        parts.pop_back();
      }
    } else if (part != ".") {
      parts.push_back(part);
    }
    at = end + 1;
  }
  std::string out;
  for (const std::string_view part : parts) {
    out += '/';
    out += part;
  }
  if (directory || out.empty()) {
    out += '/';
  }
  return out;
}

std::string_view scheme_of(std::string_view text) {
  const std::size_t end = text.find_first_of(":/?#");
  return end != std::string_view::npos && end > 0 && text[end] == ':' ? text.substr(0, end) : std::string_view();
}

}  // namespace

bool Url::same_origin(const Url& other) const {
  return encrypted == other.encrypted && host == other.host && port == other.port;
}

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  if (port != (encrypted ? 443 : 80)) {
    out += fmt::format(":{}", port);
  }
  return out;
}

std::string Url::text() const { return fmt::format("{}://{}{}", encrypted ? "https" : "http", authority(), target); }

bool Url::loopback() const {
  if (host == "localhost" || host == "::1") {
    return true;
  }
  return host.starts_with("127.") && std::ranges::count(host, '.') == 3 &&
         std::ranges::all_of(host, [](char c) { return ascii_digit(c) || c == '.'; });
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > limits::url_bytes_max) {
    return wrong(text, fmt::format("it is longer than {} bytes", limits::url_bytes_max));
  }
  text = text.substr(0, text.find('#'));
  Url url;
  const std::string_view scheme = scheme_of(text);
  if (ascii_iequals(scheme, "http")) {
    url.encrypted = false;
    url.port = 80;
  } else if (!ascii_iequals(scheme, "https")) {
    return wrong(text, "it begins with neither https:// nor http://");
  }
  text.remove_prefix(scheme.size() + 1);
  if (!text.starts_with("//")) {
    return wrong(text, "no host is named");
  }
  text.remove_prefix(2);
  std::string_view authority = text.substr(0, text.find_first_of("/?"));
  std::string_view target = text.substr(authority.size());
  if (authority.find('@') != std::string_view::npos) {
    return wrong(text, "a user name or password does not belong into it");
  }
  std::string_view host;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) {
      return wrong(text, "a bracket is not closed");
    }
    host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    if (host.find(':') == std::string_view::npos || !std::ranges::all_of(host, address_letter)) {
      return wrong(text, "what stands in brackets is no IPv6 address");
    }
  } else {
    host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(host.size());
    if (!std::ranges::all_of(host, host_letter)) {
      return wrong(text, "a host name holds letters, digits, dots and hyphens");
    }
  }
  if (host.empty() || host.size() > 253) {
    return wrong(text, "no host is named");
  }
  url.host = ascii_lower(host);
  if (!authority.empty()) {
    if (authority.front() != ':') {
      return wrong(text, "something stands between the host and the path");
    }
    authority.remove_prefix(1);
    if (!authority.empty()) {
      const auto port = std::ranges::all_of(authority, ascii_digit) ? parse_uint64(authority) : std::nullopt;
      if (!port || *port == 0 || *port > 65'535) {
        return wrong(text, "a port is a number from 1 to 65535");
      }
      url.port = static_cast<std::uint16_t>(*port);
    }
  }
  if (!std::ranges::all_of(target, target_letter)) {
    return wrong(text, "blanks, quotes and letters beyond ASCII are written as %20 and so on");
  }
  url.target = target.starts_with('/') ? std::string(target) : fmt::format("/{}", target);
  return url;
}

Result<Url> resolve_url(const Url& base, std::string_view reference) {
  reference = trim(reference);
  reference = reference.substr(0, reference.find('#'));
  if (reference.size() > limits::url_bytes_max) {
    return wrong(reference, "it is too long");
  }
  if (!scheme_of(reference).empty()) {
    return parse_url(reference);
  }
  if (reference.starts_with("//")) {
    return parse_url(fmt::format("{}:{}", base.encrypted ? "https" : "http", reference));
  }
  if (!std::ranges::all_of(reference, target_letter)) {
    return wrong(reference, "blanks, quotes and letters beyond ASCII are written as %20 and so on");
  }
  Url url = base;
  const std::string_view base_path = std::string_view(base.target).substr(0, base.target.find('?'));
  if (reference.empty()) {
    return url;
  }
  if (reference.starts_with('?')) {
    url.target = fmt::format("{}{}", base_path, reference);
    return url;
  }
  const std::string_view path = reference.substr(0, reference.find('?'));
  const std::string_view query = reference.substr(path.size());
  const std::string whole = path.starts_with('/')
                                ? std::string(path)
                                : fmt::format("{}{}", base_path.substr(0, base_path.rfind('/') + 1), path);
  url.target = without_dots(whole) + std::string(query);
  return url;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace tocsin::net
