#include <algorithm>
#include <map>
#include <set>

#include "policy/release.h"

namespace tocsin::policy {
namespace {

// How far a marking lets a recipient hand something on. Each reach includes the ones before it.
enum class Reach : std::uint8_t { persons, organisation, clients, community, world };

struct Row {
  MarkingKind kind;
  Reach reach;
  ReasonCode refusal;
};

// TLP 2.0, for whoever was given the object. What is unknown is the most restrictive.
constexpr Row onward[] = {
    {MarkingKind::clear, Reach::world, ReasonCode::not_in_audience},
    {MarkingKind::green, Reach::community, ReasonCode::not_in_community},
    {MarkingKind::amber, Reach::clients, ReasonCode::not_a_client},
    {MarkingKind::amber_strict, Reach::organisation, ReasonCode::not_the_organisation},
    {MarkingKind::red, Reach::persons, ReasonCode::not_named},
    {MarkingKind::unknown, Reach::persons, ReasonCode::unknown_marking},
};

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return !name.empty() && std::find(names.begin(), names.end(), name) != names.end();
}

bool holds_any(const std::vector<std::string>& names, const std::vector<std::string>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& name) { return holds(names, name); });
}

bool any_known(const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [](const std::string& name) { return !name.empty(); });
}

// What the recipient is to the audience and to whoever holds the object.
struct Standing {
  bool person = false;        // named in person
  bool in_audience = false;   // as the author declared it; without one, whoever reads the collection is
  bool organisation = false;  // of the organisation that was given the object
  bool client = false;        // of a client of that organisation
  bool community = false;     // of a community, or another organisation, of the audience
};

Standing standing_of(const Request& request) {
  const Recipient& to = request.recipient;
  const std::string& holder = request.holder_organisation;
  Standing standing;
  if (!request.audience) {
    // The readers of a collection are organisations, not persons that somebody named.
    standing.in_audience = true;
    standing.organisation = holder.empty() ? !to.organisation.empty() : to.organisation == holder;
    standing.client = holder.empty() ? any_known(to.client_of) : holds(to.client_of, holder);
    standing.community = any_known(to.communities) || !to.organisation.empty() || !to.person.empty();
    return standing;
  }
  const std::vector<std::string>& audience = *request.audience;
  const bool organisation = holds(audience, to.organisation);
  standing.person = holds(audience, to.person);
  standing.community = organisation || holds_any(audience, to.communities);
  standing.in_audience = standing.person || standing.community;
  standing.organisation = holder.empty() ? organisation : to.organisation == holder;
  standing.client = holder.empty() ? holds_any(audience, to.client_of) : holds(to.client_of, holder);
  return standing;
}

bool within(const Standing& standing, Reach reach) {
  switch (reach) {
    case Reach::persons:
      return standing.person;
    case Reach::organisation:
      return standing.person || standing.organisation;
    case Reach::clients:
      return standing.person || standing.organisation || standing.client;
    case Reach::community:
      return standing.person || standing.organisation || standing.client || standing.community;
    case Reach::world:
      return true;
  }
  return false;
}

bool on_list(const Request& request, const std::vector<std::string>& list) {
  const Recipient& to = request.recipient;
  return holds(list, to.person) || holds(list, to.organisation) || holds_any(list, to.communities);
}

bool embargoed(const Request& request, const std::optional<stix::Instant>& until) {
  return until && (!request.at || *request.at < *until);
}

// What stands against handing out what this marking covers; nothing where it allows that.
std::optional<ReasonCode> refusal(const Request& request, const Standing& standing, const Marking& marking) {
  if (marking.kind == MarkingKind::statement) {
    return {};
  }
  if (embargoed(request, marking.embargo_until)) {
    return ReasonCode::embargo;
  }
  if (marking.kind == MarkingKind::list) {
    const bool publish = request.purpose == Purpose::publish;
    return marking.release_to && (publish || !on_list(request, *marking.release_to))
               ? std::optional(ReasonCode::not_listed)
               : std::nullopt;
  }
  if (request.purpose == Purpose::publish) {
    return marking.kind == MarkingKind::clear ? std::nullopt : std::optional(ReasonCode::not_marked_clear);
  }
  // The author releases to its audience. A marking that cannot be read here binds even then: nobody knows what the
  // author forbade by it.
  if (request.holder == Holder::author && marking.kind != MarkingKind::unknown) {
    return {};
  }
  for (const Row& row : onward) {
    if (row.kind == marking.kind) {
      return within(standing, row.reach) ? std::nullopt : std::optional(row.refusal);
    }
  }
  return ReasonCode::unknown_marking;
}

// Tells how far an object may go at all: statements and lists do not.
bool is_graded(MarkingKind kind) { return kind != MarkingKind::statement && kind != MarkingKind::list; }

