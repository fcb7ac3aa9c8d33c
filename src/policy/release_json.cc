#include "policy/release_json.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "policy/limits.h"
#include "policy/object_markings.h"

namespace tocsin::policy {
namespace {

using wire::Json;

constexpr std::string_view example =
    R"({"object":{…},"markings":[],"audience":null,"holder":"author","recipient":{},"purpose":"read","at":"…"})";

std::unexpected<Error> wrong(std::string message) {
  return failure(ErrorCode::usage, std::move(message), {}, std::string(example));
}

const Json* present(const Json& object, std::string_view name) {
  const Json* found = object.find(name);
  return found == nullptr || found->kind == Json::Kind::null ? nullptr : found;
}

Result<void> read_name(const Json& value, std::string_view what, std::vector<std::string>& out) {
  if (value.kind != Json::Kind::string) {
    return wrong("\"" + std::string(what) + "\" holds something that is not text");
  }
  if (value.text.size() > limits::name_bytes_max) {
    return failure(ErrorCode::limit, "a name in \"" + std::string(what) + "\" is too long");
  }
  out.push_back(value.text);
  return {};
}

// A list of names, or one name.
Result<std::vector<std::string>> read_names(const Json& value, std::string_view what, std::size_t names_max) {
  std::vector<std::string> out;
  if (value.kind != Json::Kind::array) {
    TRY_VOID(read_name(value, what, out));
    return out;
  }
  if (value.items.size() > names_max) {
    return failure(ErrorCode::limit, "\"" + std::string(what) + "\" has too many names");
  }
  for (const Json& item : value.items) {
    TRY_VOID(read_name(item, what, out));
  }
  return out;
}

Result<std::string> read_text(const Json& object, std::string_view name) {
  const Json* found = present(object, name);
  if (found == nullptr) {
    return std::string();
  }
  std::vector<std::string> one;
  TRY_VOID(read_name(*found, name, one));
  return std::move(one.front());
}

Result<std::optional<stix::Instant>> read_moment(const Json& object, std::string_view name) {
  const Json* found = present(object, name);
  if (found == nullptr) {
    return std::optional<stix::Instant>{};
  }
  const auto moment = found->kind == Json::Kind::string ? stix::parse_timestamp(found->text) : std::nullopt;
  if (!moment) {
    return wrong("\"" + std::string(name) + "\" is not a time such as 2021-07-19T12:00:00Z");
  }
  return moment;
}

Result<Recipient> read_recipient(const Json& line) {
  Recipient recipient;
  const Json* found = present(line, "recipient");
  if (found == nullptr) {
    return recipient;
  }
  if (found->kind != Json::Kind::object) {
    return wrong("\"recipient\" is not an object");
  }
  TRY(recipient.person, read_text(*found, "person"));
  TRY(recipient.organisation, read_text(*found, "organisation"));
  if (const Json* clients = present(*found, "client_of")) {
    TRY(recipient.client_of, read_names(*clients, "client_of", limits::memberships_max));
  }
  if (const Json* communities = present(*found, "communities")) {
    TRY(recipient.communities, read_names(*communities, "communities", limits::memberships_max));
  }
  return recipient;
}

template <class Value, std::size_t count>
Result<Value> read_word(const Json& line, std::string_view name,
                        const std::array<std::pair<std::string_view, Value>, count>& words) {
  const std::string_view text = line.string_or(name, "");
  std::string known;
  for (const auto& [word, value] : words) {
    if (word == text) {
      return value;
    }
    known += (known.empty() ? "" : ", ") + std::string(word);
  }
  return wrong("\"" + std::string(name) + "\" is none of " + known);
}

bool is_definition(const Json& entry) {
  return entry.string_or("type", "") == "marking-definition" ||
         entry.string_or("id", "").starts_with("marking-definition--");
}

bool names_markings(const Json& object) {
  const Json* whole = present(object, "object_marking_refs");
  const Json* granular = present(object, "granular_markings");
  const auto filled = [](const Json* list) {
    return list != nullptr && (list->kind != Json::Kind::array || !list->items.empty());
  };
  return filled(whole) || filled(granular);
}

Result<void> read_markings(const Json& line, const Json& object, Request& request) {
  static const Json none = [] {
    Json empty;
    empty.kind = Json::Kind::array;
    return empty;
  }();
  const Json* markings = present(line, "markings");
  if (markings == nullptr) {
    markings = &none;
  }
  if (markings->kind != Json::Kind::array) {
    return wrong("\"markings\" is not a list");
  }
  if (markings->items.size() > limits::markings_max) {
    return failure(ErrorCode::limit, "too many markings");
  }
  Definitions definitions;
  for (const Json& entry : markings->items) {
    if (entry.kind != Json::Kind::object || !is_definition(entry)) {
      continue;
    }
    Marking marking = read_marking(entry);
    bool again = false;
    for (const auto& [id, first] : definitions) {
      again = again || id == marking.id;
    }
    request.second_definition = request.second_definition || again;
    if (!again) {
      definitions.emplace_back(marking.id, std::move(marking));
    }
  }
  TRY(request.markings, applied_markings(object, definitions));
  const bool own = names_markings(object);
  for (const Json& entry : markings->items) {
    AppliedMarking one;
    if (entry.kind == Json::Kind::string) {
      one.marking = resolve(entry.text, definitions);
      if (const auto named = tlp_of_name(entry.text)) {
        one.marking.kind = *named;
      }
    } else if (entry.kind != Json::Kind::object) {
      return wrong("\"markings\" holds something that is neither a definition nor an identifier");
    } else if (entry.find("selectors") != nullptr || entry.find("marking_ref") != nullptr) {
      TRY(std::vector<AppliedMarking> some, granular_marking(object, entry, definitions));
      std::move(some.begin(), some.end(), std::back_inserter(request.markings));
      continue;
    } else if (is_definition(entry)) {
      if (own) {
        continue;
      }
      one.marking = resolve(entry.string_or("id", ""), definitions);
    }
    request.markings.push_back(std::move(one));
  }
  return {};
}

}  // namespace

Result<Request> read_request(const Json& line) {
  if (line.kind != Json::Kind::object) {
    return wrong("the line is not an object");
  }
  const Json* object = present(line, "object");
  if (object == nullptr || object->kind != Json::Kind::object) {
    return wrong("the line has no \"object\"");
  }
  Request request;
  request.object_type = std::string(object->string_or("type", ""));
  request.redactable = is_redactable(*object);
  request.supporting = is_supporting(request.object_type);
  const Json* with = line.find("with_a_released_object");
  request.with_a_released_object = with != nullptr && with->kind == Json::Kind::boolean && with->boolean;
  TRY_VOID(read_markings(line, *object, request));
  const Json* audience = line.find("audience");
  if (audience == nullptr) {
    return wrong("the line has no \"audience\": null means the readers of the collection, [] nobody");
  }
  if (audience->kind != Json::Kind::null) {
    if (audience->kind != Json::Kind::array) {
      return wrong("\"audience\" is neither a list nor null");
    }
    TRY(request.audience, read_names(*audience, "audience", limits::names_max));
  }
  TRY(request.embargo_until, read_moment(line, "embargo_until"));
  constexpr std::array holders = {std::pair<std::string_view, Holder>{"author", Holder::author},
                                  std::pair<std::string_view, Holder>{"recipient", Holder::recipient}};
  TRY(request.holder, read_word(line, "holder", holders));
  TRY(request.holder_organisation, read_text(line, "holder_organisation"));
  constexpr std::array purposes = {std::pair<std::string_view, Purpose>{"read", Purpose::read},
                                   std::pair<std::string_view, Purpose>{"forward", Purpose::forward},
                                   std::pair<std::string_view, Purpose>{"publish", Purpose::publish},
                                   std::pair<std::string_view, Purpose>{"backup", Purpose::backup}};
  TRY(request.purpose, read_word(line, "purpose", purposes));
  TRY(request.recipient, read_recipient(line));
  TRY(request.at, read_moment(line, "at"));
  return request;
}

void write_release(const Release& release, wire::JsonWriter& json) {
  json.member("decision", name_of(release.decision)).key("because").begin_array();
  for (const Reason& reason : release.because) {
    json.begin_object().member("code", code_text(reason.code)).member("message", sentence(reason.code));
    if (!reason.marking.empty()) {
      json.member("marking", reason.marking);
    }
    if (!reason.selectors.empty()) {
      json.key("selectors").begin_array();
      for (const std::string& selector : reason.selectors) {
        json.string(selector);
      }
      json.end_array();
    }
    json.end_object();
  }
  json.end_array();
}

}  // namespace tocsin::policy
