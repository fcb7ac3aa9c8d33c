// EventXmlReader: turns the XML of one Windows event into the fields of a batch.
#pragma once

#include <string>
#include <string_view>

#include "event/event.h"
#include "ingest/format.h"
#include "ingest/text/codepage.h"
#include "ingest/windows_event.h"
#include "wire/xml.h"

namespace tocsin::ingest {

inline constexpr std::string_view event_namespace = "http://schemas.microsoft.com/win/2004/08/events/event";

// Text that XML forbids but logs contain (control characters, bytes of an old code page, a bare ampersand) is mended
// rather than refused. An element without content is null when written <Data/> and empty when written <Data></Data>.
// Not thread-safe; reused from event to event.
class EventXmlReader final : private wire::XmlHandler {
 public:
  EventXmlReader(event::FieldTable& table, const DecodeOptions& options);
  // Pushes the fields of <Event>…</Event> and fills the event's identity; batch.begin_event() was called. False if the
  // XML is damaged: drop the event.
  bool read(std::string_view xml, event::EventBatch& batch, event::Event& event);
  const WindowsIdentity& identity() const { return identity_; }
  bool overflowed() const { return flattener_.overflowed(); }

 private:
  void start_element(std::string_view name, std::span<const wire::XmlAttribute> attributes) override;
  void end_element(std::string_view name, bool empty) override;
  void text(std::string_view text) override;
  bool parse(std::string_view xml, event::EventBatch& batch);

  DecodeOptions options_;
  const Codepage& codepage_;
  WindowsIdentity identity_;
  EventFlattener flattener_;
  wire::XmlParser parser_;
  event::EventBatch* batch_ = nullptr;
  std::string text_;
  std::string mended_;
  bool had_children_ = false;
  bool failed_ = false;
};

// Finds the elements <Event>…</Event> in text, knowing comments, CDATA and declarations.
class EventXmlScanner {
 public:
  // Looks in `text` from where the last call left off: text must begin with the same bytes as then, or drop(n) was
  // called after its first n bytes went. True when a whole event was found: its bytes are [begin(), end()).
  // `last`: no closing mark may be hoped for behind `text`: a comment, CDATA or declaration that does not end in it
  // hides nothing, but is counted and read on behind its beginning.
  bool next(std::string_view text, bool last);
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }
  // Everything before this is no part of an event that is still open.
  std::size_t keep_from() const { return depth_ != 0 ? begin_ : at_; }
  bool inside() const { return depth_ != 0; }
  // Events that ended nowhere: another one began inside them.
  std::uint64_t cut() const { return cut_; }
  // Comments and the like that did not end.
  std::uint64_t unclosed() const { return unclosed_; }
  void drop(std::size_t bytes);
  // Forgets the event that is open.
  void abandon();

 private:
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t depth_ = 0;
  std::uint64_t cut_ = 0;
  std::uint64_t unclosed_ = 0;
  std::size_t endless_before_[3] = {};  // for each kind of mark: none that begins before this has an end before it
};

// True where the element that starts at `at` ("<Event") has exactly this name.
bool is_tag(std::string_view text, std::size_t at, std::string_view tag);

}  // namespace tocsin::ingest
