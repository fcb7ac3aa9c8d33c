#include "ingest/json/roles.h"

#include <boost/unordered/unordered_flat_map.hpp>

namespace tocsin::ingest::json {

Role role_of(std::string_view path) {
  static const boost::unordered_flat_map<std::string_view, Role> table = {
#define ROLE(identifier, path) {path, Role::identifier},
#include "ingest/json/roles.def"
#undef ROLE
  };
  const auto found = table.find(path);
  return found == table.end() ? Role::none : found->second;
}

}  // namespace tocsin::ingest::json
