// Url: where a client asks, "https://taxii.example.org/taxii2/" (RFC 3986, http and https only).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::net {

struct Url {
  bool encrypted = true;     // https
  std::string host;          // a name in lower case, or an address; IPv6 without brackets
  std::uint16_t port = 443;  // 80 for http, where none is given
  std::string target;        // path and query as written: "/taxii2/?limit=1"; never empty

  // Scheme, host and port: what credentials are given to.
  bool same_origin(const Url& other) const;
  // As a Host header has it: the port only where it is not the scheme's.
  std::string authority() const;
  std::string text() const;
  // The host is an address of this machine, or "localhost".
  bool loopback() const;
};

// Errors (syntax): another scheme, user names and passwords (they would end in logs), control characters, and host
// names beyond ASCII (they are given as "xn--…"). A fragment is dropped.
Result<Url> parse_url(std::string_view text);

// What `reference`, found in a document at `base`, means (RFC 3986 section 5).
Result<Url> resolve_url(const Url& base, std::string_view reference);

// Escapes everything but unreserved characters, for a value in a path or a query.
std::string percent_encode(std::string_view text);

}  // namespace tocsin::net
