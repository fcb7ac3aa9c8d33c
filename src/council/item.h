// Item: one consultation as it is held here: roster, entries, the texts they are about, and the keys' owners.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "consult/journal.h"
#include "consult/roster.h"
#include "consult/state.h"
#include "consult/view.h"
#include "council/journal_line.h"
#include "council/paper.h"
#include "stix/author_key.h"

namespace tocsin::council {

using consult::EntryPtr;
using consult::Hash;
using consult::Number;
using consult::Roster;
using consult::Seconds;

// A language version of a text, or an annex (`language` "annex").
struct Text {
  std::string language;
  std::string text;
};

// What a draft's hash is the hash of: digests, sorted, and their RFC 8785 form.
struct Manifest {
  struct Version {
    std::string language;
    std::string sha256;
  };
  std::vector<Version> texts;
  std::vector<std::string> annexes;
  std::string canonical;
  std::string sha256;
};
// Error usage where two texts have one language or there is none.
Result<Manifest> make_manifest(std::vector<Manifest::Version> texts, std::vector<std::string> annexes);
// Error syntax where the JSON is none, or is not in the one form that make_manifest() gives.
Result<Manifest> read_manifest(std::string_view json);

// Whether the own chain is known to its end (a fork by accident would be the commonest fork).
struct Continuity {
  bool broken = false;
  Seconds since = 0;
  std::string why;
  std::string author;              // whose chain
  std::set<std::string> readings;  // witnesses that have shown what they hold of the chain since then
};

enum class Intake : std::uint8_t { added, known, refused };

// Not thread-safe.
class Item {
 public:
  // Error damaged where the roster is not valid. The verifier is borrowed.
  static Result<std::unique_ptr<Item>> make(std::string_view roster_json, const Hash& id, consult::Verifier& verifier,
                                            std::uint64_t seed = 0);
  ~Item() = default;
  Item(const Item&) = delete;
  Item& operator=(const Item&) = delete;

  const Hash& id() const { return id_; }
  const Roster& roster() const { return rosters_.front(); }
  const std::string& roster_json() const { return roster_json_; }  // RFC 8785 form
  // The IANA zone that the roster gives for a participant ("zone", which means nothing to the state); else empty.
  std::string_view zone_of(std::string_view participant) const;
  // The identity under which nodes know a participant's organisation, where the roster gives it ("organisation"); else
  // empty.
  std::string_view organisation_of(std::string_view participant) const;

  struct Held {
    EntryPtr entry;
    std::string json;  // verbatim
  };
  // `why` tells what a refused one was refused for.
  Intake add_entry(std::string_view json, std::string* why = nullptr);
  std::span<const Held> entries() const { return held_; }
  // As held; null where it is not.
  const Held* find(const Hash& id) const;
  const consult::Ledger& ledger() const { return journal_.ledger(); }
  consult::State state(Seconds as_of) { return journal_.state(as_of); }
  bool counts(const Hash& id) const { return accepted(id) != consult::no_number; }
  // The entry's number in the ledger, where it is held and counts.
  Number accepted(const Hash& id) const;
  // Ends of the chains of an author: entries that count and that no other one follows. By id.
  std::vector<Number> tips(std::string_view author) const;
  // Held entries of an author that are the author's own beyond doubt but do not count, since one before them is
  // lacking.
  bool has_gap(std::string_view author) const;
  // Witnesses whose receipts name an entry of this author that is not held here. One witness may lie.
  std::set<std::string> witnesses_of_unknown(std::string_view author) const;
  // Held entries of an author, in the order in which they came.
  std::span<const Number> entries_of(std::string_view author) const;

  // By content. Error limit.
  Result<bool> add_text(const Text& text);
  const Text* text(std::string_view sha256) const;
  Result<bool> add_manifest(std::string_view json);
  const Manifest* manifest(std::string_view sha256) const;
  Result<bool> add_key(std::string_view document);
  const stix::AuthorKey* key_of(const consult::Participant& participant) const;
  const stix::KeyRing& ring() const { return ring_; }
  // What lies beside the text. Errors as read_paper() and Papers::add(). Nothing asks the gate here (paper_gate.h).
  Result<bool> add_paper(std::string_view json);
  const Papers& papers() const { return papers_; }
  const std::map<std::string, Text, std::less<>>& texts() const { return texts_; }
  const std::map<std::string, Manifest, std::less<>>& manifests() const { return manifests_; }
  const std::vector<std::string>& keys() const { return key_documents_; }

  Continuity continuity;
  std::string policy;  // the own nation's order to pass, as JSON; empty: none
  // Whoever has signed with this journal; empty before the first own entry.
  std::string signed_by;
  // Entries that came from outside since the journal began or the continuity was mended last: own ones among them say
  // that something was signed elsewhere.
  bool came_from_outside(std::string_view author) const;
  void mark_from_outside(const Hash& id) { from_outside_.push_back(id); }
  // Enough witnesses have shown what they hold.
  void mend();

 private:
  Item(std::string_view roster_json, Roster roster, const Hash& id, consult::Verifier& verifier, std::uint64_t seed);

  std::string roster_json_;
  std::vector<Roster> rosters_;
  std::map<std::string, std::string, std::less<>> zones_, organisations_;
  Hash id_;
  consult::EntryReader reader_;
  consult::Journal journal_;
  std::vector<Held> held_;
  boost::unordered_flat_map<Hash, std::vector<std::uint32_t>, consult::HashOf> by_id_;  // places in held_
  std::map<std::string, std::vector<Number>, std::less<>> by_author_;
  std::map<std::string, Text, std::less<>> texts_;
  std::map<std::string, Manifest, std::less<>> manifests_;
  stix::KeyRing ring_;
  std::vector<std::string> key_documents_;
  Papers papers_;
  std::vector<Hash> from_outside_;
};

// The journal's records in their order, from `item` and `roster` on. Error damaged where they are missing or not valid.
Result<std::unique_ptr<Item>> load_item(const JournalReading& journal, consult::Verifier& verifier,
                                        std::uint64_t seed = 0);

// The body of an entry, and members of it that the state does not need.
std::string body_text(const consult::Entry& entry, std::string_view member);

// An exercise says so in the entry that opens it, in words, before anything else is signed; the item's id follows from
// them. Empty: it is real. An item whose opening is not held is neither.
std::string exercise_of(const Item& item);
// What every screen and page of an exercise says; empty where it is none.
std::string exercise_banner(std::string_view exercise);

// How the consultation itself is marked, its existence included: the name of a TLP 2.0 marking in the body of the entry
// that opens it ("marking"). One that is not known is TLP:RED. Empty: the entry names none, or is not held.
std::string marking_of(const Item& item);

// As JSON, with its one form: {"lang":…,"text":…}.
std::string text_json(const Text& text);
Result<Text> read_text(std::string_view json);

// Twelve digits: enough for people to tell entries apart.
std::string short_id(const Hash& id);

}  // namespace tocsin::council
