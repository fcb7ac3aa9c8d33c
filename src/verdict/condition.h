// Condition: a tree of field tests of a playbook, compiled once and asked for each event.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "verdict/slots.h"
#include "wire/yaml.h"

namespace tocsin::verdict {

// One test of one slot: true if any value of the slot passes with any of the texts (contains_all: with every text).
// Texts are compared without regard to the case of A–Z.
enum class Operator : std::uint8_t { is, contains, contains_all, starts, ends, glob, min, max, present };

// In YAML: a map joins its keys by AND, a list of maps joins them by OR. A key is a field (or a derived value), or
// `any`, `all`, `not`. The value of a field is a text, a list of texts (any of them), or a map from operator to texts.
// "@name" stands for the texts of the playbook's list `name`.
class Condition {
 public:
  using Lists = std::map<std::string, std::vector<std::string>, std::less<>>;

  static Result<Condition> compile(const wire::Yaml& yaml, SlotNames& slots, const Lists& lists);
  // An empty condition always holds.
  bool holds(const Slots& slots) const { return nodes_.empty() || holds(slots, 0); }
  bool empty() const { return nodes_.empty(); }
  // Marks the slots it reads, by number.
  void reads(std::vector<bool>& slots) const;

 private:
  enum class Kind : std::uint8_t { all, any, none, test };
  struct Node {
    Kind kind = Kind::all;
    Operator op = Operator::is;
    bool wanted = true;  // of `present`
    SlotId slot = 0;
    std::vector<std::uint32_t> children;
    std::vector<std::string> texts;  // lower case
    std::vector<Needle> needles;     // of contains, contains_all and glob: what must stand in the value
    std::vector<double> numbers;     // of min and max
  };

  bool holds(const Slots& slots, std::uint32_t node) const;
  static bool passes(const Node& node, std::string_view value);
  Result<std::uint32_t> add(const wire::Yaml& yaml, SlotNames& slots, const Lists& lists, Kind kind);
  Result<std::uint32_t> add_field(const wire::Yaml::Member& member, SlotNames& slots, const Lists& lists);
  Result<std::uint32_t> add_test(SlotId slot, Operator op, const wire::Yaml& value, const Lists& lists);

  std::vector<Node> nodes_;
};

// The texts of a scalar or list of scalars, with "@name" replaced by that list.
Result<std::vector<std::string>> texts_of(const wire::Yaml& yaml, const Condition::Lists& lists);

// '*' any run, '?' one byte; `pattern` in lower case. Linear in the product of the lengths at worst, no recursion.
bool glob_matches(std::string_view pattern, std::string_view text);

// An error about a place in the playbook that is being read.
std::unexpected<Error> playbook_error(const wire::YamlMark& mark, std::string message, std::string hint = {});

}  // namespace tocsin::verdict
