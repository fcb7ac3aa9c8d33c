#include "consult/strict_json.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <vector>

#include "consult/limits.h"
#include "wire/canonical_json.h"

namespace tocsin::consult {
namespace {

using wire::Json;
using wire::JsonToken;

struct Text {
  std::string text;
  Refusal refusal = Refusal::none;
};

Text unescaped(std::string_view escaped) {
  if (!wire::has_escape(escaped)) {
    return {std::string(escaped), Refusal::none};
  }
  Text out{std::string(escaped.size() + wire::unescape_slack, '\0'), Refusal::none};
  const wire::Unescaped result = wire::unescape_json(escaped, out.text.data());
  out.text.resize(result.bytes);
  out.refusal = !result.valid ? Refusal::not_json : result.repaired ? Refusal::lone_surrogate : Refusal::none;
  return out;
}

bool is_integer(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.size() > 16 || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return false;
  }
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value <= limits::integer_max;
}

constexpr std::size_t members_expected = 9;  // of an entry

bool repeats_a_name(const Json& object) {
  if (object.members.size() < 2) {
    return false;
  }
  // Names in order, as most programs write them, need no sorting to be told apart.
  if (std::ranges::adjacent_find(object.members, [](const auto& a, const auto& b) { return a.first >= b.first; }) ==
      object.members.end()) {
    return false;
  }
  std::vector<std::string_view> names;
  names.reserve(object.members.size());
  for (const auto& [name, value] : object.members) {
    names.push_back(name);
  }
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) != names.end();
}

// Whether RFC 8785 writes the text as it is. Eight bytes at a time: nearly all text of an entry is ids.
bool is_plain(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101ULL;
  constexpr std::uint64_t tops = 0x8080808080808080ULL;
  const auto holds_zero = [](std::uint64_t word) { return (word - ones) & ~word & tops; };
  std::uint64_t escaped = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    // A borrow may mark a byte behind one that is marked already, never a text without any.
    escaped |= ((word - ones * 0x20) & ~word & tops) | holds_zero(word ^ ones * '"') | holds_zero(word ^ ones * '\\');
  }
  for (; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    escaped |= c < 0x20 || c == '"' || c == '\\' ? 1U : 0U;
  }
  return escaped == 0;
}

