// Bounds on what a release is decided from: name, value, why; beyond each the request is an error (T005).
#pragma once

#include <cstddef>

namespace tocsin::policy::limits {

// Markings of one object, definitions given with it, selectors of all its granular markings: real objects have a
// handful, and each is looked at once for every recipient.
inline constexpr std::size_t markings_max = 1'000;
inline constexpr std::size_t selectors_max = 100'000;
// Names of one audience or list; communities and organisations of one recipient, each of which is looked for there.
inline constexpr std::size_t names_max = 100'000;
inline constexpr std::size_t memberships_max = 1'000;
// Bytes of one identifier; the standard's are 36 characters and a type name of at most 250.
inline constexpr std::size_t name_bytes_max = 1'024;

}  // namespace tocsin::policy::limits
