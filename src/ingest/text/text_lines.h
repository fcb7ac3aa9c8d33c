// TextLines: walks the lines of a block as UTF-8, and says which line the end of the input may have cut.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "ingest/format.h"
#include "ingest/line_framer.h"
#include "ingest/text/codepage.h"

namespace tocsin::ingest {

struct TextLine {
  std::string_view text;  // UTF-8, without its ending; a view into the block or the arena
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  bool cut = false;  // the last of the input and without a line ending
};

class TextLines {
 public:
  TextLines(const Block& block, const Codepage& page, Arena& arena);
  bool next(TextLine& line);

 private:
  Lines lines_;
  std::uint64_t end_;  // offset behind the block where its last line has no ending, else never reached
  const Codepage& page_;
  Arena& arena_;
  bool ascii_;
};

// The code page of the options; windows-1252 where they name none that is known (the command line refuses those).
const Codepage& codepage_of(const DecodeOptions& options);

// True where no byte is above 0x7F. Cost: memory speed.
bool all_ascii(std::string_view text);

// Appends the event of a text record with what every text format sets.
event::Event& begin_text_event(event::EventBatch& batch, const TextLine& line, const event::LogSource* source);

}  // namespace tocsin::ingest
