#include "verdict/places.h"

#include <algorithm>

#include "base/text.h"
#include "verdict/paths.h"

namespace tocsin::verdict {

std::uint32_t HostNames::id(std::string_view name) {
  const std::string lower = ascii_lower(trim(name));
  const std::string brief = short_host(name);
  const std::string full = lower == brief ? std::string{} : lower;
  std::vector<std::uint32_t>& known = by_short_[brief];
  for (const std::uint32_t id : known) {
    Entry& entry = entries_[id];
    if (full.empty() || entry.full.empty() || entry.full == full) {
      if (entry.full.empty()) {
        entry.full = full;
      }
      return id;
    }
  }
  known.push_back(static_cast<std::uint32_t>(entries_.size()));
  entries_.push_back({std::string(trim(name)), full});
  return known.back();
}

std::optional<std::uint32_t> HostNames::find(std::string_view name) const {
  const std::string brief = short_host(name);
  const auto known = by_short_.find(brief);
  if (known == by_short_.end()) {
    return std::nullopt;
  }
  const std::string lower = ascii_lower(trim(name));
  for (const std::uint32_t id : known->second) {
    if (lower == brief || entries_[id].full.empty() || entries_[id].full == lower) {
      return id;
    }
  }
  return std::nullopt;
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

bool root_holds(std::string_view outer, std::string_view inner) {
  return outer.empty() || (inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '/'));
}

}  // namespace tocsin::verdict
