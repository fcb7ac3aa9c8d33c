// tocsin decode: events as JSON lines, in the field names that rules see.
#include "app/event_json.h"
#include "app/standard_output.h"
#include "app/text_consumer.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

int run_decode(const Arguments& arguments) {
  auto options = pipeline_options(arguments);
  if (!options) {
    return report_error(options.error());
  }
  options->decode.raw = arguments.has("--raw");
  const bool raw = options->decode.raw;
  const bool where = arguments.has("--where");
  event::FieldTable fields;
  TextConsumer consumer([&](const Input& input, event::EventBatch& batch, TextBlock& out) {
    for (const event::Event& event : batch.events) {
      if (where) {
        out.text += "{\"event\":";
        wire::JsonWriter writer(out.text);
        writer.begin_object()
            .member("source", input.name)
            .key("record")
            .number(event.record)
            .member("unit", ingest::unit_text(input.format->unit));
        writer.key("offset").number(event.offset).member("format", input.format->name);
        if (event.time.known()) {
          writer.member("time", rfc3339(event.time));
        }
        if (!event.host.empty()) {
          writer.member("host", event.host);
        }
        if (event.log_source != nullptr) {
          writer.member("log_source", event.log_source->name);
        }
        if (event.recovered) {
          writer.key("recovered").boolean(true);
        }
        writer.end_object();
        out.text += ",\"fields\":";
      }
      if (raw && event.raw.starts_with('{')) {
        // JSON already; its line ends can only stand between values.
        for (const char c : event.raw) {
          out.text += c == '\n' || c == '\r' ? ' ' : c;
        }
      } else if (raw && !event.raw.empty()) {
        wire::JsonWriter(out.text).begin_object().member("raw", event.raw).end_object();
      } else if (raw) {
        append_event_tree(out.text, batch, event, fields);
      } else if (batch.fields_of(event).empty() && !event.raw.empty()) {
        wire::JsonWriter(out.text).begin_object().member("raw", event.raw).end_object();
      } else {
        append_event_fields(out.text, batch, event, fields);
      }
      out.text += where ? "}\n" : "\n";
    }
    out.found += batch.events.size();
  });
  const auto totals = run_pipeline(*options, fields, consumer);
  return text_exit(totals, consumer, arguments.has("--strict"), false);
}

std::vector<Option> decode_options() {
  std::vector<Option> out = {
      {"--raw", "", "Fields in the format's own shape where that differs"},
      {"--where", "", "Wrap every event: {\"event\":{source, record, offset, time…},\"fields\":{…}}"},
      {"--strict", "", "Exit with 2 if any input was skipped or any record unreadable"},
  };
  for (const Option& option : pipeline_command_options()) {
    out.push_back(option);
  }
  return out;
}

}  // namespace

extern const Command command_decode;
const Command command_decode = {
    .name = "decode",
    .doc = "Print every event as a JSON line",
    .about =
        "Reads logs of any known format and writes one JSON object per event to standard output, in the field names "
        "that rules see.",
    .example = "tocsin decode Security.evtx | jq 'select(.EventID == 4688)'",
    .positional = "PATH…",
    .positional_min = 1,
    .options = decode_options(),
    .run = run_decode,
};

extern const Command command_formats;
const Command command_formats = {
    .name = "formats",
    .doc = "List the log formats that are read",
    .about = "One line for each format: its name, what it is, and the published description that the reader follows.",
    .example = "tocsin formats",
    .positional = "",
    .positional_min = 0,
    .options = {},
    .run =
        [](const Arguments&) {
          for (const ingest::Format* format : ingest::formats()) {
            print_out("{:<20} {}\n{:<20} {}\n", format->name, format->doc, "", format->spec);
          }
          return int{exit_nothing_found};
        },
};

}  // namespace tocsin::app
