#include "detect/field_lookup.h"

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <string>

#include "base/text.h"

namespace tocsin::detect {
namespace {

using event::Field;
using event::FieldId;
using event::FieldTable;

struct AliasRow {
  std::string_view set;
  std::string_view rule_field;
  std::string_view event_field;
  bool also;
  std::string_view written;
  event::Value meant;
  Derivation derivation;
  std::size_t position;
};

#define FIELD_ALIAS(set, rule_field, event_field) \
  AliasRow{#set, rule_field, event_field, false, {}, {}, Derivation::none, 0},
#define FIELD_ALSO(set, rule_field, event_field) \
  AliasRow{#set, rule_field, event_field, true, {}, {}, Derivation::none, 0},
#define FIELD_MAPPED(set, rule_field, event_field, written, meant) \
  AliasRow{#set, rule_field, event_field, false, written, {meant, event::ValueKind::text}, Derivation::none, 0},
#define FIELD_DERIVED(set, rule_field, derivation) \
  AliasRow{#set, rule_field, {}, false, {}, {}, Derivation::derivation, 0},
#define FIELD_POSITION(set, rule_field, event_field, at) \
  AliasRow{#set, rule_field, event_field, false, {}, {}, Derivation::position, at},
const AliasRow rows[] = {
#include "event/field_aliases.def"
};
#undef FIELD_ALIAS
#undef FIELD_ALSO
#undef FIELD_MAPPED
#undef FIELD_DERIVED
#undef FIELD_POSITION

constexpr std::string_view always = "any";
constexpr std::string_view web = "web";

// Sets are numbered by their first line; a function-local table keeps the room free of static constructors' order.
const std::vector<std::string_view>& set_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> found{always};
    for (const AliasRow& row : rows) {
      if (row.set != web && std::ranges::find(found, row.set) == found.end()) {
        found.push_back(row.set);
      }
    }
    return found;
  }();
  return names;
}

bool in_scope(const AliasRow& row, Scope scope) {
  return row.set == always || (scope.web && row.set == web) ||
         (scope.set != no_aliases && row.set == set_names()[scope.set]);
}

template <class NameOf>
FieldLookup build(std::string_view field, Scope scope, NameOf name_of) {
  FieldLookup lookup{.own = name_of(field), .aliases = {}, .first_only = ascii_iequals(field, "EventID")};
  // What holds for one kind of log goes before what always holds.
  for (const bool general : {false, true}) {
    for (const AliasRow& row : rows) {
      if ((row.set == always) == general && in_scope(row, scope) && ascii_iequals(row.rule_field, field)) {
        FieldLookup::Alias& alias = lookup.aliases.emplace_back();
        alias.also = row.also;
        alias.written = row.written;
        alias.meant = row.written.empty() ? nullptr : &row.meant;
        alias.derivation = row.derivation;
        alias.rule_field = row.rule_field;
        if (row.derivation == Derivation::none) {
          alias.name = name_of(row.event_field);
        }
        if (row.derivation == Derivation::position) {
          alias.sources.push_back(name_of(row.event_field));
          alias.position = row.position;
        }
        for (const std::string_view source : sources(row.derivation)) {
          alias.sources.push_back(name_of(source));
        }
      }
    }
  }
  return lookup;
}

enum class Spelling : std::uint8_t { exact, folded };

void collect(const FieldLookup::Name& name, Spelling spelling, std::span<const Field> fields, const FieldTable& table,
             const FieldLookup::Alias* alias, std::vector<FoundValue>& out) {
  for (const Field& field : fields) {
    if (field.id == event::overflow_field) {
      continue;
    }
    if (spelling == Spelling::exact ? field.id != name.exact : table.folded(field.id) != name.folded) {
      continue;
    }
    if (alias == nullptr || alias->meant == nullptr) {
      out.push_back({&field.value, field.id});
    } else if (ascii_iequals(field.value.text, alias->written)) {
      out.push_back({alias->meant, field.id});
    }
  }
}

// Values of a derivation, as ones of the last of its fields that the event has.
bool make(const FieldLookup::Alias& alias, std::span<const Field> fields, const FieldTable& table, MadeValues& made,
          std::vector<FoundValue>& out) {
  DerivationInput& input = made.input;
  input.rule_field = alias.rule_field;
  input.position = alias.position;
  input.values.clear();
  input.packed.clear();
  made.texts.clear();
  FieldId field = event::overflow_field;
  std::vector<FoundValue>& found = made.found;
  for (const FieldLookup::Name& source : alias.sources) {
    found.clear();
    collect(source, Spelling::exact, fields, table, nullptr, found);
    if (found.empty()) {
      collect(source, Spelling::folded, fields, table, nullptr, found);
    }
    input.values.push_back(found.empty() ? nullptr : found.front().value);
    field = found.empty() ? field : found.front().field;
  }
  for (const FoundValue& value : found) {
    input.packed.push_back(value.value);
  }
  derive(alias.derivation, input, made.arena(), made.texts);
  for (const std::string_view text : made.texts) {
    out.push_back({made.add(text), field});
  }
  return !made.texts.empty();
}

// Exact spelling, else any case; true where the event has the field.
bool collect(const FieldLookup::Name& name, std::span<const Field> fields, const FieldTable& table,
             const FieldLookup::Alias* alias, std::vector<FoundValue>& out) {
  const std::size_t before = out.size();
  collect(name, Spelling::exact, fields, table, alias, out);
  if (out.size() == before) {
    collect(name, Spelling::folded, fields, table, alias, out);
  }
  return out.size() != before;
}

}  // namespace

AliasSet alias_set(std::string_view name) {
  const auto& names = set_names();
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? no_aliases : static_cast<AliasSet>(found - names.begin());
}

bool has_aliases(std::string_view field) {
  static const auto names = [] {
    boost::unordered_flat_set<std::string> found;
    for (const AliasRow& row : rows) {
      found.insert(ascii_lower(row.rule_field));
    }
    return found;
  }();
  return names.contains(ascii_lower(field));
}

AliasSet alias_sets() { return static_cast<AliasSet>(set_names().size()); }

FieldLookup::Name intern_name(FieldTable& table, std::string_view name) {
  const FieldId exact = table.intern(name);
  return {exact, table.folded(exact)};
}

FieldLookup::Name find_name(const FieldTable& table, std::string_view name) {
  return {table.find(name), table.find(ascii_lower(name))};
}

FieldLookup make_lookup(FieldTable& table, std::string_view field, Scope scope) {
  return build(field, scope, [&](std::string_view name) { return intern_name(table, name); });
}

FieldLookup find_lookup(const FieldTable& table, std::string_view field, Scope scope) {
  return build(field, scope, [&](std::string_view name) { return find_name(table, name); });
}

void resolve(const FieldLookup& lookup, std::span<const Field> fields, const FieldTable& table, MadeValues& made,
             std::vector<FoundValue>& out) {
  const std::size_t before = out.size();
  bool found = collect(lookup.own, fields, table, nullptr, out);
  if (lookup.first_only && found) {
    out.resize(before + 1);
  }
  for (const FieldLookup::Alias& alias : lookup.aliases) {
    if (alias.also) {
      collect(alias.name, fields, table, &alias, out);
    } else if (found) {
      continue;
    } else if (alias.derivation != Derivation::none) {
      found = make(alias, fields, table, made, out);
    } else {
      found = collect(alias.name, fields, table, &alias, out);
    }
  }
}

}  // namespace tocsin::detect
