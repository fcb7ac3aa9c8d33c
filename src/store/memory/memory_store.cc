#include "store/memory/memory_store.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

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
    return {};
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
    Kept& kept = kept_[key_of(collection)];
    std::vector<Put> out;
    out.reserve(versions.size());
    const std::int64_t at =
        std::max(now.ticks - now.ticks % ticks_per_millisecond, last_date_.ticks + ticks_per_millisecond);
    for (const NewVersion& version : versions) {
      auto& others = kept.objects[version.id];
      const auto same = std::ranges::find_if(others, [&](const RecordPointer& other) {
        return version.version.empty() ? other->version.empty() || other->bytes == version.bytes
                                       : other->version_at == version.version_at && !other->version.empty();
      });
      if (same != others.end()) {
        out.push_back((*same)->bytes == version.bytes ? Put::present : Put::conflict);
        conflicts_ += out.back() == Put::conflict;
        continue;
      }
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
      others.push_back(record);
      kept.by_class[record->release_class].push_back(record);
      for (const std::string& used : version.uses) {
        ++kept.uses[used][record->release_class];
      }
      if (!version.uses.empty()) {
        kept.used_by.emplace(record->sequence, version.uses);
      }
      kept.records.push_back(std::move(record));
      out.push_back(Put::stored);
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
      const auto same = [&](const RecordPointer& other) { return other->sequence == record->sequence; };
      if (found == kept_.end()) {
        break;
      }
      if (erase_one(found->second.records, record->sequence) == 0) {
        continue;
      }
      ++gone;
      erase_one(found->second.by_class[record->release_class], record->sequence);
      if (const auto used = found->second.used_by.find(record->sequence); used != found->second.used_by.end()) {
        for (const std::string& id : used->second) {
          auto& counts = found->second.uses[id];
          if (--counts[record->release_class] == 0) {
            counts.erase(record->release_class);
          }
        }
        found->second.used_by.erase(used);
      }
      const auto object = found->second.objects.find(record->id);
      if (object != found->second.objects.end()) {
        std::erase_if(object->second, same);
        if (object->second.empty()) {
          found->second.objects.erase(object);
        }
      }
    }
    return gone;
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
  mutable std::shared_mutex mutex_;  // guards all below
  Discovery discovery_;
  std::map<std::string, ApiRoot> roots_;
  std::map<Two, Collection> collections_;
  std::map<std::string, User> users_;
  std::map<Two, Status> statuses_;
  boost::unordered_flat_map<std::string, Kept> kept_;
  Sequence sequence_ = 0;
  Time last_date_;
  std::uint64_t conflicts_ = 0;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace tocsin::store
