#include "event/log_source.h"

#include <array>

namespace tocsin::event {
namespace {

#define LOG_SOURCE(name, ...) constexpr LogSourceName names_##name[] = {__VA_ARGS__};
#include "event/log_sources.def"
#undef LOG_SOURCE

constexpr auto table = std::to_array<LogSource>({
#define LOG_SOURCE(name, ...) {#name, names_##name},
#include "event/log_sources.def"
#undef LOG_SOURCE
});

}  // namespace

const LogSource* log_source(std::string_view name) {
  for (const LogSource& row : table) {
    if (row.name == name) {
      return &row;
    }
  }
  return nullptr;
}

std::span<const LogSource> log_sources() { return table; }

}  // namespace tocsin::event
