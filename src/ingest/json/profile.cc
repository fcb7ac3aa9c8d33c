#include "ingest/json/profile.h"

#include <array>

namespace tocsin::ingest::json {

#define PROFILE(identifier) extern const Profile profile_##identifier;
#include "ingest/json/profiles.def"
#undef PROFILE

namespace {

constexpr std::array table = {
#define PROFILE(identifier) &profile_##identifier,
#include "ingest/json/profiles.def"
#undef PROFILE
};

}  // namespace

std::span<const Profile* const> profiles() { return table; }

}  // namespace tocsin::ingest::json
