#include "source/seven_zip.h"

#include <lzma.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"

namespace tocsin::source {
namespace {

// Property ids.
constexpr std::uint8_t id_end = 0x00, id_header = 0x01, id_archive_properties = 0x02, id_additional_streams = 0x03,
                       id_main_streams = 0x04, id_files = 0x05, id_pack_info = 0x06, id_unpack_info = 0x07,
                       id_substreams = 0x08, id_size = 0x09, id_crc = 0x0A, id_folder = 0x0B, id_unpack_sizes = 0x0C,
                       id_substream_counts = 0x0D, id_encoded_header = 0x17;
constexpr std::uint64_t coder_lzma2 = 0x21, coder_lzma = 0x030101, coder_ppmd = 0x030401, coder_aes = 0x06F10701;
constexpr std::size_t start_header_bytes = 32;
// Of one folder; libarchive reads no more than four coders.
constexpr std::uint64_t coders_max = 32;

Error damaged() {
  return Error{ErrorCode::damaged,
               "the header of the 7z archive is damaged",
               {},
               "copy the file again, or unpack what is left with 7z"};
}

// Reads forward; once anything is beyond the end everything reads as 0 and failed() holds.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool failed() const { return failed_; }
  void fail() { failed_ = true; }
  std::uint8_t byte() {
    if (bytes_.empty()) {
      failed_ = true;
      return 0;
    }
    const auto value = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return value;
  }
  std::uint64_t little(std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value |= std::uint64_t{byte()} << (8 * i);
    }
    return value;
  }
  // NUMBER: the count of leading ones in the first byte says how many bytes follow; its other bits are the highest of
  // the value.
  std::uint64_t number() {
    const std::uint8_t first = byte();
    std::uint64_t value = 0;
    std::uint8_t mask = 0x80;
    for (std::size_t i = 0; i < 8; ++i, mask = static_cast<std::uint8_t>(mask >> 1)) {
      if ((first & mask) == 0) {
        return value | (std::uint64_t{static_cast<std::uint8_t>(first & (mask - 1))} << (8 * i));
      }
      value |= std::uint64_t{byte()} << (8 * i);
    }
    return value;
  }
  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view part = bytes_.substr(0, static_cast<std::size_t>(count));
    bytes_.remove_prefix(static_cast<std::size_t>(count));
    return part;
  }
  // Every counted thing takes a byte at least: a larger count is a lie.
  std::uint64_t count() {
    const std::uint64_t value = number();
    failed_ = failed_ || value > bytes_.size();
    return failed_ ? 0 : value;
  }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

struct Folder {
  std::uint64_t outputs = 0;
  std::uint64_t coder = 0;  // the first
  std::string_view properties;
  std::uint64_t unpacked = 0;
  bool has_digest = false;
};

struct Streams {
  std::uint64_t pack_position = 0;
  std::vector<std::uint64_t> packed;
  std::vector<Folder> folders;
  std::uint64_t decoder_bytes = 0;
  bool encrypted = false;
};

std::uint64_t coder_memory(std::uint64_t coder, std::string_view properties) {
  Reader reader(properties);
  if (coder == coder_lzma || coder == coder_ppmd) {
    reader.byte();
    return reader.little(4);
  }
  if (coder == coder_lzma2) {
    const std::uint8_t bits = reader.byte();
    return bits >= 40 ? 0xffffffff : (std::uint64_t{2} | (bits & 1U)) << (bits / 2 + 11);
  }
  return 0;
}

// Digests: whether all are defined, else one bit each; then a CRC for each defined one.
std::vector<bool> read_digests(Reader& reader, std::uint64_t count) {
  std::vector<bool> defined(static_cast<std::size_t>(count), true);
  if (reader.byte() == 0) {
    std::uint8_t bits = 0;
    for (std::size_t i = 0; i < defined.size() && !reader.failed(); ++i) {
      bits = i % 8 == 0 ? reader.byte() : bits;
      defined[i] = (bits & (0x80U >> (i % 8))) != 0;
    }
  }
  reader.take(4 * static_cast<std::uint64_t>(std::count(defined.begin(), defined.end(), true)));
  return defined;
}

