// Arbitrary JSON as a question of release: every answer has reasons, and a marking more never widens it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "policy/release_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  const auto json = wire::parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) {
    return 0;
  }
  const auto request = policy::read_request(*json);
  if (!request) {
    check(!request.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  const policy::Release release = policy::decide(*request);
  check(!release.because.empty(), "a decision has a reason");
  std::string text;
  wire::JsonWriter writer(text);
  writer.begin_object();
  policy::write_release(release, writer);
  writer.end_object();
  check(wire::parse_json(text).has_value(), "an answer is JSON");
  // A whole-object marking more can only take away.
  policy::Request stricter = *request;
  policy::AppliedMarking unknown;
  stricter.markings.push_back(unknown);
  check(policy::decide(stricter).decision >= release.decision, "a marking more never widens");
  return 0;
}
