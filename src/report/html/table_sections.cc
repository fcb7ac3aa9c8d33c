#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "base/text.h"
#include "report/html/sections.h"
#include "report/levels.h"
#include "report/report_json.h"
#include "report/words.h"

namespace tocsin::report::html {
namespace {

constexpr std::size_t correlations_listed = 5'000;
constexpr std::size_t sources_listed = 20'000;

// A heading cell that a click sorts by; kind: text | number | rank (a number that is not shown).
void sort_head(Markup& page, std::string_view name, std::string_view kind) {
  page.raw("<th scope=\"col\" data-kind=\"").raw(kind).raw("\"").raw(kind == "number" ? " class=\"num\"" : "").raw(">");
  page.text(name).raw("</th>");
}

struct Head {
  std::string_view name, kind;
};

// The heading row of a table that open_section() began.
void sort_heads(Markup& page, std::initializer_list<Head> heads) {
  for (const Head& head : heads) {
    sort_head(page, head.name, head.kind);
  }
  page.raw("</tr></thead>\n<tbody>\n");
}

void number_cell(Markup& page, std::uint64_t value, std::string_view css_class = "num") {
  page.raw(fmt::format("<td class=\"{}\" data-sort=\"{}\">", value == 0 ? "num zero" : css_class, value));
  page.text(grouped(value)).raw("</td>");
}

void time_cell(Markup& page, Time time) {
  page.raw(fmt::format("<td class=\"time\" data-sort=\"{}\">", time.known() ? rfc3339(time) : ""));
  page.text(time.known() ? moment(time) : "").raw("</td>");
}

void level_cell(Markup& page, std::string_view level) {
  const int rank = level_rank(level);
  page.raw(
      fmt::format("<td data-sort=\"{}\"><span class=\"level {}\">", rank, level_names[static_cast<std::size_t>(rank)]));
  page.text(level.empty() ? "none" : level).raw("</span></td>");
}

void open_section(Markup& page, std::string_view id, std::string_view title, std::string_view count) {
  page.raw(
      fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<div class=\"head\"><h2 id=\"{0}-title\">", id));
  page.text(title).raw(" <span class=\"dim\">").text(count).raw("</span></h2>");
  page.raw(
      fmt::format("<label class=\"filter\"><span class=\"hide\">Filter {0}</span>"
                  "<input type=\"search\" data-filter=\"{0}-table\" placeholder=\"Filter\"></label></div>\n",
                  id));
  page.raw(fmt::format("<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{}-title\">", id));
  page.raw(fmt::format("<table id=\"{}-table\" class=\"sortable\">\n<thead><tr>", id));
}

void close_section(Markup& page) { page.raw("</tbody></table></div></section>\n"); }

}  // namespace

void figures(Markup& page, const Report& report) {
  const Summary& summary = report.summary;
  std::uint64_t by_level[6] = {};
  for (const RuleTotal& total : report.totals) {
    by_level[level_rank(rule_of(report, total.rule).level)] += total.count;
  }
  page.raw("<section class=\"figures\" aria-label=\"Figures\"><dl>\n");
  const auto figure = [&](std::string_view name, std::string_view value, std::string_view css_class) {
    page.raw("<div class=\"")
        .raw(css_class)
        .raw("\"><dt>")
        .text(name)
        .raw("</dt><dd>")
        .text(value)
        .raw("</dd></div>\n");
  };
  for (std::size_t rank = 6; rank-- > 2;) {
    figure(level_names[rank], grouped(by_level[rank]),
           std::string("level-") + std::string(level_names[rank]) + (by_level[rank] == 0 ? " zero" : ""));
  }
  figure("rules fired", grouped(report.totals.size()), "");
  figure("hosts", grouped(report.hosts.size()), "");
  figure("events read", grouped(summary.events), "");
  figure("sources", grouped(summary.sources_read), "");
  figure("read", bytes_text(summary.bytes), "");
  page.raw("</dl></section>\n");
}

