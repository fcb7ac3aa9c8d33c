// LineFramer: cuts a byte source into blocks of whole lines, for every format whose record is a line.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/format.h"

namespace tocsin::ingest {

// LF ends a line (a CR before it belongs to the ending). UTF-16 (LE, BE, with or without BOM) and a UTF-8 BOM are
// recognised at the start of the input and converted, so that blocks are always UTF-8-ish bytes; offsets then count
// converted bytes and a note says so. A line longer than limits::record_bytes_max is skipped, counted as unreadable and
// noted with its number. The last line needs no LF. Not thread-safe.
class LineFramer : public Framer {
 public:
  explicit LineFramer(ByteSource& source, const DecodeOptions& options = {});
  Result<bool> next(Block& block) override;

 protected:
  // For formats with state: called in order for every line (without its ending). Returning true ends the block *before*
  // this line, so that the new block can start with another context; default: never.
  virtual bool starts_block(std::string_view line) {
    (void)line;
    return false;
  }
  // Called when a block is complete, to set block.context; default: nothing.
  virtual void finish(Block& block) { (void)block; }
  // True if starts_block must see every line; false lets the framer skip line by line work.
  bool sees_lines_ = false;

 private:
  enum class Encoding : unsigned char { unknown, bytes, utf16_le, utf16_be };
  Result<bool> fill();
  void append_converted(std::string_view bytes);

  ByteSource& source_;
  std::string pending_;       // bytes read and not yet handed out
  std::string carry_;         // an odd byte or half surrogate pair of UTF-16
  std::string buffer_;        // read buffer
  std::uint64_t offset_ = 0;  // of pending_[0]
  std::uint64_t line_ = 1;    // number of the first line in pending_
  Encoding encoding_ = Encoding::unknown;
  bool ended_ = false;
  std::optional<Error> failed_;  // a read error, returned once what came before has been handed out
  bool skipping_ = false;        // inside a line that is too long
  std::uint64_t unreadable_ = 0;
  std::vector<event::Note> notes_;
};

// Walks the lines of a block: bytes, offset, number.
class Lines {
 public:
  explicit Lines(const Block& block) : rest_(block.bytes), number_(block.first_record), offset_(block.offset) {}
  // False at the end. `line` is without its ending.
  bool next(std::string_view& line, std::uint64_t& number, std::uint64_t& offset);

 private:
  std::string_view rest_;
  std::uint64_t number_;
  std::uint64_t offset_;
};

}  // namespace tocsin::ingest
