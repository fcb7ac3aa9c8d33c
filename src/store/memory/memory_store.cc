#include "store/memory/memory_store.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "store/limits.h"

namespace tocsin::store {
namespace {

constexpr std::int64_t ticks_per_millisecond = Time::ticks_per_second / 1000;

std::string key_of(CollectionName name) {
  std::string out(name.root);
  out.push_back('\n');
  out += name.id;
  return out;
}

template <class Map>
std::vector<typename Map::mapped_type> values(const Map& map) {
  std::vector<typename Map::mapped_type> out;
  for (const auto& entry : map) {
    out.push_back(entry.second);
  }
  return out;
}

constexpr auto sequence_of = [](const RecordPointer& record) { return record->sequence; };

std::size_t erase_one(std::vector<RecordPointer>& list, Sequence sequence) {
  const auto found = std::ranges::lower_bound(list, sequence, {}, sequence_of);
  if (found == list.end() || (*found)->sequence != sequence) {
    return 0;
  }
  list.erase(found);
  return 1;
}

struct Kept {
  std::vector<RecordPointer> records;                                          // by sequence; gaps where removed
  boost::unordered_flat_map<std::string, std::vector<RecordPointer>> objects;  // by id; each by sequence
  std::vector<ReleaseClass> classes;
  std::vector<std::vector<RecordPointer>> by_class;                                     // each by sequence
  std::map<std::pair<std::string, std::string>, std::uint32_t> class_ids;               // by release and writer
  boost::unordered_flat_map<std::string, std::map<std::uint32_t, std::uint64_t>> uses;  // by id: versions of each class
  boost::unordered_flat_map<Sequence, std::vector<std::string>> used_by;                // what each version uses
  struct Said {
    std::string author;
    std::vector<std::string> values, uses;
  };
  boost::unordered_flat_map<Sequence, Said> said;            // what a search asks for
  boost::unordered_flat_map<Sequence, Conflicts> conflicts;  // by the version that is served

  std::uint32_t class_of(const NewVersion& version) {
    const auto [found, added] =
        class_ids.try_emplace({version.release, version.writer}, static_cast<std::uint32_t>(classes.size()));
    if (added) {
      classes.push_back({found->second, version.release, version.writer});
      by_class.emplace_back();
    }
    return found->second;
  }
};

struct Log final : trust::TileReader {
  std::map<trust::TileName, std::string> tiles;
  std::uint64_t size = 0;

  std::string get(trust::TileName name) const {
    const auto found = tiles.find(name);
    return found == tiles.end() ? std::string() : found->second;
  }
  Result<std::string> tile(trust::TileName name) override { return get(name); }
  Result<void> append(std::span<const std::string> entries) {
    TRY(trust::TileChanges changes, trust::append_entries(*this, size, entries));
    for (auto& [name, bytes] : changes.put) {
      tiles[name] = std::move(bytes);
    }
    size = changes.size;
    return {};
  }
};

class MemoryStore final : public Store {
 public:
  Result<Discovery> discovery() const override {
    const std::shared_lock lock(mutex_);
    return discovery_;
  }
  Result<void> set_discovery(const Discovery& discovery) override {
    const std::unique_lock lock(mutex_);
    discovery_ = discovery;
    return {};
  }
  Result<std::vector<ApiRoot>> roots() const override {
    const std::shared_lock lock(mutex_);
    return values(roots_);
  }
  Result<void> put_root(const ApiRoot& root) override {
    const std::unique_lock lock(mutex_);
    roots_.insert_or_assign(root.name, root);
    return {};
  }
  Result<std::vector<Collection>> collections(std::string_view root) const override {
    const std::shared_lock lock(mutex_);
    std::vector<Collection> out;
    for (const auto& [name, collection] : collections_) {
      if (name.first == root) {
        out.push_back(collection);
      }
    }
    return out;
  }
  Result<void> put_collection(const Collection& collection) override {
    const std::unique_lock lock(mutex_);
    collections_.insert_or_assign({collection.root, collection.id}, collection);
    kept_.try_emplace(key_of({collection.root, collection.id}));
    return {};
  }
  Result<bool> close_collection(CollectionName collection) override {
    const std::unique_lock lock(mutex_);
    if (collections_.erase({std::string(collection.root), std::string(collection.id)}) == 0) {
      return false;
    }
    for (auto& [name, user] : users_) {
      std::erase_if(user.grants, [&](const Grant& grant) {
        return grant.root == collection.root && grant.collection == collection.id;
      });
    }
    const auto kept = kept_.find(key_of(collection));
    closed_.push_back(std::move(kept->second));
    kept_.erase(kept);
    return true;
  }
  Result<std::size_t> remove_closed(std::size_t most) override {
    const std::unique_lock lock(mutex_);
    std::size_t gone = 0;
    while (!closed_.empty() && gone < most) {
      Kept& kept = closed_.back();
      while (!kept.records.empty() && gone < most) {
        remove_one(kept, RecordPointer(kept.records.back()));
        ++gone;
      }
      if (kept.records.empty()) {
        closed_.pop_back();
      }
    }
    return gone;
  }
  Result<std::vector<User>> users() const override {
    const std::shared_lock lock(mutex_);
    return values(users_);
  }
  Result<std::optional<User>> user(std::string_view name) const override {
    const std::shared_lock lock(mutex_);
    const auto found = users_.find(std::string(name));
    return found == users_.end() ? std::optional<User>() : std::optional<User>(found->second);
  }
  Result<void> put_user(const User& user) override {
    const std::unique_lock lock(mutex_);
    users_.insert_or_assign(user.name, user);
    return {};
  }
  Result<bool> remove_user(std::string_view name) override {
    const std::unique_lock lock(mutex_);
    return users_.erase(std::string(name)) != 0;
  }

