#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/format.h"
#include "ingest/json/decoder.h"
#include "ingest/json/json_time.h"
#include "ingest/json/profile.h"
#include "ingest/json/recognise.h"
#include "ingest/json/utf8_source.h"
#include "ingest/json/value_framer.h"
#include "ingest/json/windows_channels.h"
#include "ingest/json/windows_names.h"
#include "ingest/json/windows_names_of_data.h"
#include "support/corpus.h"
#include "support/decode.h"
#include "wire/json.h"

namespace tocsin::ingest::json {
namespace {

// Hands out the text in pieces of a few bytes, so that everything that may be cut is cut.
class CrumbSource final : public ByteSource {
 public:
  CrumbSource(std::string_view bytes, std::size_t crumb) : bytes_(bytes), crumb_(crumb) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t count = std::min({bytes_.size(), crumb_, into.size()});
    std::copy_n(bytes_.begin(), count, into.begin());
    bytes_.remove_prefix(count);
    crumb_ = crumb_ % 7 + 1;
    return count;
  }

 private:
  std::string_view bytes_;
  std::size_t crumb_;
};

Head head_of(std::string_view text) { return {text.substr(0, head_bytes), {}, text.size() <= head_bytes}; }

struct Cut {
  std::vector<std::string> records;
  std::vector<std::uint64_t> numbers;
  std::uint64_t unreadable = 0;
  std::size_t blocks = 0;
  std::size_t notes = 0;
};

Cut cut(ByteSource& source, bool wrapped) {
  Cut out;
  JsonValueFramer framer(source, wrapped);
  Block block;
  for (;;) {
    const auto more = framer.next(block);
    if (!more || !*more) {
      EXPECT_TRUE(more);
      return out;
    }
    ++out.blocks;
    out.unreadable += block.unreadable;
    out.notes += block.notes.size();
    if (const auto* spans = dynamic_cast<const RecordSpans*>(block.context.get())) {
      for (const auto& span : spans->spans) {
        out.records.push_back(block.bytes.substr(span.begin, span.size));
        out.numbers.push_back(block.first_record + span.number);
      }
    }
  }
}

Cut cut(std::string_view text, bool wrapped = true, std::size_t crumb = 100'000) {
  if (crumb < 100) {
    CrumbSource source(text, crumb);
    return cut(source, wrapped);
  }
  MemorySource source(text);
  return cut(source, wrapped);
}

// The fields of a record, found the slow way: through the tree, by recursion.
void flatten_slowly(const wire::Json& value, const std::string& path, std::vector<std::string>& out, bool top = true) {
  using Kind = wire::Json::Kind;
  const auto put = [&](std::string_view kind, std::string_view text) {
    out.push_back(path + '=' + std::string(text) + ':' + std::string(kind));
  };
  switch (value.kind) {
    case Kind::null:
      return put("null", "");
    case Kind::boolean:
      return put("boolean", value.boolean ? "true" : "false");
    case Kind::number:
      return put(value.text.find_first_of(".eE") == std::string::npos ? "integer" : "real", value.text);
    case Kind::string:
      return put("text", value.text);
    case Kind::array:
      if (value.items.empty()) {
        put("null", "");
      }
      for (const wire::Json& item : value.items) {
        flatten_slowly(item, path, out, false);
      }
      return;
    case Kind::object:
      if (value.members.empty() && !top) {
        put("null", "");
      }
      for (const auto& [name, member] : value.members) {
        flatten_slowly(member, path.empty() ? name : fmt::format("{}.{}", path, name), out, false);
      }
  }
}

std::vector<std::string> fields_of(const event::EventBatch& batch, const event::Event& event,
                                   const event::FieldTable& table) {
  constexpr std::array<std::string_view, 5> kinds = {"null", "text", "integer", "real", "boolean"};
  std::vector<std::string> out;
  for (const event::Field& field : batch.fields_of(event)) {
    out.push_back(std::string(table.name(field.id)) + '=' + std::string(field.value.text) + ':' +
                  std::string(kinds[static_cast<std::size_t>(field.value.kind)]));
  }
  return out;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Decodes a whole text in raw form and compares every event with the slow way. Returns the events.
std::size_t compare_with_tree(std::string_view text, const std::string& what) {
  const Format* format = recognise(head_of(text));
  if (format == nullptr || !format->name.starts_with("json-")) {
    ADD_FAILURE() << what;
    return 0;
  }
  DecodeOptions options;
  options.raw = true;
  MemorySource source(text);
  event::FieldTable table;
  const auto framer = format->open(source, options);
  const auto decoder = format->decoder(table, options);
  Block block;
  event::EventBatch batch;
  std::size_t events = 0;
  for (;;) {
    const auto more = framer->next(block);
    if (!more || !*more) {
      EXPECT_TRUE(more);
      return events;
    }
    batch.clear();
    decoder->decode(block, batch);
    EXPECT_EQ(batch.unreadable + block.unreadable, 0U) << what;
    for (const event::Event& event : batch.events) {
      ++events;
      const auto tree = wire::parse_json(event.raw);
      if (!tree) {
        ADD_FAILURE() << what << ':' << event.record;
        return events;
      }
      std::vector<std::string> slow;
      flatten_slowly(*tree, {}, slow);
      EXPECT_EQ(fields_of(batch, event, table), slow) << what << ':' << event.record;
    }
  }
}

TEST(JsonDecoder, AgreesWithTheTreeOnRealLogs) {
  const auto corpus = test::corpus();
  if (corpus.empty()) {
    GTEST_SKIP() << "the real data is missing: set TOCSIN_CORPUS";
  }
  std::size_t events = 0;
  std::size_t files = 0;
  for (const char* folder : {"logs", "sigma/regression"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus / folder)) {
      const auto& path = entry.path();
      if (path.extension() == ".ndjson" || (path.parent_path().filename() == "zeek" && path.extension() == ".log") ||
          (path.extension() == ".json" &&
           std::filesystem::exists(std::filesystem::path(path).replace_extension("evtx")))) {
        ++files;
        events += compare_with_tree(read_file(path), path.string());
      }
    }
  }
  EXPECT_GT(files, 100U);
  EXPECT_GT(events, 500U);
}

TEST(JsonDecoder, IdentifiesEveryEventOfTheRegressionRecordings) {
  const auto corpus = test::corpus();
  if (corpus.empty()) {
    GTEST_SKIP() << "the real data is missing: set TOCSIN_CORPUS";
  }
  std::size_t events = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus / "sigma" / "regression")) {
    if (entry.path().extension() != ".json") {
      continue;
    }
    const std::string text = read_file(entry.path());
    const Format* format = recognise(head_of(text));
    ASSERT_NE(format, nullptr);
    MemorySource source(text);
    event::FieldTable table;
    const auto framer = format->open(source, {});
    const auto decoder = format->decoder(table, {});
    Block block;
    event::EventBatch batch;
    ASSERT_TRUE(framer->next(block));
    decoder->decode(block, batch);
    for (const event::Event& event : batch.events) {
      ++events;
      EXPECT_FALSE(event.channel.empty()) << entry.path();
      EXPECT_FALSE(event.provider.empty()) << entry.path();
      EXPECT_FALSE(event.host.empty()) << entry.path();
      EXPECT_NE(event.event_id, event::no_event_id) << entry.path();
      EXPECT_TRUE(event.time.known()) << entry.path();
      EXPECT_EQ(event::find(batch.fields_of(event), table, "Provider_Name")->text, event.provider);
      for (const event::Field& field : batch.fields_of(event)) {
        EXPECT_FALSE(table.name(field.id).starts_with("Event.")) << table.name(field.id);
      }
    }
  }
  EXPECT_GE(events, 138U);
}

