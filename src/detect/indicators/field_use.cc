#include "detect/indicators/field_use.h"

#include <string>

#include "base/text.h"
#include "rules/indicators/indicator_type.h"

namespace tocsin::detect {
namespace {

using rules::bit;
using Kind = rules::IndicatorKind;

std::string letters_of(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (ascii_alpha(c) || ascii_digit(c)) {
      out += ascii_lower(c);
    }
  }
  return out;
}

bool has_any(std::string_view name, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) {
    if (name.find(part) != name.npos) {
      return true;
    }
  }
  return false;
}

constexpr std::uint32_t addresses = bit(Kind::ipv4) | bit(Kind::ipv6) | bit(Kind::cidr);
constexpr std::uint32_t hashes = bit(Kind::md5) | bit(Kind::sha1) | bit(Kind::sha256) | bit(Kind::sha512);
constexpr std::uint32_t files = bit(Kind::file_name) | bit(Kind::file_path);
constexpr std::uint32_t in_text =
    addresses | hashes | files | bit(Kind::url) | bit(Kind::email) | bit(Kind::registry_key) | bit(Kind::domain);

bool says_file(std::string_view letters) {
  return has_any(letters, {"file", "image", "path", "process", "module", "uristem", "driver", "library", "folder",
                           "objectname", "attachment"});
}

}  // namespace

bool holds_file_names(std::string_view name) { return says_file(letters_of(name)); }

std::uint32_t kinds_in_field(std::string_view name, bool text) {
  const std::string letters = letters_of(name);
  std::uint32_t out = text ? in_text : 0;
  if (!text) {
    if (letters.ends_with("ip") || has_any(letters, {"ipaddress", "addr", "ipv4", "ipv6", "origh", "resph", "host",
                                                     "server", "client", "workstation", "forwardedfor"})) {
      out |= addresses;
    }
    if (has_any(letters, {"host", "domain", "query", "dns", "server", "sni", "rrname", "site", "answer", "mail"})) {
      out |= bit(Kind::domain);
    }
    if (has_any(letters, {"url", "uri", "refer", "link", "location"})) {
      out |= bit(Kind::url) | bit(Kind::domain);
    }
    if (has_any(letters, {"mail", "sender", "recipient", "from", "user", "upn", "principal", "account"}) ||
        letters == "to" || letters == "cc" || letters == "bcc") {
      out |= bit(Kind::email);
    }
    if (has_any(letters, {"hash", "md5", "sha1", "sha256", "sha512"})) {
      out |= hashes;
    }
    if (has_any(letters, {"targetobject", "registry", "regkey", "keyname", "objectname", "keypath"})) {
      out |= bit(Kind::registry_key);
    }
    if (says_file(letters)) {
      out |= files;
    }
  }
  if (letters.find("useragent") != letters.npos) {
    out |= bit(Kind::user_agent);
  }
  if (has_any(letters, {"mutex", "mutant", "objectname"})) {
    out |= bit(Kind::mutex);
  }
  if (letters.find("ja3") != letters.npos) {
    out |= bit(letters.find("ja3s") != letters.npos ? Kind::ja3s : Kind::ja3);
    out &= ~bit(Kind::md5);
  }
  if (letters.ends_with("version")) {
    out &= ~addresses;  // "10.0.19041.1" is none
  }
  return out;
}

}  // namespace tocsin::detect
