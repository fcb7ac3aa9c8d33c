#include "store/log_proofs.h"

#include <algorithm>

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

}  // namespace tocsin::store
