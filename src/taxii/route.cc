#include "taxii/route.h"

#include <algorithm>

#include "base/text.h"

namespace tocsin::taxii {

Route find_route(std::span<const std::string> path) {
  Route out;
  const std::size_t parts = path.size();
  if (parts == 0) {
    return out;
  }
  if (parts == 1) {
    out.root = path[0];
    out.resource = path[0] == "taxii2"    ? Resource::discovery
                   : path[0] == "healthz" ? Resource::health
                   : path[0] == "readyz"  ? Resource::ready
                   : path[0] == "metrics" ? Resource::metrics
                                          : Resource::api_root;
    return out;
  }
  if (path[0] == "tocsin") {
    out.resource = path[1] == "exchange" && parts == 2 ? Resource::exchange : Resource::none;
    if (path[1] == "log" && parts == 3 && path[2] == "add-checkpoint") {
      out.resource = Resource::add_checkpoint;
    }
    if (path[1] == "log" && parts > 3) {
      out.resource = Resource::log;
      out.log = path[2];
      out.file = path[3];
      for (const std::string& part : path.subspan(4)) {
        out.file += '/' + part;
      }
    }
    return out;
  }
  out.root = path[0];
  if (path[1] == "status" && parts == 3) {
    out.resource = Resource::status;
    out.status = path[2];
  } else if (path[1] == "collections") {
    if (parts > 2) {
      out.collection = path[2];
    }
    if (parts > 4) {
      out.object = path[4];
    }
    if (parts == 2) {
      out.resource = Resource::collections;
    } else if (parts == 3) {
      out.resource = Resource::collection;
    } else if (path[3] == "manifest" && parts == 4) {
      out.resource = Resource::manifest;
    } else if (path[3] == "objects") {
      out.resource = parts == 4                            ? Resource::objects
                     : parts == 5                          ? Resource::object
                     : parts == 6 && path[5] == "versions" ? Resource::versions
                                                           : Resource::none;
    }
  }
  return out;
}

std::string_view methods_of(Resource resource) {
  switch (resource) {
    case Resource::objects:
      return "GET, POST";
    case Resource::object:
      return "GET, DELETE";
    case Resource::exchange:
    case Resource::add_checkpoint:
      return "POST";
    case Resource::none:
      return "";
    case Resource::discovery:
    case Resource::api_root:
    case Resource::status:
    case Resource::collections:
    case Resource::collection:
    case Resource::manifest:
    case Resource::versions:
    case Resource::health:
    case Resource::ready:
    case Resource::metrics:
    case Resource::log:
      return "GET";
  }
  return "";
}

bool legal_root_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name != "taxii2" && name != "healthz" && name != "readyz" &&
         name != "metrics" && name != "tocsin" && name != "." && name != ".." && std::ranges::all_of(name, [](char c) {
           return ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace tocsin::taxii
