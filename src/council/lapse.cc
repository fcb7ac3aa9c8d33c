#include "council/lapse.h"

#include <fmt/format.h>

#include <algorithm>

#include "council/limits.h"

namespace tocsin::council {
namespace {

constexpr Seconds day = 86'400;

}  // namespace

Result<PaperPlan> lapse_paper(const Situation& situation, std::size_t days) {
  const Roster& roster = situation.item.roster();
  if (roster.participants[roster.chair].name != situation.author) {
    return refuse(fmt::format("only the chair ({}) says when an item lapses", roster.participants[roster.chair].name));
  }
  if (days == 0 || days > limits::lapse_days_max) {
    return refuse(fmt::format("an item lapses after 1 to {} days", limits::lapse_days_max), "--after 30");
  }
  if (situation.state.final()) {
    return refuse("the item has ended: it does not lapse");
  }
  PaperPlan plan{.kind = PaperKind::lapse, .body = {}, .words = {}, .warnings = {}};
  wire::JsonWriter json(plan.body);
  json.begin_object().key("lapse_after_days").number(days).end_object();
  plan.words = {
      fmt::format("{} lets the item be shown as lapsed after {} days in which nobody signs an entry.", situation.author,
                  days),
      fmt::format("As it stands, that is {}.", situation.time.of(situation.now + static_cast<Seconds>(days) * day)),
      "No state changes by it, and any entry takes the item up again."};
  return plan;
}

std::optional<Lapse> lapse_of(const Item& item, const consult::State& state, Seconds as_of) {
  const Paper* order = nullptr;
  for (const Paper* paper : item.papers().in_order()) {
    const bool counts = paper->kind == PaperKind::lapse && paper->created <= as_of &&
                        paper->number("lapse_after_days") <= limits::lapse_days_max;
    order = counts ? paper : order;
  }
  if (order == nullptr || state.final() || state.status == consult::Status::none) {
    return std::nullopt;
  }
  Lapse out{.days = order->number("lapse_after_days"), .last = order->created};
  for (const Item::Held& held : item.entries()) {
    // A clock that runs ahead keeps nothing alive.
    if (held.entry->well_formed && held.entry->time <= as_of && item.counts(held.entry->id)) {
      out.last = std::max(out.last, held.entry->time);
    }
  }
  const Seconds after = static_cast<Seconds>(out.days) * day;
  out.at = out.last + after;
  out.lapsed = as_of >= out.at;
  out.soon = !out.lapsed && out.at - as_of <= std::max(day, after / 4);
  return out;
}

std::string lapse_words(const Lapse& lapse, const TimeWords& time) {
  return fmt::format(
      "{} {}: nobody has signed an entry since {}, and the chair lets the item lapse after {} days. {}",
      lapse.lapsed ? "LAPSED since" : "It lapses", time.of(lapse.at), time.of(lapse.last), lapse.days,
      lapse.lapsed ? "The state is what it was; any entry takes it up again." : "Any entry puts it off.");
}

}  // namespace tocsin::council
