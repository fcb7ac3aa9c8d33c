// What the loader keeps between files: documents as read, before references and filters are resolved.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <string>
#include <vector>

#include "rules/sigma.h"
#include "rules/sigma/detection.h"
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
  std::vector<std::vector<Reference>> alias_rules;  // per alias, per field
  std::string boolean_condition;                    // over rule names; empty: bounds count
  wire::YamlMark condition_mark;
  wire::Yaml condition_scalar;  // for places inside the text
  bool generate_inputs = false;
};

struct Filter {
  std::string id, title, source;
  wire::YamlMark mark;
  LogSource log_source;
  bool any = false;
  std::vector<Reference> rules;
  Detection detection;
};

}  // namespace tocsin::rules::sigma
