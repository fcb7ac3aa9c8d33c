#include "exchange/ledger.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "exchange/limits.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::exchange {
namespace {

constexpr std::size_t no_end = ~std::size_t{0};

// Takes the text before the next `end` off the front.
std::string_view take(std::string_view& text, char end) {
  const std::string_view out = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), out.size() + 1));
  return out;
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

constexpr std::string_view left_mark = "left";

std::string key_of(std::string_view kind, std::string_view one) { return fmt::format("exchange/{}/{}", kind, one); }
std::string key_of(std::string_view kind, std::string_view one, std::string_view two) {
  return fmt::format("exchange/{}/{}/{}", kind, one, two);
}

// Names of roots may hold anything.
std::string place(const CollectionRef& collection) {
  return fmt::format("{}/{}", trust::to_hex(collection.root), trust::to_hex(collection.id));
}

void set(Ledger::Changes& changes, std::string key, std::string value) {
  changes.push_back({std::move(key), std::move(value)});
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> Ledger::all(std::string_view prefix, std::string_view after,
                                                                     std::size_t most) const {
  std::vector<std::pair<std::string, std::string>> out;
  if (most == 0) {
    return out;
  }
  TRY_VOID(notes_->scan(prefix, after, [&](std::string_view key, std::string_view value) {
    out.emplace_back(key, value);
    return out.size() < most;
  }));
  return out;
}

Result<std::vector<Peer>> Ledger::peers() const {
  TRY(const auto notes, all("exchange/peer/", {}, no_end));
  std::vector<Peer> out;
  for (const auto& [key, value] : notes) {
    TRY(Peer peer, read_peer(value));
    out.push_back(std::move(peer));
  }
  return out;
}

Result<std::string> Ledger::generation() const {
  TRY(std::optional<std::string> note, get("exchange/generation"));
  return note ? *std::move(note) : std::string();
}
void Ledger::put_generation(Changes& changes, std::string_view generation) {
  set(changes, "exchange/generation", std::string(generation));
}

void Ledger::put_peer(Changes& changes, const Peer& peer) { set(changes, key_of("peer", peer.kid), write_peer(peer)); }

Result<void> Ledger::remove_peer(std::string_view kid) {
  TRY_VOID(forget_progress(kid));
  Changes changes = {{key_of("peer", kid), {}}, {key_of("numbers", kid), {}}, {key_of("received", kid), {}}};
  for (const std::string_view kind : {"held", "due"}) {
    TRY(const auto notes, all(key_of(kind, kid) + "/", {}, no_end));
    for (const auto& [key, value] : notes) {
      changes.push_back({key, {}});
    }
  }
  return write(changes);
}

Result<std::vector<std::string>> Ledger::keys() const {
  TRY(auto notes, all("exchange/key/", {}, no_end));
  std::vector<std::string> out;
  for (auto& [key, value] : notes) {
    out.push_back(std::move(value));
  }
  return out;
}

void Ledger::put_key(Changes& changes, std::string_view kid, std::string_view document) {
  set(changes, key_of("key", kid), std::string(document));
}

Result<std::optional<Invited>> Ledger::invitation(std::string_view id) const {
  TRY(const std::optional<std::string> note, get(key_of("invitation", id)));
  if (!note) {
    return std::optional<Invited>();
  }
  std::string_view rest = *note;
  Invited out;
  out.secret = take(rest, ' ');
  out.expires = static_cast<std::int64_t>(number_of(take(rest, ' ')));
  out.used_by = take(rest, ' ');
  TRY(out.relation, read_relation(rest));
  return std::optional(std::move(out));
}

void Ledger::put_invitation(Changes& changes, std::string_view id, const Invited& invited) {
  set(changes, key_of("invitation", id),
      fmt::format("{} {} {} {}", invited.secret, invited.expires, invited.used_by, write_relation(invited.relation)));
}

Result<std::size_t> Ledger::drop_invitations(std::int64_t expired_before) {
  TRY(const auto notes, all("exchange/invitation/", {}, no_end));
  Changes changes;
  for (const auto& [key, value] : notes) {
    std::string_view rest = value;
    take(rest, ' ');
    if (static_cast<std::int64_t>(number_of(take(rest, ' '))) < expired_before) {
      changes.push_back({key, {}});
    }
  }
  TRY_VOID(write(changes));
  return notes.size() - changes.size();
}

// Lanes that stand at one sequence lie together: "SEQUENCE:12a,12r,15r;SEQUENCE:…".
Result<Cursor> Ledger::cursor(std::string_view kid, const CollectionRef& collection) const {
  TRY(const std::optional<std::string> note, get(key_of("cursor", kid, place(collection))));
  Cursor out;
  for (std::string_view rest = note ? std::string_view(*note) : std::string_view(); !rest.empty();) {
    std::string_view group = take(rest, ';');
    const store::Sequence sequence = number_of(take(group, ':'));
    while (!group.empty()) {
      const std::string_view lane = take(group, ',');
      out[{static_cast<std::uint32_t>(number_of(lane)), lane.ends_with('a')}] = sequence;
    }
  }
  return out;
}

void Ledger::put_cursor(Changes& changes, std::string_view kid, const CollectionRef& collection, const Cursor& cursor) {
  std::map<store::Sequence, std::string> groups;
  for (const auto& [lane, sequence] : cursor) {
    if (sequence != 0) {
      groups[sequence] += fmt::format("{}{},", lane.release_class, lane.author ? 'a' : 'r');
    }
  }
  std::string value;
  for (const auto& [sequence, lanes] : groups) {
    value += fmt::format("{}:{};", sequence, lanes);
  }
  set(changes, key_of("cursor", kid, place(collection)), std::move(value));
}

Result<void> Ledger::forget_progress(std::string_view kid) {
  TRY(const std::optional<std::string> forgotten, get(key_of("forgotten", kid)));
  Changes changes;
  set(changes, key_of("forgotten", kid), fmt::format("{}", number_of(forgotten.value_or("0")) + 1));
  for (const std::string_view kind : {"cursor", "need"}) {
    TRY(const auto notes, all(key_of(kind, kid) + "/", {}, no_end));
    for (const auto& [key, value] : notes) {
      changes.push_back({key, {}});
    }
  }
  return write(changes);
}

Result<Numbers> Ledger::numbers(std::string_view kid) const {
  TRY(const std::optional<std::string> note, get(key_of("numbers", kid)));
  std::string_view rest = note ? std::string_view(*note) : std::string_view();
  Numbers out;
  out.sent = number_of(take(rest, ' '));
  out.taken = number_of(rest);
  return out;
}
void Ledger::put_numbers(Changes& changes, std::string_view kid, const Numbers& numbers) {
  set(changes, key_of("numbers", kid), fmt::format("{} {}", numbers.sent, numbers.taken));
}

Result<Received> Ledger::received(std::string_view kid) const {
  TRY(const std::optional<std::string> note, get(key_of("received", kid)));
  std::string_view rest = note ? std::string_view(*note) : std::string_view();
  Received out;
  out.number = number_of(take(rest, ' '));
  out.digest = rest;
  return out;
}
void Ledger::put_received(Changes& changes, std::string_view kid, const Received& received) {
  set(changes, key_of("received", kid), fmt::format("{} {}", received.number, received.digest));
}

Result<std::vector<std::string>> Ledger::sent_to(std::string_view id) const {
  const std::string prefix = key_of("sent", id) + "/";
  TRY(const auto notes, all(prefix, {}, no_end));
  std::vector<std::string> out;
  for (const auto& [key, value] : notes) {
    out.push_back(key.substr(prefix.size()));
  }
  return out;
}
// "left", or how often the peer's progress had been forgotten when it was taken; nothing instead of 0.
Result<Ledger::Sent> Ledger::sent(std::string_view id, std::string_view kid) const {
  TRY(const std::optional<std::string> note, get(key_of("sent", id, kid)));
  if (!note) {
    return Sent::never;
  }
  if (*note == left_mark) {
    return Sent::left;
  }
  TRY(const std::optional<std::string> forgotten, get(key_of("forgotten", kid)));
  return *note == forgotten.value_or("") ? Sent::taken : Sent::left;
}
void Ledger::put_left(Changes& changes, std::string_view id, std::string_view kid) {
  set(changes, key_of("sent", id, kid), std::string(left_mark));
}
Result<void> Ledger::put_taken(Changes& changes, std::string_view id, std::string_view kid) const {
  TRY(std::optional<std::string> forgotten, get(key_of("forgotten", kid)));
  set(changes, key_of("sent", id, kid), std::move(forgotten).value_or(""));
  return {};
}

Result<bool> Ledger::needs(std::string_view kid, std::string_view id) const {
  TRY(const std::optional<std::string> note, get(key_of("need", kid, id)));
  return note.has_value();
}
void Ledger::put_need(Changes& changes, std::string_view kid, std::string_view id) {
  set(changes, key_of("need", kid, id), "");
}

std::string Ledger::held_key(std::string_view kid, const Held& held) {
  return fmt::format("exchange/held/{}/{}/{}/{:020}", kid, place(held.collection), held.id, held.sequence);
}
void Ledger::put_held(Changes& changes, std::string_view kid, const Held& held) {
  set(changes, held_key(kid, held),
      fmt::format("{}\n{}\n{}\n{}", held.collection.root, held.collection.id, held.id, held.sequence));
}
Result<std::vector<std::pair<std::string, Held>>> Ledger::held(std::string_view kid, std::string_view after,
                                                               std::size_t most) const {
  TRY(const auto notes, all(key_of("held", kid) + "/", after, most));
  std::vector<std::pair<std::string, Held>> out;
  for (const auto& [key, value] : notes) {
    std::string_view rest = value;
    Held one;
    one.collection.root = take(rest, '\n');
    one.collection.id = take(rest, '\n');
    one.id = take(rest, '\n');
    one.sequence = number_of(rest);
    out.emplace_back(key, std::move(one));
  }
  return out;
}

Result<std::optional<std::string>> Ledger::notice(std::string_view id) const { return get(key_of("notice", id)); }
void Ledger::put_notice(Changes& changes, std::string_view id, std::string_view document) {
  set(changes, key_of("notice", id), std::string(document));
}
void Ledger::put_due(Changes& changes, std::string_view kid, std::string_view id, std::string_view modified,
                     std::string_view document) {
  // Told twice where two say it: what is on the way in one's own name is not the author's word.
  set(changes, fmt::format("exchange/due/{}/{}/{}/{:.16}", kid, id, modified, trust::sha256_hex(document)),
      std::string(document));
}
Result<std::vector<std::pair<std::string, std::string>>> Ledger::due(std::string_view kid, std::size_t most) const {
  return all(key_of("due", kid) + "/", {}, most);
}

Result<store::Sequence> Ledger::looked_through(const CollectionRef& collection) const {
  TRY(const std::optional<std::string> note, get(key_of("looked-through", place(collection))));
  return note ? number_of(*note) : 0;
}
void Ledger::put_looked_through(Changes& changes, const CollectionRef& collection, store::Sequence sequence) {
  set(changes, key_of("looked-through", place(collection)), std::to_string(sequence));
}

Result<std::vector<std::pair<std::string, std::string>>> Ledger::sightings(std::string_view indicator) const {
  return all(key_of("sighting", indicator) + "/", {}, no_end);
}
void Ledger::put_sighting(Changes& changes, std::string_view indicator, std::string_view sighting,
                          std::string_view counts) {
  set(changes, key_of("sighting", indicator, sighting), std::string(counts));
}

Result<std::vector<Alarm>> Ledger::alarms() const {
  TRY(const auto notes, all("exchange/alarm/", {}, no_end));
  std::vector<Alarm> out;
  for (const auto& [key, value] : notes) {
    TRY(const wire::Json json, wire::parse_json(value));
    Alarm alarm;
    alarm.kind = json.string_or("kind", "");
    alarm.id = json.string_or("id", "");
    alarm.version = json.string_or("version", "");
    alarm.author = json.string_or("author", "");
    alarm.at = json.string_or("at", "");
    alarm.from = json.string_or("from", "");
    alarm.one = json.string_or("one", "");
    alarm.two = json.string_or("two", "");
    out.push_back(std::move(alarm));
  }
  return out;
}

Result<bool> Ledger::raise(const Alarm& alarm) {
  const std::string key =
      fmt::format("exchange/alarm/{}/{}", alarm.id, trust::sha256_hex(alarm.one + '\n' + alarm.two));
  TRY(const std::optional<std::string> there, get(key));
  TRY(const auto kept, all("exchange/alarm/", {}, limits::alarms_max));
  if (there || kept.size() == limits::alarms_max) {
    return false;
  }
  std::string value;
  wire::JsonWriter json(value);
  json.begin_object().member("kind", alarm.kind).member("id", alarm.id).member("version", alarm.version);
  json.member("author", alarm.author).member("at", alarm.at).member("from", alarm.from);
  json.member("one", alarm.one).member("two", alarm.two).end_object();
  TRY_VOID(write({{key, std::move(value)}}));
  return true;
}

}  // namespace tocsin::exchange