void append_string(std::string& out, std::string_view text) {
  if (!is_plain(text)) {
    wire::append_canonical_string(out, text);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

}  // namespace

std::string_view explain(Refusal refusal) {
  switch (refusal) {
    case Refusal::none:
      return "It is an entry.";
    case Refusal::not_json:
      return "This is not JSON.";
    case Refusal::not_object:
      return "An entry is a JSON object.";
    case Refusal::repeated_name:
      return "A member is named twice, so what was signed could be read in two ways.";
    case Refusal::lone_surrogate:
      return "A text holds half of a character, which has no one spelling in UTF-8.";
    case Refusal::no_integer:
      return "A number is not written as an integer within ±(2^53-1).";
    case Refusal::too_deep:
      return "Objects and lists are nested too deeply.";
    case Refusal::too_long:
      return "It is too long.";
  }
  return "";
}

Refusal read_strict(wire::JsonReader& reader, std::string_view text, const StrictLimits& limits, Json& out) {
  switch (reader.open(text)) {
    case wire::JsonFault::none:
      break;
    case wire::JsonFault::too_long:
      return Refusal::too_long;
    case wire::JsonFault::too_deep:
      return Refusal::too_deep;
    case wire::JsonFault::empty:
    case wire::JsonFault::encoding:
    case wire::JsonFault::control_character:
    case wire::JsonFault::unclosed_string:
    case wire::JsonFault::grammar:
      return Refusal::not_json;
  }
  out = Json();
  std::vector<Json*> open;  // each is the last value of its parent, so none moves
  std::optional<std::string> name;
  std::size_t values = 0;
  const auto add = [&](Json::Kind kind) -> Json& {
    Json* added = &out;
    if (!open.empty()) {
      Json& parent = *open.back();
      // Not one by one: a value is large, and every growth moves all of them.
      if (parent.kind == Json::Kind::object && parent.members.capacity() == 0) {
        parent.members.reserve(members_expected);
      }
      added = parent.kind == Json::Kind::object ? &parent.members.emplace_back(*std::move(name), Json{}).second
                                                : &parent.items.emplace_back();
    }
    added->kind = kind;
    return *added;
  };
  Refusal refusal = Refusal::none;
  const auto refuse = [&](Refusal why) { refusal = refusal == Refusal::none ? why : refusal; };
  for (;;) {
    const JsonToken token = reader.next();
    if (token == JsonToken::fault) {
      // Too deep for the reader is far too deep for an entry.
      return reader.fault() == wire::JsonFault::too_deep ? Refusal::too_deep : Refusal::not_json;
    }
    if (token == JsonToken::end) {
      return refusal == Refusal::none && out.kind != Json::Kind::object ? Refusal::not_object : refusal;
    }
    if (refusal != Refusal::none) {
      // No entry any more, but the rest must still be JSON.
      if ((token == JsonToken::key || token == JsonToken::string) &&
          unescaped(reader.text()).refusal == Refusal::not_json) {
        return Refusal::not_json;
      }
      continue;
    }
    if (++values > limits.values) {
      refuse(Refusal::too_long);
    }
    switch (token) {
      case JsonToken::begin_object:
      case JsonToken::begin_array:
        if (open.size() == limits.levels) {
          refuse(Refusal::too_deep);
          break;
        }
        open.push_back(&add(token == JsonToken::begin_object ? Json::Kind::object : Json::Kind::array));
        break;
      case JsonToken::end_object:
        if (repeats_a_name(*open.back())) {
          refuse(Refusal::repeated_name);
        }
        open.pop_back();
        break;
      case JsonToken::end_array:
        open.pop_back();
        break;
      case JsonToken::key:
      case JsonToken::string: {
        Text unescaped_text = unescaped(reader.text());
        if (unescaped_text.refusal == Refusal::not_json) {
          return Refusal::not_json;
        }
        if (unescaped_text.refusal != Refusal::none) {
          refuse(unescaped_text.refusal);
        }
        if (token == JsonToken::key) {
          name = std::move(unescaped_text.text);
        } else {
          add(Json::Kind::string).text = std::move(unescaped_text.text);
        }
        break;
      }
      case JsonToken::number:
        if (!is_integer(reader.text())) {
          refuse(Refusal::no_integer);
        }
        add(Json::Kind::number).text = reader.text();
        break;
      case JsonToken::true_value:
      case JsonToken::false_value:
        add(Json::Kind::boolean).boolean = token == JsonToken::true_value;
        break;
      case JsonToken::null_value:
        add(Json::Kind::null);
        break;
      case JsonToken::end:
      case JsonToken::fault:
        break;
    }
  }
}

std::int64_t integer_of(const Json& number) {
  std::int64_t value = 0;
  std::from_chars(number.text.data(), number.text.data() + number.text.size(), value);
  return value;
}

// Recursion is bounded by StrictLimits::levels.
void append_canonical(std::string& out, const Json& value, std::string_view without) {
  switch (value.kind) {
    case Json::Kind::null:
      out += "null";
      break;
    case Json::Kind::boolean:
      out += value.boolean ? "true" : "false";
      break;
    case Json::Kind::string:
      append_string(out, value.text);
      break;
    case Json::Kind::number:
      // The one integer with two spellings is -0.
      out += value.text == "-0" ? std::string_view("0") : std::string_view(value.text);
      break;
    case Json::Kind::array: {
      out += '[';
      bool first = true;
      for (const Json& item : value.items) {
        out += first ? "" : ",";
        first = false;
        append_canonical(out, item);
      }
      out += ']';
      break;
    }
    case Json::Kind::object: {
      std::vector<const std::pair<std::string, Json>*> members;
      members.reserve(value.members.size());
      for (const auto& member : value.members) {
        if (without.empty() || member.first != without) {
          members.push_back(&member);
        }
      }
      const auto before = [](const auto* a, const auto* b) { return wire::utf16_less(a->first, b->first); };
      if (!std::ranges::is_sorted(members, before)) {
        std::ranges::sort(members, before);
      }
      out += '{';
      bool first = true;
      for (const auto* member : members) {
        out += first ? "" : ",";
        first = false;
        append_string(out, member->first);
        out += ':';
        append_canonical(out, member->second);
      }
      out += '}';
      break;
    }
  }
}

}  // namespace tocsin::consult
