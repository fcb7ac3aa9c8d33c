// Bounds on what a node keeps: name, value, why, and what happens beyond.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::store::limits {

// Bytes of one object, and of what is kept with it to find it by; one that is longer is refused alone (Put::too_large).
inline constexpr std::size_t object_bytes_max = std::size_t{8} << 20;
// Identities and definitions one object uses, and values it is found by; those beyond are left out of the index.
inline constexpr std::size_t uses_max = 1'000;
inline constexpr std::size_t values_max = 1'000;
// Other contents kept aside for one version, and bytes of them in the whole store: whoever posts the same version again
// and again with other bytes shall not fill the disk. Those beyond are counted only.
inline constexpr std::size_t conflicts_of_version_max = 8;
inline constexpr std::uint64_t conflict_bytes_max = std::uint64_t{256} << 20;
// What one search gives.
inline constexpr std::size_t found_max = 10'000;
// Postings of new keys gathered before they are moved into the large index, in order and in one commit.
inline constexpr std::int64_t fresh_postings_max = 32'768;
// The write-ahead log, in pages of 4 KiB: from the first on it is copied into the database beside the writer; beyond
// the second the writer waits for that.
inline constexpr int log_pages_min = 4'096;
inline constexpr int log_pages_max = 65'536;
// Connections that read at one time; whoever comes later waits for one.
inline constexpr std::size_t readers_max = 4;
// The filter of ids (sqlite/id_filter.h): keys for which it has room at least, its bytes at most (with more keys than
// it has room for it excludes fewer), and how many ids one reader adds that came by another program.
inline constexpr std::uint64_t id_filter_keys_min = 65'536;
inline constexpr std::uint64_t id_filter_bytes_max = std::uint64_t{64} << 20;
inline constexpr std::int64_t id_filter_step = 4'096;

// What is wrong with a database, in sentences; the rest is counted.
inline constexpr std::size_t findings_max = 1'000;

}  // namespace tocsin::store::limits
