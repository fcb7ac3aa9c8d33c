// CSV and plain lists of indicators.
#pragma once

#include "base/bytes.h"
#include "rules/indicators/list_writer.h"

namespace tocsin::rules {

// One indicator a line, with comments (#, //, ;) and hosts-file lines; or rows with a header whose columns say what
// their values are; or rows without one, in which every cell that is an indicator by its form is taken. UTF-8, lines
// of any number.
void read_text_list(ByteSource& bytes, const std::string& name, std::optional<Level> level, IndicatorStore& store);

}  // namespace tocsin::rules