void read_folder(Reader& reader, Streams& streams) {
  Folder folder;
  std::uint64_t inputs = 0;
  const std::uint64_t coders = reader.count();
  if (coders == 0 || coders > coders_max) {
    reader.fail();
  }
  for (std::uint64_t i = 0; i < coders && !reader.failed(); ++i) {
    const std::uint8_t flags = reader.byte();
    std::uint64_t coder = 0;
    for (int byte = 0; byte < (flags & 0x0f); ++byte) {
      coder = coder << 8 | reader.byte();
    }
    const bool complex = (flags & 0x10) != 0;
    const std::uint64_t in = complex ? reader.count() : 1;
    const std::uint64_t out = complex ? reader.count() : 1;
    const std::string_view properties = (flags & 0x20) != 0 ? reader.take(reader.number()) : std::string_view();
    if ((flags & 0x80) != 0 || in > coders_max || out > coders_max) {
      reader.fail();
    }
    inputs += in;
    folder.outputs += out;
    if (i == 0) {
      folder.coder = coder;
      folder.properties = properties;
    }
    streams.encrypted = streams.encrypted || coder == coder_aes;
    streams.decoder_bytes = std::max(streams.decoder_bytes, coder_memory(coder, properties));
  }
  if (folder.outputs == 0 || inputs < folder.outputs - 1) {
    reader.fail();
    return;
  }
  const std::uint64_t pairs = folder.outputs - 1;
  for (std::uint64_t i = 0; i < 2 * pairs; ++i) {
    reader.number();
  }
  for (std::uint64_t i = 0; inputs - pairs > 1 && i < inputs - pairs; ++i) {
    reader.number();
  }
  streams.folders.push_back(folder);
}

void read_unpack_info(Reader& reader, Streams& streams) {
  if (reader.byte() != id_folder) {
    reader.fail();
  }
  const std::uint64_t folders = reader.count();
  if (reader.byte() != 0) {
    reader.fail();  // folders kept elsewhere: nothing writes that
  }
  for (std::uint64_t i = 0; i < folders && !reader.failed(); ++i) {
    read_folder(reader, streams);
  }
  if (reader.byte() != id_unpack_sizes) {
    reader.fail();
  }
  for (Folder& folder : streams.folders) {
    for (std::uint64_t i = 0; i < folder.outputs && !reader.failed(); ++i) {
      folder.unpacked = std::max(folder.unpacked, reader.number());
    }
  }
  std::uint8_t id = reader.byte();
  if (id == id_crc) {
    const std::vector<bool> defined = read_digests(reader, streams.folders.size());
    for (std::size_t i = 0; i < streams.folders.size(); ++i) {
      streams.folders[i].has_digest = defined[i];
    }
    id = reader.byte();
  }
  if (id != id_end) {
    reader.fail();
  }
}

void read_substreams(Reader& reader, const Streams& streams) {
  std::uint8_t id = reader.byte();
  std::vector<std::uint64_t> counts(streams.folders.size(), 1);
  if (id == id_substream_counts) {
    for (std::uint64_t& count : counts) {
      count = reader.number();
    }
    id = reader.byte();
  }
  std::uint64_t sizes = 0;
  std::uint64_t digests = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > limits::archive_members_max || sizes > limits::archive_members_max) {
      reader.fail();
      return;
    }
    sizes += counts[i] == 0 ? 0 : counts[i] - 1;
    digests += counts[i] == 1 && streams.folders[i].has_digest ? 0 : counts[i];
  }
  if (id == id_size) {
    for (std::uint64_t i = 0; i < sizes && !reader.failed(); ++i) {
      reader.number();
    }
    id = reader.byte();
  }
  if (id == id_crc) {
    if (digests > 2 * limits::archive_members_max) {
      reader.fail();
      return;
    }
    read_digests(reader, digests);
    id = reader.byte();
  }
  if (id != id_end) {
    reader.fail();
  }
}

Streams read_streams(Reader& reader) {
  Streams streams;
  for (std::uint8_t id = reader.byte(); id != id_end && !reader.failed(); id = reader.byte()) {
    if (id == id_pack_info) {
      streams.pack_position = reader.number();
      const std::uint64_t count = reader.count();
      for (id = reader.byte(); id != id_end && !reader.failed(); id = reader.byte()) {
        if (id == id_size) {
          for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) {
            streams.packed.push_back(reader.number());
          }
        } else if (id == id_crc) {
          read_digests(reader, count);
        } else {
          reader.fail();
        }
      }
    } else if (id == id_unpack_info) {
      read_unpack_info(reader, streams);
    } else if (id == id_substreams) {
      read_substreams(reader, streams);
    } else {
      reader.fail();
    }
  }
  return streams;
}

