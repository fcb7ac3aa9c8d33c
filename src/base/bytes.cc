#include "base/bytes.h"

namespace tocsin {

Result<std::size_t> read_full(ByteSource& source, std::span<char> into) {
  std::size_t have = 0;
  while (have < into.size()) {
    TRY(const std::size_t got, source.read(into.subspan(have)));
    if (got == 0) {
      break;
    }
    have += got;
  }
  return have;
}

}  // namespace tocsin
