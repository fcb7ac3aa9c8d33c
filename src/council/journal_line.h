// Journal line: how a consultation's journal stands on disk: JSON lines that are only ever added, each with a checksum
// that also covers the line before, so that a torn end is told from damage in the middle.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::council {

enum class RecordKind : std::uint8_t {
  item,         // {"item":"<id>"}: whose journal this is
  roster,       // the roster as JSON
  signed_here,  // an own entry, written before it left
  held,         // any other entry
  text,         // {"lang":…,"text":…}: one language version of a draft, or an annex ("annex")
  manifest,     // {"annexes":[…],"texts":[…]}: what a draft's hash is the hash of
  key,          // a key document (docs/signatures.md)
  place,        // {"place":…}: on which machine and in which folder the journal lives
  broken,       // {"since":"<time>","why":…}: from here on the own chain may be longer than what is held
  reading,      // {"by":…,"made":"<time>"}: this witness has shown what it holds of the own chain since then
  paper,        // what somebody laid beside the text (paper.h)
  policy,       // the own nation's order to pass (standing_policy.h); the last one holds
};
std::string_view text_of(RecordKind kind);

struct Record {
  RecordKind kind = RecordKind::held;
  std::string value;  // JSON without line ends
};

// The line with its line end; `chain` is the checksum of the line before ("" at the start) and becomes this one's.
std::string write_line(const Record& record, std::string& chain);

struct JournalReading {
  std::vector<Record> records;
  // Of the lines that are whole: what stands behind is the torn end of a write that never finished, and may be cut off.
  std::size_t whole_bytes = 0;
  bool torn = false;
  std::string chain;  // for the next line
  // Lines, from 1, whose checksum is wrong. Entries in them are given, since they prove themselves; nothing else is.
  std::vector<std::size_t> damaged;
  std::size_t last_damaged_record = 0;  // index into records before which the last damage stood
};
JournalReading read_journal(std::string_view text);

}  // namespace tocsin::council
