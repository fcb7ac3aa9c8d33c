// Which resource a path names (TAXII 2.1 sections 4 and 5), with or without the last slash.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tocsin::taxii {

enum class Resource : std::uint8_t {
  none,
  discovery,
  api_root,
  status,
  collections,
  collection,
  manifest,
  objects,
  object,
  versions,
  health,
  ready,
  metrics,
  exchange,
  log,
  add_checkpoint,
};

struct Route {
  Resource resource = Resource::none;
  std::string root;
  std::string collection;  // id or alias
  std::string object;
  std::string status;
  std::string log;   // "open"
  std::string file;  // of the log: "checkpoint", "tile/0/000"
};

Route find_route(std::span<const std::string> path);
// "GET, DELETE": what a client may do with it, for 405.
std::string_view methods_of(Resource resource);
// Whether an API root may have this name: none of ours, and nothing that a URL would have to escape.
bool legal_root_name(std::string_view name);

}  // namespace tocsin::taxii
