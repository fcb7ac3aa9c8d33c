// Role: a place in a JSON record that means something to a profile, as a small number (roles.def).
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tocsin::ingest::json {

enum class Role : std::uint16_t {
  none,
#define ROLE(identifier, path) identifier,
#include "ingest/json/roles.def"
#undef ROLE
};

inline constexpr std::size_t role_count = 1
#define ROLE(identifier, path) +1
#include "ingest/json/roles.def"
#undef ROLE
    ;

using RoleSet = std::bitset<role_count>;

// The role of a dotted path, or none.
Role role_of(std::string_view path);

}  // namespace tocsin::ingest::json
