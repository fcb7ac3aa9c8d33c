// AlarmBook: looks at every second content that comes for a version a node has, and keeps as an alarm, with its proof,
// what one author validly signed twice (docs/log.md).
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "app/command.h"
#include "base/clock.h"
#include "stix/author_key.h"
#include "store/notes.h"
#include "store/store.h"

namespace tocsin::app {

// Documents of authors' keys in the files of --author-keys. Errors name file and line.
Result<std::vector<std::string>> read_author_keys(const Arguments& arguments);

// Thread-safe. Alarms stand among those of the exchange (exchange/ledger.h): 'node alarms' shows both.
class AlarmBook {
 public:
  // Whose signatures are believed: --author-keys, the node's own identity, and peers as they are when something comes.
  // The references must outlive it. Errors: of reading keys.
  static Result<std::unique_ptr<AlarmBook>> open(const Arguments& arguments, const std::string& folder,
                                                 const store::Store& store, store::Notes& notes, const Clock& clock);

  // Put::conflict was the answer to this.
  void conflict(store::CollectionName collection, const store::NewVersion& came);
  // For Prometheus.
  std::string metrics() const;

 private:
  AlarmBook(const store::Store& store, store::Notes& notes, const Clock& clock)
      : store_(store), notes_(notes), clock_(clock) {}
  Result<void> look(store::CollectionName collection, const store::NewVersion& came);

  const store::Store& store_;
  store::Notes& notes_;
  const Clock& clock_;
  stix::KeyRing authors_;
  std::mutex mutex_;  // one alarm at a time
  std::atomic<std::uint64_t> conflicts_ = 0, unlooked_ = 0;
};

inline constexpr Option author_keys_option = {"--author-keys", "FILE",
                                              "Public documents of authors, for alarms on what one signs twice", true};

}  // namespace tocsin::app
