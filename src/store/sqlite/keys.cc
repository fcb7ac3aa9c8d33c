#include "store/sqlite/keys.h"

#include "trust/digest.h"

namespace tocsin::store {

Key key_of(KeyKind kind, std::int64_t collection, std::string_view text) {
  std::string all(1, static_cast<char>(kind));
  all.append(reinterpret_cast<const char*>(&collection), sizeof collection);
  all += text;
  const trust::Sha256Digest digest = trust::sha256(all);
  Key out;
  std::memcpy(out.bytes, digest.data(), Key::size);
  return out;
}

Key key_at(std::string_view keys, std::size_t at) {
  Key out;
  std::memcpy(out.bytes, keys.data() + at * Key::size, Key::size);
  return out;
}

bool holds_key(std::string_view keys, const Key& key) {
  for (std::size_t at = 0; (at + 1) * Key::size <= keys.size(); ++at) {
    if (keys.substr(at * Key::size, Key::size) == key.view()) {
      return true;
    }
  }
  return false;
}

}  // namespace tocsin::store
