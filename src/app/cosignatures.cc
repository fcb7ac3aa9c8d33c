#include "app/cosignatures.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/command.h"
#include "base/text.h"
#include "report/visible.h"
#include "store/log_proofs.h"
#include "trust/note.h"
#include "trust/witness.h"

namespace tocsin::app {
namespace {

constexpr std::string_view asked_name = "witness/asked";
constexpr std::chrono::seconds look_every{1};
constexpr std::chrono::seconds wait_max{300};
constexpr std::size_t answer_bytes_max = 65'536;
constexpr std::chrono::milliseconds answer_time_max{10'000};

// "URL KEY open" or "URL KEY both", one a line.
Result<std::vector<AskedWitness>> parse_asked(std::string_view text) {
  std::vector<AskedWitness> out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
      return failure(ErrorCode::damaged, "the list of witnesses cannot be read");
    }
    AskedWitness& witness = out.emplace_back();
    witness.url = line.substr(0, first);
    TRY(witness.key, trust::parse_cosigner_key(line.substr(first + 1, last - first - 1)));
    witness.restricted = line.substr(last + 1) == "both";
  }
  return out;
}

template <typename Change>
Result<void> change_asked(store::Store& store, Change change) {
  for (;;) {
    TRY(const std::optional<std::string> before, store.note(asked_name));
    TRY(std::vector<AskedWitness> witnesses, parse_asked(before.value_or("")));
    change(witnesses);
    std::string text;
    for (const AskedWitness& one : witnesses) {
      text += fmt::format("{} {} {}\n", one.url, trust::text_of(one.key), one.restricted ? "both" : "open");
    }
    TRY(const bool kept, store.replace_note(asked_name, before, text));
    if (kept) {
      return {};
    }
  }
}

Result<std::uint64_t> size_of(const std::string& note) {
  const auto split = trust::split_note(note);
  const auto said = split ? trust::parse_checkpoint(split->text) : Result<trust::Checkpoint>(std::unexpected(Error{}));
  return said ? Result<std::uint64_t>(said->size)
              : failure(ErrorCode::damaged, "the last checkpoint of a log cannot be read");
}

bool signed_by(const std::string& note, const trust::CosignerKey& key) {
  const auto split = trust::split_note(note);
  return split && std::ranges::any_of(split->signatures, [&](const trust::SignatureLine& line) {
           return line.name == key.name && line.id == key.id;
         });
}

}  // namespace

Result<std::vector<AskedWitness>> asked_witnesses(const store::Store& store) {
  TRY(const std::optional<std::string> text, store.note(asked_name));
  return parse_asked(text.value_or(""));
}

Result<void> ask_witness(store::Store& store, const AskedWitness& witness) {
  return change_asked(store, [&](std::vector<AskedWitness>& all) {
    std::erase_if(all, [&](const AskedWitness& one) { return one.key.name == witness.key.name; });
    all.push_back(witness);
  });
}

Result<bool> stop_asking(store::Store& store, std::string_view name) {
  bool found = false;
  TRY_VOID(change_asked(store, [&](std::vector<AskedWitness>& all) {
    found = std::erase_if(all, [&](const AskedWitness& one) { return one.key.name == name; }) != 0;
  }));
  return found;
}

