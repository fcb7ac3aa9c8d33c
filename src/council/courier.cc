#include "council/courier.h"

#include <algorithm>
#include <array>

#include "council/content_object.h"
#include "council/entry_object.h"
#include "council/limits.h"
#include "council/paper_gate.h"
#include "trust/uuid.h"
#include "wire/json.h"

namespace tocsin::council {
namespace {

constexpr std::string_view entry_type = "tocsin-entry";
constexpr std::string_view part_type = "tocsin-consultation-part";
// The definition of the type tocsin-consultation-part.
constexpr std::string_view part_definition = "extension-definition--9ced815b-f6ef-426d-811b-3793aca3b934";

constexpr std::array paper_kinds{
#define PAPER(name, type, definition, word) PaperKind::name,
#include "council/papers.def"
#undef PAPER
};

struct PartPlace {
  std::string_view name;
  std::vector<std::string> Bundle::* where;
};
constexpr std::array<PartPlace, 4> part_places{
    {{"roster", &Bundle::rosters}, {"key", &Bundle::keys}, {"manifest", &Bundle::manifests}, {"text", &Bundle::texts}}};

std::string wrap_part(const Item& item, std::string_view part, std::string_view value) {
  const Item::Held* open = item.find(item.id());
  const std::string time = stix_time(open != nullptr && open->entry->well_formed ? open->entry->time : 0);
  std::string content = consult::hex(item.id());
  content.append(part).append(value);
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("type", part_type).member("spec_version", "2.1");
  json.member("id", std::string(part_type) + "--" + trust::uuid_of_content(content));
  json.member("created", time).member("modified", time);
  json.key("extensions").begin_object().key(part_definition).begin_object().member("extension_type", "new-sdo");
  json.end_object().end_object();
  json.member("item", consult::hex(item.id())).member("roster", consult::hex(item.roster().hash));
  json.key("audience").begin_array();
  for (const std::string& name : audience_of(item)) {
    json.string(name);
  }
  json.end_array().member("part", part).member("value", value).end_object();
  return out;
}

}  // namespace

std::vector<std::string> audience_of(const Item& item) {
  std::vector<std::string> out;
  for (const consult::Participant& participant : item.roster().participants) {
    out.push_back(participant.name);
    if (const std::string_view organisation = item.organisation_of(participant.name); !organisation.empty()) {
      out.emplace_back(organisation);
    }
  }
  return out;
}

std::vector<std::string> courier_types() {
  std::vector<std::string> out = {std::string(entry_type), std::string(part_type)};
  for (const PaperKind kind : paper_kinds) {
    out.emplace_back(type_of(kind));
  }
  std::ranges::sort(out);
  return out;
}

std::vector<std::string> objects_of(const Item& item) {
  std::vector<std::string> out = {wrap_part(item, "roster", item.roster_json())};
  for (const std::string& key : item.keys()) {
    out.push_back(wrap_part(item, "key", key));
  }
  const std::set<std::string> named = draft_digests(item);
  std::set<std::string> texts;
  for (const auto& [digest, manifest] : item.manifests()) {
    if (named.contains(digest)) {
      out.push_back(wrap_part(item, "manifest", manifest.canonical));
      for (const Manifest::Version& version : manifest.texts) {
        texts.insert(version.sha256);
      }
    }
  }
  for (const std::string& digest : texts) {
    if (const Text* text = item.text(digest)) {
      out.push_back(wrap_part(item, "text", text_json(*text)));
    }
  }
  for (const Item::Held& held : item.entries()) {
    out.push_back(wrap_entry(held, item));
  }
  for (const Paper* paper : item.papers().in_order()) {
    if (pass_gate(item, *paper, "export")) {
      out.push_back(paper->json);
    }
  }
  return out;
}

std::optional<Hash> item_of_object(std::string_view object) {
  const auto json = wire::parse_json(object);
  const std::vector<std::string> types = courier_types();
  return json && std::ranges::find(types, json->string_or("type", "")) != types.end()
             ? consult::parse_hash(json->string_or("item", ""))
             : std::nullopt;
}

Gathering::Gathering(const Hash& item) {
  bundle_.item = item;
  bundle_.whole = true;
}

void Gathering::add(std::string_view object) {
  if (item_of_object(object) != bundle_.item) {
    return;
  }
  const auto problem = [&](std::string why) {
    if (bundle_.problems_total++ < limits::problems_max) {
      bundle_.problems.push_back(std::move(why));
    }
  };
  const auto json = wire::parse_json(object);
  const std::string_view type = json->string_or("type", "");
  if (type == entry_type) {
    auto entry = unwrap_entry(object);
    entry ? bundle_.entries.push_back(std::move(entry->entry)) : problem(entry.error().message);
  } else if (type == part_type) {
    const auto* const place = std::ranges::find(part_places, json->string_or("part", ""), &PartPlace::name);
    const wire::Json* value = json->find("value");
    if (place == part_places.end() || value == nullptr || value->kind != wire::Json::Kind::string) {
      problem("a part of a kind that this version does not know");
    } else {
      (bundle_.*(place->where)).push_back(value->text);
    }
  } else {
    bundle_.papers.emplace_back(object);
  }
}

}  // namespace tocsin::council
