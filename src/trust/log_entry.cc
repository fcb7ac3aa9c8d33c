#include "trust/log_entry.h"

namespace tocsin::trust {
namespace {

template <std::size_t Size>
std::string_view bytes_of(const std::array<std::uint8_t, Size>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string log_entry(std::string_view object, const LogSalt& salt) { return log_entry(sha256(object), salt); }

std::string log_entry(const Sha256Digest& of_object, const LogSalt& salt) {
  Sha256 hash;
  hash.add("tocsin-log-entry/v1\n");
  hash.add(bytes_of(salt));
  hash.add(bytes_of(of_object));
  const Sha256Digest commitment = hash.finish();
  return std::string(bytes_of(commitment));
}

}  // namespace tocsin::trust
