// WindowsEvent: the one place that knows how a Windows event's System, EventData and UserData become the field names
// that Sigma rules use, whatever the event was written in (EVTX, XML, JSON).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "ingest/format.h"

namespace tocsin::ingest {

// Where in the event an element stands; it decides how its fields are named.
enum class EventPart : std::uint8_t {
  document,   // above <Event>
  event,      // directly below <Event>
  system,     // inside <System>
  data,       // inside <EventData>, <UserData> or any other part
  rendering,  // inside <RenderingInfo>, which forwarded events carry
};

// The part in which the content of an element lies, given the part in which the element itself stands.
EventPart content_part(EventPart part, std::string_view tag);
// True for elements that only hold others (Event, System, EventData…): text is their exception.
constexpr bool is_container(EventPart part) { return part == EventPart::document || part == EventPart::event; }
// True where the attribute Name of this element names its field: <Data Name="X">, <ComplexData Name="X">.
bool takes_name(EventPart part, std::string_view tag);
// True where an element without content and without attributes is worth a null field.
bool keeps_null(EventPart part, std::string_view tag);
// The field of an element's text: the name given by its Name attribute without blanks, else its tag. Written to `out`,
// which is cleared.
void element_field_name(EventPart part, std::string_view tag, std::string_view name_attribute, std::string& out);
// The field of an attribute: Tag_Attr. False where it gives none (namespaces).
bool attribute_field_name(std::string_view tag, std::string_view attribute, std::string& out);

// What the text at this very address says, so that it need not be parsed; empty text: nothing is known.
struct KnownTime {
  std::string_view text;
  Time time;
};

// Fills the identity of an event (channel, provider, event_id, host, time) from its fields, by their Sigma names:
// Channel, Provider_Name, EventID, Computer, TimeCreated_SystemTime. Of a name that occurs twice the first counts.
class WindowsIdentity {
 public:
  explicit WindowsIdentity(event::FieldTable& table);
  // Call between the last field and end_event(). A time that is known already stays; one without a zone gets the
  // assumed zone of the options. Cost: one pass over the fields, up to the last of these.
  void apply(const event::EventBatch& batch, event::Event& event, const DecodeOptions& options,
             const KnownTime& known = {}) const;
  event::FieldId time_field() const { return time_; }
  // EventRecordID of the event being built.
  std::optional<std::uint64_t> record_id(const event::EventBatch& batch, const event::Event& event) const;

 private:
  event::FieldId channel_;
  event::FieldId provider_;
  event::FieldId event_id_;
  event::FieldId computer_;
  event::FieldId time_;
  event::FieldId record_;
};

// Turns the elements of one event, told in document order, into fields of the batch. Not thread-safe; reused from event
// to event. Texts given to it are copied only where pieces must be joined, so they must live as long as the batch.
class EventFlattener {
 public:
  // raw: names are paths in the shape of evtx_dump ("Event.System.Provider.#attributes.Name").
  EventFlattener(event::FieldTable& table, bool raw) : names_(table), raw_(raw) {}

  // After batch.begin_event().
  void begin(event::EventBatch& batch);
  // For a piece of an event whose earlier fields stand in the batch from field_begin on: its elements lie in `part`.
  void begin_inside(event::EventBatch& batch, EventPart part, std::size_t field_begin);
  // False beyond limits::nesting_max: the event is unreadable.
  bool open(std::string_view tag);
  void attribute(std::string_view name, std::string_view text, event::ValueKind kind = event::ValueKind::text);
  // The element has this attribute, but without a value: an optional one.
  void attribute_without_value(std::string_view name);
  // A piece of the element's content; several are joined. A single one keeps its kind.
  void text(std::string_view text, event::ValueKind kind = event::ValueKind::text);
  // The element occurs once more for each value of an array; call instead of text().
  void repeated(std::string_view text, event::ValueKind kind);
  // Leaves the element. omit: as if it had never been opened (an optional element without value); without effect
  // where it holds other elements.
  void close(bool omit = false);
  std::size_t depth() const { return depth_; }
  // Fields beyond limits::event_fields_max were left out.
  bool overflowed() const { return overflowed_; }
  EventPart part() const { return depth_ == 0 ? outside_ : stack_[depth_ - 1].inner; }

 private:
  struct Element {
    std::string tag;
    std::string name;  // of its Name attribute
    std::string joined;
    std::string_view text;
    event::ValueKind kind = event::ValueKind::text;
    EventPart part = EventPart::document;   // where it stands
    EventPart inner = EventPart::document;  // where its content stands
    std::uint32_t pieces = 0;
    std::uint32_t field_begin = 0;
    bool has_children = false;
    bool has_attributes = false;
    bool was_repeated = false;
    std::size_t path_bytes = 0;
  };
  void push(std::string_view name, std::string_view text, event::ValueKind kind);
  void push_element(const Element& element, std::string_view text, event::ValueKind kind);

  event::FieldCache names_;
  bool raw_;
  event::EventBatch* batch_ = nullptr;
  std::vector<Element> stack_;
  std::size_t depth_ = 0;
  std::size_t field_begin_ = 0;
  EventPart outside_ = EventPart::document;  // where the outermost elements stand
  std::string path_;
  std::string name_;
  bool overflowed_ = false;
};

// Sysmon for Linux uses the event ids of Windows, but its logs are Linux logs.
const event::LogSource* linux_sysmon_source(std::uint32_t event_id);

}  // namespace tocsin::ingest
