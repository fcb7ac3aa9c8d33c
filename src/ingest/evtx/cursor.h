// Cursor: a bounds-checked little-endian reader over one EVTX chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tocsin::ingest::evtx {

// Offsets count from the start of the chunk, as BinXML's own offsets do. Reading past the end gives zeros and makes
// ok() false for ever; nothing outside [0, end) is touched.
class Cursor {
 public:
  Cursor() = default;
  Cursor(std::span<const std::uint8_t> chunk, std::size_t at, std::size_t end)
      : base_(chunk.data()), at_(at), end_(end < chunk.size() ? end : chunk.size()) {
    if (at_ > end_) {
      at_ = end_;
      ok_ = false;
    }
  }

  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  std::size_t end() const { return end_; }
  std::size_t left() const { return end_ - at_; }

  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  std::uint8_t peek_u8(std::size_t ahead = 0) const { return ahead < left() ? base_[at_ + ahead] : std::uint8_t{0}; }

  std::span<const std::uint8_t> bytes(std::size_t count) {
    if (count > left()) {
      ok_ = false;
      at_ = end_;
      return {};
    }
    const std::span out(base_ + at_, count);
    at_ += count;
    return out;
  }
  void skip(std::size_t count) { bytes(count); }

 private:
  template <class Number>
  Number number() {
    Number value{};
    if (sizeof(Number) > left()) {
      ok_ = false;
      at_ = end_;
      return value;
    }
    std::memcpy(&value, base_ + at_, sizeof(Number));
    at_ += sizeof(Number);
    return value;
  }

  const std::uint8_t* base_ = nullptr;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  bool ok_ = true;
};

}  // namespace tocsin::ingest::evtx
