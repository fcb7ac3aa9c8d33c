#include "council/entry_object.h"

#include "council/courier.h"
#include "trust/uuid.h"
#include "wire/json.h"

namespace tocsin::council {
namespace {

// The definition of the type tocsin-entry.
constexpr std::string_view definition = "extension-definition--b7c3d0f4-53a1-4d0e-9c52-0c2f6a0e7b19";

// STIX timestamps have a fraction.
std::string stix_time(const consult::Entry& entry) {
  std::string text = consult::seconds_text(entry.well_formed ? entry.time : 0);
  text.insert(text.size() - 1, ".000");
  return text;
}

}  // namespace

std::string wrap_entry(const Item::Held& held, const Item& item) {
  std::string out;
  wire::JsonWriter json(out);
  const std::string time = stix_time(*held.entry);
  json.begin_object().member("type", "tocsin-entry").member("spec_version", "2.1");
  json.member("id", "tocsin-entry--" + trust::uuid_of_content(held.json));
  json.member("created", time).member("modified", time);
  json.key("extensions").begin_object().key(definition).begin_object().member("extension_type", "new-sdo");
  json.end_object().end_object();
  json.member("item", consult::hex(item.id())).member("roster", consult::hex(item.roster().hash));
  json.key("audience").begin_array();
  for (const std::string& name : audience_of(item)) {
    json.string(name);
  }
  json.end_array().member("entry", held.json).end_object();
  return out;
}

Result<EntryObject> unwrap_entry(std::string_view object) {
  TRY(const wire::Json json, wire::parse_json(object));
  const auto item = consult::parse_hash(json.string_or("item", ""));
  const auto roster = consult::parse_hash(json.string_or("roster", ""));
  const wire::Json* entry = json.find("entry");
  const wire::Json* audience = json.find("audience");
  if (json.string_or("type", "") != "tocsin-entry" || !item || !roster || entry == nullptr ||
      entry->kind != wire::Json::Kind::string || audience == nullptr) {
    return failure(ErrorCode::syntax, "this is no entry of a consultation");
  }
  EntryObject out{.item = *item, .roster = *roster, .audience = {}, .entry = entry->text};
  for (const wire::Json& name : audience->items) {
    out.audience.push_back(name.text);
  }
  consult::EntryReader reader;
  const EntryPtr read = reader.read(out.entry).entry;
  if (read == nullptr || (read->well_formed && read->item.value_or(read->id) != out.item)) {
    return failure(ErrorCode::damaged, "the object names another item than the entry inside");
  }
  return out;
}

}  // namespace tocsin::council
