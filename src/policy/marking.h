// Marking: what one marking-definition asks of whoever holds an object that refers to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stix/timestamp.h"
#include "wire/json.h"

namespace tocsin::policy {

// `list` is Tocsin's own marking: names of those who may have the object, and a time until which nobody may.
// `statement` travels and restricts nothing. Everything else is `unknown`, which is the most restrictive.
enum class MarkingKind : std::uint8_t { clear, green, amber, amber_strict, red, statement, list, unknown };

struct Marking {
  std::string id;
  MarkingKind kind = MarkingKind::unknown;
  bool altered = false;                                // a TLP id over other content
  std::optional<std::vector<std::string>> release_to;  // of a list; absent: it names no recipients
  std::optional<stix::Instant> embargo_until;          // of a list
};

// The extension that a marking-definition of kind `list` carries: {"extension_type":"property-extension",
// "release_to":[ids], "embargo_until":"…"}, each of the two optional.
inline constexpr std::string_view list_extension = "extension-definition--d512726c-1903-4072-b852-4473ec37c961";

// The kind that the standard fixes for this id; nothing for other ids.
std::optional<MarkingKind> tlp_of_id(std::string_view id);
// "TLP:AMBER+STRICT" in any case, for requests typed by people; nothing for other text. Never asked about objects.
std::optional<MarkingKind> tlp_of_name(std::string_view name);
// "TLP:AMBER" and the like; "statement", "list", "unknown".
std::string_view name_of(MarkingKind kind);

// What a marking-definition means. A TLP id means what the standard fixed, whatever else is written there; a definition
// that calls itself TLP under another id is unknown, and so is one with more than its reader understands.
Marking read_marking(const wire::Json& definition);

}  // namespace tocsin::policy
