// Keys of the index of postings: a text by which versions of a collection are found, as a number of fixed size.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tocsin::store {

enum class KeyKind : char { id = 'i', uses = 'u', author = 'a', value = 'v' };

// The first 16 bytes of a digest over kind, collection and text: nobody can make two texts that meet in it. Postings
// hold the first half; the whole stands beside the version, where it is compared.
struct Key {
  static constexpr std::size_t size = 16;
  char bytes[size];
  std::int64_t number() const {
    std::int64_t out = 0;
    std::memcpy(&out, bytes, sizeof out);
    return out;
  }
  std::string_view view() const { return {bytes, size}; }
};

Key key_of(KeyKind kind, std::int64_t collection, std::string_view text);
// The key that stands at `at` among keys laid one behind the other.
Key key_at(std::string_view keys, std::size_t at);
bool holds_key(std::string_view keys, const Key& key);

}  // namespace tocsin::store
