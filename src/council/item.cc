#include "council/item.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "consult/limits.h"
#include "consult/strict_json.h"
#include "council/limits.h"
#include "report/visible.h"
#include "stix/tlp.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::council {
namespace {

using consult::no_number;
using wire::Json;

bool is_digest(std::string_view text) { return consult::parse_hash(text).has_value(); }

bool is_language(std::string_view text) {
  return !text.empty() && text.size() <= 35 && text != "annex" &&
         std::ranges::all_of(text, [](char c) { return ascii_alpha(c) || ascii_digit(c) || c == '-'; });
}

// The roster in RFC 8785 form; read_roster() has accepted it.
Result<std::string> canonical_roster(std::string_view json, Json& value) {
  wire::JsonReader reader;
  const consult::StrictLimits bounds{.levels = consult::limits::entry_levels_max,
                                     .values = consult::limits::roster_values_max};
  if (const auto refusal = consult::read_strict(reader, json, bounds, value); refusal != consult::Refusal::none) {
    return failure(ErrorCode::damaged, "the roster: " + std::string(consult::explain(refusal)));
  }
  std::string out;
  consult::append_canonical(out, value);
  return out;
}

}  // namespace

Result<Manifest> make_manifest(std::vector<Manifest::Version> texts, std::vector<std::string> annexes) {
  std::ranges::sort(texts, {}, &Manifest::Version::language);
  std::ranges::sort(annexes);
  if (texts.empty() || texts.size() + annexes.size() > limits::texts_max) {
    return failure(ErrorCode::usage, "a draft has one text in each of its languages, and at most a thousand");
  }
  if (std::ranges::adjacent_find(texts, {}, &Manifest::Version::language) != texts.end()) {
    return failure(ErrorCode::usage, "two texts have one language");
  }
  Manifest out;
  wire::JsonWriter json(out.canonical);
  json.begin_object().key("annexes").begin_array();
  for (const std::string& annex : annexes) {
    if (!is_digest(annex)) {
      return failure(ErrorCode::usage, "an annex is named by its SHA-256");
    }
    json.string(annex);
  }
  json.end_array().key("texts").begin_array();
  for (const Manifest::Version& version : texts) {
    if (!is_language(version.language) || !is_digest(version.sha256)) {
      return failure(ErrorCode::usage, "a text is named by its language (a tag such as en or pt-BR) and its SHA-256");
    }
    json.begin_object().member("lang", version.language).member("sha256", version.sha256).end_object();
  }
  json.end_array().end_object();
  out.sha256 = trust::sha256_hex(out.canonical);
  out.texts = std::move(texts);
  out.annexes = std::move(annexes);
  return out;
}

Result<Manifest> read_manifest(std::string_view json) {
  TRY(const Json value, wire::parse_json(json));
  const Json* texts = value.find("texts");
  const Json* annexes = value.find("annexes");
  if (texts == nullptr || annexes == nullptr) {
    return failure(ErrorCode::syntax, "not the texts and annexes of a draft");
  }
  std::vector<Manifest::Version> versions;
  for (const Json& text : texts->items) {
    versions.push_back({std::string(text.string_or("lang", "")), std::string(text.string_or("sha256", ""))});
  }
  std::vector<std::string> digests;
  for (const Json& annex : annexes->items) {
    digests.push_back(annex.text);
  }
  TRY(Manifest made, make_manifest(std::move(versions), std::move(digests)));
  if (made.canonical != json) {
    return failure(ErrorCode::syntax, "the texts and annexes of a draft are not in their one form");
  }
  return made;
}

Item::Item(std::string_view roster_json, Roster roster, const Hash& id, consult::Verifier& verifier, std::uint64_t seed)
    : roster_json_(roster_json),
      rosters_{std::move(roster)},
      id_(id),
      journal_(rosters_, id, verifier, {.seed = seed}),
      by_id_(0, consult::HashOf{seed}) {}

