#include "report/observables.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "report/detail.h"
#include "trust/uuid.h"
#include "wire/json.h"

namespace tocsin::report {
namespace {

constexpr std::size_t value_bytes_max = 8'000;

constexpr auto address_fields = std::to_array<std::string_view>({"SourceIp",
                                                                 "DestinationIp",
                                                                 "IpAddress",
                                                                 "ClientAddress",
                                                                 "SourceAddress",
                                                                 "DestAddress",
                                                                 "DestinationAddress",
                                                                 "ClientIpAddress",
                                                                 "ClientIP",
                                                                 "CallerIPAddress",
                                                                 "c-ip",
                                                                 "src_ip",
                                                                 "dest_ip",
                                                                 "dst_ip",
                                                                 "client_ip",
                                                                 "remote_addr",
                                                                 "id.orig_h",
                                                                 "id.resp_h",
                                                                 "id_orig_h",
                                                                 "id_resp_h",
                                                                 "sourceIPAddress",
                                                                 "source.ip",
                                                                 "destination.ip",
                                                                 "client.ip"});
constexpr auto domain_fields =
    std::to_array<std::string_view>({"DestinationHostname", "QueryName", "query", "dns.rrname", "r-dns", "cs-host",
                                     "dns.question.name", "server_name"});
constexpr auto url_fields = std::to_array<std::string_view>({"url", "c-uri", "url.full", "full_url"});
constexpr auto user_fields = std::to_array<std::string_view>(
    {"User", "TargetUserName", "SubjectUserName", "cs-username", "user.name", "AuthenticatedUser"});
constexpr auto file_fields =
    std::to_array<std::string_view>({"TargetFilename", "ImageLoaded", "Image", "NewProcessName", "ProcessName"});
constexpr auto image_fields = std::to_array<std::string_view>({"Image", "NewProcessName"});
constexpr auto command_fields = std::to_array<std::string_view>({"CommandLine", "ProcessCommandLine"});
constexpr auto registry_fields = std::to_array<std::string_view>({"TargetObject"});

template <std::size_t Count>
bool is_one_of(std::string_view name, const std::array<std::string_view, Count>& names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view one) { return ascii_iequals(one, name); });
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f'); });
}

bool is_domain(std::string_view text) {
  if (text.size() > 253 || text.find('.') == std::string_view::npos) {
    return false;
  }
  bool letter = false;
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) {
        return false;
      }
      label = 0;
      continue;
    }
    if (!ascii_alpha(c) && !ascii_digit(c) && c != '-' && c != '_') {
      return false;
    }
    letter = letter || ascii_alpha(c);
    if (++label > 63) {
      return false;
    }
  }
  return letter && label != 0;
}

// The names of §2.9 in the order in which the first present one contributes to an id.
struct Hashes {
  std::string md5, sha1, sha256, sha512;
  bool any() const { return !md5.empty() || !sha1.empty() || !sha256.empty() || !sha512.empty(); }
  void take(std::string_view name, std::string_view value) {
    if (!is_hex(value)) {
      return;
    }
    const std::string key = ascii_lower(name);
    if (key == "md5" && value.size() == 32) {
      md5 = ascii_lower(value);
    } else if ((key == "sha1" || key == "sha-1") && value.size() == 40) {
      sha1 = ascii_lower(value);
    } else if ((key == "sha256" || key == "sha-256") && value.size() == 64) {
      sha256 = ascii_lower(value);
    } else if ((key == "sha512" || key == "sha-512") && value.size() == 128) {
      sha512 = ascii_lower(value);
    }
  }
  // Sysmon: "MD5=…,SHA256=…,IMPHASH=…".
  void take_list(std::string_view list) {
    while (!list.empty()) {
      const std::size_t end = std::min(list.find(','), list.size());
      const std::string_view item = list.substr(0, end);
      const std::size_t equals = item.find('=');
      if (equals != std::string_view::npos) {
        take(trim(item.substr(0, equals)), trim(item.substr(equals + 1)));
      }
      list.remove_prefix(end == list.size() ? end : end + 1);
    }
  }
};

