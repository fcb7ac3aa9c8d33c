// Octets: the ways in which STIX writes raw bytes as text, and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tocsin::stix {

// Pairs of hexadecimal digits, either case.
std::optional<std::string> decode_hex(std::string_view digits);
// RFC 4648 section 4 with padding and without line breaks; the empty text gives no bytes.
std::optional<std::string> decode_base64(std::string_view text);
// UTF-8 text as one byte for each code point below U+0100 (2.1 section 9.6.4); nothing where one is above.
std::optional<std::string> octets_of(std::string_view text);

}  // namespace tocsin::stix
