// Lines: a statement's file with its markup gone, each line knowing where it came from and what stood around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::speech {

struct Line {
  std::string text;        // characters folded (canonical.h), trimmed; empty: a blank line
  std::size_t number = 0;  // physical line of the file, from 1
  bool heading = false;    // marked as one (HTML h1–h6, title, Markdown #, a line all in bold)
};

// Something that was read and set aside, and why.
struct Dropped {
  std::size_t line = 0;
  std::string text;
  std::string reason;
};

struct Lines {
  std::vector<Line> lines;
  std::vector<Dropped> dropped;
  std::size_t dropped_total = 0;   // dropped keeps the first limits::dropped_lines_max
  std::string media;               // "text/plain" or "text/html"
  bool blocks_are_marked = false;  // paragraphs are known from markup, not guessed from line ends

  void drop(std::size_t line, std::string_view text, std::string_view reason);
};

// The lines of a file: HTML where the content says so, else text with what Markdown is in it taken away. UTF-8, or
// UTF-16 with a byte order mark; an HTML page may declare windows-1252 or ISO-8859-1.
// Errors: limit; encoding (with the offset); unknown_format for PDF and other binary content, with what to do.
Result<Lines> read_lines(std::string_view bytes);

// The two ways; `text` is UTF-8.
void append_text_lines(std::string_view text, Lines& out);
void append_html_lines(std::string_view text, Lines& out);

}  // namespace tocsin::speech
