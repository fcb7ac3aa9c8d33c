#include "trust/log_entry.h"

#include "trust/digest.h"

namespace tocsin::trust {
namespace {

template <std::size_t Size>
std::string_view bytes_of(const std::array<std::uint8_t, Size>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string log_entry(std::string_view object, const LogSalt& salt) {
  const Sha256Digest digest = sha256(object);
  Sha256 hash;
  hash.add("tocsin-log-entry/v1\n");
  hash.add(bytes_of(salt));
  hash.add(bytes_of(digest));
  const Sha256Digest commitment = hash.finish();
  return std::string(bytes_of(commitment));
}

}  // namespace tocsin::trust
