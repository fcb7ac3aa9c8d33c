// STIX 2.1 bundle: an indicator for each rule that fired, a sighting of it on each host with its count and observed
// data, a note for each verdict. Marked TLP:AMBER+STRICT: what a hunt finds stays inside until somebody decides
// otherwise.
//
// Ids depend on content alone, and times come from the evidence, so hunting the same evidence again gives the same
// bundle. Observables have the ids of §2.9; see digest.h for the others. A note says what a graded verdict is better
// than an opinion or a malware object would: nothing here claims who did it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/limits.h"
#include "report/attack_tags.h"
#include "report/each_detection.h"
#include "report/observables.h"
#include "report/report_json.h"
#include "report/words.h"
#include "trust/digest.h"
#include "trust/uuid.h"

namespace tocsin::report {
namespace {

using wire::JsonWriter;

constexpr std::string_view amber_strict = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003";
constexpr std::uint64_t count_max = 999'999'999;  // of sightings and observed data, §4.14 and §5.2
constexpr std::size_t places_named = 3;

// §3.2: milliseconds at least and always Z.
std::string stix_time(Time time) {
  const CivilTime civil = to_civil(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", std::clamp<std::int64_t>(civil.year, 1, 9999),
                     civil.month, civil.day, civil.hour, civil.minute, std::min(civil.second, 59),
                     civil.ticks / 10'000);
}

Time latest_time(const Report& report) {
  Time latest;
  for (const RuleTotal& total : report.totals) {
    latest = std::max(latest, total.last);
  }
  for (const SourceCoverage& source : report.coverage) {
    latest = std::max(latest, source.last);
  }
  for (const verdict::Verdict& verdict : report.verdicts) {
    for (const verdict::Stage& stage : verdict.stages) {
      latest = std::max(latest, stage.last);
    }
  }
  return latest.known() ? latest : Time{0};
}

// One rule on one host.
struct Sighted {
  std::uint64_t count = 0, observables_left_out = 0;
  Time first, last;
  std::vector<std::string> places, observables;
};

class Bundle {
 public:
  Bundle(const Report& report, const Sink& sink)
      : report_(report), sink_(sink), created_(stix_time(latest_time(report))) {}

  Result<void> write() {
    TRY_VOID(sink_("{\"type\":\"bundle\",\"objects\":["));
    TRY_VOID(put(std::string(amber_strict),
                 R"({"type":"marking-definition","spec_version":"2.1","id":")" + std::string(amber_strict) +
                     R"(","created":"2022-10-01T00:00:00.000Z","name":"TLP:AMBER+STRICT","extensions":{)"
                     R"("extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d":{)"
                     R"("extension_type":"property-extension","tlp_2_0":"amber+strict"}}})"));
    TRY(tool_,
        identity("Tocsin", "system", "Tocsin " + report_.summary.version + ", the tool that read the evidence."));
    TRY_VOID(for_each_detection(report_, [&](const Detection& detection) -> Result<void> { return add(detection); }));
    TRY_VOID(correlations());
    TRY_VOID(sightings());
    TRY_VOID(notes());
    return sink_("\n],\"id\":\"bundle--" + trust::uuid_of_content(ids_) + "\"}\n");
  }

 private:
  // Writes an object once; its id goes into the bundle's.
  Result<void> put(const std::string& id, const std::string& json) {
    ids_ = trust::sha256_hex(ids_ + id);
    const auto result = sink_((first_ ? "\n" : ",\n") + json);
    first_ = false;
    return result;
  }

  // A domain or relationship object: `write_members` adds what is its own; the id follows from that.
  template <class Write>
  Result<std::string> object(std::string_view type, Write&& write_members) {
    std::string members;
    {
      JsonWriter json(members);
      json.begin_object();
      json.member("created", created_).member("modified", created_);
      if (!tool_.empty()) {
        json.member("created_by_ref", tool_);
      }
      json.key("object_marking_refs").begin_array().string(amber_strict).end_array();
      write_members(json);
      json.end_object();
    }
    std::string id = std::string(type) + "--" + trust::uuid_of_content(std::string(type) + members);
    if (!written_.insert(id).second) {
      return id;
    }
    std::string text;
    JsonWriter json(text);
    json.begin_object().member("type", type).member("spec_version", "2.1").member("id", id);
    text += ',';
    text.append(members, 1);
    TRY_VOID(put(id, text));
    return id;
  }

  Result<std::string> identity(const std::string& name, std::string_view identity_class,
                               const std::string& description) {
    return object("identity", [&](JsonWriter& json) {
      json.member("name", name);
      if (!description.empty()) {
        json.member("description", description);
      }
      json.member("identity_class", identity_class);
    });
  }

  Result<std::string> host(const std::string& name) {
    const auto found = hosts_.find(name);
    if (found != hosts_.end()) {
      return found->second;
    }
    TRY(std::string id, identity(name, "system", ""));
    hosts_.emplace(name, id);
    return id;
  }

  Result<void> add(const Detection& detection) {
    const auto key = std::pair{detection.rule, detection.event.host};
    auto found = sighted_.find(key);
    if (found == sighted_.end()) {
      if (sighted_.size() >= limits::report_sightings_max) {
        ++left_out_;
        return {};
      }
      found = sighted_.emplace(key, Sighted{}).first;
    }
    Sighted& sighted = found->second;
    ++sighted.count;
    widen(sighted, detection.event.time, detection.event.time);
    if (sighted.places.size() < places_named) {
      sighted.places.push_back(place(detection.event.source, detection.event.record));
    }
    if (sighted.observables.size() >= limits::report_observables_of_sighting_max) {
      ++sighted.observables_left_out;
      return {};
    }
    for (const Observable& observable : observables_of(detection)) {
      const bool known = written_.contains(observable.id);
      if (!known && observables_ >= limits::report_observables_max) {
        ++sighted.observables_left_out;
        break;
      }
      if (!known) {
        written_.insert(observable.id);
        ++observables_;
        TRY_VOID(put(observable.id, observable.json));
      }
      if (std::find(sighted.observables.begin(), sighted.observables.end(), observable.id) ==
          sighted.observables.end()) {
        sighted.observables.push_back(observable.id);
      }
    }
    return {};
  }

  static void widen(Sighted& sighted, Time first, Time last) {
    if (first.known() && (!sighted.first.known() || first < sighted.first)) {
      sighted.first = first;
    }
    sighted.last = std::max(sighted.last, last);
  }

  Result<void> correlations() {
    for (const CorrelationResult& correlation : report_.correlations) {
      const std::string name = correlation.events.empty() ? "" : correlation.events.front().host;
      const auto key = std::pair{correlation.rule, name};
      if (!sighted_.contains(key) && sighted_.size() >= limits::report_sightings_max) {
        ++left_out_;
        continue;
      }
      Sighted& sighted = sighted_[key];
      ++sighted.count;
      widen(sighted, correlation.first, correlation.last);
      for (const EventRef& event : correlation.events) {
        if (sighted.places.size() < places_named) {
          sighted.places.push_back(place(event.source, event.record));
        }
      }
    }
    return {};
  }

  Result<std::string> indicator(std::uint32_t index) {
    const auto found = indicators_.find(index);
    if (found != indicators_.end()) {
      return found->second;
    }
    const RuleRef& rule = rule_of(report_, index);
    if (rule.source == "indicator" && rule.id.starts_with("indicator--")) {
      // Somebody else's object: referred to, never written again with other content (§3.6).
      indicators_.emplace(index, rule.id);
      return rule.id;
    }
    TRY(std::string id, object("indicator", [&](JsonWriter& json) {
          json.member("name", rule.title.empty() ? "unnamed rule" : rule.title);
          std::string description = rule.description.empty() ? rule.title : rule.description;
          if (!rule.author.empty()) {
            description += "\nAuthor: " + rule.author;
          }
          for (const std::string& reference : rule.references) {
            description += "\nReference: " + reference;
          }
          for (const std::string& ordinary : rule.false_positives) {
            description += "\nOrdinary explanation: " + ordinary;
          }
          json.member("description", description);
          json.key("indicator_types").begin_array().string("malicious-activity").end_array();
          json.member("pattern", pattern(rule))
              .member("pattern_type", pattern_type(rule))
              .member("valid_from", created_);
          kill_chain(json, rule);
          labels(json, rule);
          references(json, rule);
        }));
    indicators_.emplace(index, id);
    return id;
  }

  static std::string_view pattern_type(const RuleRef& rule) {
    return rule.text.empty() ? "sigma" : rule.source == "yara" ? "yara" : rule.source == "indicator" ? "stix" : "sigma";
  }

  // The rule itself where it is at hand. Else a Sigma document that names it, so that a reader can find it by its id.
  static std::string pattern(const RuleRef& rule) {
    if (!rule.text.empty()) {
      return rule.text;
    }
    const auto quoted = [](std::string_view text) {
      std::string out = "'";
      for (const char c : text) {
        const bool control = static_cast<unsigned char>(c) < 0x20;
        out.append(c == '\'' ? 2 : 1, control ? ' ' : c);
      }
      return out + "'";
    };
    std::string out = "title: " + quoted(rule.title) + "\n";
    if (!rule.id.empty()) {
      out += "id: " + quoted(rule.id) + "\n";
    }
    out +=
        "level: " + quoted(rule.level) + "\n# The text of the rule is not part of this report: " + rule.source + "\n";
    return out;
  }

  static void kill_chain(JsonWriter& json, const RuleRef& rule) {
    std::vector<std::string> phases;
    for (const std::string& tag : rule.tags) {
      if (auto tactic = tactic_of(tag)) {
        phases.push_back(*std::move(tactic));
      }
    }
    if (phases.empty()) {
      return;
    }
    json.key("kill_chain_phases").begin_array();
    for (const std::string& phase : phases) {
      json.begin_object().member("kill_chain_name", "mitre-attack").member("phase_name", phase).end_object();
    }
    json.end_array();
  }

  static void labels(JsonWriter& json, const RuleRef& rule) {
    json.key("labels").begin_array();
    if (!rule.level.empty()) {
      json.string("level:" + rule.level);
    }
    for (const std::string& tag : rule.tags) {
      if (!tag.empty()) {
        json.string(tag);
      }
    }
    if (rule.level.empty() && rule.tags.empty()) {
      json.string("tocsin");
    }
    json.end_array();
  }

  static void references(JsonWriter& json, const RuleRef& rule) {
    std::vector<std::pair<std::string, std::string>> out;
    if (!rule.id.empty()) {
      out.emplace_back(rule.source.empty() ? "sigma" : rule.source, rule.id);
    }
    for (const std::string& tag : rule.tags) {
      if (auto technique = technique_of(tag)) {
        out.emplace_back("mitre-attack", *std::move(technique));
      } else if (auto cve = cve_of(tag)) {
        out.emplace_back("cve", *std::move(cve));
      }
    }
    if (out.empty()) {
      return;
    }
    json.key("external_references").begin_array();
    for (const auto& [source, id] : out) {
      json.begin_object().member("source_name", source).member("external_id", id).end_object();
    }
    json.end_array();
  }

  Result<void> sightings() {
    for (const auto& entry : sighted_) {
      const std::uint32_t rule = entry.first.first;
      const std::string& host_name = entry.first.second;
      const Sighted& sighted = entry.second;
      TRY(const std::string indicator_id, indicator(rule));
      std::string host_id = tool_;
      if (!host_name.empty()) {
        TRY(host_id, host(host_name));
      }
      const std::uint64_t count = std::min(sighted.count, count_max);
      std::string observed_id;
      if (!sighted.observables.empty()) {
        TRY(observed_id, object("observed-data", [&](JsonWriter& json) {
              json.member("first_observed", sighted.first.known() ? stix_time(sighted.first) : created_);
              json.member("last_observed", sighted.last.known() ? stix_time(sighted.last) : created_);
              json.key("number_observed").number(count).key("object_refs").begin_array();
              for (const std::string& id : sighted.observables) {
                json.string(id);
              }
              json.end_array();
            }));
      }
      TRY(const std::string sighting_id, object("sighting", [&](JsonWriter& json) {
            std::string description =
                fmt::format("{}{}", counted(sighted.count, "event"), host_name.empty() ? "" : " on " + host_name);
            for (std::size_t i = 0; i < sighted.places.size(); ++i) {
              description += (i == 0 ? ", in " : ", ") + sighted.places[i];
            }
            if (sighted.observables_left_out != 0) {
              description +=
                  fmt::format("; observables of {} left out", counted(sighted.observables_left_out, "event"));
            }
            json.member("description", description);
            if (sighted.first.known()) {
              json.member("first_seen", stix_time(sighted.first)).member("last_seen", stix_time(sighted.last));
            }
            json.key("count").number(count).member("sighting_of_ref", indicator_id);
            if (!observed_id.empty()) {
              json.key("observed_data_refs").begin_array().string(observed_id).end_array();
            }
            json.key("where_sighted_refs").begin_array().string(host_id).end_array();
          }));
      (void)sighting_id;
    }
    return {};
  }

  Result<void> notes() {
    for (const verdict::Verdict& verdict : report_.verdicts) {
      std::vector<std::string> refs;
      if (verdict.scope.empty() || verdict.scope == "*") {
        refs.push_back(tool_);
      } else {
        TRY(const std::string host_id, host(verdict.scope));
        refs.push_back(host_id);
      }
      std::set<std::string> weaknesses;
      for (const verdict::Stage& stage : verdict.stages) {
        if (const auto cve = cve_of(stage.weakness); cve && weaknesses.insert(*cve).second) {
          TRY(const std::string vulnerability, object("vulnerability", [&](JsonWriter& json) {
                json.member("name", *cve).key("external_references").begin_array();
                json.begin_object().member("source_name", "cve").member("external_id", *cve).end_object().end_array();
              }));
          refs.push_back(vulnerability);
        }
      }
      std::string content = verdict.because;
      for (const verdict::Stage& stage : verdict.stages) {
        content += fmt::format("\n{}: {}, {}",
                               stage.stage >= 0 ? fmt::format("{} {}", stage.stage, stage.name)
                                                : fmt::format("{} {}", stage.step, stage.name),
                               span_of(stage.first, stage.last), counted(stage.count, "event"));
      }
      for (const verdict::Need& need : verdict.needs) {
        if (!need.present) {
          content += "\nMissing: " + need.input;
        }
      }
      TRY(const std::string note, object("note", [&](JsonWriter& json) {
            json.member("abstract",
                        fmt::format("{}: {} ({})", scope_title(verdict.scope), verdict::state_text(verdict.state),
                                    verdict.title.empty() ? verdict.playbook : verdict.title));
            json.member("content", content.empty() ? std::string(state_title(verdict.state)) : content);
            json.key("object_refs").begin_array();
            for (const std::string& ref : refs) {
              json.string(ref);
            }
            json.end_array();
          }));
      (void)note;
    }
    if (left_out_ != 0) {
      TRY_VOID(object("note", [&](JsonWriter& json) {
        json.member("abstract", "Not everything is in this bundle");
        json.member("content", fmt::format("{} beyond the first {} sightings are left out; the other forms hold them.",
                                           counted(left_out_, "detection"), limits::report_sightings_max));
        json.key("object_refs").begin_array().string(tool_).end_array();
      }));
    }
    return {};
  }

  const Report& report_;
  const Sink& sink_;
  std::string created_;
  std::string tool_;
  std::string ids_;
  bool first_ = true;
  std::size_t observables_ = 0;
  std::uint64_t left_out_ = 0;  // detections beyond limits::report_sightings_max
  std::map<std::string, std::string> hosts_;
  std::map<std::pair<std::uint32_t, std::string>, Sighted> sighted_;
  std::map<std::uint32_t, std::string> indicators_;
  std::set<std::string> written_;
};

Result<void> write(const Report& report, const Sink& sink) { return Bundle(report, sink).write(); }

}  // namespace

extern const Output output_stix;
const Output output_stix = {".stix.json", "a STIX 2.1 bundle: indicators, sightings, observed data and notes",
                            "https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html", write};

}  // namespace tocsin::report
