#include "stix/object.h"

namespace tocsin::stix {

ObjectKind kind_of(const Document& document, NodeIndex object) {
  if (const Shape* shape = find_type(document.string(object, "type")); shape != nullptr) {
    return shape->kind;
  }
  const NodeIndex extensions = document.find(object, "extensions");
  if (extensions != no_node) {
    for (NodeIndex at = document.first(extensions); at != no_node; at = document.after(at)) {
      const std::string_view how = document.string(at, "extension_type");
      if (how == "new-sdo" || how == "new-sco" || how == "new-sro") {
        return how == "new-sco"   ? ObjectKind::observable
               : how == "new-sro" ? ObjectKind::relationship
                                  : ObjectKind::domain;
      }
    }
  }
  // Without a word from its author: what has versions is a domain object, the rest an observable.
  for (const std::string_view name :
       {"created", "modified", "created_by_ref", "revoked", "labels", "confidence", "lang"}) {
    if (document.find(object, name) != no_node) {
      return ObjectKind::domain;
    }
  }
  return ObjectKind::observable;
}

Result<Object> read_object(const Document& document, NodeIndex object) {
  Object out;
  out.type = document.string(object, "type");
  out.id = document.string(object, "id");
  if (out.type.empty() || out.id.empty()) {
    return failure(ErrorCode::syntax, "a STIX object is a JSON object with a type and an id");
  }
  out.bytes = document.bytes(object);
  out.spec_version = document.string(object, "spec_version");
  out.created_by_ref = document.string(object, "created_by_ref");
  out.created = document.string(object, "created");
  out.modified = document.string(object, "modified");
  out.created_at = parse_timestamp(out.created);
  out.modified_at = parse_timestamp(out.modified);
  out.kind = kind_of(document, object);
  const NodeIndex revoked = document.find(object, "revoked");
  out.revoked = revoked != no_node && document[revoked].boolean;
  const NodeIndex markings = document.find(object, "object_marking_refs");
  if (markings != no_node && document[markings].kind == Node::Kind::array) {
    for (NodeIndex at = document.first(markings); at != no_node; at = document.after(at)) {
      if (document[at].kind == Node::Kind::string) {
        out.object_marking_refs.emplace_back(document[at].text);
      }
    }
  }
  return out;
}

Result<Object> read_object(std::string_view bytes) {
  Document document;
  TRY_VOID(document.parse(bytes));
  return read_object(document, 0);
}

}  // namespace tocsin::stix
