// Arena: memory for a batch of short-lived strings, freed all at once and reused without returning it.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tocsin {

// Not thread-safe. Views stay valid until clear() or destruction. Cost: a bump of a pointer per allocation.
class Arena {
 public:
  char* allocate(std::size_t bytes) {
    if (bytes > left_) {
      grow(bytes);
    }
    char* out = next_;
    next_ += bytes;
    left_ -= bytes;
    return out;
  }

  std::string_view copy(std::string_view text) {
    if (text.empty()) {
      return "";
    }
    char* out = allocate(text.size());
    std::memcpy(out, text.data(), text.size());
    return {out, text.size()};
  }

  // Gives back the unused tail of the last allocation.
  void shrink_last(std::size_t unused) {
    next_ -= unused;
    left_ += unused;
  }

  // Keeps the first block for reuse and frees the others.
  void clear() {
    if (blocks_.size() > 1) {
      blocks_.resize(1);
      sizes_.resize(1);
    }
    next_ = blocks_.empty() ? nullptr : blocks_[0].get();
    left_ = blocks_.empty() ? 0 : sizes_[0];
  }

 private:
  void grow(std::size_t bytes) {
    const std::size_t size = bytes > block_bytes ? bytes : block_bytes;
    blocks_.push_back(std::unique_ptr<char[]>(new char[size]));
    sizes_.push_back(size);
    next_ = blocks_.back().get();
    left_ = size;
  }

  static constexpr std::size_t block_bytes = std::size_t{256} << 10;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<std::size_t> sizes_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace tocsin
