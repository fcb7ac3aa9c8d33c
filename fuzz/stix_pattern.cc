// The first line is a STIX pattern, the rest JSON with observed data. What parses must print, parse again to the same
// text, and be matched within its limits.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "detect/stix_pattern.h"
#include "wire/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t feed = text.find('\n');
  const std::string_view written = text.substr(0, feed);
  const auto parsed = stix::parse_pattern(written);
  if (!parsed) {
    check(!parsed.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  const std::string normal = stix::pattern_text(*parsed);
  const auto again = stix::parse_pattern(normal);
  check(again.has_value() && stix::pattern_text(*again) == normal, "what is written parses to the same");
  const auto pattern = detect::StixPattern::compile(written);
  if (!pattern) {
    return 0;
  }
  const std::string_view rest = feed == std::string_view::npos ? std::string_view{} : text.substr(feed + 1);
  const auto json = wire::parse_json(rest);
  if (!json) {
    return 0;
  }
  const auto observed = stix::read_observed_data({&*json, 1});
  if (!observed) {
    return 0;
  }
  detect::StixWork work;
  const auto found = detect::match(**pattern, *observed, work);
  if (found) {
    check(found->matched || found->observations.empty(), "what does not match binds nothing");
    for (const std::uint32_t at : found->observations) {
      check(at < observed->observations.size(), "bound observations are there");
    }
  }
  return 0;
}