void rules(Markup& page, const Report& report, const std::vector<std::int64_t>& fired_index) {
  open_section(page, "rules", "Rules that fired", grouped(report.totals.size()));
  sort_heads(
      page,
      {{"Level", "rank"}, {"Rule", "text"}, {"Events", "number"}, {"First (UTC)", "text"}, {"Last (UTC)", "text"}});
  for (const RuleTotal& total : report.totals) {
    const RuleRef& rule = rule_of(report, total.rule);
    page.raw("<tr>");
    level_cell(page, rule.level);
    page.raw("<td class=\"rule\"><details><summary>")
        .text(rule.title.empty() ? rule.id : rule.title)
        .raw("</summary><div class=\"more\">");
    if (!rule.description.empty()) {
      page.element("p", "", rule.description);
    }
    page.raw("<dl class=\"pairs\">");
    const auto pair = [&](std::string_view name, std::string_view value) {
      if (!value.empty()) {
        page.element("dt", "", name).element("dd", "", value);
      }
    };
    pair("Id", rule.id);
    pair("File", rule.file);
    pair("Status", rule.status);
    pair("Author", rule.author);
    std::string tags;
    for (const std::string& tag : rule.tags) {
      tags += (tags.empty() ? "" : ", ") + tag;
    }
    pair("Tags", tags);
    for (const std::string& ordinary : rule.false_positives) {
      pair("Ordinary explanation", ordinary);
    }
    for (const std::string& reference : rule.references) {
      page.raw("<dt>Reference</dt><dd>");
      const bool link = ascii_istarts_with(reference, "https://") || ascii_istarts_with(reference, "http://");
      if (link) {
        page.raw("<a rel=\"noreferrer noopener\" href=\"").text(reference).raw("\">").text(reference).raw("</a>");
      } else {
        page.text(reference);
      }
      page.raw("</dd>");
    }
    page.raw("</dl>");
    if (total.rule < fired_index.size() && fired_index[total.rule] >= 0) {
      page.raw(fmt::format("<button type=\"button\" class=\"show-rule\" data-rule=\"{}\">Show its detections</button>",
                           fired_index[total.rule]));
    }
    page.raw("</div></details>");
    if (!total.example.empty()) {
      page.element("code", "example", total.example);
    }
    page.raw("</td>");
    number_cell(page, total.count);
    time_cell(page, total.first);
    time_cell(page, total.last);
    page.raw("</tr>\n");
  }
  close_section(page);
}

void hosts(Markup& page, const Report& report) {
  if (report.hosts.empty()) {
    return;
  }
  open_section(page, "hosts", "Hosts", grouped(report.hosts.size()));
  sort_head(page, "Host", "text");
  for (std::size_t rank = 6; rank-- > 2;) {
    sort_head(page, level_names[rank], "number");
  }
  sort_heads(page, {{"Other", "number"}, {"Events", "number"}, {"First (UTC)", "text"}, {"Last (UTC)", "text"}});
  for (const HostTotal& host : report.hosts) {
    page.raw("<tr>").element("th", "host", host.host.empty() ? "(no name)" : host.host);
    for (std::size_t rank = 6; rank-- > 2;) {
      number_cell(page, host.by_level[rank], std::string("num has ") + std::string(level_names[rank]));
    }
    number_cell(page, host.by_level[0] + host.by_level[1]);
    number_cell(page, host.events);
    time_cell(page, host.first);
    time_cell(page, host.last);
    page.raw("</tr>\n");
  }
  close_section(page);
}

void correlations(Markup& page, const Report& report) {
  if (report.correlations.empty()) {
    return;
  }
  open_section(page, "correlations", "Correlations", grouped(report.correlations.size()));
  sort_heads(page, {{"Level", "rank"},
                    {"Rule", "text"},
                    {"Group", "text"},
                    {"Events", "number"},
                    {"First (UTC)", "text"},
                    {"Last (UTC)", "text"}});
  const std::size_t count = std::min(report.correlations.size(), correlations_listed);
  for (std::size_t i = 0; i < count; ++i) {
    const CorrelationResult& result = report.correlations[i];
    const RuleRef& rule = rule_of(report, result.rule);
    page.raw("<tr>");
    level_cell(page, rule.level);
    page.element("td", "rule", rule.title).raw("<td>");
    for (const auto& [name, value] : result.group) {
      page.raw("<div>").element("span", "dim", name).raw(" <code>").text(value).raw("</code></div>");
    }
    page.raw("</td>");
    number_cell(page, result.count);
    time_cell(page, result.first);
    time_cell(page, result.last);
    page.raw("</tr>\n");
  }
  close_section(page);
  if (count < report.correlations.size()) {
    page.element("p", "warn",
                 fmt::format("{} more stand in the JSON forms.", grouped(report.correlations.size() - count)));
  }
}

