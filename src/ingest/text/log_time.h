// Log time: the ways in which text logs write a moment, each read into a Time.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "event/event.h"
#include "ingest/format.h"

namespace tocsin::ingest {

// W3C "2021-03-03" and "06:49:42" (fractions allowed) as UTC. Nothing where either is not of that form.
std::optional<Time> parse_date_and_time(std::string_view date, std::string_view time);

// NCSA common log time without its brackets: "11/Jul/2018:08:41:28 +0300".
std::optional<ParsedTime> parse_clf_time(std::string_view text);

// Seconds since 1970 with an optional fraction, as Zeek and auditd write them: "1588205198.89971".
std::optional<Time> parse_epoch_seconds(std::string_view text);

// RFC 3164 "Mar  7 14:12:30" at the start of text, also with a year before or after it ("2021 Mar 7 …",
// "Mar 7 2021 14:12:30") and with a fraction; `used` gets its length. The log's year is the latest one that puts the
// moment not more than a day after `modified_seconds`; without that, or before 1971, it is 1970 (1972 for 29 February).
std::optional<ParsedTime> parse_syslog_time(std::string_view text, std::int64_t modified_seconds, std::size_t& used);

// Any of the shapes that exported tables use: ISO 8601, seconds, milliseconds, microseconds or nanoseconds since 1970
// (by their number of digits), FILETIME, "07.03.2021 14:12:42" (day first), "3/7/2021 2:12:30 PM" (month first; day
// first where the first number is above 12), "07/Mar/2021:14:12:30 +0000", "Sun, 07 Mar 2021 14:12:30 +0000", "Sun Mar
// 7 14:12:30 2021", "Mar 07 2021 14:12:30".
std::optional<ParsedTime> parse_log_time(std::string_view text);

// Sets the event's time; one without a zone gets the zone of the options and is marked so.
void set_time(event::Event& event, const ParsedTime& time, const DecodeOptions& options);

}  // namespace tocsin::ingest
