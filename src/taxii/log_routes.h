// Log routes: the checkpoint and the tiles of a node's transparency logs, for whoever may read them (C2SP tlog-tiles,
// docs/log.md).
#pragma once

#include <string_view>

#include "base/result.h"
#include "net/message.h"
#include "store/store.h"
#include "taxii/admission.h"
#include "taxii/route.h"

namespace tocsin::taxii {

// A grant to read this place, which no API root can have as its name, lets a user read the restricted log; "*" does
// not.
inline constexpr std::string_view log_grant_root = "tocsin";
inline constexpr std::string_view log_grant_restricted = "restricted-log";

// Whoever may read anything here may read the open log; the restricted one is for those alone who were named for it.
bool may_read_log(const store::User& user, bool restricted);

// What stands under `route.log` and `route.file`. 404 for whatever is not there, and for whoever may not know whether
// it is. Nothing beyond the last checkpoint is shown: the log's size between two of them is nobody's business.
Result<net::Response> log_file(const store::Store& store, const LogNames& logs, const store::User& user,
                               const Route& route);

}  // namespace tocsin::taxii
