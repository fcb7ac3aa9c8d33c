#include "net/authorization.h"

#include <array>
#include <cstdint>

#include "base/text.h"

namespace tocsin::net {
namespace {

constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view for_urls = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(std::string_view bytes, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = bytes.size() - at < 3 ? bytes.size() - at : 3;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < count ? static_cast<std::uint8_t>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      if (i <= count) {
        out.push_back(alphabet[group >> (18 - 6 * i) & 63]);
      } else if (pad) {
        out.push_back('=');
      }
    }
  }
  return out;
}

std::optional<std::string> decode(std::string_view text, std::string_view alphabet) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) {
    text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) {
    return std::nullopt;
  }
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    group = group << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>(group >> bits & 255));
      group &= (1U << bits) - 1;
    }
  }
  // Bits that no encoder sets would let one value be written in several ways.
  if (group != 0) {
    return std::nullopt;
  }
  return out;
}

}  // namespace

std::optional<std::string> base64_decode(std::string_view text) { return decode(text, plain); }
std::string base64_encode(std::string_view bytes) { return encode(bytes, plain, true); }
std::optional<std::string> base64url_decode(std::string_view text) { return decode(text, for_urls); }
std::string base64url_encode(std::string_view bytes) { return encode(bytes, for_urls, false); }

Credentials parse_authorization(std::string_view header) {
  header = trim(header);
  Credentials out;
  if (header.empty()) {
    return out;
  }
  out.kind = Credentials::Kind::unknown;
  const std::size_t blank = header.find(' ');
  const std::string_view scheme = header.substr(0, blank);
  const std::string_view rest = blank == std::string_view::npos ? std::string_view{} : trim(header.substr(blank));
  if (ascii_iequals(scheme, "basic")) {
    const auto text = base64_decode(rest);
    const std::size_t colon = text ? text->find(':') : std::string::npos;
    if (colon != std::string::npos) {
      out.kind = Credentials::Kind::basic;
      out.user = text->substr(0, colon);
      out.secret = text->substr(colon + 1);
    }
  } else if (ascii_iequals(scheme, "bearer") || ascii_iequals(scheme, "token")) {
    if (!rest.empty()) {
      out.kind = Credentials::Kind::bearer;
      out.secret = rest;
    }
  } else if (rest.empty()) {
    out.kind = Credentials::Kind::bearer;
    out.secret = header;
  }
  return out;
}

}  // namespace tocsin::net
