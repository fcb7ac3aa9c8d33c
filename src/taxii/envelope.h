// The envelope of a POST cut into its objects, each as the very bytes that the author sent (TAXII 2.1 section 3.7).
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::taxii {

// Views into `body`. Errors: syntax (no JSON: 400), unreadable (JSON, but no envelope: 422), limit (422).
Result<std::vector<std::string_view>> split_envelope(std::string_view body);

}  // namespace tocsin::taxii