  Result<std::vector<Put>> put(CollectionName collection, std::span<const NewVersion> versions, Time now) override {
    const std::unique_lock lock(mutex_);
    const auto place = kept_.find(key_of(collection));
    if (place == kept_.end()) {
      return failure(ErrorCode::not_found, "there is no such collection");
    }
    Kept& kept = place->second;
    std::vector<Put> out;
    out.reserve(versions.size());
    std::map<std::string, std::vector<std::string>> logged;
    const std::int64_t at =
        std::max(now.ticks - now.ticks % ticks_per_millisecond, last_date_.ticks + ticks_per_millisecond);
    for (const NewVersion& version : versions) {
      out.push_back(put_one(kept, version, at));
      if (out.back() == Put::stored && !version.log.empty()) {
        std::vector<std::string>& entries = logged[version.log];
        places_[sequence_] = {version.log, logs_[version.log].size + entries.size(), version.salt};
        entries.push_back(trust::log_entry(version.bytes, version.salt));
      }
    }
    for (const auto& [name, entries] : logged) {
      TRY_VOID(logs_[name].append(entries));
    }
    return out;
  }

  Result<std::vector<ReleaseClass>> classes(CollectionName collection) const override {
    const std::shared_lock lock(mutex_);
    const auto found = kept_.find(key_of(collection));
    return found == kept_.end() ? std::vector<ReleaseClass>() : found->second.classes;
  }

  Result<std::vector<std::uint32_t>> classes_using(CollectionName collection, std::string_view id) const override {
    const std::shared_lock lock(mutex_);
    std::vector<std::uint32_t> out;
    if (const auto found = kept_.find(key_of(collection)); found != kept_.end()) {
      if (const auto uses = found->second.uses.find(std::string(id)); uses != found->second.uses.end()) {
        for (const auto& [release_class, count] : uses->second) {
          out.push_back(release_class);
        }
      }
    }
    return out;
  }

