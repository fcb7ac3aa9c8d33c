// Reading versions: by release class and type in order, by id, by what an object uses, says or was written by.
#include <algorithm>
#include <cstring>
#include <utility>

#include "store/limits.h"
#include "store/sqlite/keys.h"
#include "store/sqlite/sqlite_store_class.h"

namespace tocsin::store {
namespace {

stix::Instant unpacked(std::string_view bytes) {
  stix::Instant instant = 0;
  if (bytes.size() == sizeof instant) {
    std::memcpy(&instant, bytes.data(), sizeof instant);
  }
  return instant;
}

// Versions by their sequence, one prepared statement for all. It stands on the last one: to go on to one that lies a
// little behind it costs less than to look for it.
class Records {
 public:
  explicit Records(Connection& connection)
      : connection_(connection),
        ask_(connection.database,
             "SELECT lane, date_added, id, version, version_at, spec_version, keys, bytes, sequence FROM objects "
             "WHERE sequence>=? ORDER BY sequence") {}
  // Null: there is none of this sequence, or `wanted` says no.
  template <class Wanted>
  Result<RecordPointer> get(Sequence sequence, const Wanted& wanted) {
    TRY(const bool found, stand_on(sequence));
    if (!found) {
      return RecordPointer();
    }
    auto out = std::make_shared<Record>();
    out->date_added = Time{ask_.integer(1)};
    out->id = ask_.column(2);
    if (!wanted(*out, ask_.column(6))) {
      return RecordPointer();
    }
    TRY(const Lane* lane, lane_of(connection_, ask_.integer(0)));
    out->sequence = sequence;
    out->release_class = static_cast<std::uint32_t>(lane->release_class);
    out->type = lane->type;
    out->writer = lane->writer;
    out->version = ask_.column(3);
    out->version_at = unpacked(ask_.column(4));
    out->spec_version = ask_.column(5);
    out->bytes = ask_.column(7);
    return RecordPointer(std::move(out));
  }

 private:
  Result<bool> stand_on(Sequence sequence) {
    constexpr Sequence near = 8;
    bool row = at_ != 0 && at_ <= sequence && sequence - at_ <= near;
    if (!row) {
      ask_.reset();
      ask_.number(static_cast<std::int64_t>(sequence));
      row = ask_.next();
      at_ = row ? static_cast<Sequence>(ask_.integer(8)) : 0;
    }
    while (row && at_ < sequence) {
      row = ask_.next();
      at_ = row ? static_cast<Sequence>(ask_.integer(8)) : 0;
    }
    if (!row) {
      TRY_VOID(ask_.done());
    }
    return row && at_ == sequence;
  }

  Connection& connection_;
  Statement ask_;
  Sequence at_ = 0;  // of the row on which the statement stands; 0: on none
};

constexpr auto any_record = [](const Record&, std::string_view) { return true; };

// The lanes of a collection that a selection names.
Result<std::vector<std::int64_t>> lanes_of(Database& database, std::int64_t collection, const Selection& selection) {
  Statement ask(database, "SELECT number, class, type FROM lanes WHERE collection=?");
  ask.number(collection);
  std::vector<std::int64_t> out;
  while (ask.next()) {
    if (std::ranges::binary_search(selection.classes, static_cast<std::uint32_t>(ask.integer(1))) &&
        (selection.types.empty() || std::ranges::binary_search(selection.types, ask.column(2)))) {
      out.push_back(ask.integer(0));
    }
  }
  TRY_VOID(ask.done());
  return out;
}

// Sequences of several lanes in one order. Each lane is read ahead a little, and more the longer it is walked.
class Merge {
 public:
  // `sql` gives the sequences of a lane behind one: its values are `key` where there is one, lane, sequence, how many.
  Merge(Database& database, std::string_view sql, std::optional<std::int64_t> key) : ask_(database, sql), key_(key) {}

