// Bounds on what claims are read: name, value, why, and what happens beyond it.
#pragma once

#include <cstddef>

namespace tocsin::attribution::limits {

// Bytes of one file of claims or of one data set; the largest public set has 4 MB. A larger file is an error.
inline constexpr std::size_t file_bytes_max = std::size_t{64} << 20;
// Rows of one data set. A longer one is an error.
inline constexpr std::size_t rows_max = 200'000;
// Speech acts, and names and relationships, of one call. What comes after them is refused, each with its error.
inline constexpr std::size_t acts_max = 200'000;
inline constexpr std::size_t context_max = 500'000;
// Bytes of a reference or another short word, and of words quoted. A longer one makes its object unreadable.
inline constexpr std::size_t word_bytes_max = 512;
inline constexpr std::size_t text_bytes_max = std::size_t{64} << 10;
// References in one list. A longer list makes its object unreadable.
inline constexpr std::size_t refs_max = 10'000;
// Cells that acts stand in, over all rows: an act on many claims stands in many. The rest is counted as left out.
inline constexpr std::size_t entries_max = 1'000'000;
// Pairs of objects of one activity that are compared, and findings told of one kind. The rest is counted as left out.
inline constexpr std::size_t pairs_max = 200'000;
inline constexpr std::size_t findings_max = 10'000;
// Things that one thing is a kind or a part of, looked at in search of a path.
inline constexpr std::size_t ancestors_max = 10'000;
// Errors and notes told one by one; the rest is counted.
inline constexpr std::size_t problems_max = 1'000;

}  // namespace tocsin::attribution::limits
