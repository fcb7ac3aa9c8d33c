#include "app/taxii_polling.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/command.h"
#include "report/visible.h"

namespace tocsin::app {
namespace {

constexpr std::chrono::seconds look_every{2};
// The longest sleep: a clock that is set is noticed this late.
constexpr std::chrono::seconds sleep_max{15};

}  // namespace

// One peer's thread.
class TaxiiPolling::Worker {
 public:
  Worker(PeerReader reader, const Clock& clock, const taxii::PollHooks& hooks, const std::atomic<std::size_t>& readers)
      : reader_(std::move(reader)),
        clock_(clock),
        hooks_(hooks),
        readers_(readers),
        report_(reader_.report()),
        peer_(reader_.peer()) {
    thread_ = std::thread([this] { run(); });
  }
  ~Worker() {
    stop();
    thread_.join();
  }

  // Does not wait.
  void stop() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    if (client_ != nullptr) {
      client_->cancel();
    }
    changed_.notify_all();
  }
  const TaxiiPeer& peer() const { return peer_; }
  TaxiiReport report() const {
    const std::scoped_lock lock(mutex_);
    return report_;
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      const Time now = clock_.now();
      if (report_.next.known() && report_.next > now) {
        const std::int64_t ticks =
            std::min<std::int64_t>(report_.next.ticks - now.ticks, sleep_max.count() * Time::ticks_per_second);
        changed_.wait_for(lock, std::chrono::milliseconds(ticks / 10'000 + 1));
        continue;
      }
      const std::uint32_t failed_before = report_.failures;
      lock.unlock();
      const taxii::PollResult result = reader_.poll(hooks_, readers_, [this](net::Client* client) {
        const std::scoped_lock guard(mutex_);
        client_ = client;
        if (client != nullptr && stopping_) {
          client->cancel();
        }
      });
      lock.lock();
      if (stopping_) {
        return;
      }
      report_ = reader_.report();
      if (result.unfinished && !result.refusal) {
        report_.next = {};
      }
      lock.unlock();
      tell(result, failed_before);
      lock.lock();
    }
  }

  // News only: what goes on as before is in /metrics and `peer list`.
  void tell(const taxii::PollResult& result, std::uint32_t failed_before) const {
    if (result.stored != 0 || result.refused != 0) {
      message(fmt::format("peer {}: {} new objects{}", peer_.name, result.stored,
                          result.refused == 0 ? "" : fmt::format(", {} refused", result.refused)));
    }
    if (result.gaps != 0) {
      message(
          fmt::format("peer {}: in {} places the server gives more objects with one date than it gives in a page; "
                      "some may be missing",
                      peer_.name, result.gaps));
    }
    if (result.refusal && failed_before == 0) {
      message(fmt::format("peer {} cannot be read: {}", peer_.name, report::visible(result.refusal->error.text())));
    }
    if (!result.refusal && failed_before != 0) {
      message(fmt::format("peer {} is read again", peer_.name));
    }
  }

  PeerReader reader_;  // the thread's
  const Clock& clock_;
  const taxii::PollHooks& hooks_;
  const std::atomic<std::size_t>& readers_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  TaxiiReport report_;
  net::Client* client_ = nullptr;
  bool stopping_ = false;
  const TaxiiPeer peer_;
  std::thread thread_;
};

TaxiiPolling::TaxiiPolling(std::string folder, store::Store& store, store::Notes& notes, const Clock& clock,
                           Random& random, taxii::PollHooks hooks)
    : folder_(std::move(folder)),
      store_(store),
      notes_(notes),
      clock_(clock),
      random_(random),
      hooks_(std::move(hooks)),
      thread_([this] { run(); }) {}

TaxiiPolling::~TaxiiPolling() { stop(); }

void TaxiiPolling::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
  std::map<std::string, std::unique_ptr<Worker>> workers;
  {
    const std::scoped_lock lock(mutex_);
    workers.swap(workers_);
  }
  for (const auto& [name, worker] : workers) {
    worker->stop();
  }
}

void TaxiiPolling::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    look_at_peers();
    lock.lock();
    changed_.wait_for(lock, look_every, [this] { return stopping_; });
  }
}

