// JsonValueFramer: cuts JSON arrays and JSON objects one after another into blocks of whole records, without parsing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/format.h"
#include "ingest/json/decoder.h"
#include "ingest/json/utf8_source.h"

namespace tocsin::ingest::json {

// A record is an element of a top-level array, a top-level value, or, with `wrapped`, an element of the array inside a
// top-level object that wraps_records() knows. Records count from 1 over the whole input; a broken one counts too.
//
// A record is broken where its brackets do not match, an object begins where a name must stand, or a line ends inside a
// string and the next begins an object. It costs only itself: reading goes on at the next plausible start, which is the
// object that showed the damage, else a line that begins an object with the indentation of the broken record. A record
// longer than limits::record_bytes_max is skipped the same way. Bytes read twice are bounded by rescan_bytes_max.
// UTF-16 is converted; offsets then count converted bytes.
class JsonValueFramer final : public Framer {
 public:
  JsonValueFramer(ByteSource& source, bool wrapped) : source_(source), wrapped_(wrapped) {}
  Result<bool> next(Block& block) override;

 private:
  static constexpr std::size_t rescan_bytes_max = std::size_t{64} << 20;
  static constexpr std::size_t lookahead_max = 256;
  static constexpr std::size_t damages_told_max = 20;

  enum class Level : std::uint8_t {
    outside,  // between records
    garbage,  // between records, in something that is no object
    record,
    wrapper,  // in an object around the array, behind that array
    seeking,  // behind a record that was too long
  };
  enum class Plausible : std::uint8_t { no, yes, unknown };

  // Advances pos_ until the block is full (true) or more bytes are needed (false).
  bool scan();
  bool scan_outside();
  Plausible skip_title();
  bool scan_record();
  bool scan_seeking();
  void begin_record();
  void end_record();
  // Gives up the open record and goes on at `resume`.
  void break_record(std::size_t resume, std::string_view why);
  // Where a line after the record's first begins an object with the record's indentation; npos if none before `end`.
  std::size_t next_line_start(std::size_t end) const;
  // Does an object begin at `at`, but for blanks (and a comma)? `start` receives its place.
  Plausible object_at(std::size_t at, std::size_t& start) const;
  bool open_wrapped_array();
  bool push(bool object);
  // The first few damages are told one by one, the rest only counted.
  void note_damage(std::string_view what);
  Result<bool> fill();
  void hand_out(Block& block);

  Utf8Source source_;
  bool wrapped_;
  std::string pending_;
  std::string buffer_;
  std::uint64_t offset_ = 0;  // of pending_[0] in the text
  std::size_t pos_ = 0;
  bool ended_ = false;
  bool noted_conversion_ = false;
  std::optional<Error> failed_;

  Level level_ = Level::outside;
  bool in_array_ = false;
  std::uint32_t wrapper_depth_ = 0;  // objects open around the array
  std::size_t column_ = 0;           // blanks since the line began
  bool line_is_blank_ = true;        // nothing else since then

  // Of the open record
  std::size_t record_begin_ = 0;
  std::size_t record_column_ = 0;
  bool record_begins_line_ = false;
  std::uint32_t depth_ = 0;
  std::uint64_t objects_ = 0;  // bit d: the container at depth d is an object; deeper ones are not checked
  bool in_string_ = false;
  char previous_ = 0;  // the last character that was neither blank nor inside a string
  std::size_t string_begin_ = 0, string_end_ = 0;
  std::uint32_t members_ = 0;         // strings met at depth 1, for wraps_records()
  std::uint32_t wrapping_depth_ = 0;  // depth up to which every object is a wrapper's

  // Of the block
  std::vector<RecordSpans::Span> spans_;  // begin relative to pending_, number absolute minus block_first_
  std::uint64_t number_ = 1;              // of the next record
  std::uint64_t block_first_ = 1;
  std::uint64_t unreadable_ = 0;
  std::vector<event::Note> notes_;
  std::size_t damages_ = 0;
  std::size_t rescanned_ = 0;
};

}  // namespace tocsin::ingest::json