std::optional<std::string> read_at(Input& input, std::uint64_t offset, std::uint64_t count) {
  if (offset > input.size() || count > input.size() - offset || count > limits::archive_directory_bytes_max) {
    return std::nullopt;
  }
  std::string bytes(static_cast<std::size_t>(count), '\0');
  input.seek(offset);
  if (read_full(input, bytes).value_or(0) != bytes.size()) {
    return std::nullopt;
  }
  return bytes;
}

// A packed header is packed with LZMA by 7-Zip, with LZMA2 by others.
std::optional<std::string> unpack_lzma(std::string_view packed, const Folder& folder) {
  const std::string_view properties = folder.properties;
  const std::uint64_t size = folder.unpacked;
  lzma_filter filters[2] = {
      {.id = folder.coder == coder_lzma2 ? LZMA_FILTER_LZMA2 : LZMA_FILTER_LZMA1, .options = nullptr},
      {.id = LZMA_VLI_UNKNOWN, .options = nullptr}};
  if (lzma_properties_decode(&filters[0], nullptr, reinterpret_cast<const std::uint8_t*>(properties.data()),
                             properties.size()) != LZMA_OK) {
    return std::nullopt;
  }
  // No more than the header's own size of the dictionary is ever used.
  auto* options = static_cast<lzma_options_lzma*>(filters[0].options);
  options->dict_size =
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(size, LZMA_DICT_SIZE_MIN, options->dict_size));
  std::string out(static_cast<std::size_t>(size), '\0');
  lzma_stream stream = LZMA_STREAM_INIT;
  lzma_ret status = lzma_raw_decoder(&stream, filters);
  if (status == LZMA_OK) {
    stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
    stream.avail_in = packed.size();
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream.avail_out = out.size();
    while (status == LZMA_OK && stream.avail_out != 0) {
      status = lzma_code(&stream, LZMA_RUN);
    }
  }
  const bool whole = stream.avail_out == 0 && (status == LZMA_OK || status == LZMA_STREAM_END);
  lzma_end(&stream);
  ::free(filters[0].options);
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

Result<SevenZipCost> seven_zip_cost(Input& input) {
  const std::optional<std::string> start = read_at(input, 0, start_header_bytes);
  if (!start) {
    return std::unexpected<Error>(
        Error{ErrorCode::truncated, "the 7z archive ends in its first header", {}, "copy the file again"});
  }
  Reader numbers(std::string_view(*start).substr(12));
  const std::uint64_t offset = numbers.little(8);
  const std::uint64_t size = numbers.little(8);
  if (size == 0) {
    return SevenZipCost{};
  }
  if (offset > input.size() || size > input.size() - std::min(input.size(), offset + start_header_bytes)) {
    return std::unexpected<Error>(Error{
        ErrorCode::truncated, "the 7z archive ends before its header, which stands last", {}, "copy the file again"});
  }
  std::optional<std::string> header = read_at(input, start_header_bytes + offset, size);
  SevenZipCost cost;
  // A packed header may be packed again; no writer does that more than once.
  for (int packed = 0; header && !header->empty(); ++packed) {
    Reader reader(*header);
    const std::uint8_t id = reader.byte();
    if (id == id_encoded_header && packed < 2) {
      const Streams streams = read_streams(reader);
      if (streams.encrypted) {
        return failure(ErrorCode::password, "an encrypted 7z archive cannot be read", {},
                       "unpack it with 7z first, then read the folder");
      }
      if (reader.failed() || streams.folders.size() != 1 || streams.packed.size() != 1 ||
          (streams.folders[0].coder != coder_lzma && streams.folders[0].coder != coder_lzma2) ||
          streams.pack_position > input.size() || streams.folders[0].unpacked > limits::archive_directory_bytes_max) {
        return std::unexpected<Error>(damaged());
      }
      const std::optional<std::string> bytes =
          read_at(input, start_header_bytes + streams.pack_position, streams.packed[0]);
      header = bytes ? unpack_lzma(*bytes, streams.folders[0]) : std::nullopt;
      continue;
    }
    cost.header_bytes = header->size();
    if (id != id_header) {
      break;
    }
    std::uint8_t next = reader.byte();
    if (next == id_archive_properties) {
      break;  // never written; libarchive does not read it either
    }
    for (; next == id_additional_streams || next == id_main_streams; next = reader.byte()) {
      const Streams streams = read_streams(reader);
      cost.decoder_bytes = std::max(cost.decoder_bytes, streams.decoder_bytes);
    }
    cost.files = next == id_files ? reader.number() : 0;
    if (reader.failed() || (next != id_files && next != id_end)) {
      break;
    }
    return cost;
  }
  return std::unexpected<Error>(damaged());
}

}  // namespace tocsin::source
