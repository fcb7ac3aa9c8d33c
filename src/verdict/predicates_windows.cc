// Predicates over Windows processes and services: numbers, targets of remote commands, places of service programs.
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

#include "base/text.h"
#include "verdict/paths.h"
#include "verdict/predicates.h"

namespace tocsin::verdict {

namespace {

constexpr std::size_t none = std::string_view::npos;

// The next word of a command line; quotes join.
std::string_view next_word(std::string_view& rest) {
  while (!rest.empty() && ascii_space(rest.front())) {
    rest.remove_prefix(1);
  }
  if (rest.empty()) {
    return {};
  }
  std::size_t end = 0;
  if (rest.front() == '"') {
    end = rest.find('"', 1);
    const std::string_view word = rest.substr(1, end == none ? none : end - 1);
    rest.remove_prefix(end == none ? rest.size() : end + 1);
    return word;
  }
  while (end < rest.size() && !ascii_space(rest[end])) {
    ++end;
  }
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

}  // namespace

// Sysmon writes process ids in decimal, Security in hexadecimal.
void predicate_process_number(const PredicateCall& call) {
  if (const auto number = parse_uint64(call.in(0), true)) {
    call.out(0, std::to_string(*number));
  }
}

namespace {

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  return ascii_digit(c) ? c - '0' + 52 : c == '+' ? 62 : c == '/' ? 63 : -1;
}

// UTF-16 in base64, as PowerShell takes it; empty where it is something else.
std::string encoded_text(std::string_view word) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : word) {
    const int digit = base64_digit(c);
    if (digit < 0) {
      if (c == '=') {
        break;
      }
      return {};
    }
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((bits >> count) & 0xffU);
    }
  }
  std::string text;
  std::size_t zeros = 0;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    zeros += bytes[at + 1] == 0;
    // Only what a command is written in matters here.
    text += bytes[at + 1] == 0 && static_cast<unsigned char>(bytes[at]) < 0x80 ? bytes[at] : '?';
  }
  return zeros * 4 >= text.size() * 3 ? text : std::string{};
}

bool path_like(std::string_view word) {
  return word.find(":\\") != none || word.starts_with("\\\\") || word == "." || word == "..";
}

bool runs(std::string_view word) {
  static constexpr std::string_view kinds[] = {"exe", "dll", "bat", "cmd", "ps1", "vbs", "js",
                                               "hta", "scr", "com", "msi", "msp", "msu"};
  const std::string_view extension = extension_of(word);
  return std::any_of(std::begin(kinds), std::end(kinds),
                     [&](std::string_view kind) { return ascii_iequals(extension, kind); });
}

}  // namespace

// PowerShell's -EncodedCommand, however it is shortened: what it holds is said, too.
void predicate_encoded_command(const PredicateCall& call) {
  std::string_view rest = call.in(0);
  if (ascii_ifind(rest, " -e") == none && ascii_ifind(rest, " /e") == none) {
    return;
  }
  bool next_is_code = false;
  while (!rest.empty()) {
    const std::string_view word = next_word(rest);
    if (next_is_code && word.size() >= 16) {
      if (const std::string text = encoded_text(word); !text.empty()) {
        call.out(0, text);
        return;
      }
    }
    const std::string_view name = word.empty() ? word : word.substr(1);
    next_is_code = word.size() >= 2 && (word.front() == '-' || word.front() == '/') &&
                   (ascii_istarts_with("EncodedCommand", name) || ascii_iequals(name, "ec"));
  }
}

