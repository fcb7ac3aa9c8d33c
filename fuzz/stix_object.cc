// Arbitrary bytes as a STIX object or bundle: validated, cut, put on one line, and given its deterministic id.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "stix/bundle.h"
#include "stix/deterministic_id.h"
#include "stix/object.h"
#include "stix/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cut = stix::cut_bundle(text);
  stix::Validator validator;
  stix::Findings findings;
  if (!validator.check(text, findings)) {
    return 0;
  }
  for (const stix::Problem& problem : findings.errors) {
    check(!problem.message.empty() && problem.offset <= text.size(), "a problem says what is wrong, and where");
  }
  const stix::Document& document = validator.document();
  (void)stix::deterministic_id(document, 0);
  (void)stix::read_object(document, 0);
  if (document[0].kind == stix::Node::Kind::object) {
    check(cut.has_value(), "what is JSON can be cut");
    stix::Findings again;
    check(validator.check(stix::on_one_line(text), again).has_value(), "one line is the same JSON");
    check(again.errors.size() == findings.errors.size(), "and has the same problems");
  }
  return 0;
}
