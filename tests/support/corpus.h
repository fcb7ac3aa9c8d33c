// Where tests find the real data: TOCSIN_CORPUS, else ../shared/data beside the source tree.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tocsin::test {

// The folder of the real data, or an empty path where it is absent. A test that needs it then
// calls GTEST_SKIP with the name of what is missing, so that the run counts it as skipped.
inline std::filesystem::path corpus() {
  const char* named = std::getenv("TOCSIN_CORPUS");
  std::filesystem::path path = named != nullptr ? std::filesystem::path(named)
                                                : std::filesystem::path(TOCSIN_SOURCE_DIR) / ".." / "shared" / "data";
  return std::filesystem::is_directory(path) ? path : std::filesystem::path{};
}

// The folder tests/golden of this source tree.
inline std::filesystem::path golden() { return std::filesystem::path(TOCSIN_SOURCE_DIR) / "tests" / "golden"; }

}  // namespace tocsin::test
