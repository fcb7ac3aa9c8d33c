#include "stix/deterministic_id.h"

#include <array>

#include "stix/types.h"
#include "trust/uuid.h"
#include "wire/canonical_json.h"
#include "wire/json.h"

namespace tocsin::stix {
namespace {

// The one hash that contributes: the first of these that is there, else the first in the order of names.
NodeIndex contributing_hash(const Document& document, NodeIndex hashes) {
  constexpr std::array<std::string_view, 4> preferred = {"MD5", "SHA-1", "SHA-256", "SHA-512"};
  for (const std::string_view name : preferred) {
    if (const NodeIndex at = document.find(hashes, name); at != no_node) {
      return at;
    }
  }
  NodeIndex best = no_node;
  for (NodeIndex at = document.first(hashes); at != no_node; at = document.after(at)) {
    if (best == no_node || wire::utf16_less(document[at].name, document[best].name)) {
      best = at;
    }
  }
  return best;
}

}  // namespace

Result<std::optional<std::string>> contributing_json(const Document& document, NodeIndex object) {
  const Shape* shape = find_type(document.string(object, "type"));
  if (shape == nullptr || shape->contributing.empty()) {
    return std::nullopt;
  }
  std::string text;
  for (NodeIndex at = document.first(object); at != no_node; at = document.after(at)) {
    if (!has_word(shape->contributing, document[at].name)) {
      continue;
    }
    text += text.empty() ? '{' : ',';
    wire::append_canonical_string(text, document[at].name);
    text += ':';
    if (document[at].name == "hashes" && document[at].kind == Node::Kind::object && document[at].count > 0) {
      const NodeIndex hash = contributing_hash(document, at);
      text += '{';
      wire::append_canonical_string(text, document[hash].name);
      text += ':';
      text += document.bytes(hash);
      text += '}';
    } else {
      text += document.bytes(at);
    }
  }
  if (text.empty()) {
    return std::nullopt;
  }
  text += '}';
  TRY(std::string canonical, wire::canonical_json(text));
  return canonical;
}

Result<std::optional<std::string>> deterministic_id(const Document& document, NodeIndex object) {
  TRY(const auto contributing, contributing_json(document, object));
  if (!contributing) {
    return std::nullopt;
  }
  return std::string(document.string(object, "type")) + "--" +
         trust::uuid_v5(trust::stix_observable_namespace, *contributing);
}

}  // namespace tocsin::stix
