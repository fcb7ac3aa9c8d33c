// SARIF 2.1.0: verdicts, detections and correlations as results, sources as artifacts, and what could not be done as
// notifications. Results are streamed.
#include <fmt/format.h>

#include <map>
#include <string>

#include "report/detail.h"
#include "report/each_detection.h"
#include "report/levels.h"
#include "report/report_json.h"
#include "report/words.h"
#include "trust/digest.h"

namespace tocsin::report {
namespace {

using wire::JsonWriter;

std::string_view level_of(std::string_view rule_level) {
  const int rank = level_rank(rule_level);
  return rank >= 4 ? "error" : rank == 3 ? "warning" : "note";
}

// §3.27.9–3.27.10: a kind other than fail goes with the level none.
struct Grade {
  std::string_view kind, level;
};
Grade grade_of(verdict::State state) {
  switch (state) {
    case verdict::State::compromised:
      return {"fail", "error"};
    case verdict::State::attacked_no_sign_of_success:
      return {"fail", "warning"};
    case verdict::State::no_sign_in_covered_period:
      return {"pass", "none"};
    case verdict::State::not_checkable:
      return {"open", "none"};
  }
  return {"open", "none"};
}

void message(JsonWriter& json, std::string_view key, std::string_view text) {
  json.key(key).begin_object().member("text", text).end_object();
}

// A rule without an id is known by its title.
std::string rule_id(const RuleRef& rule) {
  return !rule.id.empty() ? rule.id : !rule.title.empty() ? rule.title : "unnamed";
}

class Sarif {
 public:
  Sarif(const Report& report, const Sink& sink) : report_(report), sink_(sink) {
    for (std::size_t i = 0; i < report.coverage.size(); ++i) {
      artifacts_.emplace(report.coverage[i].source, i);
    }
    // A report may know every rule that was loaded; the log names those that have results.
    rule_index_.assign(report.rules.size(), none);
    const auto use = [&](std::uint32_t rule) {
      if (rule < rule_index_.size() && rule_index_[rule] == none) {
        rule_index_[rule] = used_.size();
        used_.push_back(rule);
      }
    };
    for (const RuleTotal& total : report.totals) {
      use(total.rule);
    }
    for (const CorrelationResult& correlation : report.correlations) {
      use(correlation.rule);
    }
    for (const verdict::Verdict& verdict : report.verdicts) {
      playbooks_.emplace(verdict.playbook, verdict.title);
    }
  }

  Result<void> write() {
    head();
    TRY_VOID(flush());
    for (const verdict::Verdict& verdict : report_.verdicts) {
      begin_result();
      verdict_result(verdict);
      TRY_VOID(flush());
    }
    TRY_VOID(for_each_detection(report_, [&](const Detection& detection) -> Result<void> {
      begin_result();
      detection_result(detection);
      return flush();
    }));
    for (const CorrelationResult& correlation : report_.correlations) {
      begin_result();
      correlation_result(correlation);
      TRY_VOID(flush());
    }
    text_ += "\n]}]}\n";
    return flush();
  }

 private:
  Result<void> flush() {
    const auto result = sink_(text_);
    text_.clear();
    return result;
  }

  void begin_result() {
    text_ += first_ ? "\n" : ",\n";
    first_ = false;
  }

  void head() {
    JsonWriter json(text_);
    json.begin_object().member(
        "$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json");
    json.member("version", "2.1.0").key("runs").begin_array().begin_object();
    json.key("tool").begin_object().key("driver").begin_object().member("name", "Tocsin");
    json.member("version", report_.summary.version).key("rules").begin_array();
    for (const std::uint32_t rule : used_) {
      driver_rule(json, report_.rules[rule]);
    }
    for (const auto& [playbook, title] : playbooks_) {
      json.begin_object().member("id", "playbook/" + playbook);
      message(json, "shortDescription", title.empty() ? playbook : title);
      json.end_object();
    }
    json.end_array().end_object().end_object();
    invocation(json);
    artifacts(json);
    json.member("columnKind", "unicodeCodePoints").key("properties").begin_object();
    json.key("events").number(report_.summary.events).key("detections").number(report_.summary.detections);
    json.key("packs").begin_array();
    for (const Summary::Pack& pack : report_.summary.packs) {
      json.begin_object().member("name", pack.name).member("version", pack.version);
      json.member("sha256", pack.sha256).end_object();
    }
    json.end_array().end_object();
    // The rest of the document is written around the streamed results.
    text_ += ",\"results\":[";
  }

