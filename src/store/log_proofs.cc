#include "store/log_proofs.h"

#include <algorithm>
#include <map>

#include "trust/witness.h"

namespace tocsin::store {
namespace {

std::string note_name(std::string_view log) { return "checkpoint/" + std::string(log); }

struct Kept {
  std::optional<std::string> note;
  trust::TreeHead head;
};

// What the last checkpoint says. It is the store's own: no signature is looked at.
Result<Kept> kept_of(const Store& store, std::string_view log) {
  Kept out;
  TRY(out.note, store.note(note_name(log)));
  if (!out.note) {
    return out;
  }
  const auto split = trust::split_note(*out.note);
  const auto text = split ? trust::parse_checkpoint(split->text) : Result<trust::Checkpoint>(std::unexpected(Error{}));
  if (!text || text->hash.size() != out.head.root.size()) {
    return failure(ErrorCode::damaged, "the last checkpoint of log '" + std::string(log) + "' cannot be read");
  }
  out.head.size = text->size;
  std::copy(text->hash.begin(), text->hash.end(), out.head.root.begin());
  return out;
}

}  // namespace

Result<std::optional<std::string>> last_checkpoint(const Store& store, std::string_view log) {
  return store.note(note_name(log));
}

Result<std::string> make_checkpoint(Store& store, std::string_view log, std::string_view origin,
                                    const trust::Ed25519Seed& seed) {
  for (;;) {
    TRY(const Kept last, kept_of(store, log));
    TRY(const std::uint64_t size, store.log_size(log));
    LogTiles tiles(store, log);
    trust::TileTree tree(tiles, size);
    const auto before = last.head.size <= size ? tree.head(last.head.size) : Result<trust::TreeHead>(trust::TreeHead{});
    if (!before) {
      return std::unexpected(before.error());
    }
    if (last.note && (last.head.size > size || before->root != last.head.root)) {
      return failure(ErrorCode::damaged,
                     "log '" + std::string(log) + "' is not the one that was signed: entries are gone or changed", {},
                     "restore it from a backup; signing it would prove a fork");
    }
    if (last.note && last.head.size == size) {
      return *last.note;
    }
    TRY(const trust::TreeHead head, tree.head());
    const trust::Checkpoint checkpoint{
        std::string(origin), head.size, {reinterpret_cast<const char*>(head.root.data()), head.root.size()}, ""};
    TRY(std::string note, trust::sign_note(trust::text_of(checkpoint), origin, seed));
    TRY(const bool kept, store.replace_note(note_name(log), last.note, note));
    if (kept) {
      return note;
    }
  }
}

Result<bool> add_cosignature(Store& store, std::string_view log, std::string_view line,
                             std::span<const trust::CosignerKey> witnesses) {
  TRY(const std::optional<std::string> note, store.note(note_name(log)));
  const auto kept = note ? trust::split_note(*note) : std::nullopt;
  const std::string alone = kept ? std::string(kept->text) + "\n" + std::string(line) : std::string();
  const auto only = trust::split_note(alone);
  const auto said = only ? trust::check_cosignatures(*only, witnesses) : std::vector<trust::Cosignature>();
  if (said.size() != 1 || !said.front().valid || only->signatures.size() != 1) {
    return false;
  }
  std::string with = std::string(kept->text) + "\n";
  for (const trust::SignatureLine& each : kept->signatures) {
    if (each.name != only->signatures.front().name || each.id != only->signatures.front().id) {
      with += each.line;
      continue;
    }
    const trust::SplitNote before{kept->text, {each}};
    const auto then = trust::check_cosignatures(before, witnesses);
    if (!then.empty() && then.front().valid && then.front().seconds >= said.front().seconds) {
      return false;
    }
  }
  return store.replace_note(note_name(log), note, with + std::string(line));
}

Result<std::string> without_cosignatures(std::string_view checkpoint) {
  const auto split = trust::split_note(checkpoint);
  const auto said = split ? trust::parse_checkpoint(split->text) : Result<trust::Checkpoint>(std::unexpected(Error{}));
  if (!said) {
    return failure(ErrorCode::damaged, "the last checkpoint cannot be read");
  }
  std::string out = std::string(split->text) + "\n";
  for (const trust::SignatureLine& line : split->signatures) {
    out += line.name == said->origin ? line.line : "";
  }
  return out;
}

Result<stix::ObjectProof> prove(const Store& store, const Record& record) {
  TRY(const std::optional<LogPlace> place, store.log_place(record.sequence));
  if (!place) {
    return failure(ErrorCode::not_found, "no log holds this version of " + record.id);
  }
  TRY(const Kept last, kept_of(store, place->log));
  if (!last.note || last.head.size <= place->index) {
    return failure(ErrorCode::not_found, "no checkpoint covers this version of " + record.id + " yet", {},
                   "one is made at a fixed pace; ask again after the next");
  }
  LogTiles tiles(store, place->log);
  trust::TileTree tree(tiles, last.head.size);
  stix::ObjectProof out;
  TRY(out.path, tree.inclusion_proof(place->index));
  out.object = record.bytes;
  out.salt = place->salt;
  out.index = place->index;
  out.checkpoint = *last.note;
  return out;
}

namespace {

// One log that is being checked, with the bundle that was read last: versions come nearly in the order of entries.
class CheckedLog {
 public:
  CheckedLog(const Store& store, std::string_view log) : tiles_(store, log) {}

