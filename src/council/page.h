// Page: the one look of everything that is printed for archives and readers: HTML that prints well and needs nothing
// else.
#pragma once

#include <string>
#include <string_view>

namespace tocsin::council {

void append_escaped(std::string& out, std::string_view text);
// Lines of a text, each safe to look at.
std::string visible_lines(std::string_view text);
// Up to the first heading; then whatever follows, and page_end. `banner`, where there is one, stands on the screen all
// the time and on every printed page.
std::string page_begin(std::string_view title, std::string_view banner = {});
inline constexpr std::string_view page_end = "</body></html>\n";
// A row of a table.
void append_row(std::string& out, std::string_view head, std::string_view text);

}  // namespace tocsin::council
