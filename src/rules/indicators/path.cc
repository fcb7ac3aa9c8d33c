#include "rules/indicators/path.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::rules {
namespace {

struct Variable {
  std::string_view name, meaning;
};
// Folders that are the same on every Windows are written out; those of a user end in what is the same.
constexpr Variable variables[] = {{"%systemroot%", "windows"},
                                  {"%windir%", "windows"},
                                  {"%system%", "windows/system32"},
                                  {"%system32%", "windows/system32"},
                                  {"%programdata%", "programdata"},
                                  {"%allusersprofile%", "programdata"},
                                  {"%programfiles%", "program files"},
                                  {"%programfiles(x86)%", "program files (x86)"},
                                  {"%commonprogramfiles%", "program files/common files"},
                                  {"%appdata%", "appdata/roaming"},
                                  {"%localappdata%", "appdata/local"},
                                  {"%temp%", "temp"},
                                  {"%tmp%", "temp"},
                                  {"%public%", "users/public"},
                                  {"%systemdrive%", ""},
                                  {"%homedrive%", ""},
                                  {"%userprofile%", ""},
                                  {"%homepath%", ""}};

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

struct HiveName {
  std::string_view written, name;
};
constexpr HiveName hives[] = {{"hklm\\", "hklm"},
                              {"hkey_local_machine\\", "hklm"},
                              {"\\registry\\machine\\", "hklm"},
                              {"hkcu\\", "hkcu"},
                              {"hkey_current_user\\", "hkcu"},
                              {"hku\\", "hku"},
                              {"hkey_users\\", "hku"},
                              {"\\registry\\user\\", "hku"},
                              {"hkcr\\", "hkcr"},
                              {"hkey_classes_root\\", "hkcr"},
                              {"hkcc\\", "hkcc"},
                              {"hkey_current_config\\", "hkcc"}};

}  // namespace

void append_path_form(std::string_view text, std::string& out) {
  const std::size_t begin = out.size();
  fold_case_append(text, out);
  std::size_t write = begin;
  for (std::size_t i = begin; i < out.size(); ++i) {
    const char c = out[i] == '\\' ? '/' : out[i];
    if (c == '/' && write > begin && out[write - 1] == '/') {
      continue;
    }
    out[write++] = c;
  }
  out.resize(write);
}

bool canonical_path(std::string_view written, std::string& out) {
  for (const std::string_view prefix : {R"(\\?\)", R"(\??\)", R"(\\.\)"}) {
    if (written.starts_with(prefix)) {
      written.remove_prefix(prefix.size());
    }
  }
  if (written.size() > limits::indicator_path_bytes_max || has_control(written) ||
      written.find_first_of("\"<>|*?") != std::string_view::npos || hive_at(written).length != 0) {
    return false;
  }
  const bool from_end = written.starts_with('\\') || written.starts_with('~') || written.starts_with('%');
  std::string_view meaning;
  if (written.starts_with('%')) {
    const std::size_t end = written.find('%', 1);
    if (end == std::string_view::npos) {
      return false;
    }
    const std::string name = ascii_lower(written.substr(0, end + 1));
    const auto known = std::find_if(std::begin(variables), std::end(variables),
                                    [&](const Variable& variable) { return variable.name == name; });
    if (known == std::end(variables)) {
      return false;
    }
    meaning = known->meaning;
    written.remove_prefix(end + 1);
  } else if (written.starts_with('~')) {
    written.remove_prefix(1);
  }
  std::string form(meaning);
  if (!meaning.empty()) {
    form += '/';
  }
  append_path_form(written, form);
  std::string_view path = form;
  if (!meaning.empty() && path.substr(meaning.size()).starts_with("//")) {
    form.erase(meaning.size(), 1);
    path = form;
  }
  if (from_end && path.starts_with('/')) {
    path.remove_prefix(1);
  }
  while (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
  }
  const std::size_t last = path.rfind('/');
  if (last == std::string_view::npos || path.size() < 3 || path.size() > limits::indicator_path_bytes_max ||
      last + 1 == path.size()) {
    return false;
  }
  out.append(path);
  return true;
}

