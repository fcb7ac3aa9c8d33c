#include "ingest/evtx/tokens.h"

#include "base/limits.h"
#include "base/text.h"
#include "ingest/evtx/values.h"

namespace tocsin::ingest::evtx {
namespace {

constexpr std::uint8_t more_data = 0x40;
constexpr std::size_t definition_header_bytes = 24;

}  // namespace

bool read_instance(std::span<const std::uint8_t> chunk, Cursor& cursor, TemplateInstance& out) {
  cursor.skip(1);
  out.identifier = cursor.u32();
  out.definition = cursor.u32();
  if (cursor.ok() && out.definition == cursor.at()) {
    TemplateDefinition definition;
    if (!read_definition(chunk, out.definition, definition)) {
      return false;
    }
    cursor.skip(definition.end - cursor.at());
  }
  out.value_count = cursor.u32();
  out.descriptors = cursor.at();
  if (!cursor.ok() || out.value_count > cursor.left() / 4) {
    return false;
  }
  std::size_t bytes = 0;
  for (std::uint32_t i = 0; i < out.value_count; ++i) {
    bytes += cursor.u16();
    cursor.skip(2);
  }
  out.values = cursor.at();
  cursor.skip(bytes);
  return cursor.ok();
}

bool read_definition(std::span<const std::uint8_t> chunk, std::uint32_t offset, TemplateDefinition& out) {
  Cursor cursor(chunk, offset, chunk.size());
  cursor.skip(4);
  out.identifier = cursor.u32();
  cursor.skip(12);
  const std::uint32_t size = cursor.u32();
  if (!cursor.ok() || size > cursor.left()) {
    return false;
  }
  out.body = offset + definition_header_bytes;
  out.end = out.body + size;
  return true;
}

Token TokenReader::next() {
  Token token;
  if (cursor_.left() == 0) {
    token.kind = cursor_.ok() ? TokenKind::end : TokenKind::bad;
    return token;
  }
  const std::uint8_t byte = cursor_.u8();
  switch (byte & ~more_data) {
    case 0x00:
      token.kind = TokenKind::end;
      break;
    case 0x01: {
      const bool other_layout = !plausible_element(cursor_.at() + (dependency_ids_ ? 2 : 0)) &&
                                plausible_element(cursor_.at() + (dependency_ids_ ? 0 : 2));
      usual_layout_ = usual_layout_ && !other_layout;
      cursor_.skip(dependency_ids_ != other_layout ? 6 : 4);
      if (read_name(true)) {
        if ((byte & more_data) != 0) {
          cursor_.skip(4);
        }
        token.kind = TokenKind::open_element;
      }
      break;
    }
    case 0x02:
      token.kind = TokenKind::close_start;
      break;
    case 0x03:
      token.kind = TokenKind::close_empty;
      break;
    case 0x04:
      token.kind = TokenKind::end_element;
      break;
    case 0x05:
      if (read_value(token)) {
        token.kind = TokenKind::value;
      }
      break;
    case 0x06:
      if (read_name()) {
        token.kind = TokenKind::attribute;
      }
      break;
    case 0x07:
      token.bytes = cursor_.bytes(std::size_t{cursor_.u16()} * 2);
      token.kind = TokenKind::cdata;
      break;
    case 0x08:
      token.character = cursor_.u16();
      token.kind = TokenKind::character;
      break;
    case 0x09:
      if (read_name()) {
        token.kind = TokenKind::entity;
      }
      break;
    case 0x0A:
      if (read_name()) {
        token.kind = TokenKind::instruction_target;
      }
      break;
    case 0x0B:
      token.bytes = cursor_.bytes(std::size_t{cursor_.u16()} * 2);
      token.kind = TokenKind::instruction_data;
      break;
    case 0x0C:
      token.kind = TokenKind::template_instance;
      break;
    case 0x0D:
    case 0x0E:
      token.slot = cursor_.u16();
      token.type = cursor_.u8();
      token.optional = (byte & ~more_data) == 0x0E;
      token.kind = TokenKind::substitution;
      break;
    case 0x0F:
      cursor_.skip(3);
      token.kind = TokenKind::fragment;
      break;
    default:
      break;
  }
  if (!cursor_.ok()) {
    token.kind = TokenKind::bad;
  }
  token.name = name_;
  return token;
}

// A name is stored where it was first used in the chunk (inline there) and referred to afterwards: u32 next in its hash
// bucket, u16 hash, u16 length, UTF-16 text, u16 0. It is read at its offset whether or not the bucket lists it, so a
// missing or looping string cache does no harm.
bool TokenReader::read_name(bool element) {
  const auto at = static_cast<std::uint32_t>(cursor_.at());
  const std::uint32_t offset = cursor_.u32();
  if (!cursor_.ok()) {
    return false;
  }
  NameMemo::Name* const kept = memo_ == nullptr || trace_ != nullptr ? nullptr : &memo_->place(offset);
  if (kept != nullptr && kept->offset == offset && offset != 0) {
    names_hold_ = names_hold_ && kept->holds;
    name_ = kept->text;
    return finish_name(offset, kept->units);
  }
  Cursor name(chunk_, offset, chunk_.size());
  name.skip(4);
  const std::uint16_t stored_hash = name.u16();
  const std::size_t units = name.u16();
  const auto text = name.bytes(units * 2);
  if (!name.ok() || units == 0 || units > limits::field_name_bytes_max) {
    return false;
  }
  std::uint32_t hash = 0;
  bool printable = true;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::uint32_t unit = text[i] | (static_cast<std::uint32_t>(text[i + 1]) << 8);
    hash = hash * 65599 + unit;
    printable = printable && unit >= 0x20;
  }
  if (!printable) {
    return false;
  }
  if (trace_ != nullptr) {
    trace_->push_back({at, offset, static_cast<std::uint32_t>(units), element});
  }
  const bool holds = (hash & 0xFFFF) == stored_hash;
  names_hold_ = names_hold_ && holds;
  name_.resize(units * 3);
  name_.resize(utf16le_to_utf8(text, name_.data()));
  if (kept != nullptr) {
    *kept = {offset, static_cast<std::uint32_t>(units), holds, name_};
  }
  return finish_name(offset, units);
}

