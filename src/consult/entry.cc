#include "consult/entry.h"

#include <algorithm>
#include <utility>

#include "consult/limits.h"
#include "trust/digest.h"

namespace tocsin::consult {
namespace {

using wire::Json;

struct StanceRow {
  std::string_view text;
  Stance stance;
  bool needs_text;
};
constexpr StanceRow stance_rows[] = {
#define STANCE(name, text, needs_text) {text, Stance::name, needs_text},
#include "consult/stances.def"
#undef STANCE
};

Kind kind_of(std::string_view text) {
#define KIND(name, kind_text) \
  if (text == (kind_text)) {  \
    return Kind::name;        \
  }
#include "consult/kinds.def"
#undef KIND
  return Kind::unknown;
}

bool is_kind_text(std::string_view text) {
  return !text.empty() && text.size() <= limits::name_bytes_max && text[0] >= 'a' && text[0] <= 'z' &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || ascii_digit(c) || c == '-'; });
}

// The members of one object as the contract types them; false where a member is missing or of another shape.
class Shape {
 public:
  explicit Shape(const Json& object) : object_(object) {}

  const Json* text(std::string_view name) const {
    const Json* value = object_.find(name);
    return value != nullptr && value->kind == Json::Kind::string ? value : nullptr;
  }
  bool hash(std::string_view name, std::optional<Hash>& out) const {
    const Json* value = text(name);
    out = value != nullptr ? parse_hash(value->text) : std::nullopt;
    return out.has_value();
  }
  // null is a value of its own, and must be there.
  bool hash_or_null(std::string_view name, std::optional<Hash>& out) const {
    const Json* value = object_.find(name);
    if (value != nullptr && value->kind == Json::Kind::null) {
      out.reset();
      return true;
    }
    return hash(name, out);
  }
  bool time(std::string_view name, Seconds& out) const {
    const Json* value = text(name);
    const auto seconds = value != nullptr ? parse_seconds(value->text) : std::nullopt;
    out = seconds.value_or(0);
    return seconds.has_value();
  }
  bool number(std::string_view name, std::int64_t least, std::int64_t& out) const {
    const Json* value = object_.find(name);
    if (value == nullptr || value->kind != Json::Kind::number) {
      return false;
    }
    out = integer_of(*value);
    return out >= least;
  }

 private:
  const Json& object_;
};

bool read_heads(const Json& body, std::vector<Head>& out) {
  const Json* heads = body.find("heads");
  if (heads == nullptr || heads->kind != Json::Kind::object || heads->members.size() > limits::heads_max) {
    return false;
  }
  out.reserve(heads->members.size());
  for (const auto& [author, value] : heads->members) {
    const auto id = value.kind == Json::Kind::string ? parse_hash(value.text) : std::nullopt;
    if (!id || !is_name(author)) {
      return false;
    }
    out.push_back({author, *id});
  }
  if (!std::ranges::is_sorted(out, {}, &Head::author)) {
    std::ranges::sort(out, {}, &Head::author);
  }
  return true;
}

bool read_presumed(const Json& body, std::vector<std::string>& out) {
  const Json* presumed = body.find("presumed");
  if (presumed == nullptr || presumed->kind != Json::Kind::array) {
    return false;
  }
  for (const Json& name : presumed->items) {
    if (name.kind != Json::Kind::string || !is_name(name.text) || (!out.empty() && out.back() >= name.text)) {
      return false;
    }
    out.push_back(name.text);
  }
  return true;
}

bool read_position(const Json& body, Entry& out) {
  const Shape shape(body);
  const Json* stance = shape.text("stance");
  if (!shape.hash("silence", out.subject) || stance == nullptr) {
    return false;
  }
  const auto* row = std::ranges::find(stance_rows, stance->text, &StanceRow::text);
  if (row == std::end(stance_rows)) {
    return false;
  }
  out.stance = row->stance;
  const Json* text = body.find("text");
  if (text == nullptr) {
    return !row->needs_text;
  }
  return text->kind == Json::Kind::string && (!row->needs_text || !text->text.empty());
}