bool canonical_file_name(std::string_view written, std::string& out) {
  if (written.empty() || written.size() > 255 || has_control(written) ||
      written.find_first_of("\"<>|*?/\\:") != std::string_view::npos) {
    return false;
  }
  fold_case_append(written, out);
  return true;
}

bool is_word_byte(char c) {
  return ascii_alpha(c) || ascii_digit(c) || c == '_' || c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_dotted_word(std::string_view name) {
  if (name.empty() || name.size() > word_bytes_max || name.back() == '.' || name.back() == '-' ||
      !std::all_of(name.begin(), name.end(), is_word_byte)) {
    return false;
  }
  for (std::size_t at = 1; at + 1 < name.size(); ++at) {
    if (name[at] == '.' && name[at - 1] != '.' && name[at + 1] != '.') {
      return true;
    }
  }
  return false;
}

bool canonical_domain(std::string_view written, std::string& out) {
  if (written.ends_with('.')) {
    written.remove_suffix(1);
  }
  if (written.empty() || written.size() > 253) {
    return false;
  }
  std::size_t label = 0, labels = 1;
  bool letter = false;
  for (const char c : written) {
    if (c == '.') {
      if (label == 0) {
        return false;
      }
      ++labels;
      label = 0;
      letter = false;
      continue;
    }
    if (!is_word_byte(c) || ++label > 63) {
      return false;
    }
    letter = letter || !ascii_digit(c);
  }
  if (label == 0 || labels < 2 || !letter) {
    return false;
  }
  fold_case_append(written, out);
  return true;
}

Hive hive_at(std::string_view text) {
  for (const HiveName& hive : hives) {
    if (ascii_istarts_with(text, hive.written)) {
      return {hive.written.size(), hive.name};
    }
  }
  return {};
}

bool append_registry_form(std::string_view text, std::string& out) {
  const Hive hive = hive_at(text);
  if (hive.length == 0) {
    return false;
  }
  std::string_view rest = text.substr(hive.length);
  while (rest.starts_with('\\')) {
    rest.remove_prefix(1);  // escaped once more
  }
  std::string_view name = hive.name;
  if (name == "hku" && ascii_istarts_with(rest, "S-1-5-21-")) {
    const std::size_t end = rest.find('\\');
    const bool classes = ascii_iends_with(rest.substr(0, end), "_Classes");
    name = "hkcu";
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (classes) {
      out.append("hkcu/software/classes/");
      append_path_form(rest, out);
      return true;
    }
  }
  out.append(name) += '/';
  const std::size_t begin = out.size();
  append_path_form(rest, out);
  constexpr std::string_view set = "system/controlset";
  const std::string_view form = std::string_view(out).substr(begin);
  if (name == "hklm" && form.starts_with(set) && form.size() >= set.size() + 3 &&
      std::all_of(form.begin() + set.size(), form.begin() + set.size() + 3, ascii_digit) &&
      (form.size() == set.size() + 3 || form[set.size() + 3] == '/')) {
    out.replace(begin + 7, 13, "currentcontrolset");
  }
  return true;
}

bool canonical_registry_key(std::string_view written, std::string& out) {
  if (written.size() > limits::indicator_path_bytes_max || has_control(written)) {
    return false;
  }
  std::string form;
  if (!append_registry_form(written, form)) {
    return false;
  }
  while (form.ends_with('/')) {
    form.pop_back();
  }
  // A hive, or one folder in it, would be found everywhere.
  if (std::count(form.begin(), form.end(), '/') < 2) {
    return false;
  }
  out.append(form);
  return true;
}

std::string_view mutex_name(std::string_view written) {
  if (ascii_istarts_with(written, R"(\Sessions\)")) {
    const std::size_t end = written.find('\\', 10);
    written = end == std::string_view::npos ? written : written.substr(end);
  }
  for (const std::string_view prefix : {R"(\BaseNamedObjects\)", R"(Global\)", R"(Local\)"}) {
    if (ascii_istarts_with(written, prefix)) {
      written.remove_prefix(prefix.size());
    }
  }
  return written;
}

}  // namespace tocsin::rules
