// Plans of the indexed evaluator.
#pragma once

#include "detect/implementation.h"

namespace tocsin::detect {

class PlanCache {
 public:
  explicit PlanCache(const Program::Implementation& program) : program_(program) {}

 private:
  [[maybe_unused]] const Program::Implementation& program_;
};

}  // namespace tocsin::detect
