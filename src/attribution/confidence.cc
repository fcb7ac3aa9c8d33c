#include "attribution/confidence.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace tocsin::attribution {
namespace {

enum class Reads : std::uint8_t { confidence, likelihood };

struct Step {
  std::string_view scale;
  Reads reads;
  std::string_view words;
  int value;
};
constexpr auto steps = std::to_array<Step>({
#define SCALE(id, reads, words, value) {id, Reads::reads, words, value},
#include "attribution/scales.def"
#undef SCALE
});

// The names under which the scales go about, brought to those of scales.def.
std::string scale_name(std::string_view given) {
  std::string name;
  for (const char c : trim(given)) {
    name += c == ' ' || c == '_' || c == '/' ? '-' : ascii_lower(c);
  }
  if (name.starts_with("admiralty")) {
    return "admiralty";
  }
  if (name == "icd203" || name == "icd-203" || name == "us-icd-203" || name == "us-icd203") {
    return "dni";
  }
  if (name.starts_with("phia") || name == "uk-phia" || name == "phia-yardstick") {
    return "phia";
  }
  if (name.starts_with("wep") || name == "words-of-estimative-probability") {
    return "wep";
  }
  if (name == "stix" || name == "low-med-high" || name == "low-medium-high" || name == "none-low-medium-high") {
    return "none-low-med-high";
  }
  return name;
}

}  // namespace

bool cannot_be_judged(std::string_view words, std::string_view scale) {
  const std::string given = ascii_lower(trim(words));
  if (given == "cannot be judged" || given == "truth cannot be judged" || given == "cannot-be-judged" ||
      given == "not judged") {
    return true;
  }
  return scale_name(scale) == "admiralty" && (given == "6" || given == "f");
}

std::optional<StixConfidence> stix_confidence(const Attribution& claim) {
  if (claim.scale.empty()) {
    return std::nullopt;
  }
  const std::string scale = scale_name(claim.scale);
  for (const Step& step : steps) {
    if (step.scale != scale) {
      continue;
    }
    const bool confidence = step.reads == Reads::confidence;
    const std::optional<Judgement>& judgement = confidence ? claim.analytic_confidence : claim.likelihood;
    if (!judgement) {
      return std::nullopt;
    }
    std::string words = ascii_lower(trim(judgement->words));
    if (words.empty() && judgement->low && judgement->low == judgement->high) {
      words = fmt::format("{}", *judgement->low);
    }
    if (words == step.words) {
      return StixConfidence{step.value, fmt::format("{} '{}' on {}", confidence ? "analytic confidence" : "likelihood",
                                                    words, claim.scale)};
    }
  }
  return std::nullopt;
}

}  // namespace tocsin::attribution
