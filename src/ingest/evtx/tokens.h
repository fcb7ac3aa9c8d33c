// TokenReader: walks the tokens of one piece of BinXML (a record, a template definition or an embedded value).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/evtx/cursor.h"

namespace tocsin::ingest::evtx {

enum class TokenKind : std::uint8_t {
  end,
  open_element,
  close_start,
  close_empty,
  end_element,
  value,
  attribute,
  cdata,
  character,
  entity,
  instruction_target,
  instruction_data,
  template_instance,
  substitution,
  fragment,
  bad,
};

struct Token {
  TokenKind kind = TokenKind::bad;
  bool optional = false;                  // substitution: 0x0E, which leaves its element out where the value is null
  std::uint8_t type = 0;                  // value, substitution: BinXML value type
  std::uint16_t slot = 0;                 // substitution
  std::uint16_t character{};              // character: UTF-16 code unit
  std::string_view name;                  // element, attribute, entity; valid until the next token
  std::span<const std::uint8_t> bytes{};  // value, cdata, instruction_data: UTF-16 text or the value's bytes
};

// What follows the token 0x0C: where the definition lies and the values that fill it.
struct TemplateInstance {
  std::uint32_t identifier = 0;  // first four bytes of the definition's GUID
  std::uint32_t definition = 0;  // offset of the definition in the chunk
  std::uint32_t value_count = 0;
  std::size_t descriptors = 0;  // offset of value_count × (u16 size, u8 type, u8 0)
  std::size_t values = 0;       // offset of the first value
};

// The 24 bytes before the tokens of a template definition.
struct TemplateDefinition {
  std::size_t body = 0;
  std::size_t end = 0;
  std::uint32_t identifier = 0;  // first four bytes of its GUID
};

// Reads the instance at the cursor (behind its token 0x0C) and skips it with its values. False if it does not fit.
bool read_instance(std::span<const std::uint8_t> chunk, Cursor& cursor, TemplateInstance& out);
bool read_definition(std::span<const std::uint8_t> chunk, std::uint32_t offset, TemplateDefinition& out);

// Where a name was asked for and where in the chunk it was found.
struct NameUse {
  std::uint32_t at = 0;      // of the offset that leads to it
  std::uint32_t offset = 0;  // of the name
  std::uint32_t units = 0;
  bool element = false;
};

// Names of one chunk that were read before, by where they lie: elements as they are name themselves in every record.
class NameMemo {
 public:
  struct Name {
    std::uint32_t offset = 0;  // no name lies at 0
    std::uint32_t units = 0;
    bool holds = false;  // it has the hash that is stored with it
    std::string text;
  };
  void forget() {
    for (Name& name : names_) {
      name.offset = 0;
    }
  }
  // Where the name at this offset is kept, or may be.
  Name& place(std::uint32_t offset) { return names_[(offset ^ (offset >> 7U)) % names_.size()]; }

 private:
  std::array<Name, 64> names_;
};

// Spec: [MS-EVEN6] 2.2.12 and libevtx's format documentation. Not thread-safe.
class TokenReader {
 public:
  // dependency_ids: elements of template definitions carry one before their size; elsewhere they do not. Where the
  // expected layout makes no sense, the other one is taken.
  // memo: of the same chunk, or nullptr.
  TokenReader(std::span<const std::uint8_t> chunk, Cursor cursor, bool dependency_ids, NameMemo* memo = nullptr)
      : chunk_(chunk), cursor_(cursor), dependency_ids_(dependency_ids), memo_(memo) {}
  // The end of the bytes is an end token. After `bad` the reader must not be used. For template_instance the caller
  // reads the instance from cursor().
  Token next();
  Cursor& cursor() { return cursor_; }
  // False once a name did not have the hash that is stored with it: it was overwritten.
  bool names_hold() const { return names_hold_; }
  // From now on notes every name. usual_layout(): all elements had the layout that their place demands.
  void trace(std::vector<NameUse>* names) { trace_ = names; }
  bool usual_layout() const { return usual_layout_; }

 private:
  bool read_name(bool element = false);
  bool finish_name(std::uint32_t offset, std::size_t units);
  bool plausible_element(std::size_t at) const;
  bool read_value(Token& token);

  std::span<const std::uint8_t> chunk_;
  Cursor cursor_;
  bool dependency_ids_;
  NameMemo* memo_;
  bool names_hold_ = true;
  bool usual_layout_ = true;
  std::vector<NameUse>* trace_ = nullptr;
  std::string name_;
};

// Appends the text of a character or entity token.
void append_reference(const Token& token, std::string& out);

}  // namespace tocsin::ingest::evtx