// Random documents from one seed: rapidcheck would try to shrink every choice. Names are few, so that shapes repeat,
// and differ, as in logs.
class Documents {
 public:
  explicit Documents(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t end) { return engine_() % end; }
  wire::Json value(std::size_t depth) {
    using Kind = wire::Json::Kind;
    static constexpr std::array<std::string_view, 12> names = {
        "a", "b", "c_1", "c", "Event", "System", "winlog", "_source", "EventData", "a.b", "Data", ""};
    static constexpr std::array<std::string_view, 8> texts = {
        "", "x", "{\"", "\\", "]}", "\n", "\u00e9\U0001F600", ",[\"q\"]"};
    wire::Json out;
    switch (below(depth == 0 ? 5 : 8)) {
      case 0:
        break;
      case 1:
        out.kind = Kind::boolean;
        out.boolean = below(2) == 0;
        break;
      case 2:
        out.kind = Kind::number;
        out.text = std::to_string(static_cast<std::int64_t>(engine_()));
        break;
      case 3:
      case 4:
        out.kind = Kind::string;
        out.text = texts[below(texts.size())];
        break;
      case 5:
        out.kind = Kind::array;
        for (std::size_t i = below(4); i > 0; --i) {
          out.items.push_back(value(depth - 1));
        }
        break;
      default:
        out.kind = Kind::object;
        for (std::size_t i = below(5); i > 0; --i) {
          const std::string_view name = names[below(names.size())];
          out.members.emplace_back(name, value(depth - 1));
        }
    }
    return out;
  }
  wire::Json object() {
    wire::Json out;
    do {
      out = value(4);
    } while (out.kind != wire::Json::Kind::object);
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

// indent: npos for one line.
void write(const wire::Json& value, std::size_t indent, std::string& out) {
  using Kind = wire::Json::Kind;
  const bool pretty = indent != std::string::npos;
  const auto line = [&](std::size_t more) {
    if (pretty) {
      out += '\n';
      out.append(indent + more, ' ');
    }
  };
  const std::size_t inner = pretty ? indent + 2 : indent;
  switch (value.kind) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += value.boolean ? "true" : "false";
      return;
    case Kind::number:
      out += value.text;
      return;
    case Kind::string:
      wire::append_json_string(out, value.text);
      return;
    case Kind::array:
      out += '[';
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        out += i == 0 ? "" : ",";
        line(2);
        write(value.items[i], inner, out);
      }
      line(0);
      out += ']';
      return;
    case Kind::object:
      out += '{';
      for (std::size_t i = 0; i < value.members.size(); ++i) {
        out += i == 0 ? "" : ",";
        line(2);
        wire::append_json_string(out, value.members[i].first);
        out += pretty ? ": " : ":";
        write(value.members[i].second, inner, out);
      }
      line(0);
      out += '}';
  }
}

