#include "report/terminal_page.h"

#include <algorithm>
#include <numeric>

namespace tocsin::report {
namespace {

std::string_view sgr(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::red:
      return "\x1b[31m";
    case Style::bold_red:
      return "\x1b[1;31m";
    case Style::yellow:
      return "\x1b[33m";
    case Style::bold_yellow:
      return "\x1b[1;33m";
    case Style::green:
      return "\x1b[32m";
    case Style::bold_green:
      return "\x1b[1;32m";
    case Style::cyan:
      return "\x1b[36m";
    case Style::alarm:
      return "\x1b[1;97;41m";
  }
  return "";
}

constexpr std::size_t gap = 2;  // between columns

}  // namespace

Page::Page(const TerminalOptions& options)
    : width_(std::max<std::size_t>(options.width, 20)),
      colour_(options.colour),
      charset_(options.unicode ? Charset::unicode : Charset::ascii) {}

void Page::put(Style style, std::string_view shown) {
  if (shown.empty()) {
    return;
  }
  const std::string_view code = colour_ ? sgr(style) : std::string_view{};
  out_.append(code).append(shown);
  if (!code.empty()) {
    out_ += "\x1b[0m";
  }
}

void Page::end_line() {
  while (!out_.empty() && out_.back() == ' ') {
    out_.pop_back();
  }
  out_ += '\n';
}

void Page::blank() {
  if (!out_.empty() && !out_.ends_with("\n\n")) {
    out_ += '\n';
  }
}

void Page::heading(std::string_view text) {
  blank();
  line(0, {{std::string(text), Style::bold}});
}

std::string Page::shorten(std::string_view shown, std::size_t columns, bool path) const {
  if (display_width(shown) <= columns) {
    return std::string(shown);
  }
  const std::string ellipsis = show("…");
  const std::size_t mark = display_width(ellipsis);
  if (columns <= mark) {
    return std::string(cut_to_width(shown, columns).text);
  }
  if (!path) {
    return std::string(cut_to_width(shown, columns - mark).text) + ellipsis;
  }
  // The end of a path tells more than its beginning.
  std::size_t from = 0;
  const std::size_t total = display_width(shown);
  std::size_t dropped = 0;
  while (from < shown.size() && total - dropped > columns - mark) {
    const std::size_t begin = from;
    do {
      ++from;
    } while (from < shown.size() && (static_cast<std::uint8_t>(shown[from]) & 0xC0) == 0x80);
    dropped += display_width(shown.substr(begin, from - begin));
  }
  return ellipsis + std::string(shown.substr(from));
}

void Page::line(std::size_t indent, const std::vector<Cell>& parts, std::size_t hanging, std::string_view rest_mark) {
  indent = std::min(indent, width_ / 4);
  hanging = std::min(std::max(hanging, indent), width_ / 3);
  out_.append(indent, ' ');
  std::size_t column = indent;
  bool at_start = true;
  const auto wrap = [&] {
    end_line();
    const std::string mark = show(rest_mark);
    out_.append(indent, ' ').append(mark);
    const std::size_t used = indent + display_width(mark);
    out_.append(hanging > used ? hanging - used : 0, ' ');
    column = std::max(hanging, used);
    at_start = true;
  };
  for (const Cell& part : parts) {
    const std::string shown = show(part.text);
    std::string_view rest = shown;
    while (!rest.empty()) {
      // A word with the spaces before it.
      const std::size_t word_begin = rest.find_first_not_of(' ');
      if (word_begin == std::string_view::npos) {
        if (!at_start && column + rest.size() < width_) {
          put(part.style, rest);
          column += rest.size();
        }
        break;
      }
      const std::size_t word_end = std::min(rest.find(' ', word_begin), rest.size());
      std::string_view word = rest.substr(word_begin, word_end - word_begin);
      const std::size_t spaces = at_start ? 0 : word_begin;
      rest.remove_prefix(word_end);
      std::size_t columns = display_width(word);
      if (column + spaces + columns <= width_) {
        put(part.style, std::string(spaces, ' ') + std::string(word));
        column += spaces + columns;
        at_start = false;
        continue;
      }
      if (!at_start) {
        wrap();
      }
      while (columns > width_ - column) {
        const Cut cut = cut_to_width(word, width_ - column);
        if (cut.text.empty()) {
          break;
        }
        put(part.style, cut.text);
        word.remove_prefix(cut.text.size());
        columns -= cut.columns;
        if (!word.empty()) {
          wrap();
        }
      }
      put(part.style, word);
      column += columns;
      at_start = word.empty();
    }
  }
  end_line();
}

