-- A database of schema 1, as text: every later step is run on it (src/store/sqlite/migrations_test.cc). Never changed.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE classes(collection INTEGER NOT NULL, id INTEGER NOT NULL, release TEXT NOT NULL, writer TEXT NOT NULL,
  PRIMARY KEY(collection, release, writer)) STRICT, WITHOUT ROWID;
INSERT INTO "classes" VALUES(1,0,'indicator','anna');
INSERT INTO "classes" VALUES(1,1,'malware','anna');
INSERT INTO "classes" VALUES(2,0,'all','bert');
CREATE TABLE clock(one INTEGER PRIMARY KEY CHECK(one=1), last INTEGER NOT NULL) STRICT;
INSERT INTO "clock" VALUES(1,16000000000040000);
CREATE TABLE collections(number INTEGER PRIMARY KEY, root TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL,
  description TEXT NOT NULL, alias TEXT NOT NULL, can_read INTEGER NOT NULL, can_write INTEGER NOT NULL,
  media_types TEXT NOT NULL, UNIQUE(root, id)) STRICT;
INSERT INTO "collections" VALUES(1,'api','c1','One','','one',1,1,'');
INSERT INTO "collections" VALUES(2,'api','c2','Two','','',1,1,'');
CREATE TABLE conflicts(number INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, writer TEXT NOT NULL, bytes BLOB NOT NULL)
  STRICT;
INSERT INTO "conflicts" VALUES(1,1,'bert',X'7B226964223A22696E64696361746F722D2D61222C226E223A397D');
INSERT INTO "conflicts" VALUES(2,1,'bert',X'7B226964223A22696E64696361746F722D2D61222C226E223A397D');
CREATE TABLE discovery(one INTEGER PRIMARY KEY CHECK(one=1), title TEXT NOT NULL, description TEXT NOT NULL,
  contact TEXT NOT NULL, default_root TEXT NOT NULL) STRICT;
INSERT INTO "discovery" VALUES(1,'A node','','mail','api');
CREATE TABLE grants(user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE, place INTEGER NOT NULL,
  root TEXT NOT NULL, collection TEXT NOT NULL, read INTEGER NOT NULL, write INTEGER NOT NULL,
  PRIMARY KEY(user, place)) STRICT, WITHOUT ROWID;
INSERT INTO "grants" VALUES('anna',0,'*','*',1,1);
CREATE TABLE roots(name TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT NOT NULL,
  max_content_length INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "roots" VALUES('api','Root','',0);
CREATE TABLE statuses(root TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, requested INTEGER NOT NULL,
  json TEXT NOT NULL, PRIMARY KEY(root, id)) STRICT, WITHOUT ROWID;
INSERT INTO "statuses" VALUES('api','s','anna',16000000000000000,'{}');
CREATE TABLE users(name TEXT PRIMARY KEY, password_hash TEXT NOT NULL, organisation TEXT NOT NULL,
  client_of TEXT NOT NULL, communities TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "users" VALUES('anna','hash','org','','first
second
');
CREATE TABLE uses(collection INTEGER NOT NULL, used TEXT NOT NULL, class INTEGER NOT NULL, sequence INTEGER NOT NULL
  REFERENCES versions(sequence) ON DELETE CASCADE, PRIMARY KEY(collection, used, class, sequence)) STRICT, WITHOUT ROWID;
INSERT INTO "uses" VALUES(1,'identity--x',0,1);
INSERT INTO "uses" VALUES(1,'identity--x',1,2);
CREATE TABLE versions(sequence INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, class INTEGER NOT NULL,
  date_added INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, version TEXT NOT NULL, version_at BLOB NOT NULL,
  spec_version TEXT NOT NULL, writer TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
INSERT INTO "versions" VALUES(1,1,0,16000000000000000,'indicator--a','indicator','2020-01-01T00:00:00Z',X'000000E46ACFC251F027190500000000','2.1','anna',X'7B226964223A22696E64696361746F722D2D61222C226E223A317D');
INSERT INTO "versions" VALUES(2,1,1,16000000000000000,'malware--a','malware','2020-01-01T00:00:00Z',X'000000E46ACFC251F027190500000000','2.1','anna',X'7B226964223A226D616C776172652D2D61227D');
INSERT INTO "versions" VALUES(3,1,0,16000000000020000,'indicator--a','indicator','2021-01-01T00:00:00Z',X'000000D8A94FEF0E3E50330500000000','2.1','anna',X'7B226964223A22696E64696361746F722D2D61222C226E223A327D');
INSERT INTO "versions" VALUES(4,2,0,16000000000030000,'ipv4-addr--a','ipv4-addr','',X'000000402ECD80CC2D7D2B0500000000','2.1','bert',X'7B226964223A22697076342D616464722D2D61227D');
CREATE INDEX versions_by_class ON versions(collection, class, sequence);
CREATE INDEX versions_by_id ON versions(collection, id, sequence);
CREATE INDEX versions_by_date ON versions(collection, date_added, sequence);
CREATE INDEX uses_by_version ON uses(sequence);
CREATE INDEX statuses_by_time ON statuses(requested);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('versions',5);
COMMIT;
PRAGMA application_id=1414480723;
PRAGMA user_version=1;
