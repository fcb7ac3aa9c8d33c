// Schema 4: postings of keys that come once are gathered in a small table first and moved in order, many at a time: a
// million of them lie on thousands of pages, and each commit of a thousand would write most of those.
#include "store/sqlite/migrations.h"

namespace tocsin::store {

extern const Migration migration_step_4;
const Migration migration_step_4{4, R"(
CREATE TABLE fresh_postings(key INTEGER NOT NULL, lane INTEGER NOT NULL, sequence INTEGER NOT NULL,
  PRIMARY KEY(key, lane, sequence)) STRICT, WITHOUT ROWID;
ALTER TABLE clock ADD COLUMN fresh INTEGER NOT NULL DEFAULT 0;
)"};

}  // namespace tocsin::store
