#include "stix/validate.h"

#include "stix/checker.h"

namespace tocsin::stix {

std::string_view code_text(ProblemCode code) {
  static constexpr std::string_view texts[] = {
#define PROBLEM(name, code) code,
#include "stix/problems.def"
#undef PROBLEM
  };
  return texts[static_cast<std::size_t>(code)];
}

Result<void> Validator::check(std::string_view json, Findings& findings) {
  TRY_VOID(document_.parse(json));
  Checker checker(document_, "", options_, findings);
  if (document_.string(0, "type") == "bundle") {
    checker.check_bundle(0);
  } else {
    checker.check_object(0);
  }
  return {};
}

Result<void> Validator::check_object(std::string_view json, std::string_view path, Findings& findings) {
  TRY_VOID(document_.parse(json));
  Checker(document_, path, options_, findings).check_object(0);
  return {};
}

Result<void> Validator::check_frame(std::string_view json, Findings& findings) {
  TRY_VOID(document_.parse(json));
  Checker(document_, "", options_, findings).check_frame(0);
  return {};
}

}  // namespace tocsin::stix
