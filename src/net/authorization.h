// What an Authorization header says (RFC 9110 section 11, RFC 7617, RFC 6750).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tocsin::net {

// RFC 4648 section 4, padding optional; nothing for other text.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);
// RFC 4648 section 5 without padding: letters that a query takes as they are.
std::optional<std::string> base64url_decode(std::string_view text);
std::string base64url_encode(std::string_view bytes);

struct Credentials {
  enum class Kind { none, basic, bearer, unknown };
  Kind kind = Kind::none;
  std::string user;    // basic
  std::string secret;  // the password or the token
};

// The scheme in any case; "Token x" and a bare key, which some clients send, count as bearer. `unknown` for a scheme or
// a form that is none of these.
Credentials parse_authorization(std::string_view header);

}  // namespace tocsin::net
