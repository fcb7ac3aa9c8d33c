#include "store/sqlite/sqlite_store.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "store/sqlite/database.h"

namespace tocsin::store {
namespace {

constexpr std::int64_t application_id = 0x544F4353;  // "TOCS"
constexpr std::int64_t schema_version = 1;
constexpr std::int64_t ticks_per_millisecond = Time::ticks_per_second / 1000;

// Forward-only: a later version adds a step and never changes this one.
constexpr const char* schema_1 = R"(
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
)";

std::string joined(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) {
    out += value;
    out += '\n';
  }
  return out;
}

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

std::string packed(stix::Instant instant) {
  return std::string(reinterpret_cast<const char*>(&instant), sizeof instant);
}

stix::Instant unpacked(std::string_view bytes) {
  stix::Instant instant = 0;
  if (bytes.size() == sizeof instant) {
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(&instant));
  }
  return instant;
}

constexpr std::string_view record_columns =
    "SELECT sequence, class, date_added, id, type, version, version_at, spec_version, writer, bytes FROM versions ";

RecordPointer record_of(const Statement& row) {
  auto out = std::make_shared<Record>();
  out->sequence = static_cast<Sequence>(row.integer(0));
  out->release_class = static_cast<std::uint32_t>(row.integer(1));
  out->date_added = Time{row.integer(2)};
  out->id = row.column(3);
  out->type = row.column(4);
  out->version = row.column(5);
  out->version_at = unpacked(row.column(6));
  out->spec_version = row.column(7);
  out->writer = row.column(8);
  out->bytes = row.column(9);
  return out;
}

