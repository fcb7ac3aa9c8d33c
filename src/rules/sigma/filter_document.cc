// The filter document (sigma-filters-specification.md): searches and a condition that are added to rules with AND.
#include "base/text.h"
#include "rules/sigma/document.h"
#include "rules/sigma/documents.h"

namespace tocsin::rules::sigma {
namespace {

using wire::Yaml;

void read_rules(const Yaml& section, Filter& filter, Problems& problems) {
  constexpr std::string_view hint = "write 'any', or a list of rule ids or names";
  const Yaml* rules = section.find("rules");
  if (rules == nullptr) {
    problems.error(section.mark, "the filter does not say to which rules it applies", "add: rules: any");
    return;
  }
  if (rules->is_scalar() && ascii_iequals(rules->text, "any")) {
    filter.any = true;
    return;
  }
  if (rules->kind == Yaml::Kind::map || rules->kind == Yaml::Kind::null) {
    problems.error(rules->mark, "the rules of the filter must be text or a list", std::string(hint));
    return;
  }
  if (rules->is_scalar()) {
    filter.rules.push_back({rules->text, rules->mark});
    return;
  }
  // An empty list applies to all, as in the reference implementation.
  filter.any = rules->items.empty();
  for (const Yaml& item : rules->items) {
    filter.rules.push_back({read_text(item, "rule of the filter", problems), item.mark});
  }
}

}  // namespace

Filter read_filter(const Yaml& document, const Placeholders& placeholders, Problems& problems) {
  Filter filter;
  RuleInfo info = read_info(document, problems);
  filter.id = std::move(info.id);
  filter.title = std::move(info.title);
  filter.mark = document.mark;
  filter.log_source = read_log_source(document, problems);
  const Yaml& section = *document.find("filter");
  if (section.kind != Yaml::Kind::map) {
    problems.error(section.mark, "the filter must be a map", "with rules, a selection and a condition");
    return filter;
  }
  read_rules(section, filter, problems);
  const Yaml* condition = section.find("condition");
  if (condition != nullptr && !condition->is_scalar()) {
    problems.error(condition->mark, "the condition of a filter must be text", "write: condition: not selection");
  }
  filter.detection = read_detection(section, section.mark, placeholders, "rules", problems);
  if (!problems.failed() && !filter.detection.negates) {
    problems.warning(condition == nullptr ? section.mark : condition->mark,
                     "the filter keeps only what its condition matches: there is no 'not' in it",
                     "write 'not selection' to leave out what the selection matches");
  }
  return filter;
}

}  // namespace tocsin::rules::sigma
