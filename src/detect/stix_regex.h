// StixRegex: the regular expression of a STIX MATCHES: PCRE syntax, searched, DOTALL (2.1 section 9.6.1). RE2 does the
// work where it gives PCRE's answer, else PCRE2 with limits.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "detect/pcre2_pattern.h"

namespace tocsin::detect {

// Immutable and thread-safe.
class StixRegex {
 public:
  // `binary`: over octets, without Unicode; the pattern is then octets too. Else both are UTF-8, and \w, \d, \s, \b and
  // case follow Unicode. Fails where PCRE2 does not take the pattern.
  static Result<std::shared_ptr<const StixRegex>> compile(std::string_view pattern, bool binary);
  ~StixRegex();
  StixRegex(const StixRegex&) = delete;
  StixRegex& operator=(const StixRegex&) = delete;

  Found search(std::string_view text) const;
  // Runs under PCRE2 for every text.
  bool slow() const;

 private:
  struct Engine;
  StixRegex();
  std::unique_ptr<Engine> engine_;
};

}  // namespace tocsin::detect
