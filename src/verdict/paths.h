// Paths: the forms of URLs and Windows paths that playbook predicates compare.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace tocsin::verdict {

// "%41" as "A", once.
std::string percent_decoded(std::string_view text);

// Percent-decoded once, lower case, with "//", "/./" and "/../" resolved. Without query.
std::string normal_url_path(std::string_view path);

// What a back-end path of the server is for: autodiscover, mapi, login, console, directory, reset, data or other.
// `query` tells a write to a virtual directory (directory) and its reset (reset) from other console calls.
std::string_view back_end_service(std::string_view normal_path, std::string_view query);

// The value of `name=` in a query or in text that holds one; ends at '&', '#', ';' or a blank.
std::string_view query_value(std::string_view query, std::string_view name);

// The part after the last '/' or '\'.
std::string_view base_name(std::string_view path);
// The part before it; empty where there is none.
std::string_view folder_of(std::string_view path);
// Of the last component, without the dot; empty where there is none.
std::string_view extension_of(std::string_view path);
// Lower case, '/' as '\', without a "\\?\" or device prefix, dot parts resolved.
std::string normal_windows_path(std::string_view path);
// Is it a kind of file that a Windows web server runs?
bool web_script_extension(std::string_view extension);

// The host name up to the first dot, in lower case; addresses stay whole.
std::string short_host(std::string_view host);

// A time of a file listing: ISO 8601, "d.m.Y H:M:S", "m/d/Y h:M:S AM". The zone, where it has none, is
// `offset_seconds`.
std::optional<Time> listing_time(std::string_view text, std::int32_t offset_seconds);

}  // namespace tocsin::verdict
