// Kind: what a file is, told from its first bytes alone: an archive, a compressed stream, or something for the log
// readers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tocsin::source {

enum class Kind : std::uint8_t { plain, empty, gzip, bzip2, xz, zstd, lz4, zip, seven_zip, tar, unread_archive };

// Bytes that recognise() wants to see; fewer only where the file ends before. A tar header is 512.
inline constexpr std::size_t kind_bytes = 512;

// By signature and, where a signature is short or missing, by the fields after it, so that no log is taken for an
// archive.
Kind recognise(std::string_view prefix);

constexpr bool is_stream(Kind kind) { return kind >= Kind::gzip && kind <= Kind::lz4; }
constexpr bool is_container(Kind kind) { return kind >= Kind::zip && kind <= Kind::tar; }
// Name for messages: "zip archive", "gzip stream".
std::string_view kind_name(Kind kind);

}  // namespace tocsin::source
