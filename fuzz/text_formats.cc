// Drives recogniser, framer and decoder of every text format: the first byte picks the format, the second the options,
// the third how the source hands out its bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string_view>

#include "base/zone.h"
#include "ingest/format.h"

namespace {

using namespace tocsin;

// Hands out small pieces, so that records lie across reads.
class PieceSource final : public ByteSource {
 public:
  PieceSource(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t count = std::min({piece_, into.size(), bytes_.size()});
    bytes_.copy(into.data(), count);
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
  std::size_t piece_;
};

constexpr std::string_view names[] = {
    "iis-w3c", "exchange-log",    "csv",          "plain",          "zeek-tsv",    "auditd", "cef",
    "leef",    "apache-combined", "apache-error", "syslog",         "logfmt",      "squid",  "tacacs",
    "pan-os",  "dns-query",       "mysql-log",    "postgresql-log", "sysmon-linux"};

// No offset, the widest ones, and one with daylight saving.
constexpr std::string_view zones[] = {"UTC", "+14:00", "-12:00", "Europe/Berlin"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) {
    return 0;
  }
  const ingest::Format* format = ingest::find_format(names[data[0] % std::size(names)]);
  if (format == nullptr) {
    std::abort();
  }
  ingest::DecodeOptions options;
  const auto zone = Zone::find(zones[data[1] % std::size(zones)]);
  if (!zone) {
    std::abort();
  }
  options.zone = *zone;
  options.modified_seconds = (data[1] & 0x40) != 0 ? 1'615'126'350 : 0;
  options.codepage = (data[1] & 0x80) != 0 ? "ibm850" : "";
  const std::size_t piece = data[2] == 0 ? size : data[2];
  const std::string_view text(reinterpret_cast<const char*>(data) + 3, size - 3);
  format->recognise(
      {.bytes = text.substr(0, ingest::head_bytes), .name = {}, .whole = text.size() <= ingest::head_bytes});

  event::FieldTable table;
  PieceSource source(text, piece);
  const auto framer = format->open(source, options);
  const auto decoder = format->decoder(table, options);
  ingest::Block block;
  event::EventBatch batch;
  std::uint64_t record = 0;
  for (;;) {
    const auto more = framer->next(block);
    if (!more || !*more) {
      break;
    }
    batch.clear();
    decoder->decode(block, batch);
    for (const event::Event& event : batch.events) {
      // Records count up, and every field lies within the batch.
      if (event.record <= record || event.field_begin + event.field_count > batch.fields.size()) {
        std::abort();
      }
      record = event.record;
      for (const event::Field& field : batch.fields_of(event)) {
        if (table.name(field.id).data() == nullptr ||
            (field.value.text.data() == nullptr && !field.value.text.empty())) {
          std::abort();
        }
      }
    }
  }
  return 0;
}
