// Author keys: which key speaks for which identity of which nation, since when and until when; and their revocations.
// Both are documents that the key signs itself: they can be passed on by anybody and believed by whoever knows the
// fingerprint from the owner.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stix/timestamp.h"
#include "trust/ed25519.h"

namespace tocsin::stix {

// {"type":"tocsin-key","version":1,"alg":"Ed25519","kid","public_key","identity","name","nation","valid_from",
// "valid_until","sig"}: hexadecimal digits are small, times are STIX timestamps, `nation` and `valid_until` optional.
struct AuthorKey {
  std::string kid;  // key_id() of `key`
  trust::Ed25519Key key{};
  std::string identity;  // a STIX identity's id: created_by_ref of what it signs
  std::string name;      // what people call the owner
  std::string nation;    // ISO 3166-1 alpha-2 or -3 as the owner writes it; may be empty
  std::string valid_from;
  std::string valid_until;  // empty: no end
};

// {"type":"tocsin-key-revocation","version":1,"kid","revoked","reason","sig"}, signed by the key it revokes.
struct KeyRevocation {
  enum class Reason : std::uint8_t {
    superseded,  // what was signed before stays believed
    compromised  // nothing is: whoever has the key can write any time into a signature
  };
  std::string kid;
  std::string revoked;
  Reason reason = Reason::superseded;
};

// What is signed of a document: the name of its kind, so that no signature can stand for one of another kind, and the
// digest of its canonical form without the member that holds the signature.
Result<std::string> signed_bytes(std::string_view kind, std::string_view document,
                                 std::span<const std::string_view> without);

// 32 hexadecimal digits of the key's SHA-256.
std::string key_id(const trust::Ed25519Key& key);
// The whole digest in groups of four digits, to be compared on the telephone.
std::string fingerprint(const trust::Ed25519Key& key);

// Error usage where a member is missing or has a form that read_author_key() would refuse.
Result<std::string> write_author_key(const AuthorKey& key, const trust::Ed25519Seed& seed);
Result<std::string> write_key_revocation(const KeyRevocation& revocation, const trust::Ed25519Seed& seed);

// Keys and revocations that were read and whose own signatures hold.
class KeyRing {
 public:
  // One document: a key or a revocation. Error damaged where its signature does not hold, syntax where it is neither.
  // The same key again must be the same document, else damaged: two documents would mean two owners. A revocation of a
  // key that is not there yet is kept unread until it comes. Both limits: 100,000 documents.
  Result<void> add(std::string_view document);
  const AuthorKey* find(std::string_view kid) const;
  // The earliest one; compromised before superseded.
  const KeyRevocation* revocation(std::string_view kid) const;
  std::size_t size() const { return keys_.size(); }
  // Every key, by kid.
  void each(const std::function<void(const AuthorKey&)>& visit) const;

 private:
  Result<void> add_revocation(std::string_view document);
  Result<void> settle(const AuthorKey& key, std::string_view document);

  std::map<std::string, AuthorKey, std::less<>> keys_;
  std::map<std::string, std::string, std::less<>> documents_;  // canonical, by kid
  std::map<std::string, KeyRevocation, std::less<>> revocations_;
  std::vector<std::string> waiting_;  // revocations of keys not seen
};

}  // namespace tocsin::stix
