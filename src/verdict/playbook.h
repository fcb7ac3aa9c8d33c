// Playbook: one hunt as data: the logs it reads, the rows that are evidence, how rows join, and what they add up to.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "verdict/condition.h"
#include "verdict/predicates.h"
#include "verdict/slots.h"
#include "wire/yaml.h"

namespace tocsin::verdict {

// A kind of log, known by its content: Windows events by channel, provider and id; text logs by their columns.
struct LogKind {
  std::string name;
  std::vector<std::string> channels, providers;  // any of them; empty: any
  std::vector<std::uint32_t> ids;                // empty: any
  std::vector<std::string> formats;              // Format::name; empty: any
  std::vector<SlotId> has;                       // all of them
  Condition where;
  bool windows = false;
};

using KeyId = std::uint16_t;  // a name under carry:
using RowId = std::uint16_t;
inline constexpr std::uint16_t nothing = 0xffff;

// Another row near this one.
struct Neighbour {
  enum class Order : std::uint8_t { either, before, after };
  std::vector<RowId> rows;
  bool any_behaviour = false;  // instead of rows: any other behaviour of the ladder
  bool other_host = false;     // the other row's `target` names this row's host, or the reverse
  bool elsewhere = false;      // on any other host, named or not
  bool explained = false;      // the other row must be one that has an ordinary explanation
  bool evidence = false;       // the other row must be evidence itself, not support another
  struct Same {
    KeyId own, other;
  };
  std::vector<Same> same;
  std::int64_t within = 0;  // ticks; 0: any distance in time
  Order order = Order::either;
  std::size_t count = 1;
  KeyId distinct = nothing;  // count different values of this key
};

struct Explanation {
  std::string reason;
  Condition when;
  std::vector<Neighbour> beside;  // any of them
  bool alone = false;             // holds only while no other behaviour stands on the host within an hour
};

// What a row means when its condition holds.
struct RowCase {
  Condition when;
  int stage = -1;
  std::string weakness;
  bool succeeded = false;         // counts as success (state compromised)
  std::vector<Neighbour> beside;  // any of them; empty: none needed
};

struct Row {
  std::string name;
  std::vector<std::uint16_t> logs;
  Condition only;  // asked first, before anything is derived: cheap tests that most events fail
  std::vector<Derivation> derive;
  Condition where;
  std::vector<std::string> rules;  // Sigma rule ids that give this row too
  Condition never;                 // what is not this row, whoever says so
  struct Carry {
    KeyId key;
    SlotId slot;
  };
  std::vector<Carry> carry;
  std::optional<SlotId> time;                                       // a slot that holds the time instead of the event's
  std::vector<std::pair<std::string, std::optional<SlotId>>> what;  // text, then a slot
  std::vector<RowCase> cases;
  bool marks = false;                     // seeing it shows that the playbook's product is there
  std::string left_out;                   // what to say of rows that turn out to be no evidence
  std::vector<Neighbour> supports;        // the first that is found makes this row support that one's stage
  bool prefers_case = false;              // be evidence where a case holds, support otherwise
  bool witness = false;                   // never evidence: only there for others to be beside
  std::vector<Neighbour> beside, unless;  // any of them
  std::vector<Explanation> explain;
  // Ladder.
  std::string behaviour;
  std::size_t step = 0;
  bool company = false;
  std::optional<Neighbour> burst;  // enough without company
};

// A published list of addresses, names or hashes: it decides nothing, but a row of evidence that stands on it is worth
// more.
struct PublishedList {
  std::string label;
  SlotId shows = 0;  // the value to name
  Condition when;
};

// A log whose presence and period decide what may be claimed.
struct Input {
  std::string name, label, how;
  std::vector<std::uint16_t> logs;
  Condition only;  // as Row::only
  std::vector<Derivation> derive;
  Condition where;
  std::optional<SlotId> server;
  std::optional<SlotId> key;  // periods are kept for each value (builds)
  Condition mark;             // which of its rows show that the product is there
  bool marks = false;
  bool covers = false;  // its period is one of those that the covered period is cut from
  bool process = false, file = false, build = false;
};

// Words compared without regard to the case of A–Z.
class WordSet {
 public:
  WordSet() = default;
  explicit WordSet(std::vector<std::string> words);
  bool contains(std::string_view word) const;

 private:
  std::vector<std::string> words_;  // lower case, in order
};

// Counting of renamed files and notes (file_activity.h).
struct Spread {
  bool on = false;
  std::vector<std::uint16_t> logs;
  SlotId path = 0, image = 0, access = 0, share = 0;
  WordSet ordinary;   // extensions that ordinary files have
  WordSet documents;  // extensions of what people keep
  WordSet added;      // extensions that copies and packers put behind another
  WordSet notes, ordinary_notes;
  std::vector<std::string> note_words;
  std::size_t files = 0, folders = 0, note_folders = 0;
  std::int64_t within = 0;
  std::string rename_behaviour, note_behaviour;
  std::size_t step = 0;
  std::size_t plain_renames = 0;  // so many in one folder are noted
};

struct Playbook {
  enum class Form : std::uint8_t { stages, ladder };
  std::string name, title;
  Form form = Form::stages;
  SlotNames slots;
  Condition::Lists lists;
  std::vector<LogKind> logs;
  std::vector<Input> inputs;
  std::vector<Row> rows;
  std::vector<PublishedList> published;
  std::vector<std::string> keys;
  std::vector<std::string> stage_names;  // by number
  std::vector<std::string> steps;
  std::vector<std::string> fixed_builds;
  Time window_from, window_to_when_fixed;
  Spread spread;
  std::vector<std::string> next_steps;
  std::map<std::string, std::string, std::less<>> sentences;

  KeyId key(std::string_view name);  // adds it
  std::optional<KeyId> find_key(std::string_view name) const;
  std::optional<RowId> find_row(std::string_view name) const;
};

// `name` is the file's, for errors.
Result<Playbook> parse_playbook(std::string_view name, std::string_view yaml);

}  // namespace tocsin::verdict
