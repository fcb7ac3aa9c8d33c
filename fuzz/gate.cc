// Arbitrary JSON before the gate: it always answers, names a rule, and says no less with a consent taken away.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "gate/gate.h"
#include "gate/recognise.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  auto json = wire::parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) {
    return 0;
  }
  const Time now = Time::from_seconds(1'700'000'000);
  for (const gate::Recognised& document : gate::recognise(*json)) {
    const gate::Verdict own = gate::decide(document, {}, now);
    const gate::Verdict theirs = gate::decide(document, {.scope = "third-party"}, now);
    check(own.verdict != gate::Class::R || theirs.verdict == gate::Class::R,
          "what is refused at home is refused elsewhere");
  }
  const auto verdict = gate::decide(*json, now);
  if (!verdict) {
    check(!verdict.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  check(!gate::code_text(verdict->rule).empty(), "a verdict names its rule");
  std::string text;
  wire::JsonWriter writer(text);
  writer.begin_object();
  gate::write_verdict(*verdict, writer);
  writer.end_object();
  check(wire::parse_json(text).has_value(), "an answer is JSON");
  std::erase_if(json->members, [](const auto& member) { return member.first == "consent"; });
  const auto without = gate::decide(*json, now);
  check(without.has_value() && (verdict->verdict != gate::Class::R || without->verdict == gate::Class::R),
        "without consent nothing more is allowed");
  return 0;
}
