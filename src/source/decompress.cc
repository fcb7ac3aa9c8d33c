#include "source/decompress.h"

#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "source/archive.h"

namespace tocsin::source {
namespace {

constexpr std::size_t packed_buffer_bytes = std::size_t{256} << 10;

// What zlib and liblzma have in common: packed bytes come in large reads, and a fault is told only after the bytes
// before it.
class BufferedDecompressor : public Decompressor {
 public:
  Result<std::size_t> read(std::span<char> into) final {
    std::span<char> out = into;
    while (!done_ && !into.empty() && out.size() == into.size()) {
      if (packed_left_.empty() && !last_) {
        const Result<std::size_t> got = input_->read(packed_);
        packed_left_ = std::span(packed_).first(got ? *got : 0);
        last_ = packed_left_.empty();
      }
      const Step step = unpack(packed_left_, out, last_);
      done_ = step != Step::more;
      if (step == Step::cut) {
        error_ = Error{ErrorCode::truncated,
                       "the " + name() + " ends in the middle",
                       {},
                       "what was there has been read; copy the file again if the original is longer"};
      } else if (step == Step::damaged) {
        error_ = Error{ErrorCode::damaged,
                       "the " + name() + " is damaged: " + fault_,
                       {},
                       "what came before has been read; copy the file again"};
      } else if (step == Step::too_large) {
        error_ = Error{ErrorCode::limit,
                       "the " + name() + " needs more memory to unpack than is allowed",
                       {},
                       "unpack it with another tool, then read the result"};
      }
    }
    if (out.size() == into.size() && error_) {
      Error error = *std::exchange(error_, std::nullopt);
      // The input's own error is the cause of whatever follows from it.
      if (std::optional<Error> cause = input_->take_error()) {
        error = *std::move(cause);
      }
      return std::unexpected<Error>(std::move(error));
    }
    return into.size() - out.size();
  }

 protected:
  enum class Step : std::uint8_t { more, end, cut, damaged, too_large };

  BufferedDecompressor(Kind kind, Input& input) : kind_(kind), input_(&input), packed_(packed_buffer_bytes) {}
  // Moves both spans past what was used. `last`: no packed bytes come after these; then it must not ask for more
  // without giving any.
  virtual Step unpack(std::span<char>& packed, std::span<char>& out, bool last) = 0;

  std::string fault_ = "its content makes no sense";

 private:
  std::string name() const { return std::string(kind_name(kind_)); }

  Kind kind_;
  Input* input_;
  std::vector<char> packed_;
  std::span<char> packed_left_;
  bool last_ = false;
  bool done_ = false;
  std::optional<Error> error_;
};

// RFC 1952: members one after the other are one content. Other bytes behind the last member are ignored with a remark,
// as gzip(1) does.
class GzipDecompressor final : public BufferedDecompressor {
 public:
  explicit GzipDecompressor(Input& input) : BufferedDecompressor(Kind::gzip, input) {
    ready_ = inflateInit2(&stream_, gzip_with_checksum) == Z_OK;
  }
  ~GzipDecompressor() override {
    if (ready_) {
      inflateEnd(&stream_);
    }
  }
  GzipDecompressor(const GzipDecompressor&) = delete;
  GzipDecompressor& operator=(const GzipDecompressor&) = delete;

  std::string remark() const override {
    return trailing_ ? "bytes behind the end of the gzip stream were not read" : std::string();
  }

 private:
  static constexpr int gzip_with_checksum = 16 + MAX_WBITS;

  Step unpack(std::span<char>& packed, std::span<char>& out, bool last) override {
    if (!ready_) {
      return Step::too_large;
    }
    if (between_members_) {
      if (packed.empty()) {
        return last ? Step::end : Step::more;
      }
      if (packed.front() != '\x1F') {
        // Zeros pad what comes from tapes and block devices.
        trailing_ = packed.front() != '\0';
        return Step::end;
      }
      between_members_ = false;
      inflateReset2(&stream_, gzip_with_checksum);
    }
    stream_.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream_.avail_in = static_cast<uInt>(packed.size());
    const std::size_t room = std::min<std::size_t>(out.size(), std::numeric_limits<uInt>::max());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    packed = packed.last(stream_.avail_in);
    out = out.subspan(room - stream_.avail_out);
    switch (status) {
      case Z_STREAM_END:
        between_members_ = true;
        return Step::more;
      case Z_OK:
        return Step::more;
      case Z_BUF_ERROR:
        return last ? Step::cut : Step::more;
      case Z_MEM_ERROR:
        return Step::too_large;
      default:
        if (stream_.msg != nullptr) {
          fault_ = stream_.msg;
        }
        return Step::damaged;
    }
  }

  z_stream stream_{};
  bool ready_ = false;
  bool between_members_ = false;
  bool trailing_ = false;
};

class XzDecompressor final : public BufferedDecompressor {
 public:
  explicit XzDecompressor(Input& input) : BufferedDecompressor(Kind::xz, input) {
    ready_ = lzma_stream_decoder(&stream_, limits::archive_decoder_bytes_max, LZMA_CONCATENATED) == LZMA_OK;
  }
  ~XzDecompressor() override { lzma_end(&stream_); }
  XzDecompressor(const XzDecompressor&) = delete;
  XzDecompressor& operator=(const XzDecompressor&) = delete;

 private:
  Step unpack(std::span<char>& packed, std::span<char>& out, bool last) override {
    if (!ready_) {
      return Step::too_large;
    }
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
    stream_.avail_in = packed.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream_.avail_out = out.size();
    const lzma_ret status = lzma_code(&stream_, last ? LZMA_FINISH : LZMA_RUN);
    packed = packed.last(stream_.avail_in);
    out = out.last(stream_.avail_out);
    switch (status) {
      case LZMA_OK:
        return Step::more;
      case LZMA_STREAM_END:
        return Step::end;
      case LZMA_BUF_ERROR:
        return last ? Step::cut : Step::more;
      case LZMA_MEM_ERROR:
      case LZMA_MEMLIMIT_ERROR:
        return Step::too_large;
      case LZMA_FORMAT_ERROR:
        fault_ = "bytes that are not xz";
        return Step::damaged;
      case LZMA_OPTIONS_ERROR:
        fault_ = "options that this reader does not know";
        return Step::damaged;
      default:
        return Step::damaged;
    }
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ready_ = false;
};

// bzip2, zstd and lz4 through libarchive's filters.
class FilterDecompressor final : public Decompressor {
 public:
  explicit FilterDecompressor(std::unique_ptr<ArchiveReader> reader) : reader_(std::move(reader)) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (!started_) {
      started_ = true;
      TRY(const std::optional<ArchiveEntry> entry, reader_->next());
      ended_ = !entry.has_value();
    }
    if (ended_ || into.empty()) {
      return std::size_t{0};
    }
    Result<std::size_t> got = reader_->read(into);
    ended_ = !got || *got == 0;
    return got;
  }

 private:
  std::unique_ptr<ArchiveReader> reader_;
  bool started_ = false;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<Decompressor>> open_decompressor(Kind kind, Input& input) {
  if (kind == Kind::gzip) {
    return std::make_unique<GzipDecompressor>(input);
  }
  if (kind == Kind::xz) {
    return std::make_unique<XzDecompressor>(input);
  }
  TRY(std::unique_ptr<ArchiveReader> reader, ArchiveReader::open(kind, input, {}));
  return std::make_unique<FilterDecompressor>(std::move(reader));
}

}  // namespace tocsin::source
