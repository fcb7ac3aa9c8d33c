// GET: what is there, as far as the reader may know.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "taxii/answers.h"
#include "taxii/credentials.h"
#include "taxii/limits.h"
#include "taxii/service.h"
#include "wire/json.h"

namespace tocsin::taxii {
namespace {

void write_collection(wire::JsonWriter& json, const store::Collection& collection, bool may_read, bool may_write) {
  json.begin_object().member("id", collection.id).member("title", collection.title);
  if (!collection.description.empty()) {
    json.member("description", collection.description);
  }
  if (!collection.alias.empty()) {
    json.member("alias", collection.alias);
  }
  json.key("can_read").boolean(may_read).key("can_write").boolean(may_write);
  if (!collection.media_types.empty()) {
    json.key("media_types").begin_array();
    for (const std::string& type : collection.media_types) {
      json.string(type);
    }
    json.end_array();
  }
  json.end_object();
}

std::uint64_t content_bytes(const store::ApiRoot& root) {
  return root.max_content_length == 0 ? limits::content_bytes_max
                                      : std::min(root.max_content_length, limits::content_bytes_max);
}

// The last tick that is not after an instant; instants of STIX are far within what ticks hold.
Time tick_before(stix::Instant instant) {
  stix::Instant ticks = instant / stix::instants_per_tick;
  if (instant < 0 && instant % stix::instants_per_tick != 0) {
    --ticks;
  }
  return Time{static_cast<std::int64_t>(ticks)};
}

struct Page {
  std::vector<store::RecordPointer> records;
  std::size_t bytes = 0;
  bool more = false;
};

// Takes records in order until the page is full; false when it is, and then there is more.
bool take(Page& page, const store::RecordPointer& record, const Filters& filters, bool whole) {
  if (page.records.size() >= filters.limit ||
      (whole && !page.records.empty() && page.bytes + record->bytes.size() > limits::page_bytes_max)) {
    page.more = true;
    return false;
  }
  page.bytes += record->bytes.size();
  page.records.push_back(record);
  return true;
}

// Of each record, whether its object may have other versions.
Result<std::vector<bool>> repeated(const store::Store& store, store::CollectionName name,
                                   const std::vector<store::RecordPointer>& records) {
  std::vector<std::string_view> ids;
  ids.reserve(records.size());
  for (const store::RecordPointer& record : records) {
    ids.push_back(record->id);
  }
  return store.repeated(name, ids);
}

}  // namespace

std::string date_text(Time time) {
  const CivilTime civil = to_civil(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", civil.year, civil.month, civil.day, civil.hour,
                     civil.minute, civil.second, civil.ticks / 10);
}

std::string version_text(const store::Record& record, Time date_added) {
  return record.version.empty() ? date_text(date_added) : record.version;
}

std::vector<store::RecordPointer> choose_versions(const std::vector<store::RecordPointer>& seen, const Filters& filters,
                                                  const View& view) {
  std::vector<store::RecordPointer> out;
  std::string_view newest;
  for (const auto& record : seen) {
    newest = std::max(newest, std::string_view(record->spec_version));
  }
  for (const auto& record : seen) {
    if (filters.spec_versions.empty() ? record->spec_version == newest
                                      : std::ranges::binary_search(filters.spec_versions, record->spec_version)) {
      out.push_back(record);
    }
  }
  if (filters.all_versions || out.empty()) {
    return out;
  }
  const auto [first, last] = std::ranges::minmax(out, {}, [&](const auto& record) { return view.version_at(*record); });
  std::erase_if(out, [&, oldest = first, latest = last](const store::RecordPointer& record) {
    return !(filters.first_version && record == oldest) && !(filters.last_version && record == latest) &&
           !std::ranges::binary_search(filters.versions, view.version_at(*record));
  });
  return out;
}

bool is_chosen_alone(const store::Record& record, const Filters& filters, const View& view) {
  return (filters.spec_versions.empty() || std::ranges::binary_search(filters.spec_versions, record.spec_version)) &&
         (filters.all_versions || filters.first_version || filters.last_version ||
          std::ranges::binary_search(filters.versions, view.version_at(record)));
}

Service::Answer Service::discovery(const Asked& asked) const {
  TRY(const store::Discovery found, store_.discovery());
  TRY(const std::vector<store::ApiRoot> roots, store_.roots());
  std::string json;
  wire::JsonWriter writer(json);
  writer.begin_object().member("title", found.title.empty() ? "Tocsin" : std::string_view(found.title));
  if (!found.description.empty()) {
    writer.member("description", found.description);
  }
  if (!found.contact.empty()) {
    writer.member("contact", found.contact);
  }
  std::vector<std::string> urls;
  std::string by_default;
  for (const store::ApiRoot& root : roots) {
    const bool known = std::ranges::any_of(
        asked.user.grants, [&](const store::Grant& grant) { return grant.root == "*" || grant.root == root.name; });
    if (!known) {
      continue;
    }
    // Relative to where the client found us: whatever name or proxy it came by.
    const std::string_view host = asked.request.header("Host");
    urls.push_back(host.empty()
                       ? fmt::format("/{}/", root.name)
                       : fmt::format("{}://{}/{}/", asked.request.encrypted ? "https" : "http", host, root.name));
    if (root.name == found.default_root) {
      by_default = urls.back();
    }
  }
  if (!by_default.empty()) {
    writer.member("default", by_default);
  }
  if (!urls.empty()) {
    writer.key("api_roots").begin_array();
    for (const std::string& url : urls) {
      writer.string(url);
    }
    writer.end_array();
  }
  writer.end_object();
  return resource(200, std::move(json));
}

Service::Answer Service::api_root(const Asked& asked) const {
  std::string json;
  wire::JsonWriter writer(json);
  writer.begin_object().member("title", asked.root.title.empty() ? asked.root.name : asked.root.title);
  if (!asked.root.description.empty()) {
    writer.member("description", asked.root.description);
  }
  writer.key("versions").begin_array().string(media_type).end_array();
  writer.key("max_content_length").number(content_bytes(asked.root)).end_object();
  return resource(200, std::move(json));
}

Service::Answer Service::status(const Asked& asked) const {
  TRY(const std::optional<store::Status> found, store_.status(asked.route.root, asked.route.status));
  // Whose it is alone may see it: it names objects. One that came from another server has no owner here, and is for
  // those who may read and write all of its root.
  const bool all_of_root = std::ranges::any_of(asked.user.grants, [&](const store::Grant& grant) {
    return (grant.root == "*" || (grant.root == asked.route.root && grant.collection == "*")) && grant.read &&
           grant.write;
  });
  if (!found || (found->owner.empty() ? !all_of_root : found->owner != asked.user.name)) {
    return error_message(404);
  }
  return resource(200, found->json);
}

Service::Answer Service::collections(const Asked& asked) const {
  TRY(const std::vector<store::Collection> all, store_.collections(asked.route.root));
  std::string json;
  wire::JsonWriter writer(json);
  writer.begin_object();
  bool any = false;
  for (const store::Collection& one : all) {
    const Rights rights = rights_in(asked.user.grants, one);
    if (!rights.read && !rights.write) {
      continue;
    }
    if (!any) {
      writer.key("collections").begin_array();
      any = true;
    }
    write_collection(writer, one, rights.read, rights.write);
  }
  if (any) {
    writer.end_array();
  }
  writer.end_object();
  return resource(200, std::move(json));
}

Service::Answer Service::collection(const Asked& asked) const {
  std::string json;
  wire::JsonWriter writer(json);
  write_collection(writer, asked.collection, asked.may_read, asked.may_write);
  return resource(200, std::move(json));
}

Service::Answer Service::objects(Asked& asked) const {
  const store::CollectionName name{asked.collection.root, asked.collection.id};
  const Filters& filters = asked.filters;
  const bool whole = asked.route.resource == Resource::objects || asked.route.resource == Resource::object;
  const bool one_object = asked.route.resource == Resource::object || asked.route.resource == Resource::versions;
  const CursorScope scope{asked.user.name, asked.route, filters};
  Place after;
  if (!filters.next.empty()) {
    const auto position = read_cursor(filters.next, scope, options_.key);
    if (!position) {
      return error_message(400, "Bad Request", "next is not from a page of this query");
    }
    after = *position;
  }
  if (filters.added_after) {
    TRY(const store::Sequence last, store_.last_at(name, tick_before(*filters.added_after)));
    // Behind all that had entered by then, whatever its sequence.
    after =
        std::max(after, Place{last, tick_before(*filters.added_after), std::numeric_limits<store::Sequence>::max()});
  }
  TRY(View view, View::open(store_, name, asked.user, stix::from_time(asked.now)));
  Page page;
  const std::vector<std::string> ids = one_object ? std::vector<std::string>{asked.route.object} : filters.ids;
  if (!ids.empty()) {
    std::vector<store::RecordPointer> found;
    for (const std::string& id : ids) {
      TRY(const std::vector<store::RecordPointer> seen, view.versions(id));
      if (one_object && seen.empty()) {
        return error_message(404);
      }
      for (auto& record : choose_versions(seen, filters, view)) {
        if (view.place(*record) > after &&
            (filters.types.empty() || std::ranges::binary_search(filters.types, record->type))) {
          found.push_back(std::move(record));
        }
      }
    }
    std::ranges::sort(found, {}, [&](const auto& record) { return view.place(*record); });
    for (const auto& record : found) {
      if (!take(page, record, filters, whole)) {
        break;
      }
    }
  } else {
    // In parts: what is chosen of an object is asked of the store again, which a scan must not do.
    std::vector<store::RecordPointer> part;
    Place at = after;
    for (bool full = false; !full;) {
      part.clear();
      const std::size_t wanted = filters.limit - page.records.size() + 1;
      TRY_VOID(view.scan(at, filters.types, wanted, part));
      TRY(const std::vector<bool> several, repeated(store_, name, part));
      TRY_VOID(view.prepare(part));
      for (std::size_t number = 0; number < part.size(); ++number) {
        const store::RecordPointer& record = part[number];
        at = view.place(*record);
        bool chosen = false;
        if (several[number]) {
          TRY(const std::vector<store::RecordPointer> seen, view.versions(record->id));
          chosen = std::ranges::any_of(choose_versions(seen, filters, view),
                                       [&](const auto& one) { return one->sequence == record->sequence; });
        } else if (is_chosen_alone(*record, filters, view)) {
          TRY(chosen, view.sees(*record));
        }
        if (!chosen) {
          continue;
        }
        if (!take(page, record, filters, whole)) {
          full = true;
          break;
        }
      }
      full = full || part.size() < wanted;
    }
  }
  if (page.records.empty()) {
    return resource(200, "{}");
  }
  std::string json;
  json.reserve((whole ? page.bytes : page.records.size() * 200) + 256);
  json += page.more ? "{\"more\":true,\"next\":\"" : "{\"more\":false";
  if (page.more) {
    json += make_cursor(view.place(*page.records.back()), scope, options_.key);
    json += '"';
  }
  json += asked.route.resource == Resource::versions ? ",\"versions\":[" : ",\"objects\":[";
  bool first = true;
  for (const auto& record : page.records) {
    if (!std::exchange(first, false)) {
      json += ',';
    }
    if (whole) {
      json += record->bytes;
    } else if (asked.route.resource == Resource::versions) {
      wire::append_json_string(json, version_text(*record, view.date_added(*record)));
    } else {
      json += "{\"id\":";
      wire::append_json_string(json, record->id);
      json += ",\"date_added\":\"";
      json += date_text(view.date_added(*record));
      json += "\",\"version\":";
      wire::append_json_string(json, version_text(*record, view.date_added(*record)));
      json += ",\"media_type\":\"application/stix+json;version=";
      json += record->spec_version;
      json += "\"}";
    }
  }
  json += "]}";
  net::Response response = resource(200, std::move(json));
  response.add("X-TAXII-Date-Added-First", date_text(view.date_added(*page.records.front())));
  response.add("X-TAXII-Date-Added-Last", date_text(view.date_added(*page.records.back())));
  return response;
}

}  // namespace tocsin::taxii
