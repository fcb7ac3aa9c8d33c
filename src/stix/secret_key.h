// A secret key as a file: the public document of the key in clear, and the seed sealed under a passphrase.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "stix/author_key.h"
#include "trust/passphrase_box.h"

namespace tocsin::stix {

struct SecretKey {
  AuthorKey key;
  std::string document;  // of the key, for others
  trust::Ed25519Seed seed{};
};

// {"type":"tocsin-secret-key","version":1,"key":{…},"kdf":"argon2id","passes","memory_kib","salt","cipher":
// "xchacha20-poly1305","nonce","sealed"}. Everything but `sealed` is covered by the seal.
Result<std::string> write_secret_key(std::string_view document, const trust::Ed25519Seed& seed,
                                     std::string_view passphrase, const trust::PassphraseParameters& parameters);
// Errors as unlock_with_passphrase(); damaged where the seed is another key's.
Result<SecretKey> read_secret_key(std::string_view text, std::string_view passphrase);

}  // namespace tocsin::stix
