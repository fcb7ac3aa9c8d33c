// Bundles as bytes: where each object in one stands, without reading it; and an object on one line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::stix {

// Borrows the text that it was cut from.
struct CutBundle {
  bool is_bundle = false;  // false: a single object, or a list of objects
  std::vector<std::string_view> objects;
  // The bundle with its objects taken out (one `0` instead of them), to look at its own properties.
  std::string frame;
};

// Cuts a bundle, a list of objects, or a single object, of any length up to limits.h, into the bytes of its objects.
// The grammar of the objects is not looked at; only brackets and strings are. Errors name the offset.
Result<CutBundle> cut_bundle(std::string_view text);

// The same JSON without whitespace between its parts: names, strings and numbers stay byte for byte.
std::string on_one_line(std::string_view json);

}  // namespace tocsin::stix
