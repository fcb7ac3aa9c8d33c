// The timeline picture: inline SVG with a lane for each verdict that has evidence and for each level with detections.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/html/sections.h"
#include "report/levels.h"
#include "report/words.h"

namespace tocsin::report::html {
namespace {

constexpr int width = 1120;
constexpr int label_width = 150;
constexpr int plot_width = width - label_width - 20;
constexpr int lane_height = 34;
constexpr int axis_height = 30;
constexpr int columns = 140;
constexpr std::size_t verdict_lanes_max = 8;

constexpr std::int64_t second = Time::ticks_per_second;
constexpr std::int64_t day = 86'400 * second;
constexpr auto steps = std::to_array<std::int64_t>(
    {second,        5 * second,    15 * second,     30 * second,     60 * second,     300 * second, 900 * second,
     1800 * second, 3600 * second, 10'800 * second, 21'600 * second, 43'200 * second, day,          2 * day,
     7 * day,       14 * day,      28 * day,        91 * day,        182 * day,       365 * day,    1'825 * day,
     9'125 * day,   36'500 * day,  365'000 * day,   1'825'000 * day});

struct Range {
  std::int64_t from = 0, to = 0;
  double x(std::int64_t ticks) const {
    return label_width + plot_width * (static_cast<double>(ticks - from) / static_cast<double>(to - from));
  }
  bool holds(std::int64_t ticks) const { return ticks >= from && ticks <= to; }
};

// The period of the picture. A few events with a wrong clock (1601, 2099) must not squeeze everything else into one
// column: at most 1 % at either end may fall outside when that makes the period ten times shorter.
Range period_of(const std::vector<Mark>& sorted, const std::vector<const verdict::Stage*>& stages) {
  Range range;
  bool any = false;
  const auto include = [&](std::int64_t ticks) {
    range.from = any ? std::min(range.from, ticks) : ticks;
    range.to = any ? std::max(range.to, ticks) : ticks;
    any = true;
  };
  if (!sorted.empty()) {
    const std::size_t cut = sorted.size() / 100;
    const std::int64_t first = sorted.front().time.ticks, last = sorted.back().time.ticks;
    const std::int64_t inner_first = sorted[cut].time.ticks, inner_last = sorted[sorted.size() - 1 - cut].time.ticks;
    const bool outliers = (last / 2 - first / 2) / 10 > (inner_last / 2 - inner_first / 2);
    include(outliers ? inner_first : first);
    include(outliers ? inner_last : last);
  }
  for (const verdict::Stage* stage : stages) {
    if (stage->first.known()) {
      include(stage->first.ticks);
      include(std::max(stage->first, stage->last).ticks);
    }
  }
  // A margin, and never less than ten seconds.
  const std::int64_t margin = std::max<std::int64_t>((range.to - range.from) / 60, 5 * second);
  range.from -= margin;
  range.to += margin;
  return range;
}

std::string tick_text(std::int64_t ticks, std::int64_t step) {
  const std::string text = moment(Time{ticks});
  if (step >= day) {
    return text.substr(0, 10);
  }
  return step >= 60 * second ? text.substr(5, 11) : text.substr(11);
}

void axis(Markup& page, const Range& range, int top, int bottom) {
  std::int64_t step = steps.back();
  for (const std::int64_t one : steps) {
    if ((range.to - range.from) / one < 8) {
      step = one;
      break;
    }
  }
  std::int64_t at = range.from - range.from % step;
  for (; at <= range.to; at += step) {
    if (at < range.from) {
      continue;
    }
    page.raw(fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>", range.x(at), top,
                         bottom));
    page.raw(fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{}\">{}</text>\n", range.x(at), bottom + 18,
                         tick_text(at, step)));
  }
}

void lane_label(Markup& page, int y, std::string_view text) {
  page.raw(fmt::format("<text class=\"lane\" x=\"{}\" y=\"{}\">", label_width - 12, y + lane_height / 2 + 4));
  // A name that is longer than the lane has room for is cut; the full one stands in the verdict.
  std::string shown = text.size() > 60 ? std::string(text.substr(0, 60)) : std::string(text);
  std::size_t count = 0, at = 0;
  for (; at < shown.size() && count < 19; ++at) {
    count += (static_cast<unsigned char>(shown[at]) & 0xC0) != 0x80 ? 1 : 0;
  }
  if (at < shown.size()) {
    shown = shown.substr(0, at - 1) + "…";
  }
  page.text(shown).raw("</text>\n");
}

void verdict_lane(Markup& page, const verdict::Verdict& verdict, const Range& range, int y) {
  lane_label(page, y, scope_title(verdict.scope));
  const int middle = y + lane_height / 2;
  double free_from = 0;
  for (const verdict::Stage& stage : verdict.stages) {
    if (!stage.first.known() || !range.holds(stage.first.ticks)) {
      continue;
    }
    const double x1 = range.x(stage.first.ticks);
    const double x2 = range.x(std::min(std::max(stage.first, stage.last).ticks, range.to));
    page.raw(fmt::format("<g class=\"mark {}\"><title>", state_class(verdict.state)));
    page.text(stage.stage >= 0 ? fmt::format("{} {}", stage.stage, stage.name) : stage.step + ": " + stage.name);
    page.text(", " + span_of(stage.first, stage.last) + ", " + counted(stage.count, "event")).raw("</title>");
    if (x2 - x1 > 1) {
      page.raw(fmt::format("<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>", x1, x2, middle, middle));
    }
    // Steps of an attack are seconds apart: numbers that would cover one another move to the right of their moment.
    const double x = std::max(x1, free_from);
    free_from = x + 18;
    if (x > x1) {
      page.raw(fmt::format("<line class=\"lead\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>", x1, x, middle + 11,
                           middle + 11));
    }
    page.raw(fmt::format("<circle cx=\"{:.1f}\" cy=\"{}\" r=\"8\"/>", x, middle));
    page.raw(fmt::format("<text x=\"{:.1f}\" y=\"{}\">", x, middle + 4));
    page.text(stage.stage >= 0 ? std::to_string(stage.stage) : stage.step.substr(0, 1)).raw("</text></g>\n");
  }
}

void level_lane(Markup& page, const std::vector<Mark>& marks, std::size_t rank, const Range& range, int y) {
  std::array<std::uint64_t, columns> counts{};
  for (const Mark& mark : marks) {
    if (mark.rank == rank && range.holds(mark.time.ticks)) {
      const double part =
          static_cast<double>(mark.time.ticks - range.from) / static_cast<double>(range.to - range.from);
      ++counts[std::min<std::size_t>(static_cast<std::size_t>(part * columns), columns - 1)];
    }
  }
  const std::uint64_t most = *std::max_element(counts.begin(), counts.end());
  lane_label(page, y, level_names[rank]);
  page.raw(fmt::format("<g class=\"bars {}\">\n", level_names[rank]));
  const double slot = static_cast<double>(plot_width) / columns;
  const auto span = static_cast<double>(range.to - range.from);
  for (std::size_t i = 0; i < columns; ++i) {
    if (counts[i] == 0) {
      continue;
    }
    // Logarithmic: one detection beside ten thousand must still be seen.
    const double part = std::log1p(static_cast<double>(counts[i])) / std::log1p(static_cast<double>(most));
    const double height = 4 + part * (lane_height - 10);
    const Time begin{range.from + static_cast<std::int64_t>(span * static_cast<double>(i) / columns)};
    const Time end{range.from + static_cast<std::int64_t>(span * static_cast<double>(i + 1) / columns)};
    page.raw(fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>",
                         label_width + slot * static_cast<double>(i), y + lane_height - 3 - height, slot - 1, height));
    page.text(span_of(begin, end) + ": " + grouped(counts[i]) + " " + std::string(level_names[rank]))
        .raw("</title></rect>\n");
  }
  page.raw("</g>\n");
}

}  // namespace

