// Invitation: how two nodes become peers: a code that one operator gives to the other by another way than this network,
// once, and with which both prove that they hold their keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "exchange/message.h"
#include "exchange/peer.h"

namespace tocsin::exchange {

// What the code says: where the inviting node is, the SHA-256 of its key, which invitation, and a secret that only the
// two operators know.
struct Invitation {
  std::string url;
  std::string fingerprint;   // 64 hexadecimal digits
  std::string id;            // 32 hexadecimal digits; no secret
  std::string secret;        // 32 hexadecimal digits
  std::int64_t expires = 0;  // ticks

  std::string kid() const { return fingerprint.substr(0, 32); }
};
std::string write_code(const Invitation& invitation);
Result<Invitation> read_code(std::string_view code);

// accept: the invited node to the inviting one. welcome: the answer. Each proves the secret over both keys and a nonce
// of the invited node, and is signed as a message by the key it brings, so neither can be sent on or replayed.
struct Introduction {
  std::string invitation, url, key_document, nonce, proof;
};
std::string write_introduction(std::string_view kind, const Introduction& introduction, std::string_view to);
Result<Introduction> read_introduction(std::string_view body);
std::string proof_of(std::string_view kind, std::string_view invitation, std::string_view from_kid,
                     std::string_view to_kid, std::string_view nonce, std::string_view secret);

}  // namespace tocsin::exchange
