// Witness route: cosigns checkpoints of logs that this node watches for others (C2SP tlog-witness, docs/log.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/message.h"
#include "store/store.h"
#include "trust/ed25519.h"
#include "trust/note.h"

namespace tocsin::taxii {

// As whom this node cosigns.
struct WitnessKey {
  std::string name;
  trust::Ed25519Seed seed{};
};

// The logs that are watched, by origin: the name of a key is its log's. Kept in the store.
Result<std::vector<trust::VerifierKey>> watched_logs(const store::Store& store);
// Adds it, or another key for a log. What was cosigned of a log stays on record, also when it is not watched any more.
Result<void> watch_log(store::Store& store, const trust::VerifierKey& key);
// False where it was not watched.
Result<bool> unwatch_log(store::Store& store, std::string_view origin);
// What was cosigned of it last: a note.
Result<std::optional<std::string>> last_cosigned(const store::Store& store, std::string_view origin);
// The first evidence that it forked, as trust::ForkEvidence in text.
Result<std::optional<std::string>> fork_evidence(const store::Store& store, std::string_view origin);

// The answer to POST add-checkpoint. Nothing is cosigned that is not remembered before, durably.
Result<net::Response> add_checkpoint(store::Store& store, const WitnessKey& as, Time now, std::string_view body);

}  // namespace tocsin::taxii
