#include "council/reminders.h"

#include <fmt/format.h>

#include <algorithm>

#include "council/holding.h"
#include "council/limits.h"

namespace tocsin::council {
namespace {

using consult::Role;
using consult::Status;

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool everybody_passed(const Roster& roster, const consult::State& state) {
  return std::ranges::all_of(roster.participants, [&](const consult::Participant& one) {
    return one.role != Role::member || contains(state.passed, one.name);
  });
}

void remind_member(std::string_view author, const consult::State& state, Seconds now, const TimeWords& time,
                   std::vector<std::string>& out) {
  const bool objected =
      std::ranges::any_of(state.breaks, [&](const consult::State::Break& each) { return each.member == author; });
  if ((state.status != Status::silence && state.status != Status::announced) || contains(state.passed, author) ||
      objected || now > *state.deadline || *state.deadline - now > limits::reminder_lead) {
    return;
  }
  out.push_back(
      fmt::format("{} has neither passed nor objected, and the silence ends in {}, at {}: 'tocsin consult pass', or "
                  "'tocsin consult "
                  "break' in time for it to reach the witnesses.",
                  author, left_words(*state.deadline - now), time.of(*state.deadline)));
}

void remind_chair(const Roster& roster, const consult::State& state, Seconds now, std::vector<std::string>& out) {
  const bool stands = state.status == Status::silence || state.status == Status::announced ||
                      state.status == Status::expired || state.status == Status::presumed;
  if (!stands || state.closing) {
    return;
  }
  if (everybody_passed(roster, state)) {
    out.emplace_back("Everybody has passed: 'tocsin consult close' ends the item.");
  } else if (now >= *state.deadline + roster.challenge) {
    out.emplace_back("The challenge period is over: 'tocsin consult close' ends the item, with those presumed silent.");
  }
}

}  // namespace

std::vector<std::string> reminders(Item& item, std::string_view author, const consult::State& state, Seconds now,
                                   const TimeWords& time) {
  std::vector<std::string> out;
  const Roster& roster = item.roster();
  const auto number = roster.find(author);
  if (!number) {
    return out;
  }
  const consult::Participant& self = roster.participants[*number];
  if (state.silence && state.deadline && !state.final()) {
    if (self.role == Role::member) {
      remind_member(author, state, now, time, out);
    }
    if (self.role == Role::chair) {
      remind_chair(roster, state, now, out);
    }
    for (const consult::State::Break& each : state.breaks) {
      const std::size_t count = holding(item, each.entry, now).by.size();
      if (each.member == author && each.standing == consult::Standing::unproven && count < roster.quorum) {
        out.push_back(
            fmt::format("The objection of {} is held by {} other witnesses, and {} are needed by the deadline: "
                        "hand it to more of them.",
                        author, count, roster.quorum));
      }
    }
  }
  if (!receipts_due(item, author, now).empty()) {
    out.push_back(fmt::format("{} holds entries that it has not receipted: 'tocsin consult receipt'.", author));
  }
  return out;
}

}  // namespace tocsin::council
