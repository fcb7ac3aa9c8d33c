// Discovery, API roots, collections, users and status resources.
#include <utility>

#include "store/sqlite/sqlite_store_class.h"

namespace tocsin::store {
namespace {

Result<std::vector<User>> users_where(Database& database, std::optional<std::string_view> name) {
  constexpr std::string_view all =
      "SELECT name, password_hash, organisation, client_of, communities, objects_max, bytes_max FROM users "
      "ORDER BY name";
  constexpr std::string_view one =
      "SELECT name, password_hash, organisation, client_of, communities, objects_max, bytes_max FROM users "
      "WHERE name=?";
  Statement ask(database, name ? one : all);
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
    user.objects_max = static_cast<std::uint64_t>(ask.integer(5));
    user.bytes_max = static_cast<std::uint64_t>(ask.integer(6));
    out.push_back(std::move(user));
  }
  TRY_VOID(ask.done());
  for (User& user : out) {
    Statement grants(database, "SELECT root, collection, read, write FROM grants WHERE user=? ORDER BY place");
    grants.text(user.name);
    while (grants.next()) {
      user.grants.push_back({std::string(grants.column(0)), std::string(grants.column(1)), grants.integer(2) != 0,
                             grants.integer(3) != 0});
    }
    TRY_VOID(grants.done());
  }
  return out;
}

}  // namespace

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

Result<Discovery> SqliteStore::discovery() const {
  TRY(const Connections::Reader reader, connections_.reader());
  Statement ask(reader.database(), "SELECT title, description, contact, default_root FROM discovery");
  Discovery out;
  while (ask.next()) {
    out = {std::string(ask.column(0)), std::string(ask.column(1)), std::string(ask.column(2)),
           std::string(ask.column(3))};
  }
  TRY_VOID(ask.done());
  return out;
}

Result<void> SqliteStore::set_discovery(const Discovery& discovery) {
  const Connections::Writer writer = connections_.writer();
  Statement put(writer.database(), "INSERT OR REPLACE INTO discovery VALUES(1,?,?,?,?)");
  return put.text(discovery.title)
      .text(discovery.description)
      .text(discovery.contact)
      .text(discovery.default_root)
      .done();
}

Result<std::vector<ApiRoot>> SqliteStore::roots() const {
  TRY(const Connections::Reader reader, connections_.reader());
  Statement ask(reader.database(), "SELECT name, title, description, max_content_length FROM roots ORDER BY name");
  std::vector<ApiRoot> out;
  while (ask.next()) {
    out.push_back({std::string(ask.column(0)), std::string(ask.column(1)), std::string(ask.column(2)),
                   static_cast<std::uint64_t>(ask.integer(3))});
  }
  TRY_VOID(ask.done());
  return out;
}

Result<void> SqliteStore::put_root(const ApiRoot& root) {
  const Connections::Writer writer = connections_.writer();
  Statement put(writer.database(), "INSERT OR REPLACE INTO roots VALUES(?,?,?,?)");
  return put.text(root.name)
      .text(root.title)
      .text(root.description)
      .number(static_cast<std::int64_t>(root.max_content_length))
      .done();
}

Result<std::vector<Collection>> SqliteStore::collections(std::string_view root) const {
  TRY(const Connections::Reader reader, connections_.reader());
  Statement ask(reader.database(),
                "SELECT root, id, title, description, alias, can_read, can_write, media_types "
                "FROM collections WHERE root=? AND root<>'' ORDER BY id");
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

Result<void> SqliteStore::put_collection(const Collection& one) {
  const Connections::Writer writer = connections_.writer();
  Statement put(writer.database(),
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

// Its row stays, under no name: numbers of collections stand in keys, and must never mean another one.
Result<bool> SqliteStore::close_collection(CollectionName collection) {
  const Connections::Writer writer = connections_.writer();
  Transaction transaction(writer.database());
  TRY_VOID(transaction.begin());
  TRY(const std::int64_t number, collection_number(writer.database(), collection));
  if (number == 0) {
    return false;
  }
  TRY_VOID(Statement(writer.database(),
                     "UPDATE collections SET root='', id=CAST(number AS TEXT), title='', description='', alias='', "
                     "can_read=0, can_write=0, media_types='' WHERE number=?")
               .number(number)
               .done());
  TRY_VOID(Statement(writer.database(), "DELETE FROM grants WHERE root=? AND collection=?")
               .text(collection.root)
               .text(collection.id)
               .done());
  TRY_VOID(transaction.commit());
  return true;
}

Result<std::vector<User>> SqliteStore::users() const {
  TRY(const Connections::Reader reader, connections_.reader());
  return users_where(reader.database(), std::nullopt);
}

Result<std::optional<User>> SqliteStore::user(std::string_view name) const {
  TRY(const Connections::Reader reader, connections_.reader());
  TRY(std::vector<User> found, users_where(reader.database(), name));
  return found.empty() ? std::optional<User>() : std::optional<User>(std::move(found.front()));
}

Result<void> SqliteStore::put_user(const User& user) {
  const Connections::Writer writer = connections_.writer();
  Transaction transaction(writer.database());
  TRY_VOID(transaction.begin());
  TRY_VOID(Statement(writer.database(), "DELETE FROM users WHERE name=?").text(user.name).done());
  TRY_VOID(Statement(writer.database(),
                     "INSERT INTO users(name,password_hash,organisation,client_of,communities,objects_max,"
                     "bytes_max) VALUES(?,?,?,?,?,?,?)")
               .text(user.name)
               .text(user.password_hash)
               .text(user.organisation)
               .text(joined(user.client_of))
               .text(joined(user.communities))
               .number(static_cast<std::int64_t>(user.objects_max))
               .number(static_cast<std::int64_t>(user.bytes_max))
               .done());
  for (std::size_t at = 0; at < user.grants.size(); ++at) {
    const Grant& grant = user.grants[at];
    TRY_VOID(Statement(writer.database(), "INSERT INTO grants VALUES(?,?,?,?,?,?)")
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

Result<bool> SqliteStore::remove_user(std::string_view name) {
  const Connections::Writer writer = connections_.writer();
  TRY_VOID(Statement(writer.database(), "DELETE FROM users WHERE name=?").text(name).done());
  return sqlite3_changes(writer.database().handle()) != 0;
}

Result<void> SqliteStore::put_status(const Status& status) {
  const Connections::Writer writer = connections_.writer();
  return Statement(writer.database(), "INSERT OR REPLACE INTO statuses VALUES(?,?,?,?,?)")
      .text(status.root)
      .text(status.id)
      .text(status.owner)
      .number(status.requested.ticks)
      .text(status.json)
      .done();
}

Result<std::optional<Status>> SqliteStore::status(std::string_view root, std::string_view id) const {
  TRY(const Connections::Reader reader, connections_.reader());
  Statement ask(reader.database(), "SELECT owner, requested, json FROM statuses WHERE root=? AND id=?");
  ask.text(root).text(id);
  std::optional<Status> out;
  while (ask.next()) {
    out = Status{std::string(root), std::string(id), std::string(ask.column(0)), Time{ask.integer(1)},
                 std::string(ask.column(2))};
  }
  TRY_VOID(ask.done());
  return out;
}

Result<void> SqliteStore::expire_statuses(Time before) {
  const Connections::Writer writer = connections_.writer();
  return Statement(writer.database(), "DELETE FROM statuses WHERE requested<?").number(before.ticks).done();
}

}  // namespace tocsin::store
