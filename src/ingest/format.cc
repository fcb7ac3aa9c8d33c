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

struct Guess {
  const Format* format = nullptr;
  Confidence confidence = Confidence::none;
};

Guess best_of(const Head& head) {
  Guess best;
  for (const Format* format : formats()) {
    const Confidence own = format->recognise(head);
    if (own > best.confidence) {
      best = {format, own};
    }
  }
  return best;
}

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
  const Guess first = best_of(head);
  if (first.confidence > Confidence::fallback) {
    return first.format;
  }
  const std::size_t newline = head.bytes.find('\n');
  if (newline == std::string_view::npos) {
    return first.format;
  }
  const Guess second = best_of({head.bytes.substr(newline + 1), head.name, head.whole});
  const bool better = second.confidence >= Confidence::likely && !second.format->named_by_first_line;
  return better ? second.format : first.format;
}

bool wants_longer_head(const Head& head, const Format* found) {
  return !head.whole && found != nullptr && found == find_format("plain") &&
         head.bytes.find('\n') == std::string_view::npos;
}

}  // namespace tocsin::ingest
