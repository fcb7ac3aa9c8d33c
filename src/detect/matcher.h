// Matcher: one leaf of a rule, made ready: what the plain evaluator asks for every leaf, and the indexed one where its
// tables do not know the answer already.
//
// Meaning of a leaf over one value (reference: sigma-rules-specification.md, sigma-appendix-modifiers.md):
// - text compares after Unicode simple case folding of both sides, |cased as it is; a pattern covers the whole value;
// - a null value matches nothing but `null` and `exists`; '' matches only a present, empty text;
// - a number compares exactly, at any size, with a value whose text is a decimal number, whatever type the log gave it;
//   else the texts must be equal. Hexadecimal text in an event is text: 0x1400 in a log is not 5120;
// - a boolean compares with the texts "true" and "false" but for case;
// - |lt…: false where either side is no number;
// - time parts are those written in the value (no zone conversion); numbers are Unix time in UTC;
// - a pattern that is nothing but a GUID matches it with and without braces;
// - a keyword (a leaf without field) matches when it stands anywhere in a value or in the raw record.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "detect/regex.h"
#include "event/event.h"
#include "rules/rule.h"

namespace tocsin::detect {

struct Matcher {
  rules::Operator op = rules::Operator::matches;
  bool keyword = false;
  bool cased = false;
  bool boolean = true;
  rules::TimePart part = rules::TimePart::none;
  std::vector<rules::Pattern> patterns;  // matches: any of them; folded unless cased; keywords open at both ends
  std::shared_ptr<const Regex> regex;
  rules::Network network;
  std::string number;  // decimal
  std::string number_written;
};

// Fails for a regex that no engine takes.
Result<Matcher> make_matcher(const rules::Leaf& leaf);

// One value, with its folded text (base/text.h fold_case) where `needs_folding` says that it is looked at.
struct MatchText {
  std::string_view text;
  std::string_view folded;
  event::ValueKind kind = event::ValueKind::text;
};
bool needs_folding(const Matcher& matcher);
// Does this value match? Not for is_null, exists and field_*, which are about fields.
bool value_matches(const Matcher& matcher, const MatchText& value);
// field_*: does one value stand in the asked relation to the other?
bool values_relate(const Matcher& matcher, const MatchText& value, const MatchText& other);

}  // namespace tocsin::detect
