#include "report/html/rows.h"

#include <algorithm>
#include <functional>

#include "base/limits.h"
#include "report/detail.h"
#include "report/html/markup.h"
#include "report/levels.h"
#include "report/report_json.h"

namespace tocsin::report::html {
namespace {

void append_cut(std::string& out, std::string_view value) {
  const std::string_view head = utf8_prefix(value, limits::report_html_value_bytes_max);
  if (head.size() == value.size()) {
    append_script_json_string(out, value);
  } else {
    append_script_json_string(out, std::string(head) + "…");
  }
}

}  // namespace

std::vector<std::uint64_t> row_quotas(const Report& report) {
  std::vector<std::uint64_t> quotas(report.rules.size(), 0);
  std::uint64_t left = limits::report_detections_max;
  std::vector<const RuleTotal*> order;
  for (const RuleTotal& total : report.totals) {
    if (total.rule < quotas.size()) {
      order.push_back(&total);
    }
  }
  std::sort(order.begin(), order.end(), [&](const RuleTotal* a, const RuleTotal* b) {
    const int first = level_rank(rule_of(report, a->rule).level), second = level_rank(rule_of(report, b->rule).level);
    return first != second ? first > second : std::less<>{}(a, b);
  });
  const std::uint64_t share = std::min<std::uint64_t>(100, left / std::max<std::size_t>(order.size(), 1));
  for (const RuleTotal* total : order) {
    quotas[total->rule] = std::min(total->count, share);
    left -= quotas[total->rule];
  }
  for (const RuleTotal* total : order) {
    const std::uint64_t more = std::min(left, total->count - quotas[total->rule]);
    quotas[total->rule] += more;
    left -= more;
  }
  return quotas;
}

void Texts::append_json(std::string& out) const {
  out += '[';
  for (std::size_t i = 0; i < all_.size(); ++i) {
    out += i == 0 ? "" : ",";
    append_script_json_string(out, *all_[i]);
  }
  out += ']';
}

void append_row(std::string& out, const Detection& detection, std::int64_t rule, Texts& hosts, Texts& sources,
                Texts& channels) {
  const EventRef& event = detection.event;
  out += '[' + std::to_string(rule) + ",";
  append_script_json_string(out, rfc3339(event.time));
  out += ',' + std::to_string(hosts.index(event.host)) + ',' + std::to_string(sources.index(event.source)) + ',' +
         std::to_string(event.record) + ',' + std::to_string(channels.index(event.channel)) + ',';
  append_script_json_string(out, detail_line(detection, 300));
  out += ",[";
  for (std::size_t i = 0; i < detection.matched.size(); ++i) {
    const Matched& matched = detection.matched[i];
    out += i == 0 ? "[" : ",[";
    append_cut(out, matched.field);
    out += ',';
    append_cut(out, matched.value);
    out += ',';
    append_cut(out, matched.pattern);
    out += ']';
  }
  out += "],[";
  std::size_t bytes = 0;
  std::size_t written = 0;
  for (const auto& [name, values] : detection.fields) {
    if (bytes > limits::report_html_row_bytes_max) {
      out += ",[\"…\",[\"" + std::to_string(detection.fields.size() - written) + " more fields in the JSON forms\"]]";
      break;
    }
    const std::size_t before = out.size();
    out += written++ == 0 ? "[" : ",[";
    append_cut(out, name);
    out += ",[";
    for (std::size_t i = 0; i < std::min<std::size_t>(values.size(), 50); ++i) {
      out += i == 0 ? "" : ",";
      append_cut(out, values[i]);
    }
    out += "]]";
    bytes += out.size() - before;
  }
  out += "],";
  append_script_json_string(out, event.unit);
  out += ',' + std::to_string(event.offset) + ',' + std::to_string(detection.duplicates) + ',' +
         (event.recovered ? '1' : '0') + ']';
}

}  // namespace tocsin::report::html
