// Arbitrary bytes as what a witness is sent, as a cosigned checkpoint, as evidence of a fork, as a path and as tiles.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "trust/cosignature.h"
#include "trust/tiles.h"
#include "trust/witness.h"

namespace {

using namespace tocsin::trust;

// Every tile is the input, cut somewhere.
class HostileTiles final : public TileReader {
 public:
  explicit HostileTiles(std::string_view bytes) : bytes_(bytes) {}
  tocsin::Result<std::string> tile(TileName name) override {
    return std::string(bytes_.substr(0, bytes_.size() - (name.index + name.level) % (bytes_.size() + 1)));
  }

 private:
  std::string_view bytes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tocsin::check;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Ed25519Seed seed;
  seed.fill(7);
  const VerifierKey own = verifier_key("own.example", ed25519_public_key(seed));
  const CosignerKey cosigner = cosigner_key("own.example", own.key);
  if (const auto key = parse_cosigner_key(text.substr(0, text.find('\n')))) {
    check(parse_cosigner_key(text_of(*key)).has_value(), "a key that is written parses");
  }
  if (const auto request = parse_checkpoint_request(text)) {
    check(text_of(*request) == text, "a request has one spelling");
    const WitnessAnswer answer = witness(*request, "own.example", {&own, 1}, {});
    check(answer.what != WitnessAnswer::What::cosign, "nothing that is not signed is cosigned");
  }
  if (const auto evidence = parse_fork_evidence(text)) {
    check(text_of(*evidence) == text, "evidence has one spelling");
    check(!proves_fork(*evidence, {&own, 1}), "nobody is accused without a signature");
  }
  if (const auto note = split_note(text)) {
    for (const Cosignature& each : check_cosignatures(*note, {&cosigner, 1})) {
      check(!each.valid, "nobody else cosigns");
    }
    if (const auto line = cosign(note->text, cosigner.name, seed, size)) {
      const std::string with = with_line(text, *line);
      const auto again = split_note(with);
      check(!again || check_cosignatures(*again, {&cosigner, 1}).at(0).valid, "what is cosigned holds");
    }
  }
  if (const auto path = parse_tile_path(text)) {
    check(tile_path(path->name, path->width) == text, "a tile has one path");
  }
  if (const auto entries = entries_of(text)) {
    check(entries->size() <= size, "entries are whole");
  }
  HostileTiles tiles(text);
  const std::uint64_t length = size * 37 % 1'000;
  const std::vector<std::string> more(3, "x");
  (void)append_entries(tiles, length, more);
  TileTree tree(tiles, length);
  (void)tree.head();
  (void)tree.inclusion_proof(length / 2);
  (void)tree.consistency_proof(length / 3);
  check(!check_tiles(tiles, length) || length == 0, "a log is not made of one text");
  return 0;
}
