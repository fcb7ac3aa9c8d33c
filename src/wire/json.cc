#include "wire/json.h"

#include <optional>

#include "base/limits.h"
#include "base/text.h"
#include "wire/json_reader.h"

namespace tocsin::wire {
namespace {

std::string unescaped(std::string_view escaped, bool& valid) {
  if (!has_escape(escaped)) {
    return std::string(escaped);
  }
  std::string out(escaped.size() + unescape_slack, '\0');
  const Unescaped result = unescape_json(escaped, out.data());
  valid = valid && result.valid;
  out.resize(result.bytes);
  return out;
}

// Position of the first byte that is not UTF-8.
std::size_t first_ill_formed(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t before = at;
    if (next_code_point(text, at) == 0xFFFD && text.substr(before, at - before) != "\xEF\xBF\xBD") {
      return before;
    }
  }
  return 0;
}

std::unexpected<Error> json_failure(JsonFault fault, std::string_view text, std::uint64_t offset) {
  ErrorCode code = ErrorCode::syntax;
  std::string message = "this is not JSON: " + std::string(fault_text(fault));
  std::string hint;
  if (fault == JsonFault::encoding) {
    code = ErrorCode::encoding;
    offset = first_ill_formed(text);
    hint = "save the file as UTF-8";
  } else if (fault == JsonFault::too_deep) {
    code = ErrorCode::limit;
    message = "JSON is nested more than " + std::to_string(limits::nesting_max) + " levels deep";
  } else if (fault == JsonFault::too_long) {
    code = ErrorCode::limit;
    message = "a JSON document is longer than " + std::to_string(limits::record_bytes_max >> 20) + " MiB";
  }
  Where where;
  where.offset = offset;
  return failure(code, std::move(message), std::move(where), std::move(hint));
}

}  // namespace

Json::Json() = default;
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

const Json* Json::find(std::string_view name) const {
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    if (member->first == name) {
      return &member->second;
    }
  }
  return nullptr;
}

std::string_view Json::string_or(std::string_view name, std::string_view otherwise) const {
  const Json* value = find(name);
  return value != nullptr && value->kind == Kind::string ? std::string_view(value->text) : otherwise;
}

Result<Json> parse_json(std::string_view text) {
  std::uint64_t start = 0;
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
    start = 3;
  }
  JsonReader reader;
  if (const JsonFault fault = reader.open(text); fault != JsonFault::none) {
    return json_failure(fault, text, fault == JsonFault::too_long ? Where::unknown_offset : start);
  }
  Json root;
  std::vector<Json*> open;  // the containers around the current value; each is the last of its parent, so none moves
  std::optional<std::string> name;
  std::size_t values = 0;
  bool valid = true;
  const auto add = [&](Json::Kind kind) -> Json& {
    Json* added = &root;
    if (!open.empty()) {
      Json& parent = *open.back();
      added = parent.kind == Json::Kind::object ? &parent.members.emplace_back(*std::move(name), Json{}).second
                                                : &parent.items.emplace_back();
    }
    added->kind = kind;
    return *added;
  };
  for (;;) {
    const JsonToken token = reader.next();
    const std::uint64_t offset = start + reader.offset();
    switch (token) {
      case JsonToken::begin_object:
        open.push_back(&add(Json::Kind::object));
        break;
      case JsonToken::begin_array:
        open.push_back(&add(Json::Kind::array));
        break;
      case JsonToken::end_object:
      case JsonToken::end_array:
        open.pop_back();
        break;
      case JsonToken::key:
        name = unescaped(reader.text(), valid);
        break;
      case JsonToken::string:
        add(Json::Kind::string).text = unescaped(reader.text(), valid);
        break;
      case JsonToken::number:
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
        return root;
      case JsonToken::fault:
        return json_failure(reader.fault(), text, offset);
    }
    if (!valid) {
      return json_failure(JsonFault::grammar, text, offset);
    }
    if (++values > limits::json_values_max) {
      Where where;
      where.offset = offset;
      return failure(ErrorCode::limit,
                     "a JSON document has more than " + std::to_string(limits::json_values_max) + " values and names",
                     std::move(where));
    }
  }
}

}  // namespace tocsin::wire
