// Arbitrary bytes as key documents, secret keys and signed objects: nothing unsigned is ever valid.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "stix/secret_key.h"
#include "stix/signature.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  stix::KeyRing ring;
  trust::Ed25519Seed seed{};
  seed.fill(7);
  stix::AuthorKey key;
  key.key = trust::ed25519_public_key(seed);
  key.kid = stix::key_id(key.key);
  key.identity = "identity--0a5a1f3e-1111-4111-8111-000000000001";
  key.name = "N";
  key.valid_from = "2020-01-01T00:00:00Z";
  const auto document = stix::write_author_key(key, seed);
  check(document && ring.add(*document), "a key document of our own is read");
  if (!ring.add(text)) {
    check(ring.size() == 1, "what is refused leaves nothing behind");
  }
  check(stix::check_signature(text, ring).answer != stix::SignatureCheck::Answer::valid, "nobody but the key can sign");
  check(!stix::read_secret_key(text, ""), "no secret key opens by chance");
  if (const auto made = stix::sign_object(text, key, seed, "2021-01-01T00:00:00Z")) {
    check(stix::check_signature(*made, ring).answer == stix::SignatureCheck::Answer::valid, "what is signed holds");
  }
  return 0;
}
