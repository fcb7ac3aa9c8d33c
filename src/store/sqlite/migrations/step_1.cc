// Schema 1: everything in one table of versions, found by class, by id and by date.
#include "store/sqlite/migrations.h"

namespace tocsin::store {

extern const Migration migration_step_1;
const Migration migration_step_1{1, R"(
CREATE TABLE discovery(one INTEGER PRIMARY KEY CHECK(one=1), title TEXT NOT NULL, description TEXT NOT NULL,
  contact TEXT NOT NULL, default_root TEXT NOT NULL) STRICT;
CREATE TABLE roots(name TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT NOT NULL,
  max_content_length INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE collections(number INTEGER PRIMARY KEY, root TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL,
  description TEXT NOT NULL, alias TEXT NOT NULL, can_read INTEGER NOT NULL, can_write INTEGER NOT NULL,
  media_types TEXT NOT NULL, UNIQUE(root, id)) STRICT;
CREATE TABLE users(name TEXT PRIMARY KEY, password_hash TEXT NOT NULL, organisation TEXT NOT NULL,
  client_of TEXT NOT NULL, communities TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE grants(user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE, place INTEGER NOT NULL,
  root TEXT NOT NULL, collection TEXT NOT NULL, read INTEGER NOT NULL, write INTEGER NOT NULL,
  PRIMARY KEY(user, place)) STRICT, WITHOUT ROWID;
CREATE TABLE classes(collection INTEGER NOT NULL, id INTEGER NOT NULL, release TEXT NOT NULL, writer TEXT NOT NULL,
  PRIMARY KEY(collection, release, writer)) STRICT, WITHOUT ROWID;
CREATE TABLE versions(sequence INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, class INTEGER NOT NULL,
  date_added INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, version TEXT NOT NULL, version_at BLOB NOT NULL,
  spec_version TEXT NOT NULL, writer TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE INDEX versions_by_class ON versions(collection, class, sequence);
CREATE INDEX versions_by_id ON versions(collection, id, sequence);
CREATE INDEX versions_by_date ON versions(collection, date_added, sequence);
CREATE TABLE clock(one INTEGER PRIMARY KEY CHECK(one=1), last INTEGER NOT NULL) STRICT;
INSERT INTO clock VALUES(1, -9000000000000000000);
CREATE TABLE uses(collection INTEGER NOT NULL, used TEXT NOT NULL, class INTEGER NOT NULL, sequence INTEGER NOT NULL
  REFERENCES versions(sequence) ON DELETE CASCADE, PRIMARY KEY(collection, used, class, sequence)) STRICT, WITHOUT ROWID;
CREATE INDEX uses_by_version ON uses(sequence);
CREATE TABLE conflicts(number INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, writer TEXT NOT NULL, bytes BLOB NOT NULL)
  STRICT;
CREATE TABLE statuses(root TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, requested INTEGER NOT NULL,
  json TEXT NOT NULL, PRIMARY KEY(root, id)) STRICT, WITHOUT ROWID;
CREATE INDEX statuses_by_time ON statuses(requested);
)"};

}  // namespace tocsin::store
