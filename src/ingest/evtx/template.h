// Template: a BinXML template definition compiled to the list of fields that its instances give.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "ingest/evtx/tokens.h"
#include "ingest/windows_event.h"

namespace tocsin::ingest::evtx {

inline constexpr std::uint16_t no_slot = 0xFFFF;

// One field (or one embedded fragment) of an instance, in document order.
struct Instruction {
  enum class Op : std::uint8_t {
    literal,    // the text of the template itself
    element,    // the whole content of an element is one slot: embedded BinXML and arrays are possible
    attribute,  // the whole value of an attribute is one slot
    joined,     // text and slots side by side
  };
  Op op = Op::literal;
  event::ValueKind kind = event::ValueKind::text;  // literal
  EventPart inner = EventPart::document;           // element: where embedded BinXML stands
  bool optional = false;                           // leave the field out where the slot is null
  bool container = false;                          // element: text is worth a field only where it is not blank
  std::uint16_t slot = no_slot;
  std::uint16_t guard = no_slot;  // the instruction counts only where this slot is not null
  event::FieldId field{};
  std::uint32_t begin = 0;  // literal: in text; joined: in pieces
  std::uint32_t count = 0;
};

struct Piece {
  std::uint16_t slot = no_slot;
  std::uint32_t begin = 0;  // in text, where slot is no_slot
  std::uint32_t count = 0;
};

struct Template {
  std::vector<Instruction> instructions;
  std::vector<Piece> pieces;
  std::string text;
  // The definition holds something that instructions cannot say (a template inside it, a name that is a slot):
  // instances are read by the GenericReader.
  bool generic = false;
  bool names_hold = true;  // TokenReader::names_hold

  void clear() {
    instructions.clear();
    pieces.clear();
    text.clear();
    generic = false;
    names_hold = true;
  }
  std::string_view literal(std::uint32_t begin, std::uint32_t count) const {
    return std::string_view(text).substr(begin, count);
  }
};

// Compiles definitions; keeps its working memory. Not thread-safe.
class TemplateCompiler {
 public:
  explicit TemplateCompiler(event::FieldTable& table) : names_(table) {}
  // part: where the root element of the template stands. False if the definition is damaged.
  // Cost: one pass over the definition.
  bool compile(std::span<const std::uint8_t> chunk, const TemplateDefinition& definition, EventPart part,
               Template& out);
  // Of the last definition: the names it uses, and whether its elements all had the usual layout.
  std::span<const NameUse> names() const { return uses_; }
  bool usual_layout() const { return usual_layout_; }

 private:
  struct Element {
    std::string tag;
    std::string name;
    EventPart part = EventPart::document;
    EventPart inner = EventPart::document;
    bool has_children = false;
    bool has_attributes = false;
    std::size_t first_instruction = 0;
  };
  // The value of an attribute or the content of an element, as it is being collected.
  struct Content {
    std::vector<Piece> pieces;
    std::vector<bool> optional;
    bool literal_open = false;  // the last piece is a literal that may grow
    void clear() {
      pieces.clear();
      optional.clear();
      literal_open = false;
    }
  };
  void add_text(Content& content, std::string_view text);
  void add_slot(Content& content, std::uint16_t slot, bool optional);
  void finish_attribute();
  void finish_element();
  void emit_content(const Content& content, Instruction instruction);

  event::FieldCache names_;
  std::vector<NameUse> uses_;
  bool usual_layout_ = true;
  Template* out_ = nullptr;
  std::vector<Element> stack_;
  std::vector<Content> contents_;  // one for each open element
  std::size_t depth_ = 0;
  Content attribute_;
  std::string attribute_name_;
  bool in_attribute_ = false;
  std::string name_;
  std::string scratch_;
};

}  // namespace tocsin::ingest::evtx
