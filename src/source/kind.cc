#include "source/kind.h"

#include <optional>

namespace tocsin::source {
namespace {

using namespace std::string_view_literals;

// A number of a tar header (POSIX.1-1988 ustar): octal digits between blanks, ended by a blank or NUL; GNU's base-256
// form has the top bit set.
std::optional<std::uint64_t> tar_octal(std::string_view field) {
  std::size_t at = 0;
  while (at < field.size() && field[at] == ' ') {
    ++at;
  }
  std::uint64_t value = 0;
  std::size_t digits = 0;
  while (at < field.size() && field[at] >= '0' && field[at] <= '7') {
    value = value * 8 + static_cast<std::uint64_t>(field[at] - '0');
    ++at;
    ++digits;
  }
  if (digits == 0 || (at < field.size() && field[at] != ' ' && field[at] != '\0')) {
    return std::nullopt;
  }
  return value;
}

// The checksum at 148 is the sum of all 512 bytes with itself taken as blanks. Old writers summed signed chars.
bool tar_header(std::string_view prefix) {
  if (prefix.size() < 512 || prefix[0] == '\0') {
    return false;
  }
  const std::optional<std::uint64_t> expected = tar_octal(prefix.substr(148, 8));
  if (!expected) {
    return false;
  }
  std::uint64_t sum = 0;
  std::int64_t signed_sum = 0;
  for (std::size_t i = 0; i < 512; ++i) {
    const char c = i >= 148 && i < 156 ? ' ' : prefix[i];
    sum += static_cast<unsigned char>(c);
    signed_sum += static_cast<signed char>(c);
  }
  return sum == *expected || (signed_sum >= 0 && static_cast<std::uint64_t>(signed_sum) == *expected);
}

// "BZh", the block size, then the magic of a block or of the end of an empty stream.
bool bzip2_header(std::string_view prefix) {
  return prefix.size() >= 10 && prefix.starts_with("BZh") && prefix[3] >= '1' && prefix[3] <= '9' &&
         (prefix.substr(4, 6) == "\x31\x41\x59\x26\x53\x59"sv || prefix.substr(4, 6) == "\x17\x72\x45\x38\x50\x90"sv);
}

// zstd and LZ4 share 16 magics for frames to skip (RFC 8878, 3.1.2); what follows the frame decides.
Kind skippable_frame(std::string_view prefix) {
  std::size_t at = 0;
  while (prefix.size() >= at + 8 && (static_cast<unsigned char>(prefix[at]) & 0xf0) == 0x50 &&
         prefix.substr(at + 1, 3) == "\x2A\x4D\x18"sv) {
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      length |= std::uint64_t{static_cast<unsigned char>(prefix[at + 4 + i])} << (8 * i);
    }
    if (length > prefix.size()) {
      return Kind::zstd;
    }
    at += 8 + static_cast<std::size_t>(length);
  }
  if (at == 0) {
    return Kind::plain;
  }
  return prefix.size() > at && prefix.substr(at).starts_with("\x04\x22\x4D\x18"sv) ? Kind::lz4 : Kind::zstd;
}

}  // namespace

Kind recognise(std::string_view prefix) {
  if (prefix.empty()) {
    return Kind::empty;
  }
  // RFC 1952: magic, method 8, the three reserved flags zero.
  if (prefix.size() >= 10 && prefix.starts_with("\x1F\x8B\x08"sv) && (prefix[3] & 0xe0) == 0) {
    return Kind::gzip;
  }
  if (bzip2_header(prefix)) {
    return Kind::bzip2;
  }
  if (prefix.starts_with("\xFD"
                         "7zXZ\0"sv)) {
    return Kind::xz;
  }
  if (prefix.starts_with("\x28\xB5\x2F\xFD"sv)) {
    return Kind::zstd;
  }
  if (prefix.starts_with("\x04\x22\x4D\x18"sv) || prefix.starts_with("\x02\x21\x4C\x18"sv)) {
    return Kind::lz4;
  }
  if (prefix.starts_with("PK\x03\x04"sv) || prefix.starts_with("PK\x05\x06"sv) ||
      prefix.starts_with("PK\x07\x08PK"sv) || prefix.starts_with("PK00PK"sv)) {
    return Kind::zip;
  }
  if (prefix.starts_with("7z\xBC\xAF\x27\x1C"sv)) {
    return Kind::seven_zip;
  }
  if (prefix.starts_with("Rar!\x1A\x07"sv) || prefix.starts_with("MSCF\0\0\0\0"sv)) {
    return Kind::unread_archive;
  }
  if (const Kind kind = skippable_frame(prefix); kind != Kind::plain) {
    return kind;
  }
  return tar_header(prefix) ? Kind::tar : Kind::plain;
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::plain:
      return "log";
    case Kind::empty:
      return "empty file";
    case Kind::gzip:
      return "gzip stream";
    case Kind::bzip2:
      return "bzip2 stream";
    case Kind::xz:
      return "xz stream";
    case Kind::zstd:
      return "zstd stream";
    case Kind::lz4:
      return "lz4 stream";
    case Kind::zip:
      return "zip archive";
    case Kind::seven_zip:
      return "7z archive";
    case Kind::tar:
      return "tar archive";
    case Kind::unread_archive:
      return "RAR or CAB archive";
  }
  return "";
}

}  // namespace tocsin::source
