// What the compiler and the scanner share of libyara.
#pragma once

#include <yara.h>

#include <memory>
#include <vector>

#include "detect/yara/yara_rules.h"

namespace tocsin::detect {

struct DestroyYaraRules {
  void operator()(YR_RULES* rules) const { yr_rules_destroy(rules); }
};

struct YaraRules::Implementation {
  std::unique_ptr<YR_RULES, DestroyYaraRules> compiled;
  static constexpr std::uint32_t unreported = ~std::uint32_t{0};
  std::vector<std::uint32_t> numbers;  // by libyara's index: index into `rules`, or unreported
  std::vector<YaraRule> rules;
  std::vector<rules::Diagnostic> diagnostics;
  std::uint64_t given = 0, loaded = 0, rejected = 0;
  YaraOptions options;
};

inline constexpr const char* yara_externals[] = {"filename", "filepath", "extension", "filetype", "owner"};

}  // namespace tocsin::detect
