#include "detect/derived_fields.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/text.h"

namespace tocsin::detect {
namespace {

using event::Value;
using event::ValueKind;

constexpr std::string_view user_sources[] = {"SubjectUserSid", "SubjectUserName", "SubjectDomainName",
                                             "TargetUserSid",  "TargetUserName",  "TargetDomainName"};
constexpr std::string_view path_sources[] = {"ObjectName", "ObjectValueName"};
constexpr std::string_view details_sources[] = {"NewValue", "NewValueType"};
constexpr std::string_view classic_sources[] = {"Message", "Data"};
constexpr std::string_view hash_sources[] = {"Hash", "Hashes"};

std::string_view text_of(const Value* value) { return value == nullptr ? std::string_view() : value->text; }

// Windows writes "-" for "none".
bool says_something(std::string_view text) { return !text.empty() && text != "-"; }

std::string_view join(std::initializer_list<std::string_view> pieces, Arena& arena) {
  std::size_t bytes = 0;
  for (const std::string_view piece : pieces) {
    bytes += piece.size();
  }
  if (bytes == 0) {
    return "";
  }
  char* const out = arena.allocate(bytes);
  std::size_t at = 0;
  for (const std::string_view piece : pieces) {
    piece.copy(out + at, piece.size());
    at += piece.size();
  }
  return {out, bytes};
}

// Services log on as themselves, but their events name the computer's account; Sysmon names the user.
std::string_view well_known(std::string_view sid) {
  constexpr std::array<std::array<std::string_view, 2>, 4> names{{{"S-1-5-18", "NT AUTHORITY\\SYSTEM"},
                                                                  {"S-1-5-19", "NT AUTHORITY\\LOCAL SERVICE"},
                                                                  {"S-1-5-20", "NT AUTHORITY\\NETWORK SERVICE"},
                                                                  {"S-1-5-7", "NT AUTHORITY\\ANONYMOUS LOGON"}}};
  for (const auto& [known, name] : names) {
    if (known == sid) {
      return name;
    }
  }
  return {};
}

void add_user(std::string_view sid, std::string_view name, std::string_view domain, Arena& arena,
              std::vector<std::string_view>& out) {
  if (const std::string_view known = well_known(sid); !known.empty()) {
    out.push_back(known);
  } else if (says_something(name)) {
    out.push_back(says_something(domain) ? join({domain, "\\", name}, arena) : name);
  }
}

bool cut_prefix(std::string_view& text, std::string_view prefix) {
  if (!ascii_istarts_with(text, prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

// Sysmon's names of the roots: HKLM, HKU, HKCR for the machine's classes, CurrentControlSet for numbered ones.
void add_registry_path(std::string_view key, std::string_view value, Arena& arena, std::vector<std::string_view>& out) {
  const std::string_view separator = value.empty() ? "" : "\\";
  out.push_back(value.empty() ? key : join({key, separator, value}, arena));
  std::string_view rest = key;
  if (cut_prefix(rest, "\\REGISTRY\\USER\\")) {
    out.push_back(join({"HKU\\", rest, separator, value}, arena));
    return;
  }
  if (!cut_prefix(rest, "\\REGISTRY\\MACHINE\\")) {
    return;
  }
  std::string_view below = rest;
  constexpr std::size_t digits = 3;
  if (cut_prefix(below, "SYSTEM\\ControlSet") && below.size() >= digits &&
      below.substr(0, digits).find_first_not_of("0123456789") == std::string_view::npos &&
      (below.size() == digits || below[digits] == '\\')) {
    out.push_back(join({"HKLM\\System\\CurrentControlSet", below.substr(digits), separator, value}, arena));
    return;
  }
  out.push_back(join({"HKLM\\", rest, separator, value}, arena));
  below = rest;
  if (cut_prefix(below, "SOFTWARE\\Classes\\")) {
    out.push_back(join({"HKCR\\", below, separator, value}, arena));
  }
}

std::string_view hexadecimal(std::uint64_t number, std::size_t digits, Arena& arena) {
  char* const out = arena.allocate(digits);
  for (std::size_t at = digits; at-- > 0; number /= 16) {
    out[at] = "0123456789abcdef"[number % 16];
  }
  return {out, digits};
}

// Security events write numbers in decimal and the type as a message number (or its English text).
void add_registry_details(std::string_view value, std::string_view type, Arena& arena,
                          std::vector<std::string_view>& out) {
  out.push_back(value);
  if (value.empty()) {
    out.emplace_back("(Empty)");
    return;
  }
  if (type == "%%1875" || ascii_iequals(type, "REG_BINARY")) {
    out.emplace_back("Binary Data");
    return;
  }
  const bool dword = type == "%%1876" || ascii_iequals(type, "REG_DWORD");
  const bool qword = type == "%%1883" || ascii_iequals(type, "REG_QWORD");
  const auto number = parse_uint64(value, true);
  if (!number) {
    return;
  }
  if (dword && *number <= ~std::uint32_t{0}) {
    out.push_back(join({"DWORD (0x", hexadecimal(*number, 8, arena), ")"}, arena));
  } else if (qword) {
    out.push_back(join({"QWORD (0x", hexadecimal(*number >> 32U, 8, arena), "-0x",
                        hexadecimal(*number & ~std::uint32_t{0}, 8, arena), ")"},
                       arena));
  }
}

// The value of `key=` at the start of an item.
void add_items(std::string_view text, std::string_view key, std::string_view separators,
               std::vector<std::string_view>& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    std::string_view item = trim(text.substr(0, end));
    if (item.size() > key.size() && item[key.size()] == '=' && ascii_istarts_with(item, key)) {
      out.push_back(item.substr(key.size() + 1));
      return;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

std::span<const std::string_view> sources(Derivation derivation) {
  switch (derivation) {
    case Derivation::subject_user:
    case Derivation::process_user:
      return user_sources;
    case Derivation::registry_path:
      return path_sources;
    case Derivation::registry_details:
      return details_sources;
    case Derivation::classic_powershell:
      return classic_sources;
    case Derivation::sysmon_hash:
      return hash_sources;
    case Derivation::position:
    case Derivation::none:
      break;
  }
  return {};
}

void derive(Derivation derivation, const DerivationInput& input, Arena& arena, std::vector<std::string_view>& out) {
  const auto text = [&](std::size_t at) { return text_of(input.values[at]); };
  switch (derivation) {
    case Derivation::process_user:
      // Since version 2 the event says under whom the new process runs: a null SID means the subject. Before, it does
      // not say.
      if (input.values[3] == nullptr && input.values[4] == nullptr) {
        return;
      }
      if (says_something(text(4)) || (!text(3).empty() && text(3) != "S-1-0-0")) {
        add_user(text(3), text(4), text(5), arena, out);
        return;
      }
      [[fallthrough]];
    case Derivation::subject_user:
      add_user(text(0), text(1), text(2), arena, out);
      return;
    case Derivation::registry_path:
      if (input.values[0] != nullptr && input.values[0]->kind != ValueKind::null) {
        // An empty name is the key's default value.
        const bool is_default = input.values[1] != nullptr && !says_something(text(1));
        add_registry_path(text(0), is_default ? "(Default)" : text(1), arena, out);
      }
      return;
    case Derivation::registry_details:
      if (input.values[0] != nullptr && input.values[0]->kind != ValueKind::null) {
        add_registry_details(text(0), text(1), arena, out);
      }
      return;
    case Derivation::classic_powershell:
      for (const Value* packed : input.packed) {
        add_items(packed->text, input.rule_field, "\n", out);
      }
      if (input.packed.empty()) {
        add_items(text(0), input.rule_field, "\n", out);
      }
      return;
    case Derivation::sysmon_hash:
      for (const Value* packed : input.packed) {
        add_items(packed->text, input.rule_field, ",", out);
      }
      if (input.packed.empty()) {
        add_items(text(0), input.rule_field, ",", out);
      }
      return;
    case Derivation::position:
      if (input.position < input.packed.size() && input.packed[input.position]->kind != ValueKind::null) {
        out.push_back(input.packed[input.position]->text);
      }
      return;
    case Derivation::none:
      return;
  }
}

}  // namespace tocsin::detect
