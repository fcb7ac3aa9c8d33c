// Every bound on untrusted input, in one place: name, value, why, and what happens beyond it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::limits {

// A block handed from a framer to a decoder; whole records are put together up to this size.
inline constexpr std::size_t block_bytes = std::size_t{1} << 20;
// One text record (line, CSV row, JSON document). Longer ones are skipped and counted as unreadable.
inline constexpr std::size_t record_bytes_max = std::size_t{16} << 20;
// One CSV row over several lines. Beyond it an open quote counts as never closed.
inline constexpr std::size_t csv_row_bytes_max = std::size_t{1} << 20;
// Fields of one event. The rest is left out and noted.
inline constexpr std::size_t event_fields_max = 4096;
// Nesting of JSON, XML, YAML and BinXML input. Deeper records are unreadable.
inline constexpr std::size_t nesting_max = 64;
// EVTX. A hostile chunk of 64 KiB can name its own bytes as template again and again; these keep the work on it and the
// memory for it in proportion. Sound chunks stay far below: definitions do not overlap, and a slot is used once.
// Bytes of definitions compiled for one chunk; tokens read for it without compiled templates; instructions of one
// record.
inline constexpr std::uint64_t evtx_compile_bytes_max = std::uint64_t{1} << 20;
inline constexpr std::uint64_t evtx_tokens_max = std::uint64_t{1} << 20;
inline constexpr std::uint64_t evtx_record_steps_max = std::uint64_t{1} << 16;
// Text of one record: a base and a multiple of its bytes (hex doubles, times and numbers grow up to fourfold).
inline constexpr std::size_t evtx_record_text_base = std::size_t{16} * 1024;
inline constexpr std::size_t evtx_record_text_ratio = 8;
// Distinct field names of one run; beyond it new names share one id (only keyword rules see them).
inline constexpr std::size_t field_names_max = std::size_t{1} << 18;
inline constexpr std::size_t field_names_bytes_max = std::size_t{32} << 20;
inline constexpr std::size_t field_name_bytes_max = 1024;
// Text of one YAML document, its nodes and alias expansions (a "billion laughs" stops here).
inline constexpr std::size_t yaml_bytes_max = std::size_t{8} << 20;
inline constexpr std::size_t yaml_nodes_max = std::size_t{1} << 20;
// Of these, values that aliases and anchors copy: rules use few, and small text must not become much work.
inline constexpr std::size_t yaml_copied_nodes_max = 100'000;
// Values and names of one JSON document read as a tree (wire/json.h): 16 MiB of "[1,1,…" would else take 1 GB.
inline constexpr std::size_t json_values_max = std::size_t{1} << 21;
// Archives: nesting, members of one archive, unpacked bytes per packed byte, unpacked bytes in total.
inline constexpr std::size_t archive_depth_max = 5;
inline constexpr std::uint64_t archive_members_max = 1'000'000;
inline constexpr std::uint64_t archive_ratio_max = 1'000;
inline constexpr std::uint64_t archive_ratio_free_bytes = std::uint64_t{64} << 20;
inline constexpr std::uint64_t archive_bytes_max = std::uint64_t{1} << 40;
// An archive inside an archive is unpacked to a temporary file when it needs seeking; more than this is skipped.
inline constexpr std::uint64_t archive_nested_bytes_max = std::uint64_t{4} << 30;
// Memory that one decoder of a compressed stream may take (xz -9 needs 65 MiB); a stream that asks for more is skipped.
inline constexpr std::uint64_t archive_decoder_bytes_max = std::uint64_t{96} << 20;
// Central directory of a zip that is kept in memory; a zip with more is read from member to member without it.
inline constexpr std::uint64_t archive_directory_bytes_max = std::uint64_t{32} << 20;
// Notes and skipped members reported one by one for one file on disk; the rest is told as a count.
inline constexpr std::uint64_t archive_reports_max = 1'000;
// Depth of folders below an argument.
inline constexpr std::size_t folder_depth_max = 64;
// Sigma: condition nesting, values of one item, expansions of one value.
inline constexpr std::size_t condition_depth_max = 64;
// Comparisons of one rule with every mention of a search written out. Such a rule is rejected.
inline constexpr std::size_t condition_steps_max = 1'000'000;
inline constexpr std::size_t rule_values_max = 100'000;
inline constexpr std::size_t value_expansions_max = 10'000;
// Sigma: words of a condition, modifiers on a field, comparisons of a rule after expansion, nodes of its tree, and
// comparisons that filters add to all rules together.
inline constexpr std::size_t condition_tokens_max = 10'000;
inline constexpr std::size_t rule_modifiers_max = 16;
inline constexpr std::size_t rule_leaves_max = 400'000;
inline constexpr std::size_t rule_nodes_max = 1'000'000;
inline constexpr std::size_t filter_leaves_max = 1'000'000;
inline constexpr std::size_t regex_bytes_max = std::size_t{16} * 1024;
// RE2 program memory for one pattern; PCRE2 match steps for one value.
inline constexpr std::int64_t regex_memory_max = std::int64_t{8} << 20;
inline constexpr std::uint32_t regex_steps_max = 200'000;
// Events kept for all correlations of a run, and their memory with the values; events beyond are counted as evicted.
// Concluding takes as much memory again at most.
inline constexpr std::size_t correlation_kept_events_max = 1'000'000;
inline constexpr std::size_t correlation_kept_bytes_max = std::size_t{96} << 20U;
// Hits of all correlations of a run; the rest is counted. Events that these hits name together; a hit made after that
// names only the first few.
inline constexpr std::size_t correlation_hits_max = 50'000;
inline constexpr std::size_t correlation_refs_max = 200'000;
inline constexpr std::size_t correlation_refs_min = 4;
inline constexpr std::size_t correlation_depth_max = 10;
// Of one value, what correlations compare.
inline constexpr std::size_t correlation_value_bytes_max = 4096;
inline constexpr std::size_t correlation_rules_max = 1'000;
// Rows of single detections in an HTML report; the rest is counted. A browser holds no more with ease.
inline constexpr std::size_t report_detections_max = 50'000;
// One value, and all fields, of such a row; what is longer is cut and says so.
inline constexpr std::size_t report_html_value_bytes_max = 1'000;
inline constexpr std::size_t report_html_row_bytes_max = 3'000;
// Detections that get a mark in the report's timeline picture (16 bytes of memory each).
inline constexpr std::size_t report_marks_max = 1'000'000;
// One detection in the spool: an event's fields with what matched, far above any real one. More means a damaged spool.
inline constexpr std::size_t spool_record_bytes_max = std::size_t{1} << 30;
// One cell of a CSV report: a spreadsheet breaks rows whose cells exceed 32,767 characters. The rest is cut with "…".
inline constexpr std::size_t report_csv_cell_bytes_max = 32'000;
// STIX report: observables listed for one rule on one host, observables and sightings of the whole bundle. The rest is
// counted in the sighting's text.
inline constexpr std::size_t report_observables_of_sighting_max = 50;
inline constexpr std::size_t report_observables_max = 100'000;
inline constexpr std::size_t report_sightings_max = 100'000;
// Evidence rows listed for one stage of a verdict (contract).
inline constexpr std::size_t verdict_events_max = 1'000;
// One playbook's rows; more is an error in the playbook.
inline constexpr std::size_t playbook_rows_max = 1'000;
// One value of an event as playbooks look at it: the rest of a longer one is not read, and the verdict counts it. Above
// what logs hold: an EVTX record has 64 KiB, a command line 32,767 characters, an address 65,519.
inline constexpr std::size_t predicate_text_bytes_max = std::size_t{128} << 10;
// Facts kept for joining, per playbook and of one row, case and computer; beyond them rows are counted, and the verdict
// says so.
inline constexpr std::size_t verdict_facts_max = 200'000;
inline constexpr std::size_t verdict_row_facts_max = 20'000;
// Of each row and case so many are kept even beyond the first of these: a flood of one kind must not hide another.
inline constexpr std::size_t verdict_case_facts_min = 1'000;
// Rows, cases and computers told apart for these limits; later ones share one count.
inline constexpr std::size_t verdict_kinds_max = 50'000;
// Inputs, computers and builds whose periods are told apart. Later ones cover nothing, and the verdict says so.
inline constexpr std::size_t verdict_periods_max = 200'000;
// File creates and deletes kept to find mass renames, per playbook, of one extension or note name, and deletes of a
// host.
inline constexpr std::size_t verdict_file_entries_max = 500'000;
inline constexpr std::size_t verdict_file_group_max = 100'000;
inline constexpr std::size_t verdict_deletes_max = 65'536;
// Hosts, extensions and note names told apart; later ones are left out and the verdict says so.
inline constexpr std::size_t verdict_names_max = 4'096;
// Verdicts for hosts of a ladder playbook, besides those with a grade.
inline constexpr std::size_t verdict_hosts_max = 1'000;
// One text carried with an evidence row; longer ones are cut.
inline constexpr std::size_t verdict_text_bytes_max = 400;

