// STIX files on the command line: bundles, single objects, lists and JSON lines, cut into the bytes of their objects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::app {

struct StixFile {
  struct Item {
    std::string_view bytes;
    std::uint64_t line = 0;  // where it begins, from 1
    std::string path;        // JSON pointer in its document
  };
  std::string name;
  std::string text;
  std::vector<Item> objects;
  std::vector<std::string> frames;  // of bundles (stix/bundle.h)
};

// "-" is stdin. Errors name file and line.
Result<StixFile> read_stix_file(const std::string& name);

// Evidence goes to a terminal: control characters must not. Cut beyond `bytes_max`.
std::string printable(std::string_view text, std::size_t bytes_max);

}  // namespace tocsin::app
