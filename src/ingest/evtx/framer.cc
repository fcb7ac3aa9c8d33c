#include "ingest/evtx/framer.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "ingest/evtx/chunk.h"
#include "ingest/evtx/crc32.h"

namespace tocsin::ingest::evtx {
namespace {

template <class Number>
Number number_at(std::string_view bytes, std::size_t offset) {
  Number value{};
  if (offset + sizeof(Number) <= bytes.size()) {
    std::memcpy(&value, bytes.data() + offset, sizeof(Number));
  }
  return value;
}

std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool is_zero(std::string_view bytes) {
  return bytes.empty() || (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

// Few calls and few moves of what is left over for each chunk.
constexpr std::size_t read_bytes = 4 * chunk_bytes;

// Where another chunk begins inside a chunk that was cut short, or npos. Only looked for where the records do not lead
// to the end, because the search costs more than the walk.
std::size_t chunk_inside(std::string_view chunk) {
  if (records_lead_to_end(as_bytes(chunk))) {
    return std::string_view::npos;
  }
  return chunk.find(chunk_magic, chunk_header_bytes);
}

}  // namespace

void EvtxFramer::ensure(std::size_t bytes) {
  if (filled_ - begin_ >= bytes || ended_) {
    return;
  }
  // What is left over moves to the front; the buffer itself is made once, because filling it with zeros costs as much
  // as reading.
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
  filled_ -= begin_;
  begin_ = 0;
  if (buffer_.size() < std::max(bytes, read_bytes)) {
    buffer_.resize(std::max(bytes, read_bytes));
  }
  auto count = read_full(source_, std::span(buffer_).subspan(filled_));
  if (!count) {
    failed_ = std::move(count).error();
    ended_ = true;
    return;
  }
  filled_ += *count;
  ended_ = filled_ < buffer_.size();
}

void EvtxFramer::take(std::size_t bytes, Block* block) {
  if (block != nullptr) {
    block->bytes.assign(buffer_, begin_, bytes);
    describe(*block);
  }
  begin_ += bytes;
  offset_ += bytes;
}

void EvtxFramer::describe(Block& block) {
  block.offset = offset_;
  block.first_record = 1;
  block.context.reset();
  block.unreadable = 0;
  block.notes = std::move(notes_);
  notes_.clear();
}

bool EvtxFramer::read_chunk(Block& block) {
  const std::size_t have = filled_ - begin_;
  if (!direct_ || ended_ || have >= chunk_bytes) {
    return false;
  }
  block.bytes.resize(chunk_bytes);
  std::memcpy(block.bytes.data(), buffer_.data() + begin_, have);
  auto count = read_full(source_, std::span(block.bytes).subspan(have));
  if (!count) {
    failed_ = std::move(count).error();
    ended_ = true;
    return false;
  }
  const std::size_t filled = have + *count;
  const std::string_view chunk = std::string_view(block.bytes).substr(0, filled);
  if (filled == chunk_bytes && has_chunk_magic(as_bytes(chunk)) && chunk_inside(chunk) == std::string_view::npos) {
    begin_ = filled_ = 0;
    ++chunks_;
    describe(block);
    offset_ += chunk_bytes;
    return true;
  }
  ended_ = filled < chunk_bytes;
  buffer_.resize(std::max(buffer_.size(), read_bytes));
  std::memcpy(buffer_.data(), chunk.data(), filled);
  begin_ = 0;
  filled_ = filled;
  return false;
}

void EvtxFramer::read_file_header() {
  started_ = true;
  ensure(file_header_bytes);
  const std::string_view head = ahead().substr(0, file_header_bytes);
  if (!head.starts_with(file_magic)) {
    // A carved chunk or run of chunks; or a file whose header was overwritten, which the search for chunks gets over.
    notes_.push_back({"no EVTX file header: read as loose chunks", 1});
    return;
  }
  const auto flags = number_at<std::uint32_t>(head, 120);
  header_chunks_ = number_at<std::uint16_t>(head, 42);
  constexpr std::uint32_t no_checksums = 4;
  if ((flags & no_checksums) == 0 && number_at<std::uint32_t>(head, 124) != crc32(as_bytes(head.substr(0, 120)))) {
    notes_.push_back({"bad checksum in the file header", 1});
  }
  if ((flags & 1U) != 0) {
    notes_.push_back({"the log was not closed cleanly (dirty flag)", 1});
  }
  std::size_t size = number_at<std::uint16_t>(head, 40);
  if (size < 128 || size > file_header_bytes) {
    size = file_header_bytes;
  }
  take(std::min(size, head.size()), nullptr);
}

bool EvtxFramer::finish(Block& block) {
  finished_ = true;
  if (empty_chunks_ != 0) {
    notes_.push_back({"empty chunk (zeros) skipped", empty_chunks_});
  }
  if (header_chunks_ > chunks_) {
    notes_.push_back({fmt::format("the file header names {} chunks, {} are there", header_chunks_, chunks_), 1});
  }
  if (notes_.empty()) {
    return false;
  }
  take(0, &block);
  return true;
}

Result<bool> EvtxFramer::next(Block& block) {
  if (!started_) {
    read_file_header();
  }
  for (;;) {
    if (finished_) {
      if (failed_) {
        Error error = *std::move(failed_);
        failed_.reset();
        return std::unexpected(std::move(error));
      }
      return false;
    }
    if (read_chunk(block)) {
      return true;
    }
    // A little more than a chunk, so that a magic across the boundary is seen.
    ensure(chunk_bytes + chunk_magic.size());
    const std::string_view ahead = this->ahead();
    if (ahead.empty()) {
      if (finish(block)) {
        return true;
      }
      continue;
    }
    std::string_view chunk = ahead.substr(0, chunk_bytes);
    if (has_chunk_magic(as_bytes(chunk))) {
      const std::size_t inside = chunk_inside(chunk);
      if (inside != std::string_view::npos) {
        chunk = chunk.substr(0, inside);
      }
      ++chunks_;
      take(chunk.size(), &block);
      return true;
    }
    const std::size_t found = ahead.find(chunk_magic, 1);
    const std::size_t stretch = std::min({found, chunk_bytes, ahead.size()});
    if (is_zero(ahead.substr(0, stretch))) {
      if (stretch == chunk_bytes) {
        ++empty_chunks_;
        ++chunks_;
      }
      take(stretch, nullptr);
      continue;
    }
    ++chunks_;
    take(stretch, &block);
    return true;
  }
}

}  // namespace tocsin::ingest::evtx
