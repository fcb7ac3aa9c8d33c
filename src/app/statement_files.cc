#include "app/statement_files.h"

#include "app/command.h"
#include "app/whole_file.h"
#include "speech/limits.h"

namespace tocsin::app {

int read_statements(const std::vector<std::string>& names, std::vector<speech::Manifestation>& out) {
  for (const std::string& name : names) {
    auto bytes = read_whole(name, speech::limits::statement_bytes_max);
    if (!bytes) {
      return report_error(bytes.error());
    }
    const std::string file = name == "-" ? std::string("stdin") : name.substr(name.find_last_of('/') + 1);
    auto read = speech::read_manifestation(*bytes, file);
    if (!read) {
      Error error = std::move(read).error();
      error.where.source = name;
      return report_error(error);
    }
    out.push_back(std::move(*read));
  }
  return 0;
}

}  // namespace tocsin::app
