// Bytes as stored rules: refused, or a set that can be compiled and run by both engines, with one answer. The input is
// such bytes, or changes to good ones: place (two bytes) and byte.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "detect/program.h"
#include "rules/dump.h"
#include "rules/sigma.h"
#include "rules/stored_rules.h"

namespace {

std::string good() {
  tocsin::rules::SigmaLoader loader;
  loader.add(
      "a.yml",
      "title: a\nname: a\nlogsource: {product: windows}\ndetection:\n"
      "  x: {Image|endswith: ['x', 'y*z'], A|cidr: 10.0.0.0/8, B|re|i: 'a+b', C|gt: 5, D|exists: true, E|windash: "
      "'-e'}\n"
      "  y: [keyword, other]\n  condition: x and not 1 of y*\n---\n"
      "title: c\ncorrelation: {type: event_count, rules: [a], group-by: [User], timespan: 1h, condition: {gte: 2}}\n");
  return tocsin::rules::store_rules(std::move(loader).finish());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (size % 3 == 1) {
    static const std::string whole = good();
    bytes = whole;
    for (std::size_t at = 1; at + 2 < size; at += 3) {
      bytes[(data[at] | std::size_t{data[at + 1]} << 8U) % bytes.size()] = static_cast<char>(data[at + 2]);
    }
  }
  auto read = rules::read_stored_rules(bytes);
  if (!read) {
    check(read.error().code == ErrorCode::damaged, "refused as damaged");
    return 0;
  }
  check(rules::store_rules(*rules::read_stored_rules(rules::store_rules(*read))) == rules::store_rules(*read),
        "stored again they stay");
  const auto set = std::make_shared<const rules::RuleSet>(*std::move(read));
  (void)rules::dump(*set);
  std::vector<detect::Hit> hits[2];
  for (const detect::Engine engine : {detect::Engine::indexed, detect::Engine::plain}) {
    event::FieldTable fields;
    const auto program = detect::Program::compile(set, fields, engine);
    detect::Scanner scanner(program, fields);
    event::EventBatch batch;
    batch.begin_event();
    batch.add_field(fields.intern("Image"), "C:\\x");
    batch.end_event();
    scanner.scan(batch, hits[engine == detect::Engine::plain]);
  }
  check(hits[0].size() == hits[1].size(), "both engines agree");
  return 0;
}
