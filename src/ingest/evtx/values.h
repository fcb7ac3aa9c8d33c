// ValueRenderer: turns the binary values of BinXML into the text that rules compare.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/time.h"
#include "event/event.h"
#include "ingest/text/codepage.h"

namespace tocsin::ingest::evtx {

// [MS-EVEN6] 2.2.12 value types. With array_flag set, a value holds several of them.
inline constexpr std::uint8_t type_null = 0x00;
inline constexpr std::uint8_t type_string = 0x01;
inline constexpr std::uint8_t type_ansi = 0x02;
inline constexpr std::uint8_t type_int8 = 0x03;
inline constexpr std::uint8_t type_uint8 = 0x04;
inline constexpr std::uint8_t type_int16 = 0x05;
inline constexpr std::uint8_t type_uint16 = 0x06;
inline constexpr std::uint8_t type_int32 = 0x07;
inline constexpr std::uint8_t type_uint32 = 0x08;
inline constexpr std::uint8_t type_int64 = 0x09;
inline constexpr std::uint8_t type_uint64 = 0x0A;
inline constexpr std::uint8_t type_real32 = 0x0B;
inline constexpr std::uint8_t type_real64 = 0x0C;
inline constexpr std::uint8_t type_boolean = 0x0D;
inline constexpr std::uint8_t type_binary = 0x0E;
inline constexpr std::uint8_t type_guid = 0x0F;
inline constexpr std::uint8_t type_size = 0x10;
inline constexpr std::uint8_t type_filetime = 0x11;
inline constexpr std::uint8_t type_systemtime = 0x12;
inline constexpr std::uint8_t type_sid = 0x13;
inline constexpr std::uint8_t type_hex32 = 0x14;
inline constexpr std::uint8_t type_hex64 = 0x15;
inline constexpr std::uint8_t type_handle = 0x20;
inline constexpr std::uint8_t type_binxml = 0x21;
inline constexpr std::uint8_t type_xml = 0x23;
inline constexpr std::uint8_t array_flag = 0x80;

// Bytes of a value whose type has one size only; 0 for all others.
std::size_t fixed_size(std::uint8_t type);

struct SlotValue {
  const std::uint8_t* data = nullptr;
  std::uint32_t size = 0;
  std::uint8_t type = type_null;

  std::span<const std::uint8_t> bytes() const { return {data, size}; }
  bool is_null() const { return type == type_null; }
  bool is_array() const { return (type & array_flag) != 0; }
};

// Forms (detection.md §5.3): integers decimal; HexInt and SizeT "0x" and lower-case digits; GUID "{lower-case}"; SID
// "S-1-…"; times as RFC 3339 UTC; booleans true/false (any bit set is true); binary upper-case hex. A value whose size
// does not suit its type is shown by the bytes that are there, as binary; one without bytes is null (text: empty).
// Text lives in the arena given to begin(). Not thread-safe.
class ValueRenderer {
 public:
  // codepage: of ANSI strings that are not UTF-8.
  explicit ValueRenderer(const Codepage& codepage);
  void begin(Arena& arena) { arena_ = &arena; }

  // Not for arrays or embedded BinXML.
  event::Value render(const SlotValue& value);
  // UTF-16 LE without the zeros at its end.
  std::string_view utf16(std::span<const std::uint8_t> bytes);
  std::string_view filetime(std::uint64_t filetime);

 private:
  std::string_view ansi(std::span<const std::uint8_t> bytes);
  std::string_view hex(std::span<const std::uint8_t> bytes);
  std::string_view guid(std::span<const std::uint8_t> bytes);
  std::string_view sid(std::span<const std::uint8_t> bytes);
  std::string_view systemtime(std::span<const std::uint8_t> bytes);
  std::string_view hex_number(std::uint64_t value);
  template <class Number>
  std::string_view decimal(Number value);
  template <class Number>
  event::Value real(Number value);

  Arena* arena_ = nullptr;
  const Codepage& codepage_;
  std::int64_t day_ = 0;       // the day of date_
  std::array<char, 10> date_;  // its text, because most times of a log share it
};

// Walks the elements of an array value.
class ArrayElements {
 public:
  explicit ArrayElements(const SlotValue& array);
  bool next(SlotValue& element);
  // What the one element of an empty array holds: empty text for strings, else null.
  static event::Value of_none(const SlotValue& array);

 private:
  SlotValue array_;
  std::uint32_t at_ = 0;
  std::uint32_t step_ = 0;
};

}  // namespace tocsin::ingest::evtx
