// The parts of the engine that its files share: the loaded playbooks, and what a Fact says inside the room.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "verdict/playbook.h"
#include "verdict/verdict.h"

namespace tocsin::verdict {

struct Engine::Implementation {
  std::vector<Playbook> books;
  std::vector<std::string> rule_inputs;
};

// Fact::predicate: the number of a row, or one of these.
//   row     values: case (decimal, "" where no case holds), explanations that hold ('1' or '0' each), what, lists,
//   carry…
//           lists: for each published list that holds a value of the row its number, a blank, the value and a line
//           feed; the number after the last list's stands for the user's own indicators
//   period  + number of the input; time is the first, values: last (ticks), rows, server, key, "1" where it marks
//   files   values: entries (file_activity.h), then the names they refer to
//   cut     values: how many values of a batch were longer than playbooks look at
inline constexpr std::uint32_t fact_period = 0x10000;
inline constexpr std::uint32_t fact_files = 0x20000;
inline constexpr std::uint32_t fact_cut = 0x30000;
inline constexpr std::size_t fact_case = 0, fact_explained = 1, fact_what = 2, fact_known = 3, fact_carry = 4;

std::unique_ptr<Observer> make_observer(std::shared_ptr<const Engine::Implementation> engine, event::FieldTable& fields,
                                        bool memo);
std::unique_ptr<Case> make_case(std::shared_ptr<const Engine::Implementation> engine);

}  // namespace tocsin::verdict
