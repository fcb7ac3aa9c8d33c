// Bounds on what is verified: name, value, why; beyond each the input is malformed.
#pragma once

#include <cstddef>

namespace tocsin::trust::limits {

// A signed note with all its signatures: post-quantum ones take 5 kB each.
inline constexpr std::size_t note_bytes_max = std::size_t{1} << 20;
// Signature lines of one note. C2SP asks for at least 16.
inline constexpr std::size_t note_signatures_max = 100;

}  // namespace tocsin::trust::limits
