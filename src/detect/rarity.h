// Rarity: how often a literal is to be expected in ordinary log values. Only speed hangs on it, never a result.
#pragma once

#include <cstdint>
#include <string_view>

#include "detect/literals.h"

namespace tocsin::detect {

// Does this folded text stand in what nearly every Windows or web log holds (system folders, common programs)?
bool is_common_text(std::string_view folded);
// The same for four bytes as they lie in memory.
bool is_common_gram(std::uint32_t gram);
// A guess at the share of events in which a value holds the folded literal; between 0 and 1.
double expected_share(std::string_view folded, Anchor anchor);

}  // namespace tocsin::detect