std::string written(const wire::Json& value, std::size_t indent) {
  std::string out;
  write(value, indent, out);
  return out;
}

TEST(JsonDecoder, AgreesWithTheTreeOnRandomRecords) {
  EXPECT_TRUE(
      rc::check("fields are those of the tree, whatever was learned from earlier records", [](std::uint64_t seed) {
        Documents random(seed);
        DecodeOptions options;
        options.raw = true;
        event::FieldTable table;
        JsonDecoder decoder(table, options);
        Block block;
        std::vector<wire::Json> documents;
        for (std::size_t i = random.below(11) + 1; i > 0; --i) {
          documents.push_back(random.object());
          block.bytes += written(documents.back(), std::string::npos) + '\n';
        }
        // "_source" stands for the record, so its name is left out the slow way too.
        const auto unwrapped = [](std::vector<std::string> fields, const wire::Json& document) {
          for (const auto& [name, member] : document.members) {
            if (name == "_source" && member.kind == wire::Json::Kind::object) {
              return std::vector<std::string>{};
            }
          }
          return fields;
        };
        event::EventBatch batch;
        decoder.decode(block, batch);
        RC_ASSERT(batch.events.size() == documents.size());
        for (std::size_t i = 0; i < documents.size(); ++i) {
          std::vector<std::string> slow;
          flatten_slowly(documents[i], {}, slow);
          slow = unwrapped(std::move(slow), documents[i]);
          if (!slow.empty()) {
            RC_ASSERT(fields_of(batch, batch.events[i], table) == slow);
          }
        }
      }));
}

