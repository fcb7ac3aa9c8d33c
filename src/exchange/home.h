// Home: this node, as the parts of the exchange see it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "exchange/ledger.h"
#include "exchange/message.h"
#include "exchange/reading.h"
#include "policy/object_markings.h"
#include "stix/author_key.h"
#include "store/store.h"
#include "taxii/admission.h"

namespace tocsin::exchange {

struct Home {
  store::Store& store;
  Ledger& ledger;
  const stix::AuthorKey& key;  // of this node: whose organisation it speaks for
  Signer signer;
  const stix::KeyRing& ring;  // of authors, own key included
  const taxii::LogNames& logs;
  Random& random;

  const std::string& organisation() const { return key.identity; }

  Result<std::vector<CollectionRef>> collections() const;
  struct Found {
    CollectionRef collection;
    store::RecordPointer record;
  };
  // Every version of an object, wherever it stands, in order of sequence.
  Result<std::vector<Found>> versions(std::string_view id) const;
  // What is stored here enters a transparency log, wherever it came from (docs/log.md).
  void log(store::NewVersion& version, const std::vector<std::string>& markings) const;

  // The definitions behind markings of what `writer` brought. One counts where its creator signed it or where the same
  // writer brought it; the first one is pinned. Others stay unknown, which is the most restrictive.
  Result<policy::Definitions> definitions(const std::vector<std::string>& markings, std::string_view writer) const;
};

// What the store is given of an object.
store::NewVersion new_version(const Reading& reading, std::string_view bytes, std::string release, std::string writer);

}  // namespace tocsin::exchange
