#include "ingest/text/audit_record.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/text/key_values.h"
#include "ingest/text/log_time.h"

namespace tocsin::ingest {
namespace {

// The kernel writes enriched values behind this character.
constexpr char enriched_mark = '\x1d';

constexpr std::uint32_t x86_64 = 0xC000003E;
constexpr std::uint32_t aarch64 = 0xC00000B7;
struct NumberedSyscall {
  std::uint32_t machine;
  std::uint32_t number;
  std::string_view name;
};
constexpr auto syscalls = std::to_array<NumberedSyscall>({
#define SYSCALL(machine, number, name) {machine, number, name},
#include "ingest/text/syscalls.inc"
#undef SYSCALL
});

std::string_view syscall_name(std::string_view machine, std::string_view number) {
  std::uint32_t arch = machine == "c000003e" ? x86_64 : machine == "c00000b7" ? aarch64 : 0;
  const auto wanted = parse_uint64(number);
  if (arch == 0 || !wanted) {
    return {};
  }
  for (const NumberedSyscall& call : syscalls) {
    if (call.machine == arch && call.number == *wanted) {
      return call.name;
    }
  }
  return {};
}

int hex_digit(char c) {
  if (ascii_digit(c)) {
    return c - '0';
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// a0, a1 … of EXECVE.
bool is_argument(std::string_view key, std::string_view type) {
  return type == "EXECVE" && key.size() >= 2 && key.front() == 'a' &&
         key.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

// Fields whose value the kernel writes in hexadecimal when it holds blanks, quotes or control characters
// (audit_log_untrustedstring).
bool may_be_hex(std::string_view key, std::string_view type) {
  constexpr std::array<std::string_view, 22> keys = {
      "comm",     "exe",      "name", "path",  "proctitle",       "cmd",     "cwd", "data",
      "key",      "acct",     "file", "watch", "device",          "dir",     "grp", "ocomm",
      "old-disk", "new-disk", "vm",   "sw",    "invalid_context", "root_dir"};
  if (is_argument(key, type)) {
    return true;
  }
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool is_hex(std::string_view value) {
  return value.size() >= 2 && value.size() % 2 == 0 &&
         std::all_of(value.begin(), value.end(), [](char c) { return hex_digit(c) >= 0; });
}

// NUL parts the arguments in proctitle and \x01 the keys: both become blanks.
std::string_view from_hex(std::string_view value, Arena& arena) {
  char* out = arena.allocate(value.size() / 2);
  for (std::size_t i = 0; i + 1 < value.size(); i += 2) {
    const char c = static_cast<char>(hex_digit(value[i]) * 16 + hex_digit(value[i + 1]));
    out[i / 2] = c == '\0' || c == '\x01' ? ' ' : c;
  }
  std::string_view text(out, value.size() / 2);
  return valid_utf8(text) ? text : arena.copy(repair_utf8(text));
}

// "node=host type=X msg=audit(1615126350.123:456): " at the front of text, which it shortens.
struct Front {
  std::string_view node, type, stamp;
};
bool take_front(std::string_view& text, Front& front) {
  std::string_view rest = text;
  if (rest.starts_with("node=")) {
    const std::size_t blank = rest.find(' ');
    if (blank == std::string_view::npos) {
      return false;
    }
    front.node = rest.substr(5, blank - 5);
    rest.remove_prefix(blank + 1);
  }
  if (!rest.starts_with("type=")) {
    return false;
  }
  const std::size_t blank = rest.find(' ');
  if (blank == std::string_view::npos) {
    return false;
  }
  front.type = rest.substr(5, blank - 5);
  rest.remove_prefix(blank + 1);
  // The kernel's own ring buffer leaves out "msg=".
  rest.remove_prefix(rest.starts_with("msg=") ? 4 : 0);
  const std::size_t close = rest.substr(0, 64).find(')');
  if (!rest.starts_with("audit(") || close == std::string_view::npos) {
    return false;
  }
  front.stamp = rest.substr(0, close + 1);
  rest.remove_prefix(close + 1);
  // ausearch -i puts a blank before the colon.
  rest.remove_prefix(rest.starts_with(" :") ? 1 : 0);
  if (!rest.starts_with(':')) {
    return false;
  }
  rest.remove_prefix(1);
  text = rest;
  return true;
}

}  // namespace

AuditRecord::AuditRecord(event::FieldTable& fields, const DecodeOptions& options)
    : options_(options),
      fields_(fields),
      type_id_(fields_.id("type")),
      msg_id_(fields_.id("msg")),
      node_id_(fields_.id("node")),
      syscall_id_(fields_.id("SYSCALL")),
      command_line_id_(fields_.id("CommandLine")),
      image_id_(fields_.id("Image")),
      audit_(event::log_source("linux_auditd")),
      process_(event::log_source("linux_audit_process")) {}

bool AuditRecord::begins(std::string_view text) {
  Front front;
  return take_front(text, front);
}

bool AuditRecord::add(std::string_view text, event::EventBatch& batch) {
  Front front;
  if (!take_front(text, front)) {
    return false;
  }
  event::Event& event = batch.events.back();
  const std::string_view stamp = front.stamp.substr(6);
  if (const auto time = parse_epoch_seconds(stamp.substr(0, stamp.find_first_of(":)")))) {
    event.time = *time;
    event.assumed_zone = false;
  } else if (const auto local = parse_log_time(stamp.substr(0, stamp.rfind(':')))) {
    set_time(event, *local, options_);  // "03/07/2021 14:12:30.123" of ausearch -i
  }
  if (!front.node.empty()) {
    event.host = front.node;
    batch.add_field(node_id_, front.node);
  }
  batch.add_field(type_id_, front.type);
  batch.add_field(msg_id_, front.stamp);
  event.log_source = audit_;
  if (front.type == "SYSCALL") {
    last_stamp_ = front.stamp;
    last_exe_ = {};
  }
  command_.clear();
  last_argument_.clear();
  add_pairs(text, front.type, false, batch);
  if (front.type == "EXECVE" && !command_.empty()) {
    event.log_source = process_;
    const std::string_view command = batch.arena.copy(command_);
    batch.add_field(command_line_id_, command);
    const std::string_view first = command.substr(0, command.find(' '));
    if (last_stamp_ == front.stamp && !last_exe_.empty()) {
      batch.add_field(image_id_, last_exe_);
    } else if (first.starts_with('/')) {
      batch.add_field(image_id_, first);
    }
  }
  return true;
}

void AuditRecord::add_pairs(std::string_view text, std::string_view type, bool nested, event::EventBatch& batch) {
  std::string_view machine;
  std::string_view number;
  bool named = false;
  KeyValues pairs(text, enriched_mark);
  KeyValue pair;
  while (pairs.next(pair)) {
    if (batch.fields.size() - batch.events.back().field_begin >= limits::event_fields_max) {
      batch.note("records with too many fields: the rest stands only in the raw line");
      return;
    }
    if (pair.value == "(null)" && pair.quote == '\0') {
      continue;
    }
    std::string_view key = pair.key;
    if (type == "EXECVE") {
      // Long arguments come in pieces: a1_len=9000 a1[0]=… a1[1]=…; each piece is a value of a1.
      key = key.substr(0, key.find('['));
    }
    if (key == "arch") {
      machine = pair.value;
    } else if (key == "syscall") {
      number = pair.value;
    } else if (key == "SYSCALL") {
      named = true;
    }
    std::string_view value = pair.value;
    if (type == "PROCTITLE" && key == "proctitle" && pair.quote == '\0') {
      // The whole command line without quotes, as ausearch -i shows it.
      value = trim(text.substr(static_cast<std::size_t>(value.data() - text.data())));
    }
    if (pair.quote == '\0') {
      while (value.ends_with(',')) {
        value.remove_suffix(1);
      }
      if (may_be_hex(key, type) && is_hex(value)) {
        value = from_hex(value, batch.arena);
      }
    }
    batch.add_field(fields_.id(key), value);
    if (is_argument(key, type)) {
      // Pieces of one long argument follow each other without a gap.
      command_ += command_.empty() || last_argument_ == key ? "" : " ";
      command_ += value;
      last_argument_ = key;
    } else if (key == "exe" && type == "SYSCALL") {
      last_exe_ = value;
    }
    if (key == "msg" && pair.quote == '\'' && !nested) {
      add_pairs(value, type, true, batch);
    }
  }
  if (!named && !nested) {
    // Interpreted records have the name in place of the number.
    const std::string_view name =
        !number.empty() && ascii_alpha(number.front()) ? number : syscall_name(machine, number);
    if (!name.empty()) {
      batch.add_field(syscall_id_, name);
    }
  }
}

}  // namespace tocsin::ingest
