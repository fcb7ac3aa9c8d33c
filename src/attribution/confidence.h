// The STIX confidence of a claim: one number made from words on a named scale, which always loses something.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "attribution/speech_act.h"

namespace tocsin::attribution {

struct StixConfidence {
  int value = 0;     // 0 to 100, STIX 2.1 appendix A
  std::string from;  // what was read, on which scale: "likelihood 'highly likely' on phia"
};

// Nothing where the claim names no scale, a scale that has no table, or words that the scale does not have; "cannot be
// judged" is nothing, never 50. A scale of confidence is read from the analytic confidence, one of likelihood from the
// likelihood; figures that the claimant gave are not turned back into words.
std::optional<StixConfidence> stix_confidence(const Attribution& claim);

// Whether words say that no judgement is possible ("cannot be judged", Admiralty 6).
bool cannot_be_judged(std::string_view words, std::string_view scale);

}  // namespace tocsin::attribution
