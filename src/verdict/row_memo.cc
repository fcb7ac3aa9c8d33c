#include "verdict/row_memo.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::verdict {

namespace {

// Not for untrusted tables without bounds: texts made to meet only push each other out.
std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 29U);
}

std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  std::uint64_t word = 0;
  const char* at = text.data();
  std::size_t left = text.size();
  hash = mix(hash, left);
  for (; left >= sizeof word; at += sizeof word, left -= sizeof word) {
    std::memcpy(&word, at, sizeof word);
    hash = mix(hash, word);
  }
  word = 0;
  if (left >= 4) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, at, sizeof low);
    std::memcpy(&high, at + left - sizeof high, sizeof high);
    word = low | std::uint64_t{high} << 32U;
  } else if (left != 0) {
    const auto byte = [&](std::size_t number) { return std::uint64_t{static_cast<unsigned char>(at[number])}; };
    word = byte(0) | byte(left / 2) << 8U | byte(left - 1) << 16U;
  }
  return mix(hash, word);
}

}  // namespace

void RowMemo::watch(std::vector<bool> slots, std::span<const SlotId> copied) {
  slots_ = std::move(slots);
  copied_.clear();
  for (const SlotId slot : copied) {
    copied_.push_back({slot, 0, {}});
  }
  uses_.clear();
  entries_.resize(entries_max);
  tried_ = known_ = paused_ = 0;
  forget();
}

const RowMemo::Use& RowMemo::learn(event::FieldId id) {
  const std::size_t at = event::index(id);
  if (at >= uses_.size()) {
    uses_.resize(at + 64);
  }
  Use& use = uses_[at];
  use.kind = Use::Kind::none;
  if (id == event::overflow_field) {
    return use;
  }
  for (const SlotId slot : *names_->takers(ascii_lower(fields_->name(id)))) {
    use.kind = slots_[slot] ? Use::Kind::watched : std::max(use.kind, Use::Kind::taken);
    for (std::size_t copy = 0; copy < copied_.size(); ++copy) {
      if (copied_[copy].slot == slot) {
        use.copies.push_back(static_cast<std::uint16_t>(copy));
      }
    }
  }
  return use;
}

bool RowMemo::is_key_of(const Entry& entry) const {
  if (entry.age != age_ || entry.key.size() != key_bytes_) {
    return false;
  }
  const char* at = entry.key.data();
  return std::all_of(parts_.begin(), parts_.end(), [&](const Part& part) {
    const std::uint32_t head[] = {part.what, static_cast<std::uint32_t>(part.text.size())};
    const bool same = std::memcmp(at, head, sizeof head) == 0 &&
                      std::memcmp(at + sizeof head, part.text.data(), part.text.size()) == 0;
    at += sizeof head + part.text.size();
    return same;
  });
}

RowMemo::Entry* RowMemo::find(const event::EventBatch& batch, const event::Event& event) {
  kept_ = false;
  if (paused_ != 0) {
    --paused_;
    return nullptr;
  }
  parts_.clear();
  key_bytes_ = 0;
  hash_ = 0;
  for (Copied& copied : copied_) {
    copied.count = 0;
    copied.text = {};
  }
  const auto append = [this](std::uint32_t what, std::string_view text) {
    parts_.push_back({what, text});
    key_bytes_ += 2 * sizeof(std::uint32_t) + text.size();
    hash_ = mix(mix(hash_, what), text);
  };
  for (const event::Field& field : batch.fields_of(event)) {
    const Use& use = use_of(field.id);
    if (use.kind == Use::Kind::none || field.value.kind == event::ValueKind::null) {
      continue;
    }
    const std::string_view text = field.value.text;
    if (use.kind == Use::Kind::taken) {
      // A value that is cut is counted: such a row is asked each time.
      if (text.size() > limits::predicate_text_bytes_max) {
        return nullptr;
      }
    } else if (text.size() > key_bytes_max) {
      return nullptr;
    } else {
      append(static_cast<std::uint32_t>(event::index(field.id)), text);
    }
    for (const std::uint16_t copy : use.copies) {
      if (copied_[copy].count++ == 0) {
        copied_[copy].text = text;
      }
    }
  }
  constexpr std::uint32_t parts = ~std::uint32_t{0};
  if (slots_[SlotNames::host]) {
    append(parts, event.host);
  }
  if (slots_[SlotNames::provider]) {
    append(parts - 1, event.provider);
  }
  if (key_bytes_ > key_bytes_max) {
    return nullptr;
  }
  kept_ = true;
  Entry* found = nullptr;
  for (std::size_t way = 0; way < ways && found == nullptr; ++way) {
    Entry& entry = entries_[(hash_ ^ way) % entries_max];
    found = is_key_of(entry) ? &entry : nullptr;
  }
  known_ += found != nullptr ? 1 : 0;
  if (++tried_ == tries) {
    paused_ = known_ < known_min ? pause : 0;
    tried_ = known_ = 0;
  }
  return found;
}

RowMemo::Entry* RowMemo::make() {
  if (!kept_) {
    return nullptr;
  }
  Entry* free = &entries_[(hash_ ^ (hash_ >> 32U & 1U)) % entries_max];
  for (std::size_t way = 0; way < ways; ++way) {
    Entry& entry = entries_[(hash_ ^ way) % entries_max];
    free = entry.age != age_ ? &entry : free;
  }
  Entry& entry = *free;
  entry.age = age_;
  entry.key.clear();
  for (const Part& part : parts_) {
    const std::uint32_t head[] = {part.what, static_cast<std::uint32_t>(part.text.size())};
    entry.key.append(reinterpret_cast<const char*>(head), sizeof head).append(part.text);
  }
  entry.told = false;
  entry.periods.clear();
  entry.decisions.clear();
  entry.derived.clear();
  return &entry;
}

}  // namespace tocsin::verdict
