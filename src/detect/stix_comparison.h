// StixComparison: one comparison of a STIX pattern made ready: an object path, an operator and constants (2.1 sections
// 9.6 and 9.7), asked of one object.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "detect/number.h"
#include "detect/stix_regex.h"
#include "rules/rule.h"
#include "stix/address_range.h"
#include "stix/observation.h"
#include "stix/pattern.h"

namespace tocsin::detect {

// Where patterns work: memory that is used again, and what could not be done. One per thread.
struct StixWork {
  std::uint64_t gave_up = 0;     // searches that reached limits::regex_steps_max, and counted as no match
  std::uint64_t cut_paths = 0;   // object paths that led to more than limits::pattern_path_values_max values
  std::uint64_t unfinished = 0;  // expressions whose work on an event went beyond its limit, and counted as no match
  // Work that is left, in values looked at; long texts count for more. What goes beyond is false, and `exhausted`.
  std::uint64_t left_max = limits::pattern_work_max;
  std::uint64_t left = left_max;
  bool exhausted = false;
  void renew() {
    left = left_max;
    exhausted = false;
  }
  bool spend(std::uint64_t steps) {
    exhausted = exhausted || steps > left;
    left -= exhausted ? 0 : steps;
    return !exhausted;
  }
  struct Place {
    std::uint32_t value;
    std::uint32_t step;
  };
  std::vector<Place> places;
};

// Immutable; borrows the comparison. Rules:
// - a path that leads nowhere makes the comparison false, also with NOT (9.6); NOT EXISTS is then true, see
//   docs/stix-patterns.md;
// - with [*] one value that makes the operator, with its NOT, true will do (9.7.2);
// - what cannot be decided within the limits is false, also with NOT;
// - incompatible types are false, for != true (9.6.1);
// - properties whose name ends with _bin or _hex are octets (9.6.4); a string constant becomes octets for them, a
//   binary constant makes octets of a string property (9.2);
// - strings compare by code point; LIKE and MATCHES after bringing both sides into NFC (9.6.2).
class StixComparison {
 public:
  static Result<StixComparison> make(const stix::Comparison& comparison);

  // `object`: the value to start from (ObjectGraph::values). References are followed inside `observation` only. Where
  // it holds, `met` gets the value that made it true, if there is one.
  bool holds(const stix::ObjectGraph& graph, const stix::Observation& observation, std::uint32_t object, StixWork& work,
             std::uint32_t* met = nullptr) const;
  bool slow() const { return regex_ != nullptr && regex_->slow(); }

 private:
  enum class Relation : std::uint8_t { incompatible, less, equal, greater };

  bool value_holds(const stix::Value& value, StixWork& work) const;
  Relation relation(const stix::Value& value) const;
  bool in_set(const stix::Value& value) const;
  bool string_holds(std::string_view text, StixWork& work) const;

  const stix::Comparison* comparison_ = nullptr;
  std::vector<char> dereferences_;            // by step: a string that this key is asked of is a reference
  bool binary_ = false;                       // the property holds octets
  std::optional<std::string> octets_;         // the constant as octets, where it can be
  std::vector<std::string> octet_set_;        // in: sorted
  std::vector<std::string_view> string_set_;  // in: sorted
  std::vector<Decimal> number_set_;           // in: sorted
  std::vector<stix::Instant> instant_set_;    // in: sorted
  bool true_in_set_ = false, false_in_set_ = false;
  Decimal number_;
  rules::Pattern like_;
  std::size_t like_part_ = 0;  // the longest literal in it
  std::shared_ptr<const StixRegex> regex_;
  stix::AddressRange range_;
};

}  // namespace tocsin::detect
