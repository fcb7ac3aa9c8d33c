// Spool: a nested archive that needs seeking, kept in memory while it is small, else in a temporary file that has no
// name.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "source/input.h"

namespace tocsin::source {

// Reads `input` to its end. `temporary_folder` may be empty: $TMPDIR, else /tmp. More than
// limits::archive_nested_bytes_max is an error.
Result<std::unique_ptr<SeekableSource>> spool(Input& input, const std::string& temporary_folder);

}  // namespace tocsin::source
