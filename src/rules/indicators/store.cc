#include "rules/indicators/store.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"

namespace tocsin::rules {
namespace {

// A record: kind, flags, origin and length as variable-length numbers, the value; where flags say so id, title, times.
constexpr std::uint8_t flag_only_itself = 1, flag_details = 2;
constexpr unsigned level_shift = 2;

char* put_number(char* out, std::uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

const char* get_number(const char* at, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) {
      return at;
    }
  }
}

char* put_text(char* out, std::string_view text) {
  out = put_number(out, text.size());
  std::copy(text.begin(), text.end(), out);
  return out + text.size();
}

const char* get_text(const char* at, std::string_view& text) {
  std::uint64_t size = 0;
  at = get_number(at, size);
  text = {at, static_cast<std::size_t>(size)};
  return at + size;
}

constexpr std::size_t id_bytes_max = 256, title_bytes_max = 256;

std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    text = text.substr(0, bytes_max);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) {
      text.remove_suffix(1);
    }
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) {
      text.remove_suffix(1);
    }
  }
  return text;
}

}  // namespace

std::uint32_t IndicatorStore::add_origin(IndicatorOrigin origin) {
  origins_.push_back(std::move(origin));
  return static_cast<std::uint32_t>(origins_.size() - 1);
}

bool IndicatorStore::add(IndicatorPattern pattern) {
  patterns_bytes_ += pattern.text.size();
  if (patterns_.size() >= limits::indicator_patterns_max || patterns_bytes_ > limits::indicator_patterns_bytes_max) {
    ++counts.beyond_limit;
    return false;
  }
  pattern.id = cut(pattern.id, id_bytes_max);
  pattern.title = cut(pattern.title, title_bytes_max);
  patterns_.push_back(std::move(pattern));
  ++counts.patterns;
  return true;
}

bool IndicatorStore::add(const IndicatorEntry& entry) {
  const std::string_view id = cut(entry.id, id_bytes_max), title = cut(entry.title, title_bytes_max);
  const bool details = !id.empty() || !title.empty() || entry.from.known() || entry.until.known();
  const std::size_t most = entry.value.size() + 32 + (details ? id.size() + title.size() + 40 : 0);
  if (counts.loaded >= limits::indicators_max || chunks_.size() * chunk_bytes >= limits::indicator_bytes_max) {
    ++counts.beyond_limit;
    return false;
  }
  if (used_ + most > chunk_bytes) {
    if (!chunks_.empty()) {
      ends_.push_back(static_cast<std::uint32_t>(used_));
    }
    chunks_.push_back(std::unique_ptr<char[]>(new char[chunk_bytes]));
    used_ = 0;
  }
  char* const begin = chunks_.back().get() + used_;
  char* out = begin;
  *out++ = static_cast<char>(entry.kind);
  *out++ = static_cast<char>((entry.only_itself ? flag_only_itself : 0) | (details ? flag_details : 0) |
                             (static_cast<unsigned>(entry.level) << level_shift));
  out = put_number(out, entry.origin);
  out = put_text(out, entry.value);
  if (details) {
    out = put_text(out, id);
    out = put_text(out, title);
    std::memcpy(out, &entry.from.ticks, 8);
    std::memcpy(out + 8, &entry.until.ticks, 8);
    out += 16;
  }
  used_ += static_cast<std::size_t>(out - begin);
  std::uint64_t word = entry.value.size();
  std::memcpy(&word, entry.value.data(), std::min<std::size_t>(8, entry.value.size()));
  digest_ = (digest_ ^ word) * 0x9E3779B97F4A7C15ULL;
  digest_ ^= digest_ >> 29;
  ++counts.loaded;
  ++counts.by_kind[index(entry.kind)];
  return true;
}

IndicatorEntry IndicatorStore::at(Position position) const {
  IndicatorEntry out;
  const char* from = data(position);
  out.kind = static_cast<IndicatorKind>(*from++);
  const auto flags = static_cast<unsigned char>(*from++);
  out.only_itself = (flags & flag_only_itself) != 0;
  out.level = static_cast<Level>(flags >> level_shift);
  std::uint64_t origin = 0;
  from = get_number(from, origin);
  out.origin = static_cast<std::uint32_t>(origin);
  if (out.level == Level::none && out.origin < origins_.size()) {
    out.level = origins_[out.origin].level;
  }
  from = get_text(from, out.value);
  if ((flags & flag_details) != 0) {
    from = get_text(from, out.id);
    from = get_text(from, out.title);
    std::memcpy(&out.from.ticks, from, 8);
    std::memcpy(&out.until.ticks, from + 8, 8);
  }
  return out;
}

std::string_view IndicatorStore::value_at(Position position, IndicatorKind& kind) const {
  const char* from = data(position);
  kind = static_cast<IndicatorKind>(*from);
  std::uint64_t origin = 0;
  std::string_view value;
  get_text(get_number(from + 2, origin), value);
  return value;
}

IndicatorStore::Position IndicatorStore::next(Position position) const {
  const char* const begin = data(position);
  const auto flags = static_cast<unsigned char>(begin[1]);
  std::uint64_t origin = 0;
  std::string_view text;
  const char* at = get_text(get_number(begin + 2, origin), text);
  if ((flags & flag_details) != 0) {
    at = get_text(get_text(at, text), text) + 16;
  }
  const Position after = position + static_cast<Position>(at - begin);
  const std::size_t chunk = position >> chunk_bits;
  const std::size_t inside = static_cast<std::size_t>(after - (Position{chunk} << chunk_bits));
  const std::size_t end = chunk + 1 == chunks_.size() ? used_ : ends_[chunk];
  if (inside < end) {
    return after;
  }
  return chunk + 1 == chunks_.size() ? this->end() : Position{chunk + 1} << chunk_bits;
}

}  // namespace tocsin::rules