// The bytes of a name that lies where it is used are behind the use.
bool TokenReader::finish_name(std::uint32_t offset, std::size_t units) {
  if (offset == cursor_.at()) {
    cursor_.skip(8 + units * 2 + 2);
  }
  return cursor_.ok();
}

// True if a size that fits and an offset of a name that fits follow.
bool TokenReader::plausible_element(std::size_t at) const {
  Cursor cursor(chunk_, at, cursor_.end());
  const std::uint32_t size = cursor.u32();
  const std::uint32_t name = cursor.u32();
  if (!cursor.ok() || size > chunk_.size()) {
    return false;
  }
  Cursor text(chunk_, name, chunk_.size());
  text.skip(6);
  const std::size_t units = text.u16();
  return text.ok() && units != 0 && units * 2 + 2 <= text.left() && name <= cursor.at();
}

bool TokenReader::read_value(Token& token) {
  token.type = cursor_.u8();
  if (token.type == type_string) {
    token.bytes = cursor_.bytes(std::size_t{cursor_.u16()} * 2);
    return cursor_.ok();
  }
  const std::size_t size = fixed_size(token.type);
  if (size == 0) {
    return token.type == type_null;
  }
  token.bytes = cursor_.bytes(size);
  return cursor_.ok();
}

void append_reference(const Token& token, std::string& out) {
  if (token.kind == TokenKind::character) {
    tocsin::append_utf8(out, token.character);
  } else if (token.name == "amp") {
    out += '&';
  } else if (token.name == "lt") {
    out += '<';
  } else if (token.name == "gt") {
    out += '>';
  } else if (token.name == "quot") {
    out += '"';
  } else if (token.name == "apos") {
    out += '\'';
  } else {
    out.append("&").append(token.name).append(";");
  }
}

}  // namespace tocsin::ingest::evtx
