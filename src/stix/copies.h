// Copies: whether two copies of one version of an object are the same to the standard (STIX 2.1 section 3.6), and what
// it means where they are not: an author who says two things under one name, or somebody who changed what was passed
// on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stix/author_key.h"

namespace tocsin::stix {

struct CopyComparison {
  enum class Answer : std::uint8_t {
    not_versions_of_one,  // other ids or versions; or observables, which have no author and no version
    same,                 // spelling, dropped defaults, a signature more or less
    other_markings,       // the rest is the same: each copy is released by its own markings
    different             // two contents under one id and version: the standard does not say what that means
  };
  Answer answer = Answer::not_versions_of_one;
  std::vector<std::string> properties;  // that differ, by name; for other_markings and different
};

// `revoked`: false, `lang`: "en", a sighting's `summary`: false and `pattern_version`: "2.1" of a STIX pattern say the
// same as nothing; timestamps are compared as moments, all else as RFC 8785 writes it. A marking definition cannot be
// versioned: two under one id are two of one version. What has no canonical form is the same byte for byte only. Error
// where either is no object with type and id.
Result<CopyComparison> compare_copies(std::string_view a, std::string_view b);

struct Equivocation {
  enum class Answer : std::uint8_t {
    none,                // one content, or not one version; markings are kept for each copy
    conflicting_copies,  // two contents, and no proof that one author said both: the first one is served, others
                         // counted
    equivocation         // one author validly signed both: an alarm, to the operator and to peers who hold a copy
  };
  Answer answer = Answer::none;
  std::string author;  // identity; for equivocation
  std::vector<std::string> properties;
  std::string proof;  // both objects, one a line: anybody with the author's keys can ask the same question again
};

Result<Equivocation> equivocation(std::string_view a, std::string_view b, const KeyRing& keys);

}  // namespace tocsin::stix
