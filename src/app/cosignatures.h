// Cosignatures: asks the witnesses of a node's logs for their word on each new checkpoint, beside the server (C2SP
// tlog-witness, docs/log.md).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/node_logs.h"
#include "net/client.h"
#include "trust/cosignature.h"

namespace tocsin::app {

// A witness that is asked.
struct AskedWitness {
  std::string url;  // add-checkpoint stands under it
  trust::CosignerKey key;
  bool restricted = false;  // is shown the restricted log's checkpoints, too
};
Result<std::vector<AskedWitness>> asked_witnesses(const store::Store& store);
// Adds it, or changes the one of that name.
Result<void> ask_witness(store::Store& store, const AskedWitness& witness);
// False where it was not asked.
Result<bool> stop_asking(store::Store& store, std::string_view name);

// One exchange about one log: asks for a cosignature of its last checkpoint from `size`, what the witness is thought to
// have seen last, and adds it. Where the witness says another size it is asked once more from there. `size` is then
// what it has seen. Errors: those of the client; damaged where it says that this log forked, went back, or signs
// wrongly.
Result<void> ask_for_cosignature(store::Store& store, const std::string& log, const AskedWitness& witness,
                                 net::Client& client, std::uint64_t& size);

// A witness that does not answer is asked less and less often, at least every five minutes.
class Cosignatures {
 public:
  // `store` must outlive it. Errors as net::start_client().
  static Result<std::unique_ptr<Cosignatures>> start(store::Store& store, taxii::LogNames logs,
                                                     net::ClientOptions options);
  ~Cosignatures();

  // For Prometheus.
  std::string metrics() const;

 private:
  Cosignatures(store::Store& store, taxii::LogNames logs) : store_(store), logs_(std::move(logs)) {}
  struct Standing {  // of one witness with one log
    std::uint64_t size = 0;
    std::uint32_t failures = 0;
    std::chrono::steady_clock::time_point due = {};
  };
  void run();
  void round();
  void ask(const AskedWitness& witness, const std::string& log);

  store::Store& store_;
  const taxii::LogNames logs_;
  std::unique_ptr<net::Client> client_;
  std::map<std::pair<std::string, std::string>, Standing> standings_;  // of the thread; by log and witness
  std::atomic<std::uint64_t> given_ = 0, failed_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tocsin::app
