#include "report/report.h"

#include <array>

#include "base/text.h"

namespace tocsin::report {

#define OUTPUT(identifier) extern const Output output_##identifier;
#include "report/outputs.def"
#undef OUTPUT

namespace {

constexpr std::array table = {
#define OUTPUT(identifier) &output_##identifier,
#include "report/outputs.def"
#undef OUTPUT
};

}  // namespace

std::span<const Output* const> outputs() { return table; }

const Output* output_for(std::string_view file_name) {
  const Output* best = nullptr;
  for (const Output* output : table) {
    if (ascii_iends_with(file_name, output->suffix) &&
        (best == nullptr || output->suffix.size() > best->suffix.size())) {
      best = output;
    }
  }
  return best;
}

}  // namespace tocsin::report