Result<std::unique_ptr<Item>> Item::make(std::string_view roster_json, const Hash& id, consult::Verifier& verifier,
                                         std::uint64_t seed) {
  consult::RosterReading reading = consult::read_roster(roster_json);
  if (!reading.roster) {
    return failure(ErrorCode::damaged, "the roster is not valid: " + reading.problem);
  }
  Json value;
  TRY(const std::string canonical, canonical_roster(roster_json, value));
  std::unique_ptr<Item> item(new Item(canonical, *std::move(reading.roster), id, verifier, seed));
  if (const Json* members = value.find("members")) {
    for (const Json& member : members->items) {
      const std::string name(member.string_or("id", ""));
      item->zones_[name] = member.string_or("zone", "");
      item->organisations_[name] = member.string_or("organisation", "");
    }
  }
  return item;
}

namespace {
std::string_view found_in(const std::map<std::string, std::string, std::less<>>& values, std::string_view name) {
  const auto found = values.find(name);
  return found == values.end() ? std::string_view{} : found->second;
}
}  // namespace

std::string_view Item::zone_of(std::string_view participant) const { return found_in(zones_, participant); }
std::string_view Item::organisation_of(std::string_view participant) const {
  return found_in(organisations_, participant);
}

Intake Item::add_entry(std::string_view json, std::string* why) {
  const auto refuse = [&](std::string_view reason) {
    if (why != nullptr) {
      *why = reason;
    }
    return Intake::refused;
  };
  const consult::EntryReading reading = reader_.read(json);
  if (reading.entry == nullptr) {
    return refuse(consult::explain(reading.refusal));
  }
  const Hash& id = reading.entry->id;
  std::vector<std::uint32_t>& copies = by_id_[id];
  if (copies.size() >= limits::copies_max || std::ranges::any_of(copies, [&](std::uint32_t at) {
        return held_[at].entry->signature == reading.entry->signature;
      })) {
    return Intake::known;
  }
  if (held_.size() >= limits::entries_max || journal_.ledger().rejected_when_open().size() >= limits::rejected_max) {
    if (copies.empty()) {
      by_id_.erase(id);
    }
    return refuse("the journal holds as many entries as it may");
  }
  copies.push_back(static_cast<std::uint32_t>(held_.size()));
  const bool is_new = copies.size() == 1;
  held_.push_back({reading.entry, std::string(json)});
  journal_.add(reading.entry);
  if (is_new && reading.entry->well_formed) {
    by_author_[reading.entry->author].push_back(journal_.ledger().find(id));
  }
  return Intake::added;
}

const Item::Held* Item::find(const Hash& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() || found->second.empty() ? nullptr : &held_[found->second.front()];
}

Number Item::accepted(const Hash& id) const {
  const consult::Ledger& ledger = journal_.ledger();
  const Number number = ledger.find(id);
  return number != no_number && ledger[number].entry != nullptr && ledger[number].code == consult::Code::accepted
             ? number
             : no_number;
}

std::span<const Number> Item::entries_of(std::string_view author) const {
  const auto found = by_author_.find(author);
  return found == by_author_.end() ? std::span<const Number>{} : found->second;
}

std::vector<Number> Item::tips(std::string_view author) const {
  const consult::Ledger& ledger = journal_.ledger();
  std::vector<Number> out;
  for (const Number number : entries_of(author)) {
    if (ledger[number].code != consult::Code::accepted) {
      continue;
    }
    bool followed = false;
    for (Number next = ledger[number].first_follower; next != no_number; next = ledger[next].next_follower) {
      followed = followed || ledger[next].code == consult::Code::accepted;
    }
    if (!followed) {
      out.push_back(number);
    }
  }
  std::ranges::sort(out, {}, [&](Number number) { return ledger.entry(number).id; });
  return out;
}

bool Item::has_gap(std::string_view author) const {
  const consult::Ledger& ledger = journal_.ledger();
  return std::ranges::any_of(entries_of(author), [&](Number number) {
    return ledger[number].identified && ledger[number].code == consult::Code::gap;
  });
}

