// Names: how files and archive members are called in results: readable, safe on a terminal, the same in every run.
#pragma once

#include <string>
#include <string_view>

namespace tocsin::source {

// Text that can stand in a terminal, in JSON and in HTML: control characters, bidirectional overrides and line
// separators become "\x1B" or
// "\u{202E}", bytes that are not UTF-8 become "\xE9". Ordinary names are returned as they are.
std::string display_name(std::string_view name);

// A path as it was before a Velociraptor collection escaped it: "C%3A/Logs/a%254b.evtx" is "C:/Logs/a%4b.evtx".
// Only characters that Velociraptor escapes are decoded, so that Windows' own "Sysmon%4Operational.evtx" and
// "App%4Admin.evtx" stay.
std::string decode_collected(std::string_view path);

// The path of an archive member below its archive, for display: both of the above, without leading "./" and "/"; ".."
// is only text.
std::string member_path(std::string_view stored);

// Why a file of this path is left out on purpose (folders and droppings of file managers); empty for anything else.
std::string_view left_out(std::string_view path);

}  // namespace tocsin::source