  // The tiles by themselves, and that they lead on from the last checkpoint.
  Result<void> open(const Store& store, const std::string& log) {
    TRY(size_, store.log_size(log));
    TRY(const trust::TreeHead head, trust::check_tiles(tiles_, size_));
    TRY(const Kept last, kept_of(store, log));
    if (!last.note) {
      return {};
    }
    trust::TreeHead then = head;
    if (last.head.size < size_) {
      trust::TileTree tree(tiles_, size_);
      TRY(then, tree.head(last.head.size));
    }
    if (last.head.size > size_ || then.root != last.head.root) {
      return failure(ErrorCode::damaged, "log '" + log + "' does not lead on from its last checkpoint", {},
                     "entries are gone or changed; restore it from a backup");
    }
    return {};
  }

  std::uint64_t size() const { return size_; }

  // Whether the entry at this place is of this version, and of no other.
  Result<bool> holds(const LogPlace& place, const Record& record) {
    if (place.index >= size_) {
      return false;
    }
    const std::uint64_t bundle = place.index / trust::tile_width;
    if (bundle != bundle_ || bytes_.empty()) {
      TRY(bytes_, tiles_.tile({trust::TileName::entries, bundle}));
      bundle_ = bundle;
      entries_ = trust::entries_of(bytes_).value_or(std::vector<std::string_view>());
    }
    const std::size_t within = place.index % trust::tile_width;
    if (within >= entries_.size() || entries_[within] != trust::log_entry(record.bytes, place.salt)) {
      return false;
    }
    taken_.resize(size_);
    const bool first = !taken_[place.index];
    taken_[place.index] = true;
    return first;
  }

 private:
  LogTiles tiles_;
  std::uint64_t size_ = 0, bundle_ = 0;
  std::string bytes_;
  std::vector<std::string_view> entries_;  // in bytes_
  std::vector<bool> taken_;
};

class LogsVerifier {
 public:
  LogsVerifier(const Store& store, const std::function<void(std::uint64_t)>& progress)
      : store_(store), progress_(progress) {}

  Result<CheckedLog*> log(const std::string& name) {
    const auto found = logs_.find(name);
    if (found != logs_.end()) {
      return &found->second;
    }
    CheckedLog& added = logs_.try_emplace(name, store_, name).first->second;
    TRY_VOID(added.open(store_, name));
    done.logs += added.size() > 0 ? 1 : 0;
    done.entries += added.size();
    return &added;
  }

  Result<void> collection(CollectionName name) {
    TRY(const std::vector<ReleaseClass> classes, store_.classes(name));
    std::vector<std::uint32_t> ids;
    for (const ReleaseClass& each : classes) {
      ids.push_back(each.id);
    }
    // The store is not to be called out of a scan: some at a time.
    std::vector<RecordPointer> some;
    for (Sequence after = 0;; after = some.back()->sequence) {
      some.clear();
      TRY_VOID(store_.scan(name, after, {ids, {}}, [&](const RecordPointer& record) {
        some.push_back(record);
        return some.size() < trust::tile_width;
      }));
      if (some.empty()) {
        return {};
      }
      for (const RecordPointer& record : some) {
        TRY_VOID(version(*record));
      }
      if (progress_) {
        progress_(done.versions);
      }
    }
  }

  LogsChecked done;

 private:
  Result<void> version(const Record& record) {
    ++done.versions;
    TRY(const std::optional<LogPlace> place, store_.log_place(record.sequence));
    if (!place) {
      return {};
    }
    TRY(CheckedLog* const log, this->log(place->log));
    TRY(const bool held, log->holds(*place, record));
    if (!held) {
      return failure(
          ErrorCode::damaged,
          "log '" + place->log + "' does not hold " + record.id + " at its place " + std::to_string(place->index), {},
          "the object, its salt or the log was changed; restore it from a backup");
    }
    ++done.logged;
    return {};
  }

  const Store& store_;
  const std::function<void(std::uint64_t)>& progress_;
  std::map<std::string, CheckedLog, std::less<>> logs_;
};

}  // namespace

Result<LogsChecked> verify_logs(const Store& store, std::span<const std::string> logs,
                                const std::function<void(std::uint64_t versions)>& progress) {
  LogsVerifier verifier(store, progress);
  for (const std::string& name : logs) {
    const auto log = verifier.log(name);
    if (!log) {
      return std::unexpected(log.error());
    }
  }
  TRY(const std::vector<ApiRoot> roots, store.roots());
  for (const ApiRoot& root : roots) {
    TRY(const std::vector<Collection> collections, store.collections(root.name));
    for (const Collection& collection : collections) {
      const auto checked = verifier.collection({root.name, collection.id});
      if (!checked) {
        return std::unexpected(checked.error());
      }
    }
  }
  return verifier.done;
}

}  // namespace tocsin::store
