// AuditLog: who did what to a node, one JSON object a line, in a file of the node's folder in which nothing can be
// changed, left out or added unseen by someone who has not the node's key.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/notes.h"
#include "trust/symmetric.h"

namespace tocsin::app {

// What is told of an act: names and numbers, never a secret, and never what identifies an observable (its id tells its
// value to whoever can guess): objects stand there by AuditLog::mark().
using AuditDetails = std::vector<std::pair<std::string_view, std::string>>;

// How far the log goes: where the notes and the file say so, nothing behind can be cut off unseen.
struct AuditHead {
  std::uint64_t lines = 0;
  std::string digest;  // SHA-256 of the last line, in hexadecimal; of nothing: empty
};

struct AuditReport {
  AuditHead head;                  // of the file
  std::vector<std::string> wrong;  // what does not hold, in words; the first ones
  std::uint64_t wrong_count = 0;
};

// Thread-safe, also between processes.
class AuditLog {
 public:
  // `key` is the node's; the log uses one that is derived from it. The notes must outlive it.
  AuditLog(std::string folder, store::Notes& notes, const trust::SymmetricKey& key, const Clock& clock);

  // On disk when it returns. To be called before what it tells is done, so that nothing is done untold; where the act
  // then fails, a line tells of something that did not come to be.
  Result<void> record(std::string_view act, const AuditDetails& details);
  // Stands for an object or name in the log: the same for the same text, nothing to whoever has not the key.
  std::string mark(std::string_view text) const;
  // Reads the whole log. `held`: a head as it was noted down elsewhere before; its line must still be there.
  Result<AuditReport> verify(const AuditHead& held) const;
  std::string path() const;

 private:
  const std::string folder_;
  store::Notes& notes_;
  const trust::SymmetricKey key_;
  const Clock& clock_;
};

// In a folder that was made out of a backup, whose node has another key: what stood in the log is set aside as
// audit-until-SECONDS.jsonl, readable and no longer verified, and a new one begins.
Result<void> begin_audit_anew(const std::string& folder, store::Notes& notes, Time made);

// For a command that acts once: opens what it needs, and adds who runs it.
Result<void> record_act(const std::string& folder, std::string_view act, AuditDetails details);

}  // namespace tocsin::app
