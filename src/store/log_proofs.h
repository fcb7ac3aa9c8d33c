// Checkpoints of a store's logs, and the proof of one version out of them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "stix/object_proof.h"
#include "store/store.h"
#include "trust/ed25519.h"

namespace tocsin::store {

// A log's tiles for what reads them (trust/tiles.h). Borrows the store.
class LogTiles final : public trust::TileReader {
 public:
  LogTiles(const Store& store, std::string_view log) : store_(store), log_(log) {}
  Result<std::string> tile(trust::TileName name) override { return store_.log_tile(log_, name); }

 private:
  const Store& store_;
  std::string log_;
};

// Signs the log as it is now, and keeps that as its last checkpoint; where nothing was added since, the one that is
// kept, with its cosignatures. Error damaged where the log is not one that leads on from its last checkpoint: it must
// not be signed.
Result<std::string> make_checkpoint(Store& store, std::string_view log, std::string_view origin,
                                    const trust::Ed25519Seed& seed);
// The last one; nothing where there is none.
Result<std::optional<std::string>> last_checkpoint(const Store& store, std::string_view log);
// Adds a witness's line to the last checkpoint, in place of an older one of that witness; false where another
// checkpoint has taken its place meanwhile, or where the line is not of a known witness over it, or not newer.
Result<bool> add_cosignature(Store& store, std::string_view log, std::string_view line,
                             std::span<const trust::CosignerKey> witnesses);

// A log's checkpoint with the log's own signature alone: who watches it stays untold. Error damaged where it is none.
Result<std::string> without_cosignatures(std::string_view checkpoint);

// The proof that a log holds this version, from its last checkpoint. Errors: not_found where no log holds it, or no
// checkpoint covers it yet.
Result<stix::ObjectProof> prove(const Store& store, const Record& record);

struct LogsChecked {
  std::uint64_t logs = 0;      // that hold anything
  std::uint64_t entries = 0;   // in all of them
  std::uint64_t versions = 0;  // that were looked at
  std::uint64_t logged = 0;    // of those: what a log holds
};
// Holds every tile of each log against those below it, the log against its last checkpoint (whose signature is not
// looked at), and every version that is logged against the entry at its place. Logs that a version names are checked
// whether or not they are in `logs`; one of which all objects are gone only where it is. Nobody may write to the store
// meanwhile. `progress` is told now and then how many versions were looked at; empty: nobody. Error damaged names the
// first thing that is wrong.
Result<LogsChecked> verify_logs(const Store& store, std::span<const std::string> logs,
                                const std::function<void(std::uint64_t versions)>& progress = {});

}  // namespace tocsin::store