// The other computer that a command names: "\\\\HOST …", "/node:HOST", "/s HOST", "-ComputerName HOST", "@list". Only
// the first. Whether a file goes there or comes from there: where another path follows, it comes from there. And the
// last program that the command names.
void predicate_remote_target(const PredicateCall& call) {
  std::string_view rest = call.in(0);
  bool next_is_host = false;
  std::string target;
  std::string_view before, place, file;
  while (!rest.empty()) {
    const std::string_view word = next_word(rest);
    if (word.empty()) {
      continue;
    }
    if (!target.empty() && (word.front() == '&' || word.front() == '|' || word.front() == '>')) {
      break;
    }
    if (runs(word) && !before.empty()) {
      file = base_name(word);
    }
    if (!target.empty()) {
      if (place == "to" && path_like(word) && !ascii_iequals(before, "-Path") &&
          !ascii_iequals(before, "-LiteralPath")) {
        place = "from";
      }
      before = word;
      continue;
    }
    std::string_view host;
    bool in_path = false;
    if (next_is_host) {
      host = word;
    } else if (word.starts_with("\\\\") && !word.starts_with("\\\\.\\") && !word.starts_with("\\\\?\\")) {
      host = word.substr(2, word.find('\\', 2) == none ? none : word.find('\\', 2) - 2);
      in_path = word.find('\\', 2) != none;
    } else if (ascii_istarts_with(word, "/node:")) {
      host = word.substr(6);
    } else if (word.front() == '@' && word.size() > 3 && (ascii_iends_with(word, ".txt") || path_like(word))) {
      target = word;  // a list of hosts in a file
    }
    next_is_host = ascii_iequals(word, "/s") || ascii_iequals(word, "-ComputerName") || ascii_iequals(word, "-cn") ||
                   ascii_iequals(word, "-Target") || ascii_iequals(word, "-CimSession") ||
                   ascii_iequals(word, "-computer");
    if (host.starts_with("\\\\")) {
      host.remove_prefix(2);
    }
    while (!host.empty() && (host.front() == '"' || host.front() == '\'')) {
      host.remove_prefix(1);
    }
    host = host.substr(0, host.find_first_of(",\"'"));
    if (!host.empty() && host.front() != '-' && host.front() != '/') {
      const std::string name = short_host(host);
      if (name != "127.0.0.1" && name != "localhost" && name != "." && name != "::1") {
        target = name;
        const bool destination = ascii_iequals(before, "-Destination");
        const bool source = ascii_iequals(before, "-Path") || ascii_iequals(before, "-LiteralPath");
        place = !in_path ? "" : destination ? "destination" : source ? "from" : "to";
      }
    }
    before = word;
  }
  if (target.empty()) {
    return;
  }
  call.out(0, target);
  if (!place.empty()) {
    call.out(1, place);
  }
  if (!file.empty()) {
    call.out(2, ascii_lower(file));
  }
}

// The file's own name.
void predicate_path_name(const PredicateCall& call) { call.out(0, ascii_lower(base_name(call.in(0)))); }

// The program of a service or of a process that a service may have started, and where it lies.
void predicate_service_binary(const PredicateCall& call) {
  if (!call.has(0)) {
    return;
  }
  std::string path = ascii_lower(trim(call.in(0)));
  if (path.empty()) {
    return;
  }
  const auto replace = [&](std::string_view from, std::string_view to) {
    if (const std::size_t at = path.find(from); at != std::string::npos) {
      path.replace(at, from.size(), to);
    }
  };
  replace("%systemroot%", "c:\\windows");
  replace("%windir%", "c:\\windows");
  replace("\\systemroot\\", "c:\\windows\\");
  replace("%comspec%", "c:\\windows\\system32\\cmd.exe");
  replace("\\??\\", "");
  std::string_view rest = path;
  std::string program(next_word(rest));
  // An unquoted path may hold blanks: it ends with its ".exe".
  if (path.front() != '"' && !program.ends_with(".exe")) {
    if (const std::size_t end = path.find(".exe"); end != std::string::npos) {
      program = path.substr(0, end + 4);
    }
  }
  const std::string_view name = base_name(program);
  const std::string_view folder = folder_of(program);
  const auto below = [&](std::string_view part) { return folder.find(part) != none; };
  static constexpr std::string_view shells[] = {
      "cmd.exe", "powershell.exe", "pwsh.exe",    "rundll32.exe", "mshta.exe",
      "cmd",     "powershell",     "wscript.exe", "cscript.exe",  "regsvr32.exe"};
  std::string_view place = "elsewhere";
  if (std::find(std::begin(shells), std::end(shells), name) != std::end(shells)) {
    place = "shell";
  } else if (program.starts_with("\\\\")) {
    place = "share";
  } else if (folder.ends_with(":\\windows") || folder.ends_with(":\\winnt")) {
    place = "windows";
  } else if (below("\\system32") || below("\\syswow64") || below("\\winsxs") || below("\\servicing")) {
    place = "system";
  } else if (below("\\program files")) {
    place = "program-files";
  } else if (below("\\temp") || below("\\perflogs") || below("\\programdata") || below("\\users\\") ||
             below("$recycle.bin") || folder.size() == 2) {
    place = "writable";
  }
  call.out(0, name);
  call.out(1, place);
}

