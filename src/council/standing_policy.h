// Standing policy: a nation's signed order to its own node to pass certain silences without a person at hand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "consult/entry.h"
#include "trust/ed25519.h"

namespace tocsin::council {

// {"type":"tocsin-pass-policy","version":1,"author","item"|null,"classes":[…],"until","signature"}: which silences the
// node may pass for its nation. Signed by the key that the nation has on the roster.
struct StandingPolicy {
  std::string author;
  std::optional<consult::Hash> item;  // none: any item under this key
  std::vector<std::string> classes;   // of silences; none given: none allowed
  consult::Seconds until = 0;

  bool allows(const consult::Hash& on_item, const consult::Entry& silence, consult::Seconds now) const;
};

// What the key signs: a name of the kind of document, a line feed, and the RFC 8785 form without the signature.
Result<std::string> policy_bytes(const StandingPolicy& policy);
std::string policy_json(const StandingPolicy& policy, const trust::Ed25519Signature& signature);
// Error syntax where it is none; damaged where it is another author's or its signature does not hold.
Result<StandingPolicy> read_policy(std::string_view json, std::string_view author, const trust::Ed25519Key& key);

// The silence that the body of a pass names, or empty.
std::string pass_silence(std::string_view body);

}  // namespace tocsin::council
