#include "stix/checker.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "stix/deterministic_id.h"
#include "stix/limits.h"
#include "stix/object.h"
#include "stix/timestamp.h"
#include "stix/value_syntax.h"

namespace tocsin::stix {

using enum ProblemCode;
using Kind = Node::Kind;

namespace {

std::string_view kind_text(Kind kind) {
  constexpr std::array<std::string_view, 6> texts = {"null",     "a boolean", "a number",
                                                     "a string", "a list",    "an object"};
  return texts[static_cast<std::size_t>(kind)];
}

// Names that the standard keeps for itself (section 3.1 and the tables of reserved names).
bool is_reserved(std::string_view name) {
  return name == "severity" || name == "action" || name == "username" || name == "phone_numbers";
}

const Property* find_property(std::span<const Property> properties, std::string_view name) {
  for (const Property& property : properties) {
    if (property.name == name) {
      return &property;
    }
  }
  return nullptr;
}

bool type_allowed(std::string_view types, std::string_view type) {
  if (types == "*" || has_word(types, type)) {
    return true;
  }
  const Shape* shape = find_type(type);
  if (shape == nullptr) {
    // A type that an extension defines: only its definition says whether it is a domain object or an observable.
    return has_word(types, "domain") || has_word(types, "observable");
  }
  return (shape->kind == ObjectKind::domain && has_word(types, "domain")) ||
         (shape->kind == ObjectKind::observable && has_word(types, "observable"));
}

struct HashForm {
  std::string_view name;
  std::size_t digits;
};
constexpr HashForm hash_forms[] = {{"MD5", 32},      {"SHA-1", 40},    {"SHA-256", 64},
                                   {"SHA-512", 128}, {"SHA3-256", 64}, {"SHA3-512", 128}};

}  // namespace

std::string Checker::shown(std::string_view text) {
  std::string out;
  std::size_t end = std::min(text.size(), limits::shown_bytes_max);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  for (const char c : text.substr(0, end)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  }
  return end < text.size() ? out + "…" : out;
}

std::string Checker::shown(NodeIndex at) const {
  const Node& node = document_[at];
  return shown(node.kind == Kind::string ? node.text : document_.bytes(at));
}

void Checker::add(bool must, ProblemCode code, NodeIndex at, std::string message) {
  if (findings_.errors.size() + findings_.warnings.size() >= limits::problems_max &&
      !(must && findings_.errors.empty())) {
    ++findings_.left_out;
    return;
  }
  (must ? findings_.errors : findings_.warnings)
      .push_back({code, std::string(path_) + document_.pointer(at), std::move(message), std::string(id_),
                  document_[at].begin});
}

void Checker::check_frame(NodeIndex bundle) {
  id_ = document_.string(bundle, "id");
  type_ = "bundle";
  const Shape& shape = *find_type("bundle");
  check_names_and_texts(bundle);
  check_properties(bundle, common_properties(ObjectKind::bundle, "bundle"), &shape, true);
  check_own_identifier(bundle, "bundle", &shape, ObjectKind::bundle);
}

void Checker::check_bundle(NodeIndex bundle) {
  check_frame(bundle);
  const NodeIndex objects = document_.find(bundle, "objects");
  if (objects == no_node || document_[objects].kind != Kind::array) {
    return;
  }
  for (NodeIndex at = document_.first(objects); at != no_node; at = document_.after(at)) {
    check_object(at);
  }
}

bool Checker::announces_type(NodeIndex object) const {
  const NodeIndex extensions = document_.find(object, "extensions");
  for (NodeIndex at = extensions == no_node ? no_node : document_.first(extensions); at != no_node;
       at = document_.after(at)) {
    if (has_word("new-sdo new-sco new-sro", document_.string(at, "extension_type"))) {
      return true;
    }
  }
  return false;
}

void Checker::check_object(NodeIndex object) {
  ++findings_.objects;
  id_ = {};
  if (document_[object].kind != Kind::object) {
    error(not_an_object, object, "a STIX object is a JSON object, not {}", kind_text(document_[object].kind));
    return;
  }
  id_ = document_.string(object, "id");
  type_ = document_.string(object, "type");
  if (object == 0) {
    check_names_and_texts(object);
  }
  if (type_.empty()) {
    error(missing_property, object, "type is missing: every object has one (section 3.2)");
    return;
  }
  if (!is_type_name(type_)) {
    error(type_form, document_.find(object, "type"),
          "'{}' is no name of a type: 3 to 250 of a-z, 0-9 and single hyphens, a letter first (section 3.1)",
          shown(type_));
  }
  if (is_reserved(type_)) {
    error(reserved_name, document_.find(object, "type"), "the type name '{}' is reserved", type_);
  }
  const Shape* shape = find_type(type_);
  if (shape != nullptr && shape->kind == ObjectKind::bundle) {
    error(ProblemCode::bundle, object, "a bundle holds no bundles (section 8)");
    return;
  }
  ObjectKind kind = ObjectKind::domain;
  if (shape != nullptr) {
    kind = shape->kind;
  } else {
    kind = kind_of(document_, object);
    if (!announces_type(object)) {
      warning(custom_object, object, "the type '{}' is announced by no extension (section 7.3)", shown(type_));
    }
  }
  check_properties(object, common_properties(kind, type_), shape, shape == nullptr);
  if (kind != ObjectKind::observable) {
    constexpr Order versions[] = {{"created", "modified"}};
    check_orders(object, versions);
  }
  if (shape != nullptr) {
    check_shape(object, *shape);
  }
  check_own_identifier(object, type_, shape, kind);
  check_selectors(object);
}

void Checker::check_shape(NodeIndex object, const Shape& shape) {
  check_orders(object, shape.orders);
  if (shape.at_least_one) {
    const bool any = std::any_of(shape.properties.begin(), shape.properties.end(),
                                 [&](const Property& property) { return has(object, property.name); }) ||
                     (shape.kind == ObjectKind::observable && has(object, "extensions"));
    if (!any) {
      error(missing_property, object, "a {} has at least one of its own properties (section {})", shape.name,
            shape.section);
    }
  }
  if (shape.rules != nullptr) {
    shape.rules(*this, object);
  }
}

// What holds for every value, wherever it stands.
void Checker::check_names_and_texts(NodeIndex root) {
  std::vector<std::string_view> names;
  for (NodeIndex at = root; at < document_.size(); ++at) {
    const Node& node = document_[at];
    if (node.flawed) {
      error(lone_surrogate, at, "half of a surrogate pair, or an unknown escape: no text in UTF-8 can hold it");
    }
    if (node.kind != Kind::object || node.count < 2) {
      continue;
    }
    names.clear();
    for (NodeIndex member = document_.first(at); member != no_node; member = document_.after(member)) {
      names.push_back(document_[member].name);
    }
    bool twice = false;
    if (names.size() <= 24) {
      for (std::size_t i = 1; i < names.size() && !twice; ++i) {
        twice = std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
                names.begin() + static_cast<std::ptrdiff_t>(i);
      }
    } else {
      std::sort(names.begin(), names.end());
      twice = std::adjacent_find(names.begin(), names.end()) != names.end();
    }
    if (twice) {
      error(duplicate_name, at, "a name occurs twice in this object (RFC 7493)");
    }
  }
}

void Checker::check_properties(NodeIndex object, std::span<const Property> common, const Shape* shape, bool open) {
  const std::span<const Property> own = shape != nullptr ? shape->properties : std::span<const Property>{};
  const bool part = shape != nullptr && shape->kind == ObjectKind::part;
  bool announced = false;
  if (!part) {
    const NodeIndex extensions = document_.find(object, "extensions");
    for (NodeIndex at = extensions == no_node ? no_node : document_.first(extensions); at != no_node;
         at = document_.after(at)) {
      const std::string_view how = document_.string(at, "extension_type");
      announced = announced || how == "toplevel-property-extension" || (open && how.starts_with("new-"));
    }
  }
  std::uint64_t met = 0, met_own = 0;
  for (NodeIndex at = document_.first(object); at != no_node; at = document_.after(at)) {
    const std::string_view name = document_[at].name;
    if (const Property* property = find_property(common, name); property != nullptr) {
      met |= std::uint64_t{1} << (property - common.data());
      check_property(at, *property);
    } else if (property = find_property(own, name); property != nullptr) {
      met_own |= std::uint64_t{1} << (property - own.data());
      check_property(at, *property);
    } else {
      check_custom(at, announced || part);
    }
  }
  const auto need = [&](std::span<const Property> properties, std::uint64_t seen) {
    for (std::size_t i = 0; i < properties.size(); ++i) {
      if (properties[i].required && (seen >> i & 1) == 0) {
        error(missing_property, object, "{} is missing (section {})", properties[i].name,
              shape != nullptr && properties.data() == own.data() ? shape->section : "3.2");
      }
    }
  };
  need(common, met);
  need(own, met_own);
}

void Checker::check_custom(NodeIndex at, bool announced) {
  const std::string_view name = document_[at].name;
  if (is_reserved(name)) {
    error(reserved_name, at, "the property name '{}' is reserved by the standard", name);
  } else if (!is_property_name(name)) {
    error(name_form, at, "'{}' is no name of a property: 3 to 250 of a-z, 0-9 and _, a letter first (section 3.1)",
          shown(name));
  } else if (!announced) {
    warning(custom_property, at, "the property '{}' is announced by no extension (section 7.3)", shown(name));
  }
  check_not_empty(at);
  if (document_[at].kind == Kind::null) {
    error(value_type, at, "null is no value of a property: leave it out (section 2)");
  }
}

// Only of values whose structure the standard knows: what stands inside a custom property is its author's affair.
void Checker::check_not_empty(NodeIndex at) {
  if (document_[at].kind == Kind::array && document_[at].count == 0) {
    error(empty, at, "a list is never empty: leave the property out (section 2.12)");
  }
}

void Checker::check_property(NodeIndex at, const Property& property) {
  if (property.deprecated) {
    warning(deprecated, at, "{} is deprecated", property.name);
  }
  if (!property.list) {
    check_value(at, property);
    return;
  }
  if (document_[at].kind != Kind::array) {
    error(value_type, at, "{} is a list, not {}", property.name, kind_text(document_[at].kind));
    return;
  }
  check_not_empty(at);
  for (NodeIndex item = document_.first(at); item != no_node; item = document_.after(item)) {
    check_value(item, property);
  }
}

void Checker::check_value(NodeIndex at, const Property& property) {
  const Node& node = document_[at];
  const auto wants = [&](Kind kind) {
    if (node.kind == kind) {
      return true;
    }
    error(value_type, at, "{} is {}, not {}", property.name, kind_text(kind), kind_text(node.kind));
    return false;
  };
  switch (property.kind) {
    case ValueKind::any:
    case ValueKind::selectors:  // looked at with the whole object
      break;
    case ValueKind::string:
      wants(Kind::string);
      break;
    case ValueKind::boolean:
      wants(Kind::boolean);
      break;
    case ValueKind::integer:
    case ValueKind::number:
      if (wants(Kind::number)) {
        check_number(at, property);
      }
      break;
    case ValueKind::timestamp:
    case ValueKind::moment_of_version:
      if (wants(Kind::string)) {
        check_timestamp(at, property.kind == ValueKind::moment_of_version);
      }
      break;
    case ValueKind::identifier:
      if (wants(Kind::string)) {
        check_identifier(at, property.words);
      }
      break;
    case ValueKind::open_vocabulary:
    case ValueKind::enumeration:
      if (wants(Kind::string)) {
        check_word(at, property);
      }
      break;
    case ValueKind::text_form:
      if (wants(Kind::string) && !property.form(node.text)) {
        if (property.advice) {
          warning(value_form, at, "'{}' is not {}", shown(at), property.words);
        } else {
          error(value_form, at, "'{}' is not {}", shown(at), property.words);
        }
      }
      break;
    case ValueKind::hashes:
      if (wants(Kind::object)) {
        check_hashes(at);
      }
      break;
    case ValueKind::dictionary:
      if (wants(Kind::object)) {
        check_dictionary(at);
      }
      break;
    case ValueKind::nested:
      if (wants(Kind::object)) {
        check_properties(at, {}, property.shape, false);
        check_shape(at, *property.shape);
      }
      break;
    case ValueKind::extensions:
      if (wants(Kind::object)) {
        check_extensions(at);
      }
      break;
  }
}

void Checker::check_number(NodeIndex at, const Property& property) {
  const std::string_view text = document_[at].text;
  double value = 0;
  const bool read = std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{};
  if (property.kind == ValueKind::integer && (text.find_first_of(".eE") != std::string_view::npos || text == "-0")) {
    error(value_type, at, "{} is an integer, not {} (section 2.7)", property.name, shown(at));
  } else if (!read || value < property.least || value > property.most) {
    error(value_range, at, "{} is out of range: {}", property.name, shown(at));
  } else if (property.kind == ValueKind::integer && std::fabs(value) > 9007199254740991.0) {
    error(value_range, at, "{} is beyond 2^53 (section 2.7): {}", property.name, shown(at));
  }
}

void Checker::check_timestamp(NodeIndex at, bool milliseconds) {
  const std::string_view text = document_[at].text;
  if (!parse_timestamp(text)) {
    error(ProblemCode::timestamp, at,
          "'{}' is no timestamp: YYYY-MM-DDTHH:MM:SS[.s…]Z, a day that exists (section 2.16)", shown(at));
    return;
  }
  // "2016-04-06T20:03:48.000Z" has 24 characters.
  if (milliseconds && text.size() < 24) {
    error(ProblemCode::timestamp, at, "{} is precise to the millisecond at least (section 3.2): '{}'",
          document_[at].name, shown(at));
  }
}

void Checker::check_identifier(NodeIndex at, std::string_view types) {
  const IdentifierParts parts = identifier_parts(document_[at].text);
  if (!parts.valid) {
    error(identifier, at, "'{}' is no identifier: <type>--<UUID of RFC 4122> (section 2.9)", shown(at));
    return;
  }
  if (!type_allowed(types, parts.type)) {
    const std::string_view name =
        document_[document_[at].parent].kind == Kind::array ? document_[document_[at].parent].name : document_[at].name;
    std::string wanted;
    for (const char c : types) {
      wanted += c == ' ' ? std::string(", ") : std::string(1, c);
    }
    error(reference_type, at, "{} refers to {}, not to {}", name, wanted, shown(parts.type));
  }
}

void Checker::check_word(NodeIndex at, const Property& property) {
  const std::string_view text = document_[at].text;
  if (!text.contains(' ') && has_word(property.words, text)) {
    return;
  }
  if (property.kind == ValueKind::enumeration) {
    error(enumeration, at, "'{}' is not one of: {}", shown(at), property.words);
    return;
  }
  warning(vocabulary, at, "'{}' is not in the open vocabulary of {} (section 10)", shown(at), property.name);
  if (!is_lower_hyphen(text)) {
    warning(vocabulary_form, at, "'{}': values of open vocabularies are lower case with hyphens (section 2.13)",
            shown(at));
  }
}

void Checker::check_hashes(NodeIndex at) {
  if (document_[at].count == 0) {
    error(empty, at, "hashes is never empty: leave the property out (section 2.8)");
  }
  for (NodeIndex member = document_.first(at); member != no_node; member = document_.after(member)) {
    const Node& node = document_[member];
    if (!is_dictionary_key(node.name) || node.name.size() < 3) {
      error(name_form, member, "'{}' is no name of a hash: 3 to 250 of a-z, A-Z, 0-9, - and _ (section 2.8)",
            shown(node.name));
      continue;
    }
    if (node.kind != Kind::string) {
      error(value_type, member, "a hash is a string, not {}", kind_text(node.kind));
      continue;
    }
    const auto* known = std::find_if(std::begin(hash_forms), std::end(hash_forms),
                                     [&](const HashForm& form) { return form.name == node.name; });
    if (known != std::end(hash_forms)) {
      if (node.text.size() != known->digits || !is_hex(node.text)) {
        error(hash, member, "a {} hash has {} hexadecimal digits (section 2.8)", known->name, known->digits);
      }
    } else if (node.name == "TLSH" || node.name == "SSDEEP") {
      const bool tlsh = node.name == "TLSH";
      std::string_view digits = node.text;
      if (tlsh && digits.size() == 72 && digits.starts_with("T1")) {
        digits.remove_prefix(2);
      }
      if (tlsh ? digits.size() != 70 || !is_hex(digits)
               : std::count(node.text.begin(), node.text.end(), ':') != 2 || node.text.contains(' ')) {
        warning(hash, member, "'{}' does not look like {}", shown(member), node.name);
      }
    } else {
      warning(vocabulary, member, "'{}' is not in the open vocabulary of hash algorithms (section 10.7)",
              shown(node.name));
    }
  }
}

void Checker::check_dictionary(NodeIndex at) {
  if (document_[at].count == 0) {
    error(empty, at, "a dictionary is never empty: leave the property out (section 2.4)");
  }
  for (NodeIndex member = document_.first(at); member != no_node; member = document_.after(member)) {
    if (!is_dictionary_key(document_[member].name)) {
      error(name_form, member, "'{}' is no key of a dictionary: up to 250 of a-z, A-Z, 0-9, - and _ (section 2.4)",
            shown(document_[member].name));
    }
  }
}

void Checker::check_extensions(NodeIndex at) {
  if (document_[at].count == 0) {
    error(empty, at, "extensions is never empty: leave the property out (section 3.2)");
  }
  for (NodeIndex member = document_.first(at); member != no_node; member = document_.after(member)) {
    const Node& node = document_[member];
    const Shape* known = find_extension(type_, node.name);
    const bool by_definition = node.name.starts_with("extension-definition--");
    if (by_definition ? !identifier_parts(node.name).valid : !is_extension_name(node.name)) {
      error(ProblemCode::extension, member,
            "'{}' names no extension: it is the id of an extension-definition, or the name of one of section 6",
            shown(node.name));
      continue;
    }
    if (node.kind != Kind::object) {
      error(value_type, member, "an extension is an object, not {}", kind_text(node.kind));
      continue;
    }
    if (node.count == 0) {
      error(empty, member, "an extension has at least one property (section 7.3)");
      continue;
    }
    if (known != nullptr) {
      check_properties(member, {}, known, false);
      check_shape(member, *known);
      continue;
    }
    if (by_definition) {
      const NodeIndex how = document_.find(member, "extension_type");
      if (how == no_node) {
        error(ProblemCode::extension, member, "extension_type is missing (section 7.3)");
      } else if (document_[how].kind != Kind::string ||
                 !has_word("new-sdo new-sco new-sro property-extension toplevel-property-extension",
                           document_[how].text)) {
        error(ProblemCode::extension, how,
              "extension_type is new-sdo, new-sco, new-sro, property-extension or toplevel-property-extension");
      } else if (document_[how].text == "toplevel-property-extension" && node.count > 1) {
        warning(ProblemCode::extension, member,
                "properties of a toplevel-property-extension stand at the top of the object (section 7.3.3)");
      }
    } else {
      warning(ProblemCode::extension, member, "'{}' is no extension of {} in the standard; use an extension definition",
              shown(node.name), shown(type_));
    }
    for (NodeIndex inner = document_.first(member); inner != no_node; inner = document_.after(inner)) {
      check_custom(inner, true);
    }
  }
}

void Checker::check_orders(NodeIndex object, std::span<const Order> orders) {
  for (const Order& order : orders) {
    const std::string_view earlier = document_.string(object, order.earlier);
    const std::string_view later = document_.string(object, order.later);
    if (earlier.empty() || later.empty()) {
      continue;
    }
    const auto first = parse_timestamp(earlier);
    const auto last = parse_timestamp(later);
    if (first && last && (*last < *first || (order.apart && *last == *first))) {
      error(ProblemCode::order, document_.find(object, order.later), "{} ({}) is {} {} ({})", order.later, later,
            order.apart ? "not after" : "before", order.earlier, earlier);
    }
  }
}

void Checker::check_own_identifier(NodeIndex object, std::string_view type, const Shape* shape, ObjectKind kind) {
  const NodeIndex at = document_.find(object, "id");
  if (at == no_node || document_[at].kind != Kind::string) {
    return;
  }
  const IdentifierParts parts = identifier_parts(document_[at].text);
  if (!parts.valid) {
    return;  // told with the properties
  }
  if (parts.type != type) {
    error(identifier_type, at, "the id of a {} begins with '{}--' (section 2.9)", shown(type), shown(type));
    return;
  }
  if (kind != ObjectKind::observable || shape == nullptr) {
    if (parts.version != '4' && kind != ObjectKind::observable) {
      warning(identifier_version, at, "the UUID is not of version 4 (section 2.9)");
    }
    return;
  }
  const auto contributes = [&] {
    for (NodeIndex member = document_.first(object); member != no_node; member = document_.after(member)) {
      if (has_word(shape->contributing, document_[member].name)) {
        return true;
      }
    }
    return false;
  };
  if (!contributes()) {
    if (parts.version != '4') {
      error(identifier_version, at, "no property contributes to the id, so its UUID is of version 4 (section 2.9)");
    }
    return;
  }
  if (parts.version != '5') {
    warning(not_deterministic, at, "the UUID of an observable is of version 5 (section 2.9)");
  } else if (warns()) {
    const auto computed = deterministic_id(document_, object);
    if (computed && *computed && **computed != document_[at].text) {
      warning(not_deterministic, at, "by the rule of section 2.9 the id is {}", **computed);
    }
  }
}

// Section 7.2.3.1: a selector names a value that is there.
void Checker::check_selectors(NodeIndex object) {
  const NodeIndex markings = document_.find(object, "granular_markings");
  if (markings == no_node || document_[markings].kind != Kind::array) {
    return;
  }
  for (NodeIndex marking_at = document_.first(markings); marking_at != no_node;
       marking_at = document_.after(marking_at)) {
    const NodeIndex list = document_.find(marking_at, "selectors");
    if (list == no_node || document_[list].kind != Kind::array) {
      continue;
    }
    for (NodeIndex at = document_.first(list); at != no_node; at = document_.after(at)) {
      if (document_[at].kind != Kind::string) {
        error(value_type, at, "a selector is a string, not {}", kind_text(document_[at].kind));
        continue;
      }
      NodeIndex here = object;
      std::string_view rest = document_[at].text;
      bool more = true;
      while (more && here != no_node) {
        const std::size_t dot = rest.find('.');
        more = dot != std::string_view::npos;
        const std::string_view step = rest.substr(0, dot);
        rest = more ? rest.substr(dot + 1) : std::string_view{};
        if (step.starts_with('[')) {
          std::uint32_t index = 0;
          const char* const end = step.data() + step.size() - 1;
          const auto read = std::from_chars(step.data() + 1, end, index);
          const bool sound = step.size() > 2 && step.back() == ']' && read.ec == std::errc{} && read.ptr == end &&
                             document_[here].kind == Kind::array && index < document_[here].count;
          NodeIndex item = sound ? document_.first(here) : no_node;
          for (; item != no_node && index > 0; --index) {
            item = document_.after(item);
          }
          here = item;
        } else {
          here = document_.find(here, step);
        }
      }
      if (here == no_node) {
        error(selector, at, "the selector '{}' leads to nothing in this object (section 7.2.3.1)", shown(at));
      }
    }
  }
}

}  // namespace tocsin::stix
