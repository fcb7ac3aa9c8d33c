// FieldLookup: finds the values that a rule means by a field name in an event: exact spelling, then any ASCII case,
// then the aliases and derivations of event/field_aliases.def.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include "detect/derived_fields.h"
#include "event/event.h"

namespace tocsin::detect {

// A set of aliases that holds for one kind of log, by its number; 0 is "none but those that always hold".
using AliasSet = std::uint8_t;
inline constexpr AliasSet no_aliases = 0;
// The number of the set with this name, or no_aliases.
AliasSet alias_set(std::string_view name);
// How many sets there are.
AliasSet alias_sets();
// Whether any set has an alias or a derivation for a rule's field: most fields stand for themselves.
bool has_aliases(std::string_view field);

// Under which aliases a rule looks at an event.
struct Scope {
  AliasSet set = no_aliases;
  bool web = false;  // the rule is of category webserver or proxy
  bool operator==(const Scope&) const = default;
};

struct FieldLookup {
  struct Name {
    event::FieldId exact{};
    event::FieldId folded{};
  };
  struct Alias {
    Name name;
    bool also = false;         // its values count beside the field's own
    std::string_view written;  // not empty: only values of this text count, and are read as `meant`
    const event::Value* meant = nullptr;
    Derivation derivation = Derivation::none;  // not none: values are made from `sources`, `name` is not used
    std::vector<Name> sources;
    std::string_view rule_field;
    std::size_t position = 0;
  };
  Name own;
  std::vector<Alias> aliases;
  // EventID is the event's own, which comes first: events about events (Security 1108) carry another in their data.
  bool first_only = false;
};

// Two names that differ only in ASCII case; equal ids where the id is not known to the table.
FieldLookup::Name intern_name(event::FieldTable& table, std::string_view name);
FieldLookup::Name find_name(const event::FieldTable& table, std::string_view name);

// Either form of table; the const one finds only names that some event or rule has used.
FieldLookup make_lookup(event::FieldTable& table, std::string_view field, Scope scope);
FieldLookup find_lookup(const event::FieldTable& table, std::string_view field, Scope scope);

struct FoundValue {
  const event::Value* value = nullptr;
  event::FieldId field{};
};
// Values that no event holds as they are, until clear(); with the memory that making them takes.
class MadeValues {
 public:
  void clear() {
    if (!values_.empty()) {
      values_.clear();
      arena_.clear();
    }
  }
  Arena& arena() { return arena_; }
  const event::Value* add(std::string_view text) { return &values_.emplace_back(text); }

  DerivationInput input;
  std::vector<FoundValue> found;
  std::vector<std::string_view> texts;

 private:
  Arena arena_;
  std::deque<event::Value> values_;  // do not move when others are added
};
// Appends what the rule means by the field, in the order of the event; derived values live in `made`. Cost: a pass over
// the event's fields.
void resolve(const FieldLookup& lookup, std::span<const event::Field> fields, const event::FieldTable& table,
             MadeValues& made, std::vector<FoundValue>& out);

}  // namespace tocsin::detect
