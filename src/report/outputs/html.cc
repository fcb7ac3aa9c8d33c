// A self-contained HTML page: verdict, timeline, tables and single detections, for reading, handing over and printing.
//
// Nothing is loaded and nothing can be: the content security policy names the digests of the one style sheet and the
// one script and forbids all else. Verdict, timeline and tables are plain HTML; only the table of single detections,
// which may have 50,000 rows, is drawn by the script from a block of JSON.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/limits.h"
#include "report/each_detection.h"
#include "report/html/rows.h"
#include "report/html/sections.h"
#include "report/levels.h"
#include "report/report_json.h"
#include "report/words.h"
#include "trust/digest.h"

namespace tocsin::report {

namespace assets {
extern const std::string_view report_css;
extern const std::string_view report_js;
}  // namespace assets

namespace {

using html::Markup;

std::string worst_state(const Report& report) {
  const auto order = verdicts_by_severity(report);
  return order.empty() ? "hunt" : std::string(state_title(order.front()->state));
}

void head(Markup& page, const Report& report) {
  page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
  page.raw(trust::sha256_base64(assets::report_css))
      .raw("'; script-src 'sha256-")
      .raw(trust::sha256_base64(assets::report_js));
  page.raw("'; base-uri 'none'; form-action 'none'\">\n");
  page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  page.raw(
      "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
  page.text(worst_state(report) + " · Tocsin report")
      .raw("</title>\n<style>")
      .raw(assets::report_css)
      .raw("</style>\n</head>\n<body>\n");
}

void banner(Markup& page, const Report& report) {
  const Summary& summary = report.summary;
  page.raw(R"(<a class="skip" href="#verdicts">To the verdict</a>
<header class="top"><div class="brand"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 2.5c-.8 0-1.4.6-1.4 1.4v.7C7.5 5.3 5.5 8 5.5 11v4.3L3.8 18v1h16.4v-1l-1.7-2.7V11c0-3-2-5.7-5.1-6.4v-.7c0-.8-.6-1.4-1.4-1.4zM9.8 20.2a2.3 2.3 0 0 0 4.4 0z"/></svg>
<h1>Tocsin <span>hunt report</span></h1></div>
<p class="made">)");
  page.raw("<code>")
      .text(summary.command_line)
      .raw("</code> <span>")
      .text(summary.started)
      .raw("</span> <span>version ");
  page.text(summary.version).raw("</span></p>\n");
  page.raw(
      "<button type=\"button\" id=\"theme\" hidden>Dark</button></header>\n<nav aria-label=\"Sections\"><a "
      "href=\"#verdicts\">Verdict</a>");
  page.raw("<a href=\"#unchecked\">Not checked</a><a href=\"#timeline\">Timeline</a><a href=\"#rules\">Rules</a>");
  page.raw("<a href=\"#detections\">Detections</a><a href=\"#hosts\">Hosts</a><a href=\"#coverage\">Coverage</a>");
  page.raw("<a href=\"#about\">About</a></nav>\n<main>\n");
  if (summary.interrupted) {
    page.raw("<p class=\"banner\">The run was interrupted: this report holds what was found until then.</p>\n");
  }
}

void detection_section(Markup& page, std::uint64_t shown, std::uint64_t all) {
  page.raw(
      "<section id=\"detections\" aria-labelledby=\"detections-title\">\n<div class=\"head\"><h2 "
      "id=\"detections-title\">Detections <span class=\"dim\">");
  page.text(grouped(all)).raw("</span></h2></div>\n");
  if (shown < all) {
    page.raw("<p class=\"warn\">")
        .text(fmt::format(
            "{} of {} are listed here, the most severe first and some of every rule; all stand in the JSON forms.",
            grouped(shown), grouped(all)));
    page.raw("</p>\n");
  }
  page.raw(
      "<noscript><p class=\"warn\">Single detections are listed by a script. Everything else on this page works "
      "without it.</p></noscript>\n");
  page.raw("<div id=\"explorer\"></div>\n</section>\n");
}

// Rules in the data block, only those with rows.
void append_rules(std::string& out, const Report& report, const std::vector<std::int64_t>& fired) {
  out += '[';
  bool first = true;
  for (std::size_t i = 0; i < report.rules.size(); ++i) {
    if (fired[i] < 0) {
      continue;
    }
    const RuleRef& rule = report.rules[i];
    out += first ? "[" : ",\n[";
    first = false;
    html::append_script_json_string(out, rule.title.empty() ? rule.id : rule.title);
    out += ',' + std::to_string(level_rank(rule.level)) + ',';
    html::append_script_json_string(out, rule.id);
    out += ']';
  }
  out += ']';
}

Result<void> write(const Report& report, const Sink& sink) {
  // First pass: the picture, and which rows there will be.
  std::vector<std::uint64_t> quotas = html::row_quotas(report);
  std::vector<std::int64_t> fired(report.rules.size(), -1);
  std::vector<html::Mark> marks;
  std::uint64_t all = 0, shown = 0, unmarked = 0;
  {
    std::vector<std::uint64_t> left = quotas;
    TRY_VOID(for_each_detection(report, [&](const Detection& detection) -> Result<void> {
      ++all;
      if (marks.size() < limits::report_marks_max) {
        marks.push_back(
            {detection.event.time, static_cast<std::uint8_t>(level_rank(rule_of(report, detection.rule).level))});
      } else {
        ++unmarked;
      }
      if (detection.rule < left.size() && left[detection.rule] != 0) {
        --left[detection.rule];
        ++shown;
        fired[detection.rule] = 0;
      }
      return {};
    }));
  }
  std::int64_t next = 0;
  for (std::int64_t& index : fired) {
    index = index < 0 ? -1 : next++;
  }

  Markup page;
  head(page, report);
  banner(page, report);
  html::verdicts(page, report);
  html::unchecked(page, report);
  html::figures(page, report);
  html::timeline(page, report, marks, unmarked);
  marks = {};
  html::rules(page, report, fired);
  TRY_VOID(sink(page.take()));
  detection_section(page, shown, all);
  html::correlations(page, report);
  html::hosts(page, report);
  html::coverage(page, report);
  html::about(page, report);
  page.raw("</main>\n<script type=\"application/json\" id=\"data\">{\"rules\":");
  append_rules(page.buffer(), report, fired);
  page.raw(",\n\"rows\":[");
  TRY_VOID(sink(page.take()));

  html::Texts hosts, sources, channels;
  bool first = true;
  TRY_VOID(for_each_detection(report, [&](const Detection& detection) -> Result<void> {
    if (detection.rule >= quotas.size() || quotas[detection.rule] == 0) {
      return {};
    }
    --quotas[detection.rule];
    page.raw(first ? "\n" : ",\n");
    first = false;
    html::append_row(page.buffer(), detection, fired[detection.rule], hosts, sources, channels);
    return sink(page.take());
  }));
  page.raw("\n],\n\"hosts\":");
  hosts.append_json(page.buffer());
  page.raw(",\n\"sources\":");
  sources.append_json(page.buffer());
  page.raw(",\n\"channels\":");
  channels.append_json(page.buffer());
  page.raw("}</script>\n<script>").raw(assets::report_js).raw("</script>\n</body>\n</html>\n");
  return sink(page.take());
}

}  // namespace

extern const Output output_html;
const Output output_html = {".html", "a self-contained page to read, hand over and print",
                            "https://html.spec.whatwg.org/", write};

}  // namespace tocsin::report
