// Passwords as a node keeps them: Argon2id hashes (RFC 9106) in the text form that every implementation reads.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::trust {

// What one hash costs: work for whoever guesses, and for us. 64 MiB and three passes are libsodium's "moderate" passes
// at "interactive" memory: some 100 ms on one core.
struct PasswordCost {
  std::uint64_t passes = 3;
  std::size_t memory_bytes = std::size_t{64} << 20;
};

// "$argon2id$v=19$m=65536,t=3,p=1$…$…". Empty where memory is short.
using PasswordSalt = std::array<std::uint8_t, 16>;
std::string hash_password(std::string_view password, const PasswordSalt& salt, PasswordCost cost = {});
// False for a wrong password and for text that is no such hash. Costs as much as the hash says.
bool verify_password(std::string_view password, std::string_view hash);

}  // namespace tocsin::trust
