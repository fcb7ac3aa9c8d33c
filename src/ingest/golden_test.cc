// Walks tests/golden/formats/<format>/: NAME.in is decoded with that format and must give NAME.out. NAME.options may
// hold "timezone=…", "codepage=…", "modified_seconds=…", "source=…", "recognised=…" (where another format or
// "none" must be recognised). TOCSIN_GOLDEN_UPDATE=1 writes the .out files anew; read the difference before committing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/text.h"
#include "ingest/format.h"
#include "support/corpus.h"
#include "support/decode.h"

namespace tocsin {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::map<std::string, std::string> read_options(const std::filesystem::path& path) {
  std::map<std::string, std::string> out;
  std::istringstream file(read_file(path));
  for (std::string line; std::getline(file, line);) {
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos) {
      out[line.substr(0, equals)] = line.substr(equals + 1);
    }
  }
  return out;
}

std::string run_case(const ingest::Format& format, const std::filesystem::path& input) {
  const std::string bytes = read_file(input);
  auto options_path = input;
  auto named = read_options(options_path.replace_extension(".options"));
  ingest::DecodeOptions options;
  if (named.contains("timezone")) {
    const auto zone = Zone::find(named["timezone"]);
    EXPECT_TRUE(zone) << input;
    options.zone = zone ? *zone : Zone();
  }
  options.modified_seconds = parse_int64(named["modified_seconds"]).value_or(0);
  options.codepage = named["codepage"];
  options.source = named["source"];

  const std::string_view head = std::string_view(bytes).substr(0, ingest::head_bytes);
  const ingest::Format* recognised =
      ingest::recognise({.bytes = head, .name = options.source, .whole = head.size() == bytes.size()});
  const std::string_view own = recognised == nullptr ? "none" : recognised->name;
  EXPECT_EQ(own, named.contains("recognised") ? std::string_view(named["recognised"]) : format.name) << input;

  const test::Decoded decoded = test::decode_all(format, bytes, options);
  std::string out = decoded.lines;
  wire::JsonWriter json(out);
  json.begin_object().key("events").number(decoded.events).key("unreadable").number(decoded.unreadable);
  json.key("notes").begin_array();
  for (const event::Note& note : decoded.notes) {
    json.string(note.count == 1 ? note.text : note.text + " (" + std::to_string(note.count) + " times)");
  }
  json.end_array();
  if (!decoded.error.empty()) {
    json.member("error", decoded.error);
  }
  json.end_object();
  return out + '\n';
}

TEST(Golden, EveryCaseGivesItsExpectedEvents) {
  const auto root = test::golden() / "formats";
  const bool update = std::getenv("TOCSIN_GOLDEN_UPDATE") != nullptr;
  ASSERT_TRUE(std::filesystem::is_directory(root)) << root;
  std::vector<std::filesystem::path> inputs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".in") {
      inputs.push_back(entry.path());
    }
  }
  std::sort(inputs.begin(), inputs.end());
  ASSERT_FALSE(inputs.empty());
  for (const auto& input : inputs) {
    const std::string name = input.parent_path().filename();
    const ingest::Format* format = ingest::find_format(name);
    ASSERT_NE(format, nullptr) << "no format is named " << name;
    const std::string got = run_case(*format, input);
    auto output = input;
    output.replace_extension(".out");
    if (update) {
      std::ofstream(output, std::ios::binary) << got;
      continue;
    }
    ASSERT_TRUE(std::filesystem::exists(output)) << output;
    std::istringstream expected_lines(read_file(output));
    std::istringstream got_lines(got);
    std::string expected_line;
    std::string got_line;
    std::size_t line = 0;
    while (true) {
      ++line;
      const bool more_expected = static_cast<bool>(std::getline(expected_lines, expected_line));
      const bool more_got = static_cast<bool>(std::getline(got_lines, got_line));
      if (!more_expected && !more_got) {
        break;
      }
      ASSERT_EQ(more_got, more_expected) << output << ":" << line;
      ASSERT_EQ(got_line, expected_line) << output << ":" << line;
    }
  }
}

TEST(Golden, EveryFormatIsDescribedAndHasCases) {
  std::map<std::string_view, int> names;
  for (const ingest::Format* format : ingest::formats()) {
    EXPECT_EQ(++names[format->name], 1) << format->name;
    EXPECT_FALSE(format->doc.empty()) << format->name;
    EXPECT_TRUE(format->spec.starts_with("https://")) << format->name;
    const auto folder = test::golden() / "formats" / std::string(format->name);
    EXPECT_TRUE(std::filesystem::is_directory(folder) && !std::filesystem::is_empty(folder)) << folder;
  }
}

}  // namespace
}  // namespace tocsin
