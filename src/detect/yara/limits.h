// Bounds on YARA rules and on what a scan with them keeps; beyond each the result says so.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::limits {

// One rule file with what it includes. The largest public collections in one file have about 10 MiB. Error limit.
inline constexpr std::size_t yara_file_bytes_max = std::size_t{32} << 20;
// All rule files together, and the rules in them. Further files are rejected with error limit.
inline constexpr std::size_t yara_bytes_max = std::size_t{128} << 20;
inline constexpr std::size_t yara_rules_max = 100'000;
// Includes inside includes. libyara's own limit is the same.
inline constexpr std::size_t yara_include_depth_max = 16;
// A file with errors is compiled again without the rules that have them, since one error may hide others. So often at
// most, and so many bytes of text in all; then the rest of the file is rejected.
inline constexpr std::size_t yara_rounds_max = 64;
inline constexpr std::size_t yara_round_bytes_max = std::size_t{256} << 20;
// Diagnostics of one file. The rest is counted as rejected without being named.
inline constexpr std::size_t yara_problems_max = 1'000;
// Matches of one string, and of one rule, that a hit keeps; the rest is counted.
inline constexpr std::size_t yara_string_matches_max = 10;
inline constexpr std::size_t yara_rule_matches_max = 100;
// Strings of one rule (libyara's own default, set here so that it stays).
inline constexpr std::uint32_t yara_rule_strings_max = 10'000;
// Time for one file or value before its scan is given up and counted.
inline constexpr unsigned yara_seconds = 20;

}  // namespace tocsin::limits
