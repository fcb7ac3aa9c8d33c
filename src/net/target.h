// A request target cut into a decoded path and the parameters of its query (RFC 3986, RFC 9112 section 3.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tocsin::net {

// "%41" becomes "A"; with `plus_is_space`, as forms write queries, "+" becomes a space. Nothing for a bad escape, for
// ill-formed UTF-8 and for a NUL, which no identifier holds.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

struct Target {
  // Decoded parts between the slashes: {"taxii2"} for "/taxii2/". A slash that came escaped stays inside its part.
  std::vector<std::string> path;
  std::vector<std::pair<std::string, std::string>> query;  // in order, decoded; a repeated name stands twice
};

// Takes "/path?query" and "http://host/path?query". Empty parts ("//") are dropped. Error syntax.
Result<Target> parse_target(std::string_view target);

}  // namespace tocsin::net
