// Bounds on what a consultation keeps and reads: name, value, why, and what happens beyond it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::council::limits {

// Entries of one item. Thirty delegations write some thousands; a hundred times that is a flood. More are refused.
inline constexpr std::size_t entries_max = 1'000'000;
// Entries that count for nothing (strangers, bad signatures, gaps) are kept as evidence, but not without end.
inline constexpr std::size_t rejected_max = 100'000;
// Copies of one entry that differ in nothing but the signature. A hostile peer can make any number; more are dropped.
inline constexpr std::size_t copies_max = 4;
// One language version of a text, or an annex. A statement takes 3 KiB; treaties some hundred. More is error limit.
inline constexpr std::size_t text_bytes_max = std::size_t{4} << 20;
inline constexpr std::size_t texts_max = 1'000;
inline constexpr std::size_t keys_max = 10'000;
// What one delegation lays beside the text: papers, and their bytes in all. A paper with a playbook takes some 100 KiB.
// More by one author are refused, so that nobody fills the folders of the others.
inline constexpr std::size_t papers_of_author_max = 1'000;
inline constexpr std::size_t paper_bytes_of_author_max = std::size_t{8} << 20;
inline constexpr std::size_t paper_bytes_max = std::size_t{1} << 20;
// Texts and references in one list of a paper.
inline constexpr std::size_t paper_list_max = 256;
// A text that is amended by paragraphs: twice the longest communiqué. Longer ones are amended by hand.
inline constexpr std::size_t amended_text_bytes_max = std::size_t{256} << 10;
// An item that is to lapse later than in ten years is not to lapse.
inline constexpr std::size_t lapse_days_max = 3'650;
// One line of a journal or a bundle: a text of text_bytes_max may take six bytes for each of its own as JSON.
inline constexpr std::size_t line_bytes_max = 6 * text_bytes_max + 4'096;
// A whole journal or bundle: entries_max entries of 1 KiB. More is error limit.
inline constexpr std::size_t journal_bytes_max = std::size_t{1} << 30;
// Lines that cannot be read are all counted; so many are named.
inline constexpr std::size_t problems_max = 100;

// A clock so far ahead of its peers' (seconds) signs nothing: others would see its entries as dated in the future.
inline constexpr std::int64_t clock_ahead_max = 300;
// A clock that was set back by no more than this (seconds) signs with the time of its own entry before.
inline constexpr std::int64_t clock_back_max = 300;

// How long before the deadline a member who has neither passed nor objected is reminded.
inline constexpr std::int64_t reminder_lead = std::int64_t{24} * 3'600;

}  // namespace tocsin::council::limits
