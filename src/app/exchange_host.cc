#include "app/exchange_host.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::string_view report_key = "exchange/report";
constexpr std::int64_t report_ticks = 5 * Time::ticks_per_second;
// A full step left more to do: others get their turn first.
constexpr std::chrono::milliseconds breath{1};
constexpr std::chrono::seconds wait_max{5};

std::string report_json(const std::vector<exchange::PeerReport>& reports) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_array();
  for (const exchange::PeerReport& one : reports) {
    json.begin_object().member("kid", one.kid).key("failures").number(std::uint64_t{one.failures});
    json.key("last_contact").number(one.last_contact.ticks).key("waiting_since").number(one.waiting_since.ticks);
    json.key("deliveries_sent").number(one.deliveries_sent);
    json.key("objects_received").number(one.objects_received);
    json.key("items_refused_here").number(one.items_refused_here);
    json.key("items_refused_there").number(one.items_refused_there).end_object();
  }
  json.end_array();
  return out;
}

// A label's value in Prometheus' text form.
std::string label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') {
      out += '\\';
    }
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<ExchangeHost>> ExchangeHost::start(store::Store& store, store::Notes& notes, const Clock& clock,
                                                          Random& random, exchange::Options options,
                                                          net::ClientOptions client) {
  std::unique_ptr<ExchangeHost> out(new ExchangeHost(notes, clock));
  ExchangeHost* host = out.get();
  TRY(out->transport_,
      PeerTransport::start(std::move(client), [host](std::uint64_t ticket, Result<std::string> answer) {
        {
          const std::scoped_lock lock(host->inbox_mutex_);
          host->answers_.emplace_back(ticket, std::move(answer));
        }
        host->wake();
      }));
  TRY(out->exchange_, exchange::Exchange::open(store, notes, clock, random, *out->transport_, std::move(options)));
  out->thread_ = std::thread([host] { host->run(); });
  return out;
}

ExchangeHost::~ExchangeHost() {
  {
    const std::scoped_lock lock(inbox_mutex_);
    stopping_ = true;
  }
  woken_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
  transport_.reset();
  if (exchange_) {
    const std::scoped_lock lock(mutex_);
    report(true);
  }
}

void ExchangeHost::wake() {
  {
    const std::scoped_lock lock(inbox_mutex_);
    woken_up_ = true;
  }
  woken_.notify_one();
}

std::string ExchangeHost::receive(std::string_view message) {
  std::string out;
  {
    const std::scoped_lock lock(mutex_);
    out = exchange_->receive(message);
  }
  if (!out.empty()) {
    wake();  // what came may be for others, too
  }
  return out;
}

void ExchangeHost::committed() {
  {
    const std::scoped_lock lock(inbox_mutex_);
    committed_ = true;
  }
  wake();
}

