// Statements named on a command line, read into manifestations.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "speech/manifestation.h"

namespace tocsin::app {

// Appends the manifestation of a file ("-" is stdin), named by its last component.
Result<void> read_statement(const std::string& name, std::vector<speech::Manifestation>& out);

// Appends one manifestation per file ("-" is stdin), named by its last component. The first that cannot be read is
// reported; gives 0 or the exit code.
int read_statements(const std::vector<std::string>& names, std::vector<speech::Manifestation>& out);

}  // namespace tocsin::app
