// Message: what two nodes say to each other, signed as a whole by the node that says it.
//
// One line "tocsin-exchange/1 KID SIGNATURE", then the body, JSON. The Ed25519 signature is over
// "tocsin-exchange/1\n" and the body as it stands: nothing of a body is read before it is verified.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "trust/ed25519.h"

namespace tocsin::exchange {

// Whoever signs messages: this node.
struct Signer {
  std::string kid;
  trust::Ed25519Seed seed{};
};

std::string seal_message(std::string_view body, const Signer& signer);

struct Opened {
  std::string_view kid, body;  // of the message that was opened
};

// The one place where the signature of a message is verified: what it does not let through is never looked at. `key_of`
// gives the key for a kid; for one that it does not know the message is refused without another step. Errors: limit,
// syntax, not_found (an unknown key), damaged (the signature does not hold).
Result<Opened> open_message(std::string_view message,
                            const std::function<std::optional<trust::Ed25519Key>(std::string_view)>& key_of);

// Who says that it sent the message; unproven. Empty where it is none.
std::string_view claimed_sender(std::string_view message);

}  // namespace tocsin::exchange
