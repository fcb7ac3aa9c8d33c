// Arbitrary bytes as JSON to be made canonical. What is accepted is a fixed point, and says the same as the tree
// reader.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/canonical_json.h"
#include "wire/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto once = wire::canonical_json(text);
  if (!once) {
    check(!once.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  check(wire::parse_json(text).has_value(), "what has a canonical form is JSON");
  const auto again = wire::canonical_json(*once);
  check(again.has_value() && *again == *once, "the canonical form is its own");
  const std::string_view way[] = {"a"};
  check(wire::canonical_json(text, way).has_value(), "a member may be left out");
  return 0;
}
