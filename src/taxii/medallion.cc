#include "taxii/medallion.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "policy/object_markings.h"
#include "taxii/object_header.h"
#include "taxii/release.h"
#include "taxii/route.h"
#include "wire/json.h"
#include "wire/json_reader.h"

namespace tocsin::taxii {
namespace {

using wire::Json;
using wire::JsonToken;

struct Member {
  std::string name;  // of an object; empty in an array
  std::string_view value;
};

// The members of an object or the items of an array, each as the very bytes that stand there: objects of STIX are kept
// as their authors wrote them. Other values have none.
Result<std::vector<Member>> cut(std::string_view text) {
  wire::JsonReader reader;
  reader.open(text);
  std::vector<Member> out;
  std::size_t depth = 0;
  std::string name;
  std::size_t begin = 0;
  for (;;) {
    const JsonToken token = reader.next();
    switch (token) {
      case JsonToken::fault:
        return failure(ErrorCode::syntax, fmt::format("the data is no JSON: {}", wire::fault_text(reader.fault())),
                       {.offset = reader.offset()});
      case JsonToken::end:
        return out;
      case JsonToken::key:
        if (depth == 1) {
          std::string unescaped(reader.text().size() + wire::unescape_slack, '\0');
          unescaped.resize(wire::unescape_json(reader.text(), unescaped.data()).bytes);
          name = std::move(unescaped);
        }
        break;
      case JsonToken::begin_object:
      case JsonToken::begin_array:
        if (depth == 1) {
          begin = reader.offset();
        }
        ++depth;
        break;
      case JsonToken::end_object:
      case JsonToken::end_array:
        --depth;
        if (depth == 1) {
          out.push_back({std::move(name), text.substr(begin, reader.offset() + 1 - begin)});
          name.clear();
        }
        break;
      case JsonToken::string:
      case JsonToken::number:
      case JsonToken::true_value:
      case JsonToken::false_value:
      case JsonToken::null_value:
        if (depth == 1) {
          const std::size_t quotes = token == JsonToken::string ? 2 : 0;
          const std::size_t size = token == JsonToken::string || token == JsonToken::number
                                       ? reader.text().size() + quotes
                                   : token == JsonToken::false_value ? 5
                                                                     : 4;
          out.push_back({std::move(name), text.substr(reader.offset(), size)});
          name.clear();
        }
        break;
    }
  }
}

std::string_view member_of(const std::vector<Member>& members, std::string_view name) {
  const auto found = std::ranges::find(members, name, &Member::name);
  return found == members.end() ? std::string_view() : found->value;
}

bool truth(const Json& object, std::string_view name) {
  const Json* found = object.find(name);
  return found != nullptr && found->kind == Json::Kind::boolean && found->boolean;
}

std::uint64_t count_of(const Json& object, std::string_view name) {
  const Json* found = object.find(name);
  return found != nullptr && found->kind == Json::Kind::number ? std::strtoull(found->text.c_str(), nullptr, 10) : 0;
}

// "http://localhost:5000/trustgroup1/" and "/trustgroup1/" name the root trustgroup1.
std::string root_of_url(std::string_view url) {
  while (url.ends_with('/')) {
    url.remove_suffix(1);
  }
  return std::string(url.substr(url.rfind('/') + 1));
}

std::string status_text(const Json& status, std::string_view id) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("id", id).member("status", status.string_or("status", "complete"));
  if (const auto at = status.string_or("request_timestamp", ""); !at.empty()) {
    json.member("request_timestamp", at);
  }
  std::uint64_t total = 0;
  std::string lists;
  wire::JsonWriter inner(lists);
  inner.begin_object();
  for (const auto& [list, counter] : {std::pair{"successes", "success_count"}, std::pair{"failures", "failure_count"},
                                      std::pair{"pendings", "pending_count"}}) {
    const Json* found = status.find(list);
    const bool given = found != nullptr && found->kind == Json::Kind::array && !found->items.empty();
    // Clients refuse a status whose lists are not as long as its counts say.
    const std::uint64_t count = given ? found->items.size() : count_of(status, counter);
    inner.key(counter).number(count);
    total += count;
    if (!given) {
      continue;
    }
    inner.key(list).begin_array();
    for (const Json& item : found->items) {
      inner.begin_object().member("id", item.string_or("id", "")).member("version", item.string_or("version", ""));
      if (const auto message = item.string_or("message", ""); !message.empty()) {
        inner.member("message", message);
      }
      inner.end_object();
    }
    inner.end_array();
  }
  inner.end_object();
  json.key("total_count").number(total);
  out += ',';
  out.append(lists, 1);
  return out;
}

struct Entry {
  Time date_added;
  std::string spec_version;
};

std::string entry_key(std::string_view id, std::string_view version) {
  const auto instant = stix::parse_timestamp(version);
  return fmt::format("{}\n{}", id, instant ? stix::timestamp_text(*instant) : std::string(version));
}

Result<std::map<std::string, Entry>> read_manifest(std::string_view text) {
  std::map<std::string, Entry> out;
  if (text.empty()) {
    return out;
  }
  TRY(const Json list, wire::parse_json(text));
  for (const Json& item : list.items) {
    const auto added = stix::parse_timestamp(item.string_or("date_added", ""));
    if (!added) {
      continue;
    }
    const std::string_view type = item.string_or("media_type", "");
    const std::size_t at = type.rfind("version=");
    // date_added has whole milliseconds here: clients cut it to them.
    const stix::Instant per_millisecond = stix::instants_per_second / 1000;
    const auto ticks = *added / per_millisecond * (Time::ticks_per_second / 1000);
    out.insert_or_assign(entry_key(item.string_or("id", ""), item.string_or("version", "")),
                         Entry{Time{static_cast<std::int64_t>(ticks)},
                               at == std::string_view::npos ? std::string() : std::string(type.substr(at + 8))});
  }
  return out;
}

Result<void> move_objects(const std::vector<Member>& collection, store::CollectionName name, store::Store& store,
                          const MoveOptions& options, Moved& moved) {
  TRY(const auto manifest, read_manifest(member_of(collection, "manifest")));
  TRY(const std::vector<Member> objects,
      cut(member_of(collection, "objects").empty() ? "[]" : member_of(collection, "objects")));
  std::vector<store::NewVersion> versions;
  for (const Member& object : objects) {
    ObjectHeader header;
    if (const auto read = read_header(object.value, header); !read) {
      moved.skipped.push_back(fmt::format("object {} in collection {}: {}", header.id, name.id, read.error().message));
      continue;
    }
    store::NewVersion version;
    const auto entry = manifest.find(entry_key(header.id, header.version));
    version.date_added = entry != manifest.end() ? entry->second.date_added : options.now;
    version.bytes = std::string(object.value);
    version.release = release_text(header);
    version.spec_version = entry != manifest.end() && !entry->second.spec_version.empty() ? entry->second.spec_version
                                                                                          : header.spec_version;
    version.id = std::move(header.id);
    version.type = std::move(header.type);
    version.version = std::move(header.version);
    version.version_at = header.version_at;
    if (!policy::is_supporting(version.type)) {
      version.uses = std::move(header.uses);
    }
    versions.push_back(std::move(version));
  }
  std::ranges::stable_sort(versions, [](const store::NewVersion& a, const store::NewVersion& b) {
    return a.date_added != b.date_added ? *a.date_added < *b.date_added : a.version_at < b.version_at;
  });
  TRY(const std::vector<store::Put> put, store.put(name, versions, options.now));
  for (std::size_t at = 0; at < put.size(); ++at) {
    if (put[at] == store::Put::stored) {
      ++moved.versions;
    } else {
      moved.skipped.push_back(
          fmt::format("object {} in collection {}: its version stands there twice", versions[at].id, name.id));
    }
  }
  return {};
}

Result<void> move_root(const std::string& name, std::string_view text, store::Store& store, const MoveOptions& options,
                       Moved& moved) {
  TRY(const std::vector<Member> members, cut(text));
  const auto information =
      wire::parse_json(member_of(members, "information").empty() ? "{}" : member_of(members, "information"));
  if (!information) {
    return std::unexpected<Error>(information.error());
  }
  store::ApiRoot root;
  root.name = name;
  root.title = information->string_or("title", name);
  root.description = information->string_or("description", "");
  root.max_content_length = count_of(*information, "max_content_length");
  TRY_VOID(store.put_root(root));
  ++moved.roots;
  TRY(const std::vector<Member> statuses,
      cut(member_of(members, "status").empty() ? "[]" : member_of(members, "status")));
  for (const Member& one : statuses) {
    TRY(const Json tree, wire::parse_json(one.value));
    store::Status status;
    status.root = name;
    status.id = tree.string_or("id", "");
    status.requested = options.now;
    status.json = status_text(tree, status.id);
    TRY_VOID(store.put_status(status));
    ++moved.statuses;
  }
  TRY(const std::vector<Member> collections,
      cut(member_of(members, "collections").empty() ? "[]" : member_of(members, "collections")));
  for (const Member& one : collections) {
    TRY(const std::vector<Member> parts, cut(one.value));
    std::string head = "{";
    for (const Member& part : parts) {
      if (part.name != "objects" && part.name != "manifest") {
        head += head.size() > 1 ? "," : "";
        wire::append_json_string(head, part.name);
        head += ':';
        head += part.value;
      }
    }
    head += '}';
    TRY(const Json tree, wire::parse_json(head));
    store::Collection collection;
    collection.root = name;
    collection.id = tree.string_or("id", "");
    collection.title = tree.string_or("title", collection.id);
    collection.description = tree.string_or("description", "");
    collection.alias = tree.string_or("alias", "");
    collection.can_read = truth(tree, "can_read");
    collection.can_write = truth(tree, "can_write");
    if (const Json* types = tree.find("media_types")) {
      for (const Json& type : types->items) {
        collection.media_types.push_back(type.text);
      }
    }
    if (collection.id.empty()) {
      moved.skipped.push_back(fmt::format("a collection of {} without an id", name));
      continue;
    }
    TRY_VOID(store.put_collection(collection));
    ++moved.collections;
    TRY_VOID(move_objects(parts, {collection.root, collection.id}, store, options, moved));
  }
  return {};
}

}  // namespace

