#include "stix/copies.h"

#include <algorithm>
#include <map>

#include "stix/bundle.h"
#include "stix/object.h"
#include "stix/signature.h"
#include "wire/canonical_json.h"
#include "wire/json.h"

namespace tocsin::stix {
namespace {

using wire::Json;
using Members = std::map<std::string, std::string, std::less<>>;  // canonical values by name

bool is_moment(std::string_view type, std::string_view name) {
  const auto has = [&](std::span<const Property> properties) {
    return std::any_of(properties.begin(), properties.end(), [&](const Property& each) {
      return each.name == name && !each.list &&
             (each.kind == ValueKind::timestamp || each.kind == ValueKind::moment_of_version);
    });
  };
  const Shape* shape = find_type(type);
  return has(common_properties(shape == nullptr ? ObjectKind::domain : shape->kind, type)) ||
         (shape != nullptr && has(shape->properties));
}

bool is_default(const Json& object, std::string_view name, const Json& value) {
  const std::string_view type = object.string_or("type", "");
  if (name == "revoked" || (name == "summary" && type == "sighting")) {
    return value.kind == Json::Kind::boolean && !value.boolean;
  }
  if (value.kind != Json::Kind::string) {
    return false;
  }
  return (name == "lang" && value.text == "en") ||
         (name == "pattern_version" && type == "indicator" && object.string_or("pattern_type", "") == "stix" &&
          value.text == "2.1");
}

std::string text_of(const Json& value) {
  std::string out;
  wire::JsonWriter json(out);
  wire::write_json(value, json);
  return out;
}

// What an object says, whichever way it is spelled; an error where RFC 8785 has no form for it.
Result<Members> members_of(std::string_view bytes) {
  TRY_VOID(wire::canonical_json(bytes));  // names that occur twice would get lost below
  TRY(Json object, wire::parse_json(bytes));
  const std::string type(object.string_or("type", ""));
  Members out;
  for (auto& [name, value] : object.members) {
    if (is_default(object, name, value)) {
      continue;
    }
    if (name == "extensions" && value.kind == Json::Kind::object) {
      std::erase_if(value.members, [](const auto& each) { return each.first == signature_extension; });
      if (value.members.empty()) {
        continue;
      }
    }
    if (value.kind == Json::Kind::string && is_moment(type, name)) {
      if (const auto moment = parse_timestamp(value.text)) {
        value.text = timestamp_text(*moment);
      }
    }
    TRY(out[name], wire::canonical_json(text_of(value)));
  }
  return out;
}

bool is_marking(std::string_view name) { return name == "object_marking_refs" || name == "granular_markings"; }

bool one_version(const Object& a, const Object& b) {
  if (a.id != b.id || a.type != b.type || a.kind == ObjectKind::observable || a.kind == ObjectKind::bundle) {
    return false;
  }
  if (a.type == "marking-definition") {
    return true;
  }
  return a.modified_at && b.modified_at ? *a.modified_at == *b.modified_at : a.modified == b.modified;
}

}  // namespace

Result<CopyComparison> compare_copies(std::string_view a, std::string_view b) {
  using Answer = CopyComparison::Answer;
  TRY(const Object first, read_object(a));
  TRY(const Object second, read_object(b));
  CopyComparison out;
  if (!one_version(first, second)) {
    return out;
  }
  out.answer = Answer::same;
  if (a == b) {
    return out;
  }
  const auto said = members_of(a);
  const auto also = members_of(b);
  if (!said || !also) {
    out.answer = Answer::different;
    return out;
  }
  const auto differs = [](const Members& in, const Members& other, std::vector<std::string>& names) {
    for (const auto& [name, value] : in) {
      const auto found = other.find(name);
      if (found == other.end() || found->second != value) {
        names.push_back(name);
      }
    }
  };
  differs(*said, *also, out.properties);
  differs(*also, *said, out.properties);
  std::sort(out.properties.begin(), out.properties.end());
  out.properties.erase(std::unique(out.properties.begin(), out.properties.end()), out.properties.end());
  if (!out.properties.empty()) {
    const bool markings = std::all_of(out.properties.begin(), out.properties.end(), is_marking);
    out.answer = markings ? Answer::other_markings : Answer::different;
  }
  return out;
}

Result<Equivocation> equivocation(std::string_view a, std::string_view b, const KeyRing& keys) {
  TRY(CopyComparison compared, compare_copies(a, b));
  Equivocation out;
  if (compared.answer != CopyComparison::Answer::different) {
    return out;
  }
  out.properties = std::move(compared.properties);
  out.proof = on_one_line(a) + "\n" + on_one_line(b) + "\n";
  const SignatureCheck first = check_signature(a, keys);
  const SignatureCheck second = check_signature(b, keys);
  const bool both = first.answer == SignatureCheck::Answer::valid && second.answer == SignatureCheck::Answer::valid &&
                    first.key->identity == second.key->identity;
  out.answer = both ? Equivocation::Answer::equivocation : Equivocation::Answer::conflicting_copies;
  if (both) {
    out.author = first.key->identity;
  }
  return out;
}

}  // namespace tocsin::stix
