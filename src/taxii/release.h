// Who may be told of what stands in a collection: every answer about objects asks here, and this asks policy.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/release.h"
#include "policy/terms.h"
#include "stix/timestamp.h"
#include "store/store.h"
#include "taxii/object_header.h"
#include "taxii/place.h"
#include "taxii/references.h"

namespace tocsin::taxii {

// What a version is stored with, for the decision: its type and its markings.
std::string release_text(const ObjectHeader& header);
// What is stored of an object whose header was read.
store::NewVersion new_version(std::string_view bytes, ObjectHeader header, std::string writer);

// Whether a version is shown to a reader, and why.
struct Explanation {
  enum class Step : std::uint8_t {
    shown,
    refused,        // by policy
    names_hidden,   // names an object that the reader may not see
    not_used,       // an identity or a definition: nothing that is shown uses it
    another_counts  // of its version another came first, or its writer is not the object's creator
  };
  Step step = Step::refused;
  policy::Release release;
};

// What one reader may be told of one collection at one moment.
class View {
 public:
  // The classes that policy allows; everything else is hidden. Where policy would redact, nothing is shown: a redacted
  // copy is the author's to make.
  static Result<View> open(const store::Store& store, store::CollectionName collection, const store::User& reader,
                           stix::Instant at);

  const std::vector<std::uint32_t>& classes() const { return classes_; }  // sorted
  // Definitions and identities are seen only where a version that may be seen, and that the reader did not bring
  // itself, uses them; what names a hidden object is not seen (references.h). Whoever brought a version sees it.
  Result<bool> sees(const store::Record& record);
  // As sees() and versions(), with the reasons.
  Result<Explanation> explain(const store::Record& record);
  // Says which records sees() will be asked about next: cheaper for many than for each.
  Result<void> prepare(std::span<const store::RecordPointer> records);
  // The versions of an object that may be seen and that count, in order of sequence: of several under one version the
  // first, and after the first of all only those of its creator (STIX 2.1 section 3.6): the same created_by_ref,
  // brought by the same user or one of the same organisation. What is hidden decides nothing of this.
  Result<std::vector<store::RecordPointer>> versions(std::string_view id);
  // Those that do not count as well.
  Result<std::vector<store::RecordPointer>> every_version(std::string_view id);
  // May this user, with this created_by_ref, bring another version of the object of which `first` was the first?
  Result<bool> is_creator(const store::Record& first, std::string_view writer, std::string_view created_by);
  // What of this search may be seen and counts (versions()), in order of sequence. `since` and `until` are held against
  // the date at which the reader came to see a version.
  Result<std::vector<store::RecordPointer>> find(store::Search search, const std::vector<std::string>& types);

  // Versions of a class that policy came to allow later (an embargo that ended, a definition that arrived) enter the
  // view then. It follows from what is stored, so it is the same whenever and wherever it is asked.
  Place place(const store::Record& record) const;
  Time date_added(const store::Record& record) const;
  // What match[version] compares: an object without versions has the date at which the reader came to see it.
  stix::Instant version_at(const store::Record& record) const;
  // Adds to `out`, which comes empty, up to `wanted` versions of the classes allowed, in order of place.
  Result<void> scan(const Place& after, const std::vector<std::string>& types, std::size_t wanted,
                    std::vector<store::RecordPointer>& out) const;

 private:
  View(const store::Store& store, store::CollectionName collection) : store_(&store), collection_(collection) {}
  struct Definition {
    policy::Marking marking;
    store::Sequence sequence = 0;
    Time date_added;
  };
  // Classes whose versions up to `at` entered the view at `date`, behind everything up to `at`.
  struct Late {
    store::Sequence at = 0;
    Time date;
    std::vector<std::uint32_t> classes;  // sorted
  };

  Result<std::optional<Definition>> definition(std::string_view id, std::string_view writer) const;
  Result<void> add_class(const store::ReleaseClass& one, const store::User& reader, stix::Instant at);
  // The question about a class, without markings and moment.
  static policy::Request question(const policy::Terms& terms, std::string_view writer, const store::User& reader);
  Result<void> add_late(std::uint32_t release_class, const Place& entered);
  Result<bool> names_hidden(const store::Record& record);
  Result<bool> used_by_one_seen(std::string_view id);
  Result<std::string> organisation_of(std::string_view user);

  const store::Store* store_;
  store::CollectionName collection_;
  store::User reader_;
  stix::Instant at_ = 0;
  std::vector<std::uint32_t> classes_;
  std::vector<std::uint32_t> others_classes_;  // of classes_, those of other writers than the reader; sorted
  std::vector<Place> entered_;                 // one for each of classes_; at the start: it was always allowed
  std::vector<Late> late_;                     // by place
  std::optional<References> references_;       // none: the reader may see all classes, and nothing can be hidden
  std::map<std::string, bool, std::less<>> used_;
  std::map<std::string, std::string, std::less<>> organisations_;  // by user
};

}  // namespace tocsin::taxii
