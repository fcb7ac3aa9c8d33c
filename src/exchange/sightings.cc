#include "exchange/sightings.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "exchange/outbox.h"
#include "policy/terms.h"
#include "stix/signature.h"
#include "trust/uuid.h"
#include "wire/json.h"

namespace tocsin::exchange {
namespace {

constexpr std::uint64_t count_max = 999'999'999;  // STIX 2.1 section 5.2

struct Counted {
  std::uint64_t count = 0;
  std::string first, last;  // times; empty: not said
};

Counted read_counted(std::string_view text) {
  Counted out;
  std::from_chars(text.data(), text.data() + text.size(), out.count);
  text.remove_prefix(std::min(text.size(), text.find(' ') + 1));
  out.first = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), out.first.size() + 1));
  out.last = text;
  return out;
}

// Whole milliseconds.
std::string text_of(stix::Instant at) {
  constexpr stix::Instant millisecond = stix::instants_per_second / 1000;
  std::string out = stix::timestamp_text(at - at % millisecond);
  if (out.find('.') == std::string::npos) {
    out.insert(out.size() - 1, ".000");
  }
  return out;
}

// Of two times as STIX writes them, the earlier or the later; one that is empty or unreadable says nothing.
void widen(std::string& mine, const std::string& other, bool earlier) {
  const auto a = stix::parse_timestamp(mine);
  const auto b = stix::parse_timestamp(other);
  if (b && (!a || (earlier ? *b < *a : *b > *a))) {
    mine = other;
  }
}

}  // namespace

Result<void> Sightings::came(const Reading& reading) {
  const std::string_view indicator = reading.tree.string_or("sighting_of_ref", "");
  if (reading.type != "sighting" || !is_identifier(indicator)) {
    return {};
  }
  TRY(const Hop hop, sighting_hop(home_, indicator));
  if (!hop.found || hop.author.empty() || hop.author == home_.organisation()) {
    return {};
  }
  // STIX 2.1 section 5.2: without a count it is one.
  std::uint64_t count = 1;
  if (const wire::Json* given = reading.tree.find("count");
      given != nullptr && given->kind == wire::Json::Kind::number) {
    std::from_chars(given->text.data(), given->text.data() + given->text.size(), count);
  }
  if (reading.revoked) {
    count = 0;
  }
  Ledger::Changes changes;
  const auto time = [&](std::string_view name) {
    const std::string_view text = reading.tree.string_or(name, "");
    return stix::parse_timestamp(text) ? std::string(text) : std::string();
  };
  Ledger::put_sighting(changes, indicator, reading.id,
                       fmt::format("{} {} {}", std::min(count, count_max), time("first_seen"), time("last_seen")));
  TRY_VOID(home_.ledger.write(changes));
  indicators_.insert(std::string(indicator));
  return {};
}

// Where whoever is to get it reads.
Result<CollectionRef> Sightings::place_for(const CollectionRef& otherwise, const std::string& indicator) const {
  TRY(const Hop hop, sighting_hop(home_, indicator));
  TRY(const std::vector<Peer> peers, home_.ledger.peers());
  const CollectionRef* found = nullptr;
  for (const Peer& peer : peers) {
    const bool author = peer.organisation == hop.author;
    if (!peer.relation.collections.empty() && (author || (found == nullptr && peer.writer() == hop.writer))) {
      found = &peer.relation.collections.front();
      if (author) {
        break;
      }
    }
  }
  return found == nullptr ? otherwise : *found;
}

Result<void> Sightings::finish(Time now) {
  for (const std::string& indicator : std::exchange(indicators_, {})) {
    TRY(const std::vector<Home::Found> versions, home_.versions(indicator));
    if (versions.empty()) {
      continue;
    }
    TRY(const Reading seen, read_for_exchange(versions.back().record->bytes));
    TRY(const auto notes, home_.ledger.sightings(indicator));
    Counted sum;
    for (const auto& [key, value] : notes) {
      const Counted one = read_counted(value);
      sum.count = std::min(count_max, sum.count + one.count);
      widen(sum.first, one.first, true);
      widen(sum.last, one.last, false);
    }
    const std::string id =
        "sighting--" + trust::uuid_of_content("relayed sightings\n" + home_.organisation() + "\n" + indicator);
    TRY(const std::vector<Home::Found> earlier, home_.versions(id));
    stix::Instant at = stix::from_time(now);
    std::string created = text_of(at);
    if (!earlier.empty()) {
      TRY(const Reading before, read_for_exchange(earlier.back().record->bytes));
      if (before.tree.find("count") != nullptr && before.tree.find("count")->text == std::to_string(sum.count)) {
        continue;
      }
      created = before.tree.string_or("created", created);
      at = std::max(at, before.version_at + stix::instants_per_second / 500);
    }
    const std::string modified = text_of(at);
    std::string object;
    wire::JsonWriter json(object);
    json.begin_object().member("type", "sighting").member("spec_version", "2.1").member("id", id);
    json.member("created_by_ref", home_.organisation()).member("created", created).member("modified", modified);
    if (!sum.first.empty()) {
      json.member("first_seen", sum.first);
    }
    if (!sum.last.empty()) {
      json.member("last_seen", sum.last);
    }
    json.key("count").number(sum.count).member("sighting_of_ref", indicator).key("summary").boolean(true);
    // Never wider than the indicator.
    if (const wire::Json* markings = seen.tree.find("object_marking_refs"); markings != nullptr) {
      json.key("object_marking_refs");
      wire::write_json(*markings, json);
    }
    json.end_object();
    if (auto with = stix::sign_object(object, home_.key, home_.signer.seed, modified)) {
      object = *std::move(with);
    }
    TRY(const Reading reading, read_for_exchange(object));
    store::NewVersion version = new_version(
        reading, object,
        policy::terms_text({.type = reading.type, .markings = reading.markings, .audience = {}, .embargo_until = ""}),
        std::string(relay_writer));
    home_.log(version, reading.markings);
    TRY(const CollectionRef collection, place_for(versions.front().collection, indicator));
    TRY(const std::vector<store::Put> put, home_.store.put(collection.name(), {&version, 1}, now));
    (void)put;
  }
  return {};
}

}  // namespace tocsin::exchange
