#include "ingest/json/flattener.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::ingest::json {
namespace {

std::uint64_t hash_key(std::uint32_t parent, std::string_view key) {
  std::uint64_t hash = (parent + 1) * 0x9E37'79B9'7F4A'7C15ULL ^ key.size();
  std::size_t at = 0;
  for (; at + 8 <= key.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, key.data() + at, 8);
    hash = (hash ^ word) * 0xFF51'AFD7'ED55'8CCDULL;
    hash ^= hash >> 32;
  }
  std::uint64_t tail = 0;
  std::memcpy(&tail, key.data() + at, key.size() - at);
  hash = (hash ^ tail) * 0xC4CE'B9FE'1A85'EC53ULL;
  return hash ^ (hash >> 29);
}

bool is_integer(std::string_view number) { return number.find_first_of(".eE") == std::string_view::npos; }

// Shapes show themselves by the parts of System that no other log has in this place.
bool proves_shape(const WindowsKey& key, std::string_view sigma) {
  return key.system && key.has_name && (sigma == "EventID" || sigma == "Channel" || sigma == "Provider_Name");
}

bool is_name_member(std::string_view key) { return key == "@Name" || key == "Name" || key == "name"; }
bool is_text_member(std::string_view key) {
  return key == "#text" || key == "Value" || key == "value" || key == "text";
}

}  // namespace

Flattener::Flattener(event::FieldTable& table) : names_(table) { forget(); }

void Flattener::forget() {
  nodes_.clear();
  arena_.clear();
  slots_.assign(1024, none);
  nodes_.resize(2);
  nodes_[crowd].named = true;
  nodes_[crowd].id = event::overflow_field;
}

void Flattener::grow_slots() {
  std::vector<std::uint32_t> slots(slots_.size() * 2, none);
  const std::size_t mask = slots.size() - 1;
  for (const std::uint32_t node : slots_) {
    if (node == none) {
      continue;
    }
    std::size_t at = hash_key(nodes_[node].parent, nodes_[node].key) & mask;
    while (slots[at] != none) {
      at = (at + 1) & mask;
    }
    slots[at] = node;
  }
  slots_.swap(slots);
}

std::uint32_t Flattener::lookup(std::uint32_t parent, std::string_view key) {
  if (parent == crowd || key.size() > limits::field_name_bytes_max) {
    return crowd;
  }
  const std::uint64_t hash = hash_key(parent, key);
  std::size_t at = hash & (slots_.size() - 1);
  for (; slots_[at] != none; at = (at + 1) & (slots_.size() - 1)) {
    const Node& node = nodes_[slots_[at]];
    if (node.parent == parent && node.key == key) {
      return slots_[at];
    }
  }
  const std::uint32_t made = create(parent, key);
  if (made == crowd) {
    return crowd;
  }
  // create() may have added a node of its own (the base of a numbered key), so the free slot is looked for again.
  if (nodes_.size() * 2 > slots_.size()) {
    grow_slots();
  }
  at = hash & (slots_.size() - 1);
  while (slots_[at] != none) {
    at = (at + 1) & (slots_.size() - 1);
  }
  slots_[at] = made;
  return made;
}

