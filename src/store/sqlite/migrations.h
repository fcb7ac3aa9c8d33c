// Migrations: numbered steps that bring the schema of an older node to this program's, forward only.
#pragma once

#include <cstdint>
#include <string>

#include "store/sqlite/database.h"

namespace tocsin::store {

// A step from schema `number` - 1 to `number`: its statements, then its function where statements do not suffice. Once
// released a step is never changed: what is wrong in it is put right by the next one.
struct Migration {
  std::int64_t number;
  const char* sql;
  Result<void> (*change)(Database&) = nullptr;
};

// What this program's schema is called: the number of the last step.
std::int64_t newest_schema();
// Brings the database to the newest schema, in one transaction; an empty one only where `create` says so. Errors: io,
// damaged (no node's database, or one that a newer program made: it is left as it is).
Result<void> migrate(Database& database, const std::string& path, bool create);

}  // namespace tocsin::store
