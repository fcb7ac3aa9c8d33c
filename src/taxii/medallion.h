// Moving over from the OASIS reference server (medallion): its data file and its configuration become a store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"
#include "trust/password.h"

namespace tocsin::taxii {

struct Moved {
  std::size_t roots = 0, collections = 0, versions = 0, statuses = 0, users = 0;
  std::vector<std::string> skipped;  // what was left behind, and why
};

struct MoveOptions {
  Time now;
  trust::PasswordCost cost = {};
};

// Discovery, API roots, collections with their flags, objects with their bytes and date_added, status resources.
// Errors: syntax, limit, and those of the store. `store` must be new: date_added only ever goes forward.
Result<Moved> move_medallion_data(std::string_view data, store::Store& store, const MoveOptions& options);
// Users, who may then read and write everywhere, as there. Their passwords stand there as text; here they are hashed.
Result<Moved> move_medallion_users(std::string_view configuration, store::Store& store, Random& random,
                                   const MoveOptions& options);

}  // namespace tocsin::taxii
