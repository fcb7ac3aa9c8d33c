// Predicates over Windows processes and services: numbers, targets of remote commands, places of service programs.
#include <algorithm>
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

// The other computer that a command names: "\\HOST …", "/node:HOST", "/s HOST", "-ComputerName HOST". Only the first.
void predicate_remote_target(const PredicateCall& call) {
  std::string_view rest = call.in(0);
  bool next_is_host = false;
  while (!rest.empty()) {
    std::string_view word = next_word(rest);
    if (word.empty()) {
      continue;
    }
    std::string_view host;
    if (next_is_host) {
      host = word;
    } else if (word.starts_with("\\\\") && !word.starts_with("\\\\.\\") && !word.starts_with("\\\\?\\")) {
      host = word.substr(2, word.find('\\', 2) == none ? none : word.find('\\', 2) - 2);
    } else if (ascii_istarts_with(word, "/node:")) {
      host = word.substr(6);
    }
    next_is_host = ascii_iequals(word, "/s") || ascii_iequals(word, "-ComputerName") || ascii_iequals(word, "-cn") ||
                   ascii_iequals(word, "-Target") || ascii_iequals(word, "-CimSession") ||
                   ascii_iequals(word, "-computer");
    if (host.starts_with("\\\\")) {
      host.remove_prefix(2);
    }
    host = host.substr(0, host.find_first_of(",\"'"));
    if (!host.empty() && host.front() != '-' && host.front() != '/') {
      const std::string name = short_host(host);
      if (name != "127.0.0.1" && name != "localhost" && name != "." && name != "::1") {
        call.out(0, name);
        return;
      }
    }
  }
}

// The program of a service or of a process that a service may have started, and where it lies.
void predicate_service_binary(const PredicateCall& call) {
  if (!call.has(0)) {
    return;
  }
  std::string path = ascii_lower(trim(call.in(0)));
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

// "sc stop X", "net stop X", "taskkill /im X", "Stop-Service X", "sc config X start= disabled".
void predicate_stopped_service(const PredicateCall& call) {
  std::string_view rest = call.in(0);
  std::string_view before;
  while (!rest.empty()) {
    const std::string_view word = next_word(rest);
    if (word.empty()) {
      continue;
    }
    const bool verb = ascii_iequals(word, "stop") || ascii_iequals(word, "/im") || ascii_iequals(word, "-im") ||
                      ascii_iequals(word, "Stop-Service") || ascii_iequals(word, "config") ||
                      ascii_iequals(word, "delete") || ascii_iequals(word, "/pid");
    if (verb) {
      std::string_view name = next_word(rest);
      while (name.starts_with('-') || name.starts_with('/')) {
        name = next_word(rest);
      }
      if (!name.empty()) {
        call.out(0, ascii_lower(name));
      }
      return;
    }
    before = word;
  }
}

}  // namespace tocsin::verdict
