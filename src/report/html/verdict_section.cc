#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "report/html/sections.h"
#include "report/words.h"

namespace tocsin::report::html {
namespace {

using verdict::State;
using verdict::Verdict;

constexpr std::size_t stage_events_listed = 50;
constexpr std::size_t supporting_listed = 10;
constexpr std::size_t quiet_verdicts_shown = 6;
constexpr std::size_t problems_listed = 200;
constexpr std::size_t overview_lines_of_state_max = 8;

std::string title_of(const Verdict& verdict) { return verdict.title.empty() ? verdict.playbook : verdict.title; }

void time_element(Markup& page, Time time) {
  if (time.known()) {
    page.raw("<time datetime=\"").text(rfc3339(time)).raw("\">").text(moment(time)).raw("</time>");
  } else {
    page.raw("<span class=\"dim\">not known</span>");
  }
}

void evidence_rows(Markup& page, const std::vector<verdict::EventRef>& events, std::size_t most,
                   std::string_view kind) {
  for (std::size_t i = 0; i < std::min(events.size(), most); ++i) {
    const verdict::EventRef& event = events[i];
    page.raw("<li class=\"").raw(kind).raw("\">");
    time_element(page, event.time);
    if (!event.client.empty()) {
      page.raw(" <span class=\"client\">").text(event.client).raw("</span>");
    }
    page.raw(" <span class=\"place\">").text(place(event.source, event.record)).raw("</span>");
    if (!event.what.empty()) {
      page.raw("<code class=\"what\">").text(event.what).raw("</code>");
    }
    page.raw("</li>\n");
  }
}

void stage(Markup& page, const verdict::Stage& stage, bool open) {
  page.raw("<li class=\"stage\"><details").raw(open ? " open" : "").raw("><summary><span class=\"number\">");
  page.text(stage.stage >= 0 ? std::to_string(stage.stage) : "•").raw("</span><span class=\"name\">").text(stage.name);
  page.raw("</span>");
  if (stage.stage < 0) {
    page.element("span", "tag", stage.step);
  }
  if (!stage.weakness.empty()) {
    page.element("span", "tag", stage.weakness);
  }
  page.raw("<span class=\"when\">").text(span_of(stage.first, stage.last)).raw("</span><span class=\"count\">");
  page.text(counted(stage.count, "event")).raw("</span></summary>\n<ul class=\"evidence\">\n");
  evidence_rows(page, stage.events, stage_events_listed, "event");
  const std::size_t shown = std::min(stage.events.size(), stage_events_listed);
  if (stage.count > shown) {
    page.raw("<li class=\"more\">")
        .text(fmt::format("and {} more (in the JSON forms up to 1,000)", grouped(stage.count - shown)));
    page.raw("</li>\n");
  }
  if (!stage.supporting.empty()) {
    page.raw("<li class=\"label\">The same requests in other logs</li>\n");
    evidence_rows(page, stage.supporting, supporting_listed, "event supporting");
  }
  page.raw("</ul></details></li>\n");
}

void list(Markup& page, std::string_view heading, const std::vector<std::string>& items, std::string_view tag) {
  if (items.empty()) {
    return;
  }
  page.raw("<div class=\"block\">").element("h4", "", heading).raw("<").raw(tag).raw(">");
  for (const std::string& item : items) {
    page.element("li", "", item);
  }
  page.raw("</").raw(tag).raw("></div>\n");
}

void facts(Markup& page, const Verdict& verdict) {
  page.raw("<div class=\"facts\">\n");
  list(page, "Next steps", verdict.next_steps, "ol");
  list(page, "Clients", verdict.clients, "ul");
  list(page, "Web shells", verdict.shells, "ul");
  if (!verdict.covered.empty() || verdict.window.from.known()) {
    page.raw("<div class=\"block\"><h4>Covered</h4><ul>");
    for (const verdict::Covered& covered : verdict.covered) {
      page.raw("<li>").element("strong", "", covered.input).raw(" ").text(span_of(covered.from, covered.to));
      page.raw(" <span class=\"dim\">")
          .text(counted(covered.files, "file") + ", " + counted(covered.rows, "row"))
          .raw("</span>");
      for (const verdict::Period& gap : covered.gaps) {
        page.raw(" <span class=\"warn\">gap ").text(span_of(gap.from, gap.to)).raw("</span>");
      }
      page.raw("</li>");
    }
    if (verdict.window.from.known()) {
      page.raw("<li><span class=\"dim\">Window of the attack</span> ")
          .text(span_of(verdict.window.from, verdict.window.to));
      page.raw("</li>");
    }
    page.raw("</ul></div>\n");
  }
  if (!verdict.needs.empty()) {
    page.raw("<div class=\"block\"><h4>Inputs</h4><ul class=\"needs\">");
    for (const verdict::Need& need : verdict.needs) {
      page.raw(need.present ? "<li class=\"have\"><span class=\"sign\">read</span> "
                            : "<li class=\"lack\"><span class=\"sign\">missing</span> ");
      page.element("strong", "", need.input);
      if (!need.present && !need.how.empty()) {
        page.raw(": ").text(need.how);
      }
      page.raw("</li>");
    }
    page.raw("</ul></div>\n");
  }
  if (!verdict.noted.empty()) {
    page.raw("<div class=\"block\"><h4>Noted, not graded</h4><ul>");
    for (const verdict::Noted& noted : verdict.noted) {
      page.raw("<li>")
          .element("strong", "", noted.behaviour)
          .text(" (" + counted(noted.count, "event") + "): " + noted.reason);
      page.raw("</li>");
    }
    page.raw("</ul></div>\n");
  }
  list(page, "Seen and left out", verdict.left_out, "ul");
  page.raw("</div>\n");
}

// One line for each verdict, or for each state and playbook where there are too many.
void overview(Markup& page, const std::vector<const Verdict*>& order) {
  std::map<std::pair<std::string, State>, std::size_t> counts;
  for (const Verdict* verdict : order) {
    ++counts[{verdict->playbook, verdict->state}];
  }
  page.raw("<ul class=\"overview\">\n");
  std::map<std::pair<std::string, State>, bool> done;
  for (const Verdict* verdict : order) {
    const std::size_t count = counts[{verdict->playbook, verdict->state}];
    const bool joined = count > overview_lines_of_state_max;
    if (joined && std::exchange(done[{verdict->playbook, verdict->state}], true)) {
      continue;
    }
    page.raw("<li class=\"")
        .raw(state_class(verdict->state))
        .raw("\"><span class=\"state\">")
        .text(state_title(verdict->state));
    page.raw("</span> ").element("strong", "", joined ? grouped(count) + " verdicts" : scope_title(verdict->scope));
    page.raw(" <span class=\"dim\">").text(title_of(*verdict));
    if (!joined && !verdict->grade.empty() && verdict->grade != "none") {
      page.text(" · grade " + verdict->grade);
    }
    page.raw("</span></li>\n");
  }
  page.raw("</ul>\n");
}

void card(Markup& page, const Verdict& verdict) {
  page.raw("<article class=\"verdict ").raw(state_class(verdict.state)).raw("\">\n<header><p class=\"state\">");
  page.text(state_title(verdict.state))
      .raw("</p><h3>")
      .text(scope_title(verdict.scope))
      .raw("</h3><p class=\"playbook\">");
  page.text(title_of(verdict));
  if (!verdict.grade.empty()) {
    page.text(" · grade ").element("strong", "", verdict.grade);
  }
  page.raw("</p></header>\n");
  if (verdict.call_now) {
    page.raw("<p class=\"call\">Call your incident responders now.</p>\n");
  }
  if (!verdict.because.empty()) {
    page.element("p", "because", verdict.because).raw("\n");
  }
  if (!verdict.stages.empty()) {
    page.raw("<ol class=\"stages\">\n");
    for (const verdict::Stage& one : verdict.stages) {
      stage(page, one, one.count <= 3 && verdict.stages.size() <= 8);
    }
    page.raw("</ol>\n");
  }
  facts(page, verdict);
  page.raw("</article>\n");
}

}  // namespace

void verdicts(Markup& page, const Report& report) {
  page.raw("<section id=\"verdicts\" aria-labelledby=\"verdicts-title\">\n<h2 id=\"verdicts-title\">Verdict</h2>\n");
  if (report.verdicts.empty()) {
    const Summary& summary = report.summary;
    if (summary.events == 0) {
      page.raw(
          "<article class=\"verdict unknown\"><header><p class=\"state\">Nothing was read</p></header>"
          "<p class=\"because\">No event in what was given. This says nothing about an attack.</p></article>\n");
    } else {
      page.raw(
          "<article class=\"verdict unknown\"><header><p class=\"state\">No playbook ran</p></header><p "
          "class=\"because\">");
      page.text(fmt::format("{} of {} in {}. Rules alone grade nothing: read the detections below.",
                            counted(summary.detections, "detection"), counted(report.totals.size(), "rule"),
                            counted(summary.events, "event")));
      page.raw("</p></article>\n");
    }
  }
  const std::vector<const Verdict*> order = verdicts_by_severity(report);
  if (order.size() > 1) {
    overview(page, order);
  }
  std::map<std::pair<std::string, State>, std::vector<const Verdict*>> quiet;
  for (const Verdict* verdict : order) {
    if (is_quiet(*verdict)) {
      quiet[{verdict->playbook, verdict->state}].push_back(verdict);
    }
  }
  for (const Verdict* verdict : order) {
    const auto group = quiet.find({verdict->playbook, verdict->state});
    if (!is_quiet(*verdict) || group->second.size() <= quiet_verdicts_shown) {
      card(page, *verdict);
      continue;
    }
    if (group->second.front() != verdict) {
      continue;
    }
    // Many quiet hosts: one card that names them all.
    page.raw("<article class=\"verdict ").raw(state_class(verdict->state)).raw("\">\n<header><p class=\"state\">");
    page.text(state_title(verdict->state)).raw("</p><h3>").text(counted(group->second.size(), "host"));
    page.raw("</h3><p class=\"playbook\">").text(title_of(*verdict)).raw("</p></header>\n");
    page.element("p", "because", verdict->because).raw("<details><summary>The hosts</summary><ul class=\"hosts\">");
    for (const Verdict* one : group->second) {
      page.element("li", "", scope_title(one->scope));
    }
    page.raw("</ul></details></article>\n");
  }
  page.raw("</section>\n");
}

void unchecked(Markup& page, const Report& report) {
  const Summary& summary = report.summary;
  Markup items;
  std::size_t count = 0;
  const auto item = [&](std::string_view kind, std::string_view what, std::string_view why) {
    ++count;
    items.raw("<li><span class=\"kind\">").text(kind).raw("</span> ").element("strong", "", what);
    if (!why.empty()) {
      items.raw(" <span class=\"why\">").text(why).raw("</span>");
    }
    items.raw("</li>\n");
  };
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> missing;
  for (const Verdict& verdict : report.verdicts) {
    for (const verdict::Need& need : verdict.needs) {
      if (!need.present) {
        missing[{need.input, need.how}].push_back(scope_title(verdict.scope) + ", " + title_of(verdict));
      }
    }
    for (const verdict::Period& period : verdict.uncovered) {
      item("not covered", span_of(period.from, period.to), scope_title(verdict.scope) + ", " + title_of(verdict));
    }
  }
  for (const auto& [need, who] : missing) {
    item("missing input", need.first,
         need.second + " (" + (who.size() == 1 ? who.front() : counted(who.size(), "verdict")) + ")");
  }
  for (const SourceCoverage& source : report.coverage) {
    if (!source.skipped.empty()) {
      item("not read", source.source, source.skipped);
    }
  }
  if (summary.unreadable != 0) {
    item("unreadable", counted(summary.unreadable, "record"), "see the coverage");
  }
  if (summary.interrupted) {
    item("interrupted", "The run was stopped", "what came after was not read");
  }
  std::size_t problems = 0;
  std::uint64_t no_reader = 0;
  for (const RuleProblem& problem : report.rule_problems) {
    if (problem.kind == "slow") {
      continue;
    }
    no_reader += problem.kind == "no-reader" ? 1 : 0;
    if (problem.kind == "no-reader" || ++problems > problems_listed) {
      continue;
    }
    item("rule " + problem.kind,
         !problem.title.empty() ? problem.title
         : !problem.id.empty()  ? problem.id
                                : problem.file,
         problem.reason);
  }
  if (problems > problems_listed) {
    item("rules", counted(problems - problems_listed, "more rule"), "named in the JSON forms");
  }
  if (no_reader != 0) {
    item("no reader yet", counted(no_reader, "rule"), "their log source has no reader; named in the JSON forms");
  }
  if (summary.rules_without_input != 0) {
    item("nothing to look at", counted(summary.rules_without_input, "rule"), "no input of their log source was given");
  }
  if (count == 0) {
    return;
  }
  page.raw(
      "<section id=\"unchecked\" aria-labelledby=\"unchecked-title\">\n<h2 id=\"unchecked-title\">What was not "
      "checked</h2>\n");
  page.raw("<ul class=\"unchecked\">\n").raw(items.take()).raw("</ul></section>\n");
}

}  // namespace tocsin::report::html
