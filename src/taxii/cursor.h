// The token `next`: where a page ended. Sealed, so that nobody can read or forge it; bound to who asked for what, so
// that it says nothing elsewhere; stateless, so that it can be used again and after a restart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "taxii/filters.h"
#include "taxii/place.h"
#include "taxii/route.h"
#include "trust/symmetric.h"

namespace tocsin::taxii {

struct CursorScope {
  std::string_view user;
  const Route& route;
  const Filters& filters;
};

std::string make_cursor(const Place& place, const CursorScope& scope, const trust::SymmetricKey& key);
// Nothing for what was not made by make_cursor() with the same scope and key.
std::optional<Place> read_cursor(std::string_view token, const CursorScope& scope, const trust::SymmetricKey& key);

}  // namespace tocsin::taxii
