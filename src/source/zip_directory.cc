#include "source/zip_directory.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace tocsin::source {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t end_record_bytes = 22;
constexpr std::size_t comment_bytes_max = 65535;
constexpr std::size_t zip64_locator_bytes = 20;
constexpr std::size_t zip64_end_record_bytes = 56;

std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count && at + i < bytes.size(); ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return value;
}

}  // namespace

std::uint64_t zip_directory_bytes(Input& input) {
  const std::uint64_t size = input.size();
  std::vector<char> tail(static_cast<std::size_t>(
      std::min<std::uint64_t>(size, end_record_bytes + comment_bytes_max + zip64_locator_bytes)));
  input.seek(size - tail.size());
  tail.resize(read_full(input, tail).value_or(0));
  const std::string_view bytes(tail.data(), tail.size());
  // A comment may hold the signature, too; whichever record claims the largest directory counts, to be on the safe
  // side.
  std::uint64_t largest = 0;
  for (std::size_t at = bytes.find("PK\x05\x06"sv); at != std::string_view::npos;
       at = bytes.find("PK\x05\x06"sv, at + 1)) {
    std::uint64_t offset = number(bytes, at + 16, 4);
    if (offset == 0xffffffff && at >= zip64_locator_bytes &&
        bytes.substr(at - zip64_locator_bytes).starts_with("PK\x06\x07"sv)) {
      std::vector<char> record(zip64_end_record_bytes);
      input.seek(number(bytes, at - zip64_locator_bytes + 8, 8));
      const std::size_t have = read_full(input, record).value_or(0);
      offset = have == record.size() ? number({record.data(), have}, 48, 8) : size;
    }
    largest = std::max(largest, offset < size ? size - offset : 0);
  }
  return largest;
}

}  // namespace tocsin::source