  Result<void> scan(CollectionName collection, Sequence after, const Selection& selection,
                    const std::function<bool(const RecordPointer&)>& visit) const override {
    const std::shared_lock lock(mutex_);
    const auto found = kept_.find(key_of(collection));
    if (found == kept_.end()) {
      return {};
    }
    const auto wanted = [&](const RecordPointer& record) {
      return selection.types.empty() || std::ranges::binary_search(selection.types, record->type);
    };
    // The lists of the classes, merged: the one whose next record is the oldest stands first.
    struct Place {
      const std::vector<RecordPointer>* list;
      std::size_t at;
      Sequence sequence() const { return (*list)[at]->sequence; }
    };
    const auto later = [](const Place& a, const Place& b) { return a.sequence() > b.sequence(); };
    std::vector<Place> places;
    for (const std::uint32_t release_class : selection.classes) {
      if (release_class < found->second.by_class.size()) {
        const auto& list = found->second.by_class[release_class];
        const auto begin = std::ranges::upper_bound(list, after, {}, sequence_of);
        if (begin != list.end()) {
          places.push_back({&list, static_cast<std::size_t>(begin - list.begin())});
        }
      }
    }
    std::ranges::make_heap(places, later);
    while (!places.empty()) {
      std::ranges::pop_heap(places, later);
      Place& place = places.back();
      // On within this class for as long as no other one has an older record.
      const Sequence other = places.size() > 1 ? places.front().sequence() : ~Sequence{0};
      for (; place.at < place.list->size() && place.sequence() < other; ++place.at) {
        const RecordPointer& record = (*place.list)[place.at];
        if (wanted(record) && !visit(record)) {
          return {};
        }
      }
      if (place.at == place.list->size()) {
        places.pop_back();
      } else {
        std::ranges::push_heap(places, later);
      }
    }
    return {};
  }

  Result<std::vector<RecordPointer>> versions(CollectionName collection, std::string_view id) const override {
    const std::shared_lock lock(mutex_);
    const auto found = kept_.find(key_of(collection));
    if (found == kept_.end()) {
      return std::vector<RecordPointer>();
    }
    const auto object = found->second.objects.find(std::string(id));
    return object == found->second.objects.end() ? std::vector<RecordPointer>() : object->second;
  }

  Result<void> versions(CollectionName collection, std::span<const std::string_view> ids,
                        const std::function<void(std::size_t, const RecordPointer&)>& visit) const override {
    for (std::size_t at = 0; at < ids.size(); ++at) {
      TRY(const std::vector<RecordPointer> found, versions(collection, ids[at]));
      for (const RecordPointer& record : found) {
        visit(at, record);
      }
    }
    return {};
  }

  Result<std::vector<bool>> repeated(CollectionName collection, std::span<const std::string_view> ids) const override {
    const std::shared_lock lock(mutex_);
    std::vector<bool> out(ids.size());
    if (const auto found = kept_.find(key_of(collection)); found != kept_.end()) {
      std::transform(ids.begin(), ids.end(), out.begin(), [&](std::string_view id) {
        const auto object = found->second.objects.find(std::string(id));
        return object != found->second.objects.end() && object->second.size() > 1;
      });
    }
    return out;
  }

  Result<std::vector<RecordPointer>> find(CollectionName collection, const Search& search,
                                          const Selection& selection) const override {
    const std::shared_lock lock(mutex_);
    std::vector<RecordPointer> out;
    const auto found = kept_.find(key_of(collection));
    if (found == kept_.end()) {
      return out;
    }
    const std::size_t most = std::min(search.limit, limits::found_max);
    for (const RecordPointer& record : found->second.records) {
      const Kept::Said& said = found->second.said.at(record->sequence);
      if (out.size() < most && record->sequence > search.after &&
          std::ranges::binary_search(selection.classes, record->release_class) &&
          (selection.types.empty() || std::ranges::binary_search(selection.types, record->type)) &&
          (search.value.empty() || std::ranges::find(said.values, search.value) != said.values.end()) &&
          (search.author.empty() || said.author == search.author) &&
          (search.uses.empty() || std::ranges::find(said.uses, search.uses) != said.uses.end()) &&
          (!search.since || record->date_added >= *search.since) &&
          (!search.until || record->date_added < *search.until)) {
        out.push_back(record);
      }
    }
    return out;
  }

  Result<Conflicts> conflicts(CollectionName collection, std::string_view id) const override {
    const std::shared_lock lock(mutex_);
    Conflicts out;
    const auto found = kept_.find(key_of(collection));
    if (found == kept_.end()) {
      return out;
    }
    if (const auto object = found->second.objects.find(std::string(id)); object != found->second.objects.end()) {
      for (const RecordPointer& record : object->second) {
        if (const auto one = found->second.conflicts.find(record->sequence); one != found->second.conflicts.end()) {
          out.seen += one->second.seen;
          out.kept.insert(out.kept.end(), one->second.kept.begin(), one->second.kept.end());
        }
      }
    }
    return out;
  }