TEST(JsonDecoder, WhatWasLearnedChangesNothing) {
  EXPECT_TRUE(rc::check("a record gives the same event alone and after others", [](std::uint64_t seed) {
    Documents random(seed);
    std::vector<std::string> records;
    for (std::size_t i = random.below(6) + 2; i > 0; --i) {
      records.push_back(written(random.object(), std::string::npos));
    }
    event::FieldTable table;
    JsonDecoder together(table, {});
    Block block;
    for (const std::string& record : records) {
      block.bytes += record + '\n';
    }
    event::EventBatch batch;
    together.decode(block, batch);
    RC_ASSERT(batch.events.size() == records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      JsonDecoder alone(table, {});
      Block one;
      one.bytes = records[i];
      event::EventBatch single;
      alone.decode(one, single);
      RC_ASSERT(single.events.size() == 1U);
      RC_ASSERT(fields_of(single, single.events[0], table) == fields_of(batch, batch.events[i], table));
      RC_ASSERT(single.events[0].channel == batch.events[i].channel);
      RC_ASSERT(single.events[0].time == batch.events[i].time);
    }
  }));
}

TEST(JsonValueFramer, FindsTheRecordsOfAnyArrayInAnyCrumbs) {
  EXPECT_TRUE(rc::check("records come out as they were written", [](std::uint64_t seed) {
    Documents random(seed);
    const bool pretty = random.below(2) == 0;
    const std::size_t layout = random.below(4);
    std::vector<std::string> records;
    for (std::size_t i = random.below(6); i > 0; --i) {
      records.push_back(written(random.object(), pretty ? 2 : std::string::npos));
    }
    std::string text = layout == 0   ? "["
                       : layout == 1 ? "{\"Records\":["
                       : layout == 2 ? "{\"x\":[{}],\"hits\":{\"total\":1,\"hits\":["
                                     : "";
    for (std::size_t i = 0; i < records.size(); ++i) {
      text += (i == 0 ? "" : layout == 3 ? "" : ",") + std::string(pretty ? "\n  " : "") + records[i];
    }
    text += layout == 0 ? "]" : layout == 1 ? "],\"more\":[{}]}" : layout == 2 ? "]}}" : "";
    const Cut whole = cut(text, layout != 3);
    RC_ASSERT(whole.records == records);
    RC_ASSERT(whole.unreadable == 0U);
    const Cut crumbs = cut(text, layout != 3, random.below(6) + 1);
    RC_ASSERT(crumbs.records == records);
    RC_ASSERT(crumbs.unreadable == 0U);
  }));
}

TEST(JsonValueFramer, ABrokenRecordCostsOnlyItself) {
  EXPECT_TRUE(rc::check("all records around a cut one are found", [](std::uint64_t seed) {
    Documents random(seed);
    std::vector<std::string> records;
    const std::size_t count = random.below(5) + 3;
    for (std::size_t i = 0; i < count; ++i) {
      wire::Json record = random.object();
      wire::Json number;
      number.kind = wire::Json::Kind::string;
      number.text = std::to_string(i);
      record.members.insert(record.members.begin(), {"n", std::move(number)});
      records.push_back(written(record, 1));
    }
    const auto broken = random.below(records.size());
    // At least the brace and its first name stay, at least the last brace goes.
    const auto size = random.below(records[broken].size() - 6) + 6;
    std::string text = "[";
    for (std::size_t i = 0; i < records.size(); ++i) {
      text += (i == 0 ? "\n " : ",\n ") + (i == broken ? records[i].substr(0, size) : records[i]);
    }
    text += "\n]\n";
    const Cut found = cut(text, true, random.below(2) == 0 ? 3 : 100'000);
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (i != broken) {
        RC_ASSERT(std::find(found.records.begin(), found.records.end(), records[i]) != found.records.end());
      }
    }
  }));
}

