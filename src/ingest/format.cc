#include "ingest/format.h"

#include <array>

namespace tocsin::ingest {

#define FORMAT(identifier) extern const Format format_##identifier;
#include "ingest/formats.def"
#undef FORMAT

namespace {

// The trailing nullptr keeps the array legal while the table is empty; formats() leaves it out.
const std::array table = {
#define FORMAT(identifier) &format_##identifier,
#include "ingest/formats.def"
#undef FORMAT
    static_cast<const Format*>(nullptr),
};

}  // namespace

std::string_view unit_text(Unit unit) {
  switch (unit) {
    case Unit::line:
      return "line";
    case Unit::record:
      return "record";
    case Unit::row:
      return "row";
    case Unit::offset:
      return "offset";
  }
  return "record";
}

std::span<const Format* const> formats() { return std::span(table).first(table.size() - 1); }

const Format* find_format(std::string_view name) {
  for (const Format* format : formats()) {
    if (format->name == name) {
      return format;
    }
  }
  return nullptr;
}

const Format* recognise(const Head& head) {
  const Format* best = nullptr;
  Confidence confidence = Confidence::none;
  for (const Format* format : formats()) {
    const Confidence own = format->recognise(head);
    if (own > confidence) {
      best = format;
      confidence = own;
    }
  }
  return best;
}

}  // namespace tocsin::ingest
