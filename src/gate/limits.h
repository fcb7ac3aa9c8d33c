// Bounds on what the gate reads: name, value, why. Beyond them an option is refused as unreadable, never let through.
#pragma once

#include <cstddef>

namespace tocsin::gate::limits {

// Documents inside documents (base64, JSON in text). Honest ones need two; each costs a parse.
inline constexpr std::size_t unwrapping_max = 6;
// Values of one source with everything unwrapped; bytes unwrapped in all.
inline constexpr std::size_t values_max = 200'000;
inline constexpr std::size_t unwrapped_bytes_max = std::size_t{8} << 20;
// Places in one text that could begin a JSON document, and encoded words in one text, that are tried.
inline constexpr std::size_t starts_max = 64;
// Words for review that are told.
inline constexpr std::size_t review_words_max = 32;

}  // namespace tocsin::gate::limits