  Result<Usage> usage(std::string_view writer) const override {
    const std::shared_lock lock(mutex_);
    const auto found = usage_.find(std::string(writer));
    return found == usage_.end() ? Usage() : found->second;
  }

  Result<Sequence> last_at(CollectionName collection, Time time) const override {
    const std::shared_lock lock(mutex_);
    const auto found = kept_.find(key_of(collection));
    if (found == kept_.end()) {
      return Sequence{0};
    }
    const auto& records = found->second.records;
    const auto at =
        std::ranges::upper_bound(records, time, {}, [](const RecordPointer& one) { return one->date_added; });
    return at == records.begin() ? Sequence{0} : (*std::prev(at))->sequence;
  }

  Result<std::size_t> remove(CollectionName collection, std::span<const RecordPointer> records) override {
    const std::unique_lock lock(mutex_);
    const auto found = kept_.find(key_of(collection));
    std::size_t gone = 0;
    for (const RecordPointer& record : records) {
      gone += found != kept_.end() && remove_one(found->second, record) ? 1 : 0;
    }
    return gone;
  }

  Result<std::uint64_t> log_size(std::string_view log) const override {
    const std::shared_lock lock(mutex_);
    const auto found = logs_.find(log);
    return found == logs_.end() ? 0 : found->second.size;
  }
  Result<std::string> log_tile(std::string_view log, trust::TileName name) const override {
    const std::shared_lock lock(mutex_);
    const auto found = logs_.find(log);
    return found == logs_.end() ? std::string() : found->second.get(name);
  }
  Result<std::optional<LogPlace>> log_place(Sequence sequence) const override {
    const std::shared_lock lock(mutex_);
    const auto found = places_.find(sequence);
    return found == places_.end() ? std::optional<LogPlace>() : std::optional<LogPlace>(found->second);
  }
  Result<std::optional<std::string>> note(std::string_view name) const override {
    const std::shared_lock lock(mutex_);
    const auto found = notes_.find(name);
    return found == notes_.end() ? std::optional<std::string>() : std::optional<std::string>(found->second);
  }
  Result<bool> replace_note(std::string_view name, const std::optional<std::string>& expected,
                            std::string_view note) override {
    const std::unique_lock lock(mutex_);
    const auto found = notes_.find(name);
    if (expected ? found == notes_.end() || found->second != *expected : found != notes_.end()) {
      return false;
    }
    notes_.insert_or_assign(std::string(name), std::string(note));
    return true;
  }

  Result<void> put_status(const Status& status) override {
    const std::unique_lock lock(mutex_);
    statuses_.insert_or_assign({status.root, status.id}, status);
    return {};
  }
  Result<std::optional<Status>> status(std::string_view root, std::string_view id) const override {
    const std::shared_lock lock(mutex_);
    const auto found = statuses_.find({std::string(root), std::string(id)});
    return found == statuses_.end() ? std::optional<Status>() : std::optional<Status>(found->second);
  }
  Result<void> expire_statuses(Time before) override {
    const std::unique_lock lock(mutex_);
    std::erase_if(statuses_, [&](const auto& entry) { return entry.second.requested < before; });
    return {};
  }

 private:
  using Two = std::pair<std::string, std::string>;

  bool remove_one(Kept& kept, const RecordPointer& record) {
    const auto same = [&](const RecordPointer& other) { return other->sequence == record->sequence; };
    if (erase_one(kept.records, record->sequence) == 0) {
      return false;
    }
    erase_one(kept.by_class[record->release_class], record->sequence);
    Usage& usage = usage_[record->writer];
    --usage.objects;
    usage.bytes -= record->bytes.size();
    kept.said.erase(record->sequence);
    places_.erase(record->sequence);
    if (const auto aside = kept.conflicts.find(record->sequence); aside != kept.conflicts.end()) {
      for (const Conflict& one : aside->second.kept) {
        conflict_bytes_ -= one.bytes.size();
      }
      kept.conflicts.erase(aside);
    }
    if (const auto used = kept.used_by.find(record->sequence); used != kept.used_by.end()) {
      for (const std::string& id : used->second) {
        auto& counts = kept.uses[id];
        if (--counts[record->release_class] == 0) {
          counts.erase(record->release_class);
        }
      }
      kept.used_by.erase(used);
    }
    const auto object = kept.objects.find(record->id);
    if (object != kept.objects.end()) {
      std::erase_if(object->second, same);
      if (object->second.empty()) {
        kept.objects.erase(object);
      }
    }
    return true;
  }

