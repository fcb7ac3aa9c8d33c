// Schema 6: what rooms above the store must remember (store/notes.h).
#include "store/sqlite/migrations.h"

namespace tocsin::store {

extern const Migration migration_step_6;
const Migration migration_step_6{6, R"(
CREATE TABLE room_notes(key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
)"};

}  // namespace tocsin::store
