#include "base/bytes.h"

namespace tocsin {

Result<std::size_t> RejoinedSource::read(std::span<char> into) {
  TRY(std::size_t got, head_.read(into));
  if (got == 0) {
    TRY(got, rest_.read(into));
  }
  count_ += got;
  return got;
}

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
