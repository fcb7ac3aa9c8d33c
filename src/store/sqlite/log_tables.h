// The tables of logs, for whoever commits versions. Include in this folder only.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "store/sqlite/database.h"
#include "trust/log_entry.h"

namespace tocsin::store {

struct LoggedVersion {
  std::int64_t sequence = 0;
  trust::LogSalt salt{};
  std::string entry;
};

// Within the transaction that stores the versions.
Result<void> append_to_log(Database& database, const std::string& log, std::span<const LoggedVersion> versions);

}  // namespace tocsin::store
