#include "verdict/places.h"

#include <algorithm>

#include "base/text.h"
#include "verdict/paths.h"

namespace tocsin::verdict {

std::uint32_t HostNames::id(std::string_view name) {
  const std::string lower = ascii_lower(trim(name));
  const std::string brief = short_host(name);
  const auto next = static_cast<std::uint32_t>(entries_.size());
  const auto [first, fresh] = by_short_.try_emplace(brief, next);
  if (lower == brief) {
    if (fresh) {
      entries_.push_back({std::string(trim(name)), {}});
    }
    return first->second;
  }
  if (const auto known = by_full_.find(lower); known != by_full_.end()) {
    return known->second;
  }
  // The first with a domain is who was meant by the short name before.
  if (!fresh && entries_[first->second].full.empty()) {
    entries_[first->second].full = lower;
    by_full_.emplace(lower, first->second);
    return first->second;
  }
  entries_.push_back({std::string(trim(name)), lower});
  by_full_.emplace(lower, next);
  return next;
}

std::optional<std::uint32_t> HostNames::find(std::string_view name) const {
  const std::string brief = short_host(name);
  const auto first = by_short_.find(brief);
  if (first == by_short_.end()) {
    return std::nullopt;
  }
  const std::string lower = ascii_lower(trim(name));
  if (lower == brief || entries_[first->second].full.empty()) {
    return first->second;
  }
  const auto known = by_full_.find(lower);
  return known == by_full_.end() ? std::nullopt : std::optional(known->second);
}

std::string root_of(std::string_view path) {
  static constexpr std::string_view parts_of_a_disk[] = {"inetpub",
                                                         "program files",
                                                         "program files (x86)",
                                                         "windows",
                                                         "programdata",
                                                         "users",
                                                         "logging",
                                                         "httpproxy",
                                                         "logfiles",
                                                         "system32",
                                                         "winevt",
                                                         "export",
                                                         "exports",
                                                         "listings",
                                                         "exchange server",
                                                         "v15",
                                                         "v14",
                                                         "oabgeneratorlog",
                                                         "ecp",
                                                         "cmdletinfra",
                                                         "c",
                                                         "c:",
                                                         "d",
                                                         "d:",
                                                         "e",
                                                         "e:",
                                                         "c_drive",
                                                         "eventlogs",
                                                         "event logs",
                                                         "evtx",
                                                         "logs",
                                                         "iis",
                                                         "uploads",
                                                         "results",
                                                         "auto",
                                                         "ntfs",
                                                         "collection"};
  std::string normal(path);
  std::replace(normal.begin(), normal.end(), '\\', '/');
  const std::string_view text = normal;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find('/', begin);
    if (end == std::string_view::npos) {
      break;
    }
    std::string part = ascii_lower(text.substr(begin, end - begin));
    if (part.ends_with("!")) {
      // An archive of a collection is a folder like any other.
    } else if (part.starts_with("w3svc") ||
               std::find(std::begin(parts_of_a_disk), std::end(parts_of_a_disk), part) != std::end(parts_of_a_disk)) {
      return std::string(text.substr(0, begin == 0 ? 0 : begin - 1));
    }
    begin = end + 1;
  }
  return std::string(text.substr(0, begin == 0 ? 0 : begin - 1));
}

}  // namespace tocsin::verdict
