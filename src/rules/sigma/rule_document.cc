// The rule document (sigma-rules-specification.md).
#include "rules/sigma/document.h"
#include "rules/sigma/documents.h"

namespace tocsin::rules::sigma {

Rule read_rule(const wire::Yaml& document, const Placeholders& placeholders, Problems& problems) {
  Rule rule;
  rule.info = read_info(document, problems);
  rule.log_source = read_log_source(document, problems);
  const wire::Yaml* section = document.find("detection");
  if (section == nullptr) {
    problems.error(document.mark, "the detection is missing", "add: detection: with a selection and a condition");
    return rule;
  }
  Detection detection = read_detection(*section, section->mark, placeholders, {}, problems);
  rule.leaves = std::move(detection.leaves);
  rule.nodes = std::move(detection.nodes);
  rule.waiting_for = std::move(detection.missing);
  return rule;
}

}  // namespace tocsin::rules::sigma
