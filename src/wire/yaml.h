// YAML: one document as a bounded tree of scalars, lists and maps with the place of each. The only door to libyaml.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tocsin::wire {

struct YamlMark {
  std::uint32_t line = 1;    // from 1
  std::uint32_t column = 1;  // from 1, in code points
};

// YAML 1.1 as libyaml reads it, with the scalar types that Sigma rules rely on. A plain (unquoted) scalar is
//   null     "", "~", "null", "Null", "NULL"
//   boolean  "true"/"false" in lower, Title or UPPER case  (not yes/no/on/off: Sigma rules use those as text)
//   integer  [-+]?(0|[1-9][0-9]*), 0x…    real  digits with a point: 1.5, .5, 6.02e+23
// (00000409 and 1e3 are text: their form means something)
// and everything else, like every quoted or block scalar, text. A merge key (<<) is replaced by the members of its
// maps.
struct Yaml {
  enum class Kind : std::uint8_t { null, boolean, integer, real, text, list, map };
  Kind kind = Kind::null;
  bool plain = false;  // the scalar was written without quotes
  YamlMark mark;
  std::string text;         // of every scalar, as written
  std::vector<Yaml> items;  // list
  struct Member;
  std::vector<Member> members;  // map, in order; duplicate keys are an error

  const Yaml* find(std::string_view key) const;
  bool is_scalar() const { return kind != Kind::list && kind != Kind::map; }
};

struct Yaml::Member {
  std::string key;
  YamlMark mark;  // of the key
  Yaml value;
};

// All documents of a stream. Limits of base/limits.h: yaml_bytes_max, yaml_nodes_max (aliases are expanded and count),
// nesting_max. An error carries line and column.
Result<std::vector<Yaml>> parse_yaml(std::string_view text);

// Like parse_yaml, but a document that cannot be read costs only itself: its place holds the error. Documents begin at
// lines that begin with "---" (YAML 1.1 §9.1); empty ones are left out.
std::vector<Result<Yaml>> parse_yaml_documents(std::string_view text);

}  // namespace tocsin::wire
