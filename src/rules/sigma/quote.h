// Text of a rule inside a message: in quotes, short, harmless on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace tocsin::rules::sigma {

// Control characters become ?, ill-formed UTF-8 U+FFFD; beyond 80 bytes it is cut.
std::string quoted(std::string_view text);

}  // namespace tocsin::rules::sigma
