// Base64 as attackers and playbooks write it: both alphabets, padding or none, line breaks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tocsin::gate {

// Nothing where the text is no base64.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace tocsin::gate