void timeline(Markup& page, const Report& report, std::vector<Mark>& marks, std::uint64_t left_out) {
  std::erase_if(marks, [](const Mark& mark) { return !mark.time.known(); });
  std::sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.time < b.time; });
  std::vector<const verdict::Verdict*> lanes;
  std::vector<const verdict::Stage*> stages;
  std::size_t verdicts_left_out = 0;
  for (const verdict::Verdict& verdict : report.verdicts) {
    const bool has_time = std::any_of(verdict.stages.begin(), verdict.stages.end(),
                                      [](const verdict::Stage& stage) { return stage.first.known(); });
    if (has_time && lanes.size() < verdict_lanes_max) {
      lanes.push_back(&verdict);
      for (const verdict::Stage& stage : verdict.stages) {
        stages.push_back(&stage);
      }
    } else if (has_time) {
      ++verdicts_left_out;
    }
  }
  if (marks.empty() && stages.empty()) {
    return;
  }
  const Range range = period_of(marks, stages);
  std::array<std::uint64_t, 6> by_level{};
  std::uint64_t outside = left_out;
  for (const Mark& mark : marks) {
    if (range.holds(mark.time.ticks)) {
      ++by_level[mark.rank];
    } else {
      ++outside;
    }
  }
  const auto level_lanes =
      std::count_if(by_level.begin(), by_level.end(), [](std::uint64_t count) { return count != 0; });
  const int height =
      static_cast<int>(lanes.size() + static_cast<std::size_t>(level_lanes)) * lane_height + axis_height + 8;

  page.raw(
      "<section id=\"timeline\" aria-labelledby=\"timeline-title\">\n<h2 id=\"timeline-title\">Timeline <span "
      "class=\"dim\">UTC</span></h2>\n");
  page.raw(fmt::format("<div class=\"scroll\"><svg class=\"timeline\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"",
                       width, height));
  page.text("Evidence and detections between " + moment(Time{range.from}) + " and " + moment(Time{range.to}))
      .raw("\">\n");
  int y = 4;
  const int bottom = height - axis_height;
  axis(page, range, y, bottom);
  for (const verdict::Verdict* verdict : lanes) {
    verdict_lane(page, *verdict, range, y);
    y += lane_height;
  }
  for (std::size_t rank = by_level.size(); rank-- > 0;) {
    if (by_level[rank] != 0) {
      level_lane(page, marks, rank, range, y);
      y += lane_height;
    }
  }
  page.raw(fmt::format("<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>", label_width,
                       label_width + plot_width, bottom, bottom));
  page.raw("\n</svg></div>\n<p class=\"dim\">Bar heights are logarithmic.");
  if (outside != 0) {
    page.text(" " + counted(outside, "detection") + " outside this period or without a place in the picture.");
  }
  if (verdicts_left_out != 0) {
    page.text(" " + counted(verdicts_left_out, "more verdict") + " with evidence above.");
  }
  page.raw("</p></section>\n");
}

}  // namespace tocsin::report::html
