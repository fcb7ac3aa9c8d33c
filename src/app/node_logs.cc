#include "app/node_logs.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "app/command.h"
#include "app/node.h"
#include "app/passphrase.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "store/log_proofs.h"
#include "trust/digest.h"
#include "trust/passphrase_box.h"

namespace tocsin::app {
namespace {

constexpr std::string_view heading = "tocsin-log-keys/v1";
constexpr std::size_t keys_bytes_max = 4'096;
// The names of the logs that the node had last, so that lost keys are noticed.
constexpr std::string_view names_key = "logs/names";

Result<LogKey> parse_key(std::string_view line, std::string_view kind) {
  LogKey out;
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  bool whole = false;
  if (first != std::string_view::npos && first < last && line.substr(0, first) == kind) {
    out.origin = line.substr(first + 1, last - first - 1);
    whole = trust::from_hex(line.substr(last + 1), out.seed);
  }
  if (!whole || !trust::is_key_name(out.origin)) {
    return failure(ErrorCode::damaged, fmt::format("the key of the {} log cannot be read", kind));
  }
  return out;
}

std::string names_of(const LogKeys& keys) { return keys.open.origin + "\n" + keys.restricted.origin; }

Result<void> remember(store::Notes& notes, const LogKeys& keys) {
  const store::Note note{std::string(names_key), names_of(keys)};
  return notes.put({&note, 1});
}

}  // namespace

std::string log_keys_path(const std::string& folder) { return folder + "/logs.key"; }

Result<LogKeys> make_log_keys(const std::string& folder, store::Notes& notes) {
  SystemRandom random;
  // A name that nobody else has and that tells nothing: checkpoints are handed on.
  std::array<std::uint8_t, 8> name{};
  random.fill(name);
  LogKeys out;
  out.open.origin = "tocsin-" + trust::to_hex(name) + "/open";
  out.restricted.origin = "tocsin-" + trust::to_hex(name) + "/restricted";
  out.witness.origin = "tocsin-" + trust::to_hex(name) + "/witness";
  random.fill(out.open.seed);
  random.fill(out.restricted.seed);
  random.fill(out.witness.seed);
  std::string text = std::string(heading) + "\n";
  for (const auto& [kind, key] :
       {std::pair{"open", &out.open}, {"restricted", &out.restricted}, {"witness", &out.witness}}) {
    text += fmt::format("{} {} {}\n", kind, key->origin, trust::to_hex(key->seed));
  }
  const auto written = write_secret_file(log_keys_path(folder), text);
  trust::wipe(text);
  if (!written) {
    return std::unexpected(written.error());
  }
  TRY_VOID(remember(notes, out));
  return out;
}

Result<LogKeys> read_log_keys(const std::string& folder) {
  TRY(std::string text, read_whole(log_keys_path(folder), keys_bytes_max));
  std::vector<std::string_view> lines;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const bool whole = lines.size() == 4 && lines[0] == heading;
  auto open = whole ? parse_key(lines[1], "open") : Result<LogKey>(LogKey{});
  auto restricted = whole ? parse_key(lines[2], "restricted") : Result<LogKey>(LogKey{});
  auto witness = whole ? parse_key(lines[3], "witness") : Result<LogKey>(LogKey{});
  trust::wipe(text);
  if (!whole || !open || !restricted || !witness || open->origin == restricted->origin) {
    return failure(ErrorCode::damaged, "this is no file with the keys of a node's logs", {log_keys_path(folder)},
                   "put back a copy of it");
  }
  return LogKeys{*std::move(open), *std::move(restricted), *std::move(witness)};
}

Result<LogKeys> log_keys_for_serving(const std::string& folder, store::Notes& notes) {
  TRY(const std::optional<std::string> before, notes.get(names_key));
  std::error_code error;
  if (!std::filesystem::exists(log_keys_path(folder), error)) {
    if (before) {
      return failure(ErrorCode::not_found, "the keys of this node's transparency logs are gone",
                     {log_keys_path(folder)},
                     "put the file back; where it is lost, 'tocsin node logs --new' begins other logs");
    }
    TRY(LogKeys made, make_log_keys(folder, notes));
    message("this node had no transparency logs: from now on it logs what it stores ('tocsin node logs')");
    return made;
  }
  TRY(LogKeys keys, read_log_keys(folder));
  if (before != names_of(keys)) {
    TRY_VOID(remember(notes, keys));
  }
  return keys;
}

LogSigner::LogSigner(store::Store& store, LogKeys keys, std::chrono::seconds pace)
    : store_(store), keys_(std::move(keys)), pace_(pace), thread_([this] { run(); }) {}

LogSigner::~LogSigner() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void LogSigner::run() {
  auto due = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    sign(keys_.open, signed_[0]);
    sign(keys_.restricted, signed_[1]);
    ++rounds_;
    lock.lock();
    // What took longer than the pace, or a machine that slept, does not have the rounds it missed made up for.
    due = std::max(due + pace_, std::chrono::steady_clock::now());
    changed_.wait_until(lock, due, [&] { return stopping_; });
  }
}

void LogSigner::sign(const LogKey& key, Signed& done) {
  const auto note = store::make_checkpoint(store_, key.origin, key.origin, key.seed);
  if (!note) {
    if (!done.failed.exchange(true)) {
      message("no checkpoint of log " + key.origin + ": " + note.error().text());
    }
    return;
  }
  if (done.failed.exchange(false)) {
    message("log " + key.origin + " has checkpoints again");
  }
  const auto split = trust::split_note(*note);
  const auto checkpoint = split ? trust::parse_checkpoint(split->text) : Result<trust::Checkpoint>(trust::Checkpoint{});
  if (checkpoint) {
    done.entries = checkpoint->size;
  }
}

std::string LogSigner::metrics() const {
  std::string out = fmt::format(
      "# HELP tocsin_log_rounds_total Times that checkpoints of the logs were made.\n"
      "# TYPE tocsin_log_rounds_total counter\ntocsin_log_rounds_total {}\n"
      "# HELP tocsin_log_entries Entries of a log at its last checkpoint.\n# TYPE tocsin_log_entries gauge\n",
      rounds_.load());
  const auto each = [&](std::string_view name, auto value) {
    out += fmt::format("{}{{log=\"open\"}} {}\n{}{{log=\"restricted\"}} {}\n", name, value(signed_[0]), name,
                       value(signed_[1]));
  };
  each("tocsin_log_entries", [](const Signed& one) { return one.entries.load(); });
  out += "# HELP tocsin_log_failed Whether the last attempt at a checkpoint failed.\n# TYPE tocsin_log_failed gauge\n";
  each("tocsin_log_failed", [](const Signed& one) { return one.failed.load() ? 1 : 0; });
  return out;
}

}  // namespace tocsin::app
