#include "store/sqlite/migrations.h"

#include <array>

#include <fmt/format.h>

namespace tocsin::store {

#define STEP(name) extern const Migration migration_##name;
#include "store/sqlite/migrations.def"
#undef STEP

namespace {

constexpr std::int64_t application_id = 0x544F4353;  // "TOCS"

constexpr std::array steps = {
#define STEP(name) &migration_##name,
#include "store/sqlite/migrations.def"
#undef STEP
};

}  // namespace

std::int64_t newest_schema() { return static_cast<std::int64_t>(steps.size()); }

Result<void> migrate(Database& database, const std::string& path, bool create) {
  Transaction transaction(database);
  TRY_VOID(transaction.begin());
  TRY(const std::int64_t version, database.number("PRAGMA user_version"));
  TRY(const std::int64_t application, database.number("PRAGMA application_id"));
  TRY(const std::int64_t tables, database.number("SELECT count(*) FROM sqlite_schema"));
  const bool empty = version == 0 && application == 0 && tables == 0;
  if (empty ? !create : application != application_id || version <= 0) {
    return failure(ErrorCode::damaged, "this is no node's database", {path});
  }
  if (version > newest_schema()) {
    return failure(ErrorCode::damaged,
                   fmt::format("a newer version of the program made this database (schema {}, this program knows {})",
                               version, newest_schema()),
                   {path}, "use that version; a schema never goes back");
  }
  if (version == newest_schema()) {
    return transaction.commit();
  }
  for (std::int64_t at = version; at < newest_schema(); ++at) {
    const Migration& step = *steps[static_cast<std::size_t>(at)];
    TRY_VOID(database.run(step.sql));
    if (step.change != nullptr) {
      TRY_VOID(step.change(database));
    }
  }
  TRY_VOID(database.run(
      fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", application_id, newest_schema()).c_str()));
  return transaction.commit();
}

}  // namespace tocsin::store
