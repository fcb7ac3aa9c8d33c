// LogSource: what kind of log a non-Windows event comes from, in Sigma's words (product, category, service).
#pragma once

#include <span>
#include <string_view>

namespace tocsin::event {

// One way to name the log. An empty part says nothing.
struct LogSourceName {
  std::string_view product;
  std::string_view category;
  std::string_view service;
};

// A row of log_sources.def. A rule's logsource applies to an event when, for one of `names`, every part that the rule
// gives equals the part here.
struct LogSource {
  std::string_view name;
  std::span<const LogSourceName> names;
};

// The row with this name (as in log_sources.def), or nullptr.
const LogSource* log_source(std::string_view name);
std::span<const LogSource> log_sources();

}  // namespace tocsin::event
