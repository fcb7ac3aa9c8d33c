#include "wire/canonical_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "base/limits.h"

namespace tocsin::wire {
namespace {

constexpr std::size_t shown_name_bytes_max = 64;

// A name as an error shows it: printable, and not longer than a line.
std::string shown(std::string_view name) {
  std::string cut;
  std::size_t end = std::min(name.size(), shown_name_bytes_max);
  while (end > 0 && end < name.size() && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) {
    --end;
  }
  append_canonical_string(cut, name.substr(0, end));
  return end < name.size() ? cut + "…" : cut;
}

ErrorCode code_of(JsonFault fault) {
  switch (fault) {
    case JsonFault::encoding:
      return ErrorCode::encoding;
    case JsonFault::too_deep:
    case JsonFault::too_long:
      return ErrorCode::limit;
    default:
      return ErrorCode::syntax;
  }
}

// True for text such as "-0012.." that holds no fraction and no exponent.
bool is_integer_text(std::string_view number) { return number.find_first_of(".eE") == std::string_view::npos; }

// Whether the digits of an integer name that very double, or are the text that RFC 8785 itself writes for it.
bool holds_exactly(double value, std::string_view digits) {
  if (std::fabs(value) <= 9007199254740991.0) {
    return true;
  }
  std::array<char, 400> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 0);
  if (written.ec == std::errc{} && std::string_view(buffer.data(), written.ptr) == digits) {
    return true;
  }
  std::string canonical;
  append_canonical_number(canonical, value);
  return canonical == digits;
}

}  // namespace

bool utf16_less(std::string_view a, std::string_view b) {
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at_a == a.end() || at_b == b.end()) {
    return at_b != b.end();
  }
  // UTF-8 sorts by code point. UTF-16 differs in one thing: U+E000 to U+FFFF (lead bytes EE and EF) come after the
  // surrogates that write U+10000 and beyond (F0 to F4).
  const auto weight = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0xEE || byte == 0xEF ? byte + 0x10 : int{byte};
  };
  return weight(*at_a) < weight(*at_b);
}

void append_canonical_number(std::string& out, double value) {
  check(std::isfinite(value), "JSON has finite numbers only");
  if (value == 0) {
    out += '0';
    return;
  }
  std::array<char, 32> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(value), std::chars_format::scientific);
  const std::string_view text(buffer.data(), written.ptr);
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, 1));
  if (e > 2) {
    digits += text.substr(2, e - 2);
  }
  int exponent = 0;
  const std::size_t exponent_at = e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + exponent_at, text.data() + text.size(), exponent);
  // ECMAScript's Number::toString: the value is 0.digits × 10^point.
  const int point = exponent + 1;
  const int count = static_cast<int>(digits.size());
  if (value < 0) {
    out += '-';
  }
  if (count <= point && point <= 21) {
    out += digits;
    out.append(static_cast<std::size_t>(point - count), '0');
  } else if (0 < point && point <= 21) {
    out.append(digits, 0, static_cast<std::size_t>(point));
    out += '.';
    out.append(digits, static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out += digits;
  } else {
    out += digits[0];
    if (count > 1) {
      out += '.';
      out.append(digits, 1);
    }
    out += exponent < 0 ? "e-" : "e+";
    out += std::to_string(std::abs(exponent));
  }
}

void append_canonical_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c != '"' && c != '\\') {
      continue;
    }
    out.append(text, plain, at - plain);
    plain = at + 1;
    out += '\\';
    switch (c) {
      case '\b':
        out += 'b';
        break;
      case '\t':
        out += 't';
        break;
      case '\n':
        out += 'n';
        break;
      case '\f':
        out += 'f';
        break;
      case '\r':
        out += 'r';
        break;
      case '"':
      case '\\':
        out += static_cast<char>(c);
        break;
      default:
        out += "u00";
        out += hex[c >> 4];
        out += hex[c & 15];
    }
  }
  out.append(text, plain);
  out += '"';
}

std::unexpected<Error> CanonicalJson::fail(ErrorCode code, std::string message, std::string hint) const {
  return failure(code, std::move(message), {.source = {}, .line = 0, .column = 0, .offset = reader_.offset()},
                 std::move(hint));
}

void CanonicalJson::value_begins(std::string& out) {
  if (levels_.empty()) {
    return;
  }
  Level& level = levels_.back();
  if (!level.object) {
    if (level.separator != 0) {
      out += ',';
    }
    level.separator = 1;
  }
}

void CanonicalJson::value_ends(const std::string& out) {
  if (!levels_.empty() && levels_.back().object) {
    members_.back().value_end = static_cast<std::uint32_t>(out.size() - start_);
  }
  next_way_ = no_way;
}

Result<void> CanonicalJson::key(std::span<const std::string_view> without) {
  const auto begin = static_cast<std::uint32_t>(names_.size());
  const std::string_view escaped = reader_.text();
  if (!has_escape(escaped)) {
    names_ += escaped;
  } else {
    names_.resize(begin + escaped.size() + unescape_slack);
    const Unescaped done = unescape_json(escaped, names_.data() + begin);
    names_.resize(begin + done.bytes);
    if (!done.valid) {
      return fail(ErrorCode::syntax, "a name holds an escape that JSON does not know");
    }
    if (done.repaired) {
      return fail(ErrorCode::encoding, "a name holds half of a surrogate pair",
                  "write a character beyond U+FFFF with both halves, or as UTF-8");
    }
  }
  const std::string_view name = std::string_view(names_).substr(begin);
  const Level& level = levels_.back();
  next_way_ = no_way;
  bool left_out = false;
  if (level.way != no_way && level.way < without.size() && without[level.way] == name) {
    left_out = level.way + 1 == without.size();
    next_way_ = left_out ? no_way : level.way + 1;
  }
  members_.push_back({begin, static_cast<std::uint32_t>(names_.size()), 0, 0, left_out});
  return {};
}

