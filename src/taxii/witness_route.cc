#include "taxii/witness_route.h"

#include <algorithm>

#include "base/text.h"
#include "taxii/answers.h"
#include "trust/cosignature.h"
#include "trust/limits.h"
#include "trust/witness.h"

namespace tocsin::taxii {
namespace {

constexpr std::string_view watched_name = "witness/logs";
// A note at its longest, and a proof.
constexpr std::size_t request_bytes_max = trust::limits::note_bytes_max + 64 * (trust::limits::proof_hashes_max + 2);
std::string last_name(std::string_view origin) { return "witness/last/" + std::string(origin); }
std::string fork_name(std::string_view origin) { return "witness/fork/" + std::string(origin); }

Result<std::vector<trust::VerifierKey>> parse_watched(std::string_view text) {
  std::vector<trust::VerifierKey> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    TRY(out.emplace_back(), trust::parse_verifier_key(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Changes the list until nobody else changed it in between.
template <typename Change>
Result<void> change_watched(store::Store& store, Change change) {
  for (;;) {
    TRY(const std::optional<std::string> before, store.note(watched_name));
    TRY(std::vector<trust::VerifierKey> keys, parse_watched(before.value_or("")));
    change(keys);
    std::string text;
    for (const trust::VerifierKey& key : keys) {
      text += trust::text_of(key) + "\n";
    }
    TRY(const bool kept, store.replace_note(watched_name, before, text));
    if (kept) {
      return {};
    }
  }
}

// Its own words: what it says was looked at when it was taken.
Result<std::optional<trust::LastCosigned>> parse_last(const std::optional<std::string>& note) {
  if (!note) {
    return std::optional<trust::LastCosigned>();
  }
  const auto split = trust::split_note(*note);
  const auto said = split ? trust::parse_checkpoint(split->text) : Result<trust::Checkpoint>(trust::Checkpoint{});
  trust::LastCosigned out;
  if (!split || !said || said->hash.size() != out.head.root.size()) {
    return failure(ErrorCode::damaged, "what was cosigned last of a log cannot be read");
  }
  out.note = *note;
  out.head.size = said->size;
  std::copy(said->hash.begin(), said->hash.end(), out.head.root.begin());
  return std::optional(std::move(out));
}

net::Response plain(int status, std::string body, const char* type) {
  net::Response response;
  response.status = status;
  response.body = std::move(body);
  response.add("Content-Type", type);
  return response;
}

}  // namespace

Result<std::vector<trust::VerifierKey>> watched_logs(const store::Store& store) {
  TRY(const std::optional<std::string> text, store.note(watched_name));
  return parse_watched(text.value_or(""));
}

Result<void> watch_log(store::Store& store, const trust::VerifierKey& key) {
  return change_watched(store, [&](std::vector<trust::VerifierKey>& keys) {
    std::erase_if(keys, [&](const trust::VerifierKey& one) { return one.name == key.name; });
    keys.push_back(key);
  });
}

Result<bool> unwatch_log(store::Store& store, std::string_view origin) {
  bool found = false;
  TRY_VOID(change_watched(store, [&](std::vector<trust::VerifierKey>& keys) {
    found = std::erase_if(keys, [&](const trust::VerifierKey& one) { return one.name == origin; }) != 0;
  }));
  return found;
}

Result<std::optional<std::string>> last_cosigned(const store::Store& store, std::string_view origin) {
  return store.note(last_name(origin));
}

Result<std::optional<std::string>> fork_evidence(const store::Store& store, std::string_view origin) {
  return store.note(fork_name(origin));
}

Result<net::Response> add_checkpoint(store::Store& store, const WitnessKey& as, Time now, std::string_view body) {
  if (body.size() > request_bytes_max) {
    return error_message(413);
  }
  const auto request = trust::parse_checkpoint_request(body);
  const auto split = request ? trust::split_note(request->note) : std::nullopt;
  const auto said = split ? trust::parse_checkpoint(split->text) : Result<trust::Checkpoint>(std::unexpected(Error{}));
  if (!said) {
    return error_message(400);
  }
  TRY(std::vector<trust::VerifierKey> keys, watched_logs(store));
  std::erase_if(keys, [&](const trust::VerifierKey& key) { return key.name != said->origin; });
  if (keys.empty()) {
    return error_message(404);
  }
  for (;;) {
    TRY(const std::optional<std::string> before, store.note(last_name(said->origin)));
    TRY(const std::optional<trust::LastCosigned> last, parse_last(before));
    const trust::WitnessAnswer answer = trust::witness(*request, said->origin, keys, last);
    if (answer.fork) {
      // The first evidence is enough, and stays.
      TRY_VOID(store.replace_note(fork_name(said->origin), std::nullopt, trust::text_of(*answer.fork)));
    }
    const int status = trust::http_status(answer.what);
    if (status == 409) {
      return plain(409, std::to_string(answer.size) + "\n", "text/x.tlog.size");
    }
    if (answer.what != trust::WitnessAnswer::What::cosign) {
      return error_message(status);
    }
    if (!before || *before != answer.remember.note) {
      TRY(const bool kept, store.replace_note(last_name(said->origin), before, answer.remember.note));
      if (!kept) {
        continue;
      }
    }
    const std::int64_t seconds = now.ticks / Time::ticks_per_second;
    TRY(std::string line,
        trust::cosign(answer.text, as.name, as.seed, static_cast<std::uint64_t>(std::max<std::int64_t>(0, seconds))));
    return plain(200, std::move(line), "text/plain; charset=utf-8");
  }
}

}  // namespace tocsin::taxii
