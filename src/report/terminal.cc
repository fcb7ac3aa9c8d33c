#include "report/terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "report/levels.h"
#include "report/report_json.h"
#include "report/terminal_page.h"
#include "report/words.h"

namespace tocsin::report {
namespace {

using verdict::State;
using verdict::Verdict;

// How much is shown of each kind before the rest is only counted (TerminalOptions::full shows all).
constexpr std::size_t stage_events_shown = 2;
constexpr std::size_t quiet_verdicts_shown = 6;
constexpr std::size_t hosts_shown = 15;
constexpr std::size_t rules_of_level_shown[6] = {5, 5, 10, 25, 50, 100};
constexpr std::size_t correlations_shown = 20;
constexpr std::size_t sources_shown = 12;
constexpr std::size_t listed_shown = 15;
constexpr std::size_t rules_named = 5;

Style state_style(State state) {
  switch (state) {
    case State::compromised:
      return Style::alarm;
    case State::attacked_no_sign_of_success:
      return Style::bold_yellow;
    case State::no_sign_in_covered_period:
      return Style::bold_green;
    case State::not_checkable:
      return Style::bold;
  }
  return Style::bold;
}

Style level_style(int rank) {
  switch (rank) {
    case 5:
      return Style::bold_red;
    case 4:
      return Style::red;
    case 3:
      return Style::yellow;
    case 2:
      return Style::cyan;
    default:
      return Style::dim;
  }
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

std::string subject(const Verdict& verdict) {
  return scope_title(verdict.scope) + " · " + (verdict.title.empty() ? verdict.playbook : verdict.title);
}

class Terminal {
 public:
  Terminal(const Report& report, const TerminalOptions& options)
      : report_(report), page_(options), full_(options.full) {}

  std::string render() {
    verdicts();
    unchecked();
    hosts();
    correlations();
    detections();
    coverage();
    hidden();
    summary();
    return page_.take();
  }

 private:
  std::size_t shown(std::size_t all, std::size_t most) const { return full_ ? all : std::min(all, most); }

  void rest(std::size_t all, std::size_t shown_count, std::string_view noun, std::size_t indent = 2) {
    if (shown_count < all) {
      page_.line(indent, {{fmt::format("… and {}", counted(all - shown_count, noun)), Style::dim}}, indent + 2);
    }
  }

  // ---- Verdicts ----------------------------------------------------------------------------------------------

  void verdicts() {
    const std::vector<const Verdict*> order = verdicts_by_severity(report_);
    if (order.empty()) {
      no_playbook();
      return;
    }
    // Quiet verdicts of many hosts share a line: a line each would push the answer off the screen.
    std::map<std::pair<std::string, State>, std::vector<const Verdict*>> quiet;
    for (const Verdict* verdict : order) {
      if (is_quiet(*verdict)) {
        quiet[{verdict->playbook, verdict->state}].push_back(verdict);
      }
    }
    std::vector<const Verdict*> blocks;
    for (const Verdict* verdict : order) {
      const auto group = quiet.find({verdict->playbook, verdict->state});
      const bool joined = !full_ && is_quiet(*verdict) && group->second.size() > quiet_verdicts_shown;
      if (joined && group->second.front() != verdict) {
        continue;
      }
      verdict_line(*verdict, joined ? group->second.size() : 1);
      if (!joined) {
        blocks.push_back(verdict);
      }
    }
    for (const Verdict* verdict : blocks) {
      verdict_block(*verdict, blocks.size() > 1 || report_.verdicts.size() > 1);
    }
  }

  void no_playbook() {
    const Summary& summary = report_.summary;
    if (summary.events == 0 && summary.outside_period != 0) {
      page_.line(
          0, {{"No event in the period", Style::bold_yellow},
              {fmt::format(": {} outside --since and --until. This says nothing about an attack.",
                           summary.outside_period == 1 ? "the only event lies"
                                                       : "all " + counted(summary.outside_period, "event") + " lie")}});
      return;
    }
    if (summary.events == 0) {
      page_.line(0, {{"Nothing was read", Style::bold_yellow},
                     {": no event in what was given. This says nothing about an attack."}});
      return;
    }
    if (summary.detections == 0 && report_.correlations.empty()) {
      page_.line(0, {{"No detections", Style::bold_green}, {" in " + counted(summary.events, "event") + "."}});
      return;
    }
    page_.line(0, {{found(), Style::bold}, {" in " + counted(summary.events, "event") + "."}});
  }

  // "12 detections of 3 rules and 1 correlation"; what there is none of is left out.
  std::string found() const {
    const auto fired = static_cast<std::size_t>(
        std::count_if(report_.totals.begin(), report_.totals.end(), [this](const RuleTotal& total) {
          return std::none_of(report_.correlations.begin(), report_.correlations.end(),
                              [&](const CorrelationResult& result) { return result.rule == total.rule; });
        }));
    std::string out;
    if (report_.summary.detections != 0) {
      out = counted(report_.summary.detections, "detection") + " of " + counted(fired, "rule");
    }
    if (!report_.correlations.empty()) {
      out += (out.empty() ? "" : " and ") + counted(report_.correlations.size(), "correlation");
    }
    return out;
  }

  void verdict_line(const Verdict& verdict, std::size_t joined) {
    std::vector<Cell> parts = {{upper(state_title(verdict.state)), state_style(verdict.state)}};
    if (joined > 1) {
      parts.push_back({"  " + counted(joined, "host"), Style::bold});
      parts.push_back({" · " + (verdict.title.empty() ? verdict.playbook : verdict.title)});
    } else {
      parts.push_back({"  " + scope_title(verdict.scope), Style::bold});
      parts.push_back({" · " + (verdict.title.empty() ? verdict.playbook : verdict.title)});
      if (!verdict.grade.empty() && verdict.grade != "none") {
        parts.push_back(
            {" · grade " + verdict.grade, state_style(verdict.state) == Style::alarm ? Style::bold_red : Style::bold});
      }
    }
    page_.line(0, parts, 2);
  }

  void verdict_block(const Verdict& verdict, bool named) {
    if (named) {
      if (verdict.state == State::no_sign_in_covered_period && verdict.stages.empty() && verdict.covered.empty() &&
          verdict.noted.empty() && verdict.because.empty()) {
        return;
      }
      page_.heading(subject(verdict));
    }
    if (!verdict.because.empty()) {
      page_.line(2, {{verdict.because}}, 2);
    }
    if (verdict.call_now) {
      page_.line(2, {{"Call your incident responders now.", Style::bold_red}}, 2);
    }
    stages(verdict);
    labelled("Clients", verdict.clients);
    labelled("Web shells", verdict.shells);
    covered(verdict);
    for (const verdict::Noted& noted : verdict.noted) {
      page_.line(2,
                 {{"Noted, not graded: ", Style::dim},
                  {noted.behaviour},
                  {fmt::format(" ({}): {}", counted(noted.count, "event"), noted.reason)}},
                 4);
    }
    for (const std::string& text : verdict.left_out) {
      page_.line(2, {{"Left out: ", Style::dim}, {text}}, 4);
    }
    if (!verdict.next_steps.empty()) {
      page_.line(2, {{"Next steps", Style::bold}});
      for (std::size_t i = 0; i < verdict.next_steps.size(); ++i) {
        page_.line(4, {{fmt::format("{}. ", i + 1)}, {verdict.next_steps[i]}}, 7);
      }
    }
  }

  void labelled(std::string_view label, const std::vector<std::string>& values) {
    if (values.empty()) {
      return;
    }
    const std::size_t count = shown(values.size(), listed_shown);
    std::vector<Cell> parts = {{std::string(label) + " ", Style::dim}};
    for (std::size_t i = 0; i < count; ++i) {
      parts.push_back({(i == 0 ? "" : ", ") + values[i]});
    }
    if (count < values.size()) {
      parts.push_back({fmt::format(" and {} more", grouped(values.size() - count)), Style::dim});
    }
    page_.line(2, parts, 4);
  }

  void stages(const Verdict& verdict) {
    for (const verdict::Stage& stage : verdict.stages) {
      const bool staged = stage.stage >= 0;
      const Style style =
          verdict.state == State::compromised && (stage.stage >= 2 || !staged) ? Style::bold_red : Style::bold;
      std::vector<Cell> parts = {
          {"● ", style},
          {staged ? fmt::format("{} {}", stage.stage, stage.name) : fmt::format("{}: {}", stage.step, stage.name),
           Style::bold},
          {"  " + span_of(stage.first, stage.last)},
          {"  " + counted(stage.count, "event"), Style::dim}};
      if (!stage.weakness.empty()) {
        parts.push_back({"  " + stage.weakness, Style::yellow});
      }
      page_.line(2, parts, 4, "│");
      const std::size_t count = shown(stage.events.size(), stage_events_shown);
      for (std::size_t i = 0; i < count; ++i) {
        const verdict::EventRef& event = stage.events[i];
        if (!event.what.empty()) {
          page_.cut_line(2, {event.what}, "│   ");
        }
        page_.cut_line(
            2, {place(event.source, event.record) + (event.client.empty() ? "" : "  from " + event.client), Style::dim},
            "│   ", true);
      }
      if (stage.count > count && count != 0) {
        page_.cut_line(2, {fmt::format("… and {} more", grouped(stage.count - count)), Style::dim}, "│   ");
      }
    }
  }

  void covered(const Verdict& verdict) {
    for (const verdict::Covered& covered : verdict.covered) {
      std::vector<Cell> parts = {
          {"Covered ", Style::dim},
          {covered.input + "  " + span_of(covered.from, covered.to)},
          {fmt::format("  {}, {}", counted(covered.files, "file"), counted(covered.rows, "row")), Style::dim}};
      for (const verdict::Period& period : covered.gaps) {
        parts.push_back({"  gap " + span_of(period.from, period.to), Style::yellow});
      }
      page_.line(2, parts, 4);
    }
    if (verdict.window.from.known() || verdict.window.to.known()) {
      page_.line(2, {{"Window ", Style::dim}, {span_of(verdict.window.from, verdict.window.to)}}, 4);
    }
  }

  // ---- What was not checked ------------------------------------------------------------------------------------

  void unchecked() {
    const Summary& summary = report_.summary;
    std::vector<std::vector<Cell>> lines;
    // The same missing input of many hosts is one line.
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> missing;
    for (const Verdict& verdict : report_.verdicts) {
      for (const verdict::Need& need : verdict.needs) {
        if (!need.present) {
          missing[{need.input, need.how}].push_back(subject(verdict));
        }
      }
      for (const verdict::Period& period : verdict.uncovered) {
        lines.push_back({{"not covered: ", Style::yellow},
                         {span_of(period.from, period.to)},
                         {" (" + subject(verdict) + ")", Style::dim}});
      }
    }
    for (const auto& [need, subjects] : missing) {
      const std::string who =
          subjects.size() == 1 ? subjects.front() : fmt::format("{} verdicts", grouped(subjects.size()));
      lines.push_back({{"missing: ", Style::yellow},
                       {need.first, Style::bold},
                       {need.second.empty() ? "" : " — " + need.second},
                       {" (" + who + ")", Style::dim}});
    }
    std::size_t skipped = 0;
    for (const SourceCoverage& source : report_.coverage) {
      if (source.skipped.empty()) {
        continue;
      }
      if (++skipped <= shown(report_.coverage.size(), listed_shown)) {
        lines.push_back({{"not read: ", Style::yellow}, {source.source}, {" — " + source.skipped, Style::dim}});
      }
    }
    if (!full_ && skipped > listed_shown) {
      lines.push_back({{fmt::format("not read: {} more", counted(skipped - listed_shown, "source")), Style::yellow}});
    }
    if (summary.unreadable != 0) {
      lines.push_back({{"unreadable: ", Style::yellow},
                       {counted(summary.unreadable, "record")},
                       {" (see the coverage)", Style::dim}});
    }
    std::map<std::string, std::size_t> kinds;
    for (const RuleProblem& problem : report_.rule_problems) {
      const std::size_t count = ++kinds[problem.kind];
      const bool named = problem.kind != "slow" && (full_ || (problem.kind != "no-reader" && count <= rules_named));
      if (named) {
        const std::string& name = !problem.title.empty() ? problem.title
                                  : !problem.id.empty()  ? problem.id
                                                         : problem.file;
        lines.push_back({{"rule " + problem.kind + ": ", Style::yellow}, {name}, {" — " + problem.reason, Style::dim}});
      }
    }
    for (const auto& [kind, count] : kinds) {
      if (full_ || kind == "slow") {
        continue;
      }
      if (kind == "no-reader") {
        lines.push_back({{counted(count, "rule") + " of log sources that have no reader yet", Style::dim}});
      } else if (count > rules_named) {
        lines.push_back({{fmt::format("rule {}: ", kind), Style::yellow}, {counted(count - rules_named, "more rule")}});
      }
    }
    if (summary.rules_without_input != 0) {
      lines.push_back(
          {{counted(summary.rules_without_input, "rule") + " had nothing to look at: no input of their log source",
            Style::dim}});
    }
    if (summary.interrupted) {
      lines.push_back({{"The run was interrupted: what came after was not read.", Style::bold_yellow}});
    }
    if (lines.empty()) {
      return;
    }
    page_.heading("What was not checked");
    for (std::vector<Cell>& line : lines) {
      line.insert(line.begin(), {"– "});
      page_.line(2, line, 4);
    }
  }

  // ---- Hosts, correlations, detections -------------------------------------------------------------------------

  void hosts() {
    if (report_.hosts.empty()) {
      return;
    }
    std::vector<const HostTotal*> order;
    for (const HostTotal& host : report_.hosts) {
      order.push_back(&host);
    }
    std::sort(order.begin(), order.end(), [](const HostTotal* a, const HostTotal* b) {
      for (int rank = 5; rank >= 0; --rank) {
        if (a->by_level[rank] != b->by_level[rank]) {
          return a->by_level[rank] > b->by_level[rank];
        }
      }
      return a->events != b->events ? a->events > b->events : std::less<>{}(a, b);
    });
    page_.heading(fmt::format("Hosts ({})", grouped(order.size())));
    std::vector<std::vector<Cell>> rows;
    const std::size_t count = shown(order.size(), hosts_shown);
    for (std::size_t i = 0; i < count; ++i) {
      const HostTotal& host = *order[i];
      std::vector<Cell> row = {{host.host.empty() ? "(no name)" : host.host}};
      for (int rank = 5; rank >= 2; --rank) {
        row.push_back({host.by_level[rank] == 0 ? "·" : grouped(host.by_level[rank]),
                       host.by_level[rank] == 0 ? Style::dim : level_style(rank)});
      }
      const std::uint64_t other = host.by_level[0] + host.by_level[1];
      row.push_back({other == 0 ? "·" : grouped(other), Style::dim});
      row.push_back({grouped(host.events)});
      row.push_back({short_span(host.first, host.last), Style::dim});
      rows.push_back(std::move(row));
    }
    page_.table({{"host", false, 12},
                 {"crit", true},
                 {"high", true},
                 {"med", true},
                 {"low", true},
                 {"info", true},
                 {"events", true},
                 {"first – last (UTC)"}},
                rows);
    rest(order.size(), count, "more host");
  }

  void correlations() {
    if (report_.correlations.empty()) {
      return;
    }
    page_.heading(fmt::format("Correlations ({})", grouped(report_.correlations.size())));
    const std::size_t count = shown(report_.correlations.size(), correlations_shown);
    for (std::size_t i = 0; i < count; ++i) {
      const CorrelationResult& result = report_.correlations[i];
      const RuleRef& rule = rule_of(report_, result.rule);
      page_.line(2,
                 {{rule.level + " ", level_style(level_rank(rule.level))},
                  {rule.title, Style::bold},
                  {"  " + counted(result.count, "event")},
                  {"  " + span_of(result.first, result.last), Style::dim}},
                 6);
      std::string group;
      for (const auto& [name, value] : result.group) {
        group += (group.empty() ? "" : " · ") + name + ": " + value;
      }
      if (!group.empty()) {
        page_.cut_line(6, {group});
      }
    }
    rest(report_.correlations.size(), count, "more correlation");
  }

  void detections() {
    if (report_.totals.empty()) {
      return;
    }
    page_.heading("Detections (" + found() + ")");
    std::vector<const RuleTotal*> by_level[6];
    std::uint64_t events[6] = {};
    for (const RuleTotal& total : report_.totals) {
      const auto rank = static_cast<std::size_t>(level_rank(rule_of(report_, total.rule).level));
      by_level[rank].push_back(&total);
      events[rank] += total.count;
    }
    for (std::size_t rank = 6; rank-- > 0;) {
      const auto& totals = by_level[rank];
      if (totals.empty()) {
        continue;
      }
      page_.line(
          2,
          {{upper(level_names[rank]), level_style(static_cast<int>(rank))},
           {fmt::format("  {}, {}", counted(totals.size(), "rule"), counted(events[rank], "event")), Style::dim}},
          4);
      const std::size_t count = shown(totals.size(), rules_of_level_shown[rank]);
      for (std::size_t i = 0; i < count; ++i) {
        const RuleTotal& total = *totals[i];
        const RuleRef& rule = rule_of(report_, total.rule);
        page_.line(4,
                   {{rule.title.empty() ? rule.id : rule.title, rank >= 4 ? Style::bold : Style::plain},
                    {fmt::format("  ×{}", grouped(total.count)), Style::bold},
                    {"  " + span_of(total.first, total.last), Style::dim}},
                   6);
        if (!total.example.empty()) {
          page_.cut_line(6, {total.example, Style::dim});
        }
      }
      if (count < totals.size()) {
        std::uint64_t left = 0;
        for (std::size_t i = count; i < totals.size(); ++i) {
          left += totals[i]->count;
        }
        page_.line(4,
                   {{fmt::format("… and {} with {} (all with --verbose, or in --out)",
                                 counted(totals.size() - count, "more rule"), counted(left, "event")),
                     Style::dim}},
                   6);
      }
    }
  }

  // ---- Coverage, noise, summary --------------------------------------------------------------------------------

  void coverage() {
    if (report_.coverage.empty()) {
      return;
    }
    page_.heading("Coverage");
    std::size_t read = 0;
    for (const SourceCoverage& source : report_.coverage) {
      read += source.skipped.empty() ? 1 : 0;
    }
    std::vector<std::vector<Cell>> rows;
    const auto row = [&](std::string name, std::string format, std::uint64_t bytes, std::uint64_t events,
                         std::uint64_t unreadable, Time first, Time last) {
      rows.push_back({{std::move(name)},
                      {std::move(format)},
                      {grouped(events)},
                      {unreadable == 0 ? "" : grouped(unreadable), Style::yellow},
                      {bytes_text(bytes), Style::dim},
                      {short_span(first, last), Style::dim}});
    };
    if (full_ || read <= sources_shown) {
      for (const SourceCoverage& source : report_.coverage) {
        if (source.skipped.empty()) {
          row(source.source, source.format, source.bytes, source.events, source.unreadable, source.first, source.last);
        }
      }
      page_.table({{"source", false, 16, true},
                   {"format", false, 10},
                   {"events", true},
                   {"unreadable", true},
                   {"size", true, 0, false, true},
                   {"first – last (UTC)"}},
                  rows);
    } else {
      struct Group {
        std::uint64_t files = 0, bytes = 0, events = 0, unreadable = 0;
        Time first, last;
      };
      std::map<std::string, Group> groups;
      for (const SourceCoverage& source : report_.coverage) {
        if (!source.skipped.empty()) {
          continue;
        }
        Group& group = groups[source.format];
        ++group.files;
        group.bytes += source.bytes;
        group.events += source.events;
        group.unreadable += source.unreadable;
        if (source.first.known() && (!group.first.known() || source.first < group.first)) {
          group.first = source.first;
        }
        group.last = std::max(group.last, source.last);
      }
      for (const auto& [format, group] : groups) {
        row(counted(group.files, "file"), format, group.bytes, group.events, group.unreadable, group.first, group.last);
      }
      page_.table({{"sources", false},
                   {"format"},
                   {"events", true},
                   {"unreadable", true},
                   {"size", true, 0, false, true},
                   {"first – last (UTC)"}},
                  rows);
    }
    notes();
  }

  void notes() {
    std::size_t all = 0;
    for (const SourceCoverage& source : report_.coverage) {
      for (const std::string& note : source.notes) {
        if (++all <= listed_shown || full_) {
          page_.line(2, {{"note: ", Style::yellow}, {note}, {" — " + source.source, Style::dim}}, 4);
        }
      }
    }
    rest(all, shown(all, listed_shown), "more note");
  }

  void hidden() {
    const Summary& summary = report_.summary;
    const bool any =
        std::any_of(summary.hidden.begin(), summary.hidden.end(), [](const auto& one) { return one.second != 0; });
    if (!any && summary.duplicates == 0) {
      return;
    }
    page_.heading("Hidden");
    for (const auto& [option, count] : summary.hidden) {
      if (count != 0) {
        page_.line(2, {{option + ": ", Style::dim}, {grouped(count)}}, 4);
      }
    }
    if (summary.duplicates != 0) {
      page_.line(
          2,
          {{counted(summary.duplicates, "detection")}, {" on records that were read before, counted once", Style::dim}},
          4);
    }
  }

  void summary() {
    const Summary& summary = report_.summary;
    page_.heading("Summary");
    labelled_line("Read", fmt::format("{}, {}, {}{}", counted(summary.sources_read, "source"),
                                      bytes_text(summary.bytes), counted(summary.events, "event"),
                                      summary.sources_skipped == 0
                                          ? ""
                                          : fmt::format("; {} not read", grouped(summary.sources_skipped))));
    labelled_line("Rules", fmt::format("{} loaded of {}; {} rejected, {} waiting, {} without input, {} hidden",
                                       grouped(summary.rules_loaded), grouped(summary.rules_given),
                                       grouped(summary.rules_rejected), grouped(summary.rules_waiting),
                                       grouped(summary.rules_without_input), grouped(summary.rules_hidden)));
    labelled_line("Lists", indicators_text(summary.indicators));
    labelled_line("YARA", yara_text(summary.yara));
    std::string packs;
    for (const Summary::Pack& pack : summary.packs) {
      packs += (packs.empty() ? "" : ", ") + pack.name + (pack.version.empty() ? "" : " " + pack.version) +
               (pack.sha256.empty() ? "" : " (sha256 " + pack.sha256.substr(0, 12) + "…)");
    }
    labelled_line("Packs", packs);
    if (summary.assumed_zone_events != 0) {
      labelled_line("Time zone", fmt::format("{} had no zone and were read as {} (--timezone changes that)",
                                             counted(summary.assumed_zone_events, "time"), summary.timezone));
    }
    labelled_line("Took", fmt::format("{}, {} of memory at most", duration_text(summary.seconds),
                                      bytes_text(summary.peak_rss_bytes)));
    const std::size_t notes = shown(summary.notes.size(), listed_shown);
    for (std::size_t i = 0; i < notes; ++i) {
      labelled_line("Note", summary.notes[i]);
    }
    rest(summary.notes.size(), notes, "more note");
    labelled_line("Tocsin", summary.version + (summary.started.empty() ? "" : " · started " + summary.started));
  }

  void labelled_line(std::string_view label, const std::string& text) {
    if (!text.empty()) {
      page_.line(2, {{fmt::format("{:<10}", label), Style::dim}, {text}}, 12);
    }
  }

  const Report& report_;
  Page page_;
  bool full_;
};

}  // namespace

std::string render_terminal(const Report& report, const TerminalOptions& options) {
  return Terminal(report, options).render();
}

}  // namespace tocsin::report
