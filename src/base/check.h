// A programmer's error stops the program, in release too: check(condition, "what must hold").
#pragma once

#include <source_location>

namespace tocsin {

[[noreturn]] void check_failed(const char* what, std::source_location where);

// For invariants of our own code, never for input: input errors are Error values (result.h).
inline void check(bool holds, const char* what, std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]] {
    check_failed(what, where);
  }
}

}  // namespace tocsin
