#include "council/chain_reading.h"

#include <algorithm>
#include <optional>

#include "council/limits.h"
#include "trust/digest.h"
#include "wire/canonical_json.h"
#include "wire/json.h"

namespace tocsin::council {
namespace {

constexpr std::string_view kind_of_document = "tocsin-chain-reading/v1\n";

Result<std::string> bytes_of(const ChainReading& reading) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("by", reading.by).key("ends").begin_object();
  for (const auto& [author, ids] : reading.ends) {
    json.key(author).begin_array();
    for (const Hash& id : ids) {
      json.string(consult::hex(id));
    }
    json.end_array();
  }
  json.end_object().member("item", consult::hex(reading.item)).member("made", consult::seconds_text(reading.made));
  json.member("type", "tocsin-chain-reading").key("version").number(1).end_object();
  return wire::canonical_json(text);
}

}  // namespace

Result<std::string> make_reading(const Item& item, std::string_view by, Seconds made, Keys& keys) {
  ChainReading reading{.item = item.id(), .by = std::string(by), .made = made, .ends = {}};
  for (const consult::Participant& participant : item.roster().participants) {
    for (const Number tip : item.tips(participant.name)) {
      reading.ends[participant.name].push_back(item.ledger().entry(tip).id);
    }
  }
  TRY(std::string bytes, bytes_of(reading));
  TRY(const auto signature, keys.sign(std::string(kind_of_document) + bytes));
  bytes.pop_back();
  return bytes + ",\"signature\":\"" + trust::to_hex(signature) + "\"}";
}

Result<ChainReading> read_reading(std::string_view text, const Item& item) {
  TRY(const wire::Json json, wire::parse_json(text));
  ChainReading reading;
  const auto of_item = consult::parse_hash(json.string_or("item", ""));
  const auto made = consult::parse_seconds(json.string_or("made", ""));
  const wire::Json* ends = json.find("ends");
  if (json.string_or("type", "") != "tocsin-chain-reading" || !of_item || !made || ends == nullptr) {
    return failure(ErrorCode::syntax, "this is no reading of chains");
  }
  reading.item = *of_item;
  reading.by = json.string_or("by", "");
  reading.made = *made;
  for (const auto& [author, ids] : ends->members) {
    for (const wire::Json& id : ids.items) {
      const auto hash = consult::parse_hash(id.text);
      if (!hash) {
        return failure(ErrorCode::syntax, "a reading of chains names something that is no id");
      }
      reading.ends[author].push_back(*hash);
    }
  }
  const auto by = item.roster().find(reading.by);
  trust::Ed25519Signature signature{};
  TRY(const std::string bytes, bytes_of(reading));
  if (reading.item != item.id() || !by || !trust::from_hex(json.string_or("signature", ""), signature) ||
      !trust::ed25519_verify(std::string(kind_of_document) + bytes, signature, item.roster().participants[*by].key)) {
    return failure(ErrorCode::damaged, "a reading of chains is about another item, or not signed by whom it names");
  }
  return reading;
}

std::optional<Record> count_reading(const ChainReading& reading, std::string_view author, Item& item) {
  const auto by = item.roster().find(reading.by);
  if (!item.continuity.broken || !by || !item.roster().participants[*by].witness || reading.by == author ||
      reading.made + limits::clock_back_max < item.continuity.since || item.continuity.readings.contains(reading.by)) {
    return std::nullopt;
  }
  const auto ends = reading.ends.find(std::string(author));
  if (ends != reading.ends.end() &&
      std::ranges::any_of(ends->second, [&](const Hash& id) { return !item.counts(id); })) {
    return std::nullopt;
  }
  Record record{.kind = RecordKind::reading, .value = {}};
  wire::JsonWriter json(record.value);
  json.begin_object().member("by", reading.by).member("made", consult::seconds_text(reading.made)).end_object();
  item.continuity.readings.insert(reading.by);
  if (item.continuity.readings.size() >= item.roster().quorum) {
    item.mend();
  }
  return record;
}

Record broken_record(const Break& broken) {
  Record record{.kind = RecordKind::broken, .value = {}};
  wire::JsonWriter json(record.value);
  json.begin_object().member("author", broken.author).member("since", consult::seconds_text(broken.since));
  json.member("why", broken.why).end_object();
  return record;
}

}  // namespace tocsin::council
