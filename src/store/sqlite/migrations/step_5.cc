// Schema 5: the key's columns of `classes` stand first, as in every other table without row ids: SQLite before 3.41
// reports "NULL value" for others when it checks a database that is sound.
#include "store/sqlite/migrations.h"

namespace tocsin::store {

extern const Migration migration_step_5;
const Migration migration_step_5{5, R"(
CREATE TABLE classes_5(collection INTEGER NOT NULL, release TEXT NOT NULL, writer TEXT NOT NULL, id INTEGER NOT NULL,
  PRIMARY KEY(collection, release, writer)) STRICT, WITHOUT ROWID;
INSERT INTO classes_5(collection, release, writer, id) SELECT collection, release, writer, id FROM classes;
DROP TABLE classes;
ALTER TABLE classes_5 RENAME TO classes;
CREATE UNIQUE INDEX classes_by_id ON classes(collection, id);
)"};

}  // namespace tocsin::store
