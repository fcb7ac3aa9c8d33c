#include "net/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace tocsin::net {
namespace {

// zlib's constant for the gzip wrapper around a window of 32 KiB.
constexpr int gzip_window = 15 + 16;
constexpr std::size_t piece = 64 * 1024;

// zlib takes pointers that are not const, and reads only.
Bytef* input_of(std::string_view bytes) { return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data())); }

}  // namespace

Result<std::string> gunzip(std::string_view compressed, std::size_t bytes_max) {
  const auto damaged = [] {
    return failure(ErrorCode::damaged, "the body is said to be gzip and is not, or not whole");
  };
  if (compressed.size() > std::numeric_limits<uInt>::max()) {
    return failure(ErrorCode::limit, "the body is too large");
  }
  z_stream stream{};
  if (inflateInit2(&stream, gzip_window) != Z_OK) {
    return failure(ErrorCode::limit, "there is no memory to decompress the body");
  }
  struct End {
    z_stream& stream;
    ~End() { inflateEnd(&stream); }
  } end{stream};
  stream.next_in = input_of(compressed);
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string out;
  for (;;) {
    const std::size_t before = out.size();
    // One byte more than allowed, to see that there is more.
    const std::size_t room = std::min(piece, bytes_max - std::min(bytes_max, before) + 1);
    out.resize(before + room);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.resize(before + room - stream.avail_out);
    if (out.size() > bytes_max) {
      return failure(ErrorCode::limit, fmt::format("the decompressed body is larger than {} bytes", bytes_max));
    }
    if (status == Z_STREAM_END) {
      // A gzip file may be several members, one behind the other.
      if (stream.avail_in == 0) {
        return out;
      }
      if (inflateReset(&stream) != Z_OK) {
        return damaged();
      }
    } else if (status != Z_OK) {
      return damaged();
    }
  }
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  if (bytes.size() > std::numeric_limits<uInt>::max() ||
      deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(status == Z_STREAM_END ? out.size() - stream.avail_out : 0);
  deflateEnd(&stream);
  return out;
}

}  // namespace tocsin::net
