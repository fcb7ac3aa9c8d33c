// PDF text: the text of a PDF file, taken out by the system's pdftotext in a process of its own.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::app {

inline bool is_pdf(std::string_view bytes) { return bytes.substr(0, 1'024).find("%PDF-") != std::string_view::npos; }

// Runs the first pdftotext in an absolute folder of PATH, with nothing but the file and a pipe, within limits of time,
// memory and output (docs/decisions/0006-pdf.md). UTF-8 with form feeds between pages. Errors: unknown_format where
// there is no pdftotext, damaged where it cannot read the file, limit, io.
Result<std::string> text_of_pdf(std::string_view bytes);

}  // namespace tocsin::app
