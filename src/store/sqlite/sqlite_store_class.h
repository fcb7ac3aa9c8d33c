// SqliteStore: the methods of a Store over connections, each family in a file of its own. Include in this folder only.
#pragma once

#include <string>
#include <vector>

#include "store/sqlite/connections.h"
#include "store/sqlite/id_filter.h"
#include "store/sqlite/sqlite_store.h"

namespace tocsin::store {

class SqliteStore final : public Store {
 public:
  Result<void> open(const std::string& path, const Database::Options& options) {
    TRY_VOID(connections_.open(path, options));
    return filter_.start(connections_, connections_.writer().database(), options.vfs == nullptr);
  }
  Result<void> open_moment(const std::string& path) { return connections_.open_moment(path); }

  // admin.cc
  Result<Discovery> discovery() const override;
  Result<void> set_discovery(const Discovery& discovery) override;
  Result<std::vector<ApiRoot>> roots() const override;
  Result<void> put_root(const ApiRoot& root) override;
  Result<std::vector<Collection>> collections(std::string_view root) const override;
  Result<void> put_collection(const Collection& collection) override;
  Result<bool> close_collection(CollectionName collection) override;
  Result<std::vector<User>> users() const override;
  Result<std::optional<User>> user(std::string_view name) const override;
  Result<void> put_user(const User& user) override;
  Result<bool> remove_user(std::string_view name) override;
  Result<void> put_status(const Status& status) override;
  Result<std::optional<Status>> status(std::string_view root, std::string_view id) const override;
  Result<void> expire_statuses(Time before) override;

  // put.cc
  Result<std::vector<Put>> put(CollectionName collection, std::span<const NewVersion> versions, Time now) override;
  Result<std::size_t> remove(CollectionName collection, std::span<const RecordPointer> records) override;
  Result<std::size_t> remove_closed(std::size_t most) override;

  // logs.cc
  Result<std::uint64_t> log_size(std::string_view log) const override;
  Result<std::string> log_tile(std::string_view log, trust::TileName name) const override;
  Result<std::optional<LogPlace>> log_place(Sequence sequence) const override;
  Result<std::optional<std::string>> note(std::string_view name) const override;
  Result<bool> replace_note(std::string_view name, const std::optional<std::string>& expected,
                            std::string_view note) override;

  // read.cc
  Result<std::vector<ReleaseClass>> classes(CollectionName collection) const override;
  Result<std::vector<std::uint32_t>> classes_using(CollectionName collection, std::string_view id) const override;
  Result<void> scan(CollectionName collection, Sequence after, const Selection& selection,
                    const std::function<bool(const RecordPointer&)>& visit) const override;
  Result<std::vector<RecordPointer>> versions(CollectionName collection, std::string_view id) const override;
  Result<void> versions(CollectionName collection, std::span<const std::string_view> ids,
                        const std::function<void(std::size_t, const RecordPointer&)>& visit) const override;
  Result<std::vector<bool>> repeated(CollectionName collection, std::span<const std::string_view> ids) const override;
  Result<std::vector<RecordPointer>> find(CollectionName collection, const Search& search,
                                          const Selection& selection) const override;
  Result<Conflicts> conflicts(CollectionName collection, std::string_view id) const override;
  Result<Usage> usage(std::string_view writer) const override;
  Result<Sequence> last_at(CollectionName collection, Time time) const override;

 private:
  Connections connections_;
  IdFilter filter_;  // of `connections_`
};

// What several of these files ask.
inline constexpr std::int64_t ticks_per_millisecond = Time::ticks_per_second / 1000;
// 0: there is none.
Result<std::int64_t> collection_number(Database& database, CollectionName name);
// The lane of this number; from what the connection remembers where it was asked before.
Result<const Lane*> lane_of(Connection& connection, std::int64_t number);
// Lists of texts without line ends, as one text.
std::string joined(const std::vector<std::string>& values);
std::vector<std::string> lines(std::string_view text);

}  // namespace tocsin::store