void TaxiiPolling::look_at_peers() {
  auto peers = taxii_peers(notes_);
  if (!peers) {
    if (std::exchange(complaint_, peers.error().text()) != complaint_) {
      message("the peers cannot be looked up: " + complaint_);
    }
    return;
  }
  complaint_.clear();
  std::erase_if(*peers, [](const TaxiiPeer& peer) { return peer.paused; });
  if (peers->size() > taxii_peers_max) {
    peers->resize(taxii_peers_max);
  }
  readers_ = peers->size();
  // Those that are gone or changed end outside the lock: the last page of one may still be stored.
  std::vector<std::unique_ptr<Worker>> ended;
  {
    const std::scoped_lock lock(mutex_);
    for (auto one = workers_.begin(); one != workers_.end();) {
      if (std::ranges::find(*peers, one->second->peer()) != peers->end()) {
        ++one;
        continue;
      }
      one->second->stop();
      ended.push_back(std::move(one->second));
      one = workers_.erase(one);
    }
  }
  ended.clear();
  for (TaxiiPeer& peer : *peers) {
    const std::string name = peer.name;
    {
      const std::scoped_lock lock(mutex_);
      if (stopping_ || workers_.contains(name)) {
        continue;
      }
    }
    PeerReader reader(folder_, std::move(peer), store_, notes_, clock_, random_);
    if (const auto resumed = reader.resume(); !resumed) {
      message(fmt::format("peer {}: {}", name, resumed.error().text()));
      continue;
    }
    auto worker = std::make_unique<Worker>(std::move(reader), clock_, hooks_, readers_);
    const std::scoped_lock lock(mutex_);
    workers_.emplace(name, std::move(worker));
  }
}

std::string TaxiiPolling::metrics() const {
  struct Line {
    std::string name;
    Time since;
    TaxiiReport report;
  };
  std::vector<Line> lines;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [name, worker] : workers_) {
      TaxiiReport report = worker->report();
      const Time since = report.success.known() ? report.success : worker->peer().added;
      lines.push_back({name, since, std::move(report)});
    }
  }
  std::string out;
  const auto add = [&](std::string_view name, std::string_view type, std::string_view help, const auto& value) {
    if (lines.empty()) {
      return;
    }
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
    for (const Line& line : lines) {
      value(name, line);
    }
  };
  const auto seconds = [](Time time) { return static_cast<double>(time.ticks) / Time::ticks_per_second; };
  const Time now = clock_.now();
  add("tocsin_peer_last_success_seconds", "gauge",
      "When the last poll of a TAXII server that read to the end began, in seconds since 1970; 0: never.",
      [&](std::string_view name, const Line& line) {
        out += fmt::format("{}{{peer=\"{}\"}} {:.3f}\n", name, line.name,
                           line.report.success.known() ? seconds(line.report.success) : 0.0);
      });
  add("tocsin_peer_lag_seconds", "gauge", "How far what is here of a TAXII server may be behind what stands there.",
      [&](std::string_view name, const Line& line) {
        const double behind = line.since.known() ? seconds(now) - seconds(line.since) : 0.0;
        out += fmt::format("{}{{peer=\"{}\"}} {:.3f}\n", name, line.name, std::max(0.0, behind));
      });
  add("tocsin_peer_poll_failures", "gauge", "Polls that failed since the last one that went well.",
      [&](std::string_view name, const Line& line) {
        out += fmt::format("{}{{peer=\"{}\"}} {}\n", name, line.name, line.report.failures);
      });
  add("tocsin_peer_polled_objects_total", "counter", "Objects that came from a TAXII server, by what became of them.",
      [&](std::string_view name, const Line& line) {
        for (const auto& [result, count] :
             {std::pair{"new", line.report.stored}, std::pair{"known", line.report.known},
              std::pair{"refused", line.report.refused}, std::pair{"conflict", line.report.conflicts}}) {
          out += fmt::format("{}{{peer=\"{}\",result=\"{}\"}} {}\n", name, line.name, result, count);
        }
      });
  return out;
}

}  // namespace tocsin::app
