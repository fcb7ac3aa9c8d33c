#include "taxii/filters.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace tocsin::taxii {
namespace {

std::unexpected<Error> bad(std::string message, std::string hint = {}) {
  return failure(ErrorCode::syntax, std::move(message), {}, std::move(hint));
}

Result<void> add_values(std::string_view name, std::string_view text, std::vector<std::string>& out) {
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view value = trim(text.substr(0, comma));
    if (!value.empty()) {
      if (out.size() == limits::filter_values_max) {
        return bad(fmt::format("{} has more than {} values", name, limits::filter_values_max));
      }
      out.emplace_back(value);
    }
    if (comma == std::string_view::npos) {
      return {};
    }
    text.remove_prefix(comma + 1);
  }
}

template <class T>
void sort_once(std::vector<T>& values) {
  std::ranges::sort(values);
  const auto rest = std::ranges::unique(values);
  values.erase(rest.begin(), rest.end());
}

Result<std::size_t> parse_limit(std::string_view text) {
  // "+5" would come as " 5"; a number that does not fit is a large one.
  if (text.empty() || !std::ranges::all_of(text, ascii_digit) ||
      text.find_first_not_of('0') == std::string_view::npos) {
    return bad("limit is no number above 0");
  }
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(parse_uint64(text).value_or(limits::page_items_max), limits::page_items_max));
}

Result<void> parse_versions(const std::vector<std::string>& values, Filters& out) {
  for (const std::string& value : values) {
    if (value == "all") {
      out.all_versions = true;
    } else if (value == "first") {
      out.first_version = true;
    } else if (value == "last") {
      out.last_version = true;
    } else if (const auto instant = stix::parse_timestamp(value)) {
      out.versions.push_back(*instant);
    } else {
      return bad("match[version] takes all, first, last and timestamps");
    }
  }
  sort_once(out.versions);
  return {};
}

}  // namespace

std::string Filters::selection() const {
  std::string out;
  const auto list = [&](char tag, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      out += fmt::format("{}{}:{}", tag, value.size(), value);
    }
  };
  if (added_after) {
    out += "a" + stix::timestamp_text(*added_after);
  }
  list('i', ids);
  list('t', types);
  list('s', spec_versions);
  out += fmt::format("v{}{}{}", static_cast<int>(all_versions), static_cast<int>(first_version),
                     static_cast<int>(last_version));
  for (const stix::Instant version : versions) {
    out += "," + stix::timestamp_text(version);
  }
  return out;
}

Result<Filters> parse_filters(std::span<const std::pair<std::string, std::string>> query, Resource resource) {
  Filters out;
  std::vector<std::string> versions;
  const bool paged = resource == Resource::objects || resource == Resource::manifest || resource == Resource::object ||
                     resource == Resource::versions;
  const bool lists = resource == Resource::objects || resource == Resource::manifest;
  for (const auto& [name, value] : query) {
    if (!paged) {
      break;
    }
    if (name == "added_after") {
      out.added_after = stix::parse_timestamp(value);
      if (!out.added_after) {
        return bad("added_after is no timestamp", "2016-02-01T00:00:01.000Z");
      }
    } else if (name == "limit") {
      TRY(out.limit, parse_limit(value));
    } else if (name == "next") {
      out.next = value;
      if (value.empty()) {
        return bad("next is empty");
      }
    } else if (name == "match[id]" && lists) {
      TRY_VOID(add_values(name, value, out.ids));
    } else if (name == "match[type]" && lists) {
      TRY_VOID(add_values(name, value, out.types));
    } else if (name == "match[spec_version]") {
      TRY_VOID(add_values(name, value, out.spec_versions));
    } else if (name == "match[version]" && resource != Resource::versions) {
      out.version_given = true;
      TRY_VOID(add_values(name, value, versions));
      if (versions.empty()) {
        return bad("match[version] is empty");
      }
    }
  }
  TRY_VOID(parse_versions(versions, out));
  if (resource == Resource::versions) {
    out.all_versions = true;
  } else if (!out.version_given) {
    out.last_version = true;
  }
  sort_once(out.ids);
  sort_once(out.types);
  sort_once(out.spec_versions);
  return out;
}

}  // namespace tocsin::taxii
