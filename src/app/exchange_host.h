// ExchangeHost: runs a node's exchange with its peers beside the server: one thread that does what is due, and a pool
// that posts.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/peer_clocks.h"
#include "app/peer_transport.h"
#include "exchange/exchange.h"

namespace tocsin::app {

// Thread-safe.
class ExchangeHost {
 public:
  // What is given must outlive it. Errors as Exchange::open() and PeerTransport::start().
  static Result<std::unique_ptr<ExchangeHost>> start(store::Store& store, store::Notes& notes, const Clock& clock,
                                                     Random& random, exchange::Options options,
                                                     net::ClientOptions client);
  // Messages that are on their way are given up: they leave again at the next start.
  ~ExchangeHost();

  // What another node posted, and the answer; empty: nothing is said to it.
  std::string receive(std::string_view message);
  // Something was put into the store: it leaves at once. Does not wait.
  void committed();
  // For Prometheus; names peers.
  std::string metrics();

 private:
  ExchangeHost(store::Notes& notes, const Clock& clock) : notes_(notes), clock_(clock) {}
  void run();
  // Keeps on record how it goes with each peer, for `peer list`. The caller holds the lock.
  void report(bool last);
  // What the peers' clocks say, for those who sign beside this node. The caller holds the lock.
  void keep_heard(const std::vector<exchange::PeerReport>& reports);
  void wake();

  store::Notes& notes_;
  const Clock& clock_;
  std::mutex mutex_;  // guards exchange_
  std::unique_ptr<exchange::Exchange> exchange_;

  std::mutex inbox_mutex_;  // guards what follows; taken after mutex_ where both are
  std::condition_variable woken_;
  std::deque<std::pair<std::uint64_t, Result<std::string>>> answers_;
  bool committed_ = false, woken_up_ = false, stopping_ = false;

  std::string reported_;
  std::vector<HeardClock> heard_;  // as it was kept
  Time report_due_;
  std::unique_ptr<PeerTransport> transport_;
  std::thread thread_;
};

// How it went with a peer, as the running node last wrote it down.
Result<void> read_peer_reports(const store::Notes& notes, std::vector<exchange::PeerReport>& out);

}  // namespace tocsin::app
