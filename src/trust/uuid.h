// UUIDs that follow from content alone: the same content gives the same identifier everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::trust {

using UuidBytes = std::array<std::uint8_t, 16>;

// The namespace of STIX 2.1 section 2.9, for cyber-observable objects and nothing else.
inline constexpr UuidBytes stix_observable_namespace = {0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c,
                                                        0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7};

// RFC 4122 section 4.3: the name-based UUID (version 5) of `name` in a namespace, as lower-case text.
std::string uuid_v5(const UuidBytes& name_space, std::string_view name);

// A UUID that depends on the content alone but has the form of version 4, which STIX 2.1 section 2.9 asks of every
// object that is no observable: the same report gives the same identifiers, and validators have nothing to object.
std::string uuid_of_content(std::string_view content);

}  // namespace tocsin::trust
