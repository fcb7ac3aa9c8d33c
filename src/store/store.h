// Store: what a node keeps: API roots, collections, versions of objects, status resources, users. One interface; a
// memory store for tests and a durable one behind the same contract test.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "stix/timestamp.h"
#include "trust/log_entry.h"
#include "trust/tiles.h"

namespace tocsin::store {

// The place of a version in the one order in which everything was committed; from 1, never reused.
using Sequence = std::uint64_t;

struct Discovery {
  std::string title, description, contact;
  std::string default_root;  // a name; empty: none
};

struct ApiRoot {
  std::string name;  // "trustgroup1"
  std::string title, description;
  std::uint64_t max_content_length = 0;  // 0: as the service allows
};

struct Collection {
  std::string root, id, title, description, alias;
  bool can_read = true, can_write = true;  // at most; what a user may do is in its grants
  std::vector<std::string> media_types;
};

// What a user may do in one collection, or in all of one root (collection "*"), or everywhere (root "*").
struct Grant {
  std::string root, collection;
  bool read = false, write = false;
};

struct User {
  std::string name = {};
  std::string password_hash = {};  // trust/password.h
  std::vector<Grant> grants = {};
  // Whom policy is to see in it.
  std::string organisation = {};
  std::vector<std::string> client_of = {}, communities = {};
  // What all it wrote may come to, in all collections; 0: no bound.
  std::uint64_t objects_max = 0, bytes_max = 0;
};

// What a writer's versions come to now.
struct Usage {
  std::uint64_t objects = 0, bytes = 0;
};

struct CollectionName {
  std::string_view root, id;
};

// A version that is to be stored. Its header was read from the bytes by whoever validated them.
struct NewVersion {
  std::string bytes;  // the author's, verbatim
  std::string id, type;
  std::string version;              // as the author wrote it; empty: the object has none, and date_added is shown
  stix::Instant version_at = 0;     // orders the versions of one object
  std::string spec_version;         // "2.1"
  std::string release;              // what release is decided from, beside the writer; opaque here
  std::vector<std::string> uses;    // identities and definitions that it refers to; each once
  std::string author;               // created_by_ref; empty: none
  std::vector<std::string> values;  // what it is found by, beside its id: exact values, a pattern as text; each once
  std::string writer;               // the user
  std::optional<Time> date_added;   // moved from another server; in ascending order, before anything else is put
  std::string log = {};             // the transparency log that is to hold it; empty: none
  trust::LogSalt salt = {};         // for its entry there: random and new
  bool only_new = false;            // stored only where no version of its object is there; else Put::known
  // Versions of the object that do not count as being there, because the writer may not be told of them.
  std::vector<Sequence> unseen = {};
};

// A version in a collection. The views live as long as the record.
struct Record {
  Sequence sequence = 0;
  Time date_added;  // whole milliseconds
  std::uint32_t release_class = 0;
  std::string id, type, version, spec_version, writer;
  stix::Instant version_at = 0;
  std::string bytes;
};
using RecordPointer = std::shared_ptr<const Record>;

// Versions of one collection for which release is decided alike: same `release`, same writer. Few, where versions are
// many: a reader is asked about once for each class, and versions are found by class, so that what is hidden costs
// nothing and cannot be seen in the time an answer takes.
struct ReleaseClass {
  std::uint32_t id = 0;
  std::string release, writer;
};

// Both sorted. Versions of other classes are never visited; of other types neither, where types are given.
struct Selection {
  std::span<const std::uint32_t> classes;
  std::span<const std::string> types;
};

// What is looked for: all that is given holds. An index is walked, and only in the classes and types selected.
struct Search {
  std::string_view value = {};                 // one of NewVersion::values, exactly; empty: any
  std::string_view author = {};                // empty: any
  std::string_view uses = {};                  // one of NewVersion::uses; empty: any
  std::optional<Time> since = {}, until = {};  // date_added at or after, and before
  Sequence after = 0;                          // to go on behind the last one found
  std::size_t limit = 1'000;                   // at most limits::found_max
};

enum class Put : std::uint8_t {
  stored,
  present,     // the same bytes under the same id and version are there
  conflict,    // other bytes are; what came is counted and, within bounds, kept aside; what was there is served
  too_large,   // nothing was stored of it: limits::object_bytes_max
  over_quota,  // nothing was stored of it: the writer has what it may have
  known,       // nothing was stored of it: it was to be the first of its object, and is not
};

// Other contents that came for versions of an object: those kept, and how many came in all.
struct Conflict {
  Sequence sequence = 0;  // of the version that is served
  std::string writer, bytes;
};
struct Conflicts {
  std::vector<Conflict> kept;
  std::uint64_t seen = 0;
};

// Where a log holds a version, and the salt without which its entry says nothing.
struct LogPlace {
  std::string log;
  std::uint64_t index = 0;
  trust::LogSalt salt{};
};

struct Status {
  std::string root, id;
  std::string owner;  // the user whose POST it was; empty: moved from another server
  Time requested;
  std::string json;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual Result<Discovery> discovery() const = 0;
  virtual Result<void> set_discovery(const Discovery& discovery) = 0;
  virtual Result<std::vector<ApiRoot>> roots() const = 0;                                // by name
  virtual Result<void> put_root(const ApiRoot& root) = 0;                                // adds or replaces
  virtual Result<std::vector<Collection>> collections(std::string_view root) const = 0;  // by id
  virtual Result<void> put_collection(const Collection& collection) = 0;                 // adds or replaces
  // From the moment it returns the collection is gone for everyone: no list has it, no grant names it, nothing is put
  // into it and nothing found. What it held is still kept, until remove_closed() took it. False: there is none.
  virtual Result<bool> close_collection(CollectionName collection) = 0;
  // Takes at most `most` (from 1) versions that closed collections held, in one commit, with the salts of their entries
  // in logs, their accounts and what was kept aside of them. Returns how many went; fewer than `most`: nothing is left.
  virtual Result<std::size_t> remove_closed(std::size_t most) = 0;
  virtual Result<std::vector<User>> users() const = 0;  // by name
  virtual Result<std::optional<User>> user(std::string_view name) const = 0;
  virtual Result<void> put_user(const User& user) = 0;  // adds or replaces
  virtual Result<bool> remove_user(std::string_view name) = 0;

