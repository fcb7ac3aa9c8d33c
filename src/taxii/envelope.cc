#include "taxii/envelope.h"

#include <fmt/format.h>

#include "taxii/limits.h"
#include "wire/json_reader.h"

namespace tocsin::taxii {
namespace {

using wire::JsonToken;

std::unexpected<Error> no_envelope(std::string message) {
  return failure(ErrorCode::unreadable, std::move(message), {}, "{\"objects\": [ … ]}");
}

}  // namespace

Result<std::vector<std::string_view>> split_envelope(std::string_view body) {
  wire::JsonReader reader;
  reader.open(body);
  std::vector<std::string_view> out;
  std::size_t depth = 0;
  std::size_t begin = 0;
  bool envelope = false;       // the text is an object
  bool in_objects = false;     // inside the list of the member "objects"
  bool names_objects = false;  // the value that comes is that member's
  bool has_objects = false;
  bool other_item = false;
  for (;;) {
    const JsonToken token = reader.next();
    switch (token) {
      case JsonToken::fault:
        return failure(ErrorCode::syntax, fmt::format("the body is no JSON: {}", wire::fault_text(reader.fault())),
                       {.offset = reader.offset()});
      case JsonToken::end:
        if (!envelope || !has_objects) {
          return no_envelope("the body is no envelope: an object with a list \"objects\" is needed");
        }
        if (other_item) {
          return no_envelope("the list \"objects\" holds something that is no object");
        }
        return out;
      case JsonToken::begin_object:
      case JsonToken::begin_array:
        if (depth == 0) {
          envelope = token == JsonToken::begin_object;
        } else if (depth == 1 && names_objects) {
          if (has_objects || token != JsonToken::begin_array) {
            return no_envelope("\"objects\" is to be one list");
          }
          in_objects = has_objects = true;
        } else if (depth == 2 && in_objects) {
          other_item = other_item || token == JsonToken::begin_array;
          begin = reader.offset();
        }
        ++depth;
        break;
      case JsonToken::end_object:
      case JsonToken::end_array:
        --depth;
        if (depth == 2 && in_objects && token == JsonToken::end_object) {
          if (out.size() == limits::envelope_objects_max) {
            return failure(ErrorCode::limit, fmt::format("an envelope takes {} objects", limits::envelope_objects_max));
          }
          out.push_back(body.substr(begin, reader.offset() + 1 - begin));
        } else if (depth == 1) {
          in_objects = false;
        }
        break;
      case JsonToken::key:
        names_objects = depth == 1 && reader.text() == "objects";
        break;
      case JsonToken::string:
      case JsonToken::number:
      case JsonToken::true_value:
      case JsonToken::false_value:
      case JsonToken::null_value:
        other_item = other_item || (depth == 2 && in_objects);
        if (depth == 1 && names_objects) {
          return no_envelope("\"objects\" is to be one list");
        }
        break;
    }
  }
}

}  // namespace tocsin::taxii
