#include "detect/event_memo.h"

#include <algorithm>
#include <cstring>

#include "detect/value_memo.h"

namespace tocsin::detect {

void EventMemo::begin(std::uint64_t shape) {
  shape_ = shape;
  parts_.clear();
  key_bytes_ = sizeof shape;
  hash_ = shape;
}

bool EventMemo::add(std::uint32_t position, const event::Value& value) {
  const std::uint32_t head = position << 8U | static_cast<std::uint32_t>(value.kind);
  key_bytes_ += 2 * sizeof head + value.text.size();
  if (key_bytes_ > key_bytes_max) {
    return false;
  }
  parts_.push_back({head, value.text});
  hash_ = ValueMemo::hash(hash_ ^ head, value.text);
  return true;
}

bool EventMemo::is_key_of(const Entry& entry) const {
  if (!entry.used || entry.hash != hash_ || entry.key.size() != key_bytes_ ||
      std::memcmp(entry.key.data(), &shape_, sizeof shape_) != 0) {
    return false;
  }
  const char* at = entry.key.data() + sizeof shape_;
  return std::all_of(parts_.begin(), parts_.end(), [&](const Part& part) {
    const std::uint32_t head[] = {part.head, static_cast<std::uint32_t>(part.text.size())};
    const bool same = std::memcmp(at, head, sizeof head) == 0 &&
                      (part.text.empty() || std::memcmp(at + sizeof head, part.text.data(), part.text.size()) == 0);
    at += sizeof head + part.text.size();
    return same;
  });
}

const std::vector<std::uint32_t>* EventMemo::find() {
  entries_.resize(entries_max);
  const Entry* found = nullptr;
  for (std::size_t way = 0; way < ways && found == nullptr; ++way) {
    const Entry& entry = entries_[(hash_ ^ way) % entries_max];
    found = is_key_of(entry) ? &entry : nullptr;
  }
  known_ += found != nullptr ? 1 : 0;
  if (++tried_ == tries) {
    rest_ = known_ < known_min ? rest : 0;
    tried_ = known_ = 0;
  }
  return found == nullptr ? nullptr : &found->fired;
}

void EventMemo::keep(std::span<const std::uint32_t> fired) {
  if (fired.size() > fired_max) {
    return;
  }
  Entry* free = &entries_[(hash_ ^ (hash_ >> 32U & 1U)) % entries_max];
  for (std::size_t way = 0; way < ways; ++way) {
    Entry& entry = entries_[(hash_ ^ way) % entries_max];
    free = entry.used ? free : &entry;
  }
  free->used = true;
  free->hash = hash_;
  free->key.assign(reinterpret_cast<const char*>(&shape_), sizeof shape_);
  for (const Part& part : parts_) {
    const std::uint32_t head[] = {part.head, static_cast<std::uint32_t>(part.text.size())};
    free->key.append(reinterpret_cast<const char*>(head), sizeof head).append(part.text);
  }
  free->fired.assign(fired.begin(), fired.end());
}

}  // namespace tocsin::detect
