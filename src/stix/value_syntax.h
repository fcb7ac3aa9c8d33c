// Whether a text has the form that the standard asks of a kind of value: addresses, identifiers, names, encodings.
#pragma once

#include <string_view>

namespace tocsin::stix {

// What an identifier (section 2.9) is made of.
struct IdentifierParts {
  bool valid = false;
  std::string_view type;
  std::string_view uuid;
  char version = '0';  // of the UUID
};
// "<type>--<UUID>": a type name and a UUID of RFC 4122 (versions 1 to 5, its variant).
IdentifierParts identifier_parts(std::string_view text);

// The digits and hyphens of a UUID, in either case, of whatever version.
bool is_uuid(std::string_view text);

// "<something>--" and the digits of a UUID in small letters, of whatever version: enough to refer to something.
bool looks_like_identifier(std::string_view text);

bool is_type_name(std::string_view text);       // section 11.2: 3 to 250 of a-z 0-9 -, no --, a letter first
bool is_property_name(std::string_view text);   // section 11.1: 3 to 250 of a-z 0-9 _, a letter first; also "id"
bool is_dictionary_key(std::string_view text);  // section 2.4: up to 250 of a-z A-Z 0-9 - _
bool is_relationship_type(std::string_view text);
bool is_extension_name(std::string_view text);  // of extensions before 2.1's own: "ntfs-ext"

bool is_language(std::string_view text);       // RFC 5646, with the language subtag of ISO 639
bool is_charset(std::string_view text);        // the IANA registry's names
bool is_uri(std::string_view text);            // RFC 3986 (or 3987: other characters), absolute
bool is_email_address(std::string_view text);  // addr-spec of RFC 5322
bool is_ipv4(std::string_view text);           // with CIDR prefix or without
bool is_ipv6(std::string_view text);
bool is_mac(std::string_view text);
bool is_domain(std::string_view text);
bool is_media_type(std::string_view text);
bool is_cpe23(std::string_view text);
bool is_cve(std::string_view text);
bool is_capec(std::string_view text);
bool is_base64(std::string_view text);
bool is_hex(std::string_view text);           // whole bytes
bool is_country(std::string_view text);       // the form of ISO 3166-1 alpha-2
bool is_lower_hyphen(std::string_view text);  // how open vocabularies write (section 2.13)

}  // namespace tocsin::stix
