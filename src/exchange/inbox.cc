#include "exchange/inbox.h"

#include <algorithm>

#include "exchange/limits.h"
#include "policy/terms.h"
#include "stix/signature.h"
#include "wire/canonical_json.h"

namespace tocsin::exchange {
namespace {

using Answer = stix::SignatureCheck::Answer;

// What an object says, whoever signed it when: two copies that differ in nothing else are one.
Result<std::string> content_of(std::string_view bytes) {
  constexpr std::string_view signature[] = {"extensions", stix::signature_extension};
  TRY(std::string out, wire::canonical_json(bytes, signature));
  // An object that had no other extension.
  if (const std::size_t at = out.find(R"("extensions":{})"); at != std::string::npos) {
    std::size_t length = std::string_view(R"("extensions":{})").size();
    length += out.substr(at + length).starts_with(",") ? 1 : 0;
    out.erase(at, length);
  }
  return out;
}

}  // namespace

Result<Inbox::Taken> Inbox::take(const Delivery& delivery) {
  for (const Item& item : delivery.items) {
    Verdict verdict = Verdict::refused;
    if (!item.object.empty()) {
      TRY(verdict, object(item));
    }
    if (!item.notice.empty() && (item.object.empty() || verdict == Verdict::taken)) {
      TRY_VOID(flush());
      TRY(const Verdict of_notice, notice(item));
      verdict = item.object.empty() ? of_notice : verdict;
    }
    taken_.refused += verdict == Verdict::refused ? 1 : 0;
  }
  TRY_VOID(flush());
  return taken_;
}

Result<Inbox::Verdict> Inbox::object(const Item& item) {
  const auto read = read_for_exchange(item.object);
  if (!read || !std::ranges::all_of(read->markings, policy::is_term)) {
    return Verdict::refused;
  }
  const Reading& reading = *read;
  if (policy::tlp_of_id(reading.id)) {
    return Verdict::taken;  // everybody has the standard's own definitions
  }
  const stix::SignatureCheck check = stix::check_signature(item.object, home_.ring);
  if (check.answer == Answer::refused) {
    return Verdict::refused;
  }
  const bool proven = check.answer == Answer::valid;
  if (waiting_ids_.contains(reading.id)) {
    TRY_VOID(flush());
  }
  TRY(const std::vector<Home::Found> there, home_.versions(reading.id));
  std::vector<Home::Found> same;
  for (const Home::Found& found : there) {
    if (reading.version.empty() ? found.record->version.empty()
                                : !found.record->version.empty() && found.record->version_at == reading.version_at) {
      same.push_back(found);
    }
  }
  // What this organisation wrote is known here; nobody else says it without proof.
  if (reading.author == home_.organisation() && !proven && same.empty()) {
    return Verdict::refused;
  }
  if (!same.empty()) {
    TRY(const Meeting meeting, meets(reading, item, proven, same));
    if (meeting != Meeting::goes_on) {
      return meeting == Meeting::refused ? Verdict::refused : Verdict::taken;
    }
  }
  if (!there.empty()) {
    const bool by_author = proven || (!reading.author.empty() && reading.author == peer_.organisation);
    TRY(const std::vector<Home::Found> left, without_claims(reading, by_author));
    if (same.empty() && !from_creator(reading, by_author, left)) {
      return Verdict::refused;
    }
  }
  std::string release = policy::terms_text({.type = reading.type,
                                            .markings = reading.markings,
                                            .audience = item.audience,
                                            .embargo_until = item.embargo_until});
  TRY(const bool room, has_room(release));
  if (!room) {
    return Verdict::refused;
  }
  waiting_ids_.insert(reading.id);
  waiting_.push_back(new_version(reading, item.object, std::move(release), peer_.writer()));
  home_.log(waiting_.back(), reading.markings);
  if (!item.audience) {
    TRY_VOID(sightings_.came(reading));
  }
  return Verdict::taken;
}

// Another copy of a version that is here: is it to be stored beside or instead?
Result<Inbox::Meeting> Inbox::meets(const Reading& reading, const Item& item, bool proven,
                                    const std::vector<Home::Found>& there) {
  const auto content = content_of(item.object);
  for (const Home::Found& found : there) {
    if (found.record->bytes == item.object) {
      // What others told of in the author's name is the author's, now that its own node brings it.
      const bool adopts = !proven && !reading.author.empty() && reading.author == peer_.organisation &&
                          found.record->writer.starts_with("peer:") && found.record->writer != peer_.writer();
      if (!adopts) {
        return Meeting::settled;
      }
      TRY(const std::size_t gone, home_.store.remove(found.collection.name(), {&found.record, 1}));
      (void)gone;
      return Meeting::goes_on;
    }
  }
  // Observables have no author and no version: whatever else a copy says is beside the value.
  if (reading.version.empty() || !content) {
    return Meeting::goes_on;
  }
  for (const Home::Found& found : there) {
    const bool theirs = stix::check_signature(found.record->bytes, home_.ring).answer == Answer::valid;
    const bool from_peer = found.record->writer.starts_with("peer:");
    const auto other = content_of(found.record->bytes);
    const bool equal = other && *other == *content;
    if (equal && (theirs || !proven || !from_peer)) {
      return Meeting::settled;
    }
    if (theirs && proven) {
      // The alarm keeps both copies; the first one stays where it is.
      TRY(const bool news, home_.ledger.raise({.kind = "equivocation",
                                               .id = reading.id,
                                               .version = reading.version,
                                               .author = reading.author,
                                               .at = rfc3339(now_),
                                               .from = peer_.kid,
                                               .one = found.record->bytes,
                                               .two = std::string(item.object)}));
      taken_.alarms += news ? 1 : 0;
      return Meeting::settled;
    }
    if (proven && from_peer) {
      // The author's own word takes the place of what somebody else said it was.
      TRY(const std::size_t gone, home_.store.remove(found.collection.name(), {&found.record, 1}));
      (void)gone;
    }
  }
  return !proven && reading.author == home_.organisation() ? Meeting::refused : Meeting::goes_on;
}

// Whether the author of an object said this version of it: by signature, here, or through its own node.
bool Inbox::is_authors(const store::Record& record, std::string_view author) const {
  if (!record.writer.starts_with("peer:") || stix::check_signature(record.bytes, home_.ring).answer == Answer::valid) {
    return true;
  }
  const stix::AuthorKey* bringer = home_.ring.find(std::string_view(record.writer).substr(5));
  return bringer != nullptr && !author.empty() && bringer->identity == author;
}

// The versions that are here. Once the author speaks, those go that others told of in its name.
Result<std::vector<Home::Found>> Inbox::without_claims(const Reading& reading, bool by_author) {
  TRY(std::vector<Home::Found> there, home_.versions(reading.id));
  if (!by_author) {
    return there;
  }
  std::vector<Home::Found> left;
  for (Home::Found& found : there) {
    if (is_authors(*found.record, reading.author)) {
      left.push_back(std::move(found));
      continue;
    }
    TRY(const std::size_t gone, home_.store.remove(found.collection.name(), {&found.record, 1}));
    (void)gone;
  }
  return left;
}

// STIX 2.1 section 3.6: only the creator makes versions. It is the creator where its signature says so, or where the
// creator's own node brings it, or, of what nobody signed, where the same peer brings it that brought the first.
bool Inbox::from_creator(const Reading& reading, bool by_author, const std::vector<Home::Found>& there) const {
  std::optional<stix::Instant> revoked_at;
  bool anything = false;
  bool same_author = true;
  bool same_bringer = true;
  for (const Home::Found& found : there) {
    const auto other = read_for_exchange(found.record->bytes);
    if (!other) {
      continue;
    }
    anything = true;
    same_author = same_author && other->author == reading.author;
    same_bringer = same_bringer && found.record->writer == peer_.writer() &&
                   stix::check_signature(found.record->bytes, home_.ring).answer != Answer::valid;
    if (other->revoked) {
      revoked_at = std::min(revoked_at.value_or(found.record->version_at), found.record->version_at);
    }
  }
  if (!anything) {
    return true;
  }
  // Section 3.6: nothing comes behind a revocation.
  if (!same_author || there.size() >= limits::versions_max || (revoked_at && reading.version_at > *revoked_at)) {
    return false;
  }
  return by_author || same_bringer;
}

Result<Inbox::Verdict> Inbox::notice(const Item& item) {
  const auto notice = read_notice(item.notice);
  if (!notice) {
    return Verdict::refused;
  }
  TRY(const std::vector<Home::Found> there, home_.versions(notice->id));
  if (there.empty()) {
    return Verdict::refused;
  }
  TRY(const Reading first, read_for_exchange(there.front().record->bytes));
  const stix::AuthorKey* key = home_.ring.find(notice->kid);
  if (key == nullptr || !notice_holds(*notice, item.notice, key->key)) {
    return Verdict::refused;
  }
  const bool signed_first = stix::check_signature(there.front().record->bytes, home_.ring).answer == Answer::valid;
  const bool by_author = !first.author.empty() && key->identity == first.author;
  const bool by_bringer = !signed_first && notice->kid == peer_.kid && there.front().record->writer == peer_.writer();
  if (!by_author && !by_bringer) {
    return Verdict::refused;
  }
  TRY(const std::optional<std::string> kept, home_.ledger.notice(notice->id));
  if (kept) {
    const auto before = read_notice(*kept);
    if (before && before->modified_at >= notice->modified_at && (before->revoked || !notice->revoked)) {
      return Verdict::taken;
    }
  }
  Ledger::Changes changes;
  Ledger::put_notice(changes, notice->id, item.notice);
  // Beside a version that came with it, the notice goes on with that version or in its place. A version that was here
  // before may have been told of without the author's word; one that is not here is told of in no other way.
  if (!stored_.contains({notice->id, notice->modified_at})) {
    TRY(const std::vector<std::string> sent, home_.ledger.sent_to(notice->id));
    for (const std::string& kid : sent) {
      if (kid != peer_.kid) {
        to_be_told_.insert(kid);
        Ledger::put_due(changes, kid, notice->id, notice->modified, item.notice);
      }
    }
  }
  TRY_VOID(home_.ledger.write(changes));
  return Verdict::taken;
}

Result<bool> Inbox::has_room(const std::string& release) {
  if (!classes_read_) {
    TRY(const std::vector<store::ReleaseClass> classes, home_.store.classes(peer_.relation.inbox.name()));
    for (const store::ReleaseClass& one : classes) {
      if (one.writer == peer_.writer()) {
        classes_.insert(one.release);
      }
    }
    classes_read_ = true;
  }
  if (classes_.contains(release)) {
    return true;
  }
  if (classes_.size() >= limits::classes_max) {
    return false;
  }
  classes_.insert(release);
  return true;
}

Result<void> Inbox::flush() {
  if (!waiting_.empty()) {
    TRY(const std::vector<store::Put> put, home_.store.put(peer_.relation.inbox.name(), waiting_, now_));
    taken_.stored += static_cast<std::uint64_t>(std::ranges::count(put, store::Put::stored));
    taken_.refused += static_cast<std::uint64_t>(std::ranges::count(put, store::Put::too_large));
    for (const store::NewVersion& version : waiting_) {
      stored_.emplace(version.id, version.version_at);
    }
    waiting_.clear();
    waiting_ids_.clear();
    if (std::ranges::count(put, store::Put::over_quota) != 0) {
      // It must come again once the operator gave more room: nothing is dropped.
      return failure(ErrorCode::limit, "the peer has brought as much as it may");
    }
  }
  return sightings_.finish(now_);
}

}  // namespace tocsin::exchange
