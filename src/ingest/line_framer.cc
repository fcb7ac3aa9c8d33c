#include "ingest/line_framer.h"

#include <cstring>
#include <utility>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::ingest {
namespace {

constexpr std::size_t read_bytes = std::size_t{256} << 10;

// UTF-16 without a BOM: text of mostly Latin letters has a zero in every other byte.
bool looks_utf16(std::string_view head, bool little) {
  if (head.size() < 8) {
    return false;
  }
  const std::size_t pairs = std::min<std::size_t>(head.size() / 2, 256);
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < pairs; ++i) {
    const char high = head[2 * i + (little ? 1 : 0)];
    const char low = head[2 * i + (little ? 0 : 1)];
    if (low == '\0') {
      return false;
    }
    zeros += high == '\0' ? 1 : 0;
  }
  return zeros * 10 >= pairs * 7;
}

}  // namespace

LineFramer::LineFramer(ByteSource& source, const DecodeOptions& options) : source_(source) { (void)options; }

void LineFramer::append_converted(std::string_view bytes) {
  carry_.append(bytes);
  std::size_t usable = carry_.size() & ~std::size_t{1};
  // Keep back a leading surrogate whose partner has not been read yet.
  if (usable >= 2) {
    const auto high = static_cast<std::uint8_t>(carry_[usable - (encoding_ == Encoding::utf16_le ? 1 : 2)]);
    if (high >= 0xD8 && high < 0xDC && !ended_) {
      usable -= 2;
    }
  }
  if (encoding_ == Encoding::utf16_be) {
    for (std::size_t i = 0; i + 1 < usable; i += 2) {
      std::swap(carry_[i], carry_[i + 1]);
    }
  }
  const std::size_t before = pending_.size();
  pending_.resize(before + usable / 2 * 3);
  const auto* data = reinterpret_cast<const std::uint8_t*>(carry_.data());
  pending_.resize(before + utf16le_to_utf8({data, usable}, pending_.data() + before));
  carry_.erase(0, usable);
}

Result<bool> LineFramer::fill() {
  if (ended_) {
    return false;
  }
  buffer_.resize(read_bytes);
  auto got = source_.read(buffer_);
  if (!got) {
    ended_ = true;
    return std::unexpected(got.error());
  }
  std::string_view bytes(buffer_.data(), *got);
  if (bytes.empty()) {
    ended_ = true;
    if (encoding_ == Encoding::utf16_le || encoding_ == Encoding::utf16_be) {
      append_converted({});
    }
    return false;
  }
  if (encoding_ == Encoding::unknown) {
    encoding_ = Encoding::bytes;
    if (bytes.starts_with("\xEF\xBB\xBF")) {
      bytes.remove_prefix(3);
      offset_ = 3;
    } else if (bytes.starts_with("\xFF\xFE")) {
      encoding_ = Encoding::utf16_le;
      bytes.remove_prefix(2);
    } else if (bytes.starts_with("\xFE\xFF")) {
      encoding_ = Encoding::utf16_be;
      bytes.remove_prefix(2);
    } else if (looks_utf16(bytes, true)) {
      encoding_ = Encoding::utf16_le;
    } else if (looks_utf16(bytes, false)) {
      encoding_ = Encoding::utf16_be;
    }
    if (encoding_ != Encoding::bytes) {
      notes_.push_back({"UTF-16 text was converted; offsets count UTF-8 bytes", 1});
    }
  }
  if (encoding_ == Encoding::bytes) {
    pending_.append(bytes);
  } else {
    append_converted(bytes);
  }
  return true;
}

Result<bool> LineFramer::next(Block& block) {
  block.bytes.clear();
  block.context.reset();
  block.notes.clear();
  block.unreadable = 0;
  std::size_t scanned = 0;     // pending_ bytes known to hold no further line end
  std::size_t end = 0;         // end of the whole lines to hand out
  std::size_t line_begin = 0;  // for starts_block
  std::uint64_t lines = 0;
  bool cut = false;
  for (;;) {
    while (!cut) {
      const std::size_t found = std::string_view(pending_).find('\n', scanned);
      if (found == std::string_view::npos) {
        scanned = pending_.size();
        break;
      }
      const std::size_t line_end = found + 1;
      if (skipping_) {
        // The tail of an over-long line: drop it with everything before.
        pending_.erase(0, line_end);
        offset_ += line_end;
        ++line_;
        skipping_ = false;
        scanned = 0;
        continue;
      }
      if (sees_lines_) {
        std::string_view line(pending_.data() + line_begin, line_end - line_begin - 1);
        if (line.ends_with('\r')) {
          line.remove_suffix(1);
        }
        if (starts_block(line) && end != 0) {
          cut = true;
          break;
        }
      }
      ++lines;
      end = line_end;
      line_begin = line_end;
      scanned = line_end;
      if (end >= limits::block_bytes) {
        cut = true;
      }
    }
    if (cut) {
      break;
    }
    if (!skipping_ && pending_.size() - end > limits::record_bytes_max) {
      if (end != 0) {
        break;
      }
      skipping_ = true;
      ++unreadable_;
      notes_.push_back({"line " + std::to_string(line_) + " is longer than " +
                            std::to_string(limits::record_bytes_max >> 20) + " MiB and was skipped",
                        1});
    }
    if (skipping_) {
      offset_ += pending_.size();
      pending_.clear();
      scanned = 0;
    }
    const auto more = fill();
    if (!more) {
      failed_ = more.error();
      break;  // hand out what is whole first
    }
    if (!*more && scanned >= pending_.size()) {
      // The end: a last line without LF is a line.
      if (!skipping_ && pending_.size() > end) {
        if (sees_lines_) {
          std::string_view line(pending_.data() + end, pending_.size() - end);
          if (starts_block(line) && end != 0) {
            break;
          }
        }
        ++lines;
        end = pending_.size();
      }
      break;
    }
  }
  block.unreadable = unreadable_;
  unreadable_ = 0;
  block.notes.swap(notes_);
  if (end == 0 && failed_) {
    Error error = *std::exchange(failed_, std::nullopt);
    return std::unexpected(std::move(error));
  }
  if (end == 0) {
    return block.unreadable != 0 || !block.notes.empty();
  }
  block.offset = offset_;
  block.first_record = line_;
  block.bytes.assign(pending_, 0, end);
  pending_.erase(0, end);
  offset_ += end;
  line_ += lines;
  finish(block);
  return true;
}

bool Lines::next(std::string_view& line, std::uint64_t& number, std::uint64_t& offset) {
  if (rest_.empty()) {
    return false;
  }
  const std::size_t found = rest_.find('\n');
  const std::size_t length = found == std::string_view::npos ? rest_.size() : found + 1;
  line = rest_.substr(0, found == std::string_view::npos ? length : found);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  number = number_++;
  offset = offset_;
  offset_ += length;
  rest_.remove_prefix(length);
  return true;
}

}  // namespace tocsin::ingest
