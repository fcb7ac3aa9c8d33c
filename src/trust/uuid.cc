#include "trust/uuid.h"

#include "trust/digest.h"

namespace tocsin::trust {
namespace {

std::string uuid_text(Sha1Digest bytes, std::uint8_t version) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | (version << 4));
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  const std::string digits = to_hex(std::span(bytes).first(16));
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) {
      out += '-';
    }
    out += digits[i];
  }
  return out;
}

}  // namespace

std::string uuid_v5(const UuidBytes& name_space, std::string_view name) {
  std::string bytes;
  bytes.reserve(name_space.size() + name.size());
  bytes.assign(name_space.begin(), name_space.end());
  bytes.append(name);
  return uuid_text(sha1(bytes), 5);
}

std::string uuid_of_content(std::string_view content) { return uuid_text(sha1(content), 4); }

}  // namespace tocsin::trust