Result<void> ask_for_cosignature(store::Store& store, const std::string& log, const AskedWitness& witness,
                                 net::Client& client, std::uint64_t& size) {
  for (bool again = false;; again = true) {
    TRY(const std::optional<std::string> last, store::last_checkpoint(store, log));
    if (!last) {
      return {};
    }
    // Who else watches the log is not told.
    TRY(const std::string note, store::without_cosignatures(*last));
    TRY(const std::uint64_t length, size_of(note));
    store::LogTiles tiles(store, log);
    trust::TileTree tree(tiles, length);
    trust::CheckpointRequest request{.old_size = std::min(size, length), .proof = {}, .note = note};
    TRY(request.proof, tree.consistency_proof(request.old_size));
    net::Asking asking{.method = "POST", .url = {}};
    TRY(asking.url, net::parse_url(witness.url + (witness.url.ends_with('/') ? "" : "/") + "add-checkpoint"));
    asking.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
    asking.body = trust::text_of(request);
    TRY(const net::Response answer, client.send(asking));
    if (answer.status == 409) {
      const auto seen = parse_uint64(trim(answer.body));
      if (!seen || *seen > length || again || *seen == request.old_size) {
        return failure(ErrorCode::damaged,
                       fmt::format("witness {} has seen log {} otherwise than it is now", witness.key.name, log), {},
                       "the log was set back or forked, where nobody else signs with its key");
      }
      size = *seen;
      continue;
    }
    if (answer.status != 200) {
      return failure(ErrorCode::io, fmt::format("witness {} answers {} {}", witness.key.name, answer.status,
                                                net::reason_phrase(answer.status)));
    }
    const trust::CosignerKey keys[] = {witness.key};
    const std::string both = note + answer.body;
    const auto with = trust::split_note(both);
    const auto said = with ? trust::check_cosignatures(*with, keys) : std::vector<trust::Cosignature>();
    if (said.empty() || !said.front().valid) {
      return failure(ErrorCode::damaged, fmt::format("witness {} gives no cosignature that holds", witness.key.name));
    }
    size = length;
    for (const trust::SignatureLine& line : with->signatures) {
      if (line.name == witness.key.name && line.id == witness.key.id) {
        TRY(const bool added, store::add_cosignature(store, log, line.line, keys));
        (void)added;  // false: another checkpoint took its place, and is asked about next
      }
    }
    return {};
  }
}

Result<std::unique_ptr<Cosignatures>> Cosignatures::start(store::Store& store, taxii::LogNames logs,
                                                          net::ClientOptions options) {
  std::unique_ptr<Cosignatures> out(new Cosignatures(store, std::move(logs)));
  options.body_bytes_max = answer_bytes_max;
  options.answer_time_max = answer_time_max;
  TRY(out->client_, net::start_client(std::move(options)));
  Cosignatures* const made = out.get();
  out->thread_ = std::thread([made] { made->run(); });
  return out;
}

Cosignatures::~Cosignatures() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (client_) {
    client_->cancel();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Cosignatures::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    round();
    lock.lock();
    changed_.wait_for(lock, look_every, [&] { return stopping_; });
  }
}

void Cosignatures::round() {
  const auto witnesses = asked_witnesses(store_);
  if (!witnesses) {
    return;
  }
  for (const AskedWitness& witness : *witnesses) {
    ask(witness, logs_.open);
    if (witness.restricted) {
      ask(witness, logs_.restricted);
    }
  }
}

void Cosignatures::ask(const AskedWitness& witness, const std::string& log) {
  Standing& standing = standings_[{log, witness.key.name}];
  const auto now = std::chrono::steady_clock::now();
  const auto last = store::last_checkpoint(store_, log);
  if (now < standing.due || !last || !*last || signed_by(**last, witness.key)) {
    return;
  }
  const auto done = ask_for_cosignature(store_, log, witness, *client_, standing.size);
  if (done) {
    if (standing.failures != 0) {
      message(fmt::format("witness {} answers again", report::visible(witness.key.name)));
    }
    standing.failures = 0;
    ++given_;
    return;
  }
  ++failed_;
  if (standing.failures++ == 0 && done.error().code != ErrorCode::interrupted) {
    message(report::visible(done.error().text()));
  }
  standing.due = now + std::min(wait_max, std::chrono::seconds(5) * (1U << std::min(standing.failures, 7U)));
}

std::string Cosignatures::metrics() const {
  return fmt::format(
      "# HELP tocsin_log_cosignatures_total Cosignatures that witnesses gave.\n"
      "# TYPE tocsin_log_cosignatures_total counter\ntocsin_log_cosignatures_total {}\n"
      "# HELP tocsin_log_cosignatures_failed_total Times that a witness gave none.\n"
      "# TYPE tocsin_log_cosignatures_failed_total counter\ntocsin_log_cosignatures_failed_total {}\n",
      given_.load(), failed_.load());
}

}  // namespace tocsin::app
