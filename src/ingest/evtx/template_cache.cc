#include "ingest/evtx/template_cache.h"

#include <cstring>

#include "ingest/evtx/chunk.h"

namespace tocsin::ingest::evtx {
namespace {

constexpr std::size_t next_bytes = 4;       // offset of the next name in the bucket, which does not matter
constexpr std::size_t name_head_bytes = 8;  // that, hash, length
constexpr std::size_t terminator_bytes = 2;

std::uint32_t u32(const std::uint8_t* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

const Template* TemplateCache::find(std::span<const std::uint8_t> chunk, const TemplateDefinition& definition,
                                    EventPart part) const {
  const auto found = entries_.find(key(definition));
  if (found == entries_.end() || chunk.size() != chunk_bytes) {
    return nullptr;
  }
  for (const std::unique_ptr<Entry>& entry : found->second) {
    if (entry->part == part && same(*entry, chunk, definition)) {
      return &entry->code;
    }
  }
  return nullptr;
}

bool TemplateCache::same(const Entry& entry, std::span<const std::uint8_t> chunk,
                         const TemplateDefinition& definition) {
  const std::uint8_t* const body = chunk.data() + definition.body;
  const auto* const known = reinterpret_cast<const std::uint8_t*>(entry.body.data());
  std::size_t at = 0;
  for (const Name& name : entry.names) {
    if (std::memcmp(body + at, known + at, name.at - at) != 0) {
      return false;
    }
    const std::size_t offset = u32(body + name.at);
    const std::size_t behind = definition.body + name.at + 4;
    at = name.at + 4;
    if ((offset == behind) != name.resident || offset + name_head_bytes > chunk.size() ||
        name.size - 4 + terminator_bytes > chunk.size() - offset - name_head_bytes ||
        (name.element && offset > behind) ||
        std::memcmp(chunk.data() + offset + next_bytes, entry.texts.data() + name.begin, name.size) != 0) {
      return false;
    }
    if (name.resident) {
      at += next_bytes + name.size;
    }
  }
  return std::memcmp(body + at, known + at, entry.body.size() - at) == 0;
}

void TemplateCache::keep(std::span<const std::uint8_t> chunk, const TemplateDefinition& definition, EventPart part,
                         std::span<const NameUse> names, const Template& code) {
  std::vector<std::unique_ptr<Entry>>& variants = entries_[key(definition)];
  const std::size_t size = definition.end - definition.body;
  if (chunk.size() != chunk_bytes || count_ >= entries_max || bytes_ + size > bytes_max ||
      variants.size() >= variants_max) {
    return;
  }
  auto entry = std::make_unique<Entry>();
  entry->part = part;
  entry->body.assign(reinterpret_cast<const char*>(chunk.data()) + definition.body, size);
  entry->code = code;
  std::size_t at = 0;
  for (const NameUse& use : names) {
    Name name;
    if (use.at < definition.body + at || use.at + 4 > definition.end) {
      return;
    }
    name.at = static_cast<std::uint32_t>(use.at - definition.body);
    name.element = use.element;
    name.resident = use.offset == use.at + 4;
    name.begin = static_cast<std::uint32_t>(entry->texts.size());
    name.size = 4 + use.units * 2;
    entry->texts.append(reinterpret_cast<const char*>(chunk.data()) + use.offset + next_bytes, name.size);
    at = name.at + 4 + (name.resident ? next_bytes + name.size : 0);
    if (at > size) {
      return;
    }
    entry->names.push_back(name);
  }
  // A definition that would not be taken for itself stands in an odd place: names at its very end or behind their use.
  if (!same(*entry, chunk, definition)) {
    return;
  }
  ++count_;
  bytes_ += size;
  variants.push_back(std::move(entry));
}

void TemplateCache::make_room() {
  if (count_ >= entries_max || bytes_ + chunk_bytes > bytes_max || entries_.size() >= entries_max) {
    entries_.clear();
    count_ = 0;
    bytes_ = 0;
  }
}

}  // namespace tocsin::ingest::evtx
