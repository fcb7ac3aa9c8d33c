#include "stix/value_syntax.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"

namespace tocsin::stix {
namespace {

#include "stix/charsets.inc"
#include "stix/languages.inc"

constexpr bool lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool alnum(char c) { return ascii_alpha(c) || ascii_digit(c); }
constexpr bool hex_digit(char c) { return ascii_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

template <class Test>
bool all(std::string_view text, Test test) {
  return std::all_of(text.begin(), text.end(), test);
}

// Cuts the part before the first `separator` off; the whole where there is none.
std::string_view cut(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return part;
}

bool prefix_length(std::string_view text, unsigned most) {
  if (text.empty() || text.size() > 3 || !all(text, ascii_digit) || (text.size() > 1 && text[0] == '0')) {
    return false;
  }
  return parse_uint64(text).value_or(1'000) <= most;
}

bool dotted_quad(std::string_view text) {
  int parts = 0;
  for (bool more = true; more; ++parts) {
    more = text.contains('.');
    const std::string_view part = cut(text, '.');
    if (!prefix_length(part, 255) || parts == 4) {
      return false;
    }
  }
  return parts == 4;
}

constexpr auto uuid_digit = [] {
  std::array<std::uint8_t, 256> out{};
  for (std::size_t c = 0; c < out.size(); ++c) {
    out[c] = hex_digit(static_cast<char>(c)) ? 1 : 0;
  }
  return out;
}();

}  // namespace

bool is_uuid(std::string_view text) {
  if (text.size() != 36) {
    return false;
  }
  // Asked of everything that stands behind two hyphens in every object of a page: without a branch for each character.
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') {
    return false;
  }
  unsigned digits = 0;
  for (const char c : text) {
    digits += uuid_digit[static_cast<unsigned char>(c)];
  }
  return digits == 32;
}

IdentifierParts identifier_parts(std::string_view text) {
  IdentifierParts parts;
  if (text.size() < 36 + 2 + 1) {
    return parts;
  }
  parts.uuid = text.substr(text.size() - 36);
  parts.type = text.substr(0, text.size() - 38);
  if (text.substr(text.size() - 38, 2) != "--" || !is_type_name(parts.type)) {
    return parts;
  }
  if (!is_uuid(parts.uuid)) {
    return parts;
  }
  parts.version = parts.uuid[14];
  parts.valid = parts.version >= '1' && parts.version <= '5' && std::string_view("89abAB").contains(parts.uuid[19]);
  return parts;
}

bool looks_like_identifier(std::string_view text) {
  const std::size_t dashes = text.find("--");
  if (dashes == 0 || dashes == std::string_view::npos || text.size() != dashes + 38) {
    return false;
  }
  for (std::size_t i = 0; i < 36; ++i) {
    const char c = text[dashes + 2 + i];
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? c != '-' : !(ascii_digit(c) || (c >= 'a' && c <= 'f'))) {
      return false;
    }
  }
  return true;
}

bool is_type_name(std::string_view text) {
  return text.size() >= 3 && text.size() <= 250 && lower(text[0]) && !text.contains("--") &&
         all(text, [](char c) { return lower(c) || ascii_digit(c) || c == '-'; });
}

bool is_property_name(std::string_view text) {
  return text == "id" || (text.size() >= 3 && text.size() <= 250 && lower(text[0]) &&
                          all(text, [](char c) { return lower(c) || ascii_digit(c) || c == '_'; }));
}

bool is_dictionary_key(std::string_view text) {
  return !text.empty() && text.size() <= 250 && all(text, [](char c) { return alnum(c) || c == '-' || c == '_'; });
}

bool is_relationship_type(std::string_view text) {
  return !text.empty() && all(text, [](char c) { return lower(c) || ascii_digit(c) || c == '-'; });
}

bool is_extension_name(std::string_view text) { return is_type_name(text) && text.ends_with("-ext"); }

bool is_language(std::string_view text) {
  if (text.starts_with("x-") || text.starts_with("i-")) {
    return text.size() > 2;
  }
  std::string_view rest = text;
  const std::string_view first = cut(rest, '-');
  const auto bit = [](const char c) { return static_cast<unsigned>(ascii_lower(c) - 'a'); };
  if (!all(first, ascii_alpha)) {
    return false;
  }
  const bool known = first.size() == 2   ? (two_letter[bit(first[0])] >> bit(first[1]) & 1) != 0
                     : first.size() == 3 ? (three_letter[bit(first[0]) * 26 + bit(first[1])] >> bit(first[2]) & 1) != 0
                                         : false;
  if (!known || text.ends_with('-')) {
    return false;
  }
  while (!rest.empty()) {
    const std::string_view subtag = cut(rest, '-');
    if (subtag.empty() || subtag.size() > 8 || !all(subtag, alnum)) {
      return false;
    }
  }
  return true;
}

bool is_charset(std::string_view text) {
  return std::ranges::find(charset_names, text) != std::ranges::end(charset_names);
}

bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size() || !ascii_alpha(text[0]) ||
      !all(text.substr(0, colon), [](char c) { return alnum(c) || c == '+' || c == '-' || c == '.'; })) {
    return false;
  }
  for (std::size_t at = colon + 1; at < text.size(); ++at) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || std::string_view("<>\"\\^`{|}").contains(c)) {
      return false;
    }
    if (c == '%' && (text.size() - at < 3 || !hex_digit(text[at + 1]) || !hex_digit(text[at + 2]))) {
      return false;
    }
  }
  return true;
}

