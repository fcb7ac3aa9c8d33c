// ATT&CK Navigator layer 4.5: the techniques of the rules that fired; score = how often, comment = which rules.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "report/attack_tags.h"
#include "report/report_json.h"
#include "report/words.h"

namespace tocsin::report {
namespace {

constexpr std::size_t rules_named_max = 20;

struct Technique {
  std::uint64_t score = 0;
  std::vector<std::string> rules;
  bool show_subtechniques = false;
};

Result<void> write(const Report& report, const Sink& sink) {
  std::map<std::string, Technique> techniques;
  for (const RuleTotal& total : report.totals) {
    const RuleRef& rule = rule_of(report, total.rule);
    for (const std::string& tag : rule.tags) {
      const auto id = technique_of(tag);
      if (!id) {
        continue;
      }
      Technique& technique = techniques[*id];
      technique.score += total.count;
      technique.rules.push_back(fmt::format("{} [{}] ×{}", rule.title, rule.level, total.count));
      if (id->size() > 5) {
        techniques[id->substr(0, 5)].show_subtechniques = true;
      }
    }
  }
  std::uint64_t highest = 1;
  for (const auto& [id, technique] : techniques) {
    highest = std::max(highest, technique.score);
  }

  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("name", "Tocsin hunt").key("versions").begin_object();
  json.member("navigator", "5.1.0").member("layer", "4.5").end_object().member("domain", "enterprise-attack");
  json.member("description", fmt::format("{} of {} in {}. {}", counted(report.summary.detections, "detection"),
                                         counted(report.totals.size(), "rule"), counted(report.summary.events, "event"),
                                         report.summary.command_line));
  json.key("sorting").number(3).key("hideDisabled").boolean(false);
  json.key("layout").begin_object().member("layout", "side").key("showName").boolean(true);
  json.key("showID").boolean(true).key("expandedSubtechniques").string("annotated").end_object();
  json.key("techniques").begin_array();
  for (const auto& [id, technique] : techniques) {
    json.begin_object().member("techniqueID", id);
    if (technique.score != 0) {
      std::string comment;
      for (std::size_t i = 0; i < std::min(technique.rules.size(), rules_named_max); ++i) {
        comment += (i == 0 ? "" : "\n") + technique.rules[i];
      }
      if (technique.rules.size() > rules_named_max) {
        comment += fmt::format("\nand {} more", technique.rules.size() - rules_named_max);
      }
      json.key("score").number(technique.score).member("comment", comment).key("enabled").boolean(true);
    }
    json.key("showSubtechniques").boolean(technique.show_subtechniques).end_object();
  }
  json.end_array().key("gradient").begin_object().key("colors").begin_array();
  json.string("#fff1e0").string("#f59e0b").string("#b91c1c").end_array();
  json.key("minValue").number(0).key("maxValue").number(highest).end_object();
  json.key("legendItems").begin_array().end_array();
  json.key("metadata").begin_array();
  json.begin_object().member("name", "tocsin").member("value", report.summary.version).end_object();
  json.end_array().end_object();
  out += '\n';
  return sink(out);
}

}  // namespace

extern const Output output_navigator;
const Output output_navigator = {
    ".navigator.json", "an ATT&CK Navigator layer of the techniques that were seen",
    "https://github.com/mitre-attack/attack-navigator/blob/master/layers/LAYERFORMATv4_5.md", write};

}  // namespace tocsin::report
