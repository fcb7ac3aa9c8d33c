// Bounds on what a consultation reads: name, value, why, and what happens beyond it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::consult::limits {

// Fixed by the journal's contract (section 2): beyond them a value is no entry, or an entry is malformed.
inline constexpr std::size_t entry_bytes_max = 65'536;  // RFC 8785 form without the signature
inline constexpr std::size_t entry_levels_max = 16;
inline constexpr std::int64_t integer_max = (std::int64_t{1} << 53) - 1;
inline constexpr std::int64_t sequence_end = std::int64_t{1} << 20;
inline constexpr std::size_t heads_max = 256;
inline constexpr std::size_t name_bytes_max = 32;

// Values and names in one entry with its signature. What is longer in RFC 8785 form than entry_bytes_max may still be
// short of this, never the other way round, but for a signature that is a tree of its own; then it is no entry.
inline constexpr std::size_t entry_values_max = 2 * entry_bytes_max;
// Text of one roster, which is trusted input: a thousand members take 150 KiB. A longer one counts as not given.
inline constexpr std::size_t roster_bytes_max = std::size_t{4} << 20;
inline constexpr std::size_t roster_values_max = std::size_t{1} << 18;
// One line of the filter: a journal of 10^5 entries takes 100 MB. A longer one gives an error.
inline constexpr std::size_t request_bytes_max = std::size_t{1} << 30;
// Rosters and entries of one line. More give an error.
inline constexpr std::size_t request_rosters_max = 1'000;
inline constexpr std::size_t request_entries_max = 4'000'000;

}  // namespace tocsin::consult::limits