bool is_domain(std::string_view text) {
  if (text.ends_with('.')) {
    text.remove_suffix(1);
  }
  if (text.empty() || text.size() > 253) {
    return false;
  }
  while (!text.empty()) {
    const bool more = text.contains('.');
    const std::string_view label = cut(text, '.');
    const bool plain =
        all(label, [](char c) { return alnum(c) || c == '-' || c == '_' || static_cast<unsigned char>(c) >= 0x80; });
    if (label.empty() || label.size() > 63 || !plain || (more && text.empty())) {
      return false;
    }
  }
  return true;
}

bool is_email_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) {
    return false;
  }
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  const bool quoted = local.size() > 2 && local.front() == '"' && local.back() == '"';
  if (!quoted) {
    if (local.front() == '.' || local.back() == '.' || local.contains("..") || !all(local, [](char c) {
          return alnum(c) || static_cast<unsigned char>(c) >= 0x80 ||
                 std::string_view("!#$%&'*+-/=?^_`{|}~.").contains(c);
        })) {
      return false;
    }
  }
  const bool literal = domain.size() > 2 && domain.front() == '[' && domain.back() == ']';
  return literal || is_domain(domain);
}

bool is_ipv4(std::string_view text) {
  const bool prefixed = text.contains('/');
  const std::string_view address = cut(text, '/');
  return dotted_quad(address) && (!prefixed || prefix_length(text, 32));
}

bool is_ipv6(std::string_view text) {
  const bool prefixed = text.contains('/');
  std::string_view rest = cut(text, '/');
  if (prefixed && !prefix_length(text, 128)) {
    return false;
  }
  std::size_t groups = 0;
  bool gap = false;
  if (rest.starts_with("::")) {
    gap = true;
    rest.remove_prefix(2);
  } else if (rest.starts_with(':')) {
    return false;
  }
  while (!rest.empty()) {
    if (rest.contains('.') && !rest.contains(':')) {
      if (!dotted_quad(rest)) {
        return false;
      }
      groups += 2;
      break;
    }
    const bool more = rest.contains(':');
    const std::string_view group = cut(rest, ':');
    if (group.empty() || group.size() > 4 || !all(group, hex_digit)) {
      return false;
    }
    ++groups;
    if (more && rest.empty()) {
      return false;
    }
    if (rest.starts_with(':')) {
      if (gap) {
        return false;
      }
      gap = true;
      rest.remove_prefix(1);
    }
  }
  return gap ? groups <= 7 : groups == 8;
}

bool is_mac(std::string_view text) {
  if (text.size() != 17) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool colon = i % 3 == 2;
    if (colon ? text[i] != ':' : !(ascii_digit(text[i]) || (text[i] >= 'a' && text[i] <= 'f'))) {
      return false;
    }
  }
  return true;
}

bool is_media_type(std::string_view text) {
  std::string_view rest = text;
  const std::string_view type = cut(rest, '/');
  constexpr std::array types = {"application", "audio",     "font", "image", "message",
                                "model",       "multipart", "text", "video"};
  const std::string_view subtype = cut(rest, ';');
  return std::ranges::find(types, type) != types.end() && !subtype.empty() &&
         all(trim(subtype), [](char c) { return alnum(c) || std::string_view("!#$&-^_.+").contains(c); });
}

bool is_cpe23(std::string_view text) {
  if (!text.starts_with("cpe:2.3:")) {
    return false;
  }
  text.remove_prefix(8);
  std::size_t parts = 0;
  std::size_t length = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at == text.size() || text[at] == ':') {
      if (length == 0 || (parts == 0 && !(length == 1 && std::string_view("aho*-").contains(text[0])))) {
        return false;
      }
      ++parts;
      length = 0;
      continue;
    }
    const char c = text[at];
    if (c == '\\') {
      ++at;
      if (at == text.size() || alnum(text[at]) || static_cast<unsigned char>(text[at]) <= 0x20) {
        return false;
      }
    } else if (!alnum(c) && !std::string_view("-._*?").contains(c)) {
      return false;
    }
    ++length;
  }
  return parts == 11;
}

bool is_cve(std::string_view text) {
  return text.size() >= 13 && text.starts_with("CVE-") && all(text.substr(4, 4), ascii_digit) && text[8] == '-' &&
         all(text.substr(9), ascii_digit);
}

bool is_capec(std::string_view text) {
  return text.size() > 6 && text.starts_with("CAPEC-") && all(text.substr(6), ascii_digit);
}

bool is_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return false;
  }
  for (int i = 0; i < 2 && text.ends_with('='); ++i) {
    text.remove_suffix(1);
  }
  return all(text, [](char c) { return alnum(c) || c == '+' || c == '/'; });
}

bool is_hex(std::string_view text) { return text.size() % 2 == 0 && all(text, hex_digit); }

bool is_country(std::string_view text) { return text.size() == 2 && all(text, ascii_alpha); }

bool is_lower_hyphen(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == ' ' || c == '_'; });
}

}  // namespace tocsin::stix
