// Entry: one signed statement in the journal of a consultation, read from JSON and never changed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consult/hash.h"
#include "consult/strict_json.h"
#include "trust/ed25519.h"
#include "wire/json_reader.h"

namespace tocsin::consult {

enum class Kind : std::uint8_t {
#define KIND(name, text) name,
#include "consult/kinds.def"
#undef KIND
  unknown,  // of a later version, or a kind this program does not know: a link of its chain and nothing else
};

enum class Stance : std::uint8_t {
#define STANCE(name, text, needs_text) name,
#include "consult/stances.def"
#undef STANCE
};
std::string_view text_of(Stance stance);

// "I hold the chain of `author` up to `id`."
struct Head {
  std::string author;
  Hash id;
};

struct Entry {
  Hash id;                                           // SHA-256 of signed_bytes
  std::string signed_bytes;                          // RFC 8785 form without the signature
  std::optional<trust::Ed25519Signature> signature;  // where it is 128 lower-case hex digits
  bool well_formed = false;                          // J1. Where false, nothing below means anything

  std::uint64_t version = 0;
  std::optional<Hash> item;  // none: it opens one
  std::string author;
  std::uint32_t sequence = 0;
  std::optional<Hash> previous;  // none: the first of its chain
  Seconds time = 0;              // the author's claim
  Kind kind = Kind::unknown;
  std::string label;  // "v2:pass" where the kind is unknown, else empty

  // What the body names: the roster of an open, the parent of a draft (none: revision 1), the draft of a silence, the
  // position that a retract takes back, the silence of every other kind but receipts.
  std::optional<Hash> subject;
  Seconds deadline = 0;        // silence, extend
  std::string silence_class;   // silence
  std::uint64_t revision = 0;  // draft
  Stance stance = Stance::support;
  std::vector<Head> heads;            // receipt, by author
  std::vector<std::string> presumed;  // close, by bytes
};

// Entries are shared by all journals, views and tests that hold them.
using EntryPtr = std::shared_ptr<const Entry>;

struct EntryReading {
  EntryPtr entry;  // null where refused
  Refusal refusal = Refusal::none;
};

// Reads entries at the door (section 2): what is refused is no entry at all and has no state; what has an entry's
// outside but a wrong inside is an entry that is not well_formed. Reusable, one thread. About 5 µs for a short entry.
class EntryReader {
 public:
  EntryReading read(std::string_view json);

 private:
  wire::JsonReader reader_;
};

// 1 to 32 of A–Z a–z 0–9 and "-".
bool is_name(std::string_view text);

}  // namespace tocsin::consult