// A path cut at its last separator; the root of a drive or tree keeps its own.
std::pair<std::string_view, std::string_view> split_path(std::string_view path) {
  const std::size_t at = path.find_last_of("\\/");
  if (at == std::string_view::npos) {
    return {"", path};
  }
  const bool root = at == 0 || (at == 2 && path[1] == ':');
  return {path.substr(0, root ? at + 1 : at), path.substr(at + 1)};
}

// §6.17: the hive of a key is written in full.
std::optional<std::string> registry_key(std::string_view text) {
  struct Hive {
    std::string_view shorthand, full;
  };
  constexpr std::array<Hive, 5> hives = {{{"HKLM", "HKEY_LOCAL_MACHINE"},
                                          {"HKU", "HKEY_USERS"},
                                          {"HKCU", "HKEY_CURRENT_USER"},
                                          {"HKCR", "HKEY_CLASSES_ROOT"},
                                          {"HKCC", "HKEY_CURRENT_CONFIG"}}};
  const std::size_t end = std::min(text.find('\\'), text.size());
  for (const Hive& hive : hives) {
    if (ascii_iequals(text.substr(0, end), hive.shorthand) || ascii_iequals(text.substr(0, end), hive.full)) {
      return std::string(hive.full).append(text.substr(end));
    }
  }
  return std::nullopt;
}

class Collector {
 public:
  // `contributing` and `body` are JSON object texts without braces; keys of the former in code point order (RFC 8785).
  std::string add(std::string_view type, std::string_view contributing, std::string_view body) {
    std::string id(type);
    id += "--";
    id += contributing.empty()
              ? trust::uuid_of_content("{" + std::string(type) + std::string(body) + "}")
              : trust::uuid_v5(trust::stix_observable_namespace, "{" + std::string(contributing) + "}");
    const bool known = std::any_of(all.begin(), all.end(), [&](const Observable& one) { return one.id == id; });
    if (!known) {
      std::string json;
      wire::JsonWriter writer(json);
      writer.begin_object().member("type", type).member("spec_version", "2.1").member("id", id);
      json += ',';
      json += body;
      json += '}';
      all.push_back({id, std::move(json)});
    }
    return id;
  }

  std::string add_value(std::string_view type, std::string_view name, std::string_view value) {
    const std::string property = member(name, value);
    return add(type, property, property);
  }

  std::string add_file(std::string_view path, const Hashes& hashes) {
    const auto [folder, name] = split_path(path);
    if (name.empty() && !hashes.any()) {
      return {};
    }
    std::string parent;
    if (!folder.empty()) {
      parent = add_value("directory", "path", folder);
    }
    std::string listed, first;
    for (const auto& [key, value] : {std::pair<std::string_view, const std::string&>{"MD5", hashes.md5},
                                     {"SHA-1", hashes.sha1},
                                     {"SHA-256", hashes.sha256},
                                     {"SHA-512", hashes.sha512}}) {
      if (!value.empty()) {
        const std::string one = member(key, value);
        listed += (listed.empty() ? "" : ",") + one;
        first = first.empty() ? one : first;
      }
    }
    std::string contributing, body;
    const auto both = [&](const std::string& id_part, const std::string& body_part) {
      contributing += (contributing.empty() ? "" : ",") + id_part;
      body += (body.empty() ? "" : ",") + body_part;
    };
    if (!first.empty()) {
      both("\"hashes\":{" + first + "}", "\"hashes\":{" + listed + "}");
    }
    if (!name.empty()) {
      both(member("name", name), member("name", name));
    }
    if (!parent.empty()) {
      both(member("parent_directory_ref", parent), member("parent_directory_ref", parent));
    }
    return add("file", contributing, body);
  }

  static std::string member(std::string_view name, std::string_view value) {
    std::string out;
    wire::append_json_string(out, name);
    out += ':';
    wire::append_json_string(out, value);
    return out;
  }

  std::vector<Observable> all;
};

}  // namespace

bool is_ipv4(std::string_view text) {
  int parts = 0;
  while (true) {
    const std::size_t end = std::min(text.find('.'), text.size());
    const std::string_view part = text.substr(0, end);
    const auto value = parse_uint64(part);
    if (part.size() > 3 || (part.size() > 1 && part.front() == '0') || !value || *value > 255) {
      return false;
    }
    ++parts;
    if (end == text.size()) {
      return parts == 4;
    }
    text.remove_prefix(end + 1);
  }
}

