// Who may be told of what stands in a collection: every answer about objects asks here, and this asks policy.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/release.h"
#include "stix/timestamp.h"
#include "store/store.h"
#include "taxii/object_header.h"
#include "taxii/references.h"

namespace tocsin::taxii {

// What a version is stored with, for the decision: its type and its markings.
std::string release_text(const ObjectHeader& header);
// What is stored of an object whose header was read.
store::NewVersion new_version(std::string_view bytes, ObjectHeader header, std::string writer);

// What one reader may be told of one collection at one moment.
class View {
 public:
  // The classes that policy allows; everything else is hidden. Where policy would redact, nothing is shown: a redacted
  // copy is the author's to make.
  static Result<View> open(const store::Store& store, store::CollectionName collection, const store::User& reader,
                           stix::Instant at);

  const std::vector<std::uint32_t>& classes() const { return classes_; }  // sorted
  // Definitions and identities are seen only where a version that may be seen uses them; what names a hidden object is
  // not seen (references.h). Whoever brought a version sees it.
  Result<bool> sees(const store::Record& record);
  // The versions of an object that may be seen, in order of sequence.
  Result<std::vector<store::RecordPointer>> versions(std::string_view id);

 private:
  View(const store::Store& store, store::CollectionName collection) : store_(&store), collection_(collection) {}
  Result<std::optional<policy::Marking>> definition(std::string_view id, std::string_view writer) const;

  Result<bool> names_hidden(const store::Record& record);
  Result<bool> used_by_one_seen(std::string_view id);

  const store::Store* store_;
  store::CollectionName collection_;
  std::string reader_;
  std::vector<std::uint32_t> classes_;
  std::optional<References> references_;  // none: the reader may see all classes, and nothing can be hidden
  std::map<std::string, bool, std::less<>> used_;
};

}  // namespace tocsin::taxii
