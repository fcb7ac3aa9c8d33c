#include "ingest/evtx/record_reader.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::ingest::evtx {

RecordReader::RecordReader(event::FieldTable& table, const Codepage& codepage, Path path)
    : compiler_(table), generic_(table, path == Path::raw), renderer_(codepage), path_(path) {}

void RecordReader::begin_chunk(std::span<const std::uint8_t> chunk, event::EventBatch& batch) {
  chunk_ = chunk;
  batch_ = &batch;
  renderer_.begin(batch.arena);
  generic_.begin_chunk();
  compiled_count_ = 0;
  cache_.make_room();
  compile_left_ = limits::evtx_compile_bytes_max;
  tokens_left_ = limits::evtx_tokens_max;
}

bool RecordReader::read(std::size_t begin, std::size_t end, bool strict) {
  strict_ = strict;
  overflowed_ = false;
  known_time_ = {};
  fields_begin_ = batch_->fields.size();
  // A value's text is at most a few times its bytes; slots used again and again could make it grow without end.
  text_left_ = limits::evtx_record_text_base + (end - begin) * limits::evtx_record_text_ratio;
  steps_left_ = limits::evtx_record_steps_max;
  if (path_ == Path::fast || path_ == Path::fresh) {
    slots_.clear();
    const Outcome outcome = fragment(begin, end, EventPart::document, 0);
    if (outcome != Outcome::needs_generic) {
      return outcome == Outcome::done && batch_->fields.size() != fields_begin_;
    }
    batch_->fields.resize(fields_begin_);
  }
  if (!generic_.read(chunk_, begin, end, *batch_, renderer_, tokens_left_, strict_)) {
    return false;
  }
  overflowed_ = generic_.overflowed();
  return batch_->fields.size() != fields_begin_;
}

// A fragment header and one template instance, the shape of nearly every record and embedded value.
RecordReader::Outcome RecordReader::fragment(std::size_t begin, std::size_t end, EventPart part, std::size_t levels) {
  if (levels >= limits::nesting_max) {
    return Outcome::damaged;
  }
  Cursor cursor(chunk_, begin, end);
  if (cursor.peek_u8() == 0x0F) {
    cursor.skip(4);
  }
  if (cursor.u8() != 0x0C || !cursor.ok()) {
    return Outcome::needs_generic;
  }
  cursor.skip(1);
  const std::uint32_t identifier = cursor.u32();
  const std::uint32_t offset = cursor.u32();
  const Compiled* code = compiled(offset, part);
  if (code == nullptr || code->damaged || (strict_ && (code->identifier != identifier || !code->code->names_hold))) {
    return Outcome::damaged;
  }
  if (code->code->generic) {
    return Outcome::needs_generic;
  }
  if (offset == cursor.at()) {
    TemplateDefinition definition;
    read_definition(chunk_, offset, definition);
    cursor.skip(definition.end - cursor.at());
  }
  const std::uint32_t count = cursor.u32();
  if (!cursor.ok() || count > cursor.left() / 4) {
    return Outcome::damaged;
  }
  const std::size_t slots_begin = slots_.size();
  slots_.resize(slots_begin + count);
  const auto descriptors = cursor.bytes(std::size_t{count} * 4);
  const std::uint8_t* data = chunk_.data() + cursor.at();
  std::size_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* descriptor = descriptors.data() + 4 * i;
    const auto size = static_cast<std::uint32_t>(descriptor[0] | (descriptor[1] << 8));
    slots_[slots_begin + i] = {data + total, size, descriptor[2]};
    total += size;
  }
  cursor.skip(total);
  if (!cursor.ok()) {
    return Outcome::damaged;
  }
  if (cursor.left() != 0 && cursor.peek_u8() != 0) {
    return Outcome::needs_generic;
  }
  const Outcome outcome = run(*code, slots_begin, count, levels);
  slots_.resize(slots_begin);
  return outcome;
}

// Embedded BinXML that is no template instance: elements as they are. What goes wrong here is judged by the whole
// record.
RecordReader::Outcome RecordReader::tokens(std::size_t begin, std::size_t end, EventPart part, std::size_t levels) {
  const std::size_t first = batch_->fields.size();
  if (!generic_.read_inside(chunk_, begin, end, {part, fields_begin_, levels, text_left_}, *batch_, renderer_,
                            tokens_left_, strict_)) {
    return Outcome::needs_generic;
  }
  for (std::size_t at = first; at < batch_->fields.size(); ++at) {
    const std::size_t size = batch_->fields[at].value.text.size();
    if (size > text_left_) {
      return Outcome::needs_generic;
    }
    text_left_ -= size;
  }
  return Outcome::done;
}

