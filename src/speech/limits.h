// Limits of this room: what a statement may cost. Each with its reason; crossing one is error `limit` unless said.
#pragma once

#include <cstddef>

namespace tocsin::speech::limits {

// A file: the longest summit communiqués are 200 KB of text; pages around them reach a few megabytes.
constexpr std::size_t statement_bytes_max = 16u << 20;
// Lines after markup is gone; more is no statement.
constexpr std::size_t lines_max = 200'000;
// Numbered paragraphs; the numbering has three digits.
constexpr std::size_t paragraphs_max = 5'000;
// Words that are compared with each other. The comparison is linear where texts agree.
constexpr std::size_t words_max = 400'000;
// Edits that are searched for between two stretches that share no unique words; beyond it the whole stretch is one
// difference (no error): the search costs the square of this in memory.
constexpr std::size_t edits_max = 1'000;
// Words of one sentence that clauses are looked for in; the rest of it stays unread (no error). The longest real ones
// have about 200.
constexpr std::size_t sentence_words_max = 1'000;
// Words between the start of a subject and its verb, parts before a subject, and commas at which such a part may end:
// what lies beyond is no sentence that anybody reads, and is left without clauses (no error). They keep the work
// linear.
constexpr std::size_t subject_words_max = 120;
constexpr std::size_t fronts_max = 6;
constexpr std::size_t front_commas_max = 6;
// Clauses of one statement; the rest is left out and said so.
constexpr std::size_t clauses_max = 20'000;
// Lines that were set aside and are listed one by one; the rest is counted.
constexpr std::size_t dropped_lines_max = 1'000;

}  // namespace tocsin::speech::limits
