// Writing versions: one commit with its sequences, date, index and accounts; and removing them.
#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "store/limits.h"
#include "store/sqlite/keys.h"
#include "store/sqlite/log_tables.h"
#include "store/sqlite/sqlite_store_class.h"
#include "trust/digest.h"

namespace tocsin::store {
namespace {

std::string_view view(const trust::Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// What a writer has and may have, while a commit is made.
struct Account {
  Usage usage;
  std::uint64_t objects_max = 0, bytes_max = 0;
  bool changed = false;
  bool room_for(std::uint64_t bytes) const {
    return (objects_max == 0 || usage.objects < objects_max) &&
           (bytes_max == 0 || (bytes <= bytes_max && usage.bytes <= bytes_max - bytes));
  }
};

// One commit while it is made; the statements are prepared once for all of it.
class Commit {
 public:
  Commit(Connection& connection, std::int64_t collection, const IdFilter& filter)
      : database_(connection.database),
        collection_(collection),
        filter_(filter),
        posted_(database_,
                "SELECT sequence FROM fresh_postings WHERE key=?1 UNION ALL "
                "SELECT sequence FROM postings WHERE key=?1"),
        other_(database_, "SELECT id, version, version_at, digest FROM objects WHERE sequence=?"),
        insert_(database_, "INSERT INTO objects VALUES(?,?,?,?,?,?,?,?,?,?)"),
        post_(database_, "INSERT OR IGNORE INTO postings VALUES(?,?,?)"),
        post_fresh_(database_, "INSERT OR IGNORE INTO fresh_postings VALUES(?,?,?)"),
        repeat_(database_, "INSERT OR IGNORE INTO repeated VALUES(?)") {}

  Result<void> begin(Time now) {
    Statement clock(database_, "SELECT last, sequence, conflict_bytes, fresh FROM clock");
    if (!clock.next()) {
      return database_.failed("reading the clock");
    }
    // Later than every commit before, also those whose versions are gone: a poller by added_after misses none.
    date_ = std::max(now.ticks - now.ticks % ticks_per_millisecond, clock.integer(0) + ticks_per_millisecond);
    last_ = clock.integer(0);
    sequence_ = clock.integer(1);
    conflict_bytes_ = clock.integer(2);
    fresh_ = clock.integer(3);
    addition_.emplace(filter_, sequence_);
    return {};
  }

  Result<Put> put(const NewVersion& version, const trust::Sha256Digest& digest) {
    if (version.bytes.size() > limits::object_bytes_max) {
      return Put::too_large;
    }
    const Key id = key_of(KeyKind::id, collection_, version.id);
    const std::string_view instant(reinterpret_cast<const char*>(&version.version_at), sizeof version.version_at);
    id_is_known_ = false;
    std::int64_t same = 0;
    if (!addition_->excludes(id.number())) {
      TRY(same, same_version(version, id, instant, digest));
    }
    if (version.only_new && id_is_known_) {
      return Put::known;
    }
    if (same != 0) {
      if (same_digest_) {
        return Put::present;
      }
      TRY_VOID(keep_aside(version, digest, same));
      return Put::conflict;
    }
    TRY(Account * account, account_of(version.writer));
    if (!account->room_for(version.bytes.size())) {
      return Put::over_quota;
    }
    TRY(const std::int64_t lane, lane_for(version));
    const Time added = version.date_added.value_or(Time{date_});
    last_ = std::max(last_, added.ticks);
    ++sequence_;
    if (added.ticks != commit_date_) {
      TRY_VOID(note_commit());
      commit_date_ = added.ticks;
    }
    commit_last_ = sequence_;
    const stix::Instant shown = version.version.empty() ? stix::from_time(added) : version.version_at;
    keys_of(version);
    insert_.reset();
    TRY_VOID(insert_.number(sequence_)
                 .number(lane)
                 .number(added.ticks)
                 .borrowed_text(version.id)
                 .borrowed_text(version.version)
                 .borrowed({reinterpret_cast<const char*>(&shown), sizeof shown})
                 .borrowed_text(version.spec_version)
                 .borrowed(view(digest))
                 .borrowed(keys_)
                 .borrowed(version.bytes)
                 .done());
    insert_.reset();
    TRY_VOID(post(post_fresh_, id, lane));
    addition_->add(id.number());
    ++fresh_;
    if (id_is_known_) {
      repeat_.reset();
      TRY_VOID(repeat_.number(id.number()).done());
    }
    for (std::size_t at = 0; at < keys_.size() / Key::size; ++at) {
      const bool shared = at < shared_;
      TRY_VOID(post(shared ? post_ : post_fresh_, key_at(keys_, at), lane));
      fresh_ += shared ? 0 : 1;
    }
    if (!version.log.empty()) {
      logged_[version.log].push_back({sequence_, version.salt, trust::log_entry(digest, version.salt)});
    }
    ++account->usage.objects;
    account->usage.bytes += version.bytes.size();
    account->changed = true;
    changed_ = true;
    return Put::stored;
  }

  // Writes what the versions leave behind besides themselves, and makes the commit.
  Result<void> end(Transaction& transaction) {
    TRY_VOID(note_commit());
    for (const auto& [writer, account] : accounts_) {
      if (account.changed) {
        TRY_VOID(Statement(database_, "INSERT OR REPLACE INTO usage VALUES(?,?,?)")
                     .text(writer)
                     .number(static_cast<std::int64_t>(account.usage.objects))
                     .number(static_cast<std::int64_t>(account.usage.bytes))
                     .done());
      }
    }
    for (const auto& [log, versions] : logged_) {
      TRY_VOID(append_to_log(database_, log, versions));
    }
    if (fresh_ >= limits::fresh_postings_max) {
      TRY_VOID(Statement(database_,
                         "INSERT OR IGNORE INTO postings SELECT key, lane, sequence FROM fresh_postings "
                         "ORDER BY key, lane, sequence")
                   .done());
      TRY_VOID(Statement(database_, "DELETE FROM fresh_postings").done());
      fresh_ = 0;
    }
    if (changed_) {
      TRY_VOID(Statement(database_, "UPDATE clock SET last=?, sequence=?, conflict_bytes=?, fresh=?")
                   .number(last_)
                   .number(sequence_)
                   .number(conflict_bytes_)
                   .number(fresh_)
                   .done());
    }
    return addition_->commit(transaction, sequence_);
  }

 private:
  // The sequence of the version that stands under this id and version; 0: none. Says whether it has the same bytes, and
  // whether anything stands under this id.
  Result<std::int64_t> same_version(const NewVersion& version, const Key& id, std::string_view instant,
                                    const trust::Sha256Digest& digest) {
    posted_.reset();
    posted_.number(id.number());
    std::int64_t found = 0;
    while (found == 0 && posted_.next()) {
      id_is_known_ = true;
      const std::int64_t sequence = posted_.integer(0);
      if (std::ranges::find(version.unseen, static_cast<Sequence>(sequence)) != version.unseen.end()) {
        continue;
      }
      other_.reset();
      other_.number(sequence);
      if (other_.next() && other_.column(0) == version.id && other_.column(1).empty() == version.version.empty() &&
          (version.version.empty() || other_.column(2) == instant)) {
        found = sequence;
        same_digest_ = other_.column(3) == view(digest);
      }
      TRY_VOID(other_.done());
    }
    TRY_VOID(posted_.done());
    other_.reset();
    posted_.reset();
    return found;
  }

  Result<void> keep_aside(const NewVersion& version, const trust::Sha256Digest& digest, std::int64_t sequence) {
    TRY_VOID(
        Statement(database_, "INSERT INTO conflict_counts VALUES(?,1) ON CONFLICT(sequence) DO UPDATE SET seen=seen+1")
            .number(sequence)
            .done());
    changed_ = true;
    const auto size = static_cast<std::int64_t>(version.bytes.size());
    if (size > static_cast<std::int64_t>(limits::conflict_bytes_max) - conflict_bytes_) {
      return {};
    }
    Statement keep(database_,
                   "INSERT OR IGNORE INTO conflicts(sequence,digest,writer,bytes) SELECT ?,?,?,? "
                   "WHERE (SELECT count(*) FROM conflicts WHERE sequence=?)<?");
    TRY_VOID(keep.number(sequence)
                 .borrowed(view(digest))
                 .borrowed_text(version.writer)
                 .borrowed(version.bytes)
                 .number(sequence)
                 .number(static_cast<std::int64_t>(limits::conflicts_of_version_max))
                 .done());
    conflict_bytes_ += sqlite3_changes(database_.handle()) != 0 ? size : 0;
    return {};
  }

  Result<Account*> account_of(const std::string& writer) {
    const auto [found, added] = accounts_.try_emplace(writer);
    Account& account = found->second;
    if (added) {
      Statement used(database_, "SELECT objects, bytes FROM usage WHERE writer=?");
      used.text(writer);
      if (used.next()) {
        account.usage = {static_cast<std::uint64_t>(used.integer(0)), static_cast<std::uint64_t>(used.integer(1))};
      }
      TRY_VOID(used.done());
      Statement user(database_, "SELECT objects_max, bytes_max FROM users WHERE name=?");
      user.text(writer);
      if (user.next()) {
        account.objects_max = static_cast<std::uint64_t>(user.integer(0));
        account.bytes_max = static_cast<std::uint64_t>(user.integer(1));
      }
      TRY_VOID(user.done());
    }
    return &account;
  }

  Result<std::int64_t> lane_for(const NewVersion& version) {
    lane_name_.assign(version.release).push_back('\0');
    lane_name_.append(version.writer).push_back('\0');
    lane_name_ += version.type;
    if (const auto known = lanes_.find(lane_name_); known != lanes_.end()) {
      return known->second;
    }
    TRY(const std::int64_t release_class, class_for(version));
    TRY_VOID(Statement(database_, "INSERT OR IGNORE INTO lanes(collection,class,type) VALUES(?,?,?)")
                 .number(collection_)
                 .number(release_class)
                 .text(version.type)
                 .done());
    Statement ask(database_, "SELECT number FROM lanes WHERE collection=? AND class=? AND type=?");
    ask.number(collection_).number(release_class).text(version.type);
    const std::int64_t out = ask.next() ? ask.integer(0) : 0;
    TRY_VOID(ask.done());
    lanes_.emplace(lane_name_, out);
    return out;
  }
  Result<std::int64_t> class_for(const NewVersion& version) {
    Statement ask(database_, "SELECT id FROM classes WHERE collection=? AND release=? AND writer=?");
    ask.number(collection_).text(version.release).text(version.writer);
    if (ask.next()) {
      return ask.integer(0);
    }
    TRY_VOID(ask.done());
    Statement next(database_, "SELECT coalesce(max(id)+1,0) FROM classes WHERE collection=?");
    next.number(collection_);
    const std::int64_t id = next.next() ? next.integer(0) : 0;
    TRY_VOID(next.done());
    TRY_VOID(Statement(database_, "INSERT INTO classes(collection,id,release,writer) VALUES(?,?,?,?)")
                 .number(collection_)
                 .number(id)
                 .text(version.release)
                 .text(version.writer)
                 .done());
    return id;
  }

  // What many objects of a commit share is hashed once.
  const Key& shared_key(KeyKind kind, std::string_view text) {
    key_name_.assign(1, static_cast<char>(kind));
    key_name_ += text;
    const auto [found, added] = shared_keys_.try_emplace(key_name_);
    if (added) {
      found->second = key_of(kind, collection_, text);
    }
    return found->second;
  }
  void keys_of(const NewVersion& version) {
    keys_.clear();
    for (std::size_t at = 0; at < std::min(version.uses.size(), limits::uses_max); ++at) {
      keys_ += shared_key(KeyKind::uses, version.uses[at]).view();
    }
    if (!version.author.empty()) {
      keys_ += shared_key(KeyKind::author, version.author).view();
    }
    shared_ = keys_.size() / Key::size;
    for (std::size_t at = 0; at < std::min(version.values.size(), limits::values_max); ++at) {
      keys_ += key_of(KeyKind::value, collection_, version.values[at]).view();
    }
  }
  Result<void> post(Statement& into, const Key& key, std::int64_t lane) {
    into.reset();
    return into.number(key.number()).number(lane).number(sequence_).done();
  }
  // The commit that ends here, for last_at.
  Result<void> note_commit() {
    if (commit_last_ == 0) {
      return {};
    }
    return Statement(database_,
                     "INSERT INTO commits VALUES(?,?,?) ON CONFLICT(collection,date_added) DO UPDATE SET "
                     "sequence=excluded.sequence")
        .number(collection_)
        .number(commit_date_)
        .number(std::exchange(commit_last_, 0))
        .done();
  }

  Database& database_;
  std::int64_t collection_;
  const IdFilter& filter_;
  std::optional<IdFilter::Addition> addition_;  // from begin() on
  Statement posted_, other_, insert_, post_, post_fresh_, repeat_;
  std::int64_t date_ = 0, last_ = 0, sequence_ = 0, conflict_bytes_ = 0, fresh_ = 0;
  std::int64_t commit_date_ = 0, commit_last_ = 0;
  bool changed_ = false, same_digest_ = false, id_is_known_ = false;
  std::map<std::string, Account, std::less<>> accounts_;
  std::map<std::string, std::vector<LoggedVersion>> logged_;
  boost::unordered_flat_map<std::string, std::int64_t> lanes_;
  boost::unordered_flat_map<std::string, Key> shared_keys_;
  std::string lane_name_, key_name_, keys_;
  std::size_t shared_ = 0;  // of the keys: those that many versions have
};

}  // namespace

Result<std::vector<Put>> SqliteStore::put(CollectionName name, std::span<const NewVersion> versions, Time now) {
  // Before the one who writes is waited for.
  std::vector<trust::Sha256Digest> digests(versions.size());
  std::ranges::transform(versions, digests.begin(), [](const NewVersion& one) { return trust::sha256(one.bytes); });
  const Connections::Writer writer = connections_.writer();
  Transaction transaction(writer.database());
  TRY_VOID(transaction.begin());
  TRY(const std::int64_t collection, collection_number(writer.database(), name));
  if (collection == 0) {
    return failure(ErrorCode::not_found, "there is no such collection");
  }
  std::vector<Put> out;
  out.reserve(versions.size());
  {
    Commit commit(*writer, collection, filter_);
    TRY_VOID(commit.begin(now));
    for (std::size_t at = 0; at < versions.size(); ++at) {
      TRY(const Put one, commit.put(versions[at], digests[at]));
      out.push_back(one);
    }
    TRY_VOID(commit.end(transaction));
  }
  return out;
}

namespace {

// One version with everything that is kept of it, inside a transaction. False: it is not there. `for_ever`: no other
// version of its object will be there.
Result<bool> remove_version(Database& database, std::int64_t sequence, bool for_ever) {
  Statement ask(database, "SELECT lane, id, keys, length(bytes) FROM objects WHERE sequence=?");
  ask.number(sequence);
  if (!ask.next()) {
    TRY_VOID(ask.done());
    return false;
  }
  const std::int64_t lane_number = ask.integer(0);
  Statement where(database,
                  "SELECT lanes.collection, classes.writer FROM lanes JOIN classes "
                  "ON classes.collection=lanes.collection AND classes.id=lanes.class WHERE number=?");
  where.number(lane_number);
  if (!where.next()) {
    return failure(ErrorCode::damaged, "a version stands in a lane that is not there");
  }
  const Key id = key_of(KeyKind::id, where.integer(0), ask.column(1));
  if (for_ever) {
    TRY_VOID(Statement(database, "DELETE FROM repeated WHERE key=?").number(id.number()).done());
  }
  std::string keys(id.view());
  keys += ask.column(2);
  for (std::size_t at = 0; at < keys.size() / Key::size; ++at) {
    for (const std::string_view sql : {"DELETE FROM postings WHERE key=? AND lane=? AND sequence=?",
                                       "DELETE FROM fresh_postings WHERE key=? AND lane=? AND sequence=?"}) {
      TRY_VOID(Statement(database, sql).number(key_at(keys, at).number()).number(lane_number).number(sequence).done());
    }
  }
  TRY_VOID(Statement(database, "UPDATE usage SET objects=objects-1, bytes=bytes-? WHERE writer=?")
               .number(ask.integer(3))
               .text(where.column(1))
               .done());
  TRY_VOID(Statement(database,
                     "UPDATE clock SET conflict_bytes=conflict_bytes-"
                     "(SELECT coalesce(sum(length(bytes)),0) FROM conflicts WHERE sequence=?)")
               .number(sequence)
               .done());
  TRY_VOID(Statement(database, "DELETE FROM conflicts WHERE sequence=?").number(sequence).done());
  TRY_VOID(Statement(database, "DELETE FROM conflict_counts WHERE sequence=?").number(sequence).done());
  // What is deleted stays in its page until that is used again: the salt is overwritten first.
  TRY_VOID(Statement(database, "UPDATE log_places SET salt=zeroblob(32) WHERE sequence=?").number(sequence).done());
  TRY_VOID(Statement(database, "DELETE FROM log_places WHERE sequence=?").number(sequence).done());
  ask.reset();
  TRY_VOID(Statement(database, "DELETE FROM objects WHERE sequence=?").number(sequence).done());
  return true;
}

}  // namespace

Result<std::size_t> SqliteStore::remove(CollectionName, std::span<const RecordPointer> records) {
  const Connections::Writer writer = connections_.writer();
  Transaction transaction(writer.database());
  TRY_VOID(transaction.begin());
  std::size_t gone = 0;
  for (const RecordPointer& record : records) {
    TRY(const bool there, remove_version(writer.database(), static_cast<std::int64_t>(record->sequence), false));
    gone += there ? 1 : 0;
  }
  TRY_VOID(transaction.commit());
  return gone;
}

Result<std::size_t> SqliteStore::remove_closed(std::size_t most) {
  const Connections::Writer writer = connections_.writer();
  Database& database = writer.database();
  Transaction transaction(database);
  TRY_VOID(transaction.begin());
  std::vector<std::int64_t> sequences;
  Statement ask(database,
                "SELECT objects.sequence FROM collections CROSS JOIN lanes ON lanes.collection=collections.number "
                "CROSS JOIN objects ON objects.lane=lanes.number WHERE collections.root='' LIMIT ?");
  ask.number(static_cast<std::int64_t>(most));
  while (ask.next()) {
    sequences.push_back(ask.integer(0));
  }
  TRY_VOID(ask.done());
  ask.reset();
  for (const std::int64_t sequence : sequences) {
    TRY([[maybe_unused]] const bool there, remove_version(database, sequence, true));
  }
  if (sequences.size() < most) {
    TRY_VOID(
        database.run("DELETE FROM lanes WHERE collection IN (SELECT number FROM collections WHERE root='');"
                     "DELETE FROM classes WHERE collection IN (SELECT number FROM collections WHERE root='');"
                     "DELETE FROM commits WHERE collection IN (SELECT number FROM collections WHERE root='')"));
  }
  TRY_VOID(transaction.commit());
  return sequences.size();
}

}  // namespace tocsin::store
