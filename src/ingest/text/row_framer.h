// RowFramer: cuts a byte source into blocks of whole CSV rows, for formats whose fields may hold line endings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ingest/line_framer.h"
#include "ingest/text/text_lines.h"
#include "wire/csv.h"

namespace tocsin::ingest {

// Encodings, over-long lines and numbering as in LineFramer. Not thread-safe.
class RowFramer : public Framer {
 public:
  RowFramer(ByteSource& source, const DecodeOptions& options, wire::CsvShape shape)
      : shape_(shape), lines_(source, options) {}
  Result<bool> next(Block& block) final;

 protected:
  // Called for the first line of every row (without its ending) before the row is cut out, `first` where the block
  // holds no row yet. May change shape_ and what finish() will set. Returning true where `first` is false ends the
  // block before this row; the row is then shown once more, with `first`, so nothing must be changed.
  virtual bool starts_block(std::string_view line, bool first) = 0;
  // Called when a block is complete, to set block.context.
  virtual void finish(Block& block) = 0;

  wire::CsvShape shape_;

 private:
  Result<bool> refill(Block& block);

  LineFramer lines_;
  Block inner_;               // the next lines, when they do not follow pending_ without a gap
  std::string pending_;       // lines that are not handed out yet
  std::uint64_t offset_ = 0;  // of pending_[0]
  std::uint64_t line_ = 1;    // number of the first line of pending_
  bool whole_ = false;        // nothing follows pending_ directly
  bool waiting_ = false;      // inner_ holds lines behind a gap
  bool ended_ = false;
  std::optional<Error> failed_;  // a read error, returned once what came before has been handed out
};

// Walks the rows of a block that a RowFramer cut, as UTF-8.
class Rows {
 public:
  Rows(const Block& block, const wire::CsvShape& shape, const Codepage& page, Arena& arena);
  // False at the end. `row` has no line ending and the number of its first line; `end` says how the row ended.
  bool next(TextLine& row, wire::CsvEnd& end);

 private:
  std::string_view rest_;
  std::uint64_t number_;
  std::uint64_t offset_;
  wire::CsvShape shape_;
  const Codepage& page_;
  Arena& arena_;
  bool ascii_;
  bool ended_;  // the block ends with a line ending
};

}  // namespace tocsin::ingest
