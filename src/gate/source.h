// Source: what a playbook, command, course of action or text would do, found however it is wrapped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gate/gate.h"
#include "wire/json.h"

namespace tocsin::gate {

// One thing that the source does.
struct Deed {
  Kind kind;
  std::string name;  // "openc2 scan", "cacao bash"
};

struct Source {
  std::vector<Deed> deeds;
  std::vector<std::pair<Rule, std::string>> refusals;  // what is refused whatever the table says, and which part
  std::vector<std::string> devices;                    // hosts that OpenC2 commands name as their target
  std::vector<std::string> review;                     // words for a person to look at
  bool attack = false;                                 // an attack playbook or adversary emulation is in it
  bool exercise = false;                               // it says that it is an exercise…
  bool range = false;                                  // …on a range
  bool misp_coa = false;                               // it holds a word of MISP's courses of action
  bool targets = false;                                // it holds planning, targets or execution data
};

// Reads {"format","object"}. Commands are found inside steps, other commands, base64 and JSON in text, whatever format
// the source says it has. What cannot be read is a refusal, not an error.
Source read_source(const wire::Json& source);

}  // namespace tocsin::gate
