// Walks tests/golden/products: NAME.in is a log as its product writes it; NAME.rules says which core Sigma rules fire
// on which record ("3<TAB>aws_disable_bucket_versioning", the rule by its file name; "3<TAB>-" for none). So the names
// that readers give are held against the names that rules use. NAME.options as in tests/golden/formats.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "base/text.h"
#include "detect/program.h"
#include "ingest/format.h"
#include "support/corpus.h"
#include "support/sigma_corpus.h"

namespace tocsin {
namespace {

using Fired = std::map<std::uint64_t, std::set<std::string>>;

struct Case {
  std::string name, bytes;
  Fired expected;
  ingest::DecodeOptions options;
};

Case read_case(const std::filesystem::path& input) {
  Case out;
  out.name = input.stem().string();
  out.bytes = test::read_file(input);
  auto sibling = input;
  std::istringstream rules(test::read_file(sibling.replace_extension(".rules")));
  for (std::string line; std::getline(rules, line);) {
    const std::size_t tab = line.find('\t');
    const auto record = parse_uint64(line.substr(0, tab));
    EXPECT_TRUE(record && tab != std::string::npos) << input << ": " << line;
    if (record && tab != std::string::npos) {
      out.expected[*record].insert(line.substr(tab + 1));
    }
  }
  std::istringstream options(test::read_file(sibling.replace_extension(".options")));
  for (std::string line; std::getline(options, line);) {
    const std::size_t equals = line.find('=');
    if (line.substr(0, equals) == "source") {
      out.options.source = line.substr(equals + 1);
    } else if (line.substr(0, equals) == "modified_seconds") {
      out.options.modified_seconds = parse_int64(line.substr(equals + 1)).value_or(0);
    }
  }
  return out;
}

class Products : public testing::Test {
 protected:
  // Rules by record; `events` gets the records that were read.
  Fired run(const Case& one, std::set<std::uint64_t>& events) {
    Fired out;
    const std::string_view head = std::string_view(one.bytes).substr(0, ingest::head_bytes);
    const ingest::Format* format =
        ingest::recognise({.bytes = head, .name = one.options.source, .whole = head.size() == one.bytes.size()});
    if (format == nullptr) {
      ADD_FAILURE() << one.name << ": no format recognised";
      return out;
    }
    MemorySource source(one.bytes);
    const auto framer = format->open(source, one.options);
    const auto decoder = format->decoder(fields_, one.options);
    ingest::Block block;
    event::EventBatch batch;
    std::vector<detect::Hit> hits;
    while (true) {
      const auto more = framer->next(block);
      if (!more || !*more) {
        return out;
      }
      batch.clear();
      decoder->decode(block, batch);
      hits.clear();
      scanner_->scan(batch, hits);
      for (const event::Event& event : batch.events) {
        events.insert(event.record);
        EXPECT_TRUE(event.time.known() || !one.expected.contains(event.record))
            << one.name << " record " << event.record << " (" << format->name << ") has no time";
      }
      for (const detect::Hit& hit : hits) {
        out[batch.events[hit.event].record].insert(
            std::filesystem::path(set_->rules[hit.rule].info.source).stem().string());
      }
    }
  }

  void load(const std::filesystem::path& corpus) {
    set_ = test::load_sigma_corpus(corpus / "sigma");
    scanner_ = std::make_unique<detect::Scanner>(detect::Program::compile(set_, fields_), fields_);
  }

  event::FieldTable fields_;
  std::shared_ptr<rules::RuleSet> set_;
  std::unique_ptr<detect::Scanner> scanner_;
};

TEST_F(Products, RulesFireOnTheLogsOfTheirProduct) {
  const auto corpus = test::corpus();
  if (corpus.empty()) {
    GTEST_SKIP() << "the Sigma rules (TOCSIN_CORPUS) are not there";
  }
  load(corpus);
  std::vector<std::filesystem::path> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(test::golden() / "products")) {
    if (entry.path().extension() == ".in") {
      inputs.push_back(entry.path());
    }
  }
  std::sort(inputs.begin(), inputs.end());
  ASSERT_FALSE(inputs.empty());
  for (const auto& input : inputs) {
    const Case one = read_case(input);
    EXPECT_FALSE(one.expected.empty()) << one.name << " expects nothing";
    std::set<std::uint64_t> events;
    const Fired fired = run(one, events);
    for (const auto& [record, rules] : one.expected) {
      EXPECT_TRUE(events.contains(record)) << one.name << " record " << record << " was not read";
      const auto found = fired.find(record);
      const std::set<std::string> got = found == fired.end() ? std::set<std::string>{} : found->second;
      for (const std::string& rule : rules) {
        std::string all;
        for (const std::string& other : got) {
          all += ' ' + other;
        }
        if (rule == "-") {
          EXPECT_TRUE(got.empty()) << one.name << " record " << record << " must meet no rule, but met" << all;
        } else {
          EXPECT_TRUE(got.contains(rule))
              << one.name << " record " << record << " does not meet " << rule << ", but met" << all;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tocsin
