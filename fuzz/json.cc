// Arbitrary bytes through every JSON door: the tree, the three log formats with their framers, whole and in pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "ingest/format.h"
#include "wire/json.h"

namespace {

using namespace tocsin;

class PieceSource final : public ByteSource {
 public:
  PieceSource(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t count = std::min({bytes_.size(), piece_, into.size()});
    std::copy_n(bytes_.data(), count, into.data());
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
  std::size_t piece_;
};

struct Seen {
  std::vector<std::uint64_t> records;
  std::size_t fields = 0;
  std::uint64_t unreadable = 0;
  bool operator==(const Seen&) const = default;
};

Seen decode(const ingest::Format& format, std::string_view text, std::size_t piece, bool raw) {
  Seen seen;
  ingest::DecodeOptions options;
  options.raw = raw;
  event::FieldTable table;
  PieceSource source(text, piece);
  const auto framer = format.open(source, options);
  const auto decoder = format.decoder(table, options);
  ingest::Block block;
  event::EventBatch batch;
  for (;;) {
    const auto more = framer->next(block);
    check(more.has_value(), "memory can always be read");
    if (!*more) {
      return seen;
    }
    batch.clear();
    decoder->decode(block, batch);
    seen.unreadable += block.unreadable + batch.unreadable;
    for (const event::Event& event : batch.events) {
      check(seen.records.empty() || event.record > seen.records.back(), "records are numbered upwards");
      check(!event.raw.empty(), "every event has its text");
      seen.records.push_back(event.record);
      seen.fields += event.field_count;
      for (const event::Field& field : batch.fields_of(event)) {
        check(field.value.kind != event::ValueKind::null || field.value.text.empty(), "null has no text");
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const bool raw = (data[0] & 1) != 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (const auto tree = wire::parse_json(text); !tree) {
    check(!tree.error().message.empty(), "an error says what is wrong");
  }
  (void)ingest::recognise({text.substr(0, ingest::head_bytes), {}, text.size() <= ingest::head_bytes});
  for (const std::string_view name : {"json-lines", "json-array", "json-concatenated"}) {
    const ingest::Format& format = *ingest::find_format(name);
    const Seen whole = decode(format, text, std::size_t{1} << 20, raw);
    // UTF-16 without a mark is told from the first bytes, which a short read may not bring to the line framer.
    if (name != "json-lines") {
      check(decode(format, text, 3, raw) == whole, "what is read does not depend on how it comes");
    }
  }
  return 0;
}
