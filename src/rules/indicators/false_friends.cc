#include "rules/indicators/false_friends.h"

#include "base/text.h"
#include "rules/indicators/address.h"
#include "rules/indicators/url.h"
#include "wire/yaml.h"

namespace tocsin::rules {
namespace {

std::uint32_t kinds_of(std::string_view type) {
  if (type == "network") {
    return bit(IndicatorKind::ipv4) | bit(IndicatorKind::ipv6) | bit(IndicatorKind::cidr);
  }
  if (type == "domain") {
    return bit(IndicatorKind::domain);
  }
  if (type == "hash") {
    return bit(IndicatorKind::md5) | bit(IndicatorKind::sha1) | bit(IndicatorKind::sha256) | bit(IndicatorKind::sha512);
  }
  return type == "file-name" ? bit(IndicatorKind::file_name) : 0;
}

}  // namespace

Result<void> FalseFriends::add(const std::string& source, std::string_view yaml) {
  TRY(const auto documents, wire::parse_yaml(yaml));
  for (const wire::Yaml& document : documents) {
    const auto text = [&](std::string_view key) {
      const wire::Yaml* value = document.find(key);
      return value != nullptr && value->is_scalar() ? value->text : std::string();
    };
    const std::uint32_t kinds = kinds_of(text("type"));
    const wire::Yaml* values = document.find("values");
    if (kinds == 0 || values == nullptr) {
      return failure(ErrorCode::rule_invalid, "a list of false friends needs a type and values", {.source = source},
                     "type is network, domain, hash or file-name");
    }
    const auto list = static_cast<std::uint32_t>(lists_.size());
    lists_.push_back({text("name"), text("description"), 0});
    const bool below = text("names-below") == "true";
    for (const wire::Yaml& value : values->items) {
      std::string canonical;
      // Top-level names such as "local" have one label alone.
      const bool name = text("type") == "domain" && value.text.find('.') == std::string::npos;
      const auto kind = name ? std::optional(IndicatorKind::domain) : classify(value.text, kinds, canonical);
      if (!kind) {
        return failure(ErrorCode::rule_invalid, "'" + value.text + "' is no " + text("type"), {.source = source});
      }
      if (name) {
        canonical = ascii_lower(value.text);
      }
      ++lists_.back().values;
      switch (*kind) {
        case IndicatorKind::domain:
          domains_.emplace(canonical, Domain{list, below});
          break;
        case IndicatorKind::ipv4:
          networks_.push_back({std::string("\4\40") + canonical, list});
          break;
        case IndicatorKind::ipv6:
          networks_.push_back({std::string("\6\200") + canonical, list});
          break;
        case IndicatorKind::cidr:
          networks_.push_back({canonical, list});
          break;
        default:
          others_.emplace(static_cast<char>(*kind) + canonical, list);
          break;
      }
    }
  }
  for (const Network& network : networks_) {
    if (network.canonical[0] == '\4') {
      const auto bits = static_cast<unsigned char>(network.canonical[1]);
      const unsigned first = static_cast<unsigned char>(network.canonical[2]);
      for (unsigned i = 0; i < (bits >= 8 ? 1U : 1U << (8 - bits)); ++i) {
        v4_first_bytes_.set(first + i);
      }
    }
  }
  return {};
}

std::optional<std::uint32_t> FalseFriends::find_network(std::string_view bytes, unsigned bits) const {
  if (bytes.size() == 4 && !v4_first_bytes_[static_cast<unsigned char>(bytes[0])]) {
    return std::nullopt;
  }
  for (const Network& network : networks_) {
    const bool v6 = network.canonical[0] == '\6';
    const auto prefix = static_cast<unsigned char>(network.canonical[1]);
    if ((bytes.size() == 16) != v6 || bits < prefix) {
      continue;
    }
    std::uint8_t masked[16];
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(masked));
    mask_address(masked, bytes.size(), prefix);
    if (std::string_view(reinterpret_cast<const char*>(masked), bytes.size()) ==
        std::string_view(network.canonical).substr(2)) {
      return network.list;
    }
  }
  return std::nullopt;
}

std::optional<std::uint32_t> FalseFriends::find_domain(std::string_view domain) const {
  for (std::string_view name = domain;;) {
    if (const auto found = domains_.find(name); found != domains_.end() && (found->second.below || name == domain)) {
      return found->second.list;
    }
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) {
      return std::nullopt;
    }
    name.remove_prefix(dot + 1);
  }
}

std::optional<std::uint32_t> FalseFriends::find(const IndicatorEntry& entry) const {
  switch (entry.kind) {
    case IndicatorKind::ipv4:
      return find_network(entry.value, 32);
    case IndicatorKind::ipv6:
      return find_network(entry.value, 128);
    case IndicatorKind::cidr:
      return find_network(entry.value.substr(2), static_cast<unsigned char>(entry.value[1]));
    case IndicatorKind::domain:
      return find_domain(entry.value);
    case IndicatorKind::url: {
      const std::string_view rest = entry.value.substr(entry.value.find("//") + 2);
      const std::string_view host = url_host(rest);
      return rest.size() == host.size() + 1 && rest.back() == '/' ? find_domain(host) : std::nullopt;
    }
    default:
      break;
  }
  if (others_.empty()) {
    return std::nullopt;
  }
  std::string key(1, static_cast<char>(entry.kind));
  key += entry.value;
  const auto found = others_.find(key);
  return found == others_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace tocsin::rules
