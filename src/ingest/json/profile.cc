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

void apply_profiles(Record& record) {
  for (const Profile* profile : table) {
    if (profile->apply(record)) {
      return;
    }
  }
}

void apply_profiles_inside(Record& record) {
  const event::Event outer = record.event;
  event::Event& event = record.event;
  event.log_source = nullptr;
  event.time = {};
  apply_profiles(record);
  if (event.log_source == nullptr && event.channel.empty() && event.provider.empty()) {
    event.log_source = outer.log_source;
  }
  if (event.host.empty()) {
    event.host = outer.host;
  }
  if (!event.time.known()) {
    event.time = outer.time;
    event.assumed_zone = outer.assumed_zone;
  }
}

}  // namespace tocsin::ingest::json