  Put put_one(Kept& kept, const NewVersion& version, std::int64_t at) {
    if (version.bytes.size() > limits::object_bytes_max) {
      return Put::too_large;
    }
    const auto object = kept.objects.find(version.id);
    if (object != kept.objects.end() && !object->second.empty()) {
      if (version.only_new) {
        return Put::known;
      }
      const auto same = std::ranges::find_if(object->second, [&](const RecordPointer& other) {
        return std::ranges::find(version.unseen, other->sequence) == version.unseen.end() &&
               version.version.empty() == other->version.empty() &&
               (version.version.empty() || other->version_at == version.version_at);
      });
      if (same != object->second.end()) {
        if ((*same)->bytes == version.bytes) {
          return Put::present;
        }
        keep_aside(kept.conflicts[(*same)->sequence], (*same)->sequence, version);
        return Put::conflict;
      }
    }
    Usage& usage = usage_[version.writer];
    if (const auto user = users_.find(version.writer);
        user != users_.end() &&
        ((user->second.objects_max != 0 && usage.objects >= user->second.objects_max) ||
         (user->second.bytes_max != 0 && usage.bytes + version.bytes.size() > user->second.bytes_max))) {
      return Put::over_quota;
    }
    ++usage.objects;
    usage.bytes += version.bytes.size();
    auto record = std::make_shared<Record>();
    record->sequence = ++sequence_;
    record->date_added = version.date_added.value_or(Time{at});
    last_date_ = std::max(last_date_, record->date_added);
    record->id = version.id;
    record->type = version.type;
    record->version = version.version;
    record->version_at = version.version.empty() ? stix::from_time(record->date_added) : version.version_at;
    record->spec_version = version.spec_version;
    record->release_class = kept.class_of(version);
    record->writer = version.writer;
    record->bytes = version.bytes;
    kept.objects[version.id].push_back(record);
    kept.by_class[record->release_class].push_back(record);
    for (const std::string& used : version.uses) {
      ++kept.uses[used][record->release_class];
    }
    if (!version.uses.empty()) {
      kept.used_by.emplace(record->sequence, version.uses);
    }
    kept.said.emplace(record->sequence, Kept::Said{version.author, version.values, version.uses});
    kept.records.push_back(std::move(record));
    return Put::stored;
  }

  void keep_aside(Conflicts& conflicts, Sequence sequence, const NewVersion& version) {
    ++conflicts.seen;
    if (conflicts.kept.size() < limits::conflicts_of_version_max &&
        conflict_bytes_ + version.bytes.size() <= limits::conflict_bytes_max &&
        std::ranges::find(conflicts.kept, version.bytes, &Conflict::bytes) == conflicts.kept.end()) {
      conflicts.kept.push_back({sequence, version.writer, version.bytes});
      conflict_bytes_ += version.bytes.size();
    }
  }

  mutable std::shared_mutex mutex_;  // guards all below
  Discovery discovery_;
  std::map<std::string, ApiRoot> roots_;
  std::map<Two, Collection> collections_;
  std::map<std::string, User> users_;
  std::map<Two, Status> statuses_;
  boost::unordered_flat_map<std::string, Kept> kept_;
  std::vector<Kept> closed_;  // of collections that are gone
  Sequence sequence_ = 0;
  Time last_date_;
  boost::unordered_flat_map<std::string, Usage> usage_;  // by writer
  std::uint64_t conflict_bytes_ = 0;
  std::map<std::string, Log, std::less<>> logs_;
  boost::unordered_flat_map<Sequence, LogPlace> places_;
  std::map<std::string, std::string, std::less<>> notes_;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace tocsin::store
