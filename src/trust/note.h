// Signed note: a text that keys vouch for, in the form of C2SP signed-note; and the checkpoint of a log, which is one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "trust/ed25519.h"

namespace tocsin::trust {

// "name+hash+key": a name, the first four bytes of SHA-256(name, newline, 0x01, key) and an Ed25519 key.
struct VerifierKey {
  std::string name;
  std::uint32_t id = 0;
  Ed25519Key key{};
};

std::uint32_t key_id(std::string_view name, const Ed25519Key& key);
VerifierKey verifier_key(std::string_view name, const Ed25519Key& key);
// Error syntax: malformed, or another algorithm; error damaged: the hash is of another name or key.
Result<VerifierKey> parse_verifier_key(std::string_view text);
// The same for a key of 32 bytes under another algorithm byte, as cosigners have.
Result<VerifierKey> parse_verifier_key(std::string_view text, char algorithm);
std::string text_of(const VerifierKey& key);

enum class NoteVerdict : std::uint8_t {
  ok,                 // at least one known key signed it, and no known key's signature is wrong
  malformed,          // not of this form
  ambiguous_key,      // two of the keys given have one name and hash
  invalid_signature,  // a known key's signature is wrong: the whole note counts for nothing
  unverified          // no known key signed it
};

// `text` and the names count only where the verdict is ok (`unverified` also where it is unverified).
struct OpenedNote {
  NoteVerdict verdict = NoteVerdict::malformed;
  std::string_view text;                // with its last newline; borrows the note
  std::vector<std::string> verified;    // names, in the order of their lines, each key once
  std::vector<std::string> unverified;  // names of keys not known here, each line once
};

// Signature lines are looked at in order, as the Go implementation does: the first that is wrong decides. Lines of
// known keys are verified; what other keys say is ignored. Borrows nothing but what `text` says. Cost: one verification
// a key.
OpenedNote open_note(std::string_view note, std::span<const VerifierKey> keys);

// A note in its parts, without a word on who signed it. Borrows the note. Nothing where it is malformed.
struct SignatureLine {
  std::string_view name;
  std::uint32_t id = 0;
  std::string signature;  // bytes behind the id; their meaning depends on the key's algorithm
  std::string_view line;  // with its newline
};
struct SplitNote {
  std::string_view text;  // with its last newline
  std::vector<SignatureLine> signatures;
};
std::optional<SplitNote> split_note(std::string_view note);
// "— name base64(id, signature)" and a newline. The name must be one that a key may have (is_key_name).
std::string signature_line(std::string_view name, std::uint32_t id, std::string_view signature);
// Not empty, UTF-8, without white space and '+'.
bool is_key_name(std::string_view name);
// The first four bytes of SHA-256(name, newline, algorithm, key): how a signature line names its key.
std::uint32_t key_id(std::string_view name, std::string_view algorithm_and_key);

// The text as a note with one signature. Error syntax where the text or the name cannot stand in a note.
Result<std::string> sign_note(std::string_view text, std::string_view name, const Ed25519Seed& seed);

// C2SP tlog-checkpoint: what a log says it is at one size. `rest` is whatever follows the third line.
struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  std::string hash;  // bytes
  std::string rest;
};

// Of a note's text. Error syntax.
Result<Checkpoint> parse_checkpoint(std::string_view text);
std::string text_of(const Checkpoint& checkpoint);

}  // namespace tocsin::trust
