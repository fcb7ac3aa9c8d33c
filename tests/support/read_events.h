// Reads whole folders of logs into batches of events, the way the program does, for tests over real data.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "ingest/format.h"
#include "source/source.h"

namespace tocsin::test {

template <class Visit>  // (const std::string& source, const ingest::Format&, const event::EventBatch&)
class EventReader final : public source::Visitor {
 public:
  EventReader(event::FieldTable& fields, Visit visit) : fields_(fields), visit_(std::move(visit)) {}

  Result<void> member(const source::Member& member, ByteSource& bytes) override {
    std::string head(ingest::head_bytes, '\0');
    TRY(const std::size_t got, read_full(bytes, head));
    head.resize(got);
    const ingest::Format* format = ingest::recognise({head, member.name, got < ingest::head_bytes});
    if (format == nullptr) {
      return {};
    }
    ingest::DecodeOptions options;
    options.source = member.name;
    RejoinedSource rejoined(head, bytes);
    const auto framer = format->open(rejoined, options);
    const auto decoder = format->decoder(fields_, options);
    while (true) {
      const auto more = framer->next(block_);
      if (!more || !*more) {
        return {};
      }
      batch_.clear();
      decoder->decode(block_, batch_);
      visit_(member.name, *format, batch_);
    }
  }
  void member_done(const source::Member&, std::string_view) override {}
  void skipped(std::string_view, const Error&) override {}
  void note(std::string_view, std::string_view) override {}
  void progress(std::uint64_t) override {}
  bool cancelled() const override { return false; }

 private:
  event::FieldTable& fields_;
  Visit visit_;
  ingest::Block block_;
  event::EventBatch batch_;
};

template <class Visit>
Result<void> read_events(const std::vector<std::string>& arguments, event::FieldTable& fields, Visit visit) {
  EventReader<Visit> reader(fields, std::move(visit));
  return source::walk(arguments, {}, reader);
}

}  // namespace tocsin::test
