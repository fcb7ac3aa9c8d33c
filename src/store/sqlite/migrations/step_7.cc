// Schema 7: the keys of ids that have, or once had, several versions, so that most pages need not look for others.
#include "store/sqlite/keys.h"
#include "store/sqlite/migrations.h"

namespace tocsin::store {
namespace {

Result<void> fill(Database& database) {
  Statement each(database,
                 "SELECT lanes.collection, objects.id FROM objects JOIN lanes ON lanes.number=objects.lane "
                 "GROUP BY lanes.collection, objects.id HAVING count(*)>1");
  Statement insert(database, "INSERT OR IGNORE INTO repeated VALUES(?)");
  while (each.next()) {
    insert.reset();
    TRY_VOID(insert.number(key_of(KeyKind::id, each.integer(0), each.column(1)).number()).done());
  }
  return each.done();
}

}  // namespace

extern const Migration migration_step_7;
const Migration migration_step_7{7, "CREATE TABLE repeated(key INTEGER PRIMARY KEY) STRICT", fill};

}  // namespace tocsin::store
