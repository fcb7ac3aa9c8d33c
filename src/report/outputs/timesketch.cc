// Timesketch JSON lines: detections, correlations and the evidence of verdicts as events of a timeline.
//
// Every event has the three keys that Timesketch insists on. Fields of the log stand together in one text: as keys of
// their own, the many field names of mixed logs would burst the index mapping.
#include <fmt/format.h>

#include <string>

#include "report/detail.h"
#include "report/each_detection.h"
#include "report/report_json.h"
#include "report/words.h"

namespace tocsin::report {
namespace {

constexpr std::size_t fields_bytes_max = 30'000;  // an OpenSearch keyword of more than 32,766 bytes is refused

// message, datetime, timestamp and timestamp_desc.
void write_head(wire::JsonWriter& json, std::string_view message, Time time, std::string_view description) {
  json.begin_object().member("message", message);
  const CivilTime civil = to_civil(time.known() ? time : Time{0});
  json.member("datetime", fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+00:00", civil.year, civil.month,
                                      civil.day, civil.hour, civil.minute, civil.second, civil.ticks / 10));
  json.key("timestamp").number(time.known() ? time.ticks / 10 : std::int64_t{0});
  json.member("timestamp_desc", time.known() ? description : "Time not known");
}

void write_tags(wire::JsonWriter& json, std::string_view first, const std::vector<std::string>& tags) {
  json.key("tag").begin_array();
  if (!first.empty()) {
    json.string(first);
  }
  for (const std::string& tag : tags) {
    json.string(tag);
  }
  json.end_array();
}

Result<void> write(const Report& report, const Sink& sink) {
  std::string line;
  const auto emit = [&]() -> Result<void> {
    line += '\n';
    const auto result = sink(line);
    line.clear();
    return result;
  };
  TRY_VOID(for_each_detection(report, [&](const Detection& detection) -> Result<void> {
    const RuleRef& rule = rule_of(report, detection.rule);
    const EventRef& event = detection.event;
    const std::string detail = detail_line(detection);
    wire::JsonWriter json(line);
    write_head(json, fmt::format("[{}] {}: {}", rule.level, rule.title, detail), event.time, "Event logged");
    json.member("data_type", "tocsin:detection").member("rule_title", rule.title).member("rule_id", rule.id);
    json.member("rule_level", rule.level).member("hostname", event.host).member("channel", event.channel);
    json.member("source_file", event.source).key("record").number(event.record);
    json.member("location", place(event.source, event.record)).member("details", detail);
    std::string fields;
    for (const auto& [name, values] : detection.fields) {
      for (const std::string& value : values) {
        fields += (fields.empty() ? "" : "\n") + name + ": " + value;
      }
    }
    json.member("event_fields", utf8_prefix(fields, fields_bytes_max));
    write_tags(json, rule.level, rule.tags);
    json.end_object();
    return emit();
  }));
  for (const CorrelationResult& correlation : report.correlations) {
    const RuleRef& rule = rule_of(report, correlation.rule);
    std::string detail = counted(correlation.count, "event");
    for (const auto& [name, value] : correlation.group) {
      detail += " · " + name + ": " + value;
    }
    wire::JsonWriter json(line);
    write_head(json, fmt::format("[{}] {}: {}", rule.level, rule.title, detail), correlation.first,
               "First event of a correlation");
    json.member("data_type", "tocsin:correlation").member("rule_title", rule.title).member("rule_id", rule.id);
    json.member("rule_level", rule.level).member("details", detail);
    write_tags(json, rule.level, rule.tags);
    json.end_object();
    TRY_VOID(emit());
  }
  for (const verdict::Verdict& verdict : report.verdicts) {
    for (const verdict::Stage& stage : verdict.stages) {
      const std::string name = stage.stage >= 0 ? fmt::format("{} {}", stage.stage, stage.name)
                                                : fmt::format("{}: {}", stage.step, stage.name);
      for (const verdict::EventRef& event : stage.events) {
        wire::JsonWriter json(line);
        write_head(json,
                   fmt::format("[{}] {} · {}: {}", verdict.playbook, scope_title(verdict.scope), name, event.what),
                   event.time, "Evidence of a verdict");
        json.member("data_type", "tocsin:evidence").member("playbook", verdict.playbook);
        json.member("scope", verdict.scope).member("state", verdict::state_text(verdict.state)).member("stage", name);
        json.member("client", event.client).member("source_file", event.source).key("record").number(event.record);
        json.member("location", place(event.source, event.record));
        write_tags(json, verdict::state_text(verdict.state), {});
        json.end_object();
        TRY_VOID(emit());
      }
    }
  }
  return {};
}

}  // namespace

extern const Output output_timesketch;
const Output output_timesketch = {".timesketch.jsonl", "events for a Timesketch timeline",
                                  "https://timesketch.org/guides/user/import-from-json-csv/", write};

}  // namespace tocsin::report
