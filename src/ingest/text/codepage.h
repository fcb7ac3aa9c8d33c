// Codepage: turns the bytes of one old single-byte code page into UTF-8, for logs that are neither UTF-8 nor UTF-16.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/arena.h"

namespace tocsin::ingest {

// Tables follow the vendors' mappings; windows-125x bytes without a letter give the C1 control of the same number.
struct Codepage {
  std::string_view names;                  // separated by blanks, the first is the usual one
  std::array<std::uint16_t, 128> letters;  // of 0x80 to 0xFF
};

// The page with this name in any case, or nullptr. The empty name is windows-1252.
const Codepage* find_codepage(std::string_view name);

// The text itself where it is UTF-8 already, else a UTF-8 copy in the arena.
std::string_view to_utf8(std::string_view text, const Codepage& page, Arena& arena);
void append_utf8(std::string& out, std::string_view bytes, const Codepage& page);

}  // namespace tocsin::ingest
