// Page: lines of a given width with indents, styles, wrapped text and tables; the layout under terminal.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/terminal.h"
#include "report/visible.h"

namespace tocsin::report {

enum class Style : std::uint8_t {
  plain,
  bold,
  dim,
  red,
  bold_red,
  yellow,
  bold_yellow,
  green,
  bold_green,
  cyan,
  alarm
};

struct Cell {
  std::string text;
  Style style = Style::plain;
};

struct Column {
  std::string name;
  bool right = false;
  std::size_t shrink_to = 0;  // 0: never narrower than its widest cell
  bool path = false;          // keep the end when it is cut, not the beginning
  bool optional = false;      // left out where the table would not fit otherwise
};

class Page {
 public:
  explicit Page(const TerminalOptions& options);

  // All texts are raw: the page makes them visible (visible.h).
  void blank();
  void heading(std::string_view text);
  // Parts one after another on a line, wrapped at spaces below `hanging` columns where it is too long. `mark` stands
  // before the first part and takes part in no wrapping.
  void line(std::size_t indent, const std::vector<Cell>& parts, std::size_t hanging = 0,
            std::string_view rest_mark = {});
  // One line, cut with an ellipsis.
  void cut_line(std::size_t indent, const Cell& cell, std::string_view mark = {}, bool path = false);
  // A table, or one small block for each row where the width is not enough. Blank and "·" cells are left out of blocks.
  void table(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows, std::size_t indent = 2);

  std::size_t width() const { return width_; }
  std::string take() { return std::move(out_); }

 private:
  std::string show(std::string_view text) const { return visible(text, charset_); }
  std::string shorten(std::string_view shown, std::size_t columns, bool path) const;
  void put(Style style, std::string_view shown);
  void end_line();

  std::string out_;
  std::size_t width_;
  bool colour_;
  Charset charset_;
};

}  // namespace tocsin::report
