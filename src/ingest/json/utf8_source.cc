#include "ingest/json/utf8_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace tocsin::ingest::json {
namespace {

constexpr std::size_t read_bytes = std::size_t{128} << 10;

bool every_other_is_zero(std::string_view head, std::size_t odd) {
  const std::size_t pairs = std::min<std::size_t>(head.size() / 2, 64);
  for (std::size_t i = 0; i < pairs; ++i) {
    if (head[2 * i + odd] != '\0' || head[2 * i + 1 - odd] == '\0') {
      return false;
    }
  }
  return pairs >= 2;
}

void convert(TextEncoding encoding, std::string& bytes, std::size_t usable, std::string& out) {
  if (encoding == TextEncoding::utf16_be) {
    for (std::size_t i = 0; i + 1 < usable; i += 2) {
      std::swap(bytes[i], bytes[i + 1]);
    }
  }
  const std::size_t before = out.size();
  out.resize(before + usable / 2 * 3);
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  out.resize(before + utf16le_to_utf8({data, usable}, out.data() + before));
}

}  // namespace

TextEncoding detect_encoding(std::string_view head, std::size_t& mark_bytes) {
  mark_bytes = 0;
  if (head.starts_with("\xEF\xBB\xBF")) {
    mark_bytes = 3;
    return TextEncoding::bytes;
  }
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) {
    mark_bytes = 2;
    return head[0] == '\xFF' ? TextEncoding::utf16_le : TextEncoding::utf16_be;
  }
  // JSON begins with ASCII: its first units show the byte order.
  if (every_other_is_zero(head.substr(0, 8), 1)) {
    return TextEncoding::utf16_le;
  }
  return every_other_is_zero(head.substr(0, 8), 0) ? TextEncoding::utf16_be : TextEncoding::bytes;
}

std::string head_as_utf8(std::string_view head) {
  std::size_t mark = 0;
  const TextEncoding encoding = detect_encoding(head, mark);
  std::string bytes(head.substr(mark));
  if (encoding == TextEncoding::bytes) {
    return bytes;
  }
  std::string out;
  convert(encoding, bytes, bytes.size() & ~std::size_t{1}, out);
  return out;
}

Result<std::size_t> Utf8Source::read(std::span<char> into) {
  if (into.empty()) {
    return std::size_t{0};
  }
  if (started_ && encoding_ == TextEncoding::bytes && handed_ == converted_.size()) {
    return source_.read(into);
  }
  while (handed_ == converted_.size() && !ended_) {
    converted_.clear();
    handed_ = 0;
    const std::size_t kept = carry_.size();
    carry_.resize(kept + read_bytes);
    // The mark may come in pieces, so the first read is a full one.
    const std::span<char> room(carry_.data() + kept, read_bytes);
    TRY(const std::size_t got, started_ ? source_.read(room) : read_full(source_, room));
    carry_.resize(kept + got);
    ended_ = got == 0;
    if (!started_) {
      started_ = true;
      encoding_ = detect_encoding(carry_, mark_bytes_);
      carry_.erase(0, mark_bytes_);
    }
    if (encoding_ == TextEncoding::bytes) {
      converted_.swap(carry_);
      carry_.clear();
      break;
    }
    std::size_t usable = carry_.size() & ~std::size_t{1};
    if (usable >= 2 && !ended_) {
      const auto high = static_cast<std::uint8_t>(carry_[usable - (encoding_ == TextEncoding::utf16_le ? 1 : 2)]);
      if (high >= 0xD8 && high < 0xDC) {
        usable -= 2;
      }
    }
    std::string rest = carry_.substr(usable);
    convert(encoding_, carry_, usable, converted_);
    carry_.swap(rest);
  }
  const std::size_t count = std::min(into.size(), converted_.size() - handed_);
  if (count != 0) {
    std::memcpy(into.data(), converted_.data() + handed_, count);
  }
  handed_ += count;
  return count;
}

}  // namespace tocsin::ingest::json
