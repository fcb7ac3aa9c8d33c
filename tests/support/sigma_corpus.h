// The core Sigma rules of the corpus, in the order of their paths.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "rules/sigma.h"

namespace tocsin::test {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// sigma: the folder that holds `rules` and its siblings.
inline std::shared_ptr<rules::RuleSet> load_sigma_corpus(const std::filesystem::path& sigma) {
  rules::SigmaLoader loader;
  std::vector<std::filesystem::path> files;
  for (const char* folder : {"rules", "rules-emerging-threats", "rules-threat-hunting"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(sigma / folder)) {
      if (entry.path().extension() == ".yml") {
        files.push_back(entry.path());
      }
    }
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    loader.add(std::filesystem::relative(file, sigma).string(), read_file(file));
  }
  return std::make_shared<rules::RuleSet>(std::move(loader).finish());
}

}  // namespace tocsin::test
