// Profile: how the records of one product are told from others and what of theirs is time, host and log source.
#pragma once

#include <span>
#include <string_view>

#include "ingest/json/record.h"

namespace tocsin::ingest::json {

// One file profile_*.cc each and one line of profiles.def. apply() looks at the record's roles only; it returns false,
// having changed nothing, where the record is not of this product.
struct Profile {
  std::string_view name;
  std::string_view doc;   // one line for people
  std::string_view spec;  // link to the published form
  bool (*apply)(Record& record);
};

std::span<const Profile* const> profiles();

// Lets the first profile that knows the record complete its event.
void apply_profiles(Record& record);
// The same for a record inside another log's line, whose host, time and log source stay where the record tells none.
void apply_profiles_inside(Record& record);

}  // namespace tocsin::ingest::json