void Page::cut_line(std::size_t indent, const Cell& cell, std::string_view mark, bool path) {
  indent = std::min(indent, width_ / 4);
  const std::string shown_mark = show(mark);
  const std::size_t used = indent + display_width(shown_mark);
  out_.append(indent, ' ');
  put(Style::dim, shown_mark);
  put(cell.style, shorten(show(cell.text), width_ > used ? width_ - used : 1, path));
  end_line();
}

void Page::table(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows, std::size_t indent) {
  indent = std::min(indent, width_ / 4);
  const std::size_t count = columns.size();
  std::vector<std::size_t> widths(count);
  std::vector<std::vector<std::string>> shown(rows.size(), std::vector<std::string>(count));
  std::vector<bool> used(count, false);
  for (std::size_t c = 0; c < count; ++c) {
    widths[c] = display_width(columns[c].name);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      shown[r][c] = show(rows[r][c].text);
      widths[c] = std::max(widths[c], display_width(shown[r][c]));
      used[c] = used[c] || !shown[r][c].empty();
    }
  }
  const auto total = [&] {
    std::size_t sum = indent;
    for (std::size_t c = 0; c < count; ++c) {
      sum += used[c] ? widths[c] + gap : 0;
    }
    return sum - gap;
  };
  const auto fits_when_shrunk = [&] {
    std::size_t sum = indent;
    for (std::size_t c = 0; c < count; ++c) {
      sum += !used[c] ? 0 : gap + (columns[c].shrink_to == 0 ? widths[c] : std::min(widths[c], columns[c].shrink_to));
    }
    return sum - gap <= width_;
  };
  for (std::size_t c = count; c-- > 0 && !fits_when_shrunk();) {
    used[c] = used[c] && !columns[c].optional;
  }
  // The widest column that may shrink gives way first.
  while (total() > width_) {
    std::size_t widest = count;
    for (std::size_t c = 0; c < count; ++c) {
      if (used[c] && columns[c].shrink_to != 0 && widths[c] > columns[c].shrink_to &&
          (widest == count || widths[c] > widths[widest])) {
        widest = c;
      }
    }
    if (widest == count) {
      break;
    }
    --widths[widest];
  }
  if (total() > width_) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
      bool first = true;
      for (std::size_t c = 0; c < count; ++c) {
        if (shown[r][c].empty() || rows[r][c].text == "·") {
          continue;
        }
        const std::string label = first || columns[c].name.empty() ? "" : columns[c].name + " ";
        std::vector<Cell> parts;
        if (!label.empty()) {
          parts.push_back({label, Style::dim});
        }
        parts.push_back({rows[r][c].text, rows[r][c].style});
        line(first ? indent : indent + 2, parts, indent + 4);
        first = false;
      }
    }
    return;
  }
  const auto put_row = [&](auto&& text_of, auto&& style_of) {
    out_.append(indent, ' ');
    bool first = true;
    for (std::size_t c = 0; c < count; ++c) {
      if (!used[c]) {
        continue;
      }
      if (!first) {
        out_.append(gap, ' ');
      }
      first = false;
      const std::string text = shorten(text_of(c), widths[c], columns[c].path);
      const std::size_t pad = widths[c] - std::min(widths[c], display_width(text));
      out_.append(columns[c].right ? pad : 0, ' ');
      put(style_of(c), text);
      out_.append(columns[c].right ? 0 : pad, ' ');
    }
    end_line();
  };
  put_row([&](std::size_t c) { return show(columns[c].name); }, [](std::size_t) { return Style::dim; });
  for (std::size_t r = 0; r < rows.size(); ++r) {
    put_row([&](std::size_t c) { return shown[r][c]; }, [&](std::size_t c) { return rows[r][c].style; });
  }
}

}  // namespace tocsin::report
