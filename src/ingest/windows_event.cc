#include "ingest/windows_event.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"

namespace tocsin::ingest {
namespace {

bool is_blank(std::string_view text) { return std::all_of(text.begin(), text.end(), ascii_space); }

// System elements whose meaning lies in their attributes; without any they say nothing.
bool holds_attributes_only(std::string_view tag) {
  return tag == "Correlation" || tag == "Execution" || tag == "Security" || tag == "Provider" || tag == "TimeCreated";
}

}  // namespace

EventPart content_part(EventPart part, std::string_view tag) {
  switch (part) {
    case EventPart::document:
      // Fragments below an <Event> that a template holds apart start with these.
      return tag == "EventData" || tag == "UserData" ? EventPart::data : EventPart::event;
    case EventPart::event:
      return tag == "System" ? EventPart::system : tag == "RenderingInfo" ? EventPart::rendering : EventPart::data;
    case EventPart::system:
    case EventPart::data:
    case EventPart::rendering:
      return part;
  }
  return part;
}

bool takes_name(EventPart part, std::string_view tag) {
  return part == EventPart::data && (tag == "Data" || tag == "ComplexData");
}

bool keeps_null(EventPart part, std::string_view tag) {
  return !is_container(part) && !(part == EventPart::system && holds_attributes_only(tag));
}

void element_field_name(EventPart part, std::string_view tag, std::string_view name_attribute, std::string& out) {
  out.clear();
  if (!name_attribute.empty() && takes_name(part, tag)) {
    for (const char c : name_attribute) {
      if (!ascii_space(c)) {
        out += c;
      }
    }
  }
  if (out.empty()) {
    out = tag;
  }
  // An event about another event (1108 in Security) carries that one's id: the id of the event itself is System's
  // alone.
  if (part == EventPart::data && (out == "EventID" || out == "EventRecordID")) {
    out.insert(0, "EventData_");
  }
  // The rendered message is a field of its own; the other rendered texts must not be taken for System's numbers.
  if (part == EventPart::rendering && tag != "Message") {
    out.insert(0, "RenderingInfo_");
  }
}

bool attribute_field_name(std::string_view tag, std::string_view attribute, std::string& out) {
  if (attribute == "xmlns" || attribute.starts_with("xmlns:")) {
    return false;
  }
  out.assign(tag);
  out += '_';
  out += attribute;
  return true;
}

WindowsIdentity::WindowsIdentity(event::FieldTable& table)
    : channel_(table.intern("Channel")),
      provider_(table.intern("Provider_Name")),
      event_id_(table.intern("EventID")),
      computer_(table.intern("Computer")),
      time_(table.intern("TimeCreated_SystemTime")),
      record_(table.intern("EventRecordID")) {}

void WindowsIdentity::apply(const event::EventBatch& batch, event::Event& event, const DecodeOptions& options,
                            const KnownTime& known) const {
  bool has_channel = false;
  bool has_provider = false;
  bool has_event_id = false;
  bool has_computer = false;
  bool has_time = event.time.known();
  for (std::size_t i = event.field_begin; i < batch.fields.size(); ++i) {
    if (has_channel && has_computer && has_time && has_event_id && has_provider) {
      return;
    }
    const event::Field& field = batch.fields[i];
    if (field.id == channel_ && !has_channel) {
      event.channel = field.value.text;
      has_channel = true;
    } else if (field.id == provider_ && !has_provider) {
      event.provider = field.value.text;
      has_provider = true;
    } else if (field.id == event_id_ && !has_event_id) {
      const auto number = parse_uint64(trim(field.value.text));
      if (number && *number < event::no_event_id) {
        event.event_id = static_cast<std::uint32_t>(*number);
      }
      has_event_id = true;
    } else if (field.id == computer_ && !has_computer) {
      event.host = field.value.text;
      has_computer = true;
    } else if (field.id == time_ && !has_time) {
      if (!known.text.empty() && field.value.text.data() == known.text.data()) {
        event.time = known.time;
        has_time = true;
      } else if (const auto parsed = parse_iso8601(trim(field.value.text))) {
        event.time = parsed->time;
        if (!parsed->has_zone) {
          event.time = options.to_utc(event.time);
          event.assumed_zone = true;
        }
        has_time = true;
      }
    }
  }
}

std::optional<std::uint64_t> WindowsIdentity::record_id(const event::EventBatch& batch,
                                                        const event::Event& event) const {
  for (std::size_t i = event.field_begin; i < batch.fields.size(); ++i) {
    if (batch.fields[i].id == record_) {
      return parse_uint64(trim(batch.fields[i].value.text));
    }
  }
  return std::nullopt;
}

void EventFlattener::begin(event::EventBatch& batch) { begin_inside(batch, EventPart::document, batch.fields.size()); }

void EventFlattener::begin_inside(event::EventBatch& batch, EventPart part, std::size_t field_begin) {
  batch_ = &batch;
  depth_ = 0;
  field_begin_ = field_begin;
  outside_ = part;
  path_.clear();
  overflowed_ = false;
}

bool EventFlattener::open(std::string_view tag) {
  if (depth_ >= limits::nesting_max) {
    return false;
  }
  const EventPart part = this->part();
  if (depth_ != 0) {
    stack_[depth_ - 1].has_children = true;
  }
  if (depth_ == stack_.size()) {
    stack_.emplace_back();
  }
  Element& element = stack_[depth_++];
  element.tag.assign(tag);
  element.name.clear();
  element.joined.clear();
  element.text = {};
  element.kind = event::ValueKind::text;
  element.part = part;
  element.inner = content_part(part, tag);
  element.pieces = 0;
  element.field_begin = static_cast<std::uint32_t>(batch_->fields.size());
  element.has_children = false;
  element.has_attributes = false;
  element.was_repeated = false;
  element.path_bytes = path_.size();
  if (raw_) {
    if (!path_.empty()) {
      path_ += '.';
    }
    path_ += tag;
  }
  return true;
}

void EventFlattener::attribute(std::string_view name, std::string_view text, event::ValueKind kind) {
  Element& element = stack_[depth_ - 1];
  if (name == "Name" && takes_name(element.part, element.tag)) {
    element.name.assign(text);
    if (raw_ && !text.empty()) {
      path_.resize(element.path_bytes);
      if (!path_.empty()) {
        path_ += '.';
      }
      path_ += text;
    }
    return;
  }
  if (raw_) {
    name_.assign(path_).append(".#attributes.").append(name);
    element.has_attributes = true;
    push(name_, text, kind);
    return;
  }
  if (attribute_field_name(element.tag, name, name_)) {
    element.has_attributes = true;
    push(name_, text, kind);
  }
}

void EventFlattener::attribute_without_value(std::string_view name) {
  Element& element = stack_[depth_ - 1];
  if (!(name == "Name" && takes_name(element.part, element.tag)) && attribute_field_name(element.tag, name, name_)) {
    element.has_attributes = true;
  }
}

void EventFlattener::text(std::string_view text, event::ValueKind kind) {
  Element& element = stack_[depth_ - 1];
  if (element.pieces++ == 0) {
    element.text = text;
    element.kind = kind;
    return;
  }
  if (element.pieces == 2) {
    element.joined.assign(element.text);
  }
  element.joined += text;
}

void EventFlattener::repeated(std::string_view text, event::ValueKind kind) {
  Element& element = stack_[depth_ - 1];
  element.was_repeated = true;
  push_element(element, text, kind);
}

void EventFlattener::close(bool omit) {
  Element& element = stack_[depth_ - 1];
  if (omit && !element.has_children) {
    batch_->fields.resize(element.field_begin);
  } else if (element.pieces == 0) {
    if (!element.was_repeated && !element.has_children && !element.has_attributes &&
        keeps_null(element.part, element.tag)) {
      push_element(element, {}, event::ValueKind::null);
    }
  } else {
    std::string_view text = element.text;
    event::ValueKind kind = element.kind;
    if (element.pieces > 1) {
      text = batch_->arena.copy(element.joined);
      kind = event::ValueKind::text;
    }
    const bool structure = element.has_children || is_container(element.part);
    if (!structure || !is_blank(text)) {
      push_element(element, text, kind);
    }
  }
  path_.resize(element.path_bytes);
  --depth_;
}

void EventFlattener::push_element(const Element& element, std::string_view text, event::ValueKind kind) {
  if (raw_) {
    if (element.has_attributes) {
      name_.assign(path_).append(".#text");
      push(name_, text, kind);
    } else {
      push(path_, text, kind);
    }
    return;
  }
  element_field_name(element.part, element.tag, element.name, name_);
  push(name_, text, kind);
}

void EventFlattener::push(std::string_view name, std::string_view text, event::ValueKind kind) {
  if (batch_->fields.size() - field_begin_ >= limits::event_fields_max) {
    overflowed_ = true;
    return;
  }
  batch_->add_field(names_.id(name), text, kind);
}

const event::LogSource* linux_sysmon_source(std::uint32_t event_id) {
  static const event::LogSource* const process = event::log_source("linux_process_creation");
  static const event::LogSource* const network = event::log_source("linux_network_connection");
  static const event::LogSource* const file = event::log_source("linux_file_event");
  static const event::LogSource* const other = event::log_source("linux_sysmon");
  return event_id == 1 ? process : event_id == 3 ? network : event_id == 11 ? file : other;
}

}  // namespace tocsin::ingest
