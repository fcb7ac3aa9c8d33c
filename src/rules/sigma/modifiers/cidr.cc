// |cidr: the address in the field lies inside a network, IPv4 or IPv6 (RFC 4632, RFC 4291 §2.3).
#include <array>

#include "base/text.h"
#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"

namespace tocsin::rules::sigma {
namespace {

bool parse_v4(std::string_view text, std::uint8_t* out) {
  for (int i = 0; i < 4; ++i) {
    const std::size_t point = text.find('.');
    const std::string_view part = text.substr(0, point);
    const auto number = parse_uint64(part);
    // A leading zero would be octal to some and decimal to others.
    if (!number || *number > 255 || part.size() > 3 || (part.size() > 1 && part[0] == '0') ||
        (point == std::string_view::npos) != (i == 3)) {
      return false;
    }
    out[i] = static_cast<std::uint8_t>(*number);
    text.remove_prefix(i == 3 ? text.size() : point + 1);
  }
  return true;
}

std::optional<std::uint16_t> hex_group(std::string_view text) {
  if (text.empty() || text.size() > 4) {
    return std::nullopt;
  }
  std::uint32_t value = 0;
  for (const char c : text) {
    const char low = ascii_lower(c);
    if (!ascii_digit(low) && !(low >= 'a' && low <= 'f')) {
      return std::nullopt;
    }
    value = value * 16 + static_cast<std::uint32_t>(ascii_digit(low) ? low - '0' : low - 'a' + 10);
  }
  return static_cast<std::uint16_t>(value);
}

// Groups of one side of "::"; false if one of them is wrong or there are more than eight.
bool parse_groups(std::string_view text, std::array<std::uint16_t, 8>& groups, std::size_t& count, bool last) {
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (last && colon == std::string_view::npos && part.find('.') != std::string_view::npos) {
      std::uint8_t v4[4];
      if (count + 2 > 8 || !parse_v4(part, v4)) {
        return false;
      }
      groups[count++] = static_cast<std::uint16_t>(v4[0] << 8 | v4[1]);
      groups[count++] = static_cast<std::uint16_t>(v4[2] << 8 | v4[3]);
      return true;
    }
    const auto group = hex_group(part);
    if (!group || count == 8) {
      return false;
    }
    groups[count++] = *group;
    if (colon == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(colon + 1);
    if (text.empty()) {
      return false;
    }
  }
  return true;
}

bool parse_v6(std::string_view text, std::uint8_t* out) {
  std::array<std::uint16_t, 8> front{};
  std::array<std::uint16_t, 8> back{};
  std::size_t front_count = 0;
  std::size_t back_count = 0;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!parse_groups(text, front, front_count, true) || front_count != 8) {
      return false;
    }
  } else if (!parse_groups(text.substr(0, gap), front, front_count, false) ||
             !parse_groups(text.substr(gap + 2), back, back_count, true) || front_count + back_count > 7) {
    return false;
  }
  for (std::size_t i = 0; i < back_count; ++i) {
    front[8 - back_count + i] = back[i];
  }
  for (std::size_t i = 0; i < 8; ++i) {
    out[2 * i] = static_cast<std::uint8_t>(front[i] >> 8);
    out[2 * i + 1] = static_cast<std::uint8_t>(front[i] & 0xFF);
  }
  return true;
}

// "8", or for IPv4 a mask as 255.0.0.0.
std::optional<std::uint8_t> parse_prefix(std::string_view text, bool v6) {
  std::uint8_t mask[4];
  if (!v6 && parse_v4(text, mask)) {
    const std::uint32_t bits = static_cast<std::uint32_t>(mask[0]) << 24 | static_cast<std::uint32_t>(mask[1]) << 16 |
                               static_cast<std::uint32_t>(mask[2]) << 8 | mask[3];
    const std::uint32_t inverse = ~bits;
    if ((inverse & (inverse + 1)) != 0) {
      return std::nullopt;
    }
    return static_cast<std::uint8_t>(__builtin_popcount(bits));
  }
  const auto number = parse_uint64(text);
  if (!number || *number > (v6 ? 128 : 32) || text.size() > 3) {
    return std::nullopt;
  }
  return static_cast<std::uint8_t>(*number);
}

std::optional<Problem> cidr(Value&& value, Item& item, std::vector<Value>& out) {
  if (item.changed) {
    return Problem{ErrorCode::rule_invalid, "|cidr takes the value as written, but another modifier changed it before",
                   "put |cidr first"};
  }
  const std::string text = literal_text(value.leaf.pattern);
  Problem wrong{ErrorCode::rule_invalid, "'" + text + "' is not a network", "write it as 10.0.0.0/8 or 2001:db8::/32"};
  if (has_wildcard(value.leaf.pattern)) {
    return wrong;
  }
  const std::string_view all = text;
  const std::size_t slash = all.find('/');
  const std::string_view address = all.substr(0, slash);
  Network network;
  network.v6 = address.find(':') != std::string_view::npos;
  if (!(network.v6 ? parse_v6(address, network.bytes) : parse_v4(address, network.bytes))) {
    return wrong;
  }
  network.prefix_bits = network.v6 ? 128 : 32;
  if (slash != std::string_view::npos) {
    const auto prefix = parse_prefix(all.substr(slash + 1), network.v6);
    if (!prefix) {
      return wrong;
    }
    network.prefix_bits = *prefix;
  }
  for (std::size_t bit = network.prefix_bits; bit < (network.v6 ? 128U : 32U); ++bit) {
    if ((network.bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) {
      return Problem{ErrorCode::rule_invalid, "'" + text + "' has bits set behind its prefix",
                     "set the address to the first one of the network, or lengthen the prefix"};
    }
  }
  value.kind = ValueKind::network;
  value.leaf.op = Operator::cidr;
  value.leaf.network = network;
  value.leaf.pattern = {};
  out.push_back(std::move(value));
  return std::nullopt;
}

}  // namespace

extern const Modifier modifier_cidr;
const Modifier modifier_cidr{.name = "cidr",
                             .doc = "the address in the field lies inside the network",
                             .section = "IP (Internet Protocol) Modifiers",
                             .takes = static_cast<std::uint8_t>(ValueKind::text),
                             .instead = "write a network as 10.0.0.0/8",
                             .apply = cidr};

}  // namespace tocsin::rules::sigma
