// Schema 2: versions lie in lanes (collection, release class, type), so that one index in the order of sequences serves
// readers of anything; what is found by a text (id, use, author, value) is found through one index of postings; the
// date of a version follows from its commit. Digests of the bytes, quotas, bounded conflicts.
#include <cstring>

#include "store/sqlite/keys.h"
#include "store/sqlite/migrations.h"
#include "trust/digest.h"

namespace tocsin::store {
namespace {

constexpr const char* sql = R"(
CREATE TABLE lanes(number INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, class INTEGER NOT NULL,
  type TEXT NOT NULL, UNIQUE(collection, class, type)) STRICT;
CREATE TABLE objects(sequence INTEGER PRIMARY KEY, lane INTEGER NOT NULL, date_added INTEGER NOT NULL, id TEXT NOT NULL,
  version TEXT NOT NULL, version_at BLOB NOT NULL, spec_version TEXT NOT NULL, digest BLOB NOT NULL,
  keys BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE TABLE postings(key INTEGER NOT NULL, lane INTEGER NOT NULL, sequence INTEGER NOT NULL,
  PRIMARY KEY(key, lane, sequence)) STRICT, WITHOUT ROWID;
CREATE TABLE commits(collection INTEGER NOT NULL, date_added INTEGER NOT NULL, sequence INTEGER NOT NULL,
  PRIMARY KEY(collection, date_added)) STRICT, WITHOUT ROWID;
CREATE TABLE usage(writer TEXT PRIMARY KEY, objects INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
ALTER TABLE users ADD COLUMN objects_max INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN bytes_max INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clock ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clock ADD COLUMN conflict_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE clock SET sequence=coalesce((SELECT seq FROM sqlite_sequence WHERE name='versions'), 0);
INSERT INTO lanes(collection, class, type) SELECT DISTINCT collection, class, type FROM versions ORDER BY 1,2,3;
INSERT INTO commits SELECT collection, date_added, max(sequence) FROM versions GROUP BY collection, date_added;
INSERT INTO usage SELECT writer, count(*), sum(length(bytes)) FROM versions GROUP BY writer;
ALTER TABLE conflicts RENAME TO conflicts_1;
CREATE TABLE conflicts(number INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, digest BLOB NOT NULL, writer TEXT NOT NULL,
  bytes BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX conflicts_of_version ON conflicts(sequence, digest);
CREATE TABLE conflict_counts(sequence INTEGER PRIMARY KEY, seen INTEGER NOT NULL) STRICT;
)";

std::string digest_of(std::string_view bytes) {
  const trust::Sha256Digest digest = trust::sha256(bytes);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Result<void> move(Database& database) {
  Statement each(database,
                 "SELECT versions.sequence, lanes.number, versions.collection, date_added, id, version, version_at, "
                 "spec_version, bytes FROM versions JOIN lanes ON lanes.collection=versions.collection AND "
                 "lanes.class=versions.class AND lanes.type=versions.type ORDER BY sequence");
  Statement insert(database, "INSERT INTO objects VALUES(?,?,?,?,?,?,?,?,?,?)");
  Statement post(database, "INSERT OR IGNORE INTO postings VALUES(?,?,?)");
  Statement uses(database, "SELECT used FROM uses WHERE sequence=? ORDER BY used");
  while (each.next()) {
    const std::int64_t sequence = each.integer(0);
    const std::int64_t lane = each.integer(1);
    const std::int64_t collection = each.integer(2);
    std::string keys;
    uses.reset();
    uses.number(sequence);
    while (uses.next()) {
      keys += key_of(KeyKind::uses, collection, uses.column(0)).view();
    }
    TRY_VOID(uses.done());
    insert.reset();
    TRY_VOID(insert.number(sequence)
                 .number(lane)
                 .number(each.integer(3))
                 .text(each.column(4))
                 .text(each.column(5))
                 .blob(each.column(6))
                 .text(each.column(7))
                 .blob(digest_of(each.column(8)))
                 .blob(keys)
                 .blob(each.column(8))
                 .done());
    keys += key_of(KeyKind::id, collection, each.column(4)).view();
    for (std::size_t at = 0; at < keys.size() / Key::size; ++at) {
      post.reset();
      TRY_VOID(post.number(key_at(keys, at).number()).number(lane).number(sequence).done());
    }
  }
  TRY_VOID(each.done());
  Statement conflicts(database, "SELECT sequence, writer, bytes FROM conflicts_1 ORDER BY number");
  Statement keep(database, "INSERT OR IGNORE INTO conflicts(sequence,digest,writer,bytes) VALUES(?,?,?,?)");
  while (conflicts.next()) {
    keep.reset();
    TRY_VOID(keep.number(conflicts.integer(0))
                 .blob(digest_of(conflicts.column(2)))
                 .text(conflicts.column(1))
                 .blob(conflicts.column(2))
                 .done());
  }
  return conflicts.done();
}

Result<void> change(Database& database) {
  TRY_VOID(move(database));
  return database.run(R"(
INSERT INTO conflict_counts SELECT sequence, count(*) FROM conflicts_1 GROUP BY sequence;
UPDATE clock SET conflict_bytes=coalesce((SELECT sum(length(bytes)) FROM conflicts), 0);
DROP TABLE conflicts_1;
DROP TABLE uses;
DROP TABLE versions;
CREATE INDEX objects_by_lane ON objects(lane);
)");
}

}  // namespace

extern const Migration migration_step_2;
const Migration migration_step_2{2, sql, change};

}  // namespace tocsin::store
