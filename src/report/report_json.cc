#include "report/report_json.h"

#include "report/levels.h"
#include "report/words.h"

namespace tocsin::report {
namespace {

using wire::JsonWriter;

void write_strings(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  json.key(key).begin_array();
  for (const std::string& value : values) {
    json.string(value);
  }
  json.end_array();
}

void member_time(JsonWriter& json, std::string_view key, Time time) {
  json.key(key);
  write_time(json, time);
}

void member_unless_empty(JsonWriter& json, std::string_view key, std::string_view text) {
  if (!text.empty()) {
    json.member(key, text);
  }
}

void write_period(JsonWriter& json, const verdict::Period& period) {
  json.begin_object();
  member_time(json, "from", period.from);
  member_time(json, "to", period.to);
  json.end_object();
}

void write_periods(JsonWriter& json, std::string_view key, const std::vector<verdict::Period>& periods) {
  json.key(key).begin_array();
  for (const verdict::Period& period : periods) {
    write_period(json, period);
  }
  json.end_array();
}

void write_evidence(JsonWriter& json, std::string_view key, const std::vector<verdict::EventRef>& events) {
  json.key(key).begin_array();
  for (const verdict::EventRef& event : events) {
    json.begin_object();
    json.member("source", event.source).key("record").number(event.record);
    member_unless_empty(json, "unit", event.unit);
    json.key("offset").number(event.offset);
    member_time(json, "time", event.time);
    member_unless_empty(json, "client", event.client);
    member_unless_empty(json, "what", event.what);
    json.end_object();
  }
  json.end_array();
}

void write_stage(JsonWriter& json, const verdict::Stage& stage) {
  json.begin_object();
  if (stage.stage >= 0) {
    json.key("stage").number(stage.stage).member("name", stage.name);
  } else {
    json.member("step", stage.step).member("behaviour", stage.name);
  }
  member_unless_empty(json, "weakness", stage.weakness);
  member_time(json, "first", stage.first);
  member_time(json, "last", stage.last);
  json.key("count").number(stage.count);
  write_evidence(json, "events", stage.events);
  write_evidence(json, "supporting", stage.supporting);
  json.key("truncated").boolean(stage.truncated);
  json.end_object();
}

void write_indicators(JsonWriter& json, const IndicatorSummary& indicators) {
  json.key("indicators").begin_object();
  json.key("given").number(indicators.given).key("loaded").number(indicators.loaded);
  json.key("rejected").number(indicators.rejected).key("repeated").number(indicators.repeated);
  json.key("not_for_detection").number(indicators.not_for_detection).key("revoked").number(indicators.revoked);
  json.key("unsupported").number(indicators.unsupported).key("patterns").number(indicators.patterns);
  json.key("false_friends").number(indicators.false_friends);
  json.key("hits").number(indicators.hits).key("found").number(indicators.found);
  json.key("load_cpu_seconds").number(indicators.load_seconds);
  for (const auto& [name, counts] :
       {std::pair{"by_type", &indicators.by_type}, std::pair{"unsupported_types", &indicators.unsupported_types}}) {
    json.key(name).begin_object();
    for (const auto& [type, count] : *counts) {
      json.key(type).number(count);
    }
    json.end_object();
  }
  write_strings(json, "lists", indicators.lists);
  json.end_object();
}

void write_yara(JsonWriter& json, const YaraSummary& yara) {
  json.key("yara").begin_object();
  json.key("given").number(yara.given).key("loaded").number(yara.loaded).key("rejected").number(yara.rejected);
  json.key("files_scanned").number(yara.files_scanned).key("bytes_scanned").number(yara.bytes_scanned);
  json.key("files_too_large").number(yara.files_too_large).key("values_scanned").number(yara.values_scanned);
  json.key("gave_up").number(yara.gave_up).key("strings_cut").number(yara.strings_cut);
  json.key("hits").number(yara.hits).key("found").number(yara.found);
  json.key("load_cpu_seconds").number(yara.load_seconds);
  write_strings(json, "files", yara.files);
  json.end_object();
}

void write_counts(JsonWriter& json, const Summary& summary) {
  json.key("rules").begin_object();
  json.key("given").number(summary.rules_given).key("loaded").number(summary.rules_loaded);
  json.key("rejected").number(summary.rules_rejected);
  json.key("without_matching_input").number(summary.rules_without_input);
  json.key("waiting").number(summary.rules_waiting).key("hidden").number(summary.rules_hidden);
  json.end_object();
  if (!summary.indicators.lists.empty()) {
    write_indicators(json, summary.indicators);
  }
  if (!summary.yara.files.empty()) {
    write_yara(json, summary.yara);
  }
  json.key("events").number(summary.events).key("bytes").number(summary.bytes);
  json.key("unreadable").number(summary.unreadable).key("detections").number(summary.detections);
  json.key("duplicates").number(summary.duplicates).key("correlations").number(summary.correlations);
  json.key("sources").begin_object();
  json.key("read").number(summary.sources_read).key("skipped").number(summary.sources_skipped).end_object();
  json.key("seconds").number(summary.seconds).key("peak_rss_bytes").number(summary.peak_rss_bytes);
}

}  // namespace

void write_time(JsonWriter& json, Time time) {
  if (time.known()) {
    json.string(rfc3339(time));
  } else {
    json.null();
  }
}

const RuleRef& rule_of(const Report& report, std::uint32_t index) {
  static const RuleRef unknown;
  return index < report.rules.size() ? report.rules[index] : unknown;
}

void write_rule(JsonWriter& json, const RuleRef& rule) {
  json.begin_object();
  json.member("id", rule.id).member("title", rule.title).member("level", rule.level).member("source", rule.source);
  member_unless_empty(json, "status", rule.status);
  write_strings(json, "tags", rule.tags);
  json.end_object();
}

void write_event(JsonWriter& json, const EventRef& event) {
  json.begin_object();
  json.member("source", event.source).key("record").number(event.record).member("unit", event.unit);
  json.key("offset").number(event.offset).member("format", event.format);
  member_time(json, "time", event.time);
  json.member("host", event.host);
  member_unless_empty(json, "channel", event.channel);
  if (event.recovered) {
    json.key("recovered").boolean(true);
  }
  json.end_object();
}

void write_detection(JsonWriter& json, const Report& report, const Detection& detection) {
  json.begin_object().member("type", "detection").key("rule");
  write_rule(json, rule_of(report, detection.rule));
  json.key("event");
  write_event(json, detection.event);
  json.key("matched").begin_array();
  for (const Matched& matched : detection.matched) {
    json.begin_object().member("field", matched.field).member("value", matched.value);
    json.member("pattern", matched.pattern);
    if (matched.offset != Matched::no_offset) {
      json.key("offset").number(matched.offset);
    }
    json.end_object();
  }
  json.end_array().key("fields").begin_object();
  for (const auto& [name, values] : detection.fields) {
    json.key(name);
    if (values.size() == 1) {
      json.string(values.front());
      continue;
    }
    json.begin_array();
    for (const std::string& value : values) {
      json.string(value);
    }
    json.end_array();
  }
  json.end_object();
  if (detection.duplicates != 0) {
    json.key("duplicates").number(detection.duplicates);
  }
  if (!detection.duplicate_of.empty()) {
    json.member("duplicate_of", detection.duplicate_of);
  }
  json.end_object();
}

void write_correlation(JsonWriter& json, const Report& report, const CorrelationResult& correlation) {
  json.begin_object().member("type", "correlation").key("rule");
  write_rule(json, rule_of(report, correlation.rule));
  json.key("group").begin_object();
  for (const auto& [name, value] : correlation.group) {
    json.member(name, value);
  }
  json.end_object().key("count").number(correlation.count).key("value").number(correlation.value);
  member_time(json, "first", correlation.first);
  member_time(json, "last", correlation.last);
  json.key("events").begin_array();
  for (const EventRef& event : correlation.events) {
    write_event(json, event);
  }
  json.end_array().end_object();
}

void write_verdict(JsonWriter& json, const verdict::Verdict& verdict) {
  json.begin_object().member("type", "verdict").member("playbook", verdict.playbook).member("scope", verdict.scope);
  json.member("title", verdict.title).member("state", verdict::state_text(verdict.state));
  json.member("because", verdict.because);
  member_unless_empty(json, "confidence", verdict.confidence);
  if (!verdict.known.empty()) {
    json.key("known").begin_array();
    for (const verdict::Known& known : verdict.known) {
      json.begin_object().member("list", known.list).key("count").number(known.count);
      write_strings(json, "examples", known.examples);
      json.end_object();
    }
    json.end_array();
  }
  if (!verdict.grade.empty()) {
    json.member("grade", verdict.grade).key("call_now").boolean(verdict.call_now);
  }
  json.key("stages").begin_array();
  for (const verdict::Stage& stage : verdict.stages) {
    write_stage(json, stage);
  }
  json.end_array().key("needs").begin_array();
  for (const verdict::Need& need : verdict.needs) {
    json.begin_object().member("input", need.input).key("present").boolean(need.present);
    json.member("how", need.how).end_object();
  }
  json.end_array().key("covered").begin_array();
  for (const verdict::Covered& covered : verdict.covered) {
    json.begin_object().member("input", covered.input);
    member_time(json, "from", covered.from);
    member_time(json, "to", covered.to);
    json.key("files").number(covered.files).key("rows").number(covered.rows);
    write_periods(json, "gaps", covered.gaps);
    json.end_object();
  }
  json.end_array();
  write_periods(json, "uncovered", verdict.uncovered);
  if (verdict.window.from.known() || verdict.window.to.known()) {
    json.key("window");
    write_period(json, verdict.window);
  }
  json.key("noted").begin_array();
  for (const verdict::Noted& noted : verdict.noted) {
    json.begin_object().member("behaviour", noted.behaviour).member("reason", noted.reason);
    json.key("count").number(noted.count);
    member_time(json, "first", noted.first);
    member_time(json, "last", noted.last);
    write_evidence(json, "events", noted.events);
    json.end_object();
  }
  json.end_array();
  write_strings(json, "clients", verdict.clients);
  write_strings(json, "shells", verdict.shells);
  write_strings(json, "next_steps", verdict.next_steps);
  write_strings(json, "left_out", verdict.left_out);
  json.end_object();
}

void write_coverage(JsonWriter& json, const SourceCoverage& coverage) {
  json.begin_object().member("type", "coverage").member("source", coverage.source).member("format", coverage.format);
  json.key("bytes").number(coverage.bytes).key("events").number(coverage.events);
  json.key("unreadable").number(coverage.unreadable);
  member_time(json, "first", coverage.first);
  member_time(json, "last", coverage.last);
  write_strings(json, "notes", coverage.notes);
  member_unless_empty(json, "sha256", coverage.sha256);
  member_unless_empty(json, "skipped", coverage.skipped);
  member_unless_empty(json, "yara", coverage.yara);
  json.end_object();
}

void write_summary(JsonWriter& json, const Report& report) {
  const Summary& summary = report.summary;
  json.begin_object().member("type", "summary").member("version", summary.version);
  json.member("command_line", summary.command_line).member("started", summary.started);
  write_counts(json, summary);
  json.member("timezone", summary.timezone).key("assumed_zone_events").number(summary.assumed_zone_events);
  json.key("interrupted").boolean(summary.interrupted);
  json.key("hidden").begin_object();
  for (const auto& [option, count] : summary.hidden) {
    json.key(option).number(count);
  }
  json.end_object().key("packs").begin_array();
  for (const Summary::Pack& pack : summary.packs) {
    json.begin_object().member("name", pack.name).member("version", pack.version).member("license", pack.license);
    json.member("sha256", pack.sha256).key("count").number(pack.count).end_object();
  }
  json.end_array().key("hosts").begin_array();
  for (const HostTotal& host : report.hosts) {
    json.begin_object().member("host", host.host).key("events").number(host.events);
    json.key("detections").number(host.detections).key("by_level").begin_object();
    for (std::size_t rank = level_names.size(); rank-- > 0;) {
      json.key(level_names[rank]).number(host.by_level[rank]);
    }
    json.end_object();
    member_time(json, "first", host.first);
    member_time(json, "last", host.last);
    json.end_object();
  }
  json.end_array().key("fired").begin_array();
  for (const RuleTotal& total : report.totals) {
    const RuleRef& rule = rule_of(report, total.rule);
    json.begin_object().member("id", rule.id).member("title", rule.title).member("level", rule.level);
    json.key("count").number(total.count);
    member_time(json, "first", total.first);
    member_time(json, "last", total.last);
    json.member("example", total.example).end_object();
  }
  json.end_array().key("not_evaluated").begin_array();
  for (const RuleProblem& problem : report.rule_problems) {
    json.begin_object().member("id", problem.id).member("title", problem.title).member("file", problem.file);
    json.member("kind", problem.kind).member("reason", problem.reason).end_object();
  }
  json.end_array();
  write_strings(json, "notes", summary.notes);
  json.end_object();
}

void append_detection_json(const Report& report, const Detection& detection, std::string& out) {
  wire::JsonWriter json(out);
  write_detection(json, report, detection);
}

}  // namespace tocsin::report
