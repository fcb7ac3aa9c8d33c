// FalseFriends: values that stand in indicator lists by mistake and would be found everywhere (private addresses, large
// vendors' domains, the hash of nothing).
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/indicators/store.h"

namespace tocsin::rules {

class FalseFriends {
 public:
  struct List {
    std::string name, description;
    std::uint64_t values = 0;
  };

  // One list as YAML: name, description, type (network, domain, hash, file-name), names-below (of domains: whether
  // names below them count too), values.
  Result<void> add(const std::string& source, std::string_view yaml);
  const std::vector<List>& lists() const { return lists_; }
  // The list that has the indicator, if one has: an address or network inside a listed network; a listed domain, or a
  // URL that is no more than it; a listed hash or file name.
  std::optional<std::uint32_t> find(const IndicatorEntry& entry) const;

 private:
  struct Network {
    std::string canonical;  // of type cidr
    std::uint32_t list;
  };
  struct Domain {
    std::uint32_t list;
    bool below;
  };
  std::optional<std::uint32_t> find_domain(std::string_view domain) const;
  std::optional<std::uint32_t> find_network(std::string_view bytes, unsigned bits) const;

  std::vector<List> lists_;
  std::vector<Network> networks_;
  std::bitset<256> v4_first_bytes_;  // of addresses in networks_
  std::map<std::string, Domain, std::less<>> domains_;
  std::map<std::string, std::uint32_t, std::less<>> others_;  // kind and canonical value
};

}  // namespace tocsin::rules
