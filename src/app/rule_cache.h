// RuleCache: rule sets that were read before, kept as bytes in the user's cache folder, so that thousands of rules are
// not parsed again for every hunt. Everything works without it; nothing is lost with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/rule.h"
#include "trust/digest.h"

namespace tocsin::app {

// What is kept counts only for the same build of the program and the same bytes of every rule, list and choice; it is
// read back with every bound checked, from a file that is this user's alone. One thread.
class RuleCache {
 public:
  // $TOCSIN_RULE_CACHE ("off": none), else $XDG_CACHE_HOME/tocsin/rules, else ~/.cache/tocsin/rules.
  explicit RuleCache(bool wanted);

  // Something that the set depends on. What is added, and in which order, makes the key.
  void add(std::string_view name, std::string_view bytes);

  // The set that was kept under the key; nothing where there is none, or where it cannot be trusted.
  std::optional<rules::RuleSet> find();
  // Keeps it, and lets go of the sets that were not used for longest. Failures are nobody's concern: the next run reads
  // the rules.
  void keep(const rules::RuleSet& set);

 private:
  void settle();

  std::string folder_;  // empty: no cache
  trust::Sha256 digest_;
  std::string key_;
};

}  // namespace tocsin::app
