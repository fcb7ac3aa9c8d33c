// The durable Store: one SQLite file in write-ahead mode. What a call that writes has returned is on disk.
#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace tocsin::store {

// Opens, or makes where `create` says so, the file of a node; an older schema is brought to ours. Thread-safe: one
// writes, readers do not wait for it. Several processes may have it open. `file_system` names a VFS of SQLite (tests);
// null: the operating system's. Errors: not_found, io, damaged (not a node's file, or of a newer program).
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, bool create,
                                                 const char* file_system = nullptr);

// The file as it is at this moment, for whoever must compare parts of it while others write. Thread-safe; one reads
// after the other. Hold it for minutes at most: the write-ahead log grows meanwhile. Errors: not_found, io, damaged.
Result<std::unique_ptr<const Store>> open_sqlite_moment(const std::string& path);

}  // namespace tocsin::store
