#include "stix/type_rules.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "stix/checker.h"
#include "stix/pattern.h"
#include "stix/tlp.h"
#include "stix/value_syntax.h"

namespace tocsin::stix {

using enum ProblemCode;

namespace {

bool is_string(const Checker& checker, NodeIndex at) {
  return at != no_node && checker.document()[at].kind == Node::Kind::string;
}

bool is_boolean(const Checker& checker, NodeIndex object, std::string_view name, bool value) {
  const NodeIndex at = checker.document().find(object, name);
  return at != no_node && checker.document()[at].kind == Node::Kind::boolean && checker.document()[at].boolean == value;
}

}  // namespace

void check_external_reference(Checker& checker, NodeIndex object) {
  const Document& document = checker.document();
  const std::string_view source = document.string(object, "source_name");
  const NodeIndex external = document.find(object, "external_id");
  if (!checker.has(object, "description") && !checker.has(object, "url") && external == no_node) {
    checker.error(combination, object, "one of description, url and external_id is needed (section 2.5)");
  }
  if (ascii_iequals(source, "cve") &&
      (source != "cve" || !is_string(checker, external) || !is_cve(document[external].text))) {
    checker.error(
        value_form, external == no_node ? object : external,
        "an external reference to CVE has the source_name cve and an external_id such as CVE-2024-12345 (section 2.5)");
  }
  if (ascii_iequals(source, "capec") &&
      (source != "capec" || !is_string(checker, external) || !is_capec(document[external].text))) {
    checker.error(
        value_form, external == no_node ? object : external,
        "an external reference to CAPEC has the source_name capec and an external_id such as CAPEC-550 (section 2.5)");
  }
  if (checker.has(object, "url") && !checker.has(object, "hashes")) {
    checker.warning(recommended, object, "a reference with url has hashes of what it names (section 2.5)");
  }
}

void check_granular_marking(Checker& checker, NodeIndex object) {
  if (checker.has(object, "lang") == checker.has(object, "marking_ref")) {
    checker.error(combination, object, "exactly one of lang and marking_ref is needed (section 7.2.3.1)");
  }
}

void check_indicator(Checker& checker, NodeIndex object) {
  const Document& document = checker.document();
  if (!checker.has(object, "name") || !checker.has(object, "description")) {
    checker.warning(recommended, object, "an indicator has a name and a description (section 4.7)");
  }
  if (!checker.has(object, "indicator_types")) {
    checker.warning(recommended, object, "an indicator has indicator_types (section 4.7)");
  }
  const NodeIndex at = document.find(object, "pattern");
  if (!is_string(checker, at) || document.string(object, "pattern_type") != "stix") {
    return;
  }
  const auto parsed = parse_pattern(document[at].text);
  const std::string_view version = document.string(object, "pattern_version");
  if (!version.empty() && !version.starts_with("2.1")) {
    // Section 9 is about patterns of 2.1; STIX 2.0 wrote START and qualifiers in another way.
    if (!parsed) {
      checker.warning(pattern, at, "the pattern is of version {} and not read: {}", Checker::shown(version),
                      parsed.error().message);
    }
    return;
  }
  if (!parsed) {
    const Where& where = parsed.error().where;
    checker.error(pattern, at, "line {}, column {}: {} (section 9)", where.line, where.column, parsed.error().message);
    return;
  }
  for (const Comparison& comparison : parsed->comparisons) {
    // Names in patterns are names of types and properties, which section 11 bounds.
    if (!is_type_name(comparison.path.type)) {
      checker.error(pattern, at, "'{}' is no name of a type: 3 to 250 of a-z, 0-9 and hyphens (section 9.7)",
                    Checker::shown(comparison.path.type));
    }
    const PathStep& first = comparison.path.steps.front();
    if (first.kind == PathStep::Kind::key && !first.quoted && !is_property_name(first.key)) {
      checker.error(pattern, at, "'{}' is no name of a property: 3 to 250 of a-z, 0-9 and _ (section 9.7)",
                    Checker::shown(first.key));
    }
  }
}

void check_location(Checker& checker, NodeIndex object) {
  const bool latitude = checker.has(object, "latitude");
  const bool longitude = checker.has(object, "longitude");
  if (!checker.has(object, "region") && !checker.has(object, "country") && !(latitude && longitude)) {
    checker.error(combination, object, "one of region, country, or latitude with longitude is needed (section 4.10)");
  }
  if (latitude != longitude) {
    checker.error(combination, object, "latitude and longitude come together (section 4.10)");
  }
  if (checker.has(object, "precision") && !(latitude && longitude)) {
    checker.error(combination, object, "precision needs latitude and longitude (section 4.10)");
  }
}

void check_malware(Checker& checker, NodeIndex object) {
  if (is_boolean(checker, object, "is_family", true) && !checker.has(object, "name")) {
    checker.error(missing_property, object, "a malware family has a name (section 4.11)");
  }
}

void check_malware_analysis(Checker& checker, NodeIndex object) {
  if (!checker.has(object, "result") && !checker.has(object, "analysis_sco_refs")) {
    checker.error(combination, object, "one of result and analysis_sco_refs is needed (section 4.12)");
  }
}

void check_observed_data(Checker& checker, NodeIndex object) {
  const Document& document = checker.document();
  const NodeIndex objects = document.find(object, "objects");
  const NodeIndex refs = document.find(object, "object_refs");
  if ((objects == no_node) == (refs == no_node)) {
    checker.error(combination, object, "exactly one of objects and object_refs is needed (section 4.14)");
  }
  if (objects != no_node && document[objects].kind == Node::Kind::object) {
    for (NodeIndex at = document.first(objects); at != no_node; at = document.after(at)) {
      if (document[at].kind != Node::Kind::object || document.string(at, "type").empty()) {
        checker.error(value_type, at, "an object with a type belongs here (section 4.14)");
      }
    }
  }
}

void check_relationship(Checker& checker, NodeIndex object) {
  const Document& document = checker.document();
  const std::string_view source = document.string(object, "source_ref");
  if (!source.empty() && source == document.string(object, "target_ref")) {
    checker.warning(recommended, object, "the relationship leads from an object to itself (section 5.1)");
  }
}

void check_artifact(Checker& checker, NodeIndex object) {
  const bool url = checker.has(object, "url");
  if (url == checker.has(object, "payload_bin")) {
    checker.error(combination, object, "exactly one of payload_bin and url is needed (section 6.1)");
  }
  if (url && !checker.has(object, "hashes")) {
    checker.error(missing_property, object, "an artifact with url has hashes (section 6.1)");
  }
  if (checker.has(object, "decryption_key") && !checker.has(object, "encryption_algorithm")) {
    checker.error(combination, object, "decryption_key needs encryption_algorithm (section 6.1)");
  }
}

void check_email_message(Checker& checker, NodeIndex object) {
  const Document& document = checker.document();
  if (is_boolean(checker, object, "is_multipart", true) && checker.has(object, "body")) {
    checker.error(combination, document.find(object, "body"),
                  "a multipart message has body_multipart, not body (section 6.6)");
  }
  if (is_boolean(checker, object, "is_multipart", false) && checker.has(object, "body_multipart")) {
    checker.error(combination, document.find(object, "body_multipart"),
                  "a message that is not multipart has body, not body_multipart (section 6.6)");
  }
  const NodeIndex fields = document.find(object, "additional_header_fields");
  if (fields != no_node && document[fields].kind == Node::Kind::object) {
    for (NodeIndex at = document.first(fields); at != no_node; at = document.after(at)) {
      if (document[at].kind != Node::Kind::array) {
        checker.error(value_type, at, "the value of a header field is a list of strings (section 6.6)");
        continue;
      }
      for (NodeIndex item = document.first(at); item != no_node; item = document.after(item)) {
        if (document[item].kind != Node::Kind::string) {
          checker.error(value_type, item, "the value of a header field is a list of strings (section 6.6)");
        }
      }
    }
  }
}

void check_mime_part(Checker& checker, NodeIndex object) {
  if (checker.has(object, "body") == checker.has(object, "body_raw_ref")) {
    checker.error(combination, object, "exactly one of body and body_raw_ref is needed (section 6.6.2)");
  }
}

void check_file(Checker& checker, NodeIndex object) {
  if (!checker.has(object, "name") && !checker.has(object, "hashes")) {
    checker.error(combination, object, "one of name and hashes is needed (section 6.7)");
  }
  if (checker.has(object, "name_enc") && !checker.has(object, "name")) {
    checker.error(combination, object, "name_enc needs name (section 6.7)");
  }
}

void check_network_traffic(Checker& checker, NodeIndex object) {
  const Document& document = checker.document();
  if (!checker.has(object, "src_ref") && !checker.has(object, "dst_ref")) {
    checker.error(combination, object, "one of src_ref and dst_ref is needed (section 6.12)");
  }
  if (is_boolean(checker, object, "is_active", true) && checker.has(object, "end")) {
    checker.error(combination, document.find(object, "end"), "active traffic has no end (section 6.12)");
  }
  if (is_boolean(checker, object, "is_active", false) && !checker.has(object, "end")) {
    checker.warning(recommended, object, "traffic that is not active has an end (section 6.12)");
  }
}

void check_http_request(Checker& checker, NodeIndex object) {
  const Document& document = checker.document();
  const NodeIndex header = document.find(object, "request_header");
  if (header == no_node || document[header].kind != Node::Kind::object) {
    return;
  }
  for (NodeIndex at = document.first(header); at != no_node; at = document.after(at)) {
    bool strings = document[at].kind == Node::Kind::array;
    for (NodeIndex item = strings ? document.first(at) : no_node; item != no_node; item = document.after(item)) {
      strings = strings && document[item].kind == Node::Kind::string;
    }
    if (!strings) {
      checker.error(value_type, at, "the value of a header is a list of strings (section 6.12.2)");
    }
  }
}

void check_socket(Checker& checker, NodeIndex object) {
  const Document& document = checker.document();
  const NodeIndex options = document.find(object, "options");
  if (options == no_node || document[options].kind != Node::Kind::object) {
    return;
  }
  constexpr std::array<std::string_view, 7> families = {"SO_", "ICMP_", "ICMP6_", "IP_", "IPV6_", "MCAST_", "TCP_"};
  for (NodeIndex at = document.first(options); at != no_node; at = document.after(at)) {
    if (std::none_of(families.begin(), families.end(),
                     [&](std::string_view family) { return document[at].name.starts_with(family); }) &&
        !document[at].name.starts_with("IRLMP_")) {
      checker.error(
          name_form, at,
          "an option of a socket begins with SO_, ICMP_, ICMP6_, IP_, IPV6_, MCAST_, TCP_ or IRLMP_ (section 6.12.4)");
    }
    if (document[at].kind != Node::Kind::number || document[at].text.find_first_of(".eE") != std::string_view::npos) {
      checker.error(value_type, at, "the value of a socket option is an integer (section 6.12.4)");
    }
  }
}

void check_marking_definition(Checker& checker, NodeIndex object) {
  const Document& document = checker.document();
  const NodeIndex definition = document.find(object, "definition");
  const NodeIndex type = document.find(object, "definition_type");
  const NodeIndex extensions = document.find(object, "extensions");
  for (const std::string_view name : {"modified", "revoked", "labels", "confidence", "lang"}) {
    if (const NodeIndex at = document.find(object, name); at != no_node) {
      checker.error(forbidden_property, at, "a marking-definition has no {}: it cannot be versioned (section 7.2.1)",
                    name);
    }
  }
  if ((definition == no_node) != (type == no_node) || (definition == no_node && extensions == no_node)) {
    checker.error(combination, object, "definition_type with definition, or an extension, is needed (section 7.2.1)");
  }
  if (definition != no_node && document[definition].kind != Node::Kind::object) {
    checker.error(value_type, definition, "definition is an object (section 7.2.1)");
    return;
  }
  const std::string_view id = document.string(object, "id");
  const TlpMarking* tlp = find_tlp(id);
  if (definition != no_node && is_string(checker, type)) {
    const std::string_view kind = document[type].text;
    if (kind == "statement") {
      if (!is_string(checker, document.find(definition, "statement"))) {
        checker.error(marking, definition, "a statement marking has a statement (section 7.2.1.3)");
      }
    } else if (kind == "tlp") {
      if (tlp == nullptr || tlp->version != 1 || document.string(definition, "tlp") != tlp->level ||
          document.string(object, "created") != tlp->created || document[definition].count != 1 ||
          (checker.has(object, "name") && document.string(object, "name") != tlp->name)) {
        checker.error(marking, object,
                      "a TLP marking is one of the four objects that the standard gives (section 7.2.1.4)");
      }
    } else {
      checker.warning(deprecated, type,
                      "a marking of another kind than statement and tlp is an extension (section 7.2.1)");
    }
  }
  if (tlp != nullptr && tlp->version == 1 && document.string(object, "definition_type") != "tlp") {
    checker.warning(marking, object, "this id is that of {}, which the standard gives (section 7.2.1.4)", tlp->name);
  }
  if (extensions != no_node && document[extensions].kind == Node::Kind::object) {
    const NodeIndex at = document.find(extensions, tlp2_extension);
    if ((at != no_node || (tlp != nullptr && tlp->version == 2)) &&
        (tlp == nullptr || tlp->version != 2 || at == no_node || document.string(at, "tlp_2_0") != tlp->level ||
         document.string(object, "created") != tlp->created)) {
      checker.error(marking, object, "a TLP 2.0 marking is one of the five objects of its extension definition");
    }
  }
}

void check_extension_definition(Checker& checker, NodeIndex object) {
  const Document& document = checker.document();
  if (!checker.has(object, "created_by_ref")) {
    checker.error(missing_property, object, "an extension-definition has created_by_ref (section 7.3.1)");
  }
  const NodeIndex properties = document.find(object, "extension_properties");
  if (properties == no_node || document[properties].kind != Node::Kind::array) {
    return;
  }
  for (NodeIndex at = document.first(properties); at != no_node; at = document.after(at)) {
    if (document[at].kind == Node::Kind::string && !is_property_name(document[at].text)) {
      checker.error(name_form, at, "the name of a property has 3 to 250 of a-z, 0-9 and _ (section 7.3.1)");
    }
  }
}

void check_language_content(Checker& checker, NodeIndex object) {
  const Document& document = checker.document();
  const IdentifierParts target = identifier_parts(document.string(object, "object_ref"));
  if (target.type == "bundle" || target.type == "language-content") {
    checker.error(reference_type, document.find(object, "object_ref"), "a translation is not of a {} (section 7.1)",
                  target.type);
  }
  if (const NodeIndex at = document.find(object, "lang"); at != no_node) {
    checker.error(forbidden_property, at, "a language-content has no lang (section 7.1)");
  }
  const NodeIndex contents = document.find(object, "contents");
  if (contents == no_node) {
    return;
  }
  if (document[contents].kind != Node::Kind::object || document[contents].count == 0) {
    checker.error(value_type, contents, "contents is an object, a member for each language (section 7.1)");
    return;
  }
  for (NodeIndex language_at = document.first(contents); language_at != no_node;
       language_at = document.after(language_at)) {
    if (!is_language(document[language_at].name)) {
      checker.error(language, language_at, "'{}' is no language tag of RFC 5646 (section 7.1)",
                    Checker::shown(document[language_at].name));
    }
    if (document[language_at].kind != Node::Kind::object || document[language_at].count == 0) {
      checker.error(value_type, language_at, "the translation into a language is an object (section 7.1)");
      continue;
    }
    for (NodeIndex at = document.first(language_at); at != no_node; at = document.after(at)) {
      if (!is_property_name(document[at].name)) {
        checker.error(name_form, at, "'{}' is no name of a property (section 7.1)", Checker::shown(document[at].name));
      }
      if (document[at].kind != Node::Kind::string && document[at].kind != Node::Kind::array &&
          document[at].kind != Node::Kind::object) {
        checker.error(value_type, at, "a translation is a string, a list or an object (section 7.1)");
      }
    }
  }
}

}  // namespace tocsin::stix
