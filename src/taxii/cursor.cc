#include "taxii/cursor.h"

#include <fmt/format.h>

#include "net/authorization.h"

namespace tocsin::taxii {
namespace {

std::string context_of(const CursorScope& scope) {
  std::string out = "tocsin-taxii-next/v1";
  const auto add = [&](std::string_view text) { out += fmt::format("\n{}:{}", text.size(), text); };
  add(scope.user);
  add(scope.route.root);
  add(scope.route.collection);
  add(scope.route.object);
  add(std::to_string(static_cast<int>(scope.route.resource)));
  add(scope.filters.selection());
  return out;
}

constexpr std::size_t position_bytes = 8;

}  // namespace

std::string make_cursor(std::uint64_t position, const CursorScope& scope, const trust::SymmetricKey& key) {
  std::string text(position_bytes, '\0');
  for (std::size_t at = 0; at < position_bytes; ++at) {
    text[at] = static_cast<char>(position >> (8 * at) & 255);
  }
  return net::base64url_encode(trust::encrypt_deterministic(text, context_of(scope), key));
}

std::optional<std::uint64_t> read_cursor(std::string_view token, const CursorScope& scope,
                                         const trust::SymmetricKey& key) {
  const auto sealed = net::base64url_decode(token);
  const auto text = sealed ? trust::decrypt_deterministic(*sealed, context_of(scope), key) : std::nullopt;
  if (!text || text->size() != position_bytes) {
    return std::nullopt;
  }
  std::uint64_t position = 0;
  for (std::size_t at = 0; at < position_bytes; ++at) {
    position |= std::uint64_t{static_cast<std::uint8_t>((*text)[at])} << (8 * at);
  }
  return position;
}

}  // namespace tocsin::taxii
