#include "ingest/evtx/template.h"

#include "base/limits.h"
#include "base/text.h"
#include "ingest/evtx/values.h"

namespace tocsin::ingest::evtx {

bool TemplateCompiler::compile(std::span<const std::uint8_t> chunk, const TemplateDefinition& definition,
                               EventPart part, Template& out) {
  out.clear();
  out_ = &out;
  depth_ = 0;
  in_attribute_ = false;
  TokenReader reader(chunk, Cursor(chunk, definition.body, definition.end), true);
  uses_.clear();
  reader.trace(&uses_);
  for (;;) {
    const Token token = reader.next();
    usual_layout_ = reader.usual_layout();
    switch (token.kind) {
      case TokenKind::bad:
        return false;
      case TokenKind::end:
        out.names_hold = reader.names_hold();
        return depth_ == 0;
      case TokenKind::open_element: {
        if (depth_ >= limits::nesting_max) {
          return false;
        }
        const EventPart own = depth_ == 0 ? part : stack_[depth_ - 1].inner;
        if (depth_ != 0) {
          stack_[depth_ - 1].has_children = true;
          // What an element holds besides others is put behind them; a slot in front of one would change places.
          if (!contents_[depth_ - 1].pieces.empty()) {
            out.generic = true;
            return true;
          }
        }
        if (depth_ == stack_.size()) {
          stack_.emplace_back();
          contents_.emplace_back();
        }
        Element& element = stack_[depth_];
        element.tag.assign(token.name);
        element.name.clear();
        element.part = own;
        element.inner = content_part(own, token.name);
        element.has_children = false;
        element.has_attributes = false;
        element.first_instruction = out.instructions.size();
        contents_[depth_].clear();
        ++depth_;
        break;
      }
      case TokenKind::attribute:
        finish_attribute();
        if (depth_ == 0) {
          return false;
        }
        attribute_name_.assign(token.name);
        attribute_.clear();
        in_attribute_ = true;
        break;
      case TokenKind::close_start:
        finish_attribute();
        break;
      case TokenKind::close_empty:
      case TokenKind::end_element:
        finish_attribute();
        if (depth_ == 0) {
          return false;
        }
        finish_element();
        break;
      case TokenKind::value:
      case TokenKind::cdata:
      case TokenKind::character:
      case TokenKind::entity: {
        if (depth_ == 0) {
          return false;
        }
        scratch_.clear();
        if (token.kind == TokenKind::character || token.kind == TokenKind::entity) {
          append_reference(token, scratch_);
        } else if (token.kind == TokenKind::value && token.type != type_string) {
          out.generic = true;
        } else {
          auto bytes = token.bytes;
          while (bytes.size() >= 2 && bytes[bytes.size() - 1] == 0 && bytes[bytes.size() - 2] == 0) {
            bytes = bytes.first(bytes.size() - 2);
          }
          scratch_ = utf16le_to_utf8(bytes);
        }
        add_text(in_attribute_ ? attribute_ : contents_[depth_ - 1], scratch_);
        break;
      }
      case TokenKind::substitution:
        if (depth_ == 0) {
          out.generic = true;
          return true;
        }
        add_slot(in_attribute_ ? attribute_ : contents_[depth_ - 1], token.slot, token.optional);
        break;
      case TokenKind::template_instance:
        out.generic = true;
        return true;
      case TokenKind::instruction_target:
      case TokenKind::instruction_data:
      case TokenKind::fragment:
        break;
    }
    if (out.generic) {
      return true;
    }
  }
}

void TemplateCompiler::add_text(Content& content, std::string_view text) {
  if (text.empty()) {
    return;
  }
  if (content.literal_open) {
    // Only this content appends to the text while it is open, so the literal can simply grow.
    content.pieces.back().count += static_cast<std::uint32_t>(text.size());
  } else {
    content.pieces.push_back(
        {no_slot, static_cast<std::uint32_t>(out_->text.size()), static_cast<std::uint32_t>(text.size())});
    content.optional.push_back(false);
    content.literal_open = true;
  }
  out_->text.append(text);
}

void TemplateCompiler::add_slot(Content& content, std::uint16_t slot, bool optional) {
  content.pieces.push_back({slot, 0, 0});
  content.optional.push_back(optional);
  content.literal_open = false;
}

// Adds the instruction for a content of one or more pieces.
void TemplateCompiler::emit_content(const Content& content, Instruction instruction) {
  if (content.pieces.size() > 1) {
    instruction.op = Instruction::Op::joined;
    instruction.begin = static_cast<std::uint32_t>(out_->pieces.size());
    instruction.count = static_cast<std::uint32_t>(content.pieces.size());
    out_->pieces.insert(out_->pieces.end(), content.pieces.begin(), content.pieces.end());
  } else if (content.pieces.front().slot == no_slot) {
    instruction.op = Instruction::Op::literal;
    instruction.begin = content.pieces.front().begin;
    instruction.count = content.pieces.front().count;
  } else {
    instruction.slot = content.pieces.front().slot;
    instruction.optional = content.optional.front();
  }
  out_->instructions.push_back(instruction);
}

void TemplateCompiler::finish_attribute() {
  if (!in_attribute_) {
    return;
  }
  in_attribute_ = false;
  Element& element = stack_[depth_ - 1];
  if (attribute_name_ == "Name" && takes_name(element.part, element.tag)) {
    if (attribute_.pieces.empty()) {
      return;
    }
    if (attribute_.pieces.size() > 1 || attribute_.pieces.front().slot != no_slot) {
      out_->generic = true;
      return;
    }
    element.name.assign(out_->literal(attribute_.pieces.front().begin, attribute_.pieces.front().count));
    return;
  }
  if (!attribute_field_name(element.tag, attribute_name_, name_)) {
    return;
  }
  element.has_attributes = true;
  Instruction instruction;
  instruction.op = Instruction::Op::attribute;
  instruction.field = names_.id(name_);
  if (attribute_.pieces.empty()) {
    instruction.op = Instruction::Op::literal;
    out_->instructions.push_back(instruction);
    return;
  }
  emit_content(attribute_, instruction);
}

void TemplateCompiler::finish_element() {
  const Element& element = stack_[depth_ - 1];
  const Content& content = contents_[depth_ - 1];
  Instruction instruction;
  instruction.op = Instruction::Op::element;
  instruction.inner = element.inner;
  instruction.container = element.has_children || is_container(element.part);
  element_field_name(element.part, element.tag, element.name, name_);
  if (content.pieces.empty()) {
    if (!element.has_children && !element.has_attributes && keeps_null(element.part, element.tag)) {
      instruction.op = Instruction::Op::literal;
      instruction.kind = event::ValueKind::null;
      instruction.field = names_.id(name_);
      out_->instructions.push_back(instruction);
    }
  } else {
    instruction.field = names_.id(name_);
    const bool sole_slot = content.pieces.size() == 1 && content.pieces.front().slot != no_slot;
    if (sole_slot && content.optional.front() && !element.has_children) {
      for (std::size_t i = element.first_instruction; i < out_->instructions.size(); ++i) {
        out_->instructions[i].guard = content.pieces.front().slot;
      }
    }
    if (element.has_children && content.pieces.size() > 1) {
      out_->generic = true;
      return;
    }
    emit_content(content, instruction);
  }
  --depth_;
}

}  // namespace tocsin::ingest::evtx
