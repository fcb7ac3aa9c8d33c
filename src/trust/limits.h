// Bounds of this room: name, value, why; beyond each a text is malformed, or the call an error (T005).
#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::trust::limits {

// A signed note with all its signatures: post-quantum ones take 5 kB each.
inline constexpr std::size_t note_bytes_max = std::size_t{1} << 20;
// Signature lines of one note. C2SP asks for at least 16.
inline constexpr std::size_t note_signatures_max = 100;
// What unlocking a secret with a passphrase may cost; the file that asks for it may be anybody's.
inline constexpr std::uint32_t passphrase_memory_kib_max = std::uint32_t{1} << 20U;
inline constexpr std::uint32_t passphrase_memory_kib_min = 8;  // Argon2's own
inline constexpr std::uint32_t passphrase_passes_max = 16;
// Entries of one log: as many as tiles of eight levels and 64 bits hold with room to compute.
inline constexpr std::uint64_t log_entries_max = std::uint64_t{1} << 62U;
// Hashes of one proof as text, as C2SP tlog-witness says: a tree of 64 bits needs no more.
inline constexpr std::size_t proof_hashes_max = 63;

}  // namespace tocsin::trust::limits
