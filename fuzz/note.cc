// Arbitrary bytes as a signed note, its text as a checkpoint, its first line as a verifier key.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "trust/note.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin::trust;
  using tocsin::check;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto key = parse_verifier_key(text.substr(0, text.find('\n')))) {
    const auto again = parse_verifier_key(text_of(*key));
    check(again.has_value() && again->id == key->id && again->key == key->key,
          "a key that is written parses to itself");
  }
  Ed25519Seed seed;
  seed.fill(7);
  const VerifierKey own = verifier_key("own.example", ed25519_public_key(seed));
  const OpenedNote opened = open_note(text, {&own, 1});
  check(opened.verdict == NoteVerdict::ok || opened.verified.empty(), "names count only in a good note");
  if (opened.verdict == NoteVerdict::unverified) {
    check(text.starts_with(opened.text) && opened.text.ends_with('\n'), "the text is the note's beginning");
  }
  if (const auto checkpoint = parse_checkpoint(text)) {
    check(text_of(*checkpoint) == text, "a checkpoint has one spelling");
  }
  if (const auto note = sign_note(text, own.name, seed)) {
    const OpenedNote mine = open_note(*note, {&own, 1});
    check(mine.verdict == NoteVerdict::ok && mine.text == text, "what is signed opens");
  }
  return 0;
}
