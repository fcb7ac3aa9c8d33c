#include "exchange/home.h"

#include <algorithm>

#include "stix/search_values.h"
#include "stix/signature.h"
#include "wire/json.h"

namespace tocsin::exchange {

Result<std::vector<CollectionRef>> Home::collections() const {
  TRY(const std::vector<store::ApiRoot> roots, store.roots());
  std::vector<CollectionRef> out;
  for (const store::ApiRoot& root : roots) {
    TRY(const std::vector<store::Collection> collections, store.collections(root.name));
    for (const store::Collection& collection : collections) {
      out.push_back({collection.root, collection.id});
    }
  }
  return out;
}

Result<std::vector<Home::Found>> Home::versions(std::string_view id) const {
  TRY(const std::vector<CollectionRef> places, collections());
  std::vector<Found> out;
  for (const CollectionRef& place : places) {
    TRY(const std::vector<store::RecordPointer> records, store.versions(place.name(), id));
    for (const store::RecordPointer& record : records) {
      out.push_back({place, record});
    }
  }
  std::ranges::sort(out, {}, [](const Found& found) { return found.record->sequence; });
  return out;
}

void Home::log(store::NewVersion& version, const std::vector<std::string>& markings) const {
  version.log = taxii::log_for(markings, logs);
  if (!version.log.empty()) {
    random.fill(version.salt);
  }
}

Result<policy::Definitions> Home::definitions(const std::vector<std::string>& markings, std::string_view writer) const {
  policy::Definitions out;
  for (const std::string& id : markings) {
    if (policy::tlp_of_id(id)) {
      continue;
    }
    TRY(const std::vector<Found> found, versions(id));
    for (const Found& one : found) {
      if (one.record->writer == writer ||
          stix::check_signature(one.record->bytes, ring).answer == stix::SignatureCheck::Answer::valid) {
        if (const auto tree = wire::parse_json(one.record->bytes)) {
          out.emplace_back(id, policy::read_marking(*tree));
        }
        break;
      }
    }
  }
  return out;
}

store::NewVersion new_version(const Reading& reading, std::string_view bytes, std::string release, std::string writer) {
  store::NewVersion version;
  version.bytes = bytes;
  version.id = reading.id;
  version.type = reading.type;
  version.version = reading.version;
  version.version_at = reading.version_at;
  version.spec_version = reading.spec_version;
  version.release = std::move(release);
  if (!policy::is_supporting(reading.type)) {
    version.uses = reading.uses;
  }
  version.author = reading.author;
  version.values = stix::search_values(bytes);
  version.writer = std::move(writer);
  return version;
}

}  // namespace tocsin::exchange