Result<void> CanonicalJson::string(std::string& out) {
  const std::string_view escaped = reader_.text();
  if (!has_escape(escaped)) {
    out += '"';
    out += escaped;
    out += '"';
    return {};
  }
  unescaped_.resize(escaped.size() + unescape_slack);
  const Unescaped done = unescape_json(escaped, unescaped_.data());
  if (!done.valid) {
    return fail(ErrorCode::syntax, "a string holds an escape that JSON does not know");
  }
  if (done.repaired) {
    return fail(ErrorCode::encoding, "a string holds half of a surrogate pair",
                "write a character beyond U+FFFF with both halves, or as UTF-8");
  }
  append_canonical_string(out, std::string_view(unescaped_).substr(0, done.bytes));
  return {};
}

// The members stand in `out` in the order of the text; they are put in the order of their names.
Result<void> CanonicalJson::end_object(std::string& out) {
  const Level level = levels_.back();
  const auto first = members_.begin() + level.first_member;
  const auto name_of = [&](const Member& member) {
    return std::string_view(names_).substr(member.name_begin, member.name_end - member.name_begin);
  };
  const auto in_order = [&](const Member& a, const Member& b) { return utf16_less(name_of(a), name_of(b)); };
  std::sort(first, members_.end(), in_order);
  const auto twice = std::adjacent_find(first, members_.end(),
                                        [&](const Member& a, const Member& b) { return name_of(a) == name_of(b); });
  if (twice != members_.end()) {
    return fail(ErrorCode::syntax, "the name " + shown(name_of(*twice)) + " occurs twice in one object",
                "readers differ in which of the two they take; leave one out");
  }
  sorted_ = '{';
  for (auto member = first; member != members_.end(); ++member) {
    if (member->left_out) {
      continue;
    }
    if (sorted_.size() > 1) {
      sorted_ += ',';
    }
    append_canonical_string(sorted_, name_of(*member));
    sorted_ += ':';
    sorted_.append(out, start_ + member->value_begin, member->value_end - member->value_begin);
  }
  sorted_ += '}';
  out.resize(start_ + level.begin);
  out += sorted_;
  if (level.first_member < members_.size()) {
    names_.resize(std::min_element(first, members_.end(), [](const Member& a, const Member& b) {
                    return a.name_begin < b.name_begin;
                  })->name_begin);
  }
  members_.resize(level.first_member);
  levels_.pop_back();
  return {};
}

Result<void> CanonicalJson::write(std::string& out, std::span<const std::string_view> without) {
  std::size_t values = 0;
  for (;;) {
    const JsonToken token = reader_.next();
    if (token == JsonToken::end) {
      return {};
    }
    if (token == JsonToken::fault) {
      return fail(code_of(reader_.fault()), std::string(fault_text(reader_.fault())));
    }
    if (token == JsonToken::key) {
      TRY_VOID(key(without));
      members_.back().value_begin = static_cast<std::uint32_t>(out.size() - start_);
      continue;
    }
    if (token != JsonToken::end_object && token != JsonToken::end_array) {
      if (++values > limits::json_values_max) {
        return fail(ErrorCode::limit, "too many values in one text");
      }
      value_begins(out);
    }
    switch (token) {
      case JsonToken::begin_object:
      case JsonToken::begin_array: {
        const bool object = token == JsonToken::begin_object;
        const std::uint32_t way = levels_.empty() ? 0 : next_way_;
        levels_.push_back({static_cast<std::uint32_t>(members_.size()), static_cast<std::uint32_t>(out.size() - start_),
                           object ? way : no_way, 0, object});
        next_way_ = no_way;
        if (!object) {
          out += '[';
        }
        continue;
      }
      case JsonToken::end_object:
        TRY_VOID(end_object(out));
        break;
      case JsonToken::end_array:
        out += ']';
        levels_.pop_back();
        break;
      case JsonToken::string:
        TRY_VOID(string(out));
        break;
      case JsonToken::number: {
        const std::string_view text = reader_.text();
        double value = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        if (read.ec != std::errc{}) {
          return fail(ErrorCode::limit, "the number " + shown(text) + " is beyond the range of a double",
                      "carry it as a string");
        }
        if (is_integer_text(text) && !holds_exactly(value, text)) {
          return fail(ErrorCode::limit, "the integer " + shown(text) + " is beyond 2^53 and no double holds it exactly",
                      "carry it as a string");
        }
        append_canonical_number(out, value);
        break;
      }
      case JsonToken::true_value:
        out += "true";
        break;
      case JsonToken::false_value:
        out += "false";
        break;
      default:
        out += "null";
        break;
    }
    value_ends(out);
  }
}

Result<void> CanonicalJson::append(std::string& out, std::string_view text, std::span<const std::string_view> without) {
  start_ = out.size();
  levels_.clear();
  members_.clear();
  names_.clear();
  next_way_ = no_way;
  if (const JsonFault fault = reader_.open(text); fault != JsonFault::none) {
    return fail(code_of(fault), std::string(fault_text(fault)));
  }
  if (auto written = write(out, without); !written) {
    out.resize(start_);
    return written;
  }
  return {};
}

Result<std::string> canonical_json(std::string_view text, std::span<const std::string_view> without) {
  CanonicalJson canonical;
  std::string out;
  TRY_VOID(canonical.append(out, text, without));
  return out;
}

}  // namespace tocsin::wire
