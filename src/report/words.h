// Numbers, times and states in the words that people read; what the terminal and the HTML report share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/report.h"

namespace tocsin::report {

// 10487 → "10,487".
std::string grouped(std::uint64_t number);
// "1 event", "3 events": `noun` takes an s.
std::string counted(std::uint64_t number, std::string_view noun);
// 1118208 → "1.1 MB" (powers of 1000).
std::string bytes_text(std::uint64_t bytes);
// 0.42 → "0.42 s", 75 → "1 min 15 s".
std::string duration_text(double seconds);
// "2021-03-02 20:31:05" (UTC, whole seconds); "time not known".
std::string moment(Time time);
// "2021-03-02 20:31:05 – 20:45:10", with the date again where it differs, one moment where both are the same second.
std::string span_of(Time first, Time last);
// "Compromised", "Attacked, no sign of success", "No sign in the covered period", "Not checkable".
std::string_view state_title(verdict::State state);
// The same in less space: "2021-03-02 20:31 – 20:45", "2021-02-28 – 2021-03-05"; empty where not known.
std::string short_span(Time first, Time last);
// What the verdict is about: "everything read" for "*", "this installation" for none.
std::string scope_title(std::string_view scope);
// FILE#N as `explain` takes it.
std::string place(std::string_view source, std::uint64_t record);
// A path as a URI reference. RFC 3986: unreserved characters, sub-delims, '@' and '/' stay. A first segment with ':'
// would read as a scheme, so colons are escaped too. Backslashes of Windows arguments become slashes.
std::string uri_of(std::string_view path);
// The verdicts, most severe first; among equals in the report's order.
std::vector<const verdict::Verdict*> verdicts_by_severity(const Report& report);
// Nothing was seen and nothing noted on one host: many of these may share a line.
bool is_quiet(const verdict::Verdict& verdict);

// "12,000 indicators from 12,010 entries of 2 lists (8,000 domain, 4,000 ipv4); 2 found, 3 rejected"; empty without
// any.
std::string indicators_text(const IndicatorSummary& indicators);
// "100 rules of 102 from 3 files; 40 files (1.2 MB) and 1,000 values scanned, 2 rules found"; empty without any.
std::string yara_text(const YaraSummary& yara);

}  // namespace tocsin::report
