// PeerTransport: posts an exchange's messages to other nodes over HTTPS, each on a thread of a small pool, so that a
// node that is slow or gone holds up nobody else.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "exchange/exchange.h"
#include "net/client.h"

namespace tocsin::app {

class PeerTransport final : public exchange::Transport {
 public:
  // Called from the pool's threads, never from within send().
  using Answered = std::function<void(std::uint64_t ticket, Result<std::string> answer)>;

  // Errors as net::start_client().
  static Result<std::unique_ptr<PeerTransport>> start(net::ClientOptions options, Answered answered);
  // Ends what is under way; nothing is answered any more when it returns.
  ~PeerTransport() override;

  void send(const std::string& url, std::uint64_t ticket, std::string message) override;

  // The time of the peer at `url` when this machine started, by the Date of its last good answer (RFC 9110 section
  // 6.6.1), in seconds since 1970. Nothing where none came yet.
  std::optional<std::int64_t> clock_of(const std::string& url);

 private:
  struct Job {
    std::string url;
    std::uint64_t ticket = 0;
    std::string message;
    std::chrono::steady_clock::time_point since;
  };

  PeerTransport(std::unique_ptr<net::Client> client, Answered answered)
      : client_(std::move(client)), answered_(std::move(answered)) {}
  void work();
  bool take(Job& job, bool& doubtful);
  Result<std::string> post(const Job& job);

  std::unique_ptr<net::Client> client_;
  Answered answered_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Job> waiting_;
  std::set<std::string, std::less<>> unreachable_;           // whose last message was not answered
  std::map<std::string, std::int64_t, std::less<>> clocks_;  // by URL
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  std::size_t doubtful_ = 0;  // threads that wait for one of the unreachable
  bool stopping_ = false;
};

}  // namespace tocsin::app
