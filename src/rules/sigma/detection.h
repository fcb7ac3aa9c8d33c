// The detection section of a rule or filter: named searches and a condition, as one tree over leaves.
#pragma once

#include <string>
#include <vector>

#include "rules/rule.h"
#include "rules/sigma.h"
#include "rules/sigma/problems.h"
#include "rules/sigma/quote.h"
#include "wire/yaml.h"

namespace tocsin::rules::sigma {

struct Detection {
  std::vector<Leaf> leaves;
  std::vector<Node> nodes;           // the last is the root
  std::vector<std::string> missing;  // placeholder lists that were not given, each once
  bool negates = false;              // something in it is turned round: `not` or |neq
};

// Reads the map `section`; the keys in `skip` are not searches. Problems are reported; the result counts only if none
// of them is an error.
Detection read_detection(const wire::Yaml& section, wire::YamlMark at, const Placeholders& placeholders,
                         std::string_view skip, Problems& problems);

// Where a byte of a scalar stands in its file, as far as that can be told.
wire::YamlMark inside(const wire::Yaml& scalar, std::size_t byte);

}  // namespace tocsin::rules::sigma
