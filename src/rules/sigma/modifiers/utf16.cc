// |utf16le (|wide) |utf16be |utf16: the bytes of the value in UTF-16, mostly before an encoding as Base64.
#include "base/limits.h"
#include "base/text.h"
#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"

namespace tocsin::rules::sigma {
namespace {

void put_unit(std::string& out, std::uint32_t unit, bool big_endian) {
  const char high = static_cast<char>(unit >> 8);
  const char low = static_cast<char>(unit & 0xFF);
  out += big_endian ? high : low;
  out += big_endian ? low : high;
}

std::string to_utf16(std::string_view text, bool big_endian) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<std::uint32_t>(next_code_point(text, at));
    if (c < 0x10000) {
      put_unit(out, c, big_endian);
    } else {
      put_unit(out, 0xD800 + ((c - 0x10000) >> 10), big_endian);
      put_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FF), big_endian);
    }
  }
  return out;
}

std::optional<Problem> encode(const Value& value, bool big_endian, bool mark, std::vector<Value>& out) {
  // A dash of |windash is another character in UTF-16 each time: spelled out first.
  const std::vector<Pattern> patterns = spell_dashes(value.leaf.pattern, limits::value_expansions_max);
  if (patterns.empty()) {
    return Problem{ErrorCode::limit, "the value has too many dashes to spell out before the encoding",
                   "split the value at its flags"};
  }
  for (const Pattern& pattern : patterns) {
    Value next = value;
    next.leaf.pattern = {};
    if (mark) {
      next.byte_order_mark = true;
      append(next.leaf.pattern, Pattern::Element::literal, "\xEF\xBB\xBF");
    }
    for (const Pattern::Piece& piece : pattern.pieces) {
      append(next.leaf.pattern, piece.element, to_utf16(piece.text, big_endian));
    }
    out.push_back(std::move(next));
  }
  return std::nullopt;
}

std::optional<Problem> little(Value&& value, Item&, std::vector<Value>& out) {
  return encode(value, false, false, out);
}
std::optional<Problem> big(Value&& value, Item&, std::vector<Value>& out) { return encode(value, true, false, out); }
std::optional<Problem> marked(Value&& value, Item&, std::vector<Value>& out) { return encode(value, false, true, out); }

constexpr Modifier encoding(std::string_view name, std::string_view doc,
                            std::optional<Problem> (*apply)(Value&&, Item&, std::vector<Value>&)) {
  return {.name = name,
          .doc = doc,
          .section = "Encoding",
          .takes = static_cast<std::uint8_t>(ValueKind::text),
          .instead = "write the value in quotes",
          .apply = apply};
}

}  // namespace

extern const Modifier modifier_utf16le, modifier_wide, modifier_utf16be, modifier_utf16;
const Modifier modifier_utf16le = encoding("utf16le", "the value in UTF-16, low byte first", little);
const Modifier modifier_wide = encoding("wide", "the value in UTF-16, low byte first", little);
const Modifier modifier_utf16be = encoding("utf16be", "the value in UTF-16, high byte first", big);
const Modifier modifier_utf16 = encoding("utf16", "the value in UTF-16 with a byte order mark", marked);

}  // namespace tocsin::rules::sigma
