#include "policy/truth_table.h"

#include <array>

#include "policy/release.h"

namespace tocsin::policy {
namespace {

constexpr std::string_view audience_person = "identity--person";
constexpr std::string_view audience_organisation = "identity--organisation";
constexpr std::string_view audience_community = "identity--community";

enum class Who : std::uint8_t { person, member, client, community, stranger };

Recipient recipient(Who who) {
  Recipient to;
  to.person = "identity--somebody";
  to.organisation = "identity--elsewhere";
  switch (who) {
    case Who::person:
      to.person = audience_person;
      break;
    case Who::member:
      to.organisation = audience_organisation;
      break;
    case Who::client:
      to.client_of = {std::string(audience_organisation)};
      break;
    case Who::community:
      to.communities = {std::string(audience_community)};
      break;
    case Who::stranger:
      break;
  }
  return to;
}

struct Line {
  std::string_view name;
  std::optional<MarkingKind> kind;
};

constexpr std::array lines = {
    Line{"TLP:CLEAR (WHITE)", MarkingKind::clear},
    Line{"TLP:GREEN", MarkingKind::green},
    Line{"TLP:AMBER", MarkingKind::amber},
    Line{"TLP:AMBER+STRICT", MarkingKind::amber_strict},
    Line{"TLP:RED", MarkingKind::red},
    Line{"a marking not known here", MarkingKind::unknown},
    Line{"statements only", MarkingKind::statement},
    Line{"no marking", std::nullopt},
};

enum class Audience : std::uint8_t { declared, none, empty };

std::string_view cell(const Line& line, Holder holder, Who who, Purpose purpose, Audience audience) {
  Request request;
  request.object_type = "indicator";
  request.redactable = true;
  if (line.kind) {
    AppliedMarking applied;
    applied.marking.kind = *line.kind;
    request.markings.push_back(std::move(applied));
  }
  if (audience == Audience::declared) {
    request.audience = {std::string(audience_person), std::string(audience_organisation),
                        std::string(audience_community)};
  } else if (audience == Audience::empty) {
    request.audience.emplace();
  }
  request.holder = holder;
  request.purpose = purpose;
  request.recipient = recipient(who);
  return decide(request).decision == Decision::allow ? "yes" : "no";
}

void append_row(std::string& out, std::string_view name, const Line& line, Holder holder) {
  out += "| ";
  out += name;
  out += " |";
  const auto add = [&](Who who, Purpose purpose, Audience audience) {
    out += ' ';
    out += cell(line, holder, who, purpose, audience);
    out += " |";
  };
  for (const Who who : {Who::person, Who::member, Who::client, Who::community, Who::stranger}) {
    add(who, Purpose::read, Audience::declared);
  }
  add(Who::stranger, Purpose::read, Audience::none);
  add(Who::person, Purpose::read, Audience::empty);
  add(Who::person, Purpose::publish, Audience::declared);
  add(Who::person, Purpose::publish, Audience::none);
  out += '\n';
}

}  // namespace

std::string truth_table() {
  std::string out;
  for (const auto& [holder, title] : {std::pair{Holder::author, "The author hands it out"},
                                      std::pair{Holder::recipient, "Somebody who was given it hands it on"}}) {
    out += out.empty() ? "" : "\n";
    out += "| ";
    out += title;
    out +=
        " | a person the audience names | of an organisation it names | a client of that organisation | of a community "
        "it names | anyone else | a reader, no audience declared | anyone, empty audience | published, audience "
        "declared | published, none declared |\n";
    out += "|---|---|---|---|---|---|---|---|---|---|\n";
    for (const Line& line : lines) {
      append_row(out, line.name, line, holder);
    }
  }
  return out;
}

}  // namespace tocsin::policy
