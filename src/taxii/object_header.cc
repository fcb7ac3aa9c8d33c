#include "taxii/object_header.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "stix/types.h"
#include "stix/value_syntax.h"
#include "taxii/limits.h"
#include "wire/canonical_json.h"
#include "wire/json_reader.h"

namespace tocsin::taxii {
namespace {

using wire::JsonToken;

std::unexpected<Error> wrong(std::string message) { return failure(ErrorCode::unreadable, std::move(message)); }

std::string unescaped(std::string_view text) {
  if (!wire::has_escape(text)) {
    return std::string(text);
  }
  std::string out(text.size() + wire::unescape_slack, '\0');
  out.resize(wire::unescape_json(text, out.data()).bytes);
  return out;
}

// STIX 2.1 section 2.11 and 3.1: lower case, digits and hyphens, 1 to 250 characters.
bool is_type(std::string_view text) {
  return !text.empty() && text.size() <= 250 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || ascii_digit(c) || c == '-'; });
}

// What stands at the top of the object.
struct Top {
  std::optional<std::string> type, id, spec_version, created, modified, created_by;
  bool other_kind = false;  // one of these is no text
};

struct Field {
  std::string_view name;
  std::optional<std::string> Top::* value;
};
constexpr std::array fields = {Field{"type", &Top::type},
                               Field{"id", &Top::id},
                               Field{"spec_version", &Top::spec_version},
                               Field{"created", &Top::created},
                               Field{"modified", &Top::modified},
                               Field{"created_by_ref", &Top::created_by}};

bool names_supporting(std::string_view text) {
  return text.starts_with("identity--") || text.starts_with("marking-definition--") ||
         text.starts_with("extension-definition--");
}

template <class T>
void sort_once(std::vector<T>& values) {
  std::ranges::sort(values);
  const auto rest = std::ranges::unique(values);
  values.erase(rest.begin(), rest.end());
}

Result<Top> walk(std::string_view bytes, ObjectHeader& out) {
  thread_local wire::JsonReader reader;
  reader.open(bytes);
  Top top;
  std::size_t depth = 0;
  std::optional<std::string> Top::* wanted = nullptr;
  bool marking_value = false;  // "marking_ref" of a granular marking
  bool marking_list = false;   // inside object_marking_refs
  bool in_granular = false;
  std::string_view top_key;
  for (;;) {
    const JsonToken token = reader.next();
    switch (token) {
      case JsonToken::fault:
        return wrong(fmt::format("it is no JSON: {}", wire::fault_text(reader.fault())));
      case JsonToken::end:
        return top;
      case JsonToken::key: {
        const std::string_view key = reader.text();
        wanted = nullptr;
        marking_value = in_granular && key == "marking_ref";
        if (depth == 1) {
          top_key = key;
          in_granular = key == "granular_markings";
          const auto field = std::ranges::find(fields, key, &Field::name);
          wanted = field == fields.end() ? nullptr : field->value;
        }
        break;
      }
      case JsonToken::begin_object:
      case JsonToken::begin_array:
        top.other_kind = top.other_kind || wanted != nullptr;
        wanted = nullptr;
        marking_list = depth == 1 && token == JsonToken::begin_array && top_key == "object_marking_refs";
        ++depth;
        break;
      case JsonToken::end_object:
      case JsonToken::end_array:
        marking_list = false;
        --depth;
        break;
      case JsonToken::string:
        if (wanted != nullptr) {
          top.*wanted = unescaped(reader.text());
        }
        if (marking_list || marking_value || (depth == 1 && top_key == "object_marking_refs")) {
          out.markings.push_back(unescaped(reader.text()));
        }
        if (depth > 0 && top_key != "id" && names_supporting(reader.text()) && reader.text().size() <= 80) {
          out.uses.emplace_back(reader.text());
        }
        wanted = nullptr;
        break;
      case JsonToken::number:
      case JsonToken::true_value:
      case JsonToken::false_value:
      case JsonToken::null_value:
        top.other_kind = top.other_kind || wanted != nullptr;
        // A marking that is no text is one that nobody knows.
        if (marking_list || marking_value || (depth == 1 && top_key == "object_marking_refs")) {
          out.markings.emplace_back("?");
        }
        wanted = nullptr;
        break;
    }
  }
}

}  // namespace

std::string created_by_of(std::string_view bytes) {
  ObjectHeader header;
  const auto top = walk(bytes, header);
  return top ? top->created_by.value_or("") : std::string();
}

Result<void> read_header(std::string_view bytes, ObjectHeader& out) {
  if (bytes.size() > limits::object_bytes_max) {
    return wrong(fmt::format("it is longer than {} bytes", limits::object_bytes_max));
  }
  TRY(Top top, walk(bytes, out));
  out.type = top.type.value_or("");
  out.id = top.id.value_or("");
  out.version = top.modified ? *top.modified : top.created.value_or("");
  thread_local wire::CanonicalJson canonical;
  thread_local std::string text;
  text.clear();
  if (const auto kept = canonical.append(text, bytes); !kept) {
    return wrong(kept.error().message);
  }
  if (top.other_kind) {
    return wrong("type, id, spec_version, created, modified and created_by_ref are text");
  }
  if (!is_type(out.type)) {
    return wrong("it has no type, or one with other characters than a-z, 0-9 and - (section 3.1)");
  }
  if (!out.id.starts_with(out.type) || !std::string_view(out.id).substr(out.type.size()).starts_with("--") ||
      !stix::is_uuid(std::string_view(out.id).substr(out.type.size() + 2))) {
    return wrong("its id is not its type, -- and a UUID (section 2.9)");
  }
  if (out.type == "bundle") {
    return wrong("a bundle is no object: send the objects in it (TAXII 2.1 section 3.7)");
  }
  const bool observable = stix::is_observable_type(out.type);
  const std::string spec = top.spec_version.value_or(observable ? "2.1" : "2.0");
  if (spec != "2.0" && spec != "2.1") {
    return wrong("spec_version is neither 2.0 nor 2.1");
  }
  out.spec_version = spec;
  out.created_by = top.created_by.value_or("");
  const auto created = top.created ? stix::parse_timestamp(*top.created) : std::nullopt;
  const auto modified = top.modified ? stix::parse_timestamp(*top.modified) : std::nullopt;
  if ((top.created && !created) || (top.modified && !modified)) {
    return wrong("created or modified is no timestamp (section 2.16)");
  }
  if (created && modified && *modified < *created) {
    return wrong("modified is before created (section 3.2)");
  }
  const bool meta = out.type == "marking-definition";
  if (!observable && (!created || (!modified && !meta))) {
    return wrong(meta ? "created is missing (section 7.2.1)" : "created and modified are needed (section 3.2)");
  }
  if (observable) {
    // Section 3.2: observables have no versions, whatever stands there.
    out.version.clear();
  } else {
    out.version_at = modified ? *modified : *created;
  }
  sort_once(out.markings);
  sort_once(out.uses);
  return {};
}

}  // namespace tocsin::taxii
