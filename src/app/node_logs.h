// The transparency logs of a node (docs/log.md): the keys that sign them, and what signs their checkpoints while it
// serves.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "store/notes.h"
#include "store/store.h"
#include "taxii/admission.h"
#include "trust/ed25519.h"
#include "trust/note.h"

namespace tocsin::app {

struct LogKey {
  std::string origin;  // the log's name, in the store as well as in its checkpoints
  trust::Ed25519Seed seed{};
  // Of a log.
  trust::VerifierKey public_key() const { return trust::verifier_key(origin, trust::ed25519_public_key(seed)); }
};
struct LogKeys {
  LogKey open, restricted;
  LogKey witness;  // cosigns the logs of others under its name
  taxii::LogNames names() const { return {open.origin, restricted.origin}; }
};

// A file that only its owner may read, not sealed: a server signs without anybody there to type.
std::string log_keys_path(const std::string& folder);

// New logs under new names. Error usage where the folder has keys.
Result<LogKeys> make_log_keys(const std::string& folder, store::Notes& notes);
// Error not_found where the node has none yet, damaged.
Result<LogKeys> read_log_keys(const std::string& folder);
// Makes them where the node never had any, and says so. Error not_found, with what to do, where it had them and the
// file is gone: to begin others by itself would look as if something was to be hidden.
Result<LogKeys> log_keys_for_serving(const std::string& folder, store::Notes& notes);

// Signs both logs at once, and then at a fixed pace, whether or not something was added: the pace says nothing.
class LogSigner {
 public:
  // `store` must outlive it.
  LogSigner(store::Store& store, LogKeys keys, std::chrono::seconds pace);
  ~LogSigner();
  LogSigner(const LogSigner&) = delete;
  LogSigner& operator=(const LogSigner&) = delete;

  // For Prometheus; it tells the size of the restricted log.
  std::string metrics() const;

 private:
  struct Signed {
    std::atomic<std::uint64_t> entries = 0;
    std::atomic<bool> failed = false;
  };
  void run();
  void sign(const LogKey& key, Signed& done);

  store::Store& store_;
  const LogKeys keys_;
  const std::chrono::seconds pace_;
  std::array<Signed, 2> signed_;  // open, restricted
  std::atomic<std::uint64_t> rounds_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tocsin::app
