// Log entry: what a node's log holds instead of an object: a commitment that says nothing to anyone who was not given
// the object and its salt, and no longer anything to anybody once the salt is deleted.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "trust/digest.h"

namespace tocsin::trust {

// Random and new for each entry; kept beside the object and deleted with it.
using LogSalt = std::array<std::uint8_t, 32>;

// The 32 bytes of SHA-256("tocsin-log-entry/v1", line feed, salt, SHA-256(object)); `object`: the author's bytes as
// they were received.
std::string log_entry(std::string_view object, const LogSalt& salt);
std::string log_entry(const Sha256Digest& of_object, const LogSalt& salt);

}  // namespace tocsin::trust
