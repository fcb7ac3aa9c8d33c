// Bounds on STIX objects from outside: name, value, why, and what happens beyond.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::stix::limits {

// Problems told about one object or bundle; the rest is counted.
inline constexpr std::size_t problems_max = 1'000;
// A whole file with a bundle that is cut into its objects (all of ATT&CK has 50 MB). Longer files are an error.
inline constexpr std::size_t bundle_bytes_max = std::size_t{1} << 30;
// A value shown in a message; the rest is cut.
inline constexpr std::size_t shown_bytes_max = 80;
// Objects that one attestation vouches for; more is an error, and a second attestation the way.
inline constexpr std::size_t attested_max = 10'000;
// A proof of one object as text: an object of base/limits.h' record_bytes_max in base64 with its keys and a note.
inline constexpr std::size_t proof_bytes_max = std::size_t{48} << 20;
// Keys and attestations in one proof.
inline constexpr std::size_t proof_documents_max = 1'000;
// By what one object is found: longer texts are left out, and what comes after so many (search_values.h).
inline constexpr std::size_t search_value_bytes_max = 2'048;
inline constexpr std::size_t search_values_max = 1'000;

}  // namespace tocsin::stix::limits
