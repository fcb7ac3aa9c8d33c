// evtx_dump [--generic|--raw] [--time N] FILE…: prints the events of EVTX and event XML files as JSON lines; for tests.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include <fmt/format.h>

#include "ingest/evtx/decoder.h"
#include "ingest/format.h"
#include "wire/json.h"

namespace {

using namespace tocsin;

std::string read_file(const char* path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

void print(const event::EventBatch& batch, const event::FieldTable& table) {
  std::string line;
  for (const event::Event& event : batch.events) {
    line.clear();
    wire::JsonWriter writer(line);
    writer.begin_object();
    writer.key("record").number(event.record).key("offset").number(event.offset);
    writer.member("time", rfc3339(event.time)).member("channel", event.channel).member("provider", event.provider);
    writer.member("host", event.host).key("event_id").number(std::uint64_t{event.event_id});
    writer.key("recovered").boolean(event.recovered);
    writer.member("log_source", event.log_source == nullptr ? std::string_view("") : event.log_source->name);
    writer.key("fields").begin_array();
    for (const event::Field& field : batch.fields_of(event)) {
      writer.begin_array().string(table.name(field.id));
      switch (field.value.kind) {
        case event::ValueKind::null:
          writer.null();
          break;
        case event::ValueKind::integer:
        case event::ValueKind::boolean:
          writer.raw(field.value.text);
          break;
        case event::ValueKind::text:
        case event::ValueKind::real:
          writer.string(field.value.text);
          break;
      }
      writer.end_array();
    }
    writer.end_array().end_object();
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bool generic = false;
  bool quiet = false;
  int rounds = 1;
  ingest::DecodeOptions options;
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  event::FieldTable table;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--generic") == 0) {
      generic = true;
      continue;
    }
    if (std::strcmp(argv[i], "--raw") == 0) {
      options.raw = true;
      continue;
    }
    if (std::strcmp(argv[i], "--time") == 0 && i + 1 < argc) {
      rounds = std::atoi(argv[++i]);
      quiet = true;
      continue;
    }
    const std::string content = read_file(argv[i]);
    const ingest::Format* format =
        ingest::recognise({std::string_view(content).substr(0, ingest::head_bytes), argv[i], false});
    if (format == nullptr) {
      fmt::print(stderr, "{}: not recognised\n", argv[i]);
      continue;
    }
    for (int round = 0; round < rounds; ++round) {
      MemorySource source(content);
      const auto framer = format->open(source, options);
      auto decoder = format->decoder(table, options);
      if (generic) {
        decoder =
            std::make_unique<ingest::evtx::EvtxDecoder>(table, options, ingest::evtx::RecordReader::Path::generic);
      }
      ingest::Block block;
      event::EventBatch batch;
      std::uint64_t read = 0;
      std::uint64_t recovered = 0;
      std::uint64_t unreadable = 0;
      std::string notes;
      for (;;) {
        const auto more = framer->next(block);
        if (!more) {
          fmt::print(stderr, "{}\n", more.error().text());
          break;
        }
        if (!*more) {
          break;
        }
        batch.clear();
        decoder->decode(block, batch);
        unreadable += block.unreadable + batch.unreadable;
        for (const event::Event& event : batch.events) {
          ++read;
          recovered += event.recovered ? 1 : 0;
        }
        for (const auto* list : {&block.notes, &batch.notes}) {
          for (const event::Note& note : *list) {
            notes += fmt::format("; {} ×{}", note.text, note.count);
          }
        }
        if (!quiet) {
          print(batch, table);
        }
      }
      bytes += content.size();
      events += read;
      if (!quiet) {
        fmt::print(stderr, "{}\t{}\t{}\t{}\t{}{}\n", argv[i], format->name, read, recovered, unreadable, notes);
      }
    }
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (quiet) {
    fmt::print(stderr, "{} events, {} bytes, {:.3f} s, {:.1f} MB/s, {:.0f} events/s\n", events, bytes, seconds.count(),
               static_cast<double>(bytes) / 1e6 / seconds.count(), static_cast<double>(events) / seconds.count());
  }
  return 0;
}