  // One commit: what is `stored` got the next sequences in order and one date_added, later than that of every commit
  // before it, also where the clock stood still or went back. Durable when it returns; on an error nothing is stored.
  virtual Result<std::vector<Put>> put(CollectionName collection, std::span<const NewVersion> versions, Time now) = 0;

  virtual Result<std::vector<ReleaseClass>> classes(CollectionName collection) const = 0;  // by id
  // The classes of the versions that use this identity or definition; sorted.
  virtual Result<std::vector<std::uint32_t>> classes_using(CollectionName collection, std::string_view id) const = 0;
  // Versions behind `after`, in order of sequence, until `visit` gives false. `visit` must not call the store.
  virtual Result<void> scan(CollectionName collection, Sequence after, const Selection& selection,
                            const std::function<bool(const RecordPointer&)>& visit) const = 0;
  // Every version of an object, in order of sequence.
  virtual Result<std::vector<RecordPointer>> versions(CollectionName collection, std::string_view id) const = 0;
  // The same for many objects: tells which of the ids a version belongs to. `visit` must not call the store.
  virtual Result<void> versions(CollectionName collection, std::span<const std::string_view> ids,
                                const std::function<void(std::size_t, const RecordPointer&)>& visit) const = 0;
  // For each id, whether there may be several versions of it; never false where there are. Costs little beside reading
  // them: whoever looks for the last version of what was scanned asks here first.
  virtual Result<std::vector<bool>> repeated(CollectionName collection,
                                             std::span<const std::string_view> ids) const = 0;
  // In order of sequence.
  virtual Result<std::vector<RecordPointer>> find(CollectionName collection, const Search& search,
                                                  const Selection& selection) const = 0;
  virtual Result<Conflicts> conflicts(CollectionName collection, std::string_view id) const = 0;
  virtual Result<Usage> usage(std::string_view writer) const = 0;
  // A place in the order of the collection: what was added at or before `time` is at or before it, what was added later
  // is behind it. The sequence of a version, maybe one that is gone; 0 where nothing was added by then.
  virtual Result<Sequence> last_at(CollectionName collection, Time time) const = 0;
  // The one version of an object, or several; those that are not there are ignored. Returns how many went.
  virtual Result<std::size_t> remove(CollectionName collection, std::span<const RecordPointer> records) = 0;

  // Logs (docs/log.md), by name. What `put` stored with the name of one is in it, by the same commit; what was removed
  // leaves its entry, and its salt is gone. 0 and empty where there is none.
  virtual Result<std::uint64_t> log_size(std::string_view log) const = 0;
  virtual Result<std::string> log_tile(std::string_view log, trust::TileName name) const = 0;
  virtual Result<std::optional<LogPlace>> log_place(Sequence sequence) const = 0;
  // Small texts by name: the last checkpoint of a log, what a witness remembers of another's. Replaced in one step, and
  // only where `expected` still stands there (nothing: none does); else false.
  virtual Result<std::optional<std::string>> note(std::string_view name) const = 0;
  virtual Result<bool> replace_note(std::string_view name, const std::optional<std::string>& expected,
                                    std::string_view note) = 0;

  virtual Result<void> put_status(const Status& status) = 0;
  virtual Result<std::optional<Status>> status(std::string_view root, std::string_view id) const = 0;
  // Forgets those that were requested before.
  virtual Result<void> expire_statuses(Time before) = 0;
};

}  // namespace tocsin::store