namespace {

// The first argument after one of the words; quotes and options are stepped over.
std::string argument_of(std::string_view rest, std::initializer_list<std::string_view> verbs) {
  while (!rest.empty()) {
    const std::string_view word = next_word(rest);
    if (!std::any_of(verbs.begin(), verbs.end(), [&](std::string_view verb) { return ascii_iequals(word, verb); })) {
      continue;
    }
    std::string_view name = next_word(rest);
    while (name.starts_with('-') || name.starts_with('/')) {
      name = next_word(rest);
    }
    return ascii_lower(name);
  }
  return {};
}

}  // namespace

// "sc stop X", "net stop X", "taskkill /im X", "Stop-Service X", "sc config X start= disabled", "wmic service where X".
void predicate_stopped_service(const PredicateCall& call) {
  std::string name = argument_of(call.in(0), {"stop", "/im", "-im", "Stop-Service", "config", "delete", "/pid"});
  if (name.empty() && ascii_ifind(call.in(0), "stopservice") != none) {
    name = argument_of(call.in(0), {"where"});
  }
  if (!name.empty()) {
    call.out(0, name);
  }
}

// "sc start X", "net start X", "Start-Service X", "Restart-Service X".
void predicate_started_service(const PredicateCall& call) {
  if (const std::string name = argument_of(call.in(0), {"start", "Start-Service", "Restart-Service"}); !name.empty()) {
    call.out(0, name);
  }
}

// "vssadmin resize shadowstorage … /maxsize=401MB": does the new size leave room for a copy? The tool takes nothing
// below 320 MB, ten parts of a hundred are the default; a gigabyte holds no copy of a disk in use.
void predicate_shadow_storage(const PredicateCall& call) {
  constexpr double ample_bytes = 1024.0 * 1024 * 1024;
  constexpr double ample_percent = 3;
  call.slots.any(call.inputs[0], [&](std::string_view value) {
    const std::size_t at = ascii_ifind(value, "maxsize");
    if (at == none) {
      return false;
    }
    std::string_view rest = value.substr(at + 7);
    rest.remove_prefix(std::min(rest.find_first_not_of("=: \"'"), rest.size()));
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789."), rest.size());
    const std::optional<double> number = parse_double(rest.substr(0, digits));
    if (!number) {
      return false;  // UNBOUNDED
    }
    rest.remove_prefix(digits);
    if (rest.starts_with('%')) {
      call.out(0, *number < ample_percent ? "small" : "ample");
      return true;
    }
    static constexpr std::string_view units = "bkmgtpe";
    const std::size_t unit = rest.empty() ? 0 : units.find(ascii_lower(rest.front()));
    double bytes = *number;
    for (std::size_t step = 0; unit != none && step < unit; ++step) {
      bytes *= 1024;
    }
    call.out(0, bytes < ample_bytes ? "small" : "ample");
    return true;
  });
}

}  // namespace tocsin::verdict
