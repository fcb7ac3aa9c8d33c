// Lists of indicators against what is expected of them: tests/golden/indicators/NAME and NAME.expected.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "rules/indicators/loader.h"

namespace tocsin::rules {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string dump(const fs::path& path) {
  const std::string text = read(path);
  IndicatorLoader loader;
  MemorySource bytes(text);
  std::string out;
  if (const auto added = loader.add(path.filename().string(), bytes); !added) {
    out += "failed: " + added.error().text() + "\n";
  }
  const auto store = std::move(loader).finish();
  for (auto at = store->begin(); at != store->end(); at = store->next(at)) {
    const IndicatorEntry entry = store->at(at);
    const IndicatorType& type = indicator_type(entry.kind);
    const IndicatorOrigin& origin = store->origins()[entry.origin];
    out += fmt::format("{} {}{} [{} {}]", type.name, type.show(entry.value), entry.only_itself ? " only" : "",
                       origin.form, level_text(entry.level));
    for (const auto& [name, value] : {std::pair{"id", std::string(entry.id)},
                                      {"title", std::string(entry.title)},
                                      {"context", origin.context},
                                      {"from", entry.from.known() ? rfc3339(entry.from) : ""},
                                      {"until", entry.until.known() ? rfc3339(entry.until) : ""}}) {
      out += value.empty() ? "" : fmt::format(" {}={}", name, value);
    }
    out += '\n';
  }
  const IndicatorCounts& counts = store->counts;
  out += fmt::format("given {} loaded {} rejected {} not-for-detection {} revoked {} unsupported {} patterns {}\n",
                     counts.given, counts.loaded, counts.rejected, counts.not_for_detection, counts.revoked,
                     counts.unsupported, counts.patterns);
  for (const IndicatorPattern& pattern : store->patterns()) {
    out += fmt::format("pattern {}: {}\n", pattern.id, pattern.text);
  }
  for (const auto& [name, count] : counts.unsupported_types) {
    out += fmt::format("unsupported {}: {}\n", name, count);
  }
  for (const Diagnostic& diagnostic : store->diagnostics) {
    out += diagnostic.error.text() + "\n";
  }
  return out;
}

TEST(IndicatorGolden, ListsAreReadAsExpected) {
  const fs::path folder = fs::path(TOCSIN_SOURCE_DIR) / "tests/golden/indicators";
  std::vector<fs::path> inputs;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".expected" && fs::is_regular_file(entry.path())) {
      inputs.push_back(entry.path());
    }
  }
  std::sort(inputs.begin(), inputs.end());
  ASSERT_GE(inputs.size(), 10U);
  for (const fs::path& input : inputs) {
    const std::string found = dump(input);
    const fs::path expected = input.string() + ".expected";
    if (std::getenv("TOCSIN_WRITE_GOLDEN") != nullptr) {
      std::ofstream(expected, std::ios::binary) << found;
    }
    EXPECT_EQ(found, read(expected)) << input;
  }
}

TEST(IndicatorTypes, EveryTypeIsDescribed) {
  std::set<std::string_view> names;
  for (const IndicatorType* type : indicator_types()) {
    EXPECT_TRUE(names.insert(type->name).second) << type->name;
    EXPECT_FALSE(type->title.empty() || type->doc.empty() || type->words.empty()) << type->name;
    EXPECT_TRUE(type->spec.starts_with("https://")) << type->name;
    std::string out;
    EXPECT_FALSE(type->canonical("", out)) << type->name;
    EXPECT_TRUE(out.empty()) << type->name;
  }
  EXPECT_EQ(names.size(), indicator_kinds);
}

TEST(IndicatorTypes, EqualMeansEqualBytes) {
  const auto canonical = [](IndicatorKind kind, std::string_view written) {
    std::string out;
    return indicator_type(kind).canonical(written, out) ? indicator_type(kind).show(out) : "none";
  };
  // RFC 3986 §6.2.2 and §5.4.
  EXPECT_EQ(canonical(IndicatorKind::url, "HTTP://www.EXAMPLE.com/%7euser/./a/../%c3"),
            "http://www.example.com/~user/%C3");
  EXPECT_EQ(canonical(IndicatorKind::url, "http://h/../a/b/.."), "http://h/a/");
  EXPECT_EQ(canonical(IndicatorKind::url, "http://h:80?q=%41#f"), "http://h/?q=A");
  EXPECT_EQ(canonical(IndicatorKind::url, "http://h:8080/"), "http://h:8080/");
  EXPECT_EQ(canonical(IndicatorKind::url, "http://[2001:DB8::1]:443/a"), "http://[2001:db8::1]:443/a");
  EXPECT_EQ(canonical(IndicatorKind::url, "http:///a"), "none");
  EXPECT_EQ(canonical(IndicatorKind::url, "http://h:x/"), "none");
  EXPECT_EQ(canonical(IndicatorKind::ipv6, "2001:0DB8:0:0::1"), "2001:db8::1");
  EXPECT_EQ(canonical(IndicatorKind::ipv4, "::ffff:1.2.3.4"), "1.2.3.4");
  EXPECT_EQ(canonical(IndicatorKind::ipv4, "01.2.3.4"), "none");
  EXPECT_EQ(canonical(IndicatorKind::cidr, "1.2.3.4/8"), "1.0.0.0/8");
  EXPECT_EQ(canonical(IndicatorKind::domain, "*.Evil.COM."), "evil.com");
  EXPECT_EQ(canonical(IndicatorKind::domain, "1.2.3.4"), "none");
  EXPECT_EQ(canonical(IndicatorKind::registry_key, R"(HKEY_USERS\S-1-5-21-1-2-3-500\Software\X\Y)"),
            R"(HKCU\software\x\y)");
  EXPECT_EQ(canonical(IndicatorKind::registry_key, R"(\REGISTRY\MACHINE\SYSTEM\ControlSet002\Services\X)"),
            R"(HKLM\system\currentcontrolset\services\x)");
  EXPECT_EQ(canonical(IndicatorKind::registry_key, R"(HKLM\Software)"), "none");
  EXPECT_EQ(canonical(IndicatorKind::file_path, R"(%SystemRoot%\Temp\X.DLL)"), "windows/temp/x.dll");
  EXPECT_EQ(canonical(IndicatorKind::file_path, R"(\\?\C:\A\\b.exe)"), "c:/a/b.exe");
  EXPECT_EQ(canonical(IndicatorKind::file_path, "a.exe"), "none");
  EXPECT_EQ(canonical(IndicatorKind::mutex, R"(\Sessions\1\BaseNamedObjects\Global\X)"), "X");
}

}  // namespace
}  // namespace tocsin::rules
