// undouble: takes the second of each pair of doubled quote characters out of a value.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace tocsin::ingest {

inline std::string_view undouble(std::string_view value, char quote, Arena& arena) {
  char* out = arena.allocate(value.size());
  std::size_t length = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    out[length++] = value[i];
    i += value[i] == quote && i + 1 < value.size() && value[i + 1] == quote ? 1 : 0;
  }
  arena.shrink_last(value.size() - length);
  return {out, length};
}

}  // namespace tocsin::ingest