RecordReader::Outcome RecordReader::run(const Compiled& compiled, std::size_t slots_begin, std::uint32_t slot_count,
                                        std::size_t levels) {
  // The list of compiled templates may grow below, so nothing of `compiled` but its code may be used after that.
  const Template& code = *compiled.code;
  const char* const text = compiled.text;
  if (code.instructions.size() + code.pieces.size() > steps_left_) {
    return Outcome::damaged;
  }
  steps_left_ -= code.instructions.size() + code.pieces.size();
  for (const Instruction& instruction : code.instructions) {
    if (overflowed_) {
      return Outcome::done;
    }
    if (instruction.guard != no_slot && slot(slots_begin, slot_count, instruction.guard).is_null()) {
      continue;
    }
    switch (instruction.op) {
      case Instruction::Op::literal: {
        const std::string_view literal(text + instruction.begin, instruction.count);
        if (!instruction.container ||
            !std::all_of(literal.begin(), literal.end(), [](char c) { return ascii_space(c); })) {
          add(instruction.field, {literal, instruction.kind});
        }
        break;
      }
      case Instruction::Op::element: {
        const SlotValue value = slot(slots_begin, slot_count, instruction.slot);
        if (value.type == type_binxml) {
          if (value.size == 0) {
            if (!instruction.container) {
              add(instruction.field, {std::string_view(""), event::ValueKind::null});
            }
            break;
          }
          const auto begin = static_cast<std::size_t>(value.data - chunk_.data());
          const std::size_t fields = batch_->fields.size();
          const std::size_t text_left = text_left_;
          const std::size_t slots = slots_.size();
          Outcome inner = fragment(begin, begin + value.size, instruction.inner, levels + 1);
          if (inner == Outcome::needs_generic && path_ == Path::fast) {
            batch_->fields.resize(fields);
            text_left_ = text_left;
            slots_.resize(slots);
            inner = tokens(begin, begin + value.size, instruction.inner, levels + 1);
          }
          if (inner != Outcome::done) {
            return inner;
          }
        } else if (value.is_array()) {
          ArrayElements elements(value);
          SlotValue element;
          bool any = false;
          while (elements.next(element)) {
            if (element.type == type_binxml) {
              return Outcome::needs_generic;
            }
            if (!add(instruction.field, renderer_.render(element))) {
              break;
            }
            any = true;
          }
          if (!any) {
            add(instruction.field, ArrayElements::of_none(value));
          }
        } else if (!value.is_null() || !instruction.optional) {
          const event::Value rendered = renderer_.render(value);
          if (!instruction.container || !trim(rendered.text).empty()) {
            add(instruction.field, rendered);
          }
        }
        break;
      }
      case Instruction::Op::attribute: {
        const SlotValue value = slot(slots_begin, slot_count, instruction.slot);
        if (value.is_array() || value.type == type_binxml) {
          return Outcome::needs_generic;
        }
        if (!value.is_null() || !instruction.optional) {
          const event::Value rendered = renderer_.render(value);
          if (value.type == type_filetime && path_ == Path::fast && instruction.field == time_field_) {
            note_time(value, rendered.text);
          }
          add(instruction.field, rendered);
        }
        break;
      }
      case Instruction::Op::joined: {
        std::string joined;
        for (std::uint32_t i = 0; i < instruction.count; ++i) {
          const Piece& piece = code.pieces[instruction.begin + i];
          if (piece.slot == no_slot) {
            joined.append(text + piece.begin, piece.count);
            continue;
          }
          const SlotValue value = slot(slots_begin, slot_count, piece.slot);
          if (value.is_array() || value.type == type_binxml) {
            return Outcome::needs_generic;
          }
          joined.append(renderer_.render(value).text);
        }
        if (!instruction.container || !trim(joined).empty()) {
          add(instruction.field, {batch_->arena.copy(joined), event::ValueKind::text});
        }
        break;
      }
    }
  }
  return Outcome::done;
}

// Times that are not written as such, and the one before all others, are left to the text.
void RecordReader::note_time(const SlotValue& value, std::string_view text) {
  std::uint64_t filetime = 0;
  if (value.size >= sizeof filetime && text.ends_with('Z')) {
    std::memcpy(&filetime, value.data, sizeof filetime);
  }
  if (filetime != 0) {
    known_time_ = {text, Time::from_filetime(filetime)};
  }
}

// False once the event is full.
bool RecordReader::add(event::FieldId field, const event::Value& value) {
  if (batch_->fields.size() - fields_begin_ >= limits::event_fields_max || value.text.size() > text_left_) {
    overflowed_ = true;
    return false;
  }
  text_left_ -= value.text.size();
  batch_->add_field(field, value.text, value.kind);
  return true;
}

const RecordReader::Compiled* RecordReader::compiled(std::uint32_t definition, EventPart part) {
  for (std::size_t i = 0; i < compiled_count_; ++i) {
    if (compiled_[i].definition == definition && compiled_[i].part == part) {
      return &compiled_[i];
    }
  }
  TemplateDefinition head;
  if (!read_definition(chunk_, definition, head) || head.end - head.body > compile_left_) {
    return nullptr;
  }
  compile_left_ -= head.end - head.body;
  if (compiled_count_ == compiled_.size()) {
    compiled_.emplace_back().own = std::make_unique<Template>();
  }
  Compiled& slot = compiled_[compiled_count_++];
  slot.definition = definition;
  slot.part = part;
  slot.identifier = head.identifier;
  slot.damaged = false;
  slot.code = path_ == Path::fast ? cache_.find(chunk_, head, part) : nullptr;
  if (slot.code == nullptr) {
    slot.code = slot.own.get();
    slot.damaged = !compiler_.compile(chunk_, head, part, *slot.own);
    if (path_ == Path::fast && !slot.damaged && compiler_.usual_layout()) {
      cache_.keep(chunk_, head, part, compiler_.names(), *slot.own);
    }
  }
  slot.text = batch_->arena.copy(slot.code->text).data();
  return &slot;
}

}  // namespace tocsin::ingest::evtx
