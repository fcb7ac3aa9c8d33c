#include "stix/search_values.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/text.h"
#include "stix/limits.h"
#include "stix/pattern.h"
#include "wire/json_reader.h"

namespace tocsin::stix {
namespace {

using wire::JsonToken;

constexpr std::array<std::string_view, 13> texts_at_the_top = {
    "value",         "name",       "path",    "key",           "command_line", "subject", "issuer",
    "serial_number", "message_id", "user_id", "account_login", "display_name", "cpe"};

class Values {
 public:
  void add(std::string_view text) {
    if (out_.size() < limits::search_values_max && text.size() <= limits::search_value_bytes_max) {
      if (std::string value = search_value(text); !value.empty()) {
        out_.push_back(std::move(value));
      }
    }
  }
  void add_pattern(std::string_view text) {
    const auto pattern = parse_pattern(text);
    if (!pattern) {
      return;
    }
    for (const Comparison& one : pattern->comparisons) {
      if (one.negated || (one.op != ComparisonOperator::equal && one.op != ComparisonOperator::in)) {
        continue;
      }
      for (const Literal& literal : one.values) {
        if (literal.kind == Literal::Kind::string || literal.kind == Literal::Kind::octets) {
          add(literal.text);
        }
      }
    }
  }
  std::vector<std::string> take() {
    std::ranges::sort(out_);
    const auto rest = std::ranges::unique(out_);
    out_.erase(rest.begin(), rest.end());
    return std::move(out_);
  }

 private:
  std::vector<std::string> out_;
};

std::string unescaped(std::string_view text) {
  std::string out(text.size() + wire::unescape_slack, '\0');
  out.resize(wire::unescape_json(text, out.data()).bytes);
  return out;
}

}  // namespace

std::string search_value(std::string_view text) { return fold_case(trim(text)); }

std::vector<std::string> search_values(std::string_view bytes) {
  thread_local wire::JsonReader reader;
  reader.open(bytes);
  Values values;
  std::size_t depth = 0;
  std::string_view top;    // the property of the object in which the walk is
  std::string_view inner;  // the last key below it
  std::string pattern;
  bool stix_pattern = true;
  for (;;) {
    const JsonToken token = reader.next();
    switch (token) {
      case JsonToken::end:
        if (stix_pattern && !pattern.empty()) {
          values.add_pattern(pattern);
        }
        return values.take();
      case JsonToken::fault:
        return {};
      case JsonToken::key:
        (depth == 1 ? top : inner) = reader.text();
        break;
      case JsonToken::begin_object:
      case JsonToken::begin_array:
        ++depth;
        break;
      case JsonToken::end_object:
      case JsonToken::end_array:
        --depth;
        break;
      case JsonToken::string: {
        const bool found = depth == 1   ? std::ranges::find(texts_at_the_top, top) != texts_at_the_top.end()
                           : depth == 2 ? top == "aliases" || top == "hashes"
                           : depth == 3 ? top == "external_references" && inner == "external_id"
                                        : false;
        const bool of_pattern = depth == 1 && (top == "pattern" || top == "pattern_type");
        if (!found && !of_pattern) {
          break;
        }
        const std::string_view raw = reader.text();
        const std::string text = wire::has_escape(raw) ? unescaped(raw) : std::string(raw);
        if (found) {
          values.add(text);
        } else if (top == "pattern") {
          pattern = text;
        } else {
          stix_pattern = text == "stix";
        }
        break;
      }
      case JsonToken::number:
      case JsonToken::true_value:
      case JsonToken::false_value:
      case JsonToken::null_value:
        break;
    }
  }
}

}  // namespace tocsin::stix
