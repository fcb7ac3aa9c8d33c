// GenericReader: reads BinXML token by token, without compiling anything: slow, complete, and the measure of the rest.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "event/event.h"
#include "ingest/evtx/tokens.h"
#include "ingest/evtx/values.h"
#include "ingest/windows_event.h"

namespace tocsin::ingest::evtx {

// Not thread-safe.
class GenericReader {
 public:
  // raw: fields named as evtx_dump's paths.
  GenericReader(event::FieldTable& table, bool raw) : flattener_(table, raw) {}
  // Pushes the fields of the BinXML in [begin, end) of the chunk. False if it is damaged; fields may have been pushed.
  // tokens_left: how many tokens may still be read for this chunk; a hostile one can make them multiply.
  // strict: a definition must have the identifier by which its instance names it.
  bool read(std::span<const std::uint8_t> chunk, std::size_t begin, std::size_t end, event::EventBatch& batch,
            ValueRenderer& renderer, std::uint64_t& tokens_left, bool strict);
  // Where embedded BinXML stands in a record of which the rest is read otherwise.
  struct Place {
    EventPart part = EventPart::document;
    std::size_t fields_begin = 0;  // of the record, in the batch
    std::size_t levels = 0;        // of instances and embedded values around it
    std::size_t text_left = 0;     // bytes of values that it may render
  };
  // Pushes the fields of embedded BinXML. False also where it cannot be told from here what they are, because it holds
  // no element or what belongs to the element around it: then the whole record must be read.
  bool read_inside(std::span<const std::uint8_t> chunk, std::size_t begin, std::size_t end, const Place& place,
                   event::EventBatch& batch, ValueRenderer& renderer, std::uint64_t& tokens_left, bool strict);
  // Another chunk follows: its names are not known to read_inside().
  void begin_chunk() { names_.forget(); }
  bool overflowed() const { return flattener_.overflowed(); }

 private:
  // The values of the template instance whose definition is being read.
  using Slots = std::span<const SlotValue>;
  struct Content {
    std::uint32_t pieces = 0;
    bool pending = false;  // `slot` is the first piece, and whether it is the only one is not known yet
    bool optional = false;
    SlotValue slot;
  };

  void begin(std::span<const std::uint8_t> chunk, std::size_t text_left, event::EventBatch& batch,
             ValueRenderer& renderer, std::uint64_t& tokens_left, bool strict);
  bool walk(TokenReader& reader, Slots slots, std::size_t levels);
  bool instance(Cursor& cursor, std::size_t levels);
  bool embedded(const SlotValue& value, std::size_t levels);
  void piece(std::string_view text, event::ValueKind kind);
  void slot_piece(const SlotValue& value, bool optional);
  void flush();
  void finish_attribute();
  void close();
  event::Value joined_array(const SlotValue& value);
  event::Value plain(const SlotValue& value);

  EventFlattener flattener_;
  NameMemo names_;
  std::span<const std::uint8_t> chunk_;
  event::EventBatch* batch_ = nullptr;
  ValueRenderer* renderer_ = nullptr;
  std::uint64_t* tokens_left_ = nullptr;
  std::size_t text_left_ = 0;  // bytes of values that the record may still render
  bool exhausted_ = false;
  bool any_element_ = false;
  bool spend(std::size_t bytes);
  std::vector<Content> contents_;  // one for each open element
  Content attribute_;
  std::string attribute_name_;
  std::string attribute_text_;
  event::Value attribute_value_;
  bool in_attribute_ = false;
  bool strict_ = false;
  std::string scratch_;
};

}  // namespace tocsin::ingest::evtx