std::set<std::string> Item::witnesses_of_unknown(std::string_view author) const {
  std::set<std::string> out;
  for (const consult::Participant& witness : roster().participants) {
    if (!witness.witness || witness.name == author) {
      continue;
    }
    for (const Number number : entries_of(witness.name)) {
      if (journal_.ledger()[number].code != consult::Code::accepted) {
        continue;
      }
      for (const consult::Head& head : journal_.ledger().entry(number).heads) {
        if (head.author == author && accepted(head.id) == no_number) {
          out.insert(witness.name);
        }
      }
    }
  }
  return out;
}

bool Item::came_from_outside(std::string_view author) const {
  return std::ranges::any_of(from_outside_, [&](const Hash& id) {
    const Held* held = find(id);
    return held != nullptr && held->entry->well_formed && held->entry->author == author && counts(id);
  });
}

void Item::mend() {
  continuity = {};
  from_outside_.clear();
}

Result<bool> Item::add_text(const Text& text) {
  if (text.text.size() > limits::text_bytes_max || texts_.size() >= limits::texts_max) {
    return failure(ErrorCode::limit, "a text is longer than 4 MiB, or there are more than a thousand");
  }
  std::string digest = trust::sha256_hex(text.text);
  return texts_.try_emplace(std::move(digest), text).second;
}

const Text* Item::text(std::string_view sha256) const {
  const auto found = texts_.find(sha256);
  return found == texts_.end() ? nullptr : &found->second;
}

Result<bool> Item::add_manifest(std::string_view json) {
  TRY(Manifest made, read_manifest(json));
  if (manifests_.size() >= limits::texts_max) {
    return failure(ErrorCode::limit, "there are more than a thousand drafts");
  }
  std::string digest = made.sha256;
  return manifests_.try_emplace(std::move(digest), std::move(made)).second;
}

const Manifest* Item::manifest(std::string_view sha256) const {
  const auto found = manifests_.find(sha256);
  return found == manifests_.end() ? nullptr : &found->second;
}

Result<bool> Item::add_key(std::string_view document) {
  if (std::ranges::find(key_documents_, document) != key_documents_.end()) {
    return false;
  }
  if (key_documents_.size() >= limits::keys_max) {
    return failure(ErrorCode::limit, "there are more than ten thousand keys");
  }
  TRY_VOID(ring_.add(document));
  key_documents_.emplace_back(document);
  return true;
}

Result<bool> Item::add_paper(std::string_view json) {
  TRY(Paper paper, read_paper(json, *this));
  return papers_.add(std::move(paper));
}

const stix::AuthorKey* Item::key_of(const consult::Participant& participant) const {
  return ring_.find(stix::key_id(participant.key));
}

namespace {

Result<Json> object_of(const Record& record) {
  auto json = wire::parse_json(record.value);
  if (!json || json->kind != Json::Kind::object) {
    return failure(ErrorCode::damaged, "a record of kind " + std::string(text_of(record.kind)) + " is no JSON object");
  }
  return json;
}

// One record into the item. What it cannot say is passed over: the checksum has told that it is ours.
void load_record(const Record& record, Item& item) {
  switch (record.kind) {
    case RecordKind::signed_here:
      if (item.add_entry(record.value) == Intake::added) {
        item.signed_by = item.entries().back().entry->author;
      }
      return;
    case RecordKind::held:
      if (item.add_entry(record.value) == Intake::added) {
        item.mark_from_outside(item.entries().back().entry->id);
      }
      return;
    case RecordKind::text:
      if (auto text = read_text(record.value); text) {
        std::ignore = item.add_text(*std::move(text));
      }
      return;
    case RecordKind::manifest:
      std::ignore = item.add_manifest(record.value);
      return;
    case RecordKind::key:
      std::ignore = item.add_key(record.value);
      return;
    case RecordKind::broken:
      if (const auto json = object_of(record); json) {
        item.continuity = {.broken = true,
                           .since = consult::parse_seconds(json->string_or("since", "")).value_or(INT64_MAX),
                           .why = std::string(json->string_or("why", "")),
                           .author = std::string(json->string_or("author", "")),
                           .readings = {}};
      }
      return;
    case RecordKind::reading:
      if (const auto json = object_of(record); json && item.continuity.broken) {
        item.continuity.readings.emplace(json->string_or("by", ""));
        if (item.continuity.readings.size() >= item.roster().quorum) {
          item.mend();
        }
      }
      return;
    case RecordKind::paper:
      std::ignore = item.add_paper(record.value);
      return;
    case RecordKind::policy:
      item.policy = record.value;
      return;
    case RecordKind::item:
    case RecordKind::roster:
    case RecordKind::place:
      return;
  }
}

}  // namespace

