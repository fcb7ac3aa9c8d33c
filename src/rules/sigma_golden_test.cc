// Sigma documents and what is read from them: tests/golden/sigma/<topic>/<case>.yml beside <case>.txt. To add a case,
// write the .yml, run with TOCSIN_UPDATE_GOLDENS=1 and read the .txt that appears.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "rules/dump.h"
#include "rules/sigma.h"
#include "rules/sigma/modifier.h"
#include "support/corpus.h"

namespace tocsin::rules {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<fs::path> cases(const std::string& topic) {
  std::vector<fs::path> out;
  const fs::path folder = test::golden() / "sigma" / topic;
  if (fs::is_directory(folder)) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".yml") {
        out.push_back(entry.path());
      }
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

void run(const std::string& topic, std::size_t at_least) {
  const std::vector<fs::path> files = cases(topic);
  EXPECT_GE(files.size(), at_least) << "no golden for " << topic;
  for (const fs::path& file : files) {
    SigmaLoader loader({{"servers", {"srv*", "dc1"}}, {"users", {"anna", "ben"}}, {"none", {}}});
    loader.add(file.filename().string(), read_file(file));
    const std::string found = dump(std::move(loader).finish());
    const fs::path expected = fs::path(file).replace_extension(".txt");
    if (std::getenv("TOCSIN_UPDATE_GOLDENS") != nullptr) {
      std::ofstream(expected, std::ios::binary) << found;
    }
    EXPECT_EQ(found, read_file(expected)) << file;
  }
}

TEST(SigmaGolden, Modifiers) {
  for (const sigma::Modifier* modifier : sigma::modifiers()) {
    SCOPED_TRACE(std::string(modifier->name));
    run(std::string(modifier->name), 1);
  }
}
TEST(SigmaGolden, Values) { run("values", 4); }
TEST(SigmaGolden, Conditions) { run("conditions", 4); }
TEST(SigmaGolden, Documents) { run("documents", 4); }
TEST(SigmaGolden, Correlations) { run("correlations", 8); }
TEST(SigmaGolden, Filters) { run("filters", 4); }
TEST(SigmaGolden, Diagnostics) { run("diagnostics", 30); }

TEST(SigmaModifiers, TableIsSound) {
  std::set<std::string_view> names;
  for (const sigma::Modifier* modifier : sigma::modifiers()) {
    EXPECT_TRUE(names.insert(modifier->name).second) << modifier->name;
    EXPECT_FALSE(modifier->doc.empty()) << modifier->name;
    EXPECT_FALSE(modifier->section.empty()) << modifier->name;
    EXPECT_NE(modifier->apply == nullptr, modifier->apply_item == nullptr) << modifier->name;
    EXPECT_EQ(modifier->takes == 0, modifier->apply == nullptr) << modifier->name;
    EXPECT_EQ(sigma::find_modifier(modifier->name), modifier);
  }
  EXPECT_EQ(names.size(), 34U);
  EXPECT_EQ(sigma::find_modifier("Contains"), nullptr) << "names are lower case";
  EXPECT_EQ(sigma::find_modifier(""), nullptr);
}

}  // namespace
}  // namespace tocsin::rules
