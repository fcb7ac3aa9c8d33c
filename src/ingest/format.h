// Format: a log format: how to recognise it, cut it into blocks of whole records, and decode a block into events.
//
// Reading runs in two steps so that one large file keeps all cores busy and still gives the same output for any number
// of threads:
//   Framer        one for an input, in order, cheap: finds record boundaries, keeps what later records depend on
//   (column headers) BlockDecoder  one for a thread and format: turns any block into events, knowing nothing but the
//   block
// Adding a format is one file in formats/ that defines `const Format format_x` and one line in formats.def.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/zone.h"
#include "event/event.h"

namespace tocsin::ingest {

// What a recogniser sees: the first bytes of the decompressed member, at most head_bytes of them.
inline constexpr std::size_t head_bytes = std::size_t{64} * 1024;
struct Head {
  std::string_view bytes;
  std::string_view name;  // path of the member; a hint to break ties, never a proof
  bool whole = false;     // bytes are all there is
};

// How sure a recogniser is. The highest wins; among equals, the earlier line of formats.def.
enum class Confidence : std::uint8_t { none = 0, fallback = 1, weak = 2, likely = 3, certain = 4 };

// What event.record counts (contract).
enum class Unit : std::uint8_t { line, record, row, offset };
std::string_view unit_text(Unit unit);

struct DecodeOptions {
  Zone zone;  // of times without one (--timezone)
  // UTC of a time that the log wrote without a zone. The event is then marked assumed_zone.
  Time to_utc(Time local) const { return zone.to_utc(local); }
  std::string zone_name = "UTC";  // as typed, for notes
  std::string codepage;           // of bytes that are neither UTF-8 nor UTF-16; empty: windows-1252
  bool raw = false;               // decode --raw: fields in the format's own shape where that differs
  std::int64_t modified_seconds =
      0;               // last write of the file in Unix seconds, 0 if not known: for times without a year
  std::string source;  // path of the member, for formats whose fields depend on it (Zeek stream names, syslog years)
};

// What the records of a block share and a decoder needs: e.g. the columns in force. Immutable.
struct BlockContext {
  virtual ~BlockContext() = default;
};

struct Block {
  std::string bytes;               // whole records
  std::uint64_t offset = 0;        // of bytes[0] in the decompressed member
  std::uint64_t first_record = 1;  // number of the first physical line, element or row in bytes (unit of the format)
  std::shared_ptr<const BlockContext> context;
  std::uint64_t unreadable = 0;  // records the framer had to skip before or in this block
  std::vector<event::Note> notes;
};

class Framer {
 public:
  virtual ~Framer() = default;
  // Fills `block` (its buffer is reused) and returns true, or false at the end. A damaged record is skipped and counted
  // in the block; an Error means that the rest of the input cannot be read at all: what came before stays valid.
  // Memory: at most limits::block_bytes + limits::record_bytes_max.
  virtual Result<bool> next(Block& block) = 0;
};

class BlockDecoder {
 public:
  virtual ~BlockDecoder() = default;
  // Appends the block's events, notes and count of unreadable records to `batch`, which the caller cleared. Never fails
  // as a whole: one bad record costs only itself. Views in the batch may point into the block.
  virtual void decode(const Block& block, event::EventBatch& batch) = 0;
};

struct Format {
  std::string_view name;  // as in --format and in outputs: "iis-w3c", "evtx"
  std::string_view doc;   // one line for people
  std::string_view spec;  // link to the published format
  Unit unit;
  Confidence (*recognise)(const Head& head);
  std::unique_ptr<Framer> (*open)(ByteSource& source, const DecodeOptions& options);
  std::unique_ptr<BlockDecoder> (*decoder)(event::FieldTable& fields, const DecodeOptions& options);
  bool named_by_first_line = false;  // the first line names the columns: without it nothing can be read
};

// The table of formats.def, in its order.
std::span<const Format* const> formats();
const Format* find_format(std::string_view name);
// The best format for this head, or nullptr (binary data that no reader knows). Where nothing better than `plain` fits,
// what follows the first line is asked as well: a damaged or foreign first line must not hide a log.
const Format* recognise(const Head& head);
// Would more bytes help? True for text that is `plain` so far and whose first line has no end in the head: read on to
// its end and head_bytes beyond it, then ask again.
bool wants_longer_head(const Head& head, const Format* found);

}  // namespace tocsin::ingest
