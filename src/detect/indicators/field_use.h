// What a field's name says about indicators in its values.
#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin::detect {

// Bits of the kinds that are searched in values of the field. `text`: also in fields whose names say nothing.
std::uint32_t kinds_in_field(std::string_view name, bool text);
// A value without separators is a file's name there.
bool holds_file_names(std::string_view name);

}  // namespace tocsin::detect
