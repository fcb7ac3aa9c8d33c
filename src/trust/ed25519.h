// Ed25519 signatures (RFC 8032): verified so strictly that two programs cannot disagree. The program's only door to
// libsodium's signatures.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tocsin::trust {

using Ed25519Key = std::array<std::uint8_t, 32>;   // a public key
using Ed25519Seed = std::array<std::uint8_t, 32>;  // a secret key as RFC 8032 stores it
using Ed25519Signature = std::array<std::uint8_t, 64>;

// As libsodium verifies: RFC 8032 section 5.1.7 without the cofactor, S below the group's order, A and R in canonical
// form, neither of small order. About 50 µs on one core for short texts. Keeps nothing; any thread.
bool ed25519_verify(std::string_view bytes, const Ed25519Signature& signature, const Ed25519Key& key);

Ed25519Signature ed25519_sign(std::string_view bytes, const Ed25519Seed& seed);
Ed25519Key ed25519_public_key(const Ed25519Seed& seed);

}  // namespace tocsin::trust
