#include "source/names.h"

#include <cstdint>

#include "base/text.h"

namespace tocsin::source {
namespace {

constexpr std::string_view upper_digits = "0123456789ABCDEF";

int upper_hex_digit(char c) {
  if (ascii_digit(c)) {
    return c - '0';
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Characters that a reader cannot see, or that change how the text around them is shown (UAX #9 explicit formatting,
// line separators).
bool unsafe_to_show(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void append_escaped_byte(std::string& out, char byte) {
  const auto value = static_cast<unsigned char>(byte);
  out += "\\x";
  out += upper_digits[value >> 4];
  out += upper_digits[value & 15];
}

void append_escaped_code_point(std::string& out, char32_t c) {
  out += "\\u{";
  for (int shift = 12; shift >= 0; shift -= 4) {
    out += upper_digits[(static_cast<std::uint32_t>(c) >> shift) & 15];
  }
  out += '}';
}

// Velociraptor utils/sanitize.go: everything but these and ASCII letters and digits may be escaped; a dot only where a
// component begins or ends with it.
bool collector_escapes(char byte, bool at_edge) {
  if (ascii_alpha(byte) || ascii_digit(byte)) {
    return false;
  }
  if (byte == '.') {
    return at_edge;
  }
  return byte != '-' && byte != '_' && byte != '~' && byte != ' ' && byte != '$';
}

std::string_view last_component(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

std::string display_name(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(name, at);
    const std::string_view bytes = name.substr(begin, at - begin);
    if (c == 0xfffd && bytes != "\xEF\xBF\xBD") {
      append_escaped_byte(out, bytes.front());
      at = begin + 1;
    } else if (!unsafe_to_show(c)) {
      out += bytes;
    } else if (c < 0x80) {
      append_escaped_byte(out, bytes.front());
    } else {
      append_escaped_code_point(out, c);
    }
  }
  return out;
}

std::string decode_collected(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (std::size_t at = 0; at < path.size();) {
    if (path[at] == '%' && at + 2 < path.size()) {
      const int high = upper_hex_digit(path[at + 1]);
      const int low = upper_hex_digit(path[at + 2]);
      if (high >= 0 && low >= 0) {
        const char byte = static_cast<char>(high * 16 + low);
        const bool at_edge = at == 0 || path[at - 1] == '/' || at + 3 == path.size() || path[at + 3] == '/';
        if (collector_escapes(byte, at_edge)) {
          out += byte;
          at += 3;
          continue;
        }
      }
    }
    out += path[at++];
  }
  return out;
}

std::string member_path(std::string_view stored) {
  while (stored.starts_with('/') || stored.starts_with("./")) {
    stored.remove_prefix(stored.front() == '/' ? 1 : 2);
  }
  return display_name(decode_collected(stored));
}

std::string_view left_out(std::string_view path) {
  const std::string_view name = last_component(path);
  if (path.starts_with("__MACOSX/") || path.find("/__MACOSX/") != std::string_view::npos) {
    return "resource forks of macOS (__MACOSX) are left out";
  }
  if (name.starts_with("._")) {
    return "a resource fork of macOS (._) is left out";
  }
  if (name == ".DS_Store" || name == ".localized") {
    return "a folder setting of the macOS Finder is left out";
  }
  if (ascii_iequals(name, "thumbs.db") || ascii_iequals(name, "ehthumbs.db") || ascii_iequals(name, "desktop.ini")) {
    return "a folder setting of Windows Explorer is left out";
  }
  return {};
}

}  // namespace tocsin::source
