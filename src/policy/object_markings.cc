#include "policy/object_markings.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/text.h"
#include "policy/limits.h"
#include "stix/types.h"

namespace tocsin::policy {
namespace {

using wire::Json;

constexpr std::array redactable_types = {
    "attack-pattern", "campaign",      "course-of-action", "grouping", "identity", "incident",         "indicator",
    "infrastructure", "intrusion-set", "language-content", "location", "malware",  "malware-analysis", "note",
    "observed-data",  "opinion",       "relationship",     "report",   "sighting", "threat-actor",     "tool",
    "vulnerability"};

struct Part {
  std::string_view type;
  std::string_view property;
};
constexpr std::array needed_parts = {
#define PART(type, property) Part{type, property},
#include "policy/parts.def"
#undef PART
};

// Where a type asks for one of several properties, each is needed while the others are not there.
struct Alternatives {
  std::string_view type;
  std::array<std::string_view, 2> properties;
};
constexpr std::array alternatives = {
    Alternatives{"location", {"region", "country"}},
    Alternatives{"location", {"latitude", "longitude"}},
    Alternatives{"malware-analysis", {"result", "analysis_sco_refs"}},
    Alternatives{"observed-data", {"object_refs", "objects"}},
};

bool is_needed(const Json& object, std::string_view property) {
  const std::string_view type = object.string_or("type", "");
  if (std::any_of(needed_parts.begin(), needed_parts.end(), [&](const Part& part) {
        return (part.type.empty() || part.type == type) && part.property == property;
      })) {
    return true;
  }
  // A copy of an object that an extension defines must still say so.
  if (property == "extensions") {
    return std::find(redactable_types.begin(), redactable_types.end(), type) == redactable_types.end();
  }
  // Never both of a pair: whichever is left out first, it is simpler to keep them all.
  return std::any_of(alternatives.begin(), alternatives.end(), [&](const Alternatives& group) {
    return group.type == type &&
           std::find(group.properties.begin(), group.properties.end(), property) != group.properties.end();
  });
}

// The steps of a selector (STIX 2.1 section 7.2.3.1): names and "[n]" between dots. Names may themselves hold dots only
// in dictionaries with unusual keys; such a selector is tried as the longest name that is there.
const Json* step_into(const Json& at, std::string_view& rest, std::optional<std::size_t>& element) {
  element.reset();
  if (at.kind == Json::Kind::array) {
    const std::size_t close = rest.find(']');
    if (!rest.starts_with('[') || close == std::string_view::npos) {
      return nullptr;
    }
    const auto index = parse_uint64(rest.substr(1, close - 1));
    if (!index || *index >= at.items.size()) {
      return nullptr;
    }
    rest.remove_prefix(close + 1);
    if (!rest.empty()) {
      if (!rest.starts_with('.') || rest.size() == 1) {
        return nullptr;
      }
      rest.remove_prefix(1);
    }
    element = index;
    return &at.items[*index];
  }
  if (at.kind != Json::Kind::object) {
    return nullptr;
  }
  for (std::size_t end = rest.size();;) {
    if (const Json* found = at.find(rest.substr(0, end))) {
      rest.remove_prefix(std::min(end + 1, rest.size()));
      return found;
    }
    end = end == 0 ? std::string_view::npos : rest.rfind('.', end - 1);
    if (end == std::string_view::npos) {
      return nullptr;
    }
  }
}

// Nothing where the selector names nothing that is there.
std::optional<Selected> select(const Json& object, const std::string& selector) {
  Selected selected;
  selected.text = selector;
  std::string_view rest = selector;
  std::optional<std::size_t> element;
  const Json* at = &object;
  std::string_view top;
  for (std::size_t depth = 0; !rest.empty(); ++depth) {
    const std::string_view before = rest;
    const Json* next = step_into(*at, rest, element);
    if (next == nullptr || (rest.empty() && before.ends_with('.'))) {
      return {};
    }
    if (depth == 0) {
      top = before.substr(0, before.size() - rest.size());
      if (top.ends_with('.')) {
        top.remove_suffix(1);
      }
    }
    if (depth == 1 && element) {
      selected.property = std::string(top);
      selected.index = *element;
      selected.list_size = at->items.size();
    }
    at = next;
  }
  if (top.empty()) {
    return {};
  }
  if (!is_needed(object, top)) {
    selected.removal = Selected::Removal::free;
  } else if (!selected.property.empty()) {
    selected.removal = Selected::Removal::element;
  }
  return selected;
}

}  // namespace

bool is_supporting(std::string_view type) {
  return type == "marking-definition" || type == "identity" || type == "extension-definition";
}

bool is_redactable(const Json& object) {
  const std::string_view type = object.string_or("type", "");
  if (std::find(redactable_types.begin(), redactable_types.end(), type) != redactable_types.end()) {
    return true;
  }
  if (type.empty() || is_supporting(type) || stix::is_observable_type(type)) {
    return false;
  }
  if (const Json* extensions = object.find("extensions")) {
    for (const auto& [id, extension] : extensions->members) {
      const std::string_view kind = extension.string_or("extension_type", "");
      if (kind == "new-sco") {
        return false;
      }
    }
  }
  // Of types that are not known here, those with versions can have a copy; observables have none (section 3.2).
  return !object.string_or("created", "").empty() && !object.string_or("modified", "").empty();
}

Marking resolve(std::string_view id, const Definitions& definitions) {
  for (const auto& [name, marking] : definitions) {
    if (name == id) {
      return marking;
    }
  }
  Marking marking;
  marking.id = std::string(id);
  marking.kind = tlp_of_id(id).value_or(MarkingKind::unknown);
  return marking;
}

Result<std::vector<AppliedMarking>> granular_marking(const Json& object, const Json& entry,
                                                     const Definitions& definitions) {
  std::vector<AppliedMarking> out;
  const Json* reference = entry.find("marking_ref");
  const std::string_view language = entry.string_or("lang", "");
  if (reference == nullptr && !language.empty()) {
    return out;
  }
  AppliedMarking one;
  one.marking =
      reference != nullptr && reference->kind == Json::Kind::string ? resolve(reference->text, definitions) : Marking{};
  const Json* selectors = entry.find("selectors");
  one.whole = one.misplaced = selectors == nullptr || selectors->kind != Json::Kind::array || selectors->items.empty();
  if (!one.whole) {
    if (selectors->items.size() > limits::selectors_max) {
      return failure(ErrorCode::limit, "a granular marking has too many selectors");
    }
    for (const Json& selector : selectors->items) {
      auto selected = selector.kind == Json::Kind::string ? select(object, selector.text) : std::nullopt;
      if (!selected) {
        one.whole = one.misplaced = true;
        one.selected.clear();
        break;
      }
      one.selected.push_back(*std::move(selected));
    }
  }
  out.push_back(std::move(one));
  return out;
}

Result<std::vector<AppliedMarking>> applied_markings(const Json& object, const Definitions& definitions) {
  std::vector<AppliedMarking> out;
  if (const Json* references = object.find("object_marking_refs")) {
    // Text instead of a list still means one marking.
    const std::span<const Json> list = references->kind == Json::Kind::array ? std::span<const Json>(references->items)
                                                                             : std::span<const Json>(references, 1);
    if (list.size() > limits::markings_max) {
      return failure(ErrorCode::limit, "an object has too many markings");
    }
    for (const Json& reference : list) {
      AppliedMarking one;
      one.marking = reference.kind == Json::Kind::string ? resolve(reference.text, definitions) : Marking{};
      out.push_back(std::move(one));
    }
  }
  if (const Json* granular = object.find("granular_markings")) {
    const std::span<const Json> list = granular->kind == Json::Kind::array ? std::span<const Json>(granular->items)
                                                                           : std::span<const Json>(granular, 1);
    if (list.size() > limits::markings_max) {
      return failure(ErrorCode::limit, "an object has too many granular markings");
    }
    std::size_t selectors = 0;
    for (const Json& entry : list) {
      TRY(std::vector<AppliedMarking> some, granular_marking(object, entry, definitions));
      for (AppliedMarking& one : some) {
        selectors += one.selected.size();
        out.push_back(std::move(one));
      }
      if (selectors > limits::selectors_max) {
        return failure(ErrorCode::limit, "an object has too many selectors of granular markings");
      }
    }
  }
  return out;
}

}  // namespace tocsin::policy
