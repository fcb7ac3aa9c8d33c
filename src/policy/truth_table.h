// The table of docs/release.md, made by asking the function that decides.
#pragma once

#include <string>

namespace tocsin::policy {

// Markdown: for each marking, who may have an object that carries it alone, from its author and onward, and whether it
// may be published.
std::string truth_table();

}  // namespace tocsin::policy
