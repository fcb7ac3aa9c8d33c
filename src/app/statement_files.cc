#include "app/statement_files.h"

#include "app/command.h"
#include "app/pdf_text.h"
#include "app/whole_file.h"
#include "speech/limits.h"
#include "trust/digest.h"

namespace tocsin::app {

Result<void> read_statement(const std::string& name, std::vector<speech::Manifestation>& out) {
  TRY(const std::string bytes, read_whole(name, speech::limits::statement_bytes_max));
  const std::string file = name == "-" ? std::string("stdin") : name.substr(name.find_last_of('/') + 1);
  const bool pdf = is_pdf(bytes);
  const auto read = [&]() -> Result<speech::Manifestation> {
    if (!pdf) {
      return speech::read_manifestation(bytes, file);
    }
    TRY(const std::string text, text_of_pdf(bytes));
    return speech::read_manifestation(text, file);
  };
  auto manifestation = read();
  if (!manifestation) {
    Error error = std::move(manifestation).error();
    error.where.source = name;
    return std::unexpected(std::move(error));
  }
  if (pdf) {
    manifestation->media = "application/pdf";
    manifestation->raw_sha256 = trust::sha256_hex(bytes);
  }
  out.push_back(*std::move(manifestation));
  return {};
}

int read_statements(const std::vector<std::string>& names, std::vector<speech::Manifestation>& out) {
  for (const std::string& name : names) {
    if (const auto read = read_statement(name, out); !read) {
      return report_error(read.error());
    }
  }
  return 0;
}

}  // namespace tocsin::app
