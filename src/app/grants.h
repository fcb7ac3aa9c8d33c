// Where a user or a token may read and write, as people type it.
#pragma once

#include <string_view>
#include <vector>

#include "app/command.h"
#include "base/result.h"
#include "store/store.h"

namespace tocsin::app {

// What --read and --write say: "*", "ROOT/*" or "ROOT/COLLECTION" (an id or alias). Error usage.
Result<std::vector<store::Grant>> grants_of(const Arguments& arguments, const store::Store& store);
// "rw api/*", by which users and tokens are listed.
std::string grant_text(const store::Grant& grant);

}  // namespace tocsin::app
