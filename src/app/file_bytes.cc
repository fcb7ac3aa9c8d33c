#include "app/file_bytes.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace tocsin::app {
namespace {

constexpr std::uint64_t first_bytes = std::uint64_t{1} << 20;
constexpr std::size_t rest_bytes = std::size_t{256} << 10;

}  // namespace

FileBytes::FileBytes(std::uint64_t most, std::uint64_t expected) : most_(most), too_large_(expected > most) {
  if (!too_large_) {
    capacity_ = std::min(most, expected != 0 ? expected : first_bytes);
    bytes_ = std::make_unique_for_overwrite<char[]>(static_cast<std::size_t>(capacity_));
  }
}

// Beyond what was expected there is one step, to the limit: pages that are never written take no memory.
void FileBytes::add(std::span<const char> bytes) {
  if (too_large_ || bytes.empty()) {
    return;
  }
  if (bytes.size() > most_ - size_) {
    too_large_ = true;
    bytes_.reset();
    size_ = 0;
    return;
  }
  if (bytes.size() > capacity_ - size_) {
    auto larger = std::make_unique_for_overwrite<char[]>(static_cast<std::size_t>(most_));
    std::memcpy(larger.get(), bytes_.get(), static_cast<std::size_t>(size_));
    bytes_ = std::move(larger);
    capacity_ = most_;
  }
  std::memcpy(bytes_.get() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

Result<std::size_t> KeepingSource::read(std::span<char> into) {
  Result<std::size_t> got = inner_.read(into);
  if (got && kept_ != nullptr) {
    kept_->add(into.first(*got));
  }
  return got;
}

void KeepingSource::read_rest() {
  if (kept_ == nullptr) {
    return;
  }
  std::vector<char> buffer(rest_bytes);
  while (!kept_->too_large() && read(buffer).value_or(0) != 0) {
  }
}

}  // namespace tocsin::app
