// Windows events as XML: one <Event> after another, in <Events>, one on a line, or anything between.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/event_xml.h"
#include "ingest/format.h"
#include "ingest/json/utf8_source.h"

namespace tocsin::ingest {
namespace {

constexpr std::size_t read_bytes = std::size_t{256} << 10;

Confidence recognise(const Head& head) {
  std::string converted;
  std::string_view text = head.bytes;
  std::size_t mark = 0;
  if (json::detect_encoding(text, mark) != json::TextEncoding::bytes) {
    converted = json::head_as_utf8(text);
    text = converted;
  } else {
    text.remove_prefix(mark);
  }
  text = trim(text);
  if (text.size() < 2 || text[0] != '<' || !(ascii_alpha(text[1]) || text[1] == '?' || text[1] == '!')) {
    return Confidence::none;
  }
  for (std::size_t at = text.find("<Event"); at != std::string_view::npos; at = text.find("<Event", at + 1)) {
    if (!is_tag(text, at, "<Event")) {
      continue;
    }
    const std::string_view event = text.substr(at);
    const std::size_t close = event.find('>');
    if (event.substr(0, close).find(event_namespace) != std::string_view::npos) {
      return Confidence::certain;
    }
    const std::size_t system = event.find("<System>");
    return system != std::string_view::npos && event.find("<EventID", system) != std::string_view::npos
               ? Confidence::certain
               : Confidence::none;
  }
  return Confidence::none;
}

// Blocks of whole events with whatever stands between them.
class EventXmlFramer final : public Framer {
 public:
  explicit EventXmlFramer(ByteSource& source) : source_(source) {}

  Result<bool> next(Block& block) override {
    block.notes.clear();
    block.unreadable = 0;
    block.context.reset();
    std::size_t end = 0;
    std::uint64_t events = 0;
    for (;;) {
      while (end < limits::block_bytes && scanner_.next(pending_, no_end_in_sight())) {
        end = scanner_.end();
        ++events;
      }
      if (end >= limits::block_bytes || (ended_ && end != 0)) {
        break;
      }
      if (ended_) {
        if (finished_) {
          if (failed_) {
            Error error = *std::move(failed_);
            failed_.reset();
            return std::unexpected(std::move(error));
          }
          return false;
        }
        finished_ = true;
        if (scanner_.inside()) {
          ++unreadable_;
          block.notes.push_back({"the last event is cut off", 1});
        }
        break;
      }
      make_room(end);
      read();
    }
    block.bytes.assign(pending_, 0, end);
    block.offset = offset_;
    block.first_record = record_;
    block.unreadable = unreadable_ + (scanner_.cut() - cut_) + (scanner_.unclosed() - unclosed_);
    if (scanner_.unclosed() != unclosed_) {
      block.notes.push_back({"comment, CDATA or declaration without an end: read on behind its beginning",
                             scanner_.unclosed() - unclosed_});
      unclosed_ = scanner_.unclosed();
    }
    if (scanner_.cut() != cut_) {
      block.notes.push_back({"event cut off by the next one", scanner_.cut() - cut_});
    }
    if (converted_ && !converted_noted_) {
      converted_noted_ = true;
      block.notes.push_back({"UTF-16: offsets count the bytes of the text as UTF-8", 1});
    }
    if (too_long_ != 0) {
      block.notes.push_back({"event longer than the limit skipped", too_long_});
    }
    unreadable_ = too_long_ = 0;
    cut_ = scanner_.cut();
    record_ += events;
    drop(end);
    return true;
  }

 private:
  // Before reading on: what belongs to no event goes, and so does an event beyond the limit.
  void make_room(std::size_t end) {
    if (end != 0) {
      return;
    }
    if (scanner_.inside() && pending_.size() - scanner_.begin() > limits::record_bytes_max) {
      scanner_.abandon();
      ++unreadable_;
      ++too_long_;
    }
    if (scanner_.keep_from() >= read_bytes) {
      drop(scanner_.keep_from());
    } else if (!scanner_.inside() && pending_.size() > limits::record_bytes_max) {
      drop(pending_.size());
      ++unreadable_;
      ++too_long_;
    }
  }

  // What has not ended by now will not be waited for.
  bool no_end_in_sight() const { return ended_ || pending_.size() - scanner_.keep_from() > limits::record_bytes_max; }

  void drop(std::size_t bytes) {
    pending_.erase(0, bytes);
    scanner_.drop(bytes);
    offset_ += bytes;
  }

  void read() {
    const std::size_t had = pending_.size();
    pending_.resize(had + read_bytes);
    const auto count = source_.read(std::span(pending_).subspan(had));
    if (!count) {
      failed_ = count.error();
    }
    const std::size_t got = count.value_or(0);
    pending_.resize(had + got);
    ended_ = got == 0;
    if (!started_) {
      started_ = true;
      converted_ = source_.converts();
      offset_ = source_.mark_bytes();
    }
  }

  json::Utf8Source source_;
  EventXmlScanner scanner_;
  std::string pending_;
  std::uint64_t offset_ = 0;  // of pending_[0]
  std::uint64_t record_ = 1;
  std::uint64_t unreadable_ = 0;
  std::uint64_t too_long_ = 0;
  std::uint64_t cut_ = 0;
  std::uint64_t unclosed_ = 0;
  bool started_ = false;
  bool ended_ = false;
  bool finished_ = false;
  bool converted_ = false;
  bool converted_noted_ = false;
  std::optional<Error> failed_;
};

class EventXmlDecoder final : public BlockDecoder {
 public:
  EventXmlDecoder(event::FieldTable& fields, const DecodeOptions& options) : reader_(fields, options) {}

  void decode(const Block& block, event::EventBatch& batch) override {
    EventXmlScanner scanner;
    for (std::uint64_t number = block.first_record; scanner.next(block.bytes, true); ++number) {
      const std::string_view xml = std::string_view(block.bytes).substr(0, scanner.end()).substr(scanner.begin());
      event::Event& event = batch.begin_event();
      event.offset = block.offset + scanner.begin();
      event.raw = xml;
      if (!reader_.read(xml, batch, event)) {
        batch.drop_event();
        ++batch.unreadable;
        batch.note("event that is not well-formed XML skipped");
        continue;
      }
      if (reader_.overflowed()) {
        batch.note("fields beyond the limit were left out");
      }
      event.record = reader_.identity().record_id(batch, event).value_or(number);
      batch.end_event();
    }
  }

 private:
  EventXmlReader reader_;
};

std::unique_ptr<Framer> open(ByteSource& source, const DecodeOptions&) {
  return std::make_unique<EventXmlFramer>(source);
}

std::unique_ptr<BlockDecoder> decoder(event::FieldTable& fields, const DecodeOptions& options) {
  return std::make_unique<EventXmlDecoder>(fields, options);
}

}  // namespace

extern const Format format_event_xml;
const Format format_event_xml = {
    .name = "event-xml",
    .doc = "Windows events as XML, as wevtutil, Event Viewer and forwarders write them",
    .spec = "https://learn.microsoft.com/en-us/windows/win32/wes/eventschema-schema",
    .unit = Unit::record,
    .recognise = recognise,
    .open = open,
    .decoder = decoder,
};

}  // namespace tocsin::ingest
