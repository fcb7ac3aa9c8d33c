// Gate: whether an action fits a strictly defensive mandate, decided by a table over what is done, on whose systems,
// with which consent and whose actuator. What the table does not name is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "wire/json.h"

namespace tocsin::gate {

enum class Kind : std::uint8_t {
  passive,
  probing,
  active,
  destroying,
  lawful,
  sovereign,
  offensive,
  unknown,
  container  // holds actions; has no row in the table
};
enum class Scope : std::uint8_t { own, other, third_party };
enum class Consent : std::uint8_t { absent, valid };
// A own and passive, B own and active, C another's with consent, D lawful process, L sovereign act, R refused.
enum class Class : std::uint8_t { A, B, C, D, L, R };

enum class Rule : std::uint8_t {
#define RULE(name, code, sentence) name,
#include "gate/rules.def"
#undef RULE
};
std::string_view code_text(Rule rule);
std::string_view sentence(Rule rule);

struct Verdict {
  Class verdict = Class::R;
  Rule rule = Rule::unknown_action;
  std::string about;                // the action or part that decided; may be empty
  std::vector<std::string> review;  // words that a person should look at; they decided nothing
};

std::string_view name_of(Class verdict);
// allow, sign, consent, record, refuse.
std::string_view decision_of(Class verdict);

// One cell of table.def. Not for `container`.
struct Cell {
  Kind kind;
  Scope scope;
  Consent consent;
  Class verdict;
  Rule rule;
};
const std::vector<Cell>& table();
const Cell& cell(Kind kind, Scope scope, Consent consent);

// What people and standards call an action ("Block", "retro_hunt"), exactly.
Kind kind_of_name(std::string_view name);
// The same, and of longer names the verb ("block-domain", "remove-webshell", "host-isolation"); any word that is
// offensive makes the whole so unless the verb is one that is done to hostile things.
Kind kind_of_action(std::string_view name);
// Whether it begins with an id of D3FEND ("D3-NI") or RE&CT ("RA3101: …"), which have a ':' behind them in some lists.
bool is_framework_id(std::string_view name);

// What the owner of an actuator is called: a word for oneself, a word for somebody else, or a name of somebody.
enum class Owner : std::uint8_t { unsaid, own, foreign, named };
Owner owner_of(std::string_view name);

// {"action","scope","consent","owner","context","source":{"format","object"}}. `now` is the moment for consents where
// the line has no "at"; not known: a consent with an end counts as ended. Error usage where the line has another form.
Result<Verdict> decide(const wire::Json& line, Time now);

void write_verdict(const Verdict& verdict, wire::JsonWriter& json);

}  // namespace tocsin::gate