class SqliteStore final : public Store {
 public:
  Result<void> open(const std::string& path, bool create) {
    TRY_VOID(database_.open(path, create));
    Transaction transaction(database_);
    TRY_VOID(transaction.begin());
    TRY(const std::int64_t version, pragma("PRAGMA user_version"));
    TRY(const std::int64_t application, pragma("PRAGMA application_id"));
    if (version == 0 && create) {
      TRY_VOID(database_.run(schema_1));
      TRY_VOID(database_.run(
          fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", application_id, schema_version).c_str()));
    } else if (application != application_id || version == 0 || version > schema_version) {
      return failure(
          ErrorCode::damaged,
          version > schema_version ? "a newer version of the program made this database" : "this is no node's database",
          {path});
    }
    return transaction.commit();
  }

  Result<Discovery> discovery() const override {
    const std::scoped_lock lock(mutex_);
    Statement ask(database_, "SELECT title, description, contact, default_root FROM discovery");
    Discovery out;
    while (ask.next()) {
      out = {std::string(ask.column(0)), std::string(ask.column(1)), std::string(ask.column(2)),
             std::string(ask.column(3))};
    }
    TRY_VOID(ask.done());
    return out;
  }
  Result<void> set_discovery(const Discovery& discovery) override {
    const std::scoped_lock lock(mutex_);
    Statement put(database_, "INSERT OR REPLACE INTO discovery VALUES(1,?,?,?,?)");
    return put.text(discovery.title)
        .text(discovery.description)
        .text(discovery.contact)
        .text(discovery.default_root)
        .done();
  }
  Result<std::vector<ApiRoot>> roots() const override {
    const std::scoped_lock lock(mutex_);
    Statement ask(database_, "SELECT name, title, description, max_content_length FROM roots ORDER BY name");
    std::vector<ApiRoot> out;
    while (ask.next()) {
      out.push_back({std::string(ask.column(0)), std::string(ask.column(1)), std::string(ask.column(2)),
                     static_cast<std::uint64_t>(ask.integer(3))});
    }
    TRY_VOID(ask.done());
    return out;
  }
  Result<void> put_root(const ApiRoot& root) override {
    const std::scoped_lock lock(mutex_);
    Statement put(database_, "INSERT OR REPLACE INTO roots VALUES(?,?,?,?)");
    return put.text(root.name)
        .text(root.title)
        .text(root.description)
        .number(static_cast<std::int64_t>(root.max_content_length))
        .done();
  }
  Result<std::vector<Collection>> collections(std::string_view root) const override {
    const std::scoped_lock lock(mutex_);
    Statement ask(database_,
                  "SELECT root, id, title, description, alias, can_read, can_write, media_types "
                  "FROM collections WHERE root=? ORDER BY id");
    ask.text(root);
    std::vector<Collection> out;
    while (ask.next()) {
      Collection one;
      one.root = ask.column(0);
      one.id = ask.column(1);
      one.title = ask.column(2);
      one.description = ask.column(3);
      one.alias = ask.column(4);
      one.can_read = ask.integer(5) != 0;
      one.can_write = ask.integer(6) != 0;
      one.media_types = lines(ask.column(7));
      out.push_back(std::move(one));
    }
    TRY_VOID(ask.done());
    return out;
  }
  Result<void> put_collection(const Collection& one) override {
    const std::scoped_lock lock(mutex_);
    Statement put(database_,
                  "INSERT INTO collections(root,id,title,description,alias,can_read,can_write,media_types) "
                  "VALUES(?,?,?,?,?,?,?,?) ON CONFLICT(root,id) DO UPDATE SET title=excluded.title, "
                  "description=excluded.description, alias=excluded.alias, can_read=excluded.can_read, "
                  "can_write=excluded.can_write, media_types=excluded.media_types");
    return put.text(one.root)
        .text(one.id)
        .text(one.title)
        .text(one.description)
        .text(one.alias)
        .number(one.can_read ? 1 : 0)
        .number(one.can_write ? 1 : 0)
        .text(joined(one.media_types))
        .done();
  }
  Result<std::vector<User>> users() const override {
    const std::scoped_lock lock(mutex_);
    return users_where(std::nullopt);
  }
  Result<std::optional<User>> user(std::string_view name) const override {
    const std::scoped_lock lock(mutex_);
    TRY(std::vector<User> found, users_where(name));
    return found.empty() ? std::optional<User>() : std::optional<User>(std::move(found.front()));
  }
  Result<void> put_user(const User& user) override {
    const std::scoped_lock lock(mutex_);
    Transaction transaction(database_);
    TRY_VOID(transaction.begin());
    TRY_VOID(Statement(database_, "DELETE FROM users WHERE name=?").text(user.name).done());
    TRY_VOID(Statement(database_, "INSERT INTO users VALUES(?,?,?,?,?)")
                 .text(user.name)
                 .text(user.password_hash)
                 .text(user.organisation)
                 .text(joined(user.client_of))
                 .text(joined(user.communities))
                 .done());
    for (std::size_t at = 0; at < user.grants.size(); ++at) {
      const Grant& grant = user.grants[at];
      TRY_VOID(Statement(database_, "INSERT INTO grants VALUES(?,?,?,?,?,?)")
                   .text(user.name)
                   .number(static_cast<std::int64_t>(at))
                   .text(grant.root)
                   .text(grant.collection)
                   .number(grant.read ? 1 : 0)
                   .number(grant.write ? 1 : 0)
                   .done());
    }
    return transaction.commit();
  }
  Result<bool> remove_user(std::string_view name) override {
    const std::scoped_lock lock(mutex_);
    TRY_VOID(Statement(database_, "DELETE FROM users WHERE name=?").text(name).done());
    return sqlite3_changes(database_.handle()) != 0;
  }

  Result<std::vector<Put>> put(CollectionName name, std::span<const NewVersion> versions, Time now) override {
    const std::scoped_lock lock(mutex_);
    Transaction transaction(database_);
    TRY_VOID(transaction.begin());
    TRY(const std::int64_t collection, number_of(name));
    if (collection == 0) {
      return failure(ErrorCode::not_found, "there is no such collection");
    }
    // Later than every commit before, also those whose versions are gone: a poller by added_after misses none.
    TRY(const std::int64_t last, pragma("SELECT last FROM clock"));
    const std::int64_t date = std::max(now.ticks - now.ticks % ticks_per_millisecond, last + ticks_per_millisecond);
    std::int64_t latest = last;
    Statement same(database_,
                   "SELECT sequence, bytes FROM versions WHERE collection=? AND id=? AND "
                   "CASE WHEN ?='' THEN version='' ELSE version<>'' AND version_at=? END");
    Statement insert(database_,
                     "INSERT INTO versions(collection,class,date_added,id,type,version,version_at,"
                     "spec_version,writer,bytes) VALUES(?,?,?,?,?,?,?,?,?,?)");
    Statement use(database_, "INSERT INTO uses VALUES(?,?,?,?)");
    std::vector<Put> out;
    out.reserve(versions.size());
    for (const NewVersion& version : versions) {
      same.reset();
      same.number(collection).text(version.id).text(version.version).blob(packed(version.version_at));
      if (same.next()) {
        out.push_back(same.column(1) == version.bytes ? Put::present : Put::conflict);
        if (out.back() == Put::conflict) {
          TRY_VOID(Statement(database_, "INSERT INTO conflicts(sequence,writer,bytes) VALUES(?,?,?)")
                       .number(same.integer(0))
                       .text(version.writer)
                       .blob(version.bytes)
                       .done());
        }
        continue;
      }
      TRY_VOID(same.done());
      TRY(const std::int64_t release_class, class_of(collection, version));
      const Time added = version.date_added.value_or(Time{date});
      latest = std::max(latest, added.ticks);
      insert.reset();
      TRY_VOID(insert.number(collection)
                   .number(release_class)
                   .number(added.ticks)
                   .text(version.id)
                   .text(version.type)
                   .text(version.version)
                   .blob(packed(version.version.empty() ? stix::from_time(added) : version.version_at))
                   .text(version.spec_version)
                   .text(version.writer)
                   .blob(version.bytes)
                   .done());
      const std::int64_t sequence = sqlite3_last_insert_rowid(database_.handle());
      for (const std::string& used : version.uses) {
        use.reset();
        TRY_VOID(use.number(collection).text(used).number(release_class).number(sequence).done());
      }
      out.push_back(Put::stored);
    }
    same.reset();
    if (latest != last) {
      TRY_VOID(Statement(database_, "UPDATE clock SET last=?").number(latest).done());
    }
    TRY_VOID(transaction.commit());
    return out;
  }

  Result<std::vector<ReleaseClass>> classes(CollectionName name) const override {
    const std::scoped_lock lock(mutex_);
    TRY(const std::int64_t collection, number_of(name));
    Statement ask(database_, "SELECT id, release, writer FROM classes WHERE collection=? ORDER BY id");
    ask.number(collection);
    std::vector<ReleaseClass> out;
    while (ask.next()) {
      out.push_back(
          {static_cast<std::uint32_t>(ask.integer(0)), std::string(ask.column(1)), std::string(ask.column(2))});
    }
    TRY_VOID(ask.done());
    return out;
  }
  Result<std::vector<std::uint32_t>> classes_using(CollectionName name, std::string_view id) const override {
    const std::scoped_lock lock(mutex_);
    TRY(const std::int64_t collection, number_of(name));
    Statement ask(database_, "SELECT DISTINCT class FROM uses WHERE collection=? AND used=? ORDER BY class");
    ask.number(collection).text(id);
    std::vector<std::uint32_t> out;
    while (ask.next()) {
      out.push_back(static_cast<std::uint32_t>(ask.integer(0)));
    }
    TRY_VOID(ask.done());
    return out;
  }

  Result<void> scan(CollectionName name, Sequence after, const Selection& selection,
                    const std::function<bool(const RecordPointer&)>& visit) const override {
    const std::scoped_lock lock(mutex_);
    TRY(const std::int64_t collection, number_of(name));
    // One ordered walk of the index for each class, merged by sequence.
    std::vector<Statement> walks;
    for (const std::uint32_t release_class : selection.classes) {
      Statement walk(database_,
                     fmt::format("{}WHERE collection=? AND class=? AND sequence>? ORDER BY sequence", record_columns));
      walk.number(collection).number(release_class).number(static_cast<std::int64_t>(after));
      if (walk.next()) {
        walks.push_back(std::move(walk));
      } else {
        TRY_VOID(walk.done());
      }
    }
    while (!walks.empty()) {
      const auto first = std::ranges::min_element(walks, {}, [](const Statement& walk) { return walk.integer(0); });
      if ((selection.types.empty() || std::ranges::binary_search(selection.types, first->column(4))) &&
          !visit(record_of(*first))) {
        return {};
      }
      if (!first->next()) {
        TRY_VOID(first->done());
        std::swap(*first, walks.back());
        walks.pop_back();
      }
    }
    return {};
  }

  Result<std::vector<RecordPointer>> versions(CollectionName name, std::string_view id) const override {
    const std::scoped_lock lock(mutex_);
    TRY(const std::int64_t collection, number_of(name));
    Statement ask(database_, fmt::format("{}WHERE collection=? AND id=? ORDER BY sequence", record_columns));
    ask.number(collection).text(id);
    std::vector<RecordPointer> out;
    while (ask.next()) {
      out.push_back(record_of(ask));
    }
    TRY_VOID(ask.done());
    return out;
  }
  Result<Sequence> last_at(CollectionName name, Time time) const override {
    const std::scoped_lock lock(mutex_);
    TRY(const std::int64_t collection, number_of(name));
    Statement ask(database_,
                  "SELECT sequence FROM versions WHERE collection=? AND date_added<=? "
                  "ORDER BY date_added DESC, sequence DESC LIMIT 1");
    ask.number(collection).number(time.ticks);
    const Sequence out = ask.next() ? static_cast<Sequence>(ask.integer(0)) : 0;
    TRY_VOID(ask.done());
    return out;
  }
  Result<std::size_t> remove(CollectionName, std::span<const RecordPointer> records) override {
    const std::scoped_lock lock(mutex_);
    Transaction transaction(database_);
    TRY_VOID(transaction.begin());
    std::size_t gone = 0;
    for (const RecordPointer& record : records) {
      TRY_VOID(Statement(database_, "DELETE FROM versions WHERE sequence=?")
                   .number(static_cast<std::int64_t>(record->sequence))
                   .done());
      gone += static_cast<std::size_t>(sqlite3_changes(database_.handle()));
    }
    TRY_VOID(transaction.commit());
    return gone;
  }

  Result<void> put_status(const Status& status) override {
    const std::scoped_lock lock(mutex_);
    return Statement(database_, "INSERT OR REPLACE INTO statuses VALUES(?,?,?,?,?)")
        .text(status.root)
        .text(status.id)
        .text(status.owner)
        .number(status.requested.ticks)
        .text(status.json)
        .done();
  }
  Result<std::optional<Status>> status(std::string_view root, std::string_view id) const override {
    const std::scoped_lock lock(mutex_);
    Statement ask(database_, "SELECT owner, requested, json FROM statuses WHERE root=? AND id=?");
    ask.text(root).text(id);
    std::optional<Status> out;
    while (ask.next()) {
      out = Status{std::string(root), std::string(id), std::string(ask.column(0)), Time{ask.integer(1)},
                   std::string(ask.column(2))};
    }
    TRY_VOID(ask.done());
    return out;
  }
  Result<void> expire_statuses(Time before) override {
    const std::scoped_lock lock(mutex_);
    return Statement(database_, "DELETE FROM statuses WHERE requested<?").number(before.ticks).done();
  }

 private:
  Result<std::int64_t> pragma(std::string_view sql) const {
    Statement ask(database_, sql);
    const std::int64_t out = ask.next() ? ask.integer(0) : 0;
    TRY_VOID(ask.done());
    return out;
  }
  // 0: there is none.
  Result<std::int64_t> number_of(CollectionName name) const {
    Statement ask(database_, "SELECT number FROM collections WHERE root=? AND id=?");
    ask.text(name.root).text(name.id);
    const std::int64_t out = ask.next() ? ask.integer(0) : 0;
    TRY_VOID(ask.done());
    return out;
  }
  Result<std::int64_t> class_of(std::int64_t collection, const NewVersion& version) {
    Statement ask(database_, "SELECT id FROM classes WHERE collection=? AND release=? AND writer=?");
    ask.number(collection).text(version.release).text(version.writer);
    if (ask.next()) {
      return ask.integer(0);
    }
    TRY_VOID(ask.done());
    Statement next(database_, "SELECT coalesce(max(id)+1,0) FROM classes WHERE collection=?");
    next.number(collection);
    const std::int64_t id = next.next() ? next.integer(0) : 0;
    TRY_VOID(next.done());
    TRY_VOID(Statement(database_, "INSERT INTO classes VALUES(?,?,?,?)")
                 .number(collection)
                 .number(id)
                 .text(version.release)
                 .text(version.writer)
                 .done());
    return id;
  }
  Result<std::vector<User>> users_where(std::optional<std::string_view> name) const {
    Statement ask(database_, fmt::format("SELECT name, password_hash, organisation, client_of, communities FROM users "
                                         "{} ORDER BY name",
                                         name ? "WHERE name=?" : ""));
    if (name) {
      ask.text(*name);
    }
    std::vector<User> out;
    while (ask.next()) {
      User user;
      user.name = ask.column(0);
      user.password_hash = ask.column(1);
      user.organisation = ask.column(2);
      user.client_of = lines(ask.column(3));
      user.communities = lines(ask.column(4));
      out.push_back(std::move(user));
    }
    TRY_VOID(ask.done());
    for (User& user : out) {
      Statement grants(database_, "SELECT root, collection, read, write FROM grants WHERE user=? ORDER BY place");
      grants.text(user.name);
      while (grants.next()) {
        user.grants.push_back({std::string(grants.column(0)), std::string(grants.column(1)), grants.integer(2) != 0,
                               grants.integer(3) != 0});
      }
      TRY_VOID(grants.done());
    }
    return out;
  }

  mutable std::mutex mutex_;  // guards database_
  mutable Database database_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, bool create) {
  auto store = std::make_unique<SqliteStore>();
  TRY_VOID(store->open(path, create));
  return store;
}

}  // namespace tocsin::store
