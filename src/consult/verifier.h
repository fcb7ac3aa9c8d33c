// Verifier: who says that a copy of an entry was signed with a key.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>

#include "consult/entry.h"
#include "trust/ed25519.h"

namespace tocsin::consult {

class Verifier {
 public:
  virtual ~Verifier() = default;
  // Whether this copy carries a signature of `key` over its signed bytes. Same question, same answer.
  virtual bool verify(const Entry& copy, const trust::Ed25519Key& key) = 0;
};

class Ed25519Verifier final : public Verifier {
 public:
  bool verify(const Entry& copy, const trust::Ed25519Key& key) override {
    return copy.signature && trust::ed25519_verify(copy.signed_bytes, *copy.signature, key);
  }
};

// Asks another verifier once and remembers which signatures were good, by id, key and signature. (A journal remembers
// by id and key alone, since it holds the good copy; several journals with different entries must not learn from each
// other that a copy exists which they do not hold.) One thread. Memory: 128 bytes for each signed entry.
class RememberingVerifier final : public Verifier {
 public:
  explicit RememberingVerifier(Verifier& verifier, std::uint64_t seed = 0)
      : verifier_(verifier), known_(0, KnownOf{seed}) {}
  bool verify(const Entry& copy, const trust::Ed25519Key& key) override {
    if (!copy.signature) {
      return false;
    }
    const Known known{copy.id, Hash{key}, *copy.signature};
    if (known_.contains(known)) {
      return true;
    }
    if (!verifier_.verify(copy, key)) {
      return false;
    }
    known_.insert(known);
    return true;
  }

 private:
  struct Known {
    Hash id;
    Hash key;
    trust::Ed25519Signature signature;
    bool operator==(const Known&) const = default;
  };
  struct KnownOf {
    std::uint64_t seed = 0;
    std::size_t operator()(const Known& known) const { return HashOf{HashOf{seed}(known.id)}(known.key); }
    using is_avalanching = void;
  };
  Verifier& verifier_;
  boost::unordered_flat_set<Known, KnownOf> known_;
};

}  // namespace tocsin::consult