bool read_body(const Json& body, Entry& out) {
  const Shape shape(body);
  std::optional<Hash> unused;
  std::int64_t revision = 0;
  switch (out.kind) {
    case Kind::open:
      return shape.hash("roster", out.subject) && shape.text("title") != nullptr;
    case Kind::draft:
      if (!shape.number("rev", 1, revision) || !shape.hash_or_null("parent", out.subject) ||
          !shape.hash("text_sha256", unused)) {
        return false;
      }
      out.revision = static_cast<std::uint64_t>(revision);
      return out.subject.has_value() == (revision != 1);
    case Kind::silence: {
      const Json* name = shape.text("class");
      if (name == nullptr) {
        return false;
      }
      out.silence_class = name->text;
      return shape.hash("draft", out.subject) && shape.time("deadline", out.deadline);
    }
    case Kind::extend:
      return shape.hash("silence", out.subject) && shape.time("deadline", out.deadline);
    case Kind::suspend:
    case Kind::withdraw:
    case Kind::pass:
      return shape.hash("silence", out.subject);
    case Kind::position:
      return read_position(body, out);
    case Kind::retract:
      return shape.hash("position", out.subject);
    case Kind::receipt:
      return read_heads(body, out.heads);
    case Kind::close:
      return shape.hash("silence", out.subject) && read_presumed(body, out.presumed);
    case Kind::unknown:
      return true;
  }
  return false;
}

bool read_members(const Json& json, Entry& out) {
  const Shape shape(json);
  const bool is_signed = json.find("signature") != nullptr;
  // No name stands twice, so eight that are found and this count leave room for no other.
  if (json.members.size() != (is_signed ? 9U : 8U)) {
    return false;
  }
  const Json* author = shape.text("author");
  const Json* kind = shape.text("kind");
  const Json* body = json.find("body");
  std::int64_t version = 0;
  std::int64_t sequence = 0;
  if (!shape.number("v", 1, version) || !shape.hash_or_null("item", out.item) || author == nullptr ||
      !is_name(author->text) || !shape.number("seq", 0, sequence) || sequence >= limits::sequence_end ||
      !shape.hash_or_null("prev", out.previous) || !shape.time("time", out.time) || kind == nullptr ||
      !is_kind_text(kind->text) || body == nullptr || body->kind != Json::Kind::object) {
    return false;
  }
  const bool opens = kind->text == "open";
  if ((sequence == 0) == out.previous.has_value() || opens == out.item.has_value() || (opens && sequence != 0)) {
    return false;
  }
  out.version = static_cast<std::uint64_t>(version);
  out.author = author->text;
  out.sequence = static_cast<std::uint32_t>(sequence);
  out.kind = version == 1 ? kind_of(kind->text) : Kind::unknown;
  if (out.kind == Kind::unknown) {
    out.label = "v" + std::to_string(version) + ":" + kind->text;
  }
  return read_body(*body, out);
}

std::optional<trust::Ed25519Signature> read_signature(const Json& json) {
  const Json* value = json.find("signature");
  trust::Ed25519Signature signature{};
  if (value == nullptr || value->kind != Json::Kind::string ||
      std::ranges::any_of(value->text, [](char c) { return c >= 'A' && c <= 'F'; }) ||
      !trust::from_hex(value->text, signature)) {
    return std::nullopt;
  }
  return signature;
}

}  // namespace

std::string_view text_of(Stance stance) { return stance_rows[std::to_underlying(stance)].text; }

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::name_bytes_max &&
         std::ranges::all_of(text, [](char c) { return ascii_alpha(c) || ascii_digit(c) || c == '-'; });
}

EntryReading EntryReader::read(std::string_view json) {
  wire::Json value;
  const StrictLimits bounds{.levels = limits::entry_levels_max, .values = limits::entry_values_max};
  if (const Refusal refusal = read_strict(reader_, json, bounds, value); refusal != Refusal::none) {
    return {nullptr, refusal};
  }
  auto entry = std::make_shared<Entry>();
  entry->signed_bytes.reserve(json.size());
  append_canonical(entry->signed_bytes, value, "signature");
  if (entry->signed_bytes.size() > limits::entry_bytes_max) {
    return {nullptr, Refusal::too_long};
  }
  entry->id.bytes = trust::sha256(entry->signed_bytes);
  entry->signature = read_signature(value);
  entry->well_formed = read_members(value, *entry);
  return {std::move(entry), Refusal::none};
}

}  // namespace tocsin::consult
