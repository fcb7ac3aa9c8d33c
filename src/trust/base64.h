// Base64 as RFC 4648 section 4 has it: one spelling for each sequence of bytes, so that nothing signed can be
// respelled.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tocsin::trust {

// Padding is needed, bits behind the last byte are zero, nothing stands between the digits; else nothing.
std::optional<std::string> from_base64(std::string_view text);
std::string to_base64(std::span<const std::uint8_t> bytes);
std::string to_base64(std::string_view bytes);

}  // namespace tocsin::trust
