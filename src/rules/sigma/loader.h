// What the loader keeps between files: documents as read, before references and filters are resolved.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "rules/sigma.h"
#include "rules/sigma/detection.h"
#include "rules/sigma/problems.h"
#include "wire/yaml.h"

namespace tocsin::rules::sigma {

// A name in a document, with the place where it stands.
struct Reference {
  std::string text;
  wire::YamlMark mark;
};

// A correlation before its references are known.
struct CorrelationDraft {
  Correlation correlation;
  std::vector<Reference> rules;
  std::vector<std::vector<Reference>> alias_rules;  // beside Correlation::aliases and their fields
  std::string boolean_condition;                    // over rule names; empty: the bounds count
  wire::Yaml condition_scalar;                      // for places inside that text
};

struct Filter {
  std::string id, title, source;
  wire::YamlMark mark;
  LogSource log_source;
  bool any = false;
  std::vector<Reference> rules;
  Detection detection;
};

// All that was read so far.
struct Collection {
  RuleSet set;
  std::vector<CorrelationDraft> correlations;
  std::vector<Filter> filters;
  // Ids (in lower case) and names of documents that were rejected: a reference to one says so.
  boost::unordered_flat_set<std::string> rejected;
};

// Finds the rules that correlations name; what cannot be resolved is diagnosed and left out. Moves the correlations
// into the set, with inputs in terms of the set as it is then.
void resolve_correlations(Collection& collection);
// Adds the filters to the rules they apply to.
void apply_filters(Collection& collection);
// Says which rules report on their own, and drops what the user did not choose and nothing needs.
void select(RuleSet& set, const Selection& selection);

}  // namespace tocsin::rules::sigma