// What stands against the object whatever its markings say.
std::optional<ReasonCode> refusal_of_audience(const Request& request, const Standing& standing) {
  if (request.audience && request.audience->empty()) {
    return ReasonCode::audience_empty;
  }
  if (request.supporting && !request.with_a_released_object) {
    return ReasonCode::only_with_an_object;
  }
  if (embargoed(request, request.embargo_until)) {
    return ReasonCode::embargo;
  }
  const bool publish = request.purpose == Purpose::publish;
  if (request.holder == Holder::author && publish && request.audience) {
    return ReasonCode::audience_not_public;
  }
  const bool graded = std::any_of(request.markings.begin(), request.markings.end(),
                                  [](const AppliedMarking& one) { return one.whole && is_graded(one.marking.kind); });
  if (publish) {
    return graded ? std::nullopt : std::optional(ReasonCode::not_marked_clear);
  }
  // Onward, a marking says who; where none does, the audience still holds.
  const bool audience_decides = request.holder == Holder::author || !graded;
  return audience_decides && !standing.in_audience ? std::optional(ReasonCode::not_in_audience) : std::nullopt;
}

bool can_be_left_out(const std::vector<const Selected*>& parts) {
  std::map<std::string_view, std::set<std::size_t>> elements;
  for (const Selected* part : parts) {
    if (part->removal == Selected::Removal::never) {
      return false;
    }
    if (part->removal == Selected::Removal::element) {
      auto& gone = elements[part->property];
      gone.insert(part->index);
      if (gone.size() >= part->list_size) {
        return false;
      }
    }
  }
  return true;
}

void add_remarks(const Request& request, Release& release) {
  if (request.second_definition) {
    release.because.push_back({ReasonCode::second_definition, {}, {}});
  }
  for (const AppliedMarking& one : request.markings) {
    if (one.marking.altered) {
      release.because.push_back({ReasonCode::altered_definition, one.marking.id, {}});
    }
    if (one.misplaced) {
      release.because.push_back({ReasonCode::misplaced_marking, one.marking.id, {}});
    }
  }
}

void say_why_allowed(const Request& request, Release& release) {
  const bool graded = std::any_of(request.markings.begin(), request.markings.end(),
                                  [](const AppliedMarking& one) { return one.whole && is_graded(one.marking.kind); });
  if (request.purpose == Purpose::publish) {
    release.because.push_back({ReasonCode::public_object, {}, {}});
  } else if (request.holder == Holder::author || !graded) {
    release.because.push_back({request.audience ? ReasonCode::in_audience : ReasonCode::readers_are_audience, {}, {}});
  }
  if (!request.markings.empty() && request.purpose != Purpose::publish) {
    release.because.push_back({ReasonCode::marking_allows, {}, {}});
  }
}

}  // namespace

Release decide(const Request& request) {
  Release release;
  const Standing standing = standing_of(request);
  if (const auto code = refusal_of_audience(request, standing)) {
    release.because.push_back({*code, {}, {}});
  }
  for (const AppliedMarking& one : request.markings) {
    if (!one.whole) {
      continue;
    }
    if (const auto code = refusal(request, standing, one.marking)) {
      release.because.push_back({*code, one.marking.id, {}});
    }
  }
  if (!release.because.empty()) {
    add_remarks(request, release);
    return release;
  }
  std::vector<const Selected*> parts;
  Reason withheld{ReasonCode::withheld, {}, {}};
  for (const AppliedMarking& one : request.markings) {
    if (one.whole) {
      continue;
    }
    if (const auto code = refusal(request, standing, one.marking)) {
      Reason why{*code, one.marking.id, {}};
      for (const Selected& part : one.selected) {
        parts.push_back(&part);
        why.selectors.push_back(part.text);
        withheld.selectors.push_back(part.text);
      }
      release.because.push_back(std::move(why));
    }
  }
  if (parts.empty()) {
    release.decision = Decision::allow;
    say_why_allowed(request, release);
  } else if (!request.redactable) {
    release.because.insert(release.because.begin(), {ReasonCode::observable, {}, {}});
  } else if (!can_be_left_out(parts)) {
    release.because.insert(release.because.begin(), {ReasonCode::not_redactable, {}, {}});
  } else {
    release.decision = Decision::redact;
    release.because.insert(release.because.begin(), std::move(withheld));
  }
  add_remarks(request, release);
  return release;
}

std::string_view name_of(Decision decision) {
  switch (decision) {
    case Decision::allow:
      return "allow";
    case Decision::redact:
      return "redact";
    case Decision::deny:
      return "deny";
  }
  return {};
}

std::string_view code_text(ReasonCode code) {
  static constexpr std::string_view texts[] = {
#define REASON(name, code, sentence) code,
#include "policy/reasons.def"
#undef REASON
  };
  return texts[static_cast<std::size_t>(code)];
}

std::string_view sentence(ReasonCode code) {
  static constexpr std::string_view texts[] = {
#define REASON(name, code, sentence) sentence,
#include "policy/reasons.def"
#undef REASON
  };
  return texts[static_cast<std::size_t>(code)];
}

}  // namespace tocsin::policy
