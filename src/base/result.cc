#include "base/result.h"

#include <array>

namespace tocsin {
namespace {

struct ErrorRow {
  std::string_view code;
  int exit;
};

constexpr auto error_rows = std::to_array<ErrorRow>({
#define ERROR(name, code, exit, text) {code, exit},
#include "base/errors.def"
#undef ERROR
});

}  // namespace

std::string_view code_text(ErrorCode code) { return error_rows.at(static_cast<std::size_t>(code)).code; }

int exit_code(ErrorCode code) { return error_rows.at(static_cast<std::size_t>(code)).exit; }

std::string Error::text() const {
  std::string out;
  if (!where.source.empty()) {
    out += where.source;
    if (where.line != 0) {
      out += ':' + std::to_string(where.line);
      if (where.column != 0) {
        out += ':' + std::to_string(where.column);
      }
    } else if (where.offset != Where::unknown_offset) {
      out += "@" + std::to_string(where.offset);
    }
    out += ": ";
  } else if (where.line != 0) {
    out += "line " + std::to_string(where.line) + ": ";
  }
  out += code_text(code);
  out += ": ";
  out += message;
  if (!hint.empty()) {
    out += " (" + hint + ")";
  }
  return out;
}

}  // namespace tocsin
