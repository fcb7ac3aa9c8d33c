// The durable Notes: one table beside the store's own in a node's SQLite file.
#pragma once

#include <memory>
#include <string>

#include "store/notes.h"

namespace tocsin::store {

// In the file of a node that is there already, with a connection of its own. Errors: not_found, io, damaged.
Result<std::unique_ptr<Notes>> open_sqlite_notes(const std::string& path);

}  // namespace tocsin::store
