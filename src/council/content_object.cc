#include "council/content_object.h"

#include <algorithm>

#include "stix/signature.h"
#include "trust/uuid.h"
#include "wire/canonical_json.h"

namespace tocsin::council {
namespace {

using wire::Json;

Json* member_of(Json& object, std::string_view name) {
  const auto found = std::ranges::find(object.members, name, &std::pair<std::string, Json>::first);
  return found == object.members.end() ? nullptr : &found->second;
}

std::string_view tlp_id(stix::TlpColor color) {
  for (const stix::TlpMarking& marking : stix::tlp_markings) {
    if (marking.version == 2 && marking.color == color) {
      return marking.id;
    }
  }
  return {};
}

}  // namespace

std::string stix_time(consult::Seconds seconds) {
  std::string text = consult::seconds_text(seconds);
  text.insert(text.size() - 1, ".000");
  return text;
}
Result<std::string> id_of_content(Json object, std::string_view type) {
  std::erase_if(object.members, [](const auto& each) { return each.first == "id"; });
  if (Json* extensions = member_of(object, "extensions")) {
    std::erase_if(extensions->members, [](const auto& each) { return each.first == stix::signature_extension; });
  }
  std::string text;
  wire::JsonWriter json(text);
  wire::write_json(object, json);
  TRY(const std::string canonical, wire::canonical_json(text));
  return std::string(type) + "--" + trust::uuid_of_content(canonical);
}

Result<std::string> compose_object(const ContentPlan& plan) {
  const auto write = [&](std::string_view id) {
    std::string out;
    wire::JsonWriter json(out);
    json.begin_object().member("type", plan.type).member("spec_version", "2.1");
    if (!id.empty()) {
      json.member("id", id);
    }
    json.member("created", stix_time(plan.created)).member("modified", stix_time(plan.created));
    json.member("created_by_ref", plan.identity);
    json.key("object_marking_refs").begin_array().string(tlp_id(plan.color)).end_array();
    json.key("extensions").begin_object().key(plan.definition).begin_object();
    json.member("extension_type", "new-sdo").end_object().end_object();
    for (const auto& [name, value] : plan.body.members) {
      json.key(name);
      wire::write_json(value, json);
    }
    json.end_object();
    return out;
  };
  TRY(Json object, wire::parse_json(write({})));
  TRY(const std::string id, id_of_content(std::move(object), plan.type));
  return write(id);
}

}  // namespace tocsin::council