Result<std::unique_ptr<Item>> load_item(const JournalReading& journal, consult::Verifier& verifier,
                                        std::uint64_t seed) {
  std::optional<Hash> id;
  const std::string* roster = nullptr;
  for (const Record& record : journal.records) {
    if (record.kind == RecordKind::item && !id) {
      TRY(const Json json, object_of(record));
      id = consult::parse_hash(json.string_or("item", ""));
    }
    if (record.kind == RecordKind::roster && roster == nullptr) {
      roster = &record.value;
    }
  }
  if (!id || roster == nullptr) {
    return failure(ErrorCode::damaged, "the journal does not say whose it is: its first lines are missing", {},
                   "start a new folder with 'tocsin consult import'");
  }
  TRY(std::unique_ptr<Item> item, Item::make(*roster, *id, verifier, seed));
  for (const Record& record : journal.records) {
    load_record(record, *item);
  }
  return item;
}

std::string body_text(const consult::Entry& entry, std::string_view member) {
  const auto json = wire::parse_json(entry.signed_bytes);
  const Json* body = json ? json->find("body") : nullptr;
  return body == nullptr || body->kind != Json::Kind::object ? std::string() : std::string(body->string_or(member, ""));
}

std::string exercise_of(const Item& item) {
  const Item::Held* open = item.find(item.id());
  const auto json =
      open == nullptr ? Result<Json>(failure(ErrorCode::syntax, {})) : wire::parse_json(open->entry->signed_bytes);
  const Json* body = json ? json->find("body") : nullptr;
  const Json* mark = body == nullptr ? nullptr : body->find("exercise");
  if (mark == nullptr || mark->kind == Json::Kind::null || (mark->kind == Json::Kind::boolean && !mark->boolean)) {
    return {};
  }
  // Whoever marks it without words still means no real item.
  return mark->kind == Json::Kind::string && !trim(mark->text).empty() ? mark->text : "(without words)";
}

std::string marking_of(const Item& item) {
  const Item::Held* open = item.find(item.id());
  const std::string named = open == nullptr ? std::string() : body_text(*open->entry, "marking");
  const bool known = std::ranges::any_of(
      stix::tlp_markings, [&](const stix::TlpMarking& one) { return one.version == 2 && one.name == named; });
  return named.empty() || known ? named : "TLP:RED";
}

std::string exercise_banner(std::string_view exercise) {
  return exercise.empty() ? std::string()
                          : "EXERCISE: " + report::visible(exercise) + ". Nothing here is anybody's decision.";
}

std::string text_json(const Text& text) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("lang", text.language).member("text", text.text).end_object();
  return out;
}

Result<Text> read_text(std::string_view json) {
  TRY(const Json value, wire::parse_json(json));
  const Json* text = value.find("text");
  if (text == nullptr || text->kind != Json::Kind::string) {
    return failure(ErrorCode::syntax, "not a text with its language");
  }
  return Text{std::string(value.string_or("lang", "")), text->text};
}

std::string short_id(const Hash& id) { return consult::hex(id).substr(0, 12); }

}  // namespace tocsin::council
