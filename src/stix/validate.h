// Whether a STIX 2.1 object or bundle follows the standard: its MUST rules give errors, its SHOULD rules warnings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stix/document.h"

namespace tocsin::stix {

// One enumerator per line of problems.def.
enum class ProblemCode : std::uint8_t {
#define PROBLEM(name, code) name,
#include "stix/problems.def"
#undef PROBLEM
};
std::string_view code_text(ProblemCode code);

struct Problem {
  ProblemCode code;
  std::string path;        // JSON pointer (RFC 6901) from the object or bundle that was given
  std::string message;     // ends with the section of the standard where one says more
  std::string id = {};     // of the object, where it has one
  std::size_t offset = 0;  // of the value, in the text that was given
};

struct Findings {
  std::vector<Problem> errors, warnings;
  std::uint64_t objects = 0;   // looked at: of a bundle, what is in it
  std::uint64_t left_out = 0;  // problems beyond limits.h
  bool valid() const { return errors.empty(); }
  void clear() {
    errors.clear();
    warnings.clear();
    objects = left_out = 0;
  }
};

struct ValidateOptions {
  bool warnings = true;
};

// Reusable; not thread-safe.
class Validator {
 public:
  explicit Validator(ValidateOptions options = {}) : options_(options) {}

  // Adds what is found to `findings`. An error only for text that is no JSON or beyond the limits of Document.
  Result<void> check(std::string_view json, Findings& findings);
  // One object out of a bundle: paths begin with `path`.
  Result<void> check_object(std::string_view json, std::string_view path, Findings& findings);
  // A bundle's own properties, of CutBundle::frame.
  Result<void> check_frame(std::string_view json, Findings& findings);

  // The text of the last call as values.
  const Document& document() const { return document_; }

 private:
  ValidateOptions options_;
  Document document_;
};

}  // namespace tocsin::stix