bool is_ipv6(std::string_view text) {
  if (text.size() < 2 || text.size() > 45) {
    return false;
  }
  int groups = 0;
  bool gap = false;
  std::size_t at = 0;
  if (text.starts_with("::")) {
    gap = true;
    at = 2;
  } else if (text.starts_with(':')) {
    return false;
  }
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(':', at), text.size());
    const std::string_view group = text.substr(at, end - at);
    if (end == text.size() && group.find('.') != std::string_view::npos) {
      if (!is_ipv4(group)) {
        return false;
      }
      groups += 2;
      break;
    }
    if (group.empty() || group.size() > 4 || !is_hex(group)) {
      return false;
    }
    ++groups;
    at = end;
    if (at == text.size()) {
      break;
    }
    ++at;
    if (at == text.size()) {
      return false;
    }
    if (text[at] == ':') {
      if (gap) {
        return false;
      }
      gap = true;
      ++at;
    }
  }
  return gap ? groups < 8 : groups == 8;
}

std::vector<Observable> observables_of(const Detection& detection) {
  Collector collector;
  Hashes hashes;
  std::vector<std::pair<std::string_view, std::string_view>> values;
  for (const auto& [name, list] : detection.fields) {
    for (const std::string& value : list) {
      values.emplace_back(name, value);
    }
  }
  for (const Matched& matched : detection.matched) {
    values.emplace_back(matched.field, matched.value);
  }
  std::string_view image, command, hashed_file;
  for (const auto& [name, value] : values) {
    if (value.empty() || value == "-" || value.size() > value_bytes_max) {
      continue;
    }
    if (is_one_of(name, address_fields)) {
      // Exchange and Azure write an address with its port or in brackets; those are left to people.
      if (is_ipv4(value)) {
        collector.add_value("ipv4-addr", "value", value);
      } else if (is_ipv6(value)) {
        collector.add_value("ipv6-addr", "value", ascii_lower(value));
      }
    } else if (is_one_of(name, domain_fields) && is_domain(value) && !is_ipv4(value)) {
      collector.add_value("domain-name", "value", ascii_lower(value));
    } else if (is_one_of(name, url_fields) &&
               (ascii_istarts_with(value, "http://") || ascii_istarts_with(value, "https://"))) {
      collector.add_value("url", "value", value);
    } else if (is_one_of(name, user_fields)) {
      collector.add_value("user-account", "account_login", value);
    } else if (is_one_of(name, registry_fields)) {
      if (const auto key = registry_key(value)) {
        collector.add_value("windows-registry-key", "key", *key);
      }
    } else if (ascii_iequals(name, "Hashes") || ascii_iequals(name, "Hash")) {
      hashes.take_list(value);
    } else {
      hashes.take(name, value);
    }
    image = image.empty() && is_one_of(name, image_fields) ? value : image;
    command = command.empty() && is_one_of(name, command_fields) ? value : command;
  }
  // Sysmon's hashes are of the file that the event is about: the written or loaded one, else the image.
  for (const std::string_view wanted : file_fields) {
    for (const auto& [name, value] : values) {
      if (hashed_file.empty() && ascii_iequals(name, wanted) && value.size() <= value_bytes_max) {
        hashed_file = value;
      }
    }
  }
  std::string image_id;
  for (const auto& [name, value] : values) {
    if (is_one_of(name, file_fields) && !value.empty() && value != "-" && value.size() <= value_bytes_max) {
      const std::string id = collector.add_file(value, value == hashed_file ? hashes : Hashes{});
      image_id = value == image ? id : image_id;
    }
  }
  if (hashed_file.empty() && hashes.any()) {
    collector.add_file("", hashes);
  }
  if (!command.empty()) {
    std::string body = Collector::member("command_line", command);
    if (!image_id.empty()) {
      body += "," + Collector::member("image_ref", image_id);
    }
    collector.add("process", "", body);
  }
  return std::move(collector.all);
}

}  // namespace tocsin::report
