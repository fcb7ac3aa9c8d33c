// CSV (RFC 4180): one row for each verdict, row of evidence, detection and correlation, for spreadsheets and timelines.
//
// A spreadsheet runs a cell that begins with = + - @ (also after blanks, also in their full-width forms), a tab or a
// line end as a formula. Such a cell gets an apostrophe in front: the value is the text after it. Control characters
// are shown as escapes, and a cell is cut at limits::report_csv_cell_bytes_max; the JSON forms hold every value whole.
#include <fmt/format.h>

#include <string>

#include "base/limits.h"
#include "base/text.h"
#include "report/detail.h"
#include "report/each_detection.h"
#include "report/report_json.h"
#include "report/visible.h"
#include "report/words.h"

namespace tocsin::report {
namespace {

constexpr std::string_view header =
    "type,time,level,title,rule_id,host,details,source,record,unit,offset,format,channel,tags,matched,fields,"
    "duplicates\r\n";

bool is_formula(std::string_view text) {
  if (text.starts_with('\t') || text.starts_with('\r') || text.starts_with('\n')) {
    return true;
  }
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) {
    return false;
  }
  const std::string_view rest = text.substr(begin);
  for (const std::string_view sign : {"=", "+", "-", "@", "＝", "＋", "－", "＠"}) {
    if (rest.starts_with(sign)) {
      return true;
    }
  }
  return false;
}

class Row {
 public:
  Row& text(std::string_view value) {
    std::string cell;
    if (is_formula(value)) {
      cell += '\'';
    }
    const std::string_view head = utf8_prefix(value, limits::report_csv_cell_bytes_max);
    for (std::size_t at = 0; at < head.size();) {
      const std::size_t begin = at;
      const char32_t c = next_code_point(head, at);
      if (c == U'\n' || c == U'\r' || c == U'\t') {
        cell += head[begin];
      } else if (c < 0x20 || c == 0x7F) {
        append_visible(cell, head.substr(begin, at - begin));
      } else {
        append_utf8(cell, c);
      }
    }
    if (head.size() < value.size()) {
      cell += "…";
    }
    separate();
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      line_ += cell;
      return *this;
    }
    line_ += '"';
    for (const char c : cell) {
      line_.append(c == '"' ? 2 : 1, c);
    }
    line_ += '"';
    return *this;
  }
  Row& number(std::uint64_t value) {
    separate();
    line_ += std::to_string(value);
    return *this;
  }
  Row& none(int count = 1) {
    for (int i = 0; i < count; ++i) {
      separate();
    }
    return *this;
  }
  std::string take() { return line_ + "\r\n"; }

 private:
  void separate() {
    if (!first_) {
      line_ += ',';
    }
    first_ = false;
  }
  std::string line_;
  bool first_ = true;
};

std::string joined(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) {
    out += (out.empty() ? "" : " ") + value;
  }
  return out;
}

std::string fields_json(const Detection& detection) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object();
  for (const auto& [name, values] : detection.fields) {
    json.key(name).begin_array();
    for (const std::string& value : values) {
      json.string(value);
    }
    json.end_array();
  }
  json.end_object();
  return out;
}

Result<void> write_verdicts(const Report& report, const Sink& sink) {
  for (const verdict::Verdict& verdict : report.verdicts) {
    Row row;
    row.text("verdict").none(2).text(verdict.playbook).none().text(verdict.scope);
    row.text(fmt::format("{}: {}", verdict::state_text(verdict.state), verdict.because)).none(10);
    TRY_VOID(sink(row.take()));
    for (const verdict::Stage& stage : verdict.stages) {
      const std::string name = stage.stage >= 0 ? fmt::format("{}: {} {}", verdict.playbook, stage.stage, stage.name)
                                                : fmt::format("{}: {} {}", verdict.playbook, stage.step, stage.name);
      for (const verdict::EventRef& event : stage.events) {
        Row evidence;
        evidence.text("evidence").text(rfc3339(event.time)).none().text(name).none().text(verdict.scope);
        evidence.text(event.what).text(event.source).number(event.record).text(event.unit).number(event.offset);
        evidence.none(6);
        TRY_VOID(sink(evidence.take()));
      }
    }
  }
  return {};
}

Result<void> write(const Report& report, const Sink& sink) {
  TRY_VOID(sink(header));
  TRY_VOID(write_verdicts(report, sink));
  TRY_VOID(for_each_detection(report, [&](const Detection& detection) -> Result<void> {
    const RuleRef& rule = rule_of(report, detection.rule);
    const EventRef& event = detection.event;
    std::string matched;
    for (const Matched& one : detection.matched) {
      matched += (matched.empty() ? "" : "\n") + one.field + (one.field.empty() ? "" : ": ") + one.value;
    }
    Row row;
    row.text("detection").text(rfc3339(event.time)).text(rule.level).text(rule.title).text(rule.id).text(event.host);
    row.text(detail_line(detection)).text(event.source).number(event.record).text(event.unit).number(event.offset);
    row.text(event.format).text(event.channel).text(joined(rule.tags)).text(matched).text(fields_json(detection));
    row.number(detection.duplicates);
    return sink(row.take());
  }));
  for (const CorrelationResult& correlation : report.correlations) {
    const RuleRef& rule = rule_of(report, correlation.rule);
    std::string detail = counted(correlation.count, "event");
    for (const auto& [name, value] : correlation.group) {
      detail += fmt::format(" · {}: {}", name, value);
    }
    Row row;
    row.text("correlation").text(rfc3339(correlation.first)).text(rule.level).text(rule.title).text(rule.id).none();
    row.text(detail).none(6).text(joined(rule.tags)).none(3);
    TRY_VOID(sink(row.take()));
  }
  return {};
}

}  // namespace

extern const Output output_csv;
const Output output_csv = {".csv", "a table of verdicts, evidence, detections and correlations for spreadsheets",
                           "https://www.rfc-editor.org/rfc/rfc4180", write};

}  // namespace tocsin::report