void ExchangeHost::run() {
  Time next = clock_.now();
  while (true) {
    std::deque<std::pair<std::uint64_t, Result<std::string>>> answers;
    bool committed = false;
    {
      std::unique_lock lock(inbox_mutex_);
      const std::int64_t ticks = next.ticks - clock_.now().ticks;
      const auto wait = std::clamp(std::chrono::milliseconds(ticks / (Time::ticks_per_second / 1'000)), breath,
                                   std::chrono::milliseconds(wait_max));
      woken_.wait_for(lock, wait, [&] { return woken_up_ || stopping_; });
      if (stopping_) {
        return;
      }
      woken_up_ = false;
      answers.swap(answers_);
      committed = committed_;
      committed_ = false;
    }
    const std::scoped_lock lock(mutex_);
    for (auto& [ticket, answer] : answers) {
      exchange_->answered(ticket, std::move(answer));
    }
    if (committed) {
      exchange_->committed();
    }
    next = exchange_->tick();
    report(false);
  }
}

void ExchangeHost::report(bool last) {
  const Time now = clock_.now();
  if (!last && report_due_.known() && now < report_due_ && report_due_.ticks - now.ticks <= report_ticks) {
    return;
  }
  report_due_ = Time{now.ticks + report_ticks};
  const std::vector<exchange::PeerReport> reports = exchange_->reports();
  keep_heard(reports);
  const std::string text = report_json(reports);
  if (text != reported_) {
    const store::Note note{std::string(report_key), text};
    if (notes_.put({&note, 1})) {
      reported_ = text;
    }
  }
}

// Seconds are whole and answers take a moment: what differs by one is the same.
void ExchangeHost::keep_heard(const std::vector<exchange::PeerReport>& reports) {
  std::vector<HeardClock> heard;
  bool changed = false;
  for (const exchange::PeerReport& one : reports) {
    if (const auto at_start = transport_ ? transport_->clock_of(one.url) : std::nullopt) {
      const auto known = std::ranges::find(heard_, one.url, &HeardClock::peer);
      changed = changed || known == heard_.end() || std::abs(known->at_start - *at_start) > 1;
      heard.push_back({one.url, *at_start});
    }
  }
  if ((changed || (!heard.empty() && heard.size() != heard_.size())) && keep_clocks(notes_, heard)) {
    heard_ = std::move(heard);
  }
}

std::string ExchangeHost::metrics() {
  std::vector<exchange::PeerReport> reports;
  std::size_t alarms = 0;
  {
    const std::scoped_lock lock(mutex_);
    reports = exchange_->reports();
    const auto kept = exchange_->alarms();
    alarms = kept ? kept->size() : 0;
  }
  const Time now = clock_.now();
  const auto seconds = [&](Time since) {
    return fmt::format("{:.1f}", static_cast<double>(std::max<std::int64_t>(0, now.ticks - since.ticks)) /
                                     static_cast<double>(Time::ticks_per_second));
  };
  std::string out = fmt::format(
      "# HELP tocsin_exchange_alarms Alarms that are kept (tocsin node alarms).\n# TYPE tocsin_exchange_alarms gauge\n"
      "tocsin_exchange_alarms {}\n",
      alarms);
  const auto add = [&](std::string_view name, std::string_view type, std::string_view help, const auto& value_of) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
    for (const exchange::PeerReport& one : reports) {
      if (const std::string value = value_of(one); !value.empty()) {
        out += fmt::format("{}{{peer=\"{}\"}} {}\n", name, label(one.name), value);
      }
    }
  };
  using Report = exchange::PeerReport;
  add("tocsin_peer_waiting_seconds", "gauge", "How long something has been waiting for the peer.",
      [&](const Report& one) { return one.waiting_since.known() ? seconds(one.waiting_since) : std::string("0"); });
  add("tocsin_peer_contact_seconds", "gauge", "Since a signed message of the peer came.",
      [&](const Report& one) { return one.last_contact.known() ? seconds(one.last_contact) : std::string(); });
  add("tocsin_peer_failures", "gauge", "Attempts that failed since the last success.",
      [](const Report& one) { return std::to_string(one.failures); });
  add("tocsin_peer_paused", "gauge", "1 where nothing is sent to the peer and nothing taken.",
      [](const Report& one) { return std::string(one.paused ? "1" : "0"); });
  add("tocsin_peer_deliveries_total", "counter", "Deliveries that left for the peer.",
      [](const Report& one) { return std::to_string(one.deliveries_sent); });
  add("tocsin_peer_objects_received_total", "counter", "Objects from the peer that were stored since the start.",
      [](const Report& one) { return std::to_string(one.objects_received); });
  add("tocsin_peer_refused_here_total", "counter", "What the peer sent and this node could not take.",
      [](const Report& one) { return std::to_string(one.items_refused_here); });
  add("tocsin_peer_refused_there_total", "counter", "What was sent and the peer could not take.",
      [](const Report& one) { return std::to_string(one.items_refused_there); });
  return out;
}

Result<void> read_peer_reports(const store::Notes& notes, std::vector<exchange::PeerReport>& out) {
  TRY(const std::optional<std::string> text, notes.get(report_key));
  if (!text) {
    return {};
  }
  TRY(const wire::Json json, wire::parse_json(*text));
  const auto number = [](const wire::Json& from, std::string_view name) {
    const wire::Json* value = from.find(name);
    return value == nullptr ? std::uint64_t{0} : parse_uint64(value->text).value_or(0);
  };
  const auto time = [](const wire::Json& from, std::string_view name) {
    const wire::Json* value = from.find(name);
    const auto ticks = value == nullptr ? std::nullopt : parse_int64(value->text);
    return ticks ? Time{*ticks} : Time();
  };
  for (const wire::Json& one : json.items) {
    const auto found = std::ranges::find(out, one.string_or("kid", ""), &exchange::PeerReport::kid);
    if (found == out.end()) {
      continue;
    }
    found->failures = static_cast<unsigned>(number(one, "failures"));
    found->last_contact = time(one, "last_contact");
    found->waiting_since = time(one, "waiting_since");
    found->deliveries_sent = number(one, "deliveries_sent");
    found->objects_received = number(one, "objects_received");
    found->items_refused_here = number(one, "items_refused_here");
    found->items_refused_there = number(one, "items_refused_there");
  }
  return {};
}

}  // namespace tocsin::app
