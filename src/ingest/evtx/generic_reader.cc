#include "ingest/evtx/generic_reader.h"

#include "base/limits.h"

namespace tocsin::ingest::evtx {

void GenericReader::begin(std::span<const std::uint8_t> chunk, std::size_t text_left, event::EventBatch& batch,
                          ValueRenderer& renderer, std::uint64_t& tokens_left, bool strict) {
  chunk_ = chunk;
  strict_ = strict;
  exhausted_ = false;
  any_element_ = false;
  text_left_ = text_left;
  batch_ = &batch;
  renderer_ = &renderer;
  tokens_left_ = &tokens_left;
  contents_.clear();
  in_attribute_ = false;
}

bool GenericReader::read(std::span<const std::uint8_t> chunk, std::size_t begin, std::size_t end,
                         event::EventBatch& batch, ValueRenderer& renderer, std::uint64_t& tokens_left, bool strict) {
  this->begin(chunk, limits::evtx_record_text_base + (end - begin) * limits::evtx_record_text_ratio, batch, renderer,
              tokens_left, strict);
  flattener_.begin(batch);
  TokenReader reader(chunk, Cursor(chunk, begin, end), false);
  return walk(reader, {}, 0) && flattener_.depth() == 0 && !exhausted_;
}

bool GenericReader::read_inside(std::span<const std::uint8_t> chunk, std::size_t begin, std::size_t end,
                                const Place& place, event::EventBatch& batch, ValueRenderer& renderer,
                                std::uint64_t& tokens_left, bool strict) {
  this->begin(chunk, place.text_left, batch, renderer, tokens_left, strict);
  flattener_.begin_inside(batch, place.part, place.fields_begin);
  TokenReader reader(chunk, Cursor(chunk, begin, end), false, &names_);
  return walk(reader, {}, place.levels) && flattener_.depth() == 0 && !exhausted_ && any_element_ && !overflowed();
}

bool GenericReader::walk(TokenReader& reader, Slots slots, std::size_t levels) {
  if (levels >= limits::nesting_max) {
    return false;
  }
  const std::size_t depth = flattener_.depth();
  for (;;) {
    if (*tokens_left_ == 0 || exhausted_) {
      return false;
    }
    --*tokens_left_;
    const Token token = reader.next();
    if (strict_ && !reader.names_hold()) {
      return false;
    }
    switch (token.kind) {
      case TokenKind::bad:
        return false;
      case TokenKind::end:
        return flattener_.depth() == depth;
      case TokenKind::open_element:
        if (in_attribute_ || !flattener_.open(token.name)) {
          return false;
        }
        contents_.emplace_back();
        any_element_ = true;
        break;
      case TokenKind::attribute:
        if (flattener_.depth() == depth) {
          return false;
        }
        finish_attribute();
        attribute_name_.assign(token.name);
        attribute_ = {};
        attribute_text_.clear();
        in_attribute_ = true;
        break;
      case TokenKind::close_start:
        finish_attribute();
        break;
      case TokenKind::close_empty:
      case TokenKind::end_element:
        finish_attribute();
        if (flattener_.depth() == depth) {
          return false;
        }
        close();
        break;
      case TokenKind::value:
      case TokenKind::cdata:
        if (flattener_.depth() == depth) {
          return false;
        }
        if (!spend(token.bytes.size())) {
          return false;
        }
        if (token.kind == TokenKind::value && token.type != type_string) {
          const event::Value value =
              plain({token.bytes.data(), static_cast<std::uint32_t>(token.bytes.size()), token.type});
          piece(value.text, value.kind);
        } else if (const std::string_view text = renderer_->utf16(token.bytes); !text.empty()) {
          piece(text, event::ValueKind::text);
        }
        break;
      case TokenKind::character:
      case TokenKind::entity:
        if (flattener_.depth() == depth) {
          return false;
        }
        scratch_.clear();
        append_reference(token, scratch_);
        piece(batch_->arena.copy(scratch_), event::ValueKind::text);
        break;
      case TokenKind::substitution: {
        const SlotValue value = token.slot < slots.size() ? slots[token.slot] : SlotValue{};
        if (value.type == type_binxml && !in_attribute_) {
          if (!embedded(value, levels)) {
            return false;
          }
          break;
        }
        if (flattener_.depth() == 0) {
          return false;
        }
        slot_piece(value, token.optional);
        break;
      }
      case TokenKind::template_instance:
        if (in_attribute_ || !instance(reader.cursor(), levels)) {
          return false;
        }
        break;
      case TokenKind::instruction_target:
      case TokenKind::instruction_data:
      case TokenKind::fragment:
        break;
    }
  }
}

bool GenericReader::instance(Cursor& cursor, std::size_t levels) {
  TemplateInstance head;
  TemplateDefinition definition;
  if (!read_instance(chunk_, cursor, head) || !read_definition(chunk_, head.definition, definition) ||
      (strict_ && definition.identifier != head.identifier)) {
    return false;
  }
  std::vector<SlotValue> slots(head.value_count);
  Cursor descriptors(chunk_, head.descriptors, chunk_.size());
  std::size_t at = head.values;
  for (SlotValue& slot : slots) {
    slot.size = descriptors.u16();
    slot.type = descriptors.u8();
    slot.data = chunk_.data() + at;
    descriptors.skip(1);
    at += slot.size;
  }
  TokenReader reader(chunk_, Cursor(chunk_, definition.body, definition.end), true);
  return walk(reader, slots, levels + 1);
}

bool GenericReader::embedded(const SlotValue& value, std::size_t levels) {
  if (value.size == 0) {
    return true;
  }
  const auto begin = static_cast<std::size_t>(value.data - chunk_.data());
  TokenReader reader(chunk_, Cursor(chunk_, begin, begin + value.size), false);
  return walk(reader, {}, levels + 1);
}

event::Value GenericReader::joined_array(const SlotValue& value) {
  std::string text;
  ArrayElements elements(value);
  SlotValue element;
  for (bool first = true; elements.next(element); first = false) {
    if (!first) {
      text += ',';
    }
    text += plain(element).text;
  }
  return {batch_->arena.copy(text), event::ValueKind::text};
}

// A slot that is used again and again must not fill the memory.
bool GenericReader::spend(std::size_t bytes) {
  exhausted_ = exhausted_ || bytes > text_left_;
  text_left_ -= exhausted_ ? 0 : bytes;
  return !exhausted_;
}

event::Value GenericReader::plain(const SlotValue& value) {
  if (!spend(value.size)) {
    return {std::string_view(""), event::ValueKind::null};
  }
  if (value.is_array()) {
    return joined_array(value);
  }
  return value.type == type_binxml ? event::Value{std::string_view(""), event::ValueKind::null}
                                   : renderer_->render(value);
}

void GenericReader::piece(std::string_view text, event::ValueKind kind) {
  if (in_attribute_) {
    if (attribute_.pieces++ == 0) {
      attribute_value_ = {text, kind};
      return;
    }
    if (attribute_.pieces == 2) {
      attribute_text_.assign(attribute_value_.text);
    }
    attribute_.optional = false;
    attribute_text_ += text;
    return;
  }
  flush();
  ++contents_.back().pieces;
  flattener_.text(text, kind);
}

void GenericReader::slot_piece(const SlotValue& value, bool optional) {
  if (in_attribute_) {
    const event::Value text = plain(value);
    piece(text.text, text.kind);
    attribute_.optional = attribute_.pieces == 1 && optional && value.is_null();
    return;
  }
  Content& content = contents_.back();
  if (content.pieces == 0 && !content.pending) {
    content.pending = true;
    content.optional = optional;
    content.slot = value;
    return;
  }
  const event::Value text = plain(value);
  piece(text.text, text.kind);
}

// The first piece turned out to have company.
void GenericReader::flush() {
  Content& content = contents_.back();
  if (content.pending) {
    content.pending = false;
    ++content.pieces;
    const event::Value text = plain(content.slot);
    flattener_.text(text.text, text.kind);
  }
}

void GenericReader::finish_attribute() {
  if (!in_attribute_) {
    return;
  }
  in_attribute_ = false;
  if (attribute_.pieces == 0) {
    flattener_.attribute(attribute_name_, std::string_view(""));
  } else if (attribute_.pieces > 1) {
    flattener_.attribute(attribute_name_, batch_->arena.copy(attribute_text_));
  } else if (attribute_.optional) {
    flattener_.attribute_without_value(attribute_name_);
  } else {
    flattener_.attribute(attribute_name_, attribute_value_.text, attribute_value_.kind);
  }
}

void GenericReader::close() {
  Content& content = contents_.back();
  bool omit = false;
  if (content.pending) {
    if (content.slot.is_null() && content.optional) {
      omit = true;
    } else if (content.slot.is_array()) {
      ArrayElements elements(content.slot);
      SlotValue element;
      bool any = false;
      while (elements.next(element)) {
        const event::Value value = plain(element);
        flattener_.repeated(value.text, value.kind);
        any = true;
      }
      if (!any) {
        const event::Value none = ArrayElements::of_none(content.slot);
        flattener_.repeated(none.text, none.kind);
      }
    } else {
      flush();
    }
  }
  contents_.pop_back();
  flattener_.close(omit);
}

}  // namespace tocsin::ingest::evtx
