// Result<T>: a value, or an Error that tells a user what was wrong, where, and what to do.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tocsin {

// One enumerator per line of errors.def.
enum class ErrorCode : std::uint8_t {
#define ERROR(name, code, exit, text) name,
#include "base/errors.def"
#undef ERROR
};

// The stable code, as "T012".
std::string_view code_text(ErrorCode code);
// The exit code of the program when this error ends a command.
int exit_code(ErrorCode code);

// A place in an input. line and column count from 1; 0 means "not known". offset counts bytes from 0.
struct Where {
  static constexpr std::uint64_t unknown_offset = ~std::uint64_t{0};
  std::string source = {};
  std::uint64_t line = 0;
  std::uint64_t column = 0;
  std::uint64_t offset = unknown_offset;
};

struct Error {
  ErrorCode code = ErrorCode::io;
  std::string message = {};
  Where where = {};
  std::string hint = {};

  // "source:line:column: T010: message (hint)", leaving out what is not known.
  std::string text() const;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> failure(ErrorCode code, std::string message, Where where = {}, std::string hint = {}) {
  return std::unexpected<Error>(Error{code, std::move(message), std::move(where), std::move(hint)});
}

}  // namespace tocsin

#define TOCSIN_JOIN_(a, b) a##b
#define TOCSIN_JOIN(a, b) TOCSIN_JOIN_(a, b)
// TRY(auto value, expression): declares value from a Result, or returns its error from the function.
#define TRY(declaration, expression)                                                         \
  auto TOCSIN_JOIN(try_, __LINE__) = (expression);                                           \
  if (!TOCSIN_JOIN(try_, __LINE__)) {                                                        \
    return std::unexpected<::tocsin::Error>(std::move(TOCSIN_JOIN(try_, __LINE__)).error()); \
  }                                                                                          \
  declaration = *std::move(TOCSIN_JOIN(try_, __LINE__))
// TRY_VOID(expression): returns the error of a Result<void>, if it has one.
#define TRY_VOID(expression)                                                                 \
  if (auto TOCSIN_JOIN(try_, __LINE__) = (expression); !TOCSIN_JOIN(try_, __LINE__)) {       \
    return std::unexpected<::tocsin::Error>(std::move(TOCSIN_JOIN(try_, __LINE__)).error()); \
  }
