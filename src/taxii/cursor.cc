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

constexpr std::size_t number_bytes = 8;

void add_number(std::string& out, std::uint64_t number) {
  for (std::size_t at = 0; at < number_bytes; ++at) {
    out += static_cast<char>(number >> (8 * at) & 255);
  }
}

std::uint64_t number_at(std::string_view text, std::size_t index) {
  std::uint64_t number = 0;
  for (std::size_t at = 0; at < number_bytes; ++at) {
    number |= std::uint64_t{static_cast<std::uint8_t>(text[index * number_bytes + at])} << (8 * at);
  }
  return number;
}

}  // namespace

std::string make_cursor(const Place& place, const CursorScope& scope, const trust::SymmetricKey& key) {
  // Of one length, so that it does not tell which versions were moved.
  std::string text;
  add_number(text, place.at);
  add_number(text, static_cast<std::uint64_t>(place.date.ticks));
  add_number(text, place.moved);
  return net::base64url_encode(trust::encrypt_deterministic(text, context_of(scope), key));
}

std::optional<Place> read_cursor(std::string_view token, const CursorScope& scope, const trust::SymmetricKey& key) {
  const auto sealed = net::base64url_decode(token);
  const auto text = sealed ? trust::decrypt_deterministic(*sealed, context_of(scope), key) : std::nullopt;
  if (text && text->size() == number_bytes) {  // from before places were kept
    return Place{.at = number_at(*text, 0)};
  }
  if (!text || text->size() != 3 * number_bytes) {
    return std::nullopt;
  }
  return Place{number_at(*text, 0), Time{static_cast<std::int64_t>(number_at(*text, 1))}, number_at(*text, 2)};
}

}  // namespace tocsin::taxii