Result<Moved> move_medallion_data(std::string_view data, store::Store& store, const MoveOptions& options) {
  Moved moved;
  TRY(const std::vector<Member> members, cut(data));
  for (const Member& member : members) {
    if (member.name == "/discovery") {
      TRY(const Json tree, wire::parse_json(member.value));
      store::Discovery discovery;
      discovery.title = tree.string_or("title", "");
      discovery.description = tree.string_or("description", "");
      discovery.contact = tree.string_or("contact", "");
      discovery.default_root = root_of_url(tree.string_or("default", ""));
      TRY_VOID(store.set_discovery(discovery));
      continue;
    }
    if (!legal_root_name(member.name) || !member.value.starts_with('{')) {
      moved.skipped.push_back(fmt::format("'{}', which is no API root", member.name.substr(0, 80)));
      continue;
    }
    TRY_VOID(move_root(member.name, member.value, store, options, moved));
  }
  if (moved.roots == 0) {
    return failure(ErrorCode::unknown_format, "the data names no API root", {},
                   "the JSON file that the configuration of the reference server names is needed");
  }
  return moved;
}

Result<Moved> move_medallion_users(std::string_view configuration, store::Store& store, Random& random,
                                   const MoveOptions& options) {
  Moved moved;
  TRY(const Json tree, wire::parse_json(configuration));
  const Json* users = tree.find("users");
  if (users == nullptr || users->kind != Json::Kind::object) {
    return failure(ErrorCode::unknown_format, "the configuration has no \"users\"");
  }
  for (const auto& [name, password] : users->members) {
    if (password.kind != Json::Kind::string || name.empty() || name.find(':') != std::string::npos) {
      moved.skipped.push_back(fmt::format("user {}: its password is no text, or its name holds a colon", name));
      continue;
    }
    trust::PasswordSalt salt{};
    random.fill(salt);
    store::User user;
    user.name = name;
    user.password_hash = trust::hash_password(password.text, salt, options.cost);
    user.grants = {{"*", "*", true, true}};
    if (user.password_hash.empty()) {
      return failure(ErrorCode::limit, "there is not enough memory to hash a password");
    }
    TRY_VOID(store.put_user(user));
    ++moved.users;
  }
  return moved;
}

}  // namespace tocsin::taxii
