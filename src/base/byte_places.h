// Where a byte stands in a text, found 32 places at a time where the processor allows: rows are cut into values so.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tocsin {

// Writes the places of `byte` in ascending order and tells how many there are. Nothing where there is not room for
// all, or where `never` stands in the text.
std::optional<std::size_t> byte_places(std::string_view text, char byte, char never, std::span<std::uint32_t> places);

namespace internal {
// The same byte by byte, as on other processors.
std::optional<std::size_t> byte_places_plain(std::string_view text, char byte, char never,
                                             std::span<std::uint32_t> places);
}  // namespace internal

}  // namespace tocsin
