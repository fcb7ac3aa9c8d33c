// What a YARA rule says about itself, in the terms of a report.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detect/yara/yara_rules.h"

namespace tocsin::detect {

struct YaraMeta {
  std::string key, text;  // an integer as decimal text, a boolean as true or false
  bool number = false;
};

// Names, tags, references and level; docs/yara.md says which meta keys count.
rules::RuleInfo yara_rule_info(std::string_view name, std::span<const YaraMeta> metas,
                               const std::vector<std::string>& tags, const YaraOptions& options);

// By score from 0 to 100.
rules::Level yara_level(std::int64_t score);

}  // namespace tocsin::detect