void coverage(Markup& page, const Report& report) {
  open_section(page, "coverage", "Coverage", counted(report.coverage.size(), "source"));
  sort_heads(page, {{"Source", "text"},
                    {"Format", "text"},
                    {"Events", "number"},
                    {"Unreadable", "number"},
                    {"Size", "number"},
                    {"First (UTC)", "text"},
                    {"Last (UTC)", "text"}});
  const std::size_t count = std::min(report.coverage.size(), sources_listed);
  for (std::size_t i = 0; i < count; ++i) {
    const SourceCoverage& source = report.coverage[i];
    page.raw(source.skipped.empty() ? "<tr>" : "<tr class=\"skipped\">")
        .raw("<td class=\"source\">")
        .text(source.source);
    if (!source.skipped.empty()) {
      page.raw("<div class=\"warn\">not read: ").text(source.skipped).raw("</div>");
    }
    for (const std::string& note : source.notes) {
      page.raw("<div class=\"note\">").text(note).raw("</div>");
    }
    if (!source.sha256.empty()) {
      page.raw("<div class=\"digest\">sha256 ").text(source.sha256).raw("</div>");
    }
    page.raw("</td>").element("td", "", source.format);
    number_cell(page, source.events);
    number_cell(page, source.unreadable, "num warn");
    page.raw(fmt::format("<td class=\"num\" data-sort=\"{}\">{}</td>", source.bytes, bytes_text(source.bytes)));
    time_cell(page, source.first);
    time_cell(page, source.last);
    page.raw("</tr>\n");
  }
  close_section(page);
  if (count < report.coverage.size()) {
    page.element("p", "warn",
                 fmt::format("{} more sources stand in the JSON forms.", grouped(report.coverage.size() - count)));
  }
}

void about(Markup& page, const Report& report) {
  const Summary& summary = report.summary;
  page.raw(
      "<section id=\"about\" aria-labelledby=\"about-title\">\n<h2 id=\"about-title\">How this report was "
      "made</h2>\n<dl class=\"pairs wide\">\n");
  const auto pair = [&](std::string_view name, std::string_view value, std::string_view css_class = "") {
    if (!value.empty()) {
      page.element("dt", "", name).element("dd", css_class, value).raw("\n");
    }
  };
  pair("Command", summary.command_line, "mono");
  pair("Tocsin", summary.version);
  pair("Started", summary.started);
  pair("Took",
       fmt::format("{}, {} of memory at most", duration_text(summary.seconds), bytes_text(summary.peak_rss_bytes)));
  pair(
      "Rules",
      fmt::format("{} loaded of {} given; {} rejected, {} waiting for lists, {} without matching input, {} hidden",
                  grouped(summary.rules_loaded), grouped(summary.rules_given), grouped(summary.rules_rejected),
                  grouped(summary.rules_waiting), grouped(summary.rules_without_input), grouped(summary.rules_hidden)));
  pair("Indicators", indicators_text(summary.indicators));
  pair("YARA", yara_text(summary.yara));
  for (const Summary::Pack& pack : summary.packs) {
    pair("Pack",
         fmt::format("{} {} ({}, {} entries) sha256 {}", pack.name, pack.version, pack.license, grouped(pack.count),
                     pack.sha256),
         "mono");
  }
  pair("Read",
       fmt::format("{}, {}, {}, {}; {} not read", counted(summary.sources_read, "source"), bytes_text(summary.bytes),
                   counted(summary.events, "event"), counted(summary.unreadable, "unreadable record"),
                   counted(summary.sources_skipped, "source")));
  if (summary.duplicates != 0) {
    pair("Duplicates",
         fmt::format("{} on records that were read before, counted once", counted(summary.duplicates, "detection")));
  }
  for (const auto& [option, hidden] : summary.hidden) {
    if (hidden != 0) {
      pair("Hidden", fmt::format("{}: {}", option, grouped(hidden)));
    }
  }
  if (summary.assumed_zone_events != 0) {
    pair("Time zone", fmt::format("{} had no zone and were read as {}", counted(summary.assumed_zone_events, "time"),
                                  summary.timezone));
  }
  for (const std::string& note : summary.notes) {
    pair("Note", note);
  }
  page.raw(
      "</dl>\n<p class=\"dim\">All times are UTC. Control and direction characters of the evidence are shown as "
      "escapes "
      "such as \\x1b or \\u{202e}. This file loads nothing from anywhere.</p></section>\n");
}

}  // namespace tocsin::report::html