std::uint32_t Flattener::create(std::uint32_t parent, std::string_view key) {
  std::string plain(key);
  if (wire::has_escape(key)) {
    plain.resize(key.size() + wire::unescape_slack);
    plain.resize(wire::unescape_json(key, plain.data()).bytes);
  }
  std::string path(nodes_[parent].path);
  if (!path.empty()) {
    path += '.';
  }
  path += plain;
  if (path.size() > limits::field_name_bytes_max) {
    return crowd;
  }
  std::uint32_t base = none;
  if (const std::string_view name = numbered_base(key);
      !name.empty() && numbered_base(name).empty() && nodes_[parent].place.kind == WindowsPlace::Kind::element) {
    base = lookup(parent, name);
  }
  Node node;
  node.key = arena_.copy(key);
  node.path = arena_.copy(path);
  node.parent = parent;
  node.base = base;
  std::string sigma;
  const std::string_view tail = std::string_view(node.path).substr(node.path.size() - plain.size());
  const WindowsKey windows = windows_key(nodes_[parent].place, parent == root, tail, sigma);
  node.place = windows.place;
  node.drop = windows.drop;
  node.drop_null = windows.drop_null;
  if (windows.has_name) {
    node.has_sigma = true;
    node.sigma = names_.id(sigma);
  }
  node.shows_shape = proves_shape(windows, sigma);
  node.role = windows.system && windows.has_name ? role_of(sigma) : role_of(path);
  node.unwraps = path == "_source" || path == "result";
  nodes_.push_back(node);
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void Flattener::name(Node& node) {
  node.id = names_.id(node.path);
  node.named = true;
}

std::uint32_t Flattener::child(Frame& frame, std::string_view key) {
  std::uint32_t found = frame.guess;
  if (found == none || nodes_[found].key != key) {
    found = lookup(frame.parent, key);
    if (found != crowd) {
      if (frame.previous == none) {
        nodes_[frame.owner].first = found;
      } else {
        nodes_[frame.previous].next = found;
      }
    }
  }
  frame.previous = found == crowd ? none : found;
  frame.guess = found == crowd ? none : nodes_[found].next;
  return found;
}

void Flattener::emit(std::uint32_t at, const event::Value& value, event::EventBatch& batch) {
  if (field_nodes_.size() >= limits::event_fields_max) {
    left_out_ = true;
    return;
  }
  Node& node = nodes_[at];
  if (!node.named) {
    name(node);
  }
  if (node.role != Role::none) {
    const auto role = static_cast<std::size_t>(node.role);
    if (!seen_[role]) {
      seen_[role] = true;
      role_fields_[role] = static_cast<std::uint32_t>(batch.fields.size());
    }
    if (node.shows_shape && shape_ == Shape::none) {
      shape_ = node.place.shape;
    }
  }
  has_suffixes_ = has_suffixes_ || node.base != none;
  batch.fields.push_back({node.id, value});
  field_nodes_.push_back(at);
}

// {"Name":"Image","#text":"x"} inside EventData.Data, as XML converters write it: the name names the field.
void Flattener::close_named_data(const Frame& frame, event::EventBatch& batch) {
  std::uint32_t name_field = none;
  std::uint32_t text_field = none;
  for (std::uint32_t i = frame.field_begin; i < batch.fields.size(); ++i) {
    const Node& node = nodes_[field_nodes_[i - begin_]];
    if (is_name_member(node.key)) {
      name_field = i;
    } else if (is_text_member(node.key)) {
      text_field = i;
    }
  }
  if (name_field == none) {
    return;
  }
  std::string name;
  element_field_name(EventPart::data, "Data", batch.fields[name_field].value.text, name);
  const event::FieldId id = names_.id(name);
  if (text_field == none) {
    batch.fields[name_field].value = {{}, event::ValueKind::null};
    text_field = name_field;
    name_field = none;
  }
  batch.fields[text_field].id = id;
  field_nodes_[text_field - begin_] = crowd;  // its name is settled
  if (name_field != none) {
    batch.fields.erase(batch.fields.begin() + name_field);
    field_nodes_.erase(field_nodes_.begin() + (name_field - begin_));
  }
}

wire::JsonFault Flattener::flatten(std::string_view record, event::EventBatch& batch) {
  if (nodes_.size() > nodes_max) {
    forget();
  }
  begin_ = static_cast<std::uint32_t>(batch.fields.size());
  field_nodes_.clear();
  seen_.reset();
  shape_ = Shape::none;
  left_out_ = false;
  repaired_ = false;
  has_suffixes_ = false;
  container_count_ = 0;
  return walk(record, root, false, batch);
}

void Flattener::close_container(const Frame& frame, std::string_view text, event::EventBatch& batch) {
  const Node& owner = nodes_[frame.owner];
  if (frame.object && owner.place.kind == WindowsPlace::Kind::element && owner.place.part == EventPart::data &&
      takes_name(EventPart::data, owner.place.tag)) {
    close_named_data(frame, batch);
  }
  if (owner.role == Role::none) {
    return;
  }
  // The objects in an array have the array's role; once the array closes, it stands for them.
  const auto inside = [&](const Container& other) {
    return other.role == owner.role && std::less<>()(text.data(), other.text.data()) &&
           std::less<>()(other.text.data(), text.data() + text.size());
  };
  auto* const begin = containers_.data();
  container_count_ = static_cast<std::size_t>(std::remove_if(begin, begin + container_count_, inside) - begin);
  if (container_count_ < containers_max) {
    containers_[container_count_++] = {owner.role, text};
  }
}

std::string_view Flattener::container(Role role) const {
  for (std::size_t i = 0; i < container_count_; ++i) {
    if (containers_[i].role == role) {
      return containers_[i].text;
    }
  }
  return {};
}

void Flattener::expand(Role role, bool at_root, event::EventBatch& batch) {
  if (!has(role)) {
    return;
  }
  const event::Field field = batch.fields[this->field(role)];
  const std::string_view text = trim(field.value.text);
  const std::uint32_t node = field_nodes_[this->field(role) - begin_];
  if (field.value.kind != event::ValueKind::text || text.empty() || (text.front() != '{' && text.front() != '[') ||
      node == crowd) {
    return;
  }
  // Fields that others added since have no node.
  field_nodes_.resize(batch.fields.size() - begin_, crowd);
  if (walk(text, at_root ? root : node, true, batch) != wire::JsonFault::none) {
    batch.note("JSON text inside a field was not readable to its end");
  }
}

void Flattener::unwrap(Role role, event::EventBatch& batch) {
  const std::string_view text = container(role);
  if (!text.starts_with('{')) {
    return;
  }
  field_nodes_.resize(batch.fields.size() - begin_, crowd);
  walk(text, root, true, batch);  // a part of a text that was read without a fault
}

wire::JsonFault Flattener::walk(std::string_view text, std::uint32_t start, bool nested, event::EventBatch& batch) {
  if (const wire::JsonFault fault = reader_.open(text); fault != wire::JsonFault::none) {
    return fault;
  }
  std::size_t depth = 0;
  std::uint32_t current = start;
  for (;;) {
    const wire::JsonToken token = reader_.next();
    switch (token) {
      case wire::JsonToken::key: {
        Frame& frame = frames_[depth - 1];
        frame.empty = false;
        current = left_out_ ? crowd : child(frame, reader_.text());
        break;
      }
      case wire::JsonToken::begin_object:
      case wire::JsonToken::begin_array: {
        const bool object = token == wire::JsonToken::begin_object;
        if (depth != 0) {
          frames_[depth - 1].empty = false;
        } else if (!object && !nested) {
          return wire::JsonFault::grammar;
        }
        Frame& frame = frames_[depth++];
        frame.object = object;
        frame.empty = true;
        frame.owner = current;
        frame.parent = current;
        if (object && depth == 2 && nodes_[current].unwraps &&
            (nodes_[current].key == "_source" || has(Role::splunk_preview))) {
          frame.parent = root;
        }
        frame.previous = none;
        frame.guess = current == crowd ? none : nodes_[current].first;
        // An unwrapped object's first key is a child of the root, that of the same object elsewhere is not.
        if (frame.guess != none && nodes_[frame.guess].parent != frame.parent) {
          frame.guess = none;
        }
        frame.field_begin = static_cast<std::uint32_t>(batch.fields.size());
        frame.text_begin = static_cast<std::uint32_t>(reader_.offset());
        break;
      }
      case wire::JsonToken::end_object:
      case wire::JsonToken::end_array: {
        const Frame& frame = frames_[--depth];
        if (depth != 0) {
          if (frame.empty) {
            emit(frame.owner, {{}, event::ValueKind::null}, batch);
          } else {
            close_container(frame, text.substr(frame.text_begin, reader_.offset() + 1 - frame.text_begin), batch);
          }
          current = frames_[depth - 1].owner;
        }
        break;
      }
      case wire::JsonToken::string: {
        if (depth == 0) {
          return wire::JsonFault::grammar;
        }
        frames_[depth - 1].empty = false;
        event::Value value{reader_.text()};
        if (wire::has_escape(value.text)) {
          const std::size_t room = value.text.size() + wire::unescape_slack;
          char* out = batch.arena.allocate(room);
          const wire::Unescaped unescaped = wire::unescape_json(value.text, out);
          if (!unescaped.valid) {
            return wire::JsonFault::grammar;
          }
          repaired_ = repaired_ || unescaped.repaired;
          batch.arena.shrink_last(room - unescaped.bytes);
          value.text = {out, unescaped.bytes};
          value.escaped_in_raw = !nested && !unescaped.by_number;
        }
        emit(current, value, batch);
        break;
      }
      case wire::JsonToken::number:
      case wire::JsonToken::true_value:
      case wire::JsonToken::false_value:
      case wire::JsonToken::null_value: {
        if (depth == 0) {
          return wire::JsonFault::grammar;
        }
        frames_[depth - 1].empty = false;
        event::ValueKind kind = event::ValueKind::boolean;
        std::string_view value = reader_.text();
        if (token == wire::JsonToken::number) {
          kind = is_integer(value) ? event::ValueKind::integer : event::ValueKind::real;
        } else if (token == wire::JsonToken::null_value) {
          kind = event::ValueKind::null;
          value = {};
        }
        emit(current, {value, kind}, batch);
        break;
      }
      case wire::JsonToken::end:
        return wire::JsonFault::none;
      case wire::JsonToken::fault:
        return reader_.fault();
    }
  }
}

bool Flattener::has_data_of(Shape shape) const {
  return std::any_of(field_nodes_.begin(), field_nodes_.end(), [&](std::uint32_t node) {
    return nodes_[node].place.shape == shape && nodes_[node].place.part == EventPart::data;
  });
}

void Flattener::apply_windows_names(event::EventBatch& batch, bool keep_long) {
  std::size_t kept = begin_;
  const std::size_t end = batch.fields.size();
  std::size_t removed = 0;
  // Copies, where a field has two names, go behind the record's own fields, so that roles keep their places.
  for (std::size_t i = begin_; i < end; ++i) {
    const Node& node = nodes_[field_nodes_[i - begin_]];
    event::Field field = batch.fields[i];
    const bool of_shape = shape_ != Shape::none && node.place.shape == shape_;
    if (of_shape && !keep_long && (node.drop || (node.drop_null && field.value.kind == event::ValueKind::null))) {
      ++removed;
      continue;
    }
    if (of_shape && node.has_sigma) {
      event::FieldId id = node.sigma;
      if (has_suffixes_ && node.base != none) {
        for (const std::uint32_t other : field_nodes_) {
          if (other == node.base) {
            id = nodes_[node.base].sigma;
            break;
          }
        }
      }
      if (keep_long) {
        batch.fields.push_back({id, field.value});
      } else {
        field.id = id;
      }
    }
    batch.fields[kept] = field;
    field_nodes_[kept - begin_] = field_nodes_[i - begin_];
    if (removed != 0) {
      for (std::size_t role = 1; role < role_count; ++role) {
        if (seen_[role] && role_fields_[role] == i) {
          role_fields_[role] = static_cast<std::uint32_t>(kept);
        }
      }
    }
    ++kept;
  }
  if (removed != 0) {
    batch.fields.erase(batch.fields.begin() + static_cast<std::ptrdiff_t>(kept),
                       batch.fields.begin() + static_cast<std::ptrdiff_t>(end));
    field_nodes_.resize(kept - begin_);
  }
}

}  // namespace tocsin::ingest::json
