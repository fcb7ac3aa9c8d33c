// TaxiiPolling: reads the TAXII servers of a node's peers while it serves, each on a thread of its own, so that one
// that is slow or gone costs the others nothing. Peers that are added, changed, paused or removed meanwhile are
// noticed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "app/taxii_peers.h"

namespace tocsin::app {

class TaxiiPolling {
 public:
  // What is given must outlive it; `hooks` are called from several threads, progress is not used.
  TaxiiPolling(std::string folder, store::Store& store, store::Notes& notes, const Clock& clock, Random& random,
               taxii::PollHooks hooks);
  ~TaxiiPolling();
  TaxiiPolling(const TaxiiPolling&) = delete;
  TaxiiPolling& operator=(const TaxiiPolling&) = delete;

  // Ends what is under way; what was read by then is kept.
  void stop();
  // For Prometheus; names peers.
  std::string metrics() const;

 private:
  class Worker;
  void run();
  void look_at_peers();

  const std::string folder_;
  store::Store& store_;
  store::Notes& notes_;
  const Clock& clock_;
  Random& random_;
  const taxii::PollHooks hooks_;
  std::atomic<std::size_t> readers_ = 1;
  std::string complaint_;  // what was wrong with the notes, told once
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::unique_ptr<Worker>> workers_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tocsin::app
