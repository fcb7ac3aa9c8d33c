#include "app/peer_transport.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/peer_clocks.h"
#include "base/text.h"
#include "exchange/limits.h"

namespace tocsin::app {
namespace {

// Threads, made as they are needed. Half of them at most wait for peers that did not answer the last time.
constexpr std::size_t threads_max = 32;
// Messages that wait for a thread; the exchange sends anew what was not answered.
constexpr std::size_t waiting_max = 4 * exchange::limits::peers_max;
// The exchange waits for an answer for 30 s: what could only be answered later need not be sent.
constexpr std::chrono::seconds connect_time_max{5};
constexpr std::chrono::seconds answer_time_max{20};
constexpr std::chrono::seconds waiting_time_max{20};

}  // namespace

Result<std::unique_ptr<PeerTransport>> PeerTransport::start(net::ClientOptions options, Answered answered) {
  options.body_bytes_max = exchange::limits::message_bytes_max;
  options.resolve_time_max = connect_time_max;
  options.connect_time_max = connect_time_max;
  options.handshake_time_max = connect_time_max;
  options.answer_time_max = answer_time_max;
  TRY(auto client, net::start_client(std::move(options)));
  return std::unique_ptr<PeerTransport>(new PeerTransport(std::move(client), std::move(answered)));
}

PeerTransport::~PeerTransport() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  client_->cancel();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void PeerTransport::send(const std::string& url, std::uint64_t ticket, std::string message) {
  const std::scoped_lock lock(mutex_);
  if (stopping_ || waiting_.size() >= waiting_max) {
    return;
  }
  waiting_.push_back({url, ticket, std::move(message), std::chrono::steady_clock::now()});
  if (idle_ < waiting_.size() && threads_.size() < threads_max) {
    threads_.emplace_back([this] { work(); });
  }
  changed_.notify_one();
}

std::optional<std::int64_t> PeerTransport::clock_of(const std::string& url) {
  const std::scoped_lock lock(mutex_);
  const auto found = clocks_.find(url);
  return found == clocks_.end() ? std::nullopt : std::optional(found->second);
}

// The first one that may go; false: none. The caller holds the lock.
bool PeerTransport::take(Job& job, bool& doubtful) {
  for (auto one = waiting_.begin(); one != waiting_.end(); ++one) {
    doubtful = unreachable_.contains(one->url);
    if (doubtful && doubtful_ >= threads_max / 2) {
      continue;
    }
    job = std::move(*one);
    waiting_.erase(one);
    return true;
  }
  return false;
}

void PeerTransport::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    Job job;
    bool doubtful = false;
    if (!take(job, doubtful)) {
      ++idle_;
      changed_.wait(lock);
      --idle_;
      continue;
    }
    doubtful_ += doubtful ? 1 : 0;
    lock.unlock();
    Result<std::string> answer = std::chrono::steady_clock::now() - job.since > waiting_time_max
                                     ? Result<std::string>(failure(ErrorCode::io, "too many peers do not answer"))
                                     : post(job);
    lock.lock();
    doubtful_ -= doubtful ? 1 : 0;
    if (answer) {
      unreachable_.erase(job.url);
    } else if (unreachable_.size() < exchange::limits::peers_max) {
      unreachable_.insert(job.url);
    }
    const bool tell = !stopping_;
    lock.unlock();
    if (tell) {
      answered_(job.ticket, std::move(answer));
    }
    changed_.notify_one();  // one of the doubtful may go now
    lock.lock();
  }
}

Result<std::string> PeerTransport::post(const Job& job) {
  net::Asking asking;
  asking.method = "POST";
  TRY(asking.url, net::parse_url(job.url));
  asking.headers = {{"Content-Type", "application/octet-stream"}};
  asking.body = job.message;
  TRY(net::Response response, client_->send(asking));
  if (response.status != 200) {
    return failure(
        ErrorCode::io, fmt::format("the answer is {}", response.status), {.source = asking.url.authority()},
        response.status == 404 ? "that node does not know this one, or the invitation was used or is over" : "");
  }
  if (const auto date = net::parse_http_date(trim(response.header("Date")))) {
    const std::int64_t at_start = date->ticks / Time::ticks_per_second - seconds_since_start();
    const std::scoped_lock lock(mutex_);
    if (clocks_.size() < exchange::limits::peers_max || clocks_.contains(job.url)) {
      clocks_.insert_or_assign(job.url, at_start);
    }
  }
  return std::move(response.body);
}

}  // namespace tocsin::app