  static void driver_rule(JsonWriter& json, const RuleRef& rule) {
    json.begin_object().member("id", rule_id(rule));
    message(json, "shortDescription", rule.title.empty() ? rule_id(rule) : rule.title);
    if (!rule.description.empty()) {
      message(json, "fullDescription", rule.description);
    }
    json.key("defaultConfiguration").begin_object().member("level", level_of(rule.level)).end_object();
    json.key("properties").begin_object().key("tags").begin_array();
    for (const std::string& tag : rule.tags) {
      json.string(tag);
    }
    json.end_array().member("level", rule.level).member("source", rule.source).member("file", rule.file);
    json.key("references").begin_array();
    for (const std::string& reference : rule.references) {
      json.string(reference);
    }
    json.end_array().end_object().end_object();
  }

  void invocation(JsonWriter& json) {
    const Summary& summary = report_.summary;
    json.key("invocations").begin_array().begin_object();
    json.member("commandLine", summary.command_line);
    if (!summary.started.empty()) {
      json.member("startTimeUtc", summary.started);
    }
    json.key("executionSuccessful").boolean(!summary.interrupted);
    json.key("toolExecutionNotifications").begin_array();
    const auto notify = [&](std::string_view level, std::string_view text, const std::string* source) {
      json.begin_object().member("level", level);
      message(json, "message", text);
      if (source != nullptr) {
        json.key("locations").begin_array().begin_object().key("physicalLocation").begin_object();
        artifact_location(json, *source);
        json.end_object().end_object().end_array();
      }
      json.end_object();
    };
    for (const SourceCoverage& source : report_.coverage) {
      if (!source.skipped.empty()) {
        notify("warning", "not read: " + source.skipped, &source.source);
      }
      if (source.unreadable != 0) {
        notify("warning", counted(source.unreadable, "unreadable record"), &source.source);
      }
      for (const std::string& note : source.notes) {
        notify("note", note, &source.source);
      }
    }
    for (const std::string& note : summary.notes) {
      notify("note", note, nullptr);
    }
    json.end_array().key("toolConfigurationNotifications").begin_array();
    for (const RuleProblem& problem : report_.rule_problems) {
      json.begin_object().member("level", problem.kind == "rejected" ? "error" : "warning");
      message(json, "message",
              fmt::format("rule {}: {} ({}): {}", problem.kind, problem.title.empty() ? problem.id : problem.title,
                          problem.file, problem.reason));
      json.end_object();
    }
    json.end_array().end_object().end_array();
  }

  void artifacts(JsonWriter& json) {
    json.key("artifacts").begin_array();
    for (const SourceCoverage& source : report_.coverage) {
      json.begin_object().key("location").begin_object().member("uri", uri_of(source.source)).end_object();
      json.key("length").number(source.bytes);
      if (!source.sha256.empty()) {
        json.key("hashes").begin_object().member("sha-256", source.sha256).end_object();
      }
      json.key("properties").begin_object().member("format", source.format).key("events").number(source.events);
      json.key("unreadable").number(source.unreadable).end_object().end_object();
    }
    json.end_array();
  }

  void artifact_location(JsonWriter& json, const std::string& source) {
    json.key("artifactLocation").begin_object().member("uri", uri_of(source));
    const auto found = artifacts_.find(source);
    if (found != artifacts_.end()) {
      json.key("index").number(static_cast<std::uint64_t>(found->second));
    }
    json.end_object();
  }

  // §3.29–3.30: a line where the record is one, else the byte offset of the record.
  void location(JsonWriter& json, const std::string& source, std::uint64_t record, std::uint64_t offset,
                std::string_view unit) {
    json.begin_object().key("physicalLocation").begin_object();
    artifact_location(json, source);
    json.key("region").begin_object();
    if ((unit == "line" || unit == "row") && record > 0) {
      json.key("startLine").number(record);
    } else {
      json.key("byteOffset").number(offset);
    }
    json.end_object().end_object();
    message(json, "message", place(source, record));
    json.end_object();
  }

