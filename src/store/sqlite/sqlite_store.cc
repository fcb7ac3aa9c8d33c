#include "store/sqlite/sqlite_store.h"

#include "store/sqlite/sqlite_store_class.h"

namespace tocsin::store {

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, bool create, const char* file_system) {
  auto store = std::make_unique<SqliteStore>();
  TRY_VOID(store->open(path, {.create = create, .vfs = file_system}));
  return store;
}

Result<std::unique_ptr<const Store>> open_sqlite_moment(const std::string& path) {
  auto store = std::make_unique<SqliteStore>();
  TRY_VOID(store->open_moment(path));
  return store;
}

}  // namespace tocsin::store
