// The one line that tells a person what a detection saw.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "report/report.h"

namespace tocsin::report {

// "Field: value · Field: value": first what made the rule fire, then the fields that its author chose, each name once.
// At most `bytes_max` bytes, cut at a code point with "…"; a single value takes at most half of that. Line ends and
// tabs become a blank; nothing else is escaped: the writer of each form does that.
std::string detail_line(const Detection& detection, std::size_t bytes_max = 400);

// The longest prefix of `text` of at most `bytes_max` bytes that does not cut a UTF-8 sequence.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max);

}  // namespace tocsin::report
