// Sigma v2.1.0: rule, correlation and filter documents from YAML text to a RuleSet.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule.h"

namespace tocsin::rules {

// What the user chose; empty means no restriction. Dropped rules are counted in RuleSet::hidden.
struct Selection {
  std::vector<std::string> statuses = {};  // --status
  std::vector<std::string> tags = {};      // --tag: any of them; "attack.t1059" also selects its sub-techniques
  std::vector<std::string> exclude = {};   // --exclude: rule ids or titles
  Level least = Level::none;               // --level
};

// |expand: placeholder name → values. A rule whose list is missing is loaded with Rule::waiting_for set, and a
// diagnostic of severity note.
using Placeholders = std::map<std::string, std::vector<std::string>, std::less<>>;

// Collects files, then resolves references, filters and selection. Pure: the caller reads the files.
class SigmaLoader {
 public:
  explicit SigmaLoader(Placeholders placeholders = {});
  ~SigmaLoader();
  SigmaLoader(const SigmaLoader&) = delete;
  SigmaLoader& operator=(const SigmaLoader&) = delete;
  // One file: one or several documents, also `action:` collections. Problems become diagnostics; a bad document costs
  // only itself.
  void add(const std::string& source, std::string_view yaml);
  // Same, for a file that may hold only filters (--filters).
  void add_filters(const std::string& source, std::string_view yaml) { add(source, yaml); }
  // Resolves correlations, applies filters and the selection. Rules keep the order in which they were added.
  RuleSet finish(const Selection& selection = {}) &&;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tocsin::rules
