// |re with its flags: the value is a regular expression, case-sensitive and searched anywhere in the field.
#include "base/limits.h"
#include "rules/sigma/modifier.h"

namespace tocsin::rules::sigma {
namespace {

constexpr std::string_view after_re = "put it behind |re";

std::optional<Problem> re(Value&& value, Item& item, std::vector<Value>& out) {
  if (item.changed) {
    return Problem{ErrorCode::rule_invalid, "|re takes the value as written, but another modifier changed it before",
                   "put |re first"};
  }
  if (value.leaf.written.size() > limits::regex_bytes_max) {
    return Problem{ErrorCode::limit,
                   "the regular expression is longer than " + std::to_string(limits::regex_bytes_max) + " bytes",
                   "split it"};
  }
  value.kind = ValueKind::regex;
  value.leaf.op = Operator::regex;
  value.leaf.regex = value.leaf.written;
  value.leaf.pattern = {};
  out.push_back(std::move(value));
  return std::nullopt;
}

template <bool Leaf::* flag>
std::optional<Problem> set_flag(Value&& value, Item&, std::vector<Value>& out) {
  value.leaf.*flag = true;
  out.push_back(std::move(value));
  return std::nullopt;
}

template <bool Leaf::* flag>
constexpr Modifier flag_modifier(std::string_view name, std::string_view doc) {
  return {.name = name,
          .doc = doc,
          .section = "Regular Expression",
          .takes = static_cast<std::uint8_t>(ValueKind::regex),
          .instead = after_re,
          .apply = set_flag<flag>};
}

constexpr std::string_view ignore_case_doc = "the regular expression ignores case";
constexpr std::string_view multiline_doc = "^ and $ of the regular expression match at line ends";
constexpr std::string_view dot_all_doc = "the dot of the regular expression matches line ends";

}  // namespace

extern const Modifier modifier_re, modifier_i, modifier_ignorecase, modifier_m, modifier_multiline, modifier_s,
    modifier_dotall;
const Modifier modifier_re{
    .name = "re",
    .doc = "the value is a regular expression",
    .section = "Regular Expression",
    .takes = (ValueKind::text | ValueKind::number) | static_cast<std::uint8_t>(ValueKind::boolean),
    .instead = "write the expression in quotes",
    .apply = re};
const Modifier modifier_i = flag_modifier<&Leaf::regex_ignore_case>("i", ignore_case_doc);
const Modifier modifier_ignorecase = flag_modifier<&Leaf::regex_ignore_case>("ignorecase", ignore_case_doc);
const Modifier modifier_m = flag_modifier<&Leaf::regex_multiline>("m", multiline_doc);
const Modifier modifier_multiline = flag_modifier<&Leaf::regex_multiline>("multiline", multiline_doc);
const Modifier modifier_s = flag_modifier<&Leaf::regex_dot_all>("s", dot_all_doc);
const Modifier modifier_dotall = flag_modifier<&Leaf::regex_dot_all>("dotall", dot_all_doc);

}  // namespace tocsin::rules::sigma
