// Schema 3: transparency logs as tiles, where each version stands in one and with which salt, and notes by name.
#include "store/sqlite/migrations.h"

namespace tocsin::store {

extern const Migration migration_step_3;
const Migration migration_step_3{3, R"(
CREATE TABLE logs(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER NOT NULL) STRICT;
CREATE TABLE log_tiles(number INTEGER PRIMARY KEY, log INTEGER NOT NULL, level INTEGER NOT NULL,
  position INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE(log, level, position)) STRICT;
CREATE TABLE log_places(sequence INTEGER PRIMARY KEY, log INTEGER NOT NULL, position INTEGER NOT NULL,
  salt BLOB NOT NULL) STRICT;
CREATE TABLE notes(name TEXT PRIMARY KEY, note TEXT NOT NULL) STRICT, WITHOUT ROWID;
)"};

}  // namespace tocsin::store
