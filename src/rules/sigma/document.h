// What all Sigma documents have in common: title, id, level, tags and the other things people read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule.h"
#include "rules/sigma/problems.h"
#include "wire/yaml.h"

namespace tocsin::rules::sigma {

// Reads the metadata. A defect in what a rule is (title, id, name, level, status, taxonomy) is an error; a defect in
// what is only read by people is a warning and the value is kept where it can be.
RuleInfo read_info(const wire::Yaml& document, Problems& problems);

// Reads the map under `logsource`; at least one of product, category, service must be there.
LogSource read_log_source(const wire::Yaml& document, Problems& problems);

// The text of a member, or "" with an error if it is not text.
std::string read_text(const wire::Yaml& value, std::string_view what, Problems& problems);
// One text or a list of them.
std::vector<std::string> read_texts(const wire::Yaml& value, std::string_view what, Problems& problems);

bool is_uuid(std::string_view text);

}  // namespace tocsin::rules::sigma
