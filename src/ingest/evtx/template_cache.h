// TemplateCache: keeps compiled templates from chunk to chunk, because every chunk repeats the definitions it uses.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ingest/evtx/template.h"
#include "ingest/evtx/tokens.h"

namespace tocsin::ingest::evtx {

// A definition is taken for a known one only where all its bytes are the same, but for where in the chunk the names
// stand that it refers to, and where all those names are the same: then compiling it gives the same. Bounded; not
// thread-safe.
class TemplateCache {
 public:
  // The compiled form of this definition, or nullptr. Valid until make_room().
  const Template* find(std::span<const std::uint8_t> chunk, const TemplateDefinition& definition, EventPart part) const;
  // Keeps a copy of what was compiled from the definition with the names it uses (TokenReader::trace()).
  void keep(std::span<const std::uint8_t> chunk, const TemplateDefinition& definition, EventPart part,
            std::span<const NameUse> names, const Template& code);
  // Between chunks: forgets everything where the room is used up.
  void make_room();

 private:
  static constexpr std::size_t variants_max = 16;  // of one identifier and size
  static constexpr std::size_t entries_max = 1024;
  static constexpr std::size_t bytes_max = std::size_t{4} << 20U;

  struct Name {
    std::uint32_t at = 0;     // of its offset, from the start of the body
    bool element = false;     // of an element: it must not lie behind its use
    bool resident = false;    // it stands right behind its offset
    std::uint32_t begin = 0;  // into texts: u16 hash, u16 length, UTF-16
    std::uint32_t size = 0;
  };
  struct Entry {
    EventPart part = EventPart::document;
    std::string body;
    std::string texts;
    std::vector<Name> names;
    Template code;
  };

  static bool same(const Entry& entry, std::span<const std::uint8_t> chunk, const TemplateDefinition& definition);
  static std::uint64_t key(const TemplateDefinition& definition) {
    return std::uint64_t{definition.identifier} << 32U | static_cast<std::uint32_t>(definition.end - definition.body);
  }

  std::unordered_map<std::uint64_t, std::vector<std::unique_ptr<Entry>>> entries_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace tocsin::ingest::evtx
