// File paths, file names, host names and registry keys in the form in which they are compared.
#pragma once

#include <string>
#include <string_view>

namespace tocsin::rules {

// Appends the text with case folded, "\" as "/" and runs of separators as one.
void append_path_form(std::string_view text, std::string& out);

// The canonical form of a path indicator: in path form, without "\\?\", with %SystemRoot% and the like written out.
// What begins with "/" or a drive is anchored there; what begins with "\", "~" or a variable that differs between users
// is the end of a longer path. False for text without a folder, with wildcards, or with characters no path has.
bool canonical_path(std::string_view written, std::string& out);
// One component, folded. False where it holds separators or wildcards.
bool canonical_file_name(std::string_view written, std::string& out);

// Letters, digits, "_", "-", "." and everything beyond ASCII: what a word in free text is made of.
bool is_word_byte(char c);
// Longer words are none.
inline constexpr std::size_t word_bytes_max = 255;
// A word with a dot inside: such names are also found inside free text, others only as a whole value.
bool is_dotted_word(std::string_view name);

// Lower case, without a dot at the end. At least two labels, the last not a number. RFC 1035 §2.3.1, with "_" (RFC
// 2782) and, as people write them, labels beyond ASCII.
bool canonical_domain(std::string_view written, std::string& out);

// The length of the name of a registry hive at the start of the text with "\" behind it ("HKLM\", "HKEY_USERS\",
// "\REGISTRY\MACHINE\"), and its short form; 0 where there is none.
struct Hive {
  std::size_t length = 0;
  std::string_view name;  // "hklm", "hkcu", "hku", "hkcr", "hkcc"
};
Hive hive_at(std::string_view text);
// Appends the key in the form in which it is compared: short hive, folded, CurrentControlSet for ControlSet001 and the
// like, one user's hive (HKU\S-1-5-21-…) as HKCU. `text` begins with a hive.
bool append_registry_form(std::string_view text, std::string& out);
bool canonical_registry_key(std::string_view written, std::string& out);

// Without "Global\", "Local\" and the folder of the object manager.
std::string_view mutex_name(std::string_view written);

}  // namespace tocsin::rules