  void fingerprint(JsonWriter& json, const std::string& of) {
    json.key("partialFingerprints").begin_object().member("ruleAndRecord/v1", trust::sha256_hex(of)).end_object();
  }

  void rule_index(JsonWriter& json, std::uint32_t rule) {
    if (rule < rule_index_.size() && rule_index_[rule] != none) {
      json.key("ruleIndex").number(static_cast<std::uint64_t>(rule_index_[rule]));
    }
  }

  void verdict_result(const verdict::Verdict& verdict) {
    JsonWriter json(text_);
    const Grade grade = grade_of(verdict.state);
    json.begin_object().member("ruleId", "playbook/" + verdict.playbook);
    const auto found = playbooks_.find(verdict.playbook);
    json.key("ruleIndex").number(used_.size() + static_cast<std::uint64_t>(std::distance(playbooks_.begin(), found)));
    json.member("kind", grade.kind).member("level", grade.level);
    message(json, "message",
            fmt::format("{}: {}. {}", scope_title(verdict.scope), state_title(verdict.state), verdict.because));
    json.key("locations").begin_array();
    for (const verdict::Stage& stage : verdict.stages) {
      if (!stage.events.empty()) {
        const verdict::EventRef& event = stage.events.front();
        location(json, event.source, event.record, event.offset, event.unit);
      }
    }
    json.end_array();
    fingerprint(json, verdict.playbook + "\n" + verdict.scope);
    json.key("properties")
        .begin_object()
        .member("state", verdict::state_text(verdict.state))
        .member("scope", verdict.scope);
    json.end_object().end_object();
  }

  void detection_result(const Detection& detection) {
    JsonWriter json(text_);
    const RuleRef& rule = rule_of(report_, detection.rule);
    const EventRef& event = detection.event;
    json.begin_object().member("ruleId", rule_id(rule));
    rule_index(json, detection.rule);
    json.member("level", level_of(rule.level));
    const std::string detail = detail_line(detection);
    message(json, "message", detail.empty() ? rule.title : rule.title + ": " + detail);
    json.key("locations").begin_array();
    location(json, event.source, event.record, event.offset, event.unit);
    json.end_array();
    fingerprint(json, fmt::format("{}\n{}\n{}\n{}", rule_id(rule), event.source, event.record, event.offset));
    json.key("properties").begin_object();
    json.key("time");
    write_time(json, event.time);
    json.member("host", event.host).member("channel", event.channel).member("level", rule.level);
    json.end_object().end_object();
  }

  void correlation_result(const CorrelationResult& correlation) {
    JsonWriter json(text_);
    const RuleRef& rule = rule_of(report_, correlation.rule);
    std::string text = fmt::format("{}: {}, {}", rule.title, counted(correlation.count, "event"),
                                   span_of(correlation.first, correlation.last));
    std::string key = rule_id(rule) + "\n" + rfc3339(correlation.first);
    for (const auto& [name, value] : correlation.group) {
      text += fmt::format(" · {}: {}", name, value);
      key += fmt::format("\n{}={}", name, value);
    }
    json.begin_object().member("ruleId", rule_id(rule));
    rule_index(json, correlation.rule);
    json.member("level", level_of(rule.level));
    message(json, "message", text);
    json.key("locations").begin_array();
    for (const EventRef& event : correlation.events) {
      location(json, event.source, event.record, event.offset, event.unit);
    }
    json.end_array();
    fingerprint(json, key);
    json.end_object();
  }

  static constexpr std::size_t none = ~std::size_t{0};

  const Report& report_;
  const Sink& sink_;
  std::string text_;
  bool first_ = true;
  std::vector<std::size_t> rule_index_;
  std::vector<std::uint32_t> used_;
  std::map<std::string, std::size_t> artifacts_;
  std::map<std::string, std::string> playbooks_;
};

Result<void> write(const Report& report, const Sink& sink) { return Sarif(report, sink).write(); }

}  // namespace

extern const Output output_sarif;
const Output output_sarif = {".sarif", "results for tools that read SARIF 2.1.0",
                             "https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html", write};

}  // namespace tocsin::report