TEST(JsonValueFramer, RecordsBeyondTheLimitAreSkipped) {
  const auto record = [](std::size_t size) { return " {\"a\":\"" + std::string(size - 8, 'x') + "\"}"; };
  const std::string text = "[\n" + record(100) + ",\n" + record(limits::record_bytes_max + 300'000) + ",\n" +
                           record(limits::record_bytes_max - 100'000) + ",\n" + record(50) + "\n]";
  const Cut found = cut(text);
  ASSERT_EQ(found.records.size(), 3U);
  EXPECT_EQ(found.numbers, (std::vector<std::uint64_t>{1, 3, 4}));
  EXPECT_EQ(found.unreadable, 1U);
}

TEST(JsonValueFramer, ManyDamagesAreToldInFewNotes) {
  std::string text = "[";
  for (int i = 0; i < 10'000; ++i) {
    text += "\n{\"a\":[},";
  }
  const Cut found = cut(text);
  EXPECT_EQ(found.unreadable, 10'000U);
  EXPECT_LT(found.notes, 100U);
}

TEST(JsonValueFramer, HostileRepetitionsEndSoon) {
  std::string open = "[";
  for (int i = 0; i < 300'000; ++i) {
    open += "\n{\"a\":[";
  }
  EXPECT_GT(cut(open).unreadable, 0U);
  EXPECT_GT(cut(std::string(3'000'000, '[')).unreadable, 0U);
  EXPECT_EQ(cut(std::string(3'000'000, ']')).records.size(), 0U);
  EXPECT_GT(cut("{" + std::string(3'000'000, '"')).unreadable, 0U);
  EXPECT_EQ(cut(std::string(3'000'000, ' ')).blocks, 0U);
}

TEST(JsonValueFramer, BlocksAreBoundedAndWhole) {
  std::string text = "[";
  for (int i = 0; i < 40'000; ++i) {
    text +=
        (i == 0 ? "" : ",") + std::string("{\"n\":") + std::to_string(i) + ",\"pad\":\"" + std::string(80, 'p') + "\"}";
  }
  const Cut found = cut(text + "]");
  EXPECT_EQ(found.records.size(), 40'000U);
  EXPECT_GE(found.blocks, 3U);
  EXPECT_EQ(found.numbers.back(), 40'000U);
}

TEST(Layout, IsToldFromTheHead) {
  const auto layout = [](std::string_view text) { return layout_of(head_of(text)).layout; };
  for (const std::string_view text : {"",
                                      " ",
                                      "1",
                                      "\"x\"",
                                      "null",
                                      "true",
                                      "{",
                                      "[",
                                      "[]",
                                      "[1,2]",
                                      "[\"a\"]",
                                      "[[1]]",
                                      "{a:1}",
                                      "{'a':1}",
                                      "{]",
                                      "[2021-03-03 06:49:42] error",
                                      "{\"a\":1} and some text",
                                      "<Event>",
                                      "a,b,c\n1,2,3",
                                      "[{a}]",
                                      "{ x"}) {
    EXPECT_EQ(layout(text), Layout::none) << text;
  }
  EXPECT_EQ(layout("{}"), Layout::lines);
  EXPECT_EQ(layout("{\"a\":1}"), Layout::lines);
  EXPECT_EQ(layout("\n\n{\"a\":1}\n{\"b\":2}"), Layout::lines);
  EXPECT_EQ(layout("{\"a\":1},\n{\"b\":2},"), Layout::lines);
  EXPECT_EQ(layout("{\"a\":\"cut\n{\"b\":2}\n"), Layout::lines);
  EXPECT_EQ(layout("{\"a\":1} garbage\n{\"b\":2}\n"), Layout::lines);
  EXPECT_EQ(layout("{\"name\":\"x\",\"events\":[{}]}\n{\"name\":\"y\",\"events\":[{}]}\n"), Layout::lines);
  EXPECT_EQ(layout("{\"a\":1}{\"b\":2}"), Layout::concatenated);
  EXPECT_EQ(layout("{\n\"a\":1}"), Layout::concatenated);
  EXPECT_EQ(layout("{\"a\":1,\n\"value\":[{\"b\":1}]}"), Layout::concatenated);
  EXPECT_EQ(layout("[{}]"), Layout::array);
  EXPECT_EQ(layout(" [ {\"a\":1"), Layout::array);
  EXPECT_EQ(layout("{\"Records\":[{}]}"), Layout::array);
  EXPECT_EQ(layout("{\"records\":[{}]}\n{\"records\":[{}]}"), Layout::array);
  EXPECT_EQ(layout("{\"value\":[{}]}"), Layout::array);
  EXPECT_EQ(layout("{\"took\":1,\"hits\":{\"total\":1,\"hits\":[{\"_source\":{}}]}}"), Layout::array);
  EXPECT_EQ(layout("{\"value\":[1,2]}"), Layout::lines);
  EXPECT_TRUE(layout_of(head_of("{\"a\":1}")).proven);
  EXPECT_FALSE(layout_of(head_of("{\"a\":tru}")).proven);
}

TEST(Layout, NeverNeedsTheWholeFile) {
  EXPECT_TRUE(rc::check("any head is told without a fault", [](const std::string& bytes) {
    const LayoutGuess guess = layout_of(head_of(bytes));
    RC_ASSERT(!guess.proven || guess.layout != Layout::none);
  }));
}

std::string time_text(std::string_view text, event::ValueKind kind) {
  const auto parsed = parse_time({text, kind});
  return parsed ? rfc3339(parsed->time) + (parsed->has_zone ? "" : " no zone") : "none";
}

TEST(JsonTime, ReadsEveryForm) {
  using event::ValueKind;
  EXPECT_EQ(time_text("2021-03-03T06:49:42.123Z", ValueKind::text), "2021-03-03T06:49:42.123Z");
  EXPECT_EQ(time_text("2021-03-03 06:49:42", ValueKind::text), "2021-03-03T06:49:42Z no zone");
  EXPECT_EQ(time_text("/Date(1614754182123)/", ValueKind::text), "2021-03-03T06:49:42.123Z");
  EXPECT_EQ(time_text("/Date(1614754182123+0100)/", ValueKind::text), "2021-03-03T06:49:42.123Z");
  EXPECT_EQ(time_text("/Date(-1000)/", ValueKind::text), "1969-12-31T23:59:59Z");
  EXPECT_EQ(time_text("1614754182", ValueKind::integer), "2021-03-03T06:49:42Z");
  EXPECT_EQ(time_text("1614754182.1234567", ValueKind::real), "2021-03-03T06:49:42.1234567Z");
  EXPECT_EQ(time_text("1.614754182e9", ValueKind::real), "2021-03-03T06:49:42Z");
  EXPECT_EQ(time_text("1614754182123", ValueKind::integer), "2021-03-03T06:49:42.123Z");
  EXPECT_EQ(time_text("1614754182123456", ValueKind::integer), "2021-03-03T06:49:42.123456Z");
  EXPECT_EQ(time_text("1614754182123456700", ValueKind::integer), "2021-03-03T06:49:42.1234567Z");
  EXPECT_EQ(time_text("132592277821234567", ValueKind::integer), "2021-03-03T06:49:42.1234567Z");
  EXPECT_EQ(time_text("1614754182123", ValueKind::text), "2021-03-03T06:49:42.123Z");
  for (const std::string_view text :
       {"", "x", "12", "yesterday", "/Date()/", "/Date(x)/", "99999999999999999999", "1e400", "-", "1614754182.12.3"}) {
    EXPECT_EQ(time_text(text, ValueKind::text), "none") << text;
    EXPECT_EQ(time_text(text, ValueKind::real), "none") << text;
  }
  EXPECT_EQ(time_text("true", ValueKind::boolean), "none");
  EXPECT_EQ(parse_decimal_time("12345", 10)->ticks, 123450);
  EXPECT_FALSE(parse_decimal_time("9999999999999999999999", 1));
}

TEST(Utf8Source, ConvertsWhateverThePieces) {
  const std::string text = "{\"a\":\"\u00e9\u20ac\U0001F600\"}";
  const auto utf16 = [&](bool little, bool mark) {
    std::u16string units = mark ? u"\uFEFF" : u"";
    units += u"{\"a\":\"\u00e9\u20ac\U0001F600\"}";
    std::string out;
    for (const char16_t unit : units) {
      const char low = static_cast<char>(unit & 0xFF);
      const char high = static_cast<char>(unit >> 8);
      out += little ? low : high;
      out += little ? high : low;
    }
    return out;
  };
  for (const std::string& bytes :
       {text, "\xEF\xBB\xBF" + text, utf16(true, true), utf16(false, true), utf16(true, false), utf16(false, false)}) {
    for (std::size_t crumb = 1; crumb < 8; ++crumb) {
      CrumbSource crumbs(bytes, crumb);
      Utf8Source source(crumbs);
      std::string got;
      std::array<char, 3> into;
      for (;;) {
        const auto count = source.read(into);
        ASSERT_TRUE(count);
        if (*count == 0) {
          break;
        }
        got.append(into.data(), *count);
      }
      EXPECT_EQ(got, text);
    }
    EXPECT_EQ(head_as_utf8(bytes), text);
  }
}

TEST(WindowsNames, ChannelsFollowProviders) {
  EXPECT_EQ(channel_of_provider("Microsoft-Windows-Sysmon", 1), "Microsoft-Windows-Sysmon/Operational");
  EXPECT_EQ(channel_of_provider("microsoft-windows-security-auditing", 4624), "Security");
  EXPECT_EQ(channel_of_provider("Microsoft-Windows-Eventlog", 1102), "Security");
  EXPECT_EQ(channel_of_provider("Microsoft-Windows-Eventlog", 104), "System");
  EXPECT_EQ(channel_of_provider("Unknown", 1), "");
  EXPECT_EQ(data_names("Microsoft-Windows-PowerShell", 4104)[2], "ScriptBlockText");
  EXPECT_EQ(data_names("Microsoft-Windows-Security-Auditing", 4688).size(), 15U);
  EXPECT_TRUE(data_names("Microsoft-Windows-Security-Auditing", 1).empty());
  EXPECT_EQ(numbered_base("Data_1"), "Data");
  EXPECT_EQ(numbered_base("a_b_22"), "a_b");
  EXPECT_EQ(numbered_base("param1"), "");
  EXPECT_EQ(numbered_base("_1"), "");
  EXPECT_EQ(numbered_base("x_"), "");
}

TEST(ClockDifference, IsToldWhereItIsSteady) {
  const auto notes = [](std::string_view first, std::string_view second) {
    event::FieldTable table;
    JsonDecoder decoder(table, {});
    Block block;
    for (int i = 0; i < 20; ++i) {
      block.bytes +=
          R"({"EventID":1,"SourceName":"Microsoft-Windows-Sysmon","TimeCreated":"2021-03-14T01:39:39Z","UtcTime":")" +
          std::string(i % 2 == 0 ? first : second) + "\"}\n";
    }
    event::EventBatch batch;
    decoder.decode(block, batch);
    EXPECT_EQ(batch.events.size(), 20U);
    EXPECT_EQ(rfc3339(batch.events[0].time), "2021-03-14T01:39:39Z");
    return batch.notes;
  };
  const auto steady = notes("2021-03-14 06:39:39.829", "2021-03-14 06:39:12.000");
  ASSERT_EQ(steady.size(), 1U);
  EXPECT_EQ(steady[0].text, "the event's own UtcTime is 5:00 hours ahead of its time; nothing was corrected");
  EXPECT_EQ(steady[0].count, 20U);
  EXPECT_EQ(notes("2021-03-13 20:09:39.000", "2021-03-13 20:09:39.000").at(0).text,
            "the event's own UtcTime is 5:30 hours behind its time; nothing was corrected");
  EXPECT_TRUE(notes("2021-03-14 01:39:38.829", "2021-03-14 01:39:39.000").empty());
  EXPECT_TRUE(notes("2021-03-14 06:39:39.829", "2021-03-14 01:39:39.000").empty());
  EXPECT_TRUE(notes("2021-03-14 01:50:00.000", "2021-03-14 02:09:00.000").empty());
  EXPECT_TRUE(notes("not a time", "").empty());
}

TEST(Profiles, AreDescribedOnce) {
  std::set<std::string_view> names;
  for (const Profile* profile : profiles()) {
    EXPECT_TRUE(names.insert(profile->name).second) << profile->name;
    EXPECT_FALSE(profile->doc.empty()) << profile->name;
    EXPECT_TRUE(profile->spec.starts_with("https://")) << profile->name;
  }
  EXPECT_EQ(profiles().back()->name, "other");
}

TEST(Roles, PathsAreUnique) {
  EXPECT_EQ(role_of("winlog.channel"), Role::winlog_channel);
  EXPECT_EQ(role_of("Winlog.Channel"), Role::none);
#define ROLE(identifier, path) EXPECT_EQ(role_of(path), Role::identifier) << (path);
#include "ingest/json/roles.def"
#undef ROLE
}

// What keyword search builds on: such a value need not be searched beside the raw record.
TEST(JsonDecoder, TellsWhatTheRawRecordHoldsWithEscapes) {
  event::FieldTable table;
  JsonDecoder decoder(table, {});
  Block block;
  block.bytes = R"({"plain":"a b","simple":"C:\\a\\b","path":"a\/b","tab":"a\tb","number":"a\u0042\n","n":1,)"
                R"("message":"{\"inner\":\"x\\\\y\"}"})";
  event::EventBatch batch;
  decoder.decode(block, batch);
  ASSERT_EQ(batch.events.size(), 1U);
  std::map<std::string, bool, std::less<>> told;
  for (const event::Field& field : batch.fields_of(batch.events[0])) {
    told[std::string(table.name(field.id))] = field.value.escaped_in_raw;
    EXPECT_TRUE(!field.value.escaped_in_raw || field.value.kind == event::ValueKind::text);
  }
  EXPECT_FALSE(told.at("plain"));
  EXPECT_TRUE(told.at("simple"));
  EXPECT_TRUE(told.at("path"));
  EXPECT_TRUE(told.at("tab"));
  EXPECT_FALSE(told.at("number"));
  EXPECT_FALSE(told.at("n"));
  // What stands in JSON inside a string is escaped twice in the raw record.
  if (const auto inner = told.find("inner"); inner != told.end()) {
    EXPECT_FALSE(inner->second);
  }
}

TEST(JsonDecoder, ManyDifferentKeysStayBounded) {
  event::FieldTable table;
  JsonDecoder decoder(table, {});
  event::EventBatch batch;
  for (int round = 0; round < 40; ++round) {
    Block block;
    block.bytes = "{";
    for (int i = 0; i < 4'000; ++i) {
      block.bytes += (i == 0 ? "\"" : ",\"") + std::to_string(round * 4'000 + i) + "\":{\"x\":1}";
    }
    block.bytes += "}\n{\"" + std::string(5'000, 'k') + "\":{\"b\":1},\"after\":2}";
    batch.clear();
    decoder.decode(block, batch);
    ASSERT_EQ(batch.events.size(), 2U);
    const auto fields = batch.fields_of(batch.events[1]);
    ASSERT_EQ(fields.size(), 2U);
    EXPECT_EQ(fields[0].id, event::overflow_field);
    EXPECT_EQ(table.name(fields[1].id), "after");
  }
  EXPECT_LE(table.size(), limits::field_names_max);
}

}  // namespace
}  // namespace tocsin::ingest::json
