#include "detect/log_source_map.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "event/log_source.h"

namespace tocsin::detect {
namespace {

struct CategoryRow {
  std::string_view category, channel;
  std::uint32_t event_id;
  std::string_view condition_field, condition_value, aliases;
};
#define WINDOWS_CATEGORY(category, channel, event_id, field, value, aliases) \
  CategoryRow{#category, channel, event_id, field, value, #aliases},
constexpr CategoryRow category_rows[] = {
#include "event/windows_categories.def"
};
#undef WINDOWS_CATEGORY

struct ChannelRow {
  std::string_view name, channel;
};
#define WINDOWS_SERVICE(service, channel) ChannelRow{service, channel},
constexpr ChannelRow service_rows[] = {
#include "event/windows_services.def"
};
#undef WINDOWS_SERVICE
#define WINDOWS_PROVIDER(provider, channel) ChannelRow{provider, channel},
constexpr ChannelRow provider_rows[] = {
#include "event/windows_providers.def"
};
#undef WINDOWS_PROVIDER

struct LogSourceRow {
  std::string_view channel, log_source;
};
#define WINDOWS_LOG_SOURCE(channel, log_source) LogSourceRow{channel, log_source},
constexpr LogSourceRow log_source_rows[] = {
#include "event/windows_log_sources.def"
};
#undef WINDOWS_LOG_SOURCE

constexpr std::string_view windows = "windows";

bool is_windows(const event::Event& event) { return !event.channel.empty() || !event.provider.empty(); }

bool in_channel(const event::Event& event, std::string_view channel) {
  if (!event.channel.empty() && !ascii_iequals(event.channel, "ForwardedEvents")) {
    return ascii_iequals(event.channel, channel);
  }
  if (event.provider.empty()) {
    return false;
  }
  for (const ChannelRow& row : provider_rows) {
    if (ascii_iequals(row.channel, channel) && ascii_iequals(row.name, event.provider)) {
      return true;
    }
  }
  return channel.size() > event.provider.size() && channel[event.provider.size()] == '/' &&
         ascii_istarts_with(channel, event.provider);
}

// Aliases of a service have its name in field_aliases.def, with _ for -.
AliasSet service_aliases(std::string_view service) {
  std::string name(service);
  std::replace(name.begin(), name.end(), '-', '_');
  return alias_set(name);
}

bool service_takes(std::string_view service, const event::Event& event) {
  for (const ChannelRow& row : service_rows) {
    if (row.name == service && in_channel(event, row.channel)) {
      return true;
    }
  }
  return false;
}

bool part_met(std::string_view wanted, std::string_view given) { return wanted.empty() || wanted == given; }

bool name_met(const rules::LogSource& wanted, const event::LogSourceName& name) {
  return part_met(wanted.product, name.product) && part_met(wanted.category, name.category) &&
         part_met(wanted.service, name.service);
}

}  // namespace

void ways(const rules::LogSource& wanted, const event::Event& event, std::vector<Way>& out) {
  const bool web = wanted.category == "webserver" || wanted.category == "proxy";
  if (wanted.product.empty() && wanted.category.empty() && wanted.service.empty()) {
    out.push_back({});
    return;
  }
  const event::LogSource* source = event.log_source;
  for (const LogSourceRow& row : log_source_rows) {
    if (source == nullptr && in_channel(event, row.channel)) {
      source = event::log_source(row.log_source);
    }
  }
  if (source != nullptr) {
    for (const event::LogSourceName& name : source->names) {
      if (name_met(wanted, name)) {
        out.push_back({{alias_set(source->name), web}, {}, {}});
        return;
      }
    }
  }
  if (!is_windows(event) || !part_met(wanted.product, windows)) {
    return;
  }
  if (!wanted.service.empty() && !service_takes(wanted.service, event)) {
    return;
  }
  if (wanted.category.empty()) {
    out.push_back({{service_aliases(wanted.service), web}, {}, {}});
    return;
  }
  for (const CategoryRow& row : category_rows) {
    if (row.category == wanted.category && row.event_id == event.event_id && in_channel(event, row.channel)) {
      out.push_back({{alias_set(row.aliases), web}, row.condition_field, row.condition_value});
    }
  }
}

bool has_reader(const rules::LogSource& wanted) {
  if (wanted.product.empty() && wanted.category.empty() && wanted.service.empty()) {
    return true;
  }
  for (const event::LogSource& source : event::log_sources()) {
    for (const event::LogSourceName& name : source.names) {
      if (name_met(wanted, name)) {
        return true;
      }
    }
  }
  if (!part_met(wanted.product, windows)) {
    return false;
  }
  bool category_known = wanted.category.empty();
  for (const CategoryRow& row : category_rows) {
    category_known = category_known || row.category == wanted.category;
  }
  bool service_known = wanted.service.empty();
  for (const ChannelRow& row : service_rows) {
    service_known = service_known || row.name == wanted.service;
  }
  return category_known && service_known;
}

}  // namespace tocsin::detect
