#include "policy/marking.h"

#include <array>

#include "base/text.h"
#include "policy/limits.h"

namespace tocsin::policy {
namespace {

using wire::Json;

struct Fixed {
  MarkingKind kind;
  std::string_view name;
  std::string_view id;
};

constexpr std::array fixed = {
#define TLP(kind, name, id) Fixed{MarkingKind::kind, name, id},
#include "policy/tlp.def"
#undef TLP
};

constexpr std::string_view tlp_2_extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

// The level that the content claims, as the two editions write it; empty where it claims none.
std::string_view claimed_level(const Json& definition) {
  if (const Json* body = definition.find("definition"); body != nullptr) {
    if (const std::string_view level = body->string_or("tlp", ""); !level.empty()) {
      return level;
    }
  }
  if (const Json* extensions = definition.find("extensions"); extensions != nullptr) {
    if (const Json* body = extensions->find(tlp_2_extension); body != nullptr) {
      return body->string_or("tlp_2_0", "");
    }
  }
  return {};
}

// A list is understood as a whole or not at all: a name that cannot be read must not be dropped from it.
bool read_list(const Json& body, Marking& marking) {
  for (const auto& [name, value] : body.members) {
    if (name == "release_to") {
      if (value.kind != Json::Kind::array || value.items.size() > limits::names_max) {
        return false;
      }
      marking.release_to.emplace();
      for (const Json& item : value.items) {
        if (item.kind != Json::Kind::string) {
          return false;
        }
        marking.release_to->push_back(item.text);
      }
    } else if (name == "embargo_until") {
      marking.embargo_until =
          value.kind == Json::Kind::string ? stix::parse_timestamp(value.text) : std::optional<stix::Instant>{};
      if (!marking.embargo_until) {
        return false;
      }
    } else if (name != "extension_type") {
      return false;
    }
  }
  return marking.release_to.has_value() || marking.embargo_until.has_value();
}

}  // namespace

std::optional<MarkingKind> tlp_of_id(std::string_view id) {
  for (const Fixed& one : fixed) {
    if (one.id == id) {
      return one.kind;
    }
  }
  return {};
}

std::optional<MarkingKind> tlp_of_name(std::string_view name) {
  for (const Fixed& one : fixed) {
    if (ascii_iequals(one.name, name)) {
      return one.kind;
    }
  }
  return {};
}

std::string_view name_of(MarkingKind kind) {
  switch (kind) {
    case MarkingKind::clear:
      return "TLP:CLEAR";
    case MarkingKind::green:
      return "TLP:GREEN";
    case MarkingKind::amber:
      return "TLP:AMBER";
    case MarkingKind::amber_strict:
      return "TLP:AMBER+STRICT";
    case MarkingKind::red:
      return "TLP:RED";
    case MarkingKind::statement:
      return "statement";
    case MarkingKind::list:
      return "list";
    case MarkingKind::unknown:
      return "unknown";
  }
  return {};
}

Marking read_marking(const Json& definition) {
  Marking marking;
  marking.id = definition.string_or("id", "");
  if (const auto tlp = tlp_of_id(marking.id)) {
    marking.kind = *tlp;
    const std::string_view level = claimed_level(definition);
    marking.altered = !level.empty() && tlp_of_name("TLP:" + std::string(level)) != tlp;
    return marking;
  }
  const Json* extensions = definition.find("extensions");
  const Json* body = definition.find("definition");
  if (extensions != nullptr) {
    // One extension that is ours, and nothing beside it.
    const bool ours = extensions->members.size() == 1 && extensions->members.front().first == list_extension;
    if (ours && body == nullptr && read_list(extensions->members.front().second, marking)) {
      marking.kind = MarkingKind::list;
    } else {
      marking.release_to.reset();
      marking.embargo_until.reset();
    }
    return marking;
  }
  const Json* statement = body == nullptr ? nullptr : body->find("statement");
  if (definition.string_or("definition_type", "") == "statement" && statement != nullptr &&
      statement->kind == Json::Kind::string) {
    marking.kind = MarkingKind::statement;
  }
  return marking;
}

}  // namespace tocsin::policy
