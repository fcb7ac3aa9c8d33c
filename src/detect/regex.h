// Regex: one compiled |re pattern. RE2 (linear time) where it can express the pattern, else PCRE2 with match limits.
// The door to RE2; `pcre2_pattern.h` is PCRE2's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/rule.h"

namespace tocsin::detect {

// Immutable but for gave_up(); thread-safe.
class Regex {
 public:
  // Fails where neither engine takes the pattern; the message is the engine's.
  static Result<std::shared_ptr<const Regex>> compile(const rules::Leaf& leaf);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  // Is there a match anywhere in the text? A $ also matches before a final line end, as in PCRE.
  // A PCRE2 search that exceeds limits::regex_steps_max counts as no match, and is remembered.
  bool search(std::string_view text) const;
  // Did a search so far exceed the limit?
  bool gave_up() const;
  // Runs under PCRE2.
  bool slow() const;
  // Lower-case ASCII texts of which at least one stands in the case-folded form of every text that matches; empty:
  // nothing is known.
  const std::vector<std::string>& needles() const { return needles_; }

 private:
  struct Engine;
  Regex();
  std::unique_ptr<Engine> engine_;
  std::vector<std::string> needles_;
};

}  // namespace tocsin::detect
