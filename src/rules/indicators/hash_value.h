// Digests as bytes.
#pragma once

#include <string>
#include <string_view>

namespace tocsin::rules {

// 0 to 15, or -1 for what is no hexadecimal digit.
int hex_value(char c);
// Appends the bytes of exactly 2 * `bytes` hexadecimal digits.
bool parse_hex(std::string_view text, std::size_t bytes, std::string& out);
std::string show_hex(std::string_view bytes);

}  // namespace tocsin::rules
