// |base64 |base64offset: the value as it looks inside Base64 text (RFC 4648 §4).
#include "base/limits.h"
#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"

namespace tocsin::rules::sigma {
namespace {

std::string encode(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto byte = [&](std::size_t i) -> std::uint32_t {
      return at + i < bytes.size() ? static_cast<std::uint8_t>(bytes[at + i]) : 0U;
    };
    const std::uint32_t three = byte(0) << 16 | byte(1) << 8 | byte(2);
    out += alphabet[three >> 18];
    out += alphabet[three >> 12 & 63];
    out += at + 1 < bytes.size() ? alphabet[three >> 6 & 63] : '=';
    out += at + 2 < bytes.size() ? alphabet[three & 63] : '=';
  }
  return out;
}

// The plain spellings of a value; a problem if it has wildcards, whose encoding is not known.
std::optional<Problem> spell(const Value& value, std::vector<std::string>& out) {
  if (has_wildcard(value.leaf.pattern)) {
    return Problem{ErrorCode::rule_invalid, "a value with wildcards cannot be encoded as Base64",
                   "escape them as \\* or \\?, or put |contains behind the encoding"};
  }
  const std::vector<Pattern> patterns = spell_dashes(value.leaf.pattern, limits::value_expansions_max);
  if (patterns.empty()) {
    return Problem{ErrorCode::limit, "the value has too many dashes to spell out before the encoding",
                   "split the value at its flags"};
  }
  constexpr std::string_view mark_utf8 = "\xEF\xBB\xBF";
  for (const Pattern& pattern : patterns) {
    std::string bytes = literal_text(pattern);
    if (value.byte_order_mark && bytes.starts_with(mark_utf8)) {
      bytes.replace(0, mark_utf8.size(), "\xFF\xFE");
    }
    out.push_back(std::move(bytes));
  }
  return std::nullopt;
}

void put(const Value& from, std::string_view text, std::vector<Value>& out) {
  Value value = from;
  value.byte_order_mark = false;
  value.leaf.pattern = literal_pattern(text);
  out.push_back(std::move(value));
}

std::optional<Problem> base64(Value&& value, Item&, std::vector<Value>& out) {
  std::vector<std::string> spellings;
  if (auto problem = spell(value, spellings)) {
    return problem;
  }
  for (const std::string& bytes : spellings) {
    put(value, encode(bytes), out);
  }
  return std::nullopt;
}

// At each of three positions the first and last characters also depend on the neighbours: they are cut, so that only
// what always appears remains.
std::optional<Problem> base64_offset(Value&& value, Item&, std::vector<Value>& out) {
  constexpr std::size_t cut_front[] = {0, 2, 3};
  constexpr std::size_t cut_back[] = {0, 3, 2};
  std::vector<std::string> spellings;
  if (auto problem = spell(value, spellings)) {
    return problem;
  }
  for (const std::string& bytes : spellings) {
    for (std::size_t offset = 0; offset < 3; ++offset) {
      const std::string text = encode(std::string(offset, ' ') + bytes);
      const std::size_t cut = cut_front[offset] + cut_back[(bytes.size() + offset) % 3];
      const std::string_view stable =
          cut >= text.size() ? std::string_view{} : std::string_view(text).substr(cut_front[offset], text.size() - cut);
      if (stable.empty()) {
        return Problem{ErrorCode::rule_invalid,
                       "the value is too short for |base64offset: nothing of it stays the same",
                       "use at least two characters"};
      }
      put(value, stable, out);
    }
  }
  return std::nullopt;
}

constexpr std::string_view instead = "write the value in quotes, and put |re or |cidr nowhere before it";

}  // namespace

extern const Modifier modifier_base64, modifier_base64offset;
const Modifier modifier_base64{.name = "base64",
                               .doc = "the value encoded as Base64",
                               .section = "Encoding",
                               .takes = static_cast<std::uint8_t>(ValueKind::text),
                               .instead = instead,
                               .apply = base64};
const Modifier modifier_base64offset{.name = "base64offset",
                                     .doc = "the value somewhere inside Base64 text, at each of the three offsets",
                                     .section = "Encoding",
                                     .takes = static_cast<std::uint8_t>(ValueKind::text),
                                     .instead = instead,
                                     .apply = base64_offset};

}  // namespace tocsin::rules::sigma