// STIX patterns: text of one pattern (lists of 10,000 hashes fit), and how deep parentheses nest. Longer or deeper
// ones are rejected.
inline constexpr std::size_t pattern_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t pattern_depth_max = 64;
// Observation expressions of one pattern after REPEATS has been written out where it must be. Beyond it the pattern is
// rejected when it is compiled.
inline constexpr std::size_t pattern_expressions_max = 10'000;
// Steps spent on finding different observations for the expressions of one pattern; the question is NP-hard for nested
// FOLLOWEDBY and REPEATS. Beyond it the answer is an error, never a guess.
inline constexpr std::uint64_t pattern_steps_max = 20'000'000;
// Values that one object path may lead to in one object ([*] in [*] in [*]… multiplies). Beyond it the rest is not
// looked at and counted.
inline constexpr std::size_t pattern_path_values_max = 100'000;
// Work on the comparisons of one pattern over all observed data of a call, in values looked at (long texts count for
// more). Beyond it the answer is an error.
inline constexpr std::uint64_t pattern_work_max = 200'000'000;
// Observed data in one call of the pattern matcher, and the objects in them.
inline constexpr std::size_t observations_max = 1'000'000;
// Log events kept for one pattern that needs several observations, and for all such patterns of a run. The oldest are
// dropped first, and counted.
inline constexpr std::size_t pattern_events_max = 100'000;
inline constexpr std::size_t pattern_events_total_max = 2'000'000;
// Matches told for one pattern that needs several log events; further ones are left out.
inline constexpr std::size_t pattern_matches_max = 1'000;
// Indicators: one value (longest real URLs), one path or registry key, entries of all lists together (the store counts
// them in 40 bits of address, and 16 million take about 1 GB), bytes of values, and what is told about one list.
inline constexpr std::size_t indicator_value_bytes_max = 4096;
inline constexpr std::size_t indicator_path_bytes_max = 512;
inline constexpr std::uint64_t indicators_max = 100'000'000;
inline constexpr std::uint64_t indicator_bytes_max = std::uint64_t{8} << 30;
inline constexpr std::size_t indicator_problems_max = 100;
// One line or CSV row of a list; a longer one is rejected. One JSON text that is kept (longer ones, such as attached
// files, are passed over).
inline constexpr std::size_t indicator_line_bytes_max = std::size_t{64} << 10;
inline constexpr std::size_t indicator_text_bytes_max = std::size_t{64} << 10;
// Alternatives of one STIX pattern, and different source objects kept for one value.
inline constexpr std::size_t indicator_pattern_terms_max = 10'000;
inline constexpr std::size_t indicator_sources_max = 16;
// STIX patterns that are more than a list of values, and their text together: each is compiled.
inline constexpr std::size_t indicator_patterns_max = 100'000;
inline constexpr std::size_t indicator_patterns_bytes_max = std::size_t{64} << 20;
// Places of one URL in text at which it may end; indicators named one by one in a report, and of one event.
inline constexpr std::size_t indicator_url_ends_max = 16;
// URLs of known hosts, and registry keys, looked at in one value: each takes some microseconds.
inline constexpr std::size_t indicator_places_of_value_max = 1'000;
inline constexpr std::size_t indicators_reported_max = 100'000;
inline constexpr std::size_t indicator_hits_of_event_max = 1'000;

}  // namespace tocsin::limits
