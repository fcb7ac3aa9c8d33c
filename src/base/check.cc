#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace tocsin {

void check_failed(const char* what, std::source_location where) {
  std::fprintf(stderr, "tocsin: internal error: %s (%s:%u). Please report this.\n", what, where.file_name(),
               static_cast<unsigned>(where.line()));
  std::abort();
}

}  // namespace tocsin