  Result<void> start(const std::vector<std::int64_t>& lanes, Sequence after) {
    for (const std::int64_t lane : lanes) {
      Walk walk{.lane = lane, .last = static_cast<std::int64_t>(after)};
      TRY_VOID(fill(walk));
      if (!walk.ahead.empty()) {
        walks_.push_back(std::move(walk));
      }
    }
    std::ranges::make_heap(walks_, later);
    return {};
  }
  // 0 at the end.
  Result<Sequence> next() {
    if (walks_.empty()) {
      return Sequence{0};
    }
    std::ranges::pop_heap(walks_, later);
    Walk& first = walks_.back();
    const Sequence out = static_cast<Sequence>(first.ahead[first.at]);
    if (++first.at == first.ahead.size()) {
      TRY_VOID(fill(first));
    }
    if (first.ahead.empty()) {
      walks_.pop_back();
    } else {
      std::ranges::push_heap(walks_, later);
    }
    return out;
  }

 private:
  struct Walk {
    std::int64_t lane = 0, last = 0;
    std::vector<std::int64_t> ahead = {};
    std::size_t at = 0, amount = 8;
    bool ended = false;
  };
  static bool later(const Walk& a, const Walk& b) { return a.ahead[a.at] > b.ahead[b.at]; }

  Result<void> fill(Walk& walk) {
    walk.ahead.clear();
    walk.at = 0;
    if (walk.ended) {
      return {};
    }
    ask_.reset();
    if (key_) {
      ask_.number(*key_);
    }
    ask_.number(walk.lane).number(walk.last).number(static_cast<std::int64_t>(walk.amount));
    while (ask_.next()) {
      walk.ahead.push_back(ask_.integer(0));
    }
    TRY_VOID(ask_.done());
    walk.ended = walk.ahead.size() < walk.amount;
    walk.last = walk.ahead.empty() ? walk.last : walk.ahead.back();
    walk.amount = std::min<std::size_t>(walk.amount * 4, 1'024);
    return {};
  }

  Statement ask_;
  std::optional<std::int64_t> key_;
  std::vector<Walk> walks_;
};

constexpr std::string_view sequences_of_lane =
    "SELECT sequence FROM objects INDEXED BY objects_by_lane WHERE lane=? AND sequence>? ORDER BY sequence LIMIT ?";
constexpr std::string_view sequences_of_key =
    "SELECT sequence FROM postings WHERE key=?1 AND lane=?2 AND sequence>?3 UNION ALL "
    "SELECT sequence FROM fresh_postings WHERE key=?1 AND lane=?2 AND sequence>?3 ORDER BY 1 LIMIT ?4";

Result<Sequence> last_before(Database& database, std::int64_t collection, std::string_view sql, Time time) {
  Statement ask(database, sql);
  ask.number(collection).number(time.ticks);
  const Sequence out = ask.next() ? static_cast<Sequence>(ask.integer(0)) : 0;
  TRY_VOID(ask.done());
  return out;
}

constexpr std::string_view last_at_or_before =
    "SELECT sequence FROM commits WHERE collection=? AND date_added<=? ORDER BY date_added DESC LIMIT 1";
constexpr std::string_view last_before_time =
    "SELECT sequence FROM commits WHERE collection=? AND date_added<? ORDER BY date_added DESC LIMIT 1";

}  // namespace

Result<std::int64_t> collection_number(Database& database, CollectionName name) {
  Statement ask(database, "SELECT number FROM collections WHERE root=? AND id=?");
  ask.text(name.root).text(name.id);
  const std::int64_t out = ask.next() ? ask.integer(0) : 0;
  TRY_VOID(ask.done());
  return out;
}

Result<const Lane*> lane_of(Connection& connection, std::int64_t number) {
  if (const auto found = connection.lanes.find(number); found != connection.lanes.end()) {
    return &found->second;
  }
  Statement ask(connection.database,
                "SELECT lanes.collection, lanes.class, lanes.type, classes.writer FROM lanes JOIN classes "
                "ON classes.collection=lanes.collection AND classes.id=lanes.class WHERE lanes.number=?");
  ask.number(number);
  if (!ask.next()) {
    TRY_VOID(ask.done());
    return failure(ErrorCode::damaged, "a version stands in a lane that is not there", {},
                   "stop the node, keep a copy of its folder as it is, and put a backup in its place");
  }
  Lane lane{number, ask.integer(0), ask.integer(1), std::string(ask.column(2)), std::string(ask.column(3))};
  return &connection.lanes.insert_or_assign(number, std::move(lane)).first->second;
}

Result<std::vector<ReleaseClass>> SqliteStore::classes(CollectionName name) const {
  TRY(const Connections::Reader reader, connections_.reader());
  TRY(const std::int64_t collection, collection_number(reader.database(), name));
  Statement ask(reader.database(), "SELECT id, release, writer FROM classes WHERE collection=? ORDER BY id");
  ask.number(collection);
  std::vector<ReleaseClass> out;
  while (ask.next()) {
    out.push_back({static_cast<std::uint32_t>(ask.integer(0)), std::string(ask.column(1)), std::string(ask.column(2))});
  }
  TRY_VOID(ask.done());
  return out;
}

Result<std::vector<std::uint32_t>> SqliteStore::classes_using(CollectionName name, std::string_view id) const {
  TRY(const Connections::Reader reader, connections_.reader());
  TRY(const std::int64_t collection, collection_number(reader.database(), name));
  const std::int64_t key = key_of(KeyKind::uses, collection, id).number();
  // From lane to lane: what one of them holds many times is not walked.
  Statement ask(reader.database(), "SELECT lane FROM postings WHERE key=? AND lane>? ORDER BY lane LIMIT 1");
  std::vector<std::uint32_t> out;
  for (std::int64_t last = 0;;) {
    ask.reset();
    ask.number(key).number(last);
    if (!ask.next()) {
      TRY_VOID(ask.done());
      break;
    }
    last = ask.integer(0);
    TRY(const Lane* lane, lane_of(*reader, last));
    out.push_back(static_cast<std::uint32_t>(lane->release_class));
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

Result<void> SqliteStore::scan(CollectionName name, Sequence after, const Selection& selection,
                               const std::function<bool(const RecordPointer&)>& visit) const {
  TRY(const Connections::Reader reader, connections_.reader());
  TRY(const std::int64_t collection, collection_number(reader.database(), name));
  TRY(const std::vector<std::int64_t> lanes, lanes_of(reader.database(), collection, selection));
  Merge merge(reader.database(), sequences_of_lane, std::nullopt);
  TRY_VOID(merge.start(lanes, after));
  Records records(*reader);
  for (;;) {
    TRY(const Sequence sequence, merge.next());
    if (sequence == 0) {
      return {};
    }
    TRY(const RecordPointer record, records.get(sequence, any_record));
    if (record != nullptr && !visit(record)) {
      return {};
    }
  }
}

Result<std::vector<RecordPointer>> SqliteStore::versions(CollectionName name, std::string_view id) const {
  std::vector<RecordPointer> out;
  TRY_VOID(versions(name, {&id, 1}, [&](std::size_t, const RecordPointer& record) { out.push_back(record); }));
  return out;
}

Result<void> SqliteStore::versions(CollectionName name, std::span<const std::string_view> ids,
                                   const std::function<void(std::size_t, const RecordPointer&)>& visit) const {
  TRY(const Connections::Reader reader, connections_.reader());
  TRY(const std::int64_t collection, collection_number(reader.database(), name));
  Statement posted(reader.database(),
                   "SELECT sequence FROM postings WHERE key=?1 UNION ALL "
                   "SELECT sequence FROM fresh_postings WHERE key=?1");
  Records records(*reader);
  TRY(const IdFilter::Moment filter, filter_.at_moment_of(*reader));
  std::vector<Sequence> sequences;
  for (std::size_t at = 0; at < ids.size(); ++at) {
    const std::int64_t key = key_of(KeyKind::id, collection, ids[at]).number();
    if (filter.excludes(key)) {
      continue;
    }
    sequences.clear();
    posted.reset();
    posted.number(key);
    while (posted.next()) {
      sequences.push_back(static_cast<Sequence>(posted.integer(0)));
    }
    TRY_VOID(posted.done());
    std::ranges::sort(sequences);
    for (const Sequence sequence : sequences) {
      TRY(const RecordPointer record,
          records.get(sequence, [&](const Record& one, std::string_view) { return one.id == ids[at]; }));
      if (record != nullptr) {
        visit(at, record);
      }
    }
  }
  return {};
}

Result<std::vector<bool>> SqliteStore::repeated(CollectionName name, std::span<const std::string_view> ids) const {
  TRY(const Connections::Reader reader, connections_.reader());
  TRY(const std::int64_t collection, collection_number(reader.database(), name));
  Statement ask(reader.database(), "SELECT 1 FROM repeated WHERE key=?");
  std::vector<bool> out;
  out.reserve(ids.size());
  for (const std::string_view id : ids) {
    ask.reset();
    ask.number(key_of(KeyKind::id, collection, id).number());
    out.push_back(ask.next());
    TRY_VOID(ask.done());
  }
  return out;
}

Result<std::vector<RecordPointer>> SqliteStore::find(CollectionName name, const Search& search,
                                                     const Selection& selection) const {
  TRY(const Connections::Reader reader, connections_.reader());
  TRY(const std::int64_t collection, collection_number(reader.database(), name));
  TRY(const std::vector<std::int64_t> lanes, lanes_of(reader.database(), collection, selection));
  Sequence after = search.after;
  if (search.since) {
    TRY(const Sequence before, last_before(reader.database(), collection, last_before_time, *search.since));
    after = std::max(after, before);
  }
  // The rarest index first: a value, else an author, else the lanes as they are.
  std::optional<Key> walked;
  std::optional<Key> author;
  if (!search.author.empty()) {
    walked = author = key_of(KeyKind::author, collection, search.author);
  }
  std::optional<Key> uses;
  if (!search.uses.empty()) {
    walked = uses = key_of(KeyKind::uses, collection, search.uses);
  }
  if (!search.value.empty()) {
    walked = key_of(KeyKind::value, collection, search.value);
  }
  Merge merge(reader.database(), walked ? sequences_of_key : sequences_of_lane,
              walked ? std::optional(walked->number()) : std::nullopt);
  TRY_VOID(merge.start(lanes, after));
  Records records(*reader);
  const auto wanted = [&](const Record&, std::string_view keys) {
    return (!walked || holds_key(keys, *walked)) && (!author || holds_key(keys, *author)) &&
           (!uses || holds_key(keys, *uses));
  };
  const std::size_t most = std::min(search.limit, limits::found_max);
  Sequence last = ~Sequence{0};
  if (search.until) {
    TRY(last, last_before(reader.database(), collection, last_before_time, *search.until));
  }
  std::vector<RecordPointer> out;
  while (out.size() < most) {
    TRY(const Sequence sequence, merge.next());
    if (sequence == 0 || sequence > last) {
      break;
    }
    TRY(RecordPointer record, records.get(sequence, wanted));
    if (record != nullptr) {
      out.push_back(std::move(record));
    }
  }
  return out;
}

Result<Conflicts> SqliteStore::conflicts(CollectionName name, std::string_view id) const {
  TRY(const std::vector<RecordPointer> served, versions(name, id));
  TRY(const Connections::Reader reader, connections_.reader());
  Conflicts out;
  Statement count(reader.database(), "SELECT seen FROM conflict_counts WHERE sequence=?");
  Statement ask(reader.database(), "SELECT writer, bytes FROM conflicts WHERE sequence=? ORDER BY number");
  for (const RecordPointer& record : served) {
    count.reset();
    count.number(static_cast<std::int64_t>(record->sequence));
    out.seen += count.next() ? static_cast<std::uint64_t>(count.integer(0)) : 0;
    TRY_VOID(count.done());
    ask.reset();
    ask.number(static_cast<std::int64_t>(record->sequence));
    while (ask.next()) {
      out.kept.push_back({record->sequence, std::string(ask.column(0)), std::string(ask.column(1))});
    }
    TRY_VOID(ask.done());
  }
  return out;
}

Result<Usage> SqliteStore::usage(std::string_view writer) const {
  TRY(const Connections::Reader reader, connections_.reader());
  Statement ask(reader.database(), "SELECT objects, bytes FROM usage WHERE writer=?");
  ask.text(writer);
  Usage out;
  if (ask.next()) {
    out = {static_cast<std::uint64_t>(ask.integer(0)), static_cast<std::uint64_t>(ask.integer(1))};
  }
  TRY_VOID(ask.done());
  return out;
}

Result<Sequence> SqliteStore::last_at(CollectionName name, Time time) const {
  TRY(const Connections::Reader reader, connections_.reader());
  TRY(const std::int64_t collection, collection_number(reader.database(), name));
  return last_before(reader.database(), collection, last_at_or_before, time);
}

}  // namespace tocsin::store
