// Plain against indexed: random rules over random events must give the same hits.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>

#include "detect/program.h"
#include "detect/test_rules.h"
#include "detect/value_memo.h"

namespace tocsin::detect {
namespace {

using rules::Leaf;
using rules::Node;
using rules::Operator;
using Element = rules::Pattern::Element;

// Small alphabets, so that rules and events meet often; with characters whose folding changes their length.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <std::size_t N>
  const char* pick(const char* const (&from)[N]) {
    return from[below(N)];
  }

  std::string text(std::size_t parts_max) {
    static const char* const parts[] = {
        "a",        "B", "ab",           "c:\\", ".exe",         "-",  "/",   "1",       "4688",
        "\xC3\xA9", " ", "\xE2\x80\x93", "K",    "\xE2\x84\xAA", "\n", "cmd", "Windows", "\xFF",
        "x",        "0", "\"",           "\t",   "mimikatz"};
    std::string made;
    for (std::size_t count = below(parts_max + 1); count != 0; --count) {
      made += pick(parts);
    }
    return made;
  }

  std::string number() {
    static const char* const numbers[] = {
        "0",    "1",  "01", "-1",  "1.0", "1e0", "4688", "9007199254740993", "18446744073709551616",
        "0x10", "16", "+1", "2.5", "-0"};
    return pick(numbers);
  }

  std::string field() {
    static const char* const names[] = {"Image",       "image",   "CommandLine", "EventID",     "User",
                                        "ParentImage", "LogonId", "Data",        "cs-uri-query"};
    return pick(names);
  }

  std::string event_field() {
    static const char* const names[] = {"Image", "IMAGE",        "CommandLine",    "EventID",
                                        "User",  "ParentImage",  "NewProcessName", "SubjectLogonId",
                                        "Data",  "cs-uri-query", "cs-uri",         "Other"};
    return pick(names);
  }

  Leaf leaf() {
    Leaf made;
    made.field = chance(12) ? std::string() : field();
    switch (below(14)) {
      case 0:
        made.op = Operator::regex;
        made.regex = regex();
        made.regex_ignore_case = chance(40);
        made.regex_multiline = chance(20);
        made.regex_dot_all = chance(20);
        break;
      case 1:
        made.op = Operator::cidr;
        made.network.bytes[0] = 10;
        made.network.prefix_bits = 8;
        break;
      case 2: {
        static constexpr Operator orders[] = {Operator::less, Operator::less_equal, Operator::greater,
                                              Operator::greater_equal};
        made.op = orders[below(4)];
        made.number = number();
        break;
      }
      case 3:
      case 4:
        made.op = Operator::equals_number;
        made.number = number();
        break;
      case 5:
        made.op = Operator::equals_boolean;
        made.boolean = chance(50);
        break;
      case 6:
        made.op = Operator::is_null;
        break;
      case 7:
        made.op = Operator::exists;
        made.boolean = chance(50);
        break;
      case 8: {
        static constexpr Operator relations[] = {Operator::field_equals, Operator::field_contains,
                                                 Operator::field_starts_with, Operator::field_ends_with};
        if (!made.field.empty()) {
          made.op = relations[below(4)];
          made.other_field = field();
        }
        break;
      }
      default:
        break;
    }
    if (made.op == Operator::matches) {
      made.cased = chance(15);
      made.pattern = pattern();
    }
    return made;
  }

  rules::Pattern pattern() {
    rules::Pattern made;
    if (chance(4)) {
      made.pieces = {{Element::literal,
                      chance(50) ? "{54849625-5478-4994-A5BA-3E3B0328C30D}" : "54849625-5478-4994-a5ba-3e3b0328c30d"}};
      return made;
    }
    for (std::size_t count = below(5); count != 0; --count) {
      static constexpr Element elements[] = {Element::literal, Element::literal, Element::literal, Element::any_run,
                                             Element::any_run, Element::any_one, Element::dash};
      const Element element = elements[below(7)];
      const bool repeated = !made.pieces.empty() && made.pieces.back().element == element;
      if (repeated && (element == Element::literal || element == Element::any_run)) {
        continue;
      }
      std::string literal = element == Element::literal ? text(3) : std::string();
      if (element != Element::literal || !literal.empty()) {
        made.pieces.push_back({element, std::move(literal)});
      }
    }
    return made;
  }

  std::string regex() {
    static const char* const patterns[] = {"cmd", "a+b", "^C:",    "exe$",       "(ab|cmd)\\.exe", "[0-9]+",
                                           ".",   "k",   "(a)\\1", "Windows.*x", "\\d{4}"};
    return pick(patterns);
  }

  rules::Rule rule() {
    rules::Rule made;
    static const rules::LogSource sources[] = {{"windows", "process_creation", "", ""},
                                               {"windows", "", "security", ""},
                                               {"windows", "", "", ""},
                                               {"", "webserver", "", ""},
                                               {"windows", "registry_set", "", ""},
                                               {"windows", "registry_delete", "", ""},
                                               {"windows", "", "sysmon", ""}};
    made.log_source = sources[below(std::size(sources))];
    for (std::size_t count = 1 + below(5); count != 0; --count) {
      made.leaves.push_back(leaf());
    }
    std::vector<std::uint32_t> open;
    for (std::uint32_t at = 0; at < made.leaves.size(); ++at) {
      open.push_back(at);
      made.nodes.push_back({Node::Kind::leaf, at, {}, {}});
    }
    do {
      static constexpr Node::Kind kinds[] = {Node::Kind::all_of, Node::Kind::any_of, Node::Kind::none_of,
                                             Node::Kind::all_of, Node::Kind::always, Node::Kind::never};
      Node node{kinds[below(chance(5) ? 6 : 4)], 0, {}, {}};
      for (std::size_t count = 1 + below(3); count != 0 && !open.empty(); --count) {
        const std::size_t at = below(open.size());
        node.children.push_back(open[at]);
        if (!chance(10)) {  // a node may be used twice
          open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
        }
      }
      open.push_back(static_cast<std::uint32_t>(made.nodes.size()));
      made.nodes.push_back(std::move(node));
    } while (open.size() > 1);
    return made;
  }

  void event(event::EventBatch& batch, event::FieldTable& table) {
    event::Event& made = batch.begin_event();
    switch (below(6)) {
      case 0:
        made.channel = "Security";
        made.event_id = chance(50) ? 4688 : 4657;
        break;
      case 1:
        made.log_source = event::log_source("iis");
        break;
      case 2:
        made.provider = "Microsoft-Windows-Sysmon";
        made.event_id = 1;
        break;
      default: {
        static constexpr std::uint32_t ids[] = {1, 1, 12, 13};
        made.channel = "Microsoft-Windows-Sysmon/Operational";
        made.event_id = ids[below(4)];
        break;
      }
    }
    for (std::size_t count = below(8); count != 0; --count) {
      value(batch, table.intern(event_field()));
    }
    if (chance(30)) {
      static const char* const types[] = {"CreateKey", "DeleteKey", "setvalue"};
      batch.add_field(table.intern("EventType"), pick(types));
    }
    if (chance(30)) {
      batch.add_field(table.intern("OperationType"), chance(50) ? "%%1905" : "%%1906");
    }
    if (chance(30)) {
      write_as_json(batch, made);
    } else if (chance(30)) {
      made.raw = batch.arena.copy(text(6));
    }
    batch.end_event();
  }

  // The raw record as a JSON reader would have met it, and what it would have said of the values.
  void write_as_json(event::EventBatch& batch, event::Event& event) {
    std::string raw = "{";
    for (event::Field& field : std::span(batch.fields).subspan(event.field_begin)) {
      raw += "\"k\":\"";
      bool escaped = false;
      bool by_number = false;
      for (const char c : field.value.text) {
        const std::string_view letter = c == '\n' ? "n" : c == '\t' ? "t" : std::string_view(&c, 1);
        if (c == '"' || c == '\\' || c == '\n' || c == '\t' || (c == '/' && chance(50))) {
          raw += '\\';
          raw += letter;
          escaped = true;
        } else if (chance(1) && static_cast<unsigned char>(c) < 0x80) {
          raw += "\\u00";
          raw += "0123456789abcdef"[static_cast<unsigned>(c) >> 4U];
          raw += "0123456789abcdef"[static_cast<unsigned>(c) & 15U];
          by_number = true;
        } else {
          raw += c;
        }
      }
      field.value.escaped_in_raw = escaped && !by_number;
      raw += "\",";
    }
    event.raw = batch.arena.copy(raw);
  }

  void value(event::EventBatch& batch, event::FieldId id) {
    switch (below(8)) {
      case 0:
        batch.add_field(id, {}, event::ValueKind::null);
        break;
      case 1:
        batch.add_field(id, batch.arena.copy(number()), event::ValueKind::integer);
        break;
      case 2:
        batch.add_field(id, chance(50) ? "true" : "false", event::ValueKind::boolean);
        break;
      case 3:
        batch.add_field(id, chance(50) ? "{54849625-5478-4994-a5ba-3e3b0328c30d}" : "10.1.2.3");
        break;
      default:
        batch.add_field(id, batch.arena.copy(text(6)));
        break;
    }
  }

 private:
  std::mt19937_64 random_;
};

std::vector<Hit> scan(const std::shared_ptr<const rules::RuleSet>& set, event::FieldTable& table,
                      const event::EventBatch& batch, Engine engine, std::uint64_t& rows_remembered) {
  const auto program = Program::compile(set, table, engine);
  Scanner scanner(program, table, {.memo = false, .shapes = false, .rows = false});
  std::vector<Hit> hits;
  scanner.scan(batch, hits);
  if (engine == Engine::plain) {
    return hits;
  }
  // What is remembered is first met, then kept, then used.
  Scanner remembering(program, table);
  for (int pass = 0; pass < 3; ++pass) {
    std::vector<Hit> again;
    remembering.scan(batch, again);
    EXPECT_TRUE(std::equal(hits.begin(), hits.end(), again.begin(), again.end(),
                           [](const Hit& a, const Hit& b) { return a.event == b.event && a.rule == b.rule; }))
        << "remembering changes what is found in pass " << pass;
  }
  const ScanStatistics statistics = remembering.statistics();
  rows_remembered += statistics.rows_remembered;
  EXPECT_TRUE(statistics.rows_remembered != 0 || statistics.values_remembered * 3 > statistics.values);
  return hits;
}

// Rows of web logs as a reader gives them: values are pieces of lines that follow each other, some are made beside
// them, and most rows repeat.
TEST(Differential, RandomRulesAndRowsOfWebLogs) {
  std::uint64_t found = 0;
  std::uint64_t rows_remembered = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Generator generator(seed * 7'919);
    event::FieldTable table;
    const auto set = std::make_shared<rules::RuleSet>();
    const bool keywords = generator.chance(70);
    for (int rule = 0; rule < 60; ++rule) {
      rules::Rule made = generator.rule();
      const std::size_t kind = generator.below(3);
      made.log_source = {"", kind == 0 ? "proxy" : "webserver", "", ""};
      for (Leaf& leaf : made.leaves) {
        const bool plain = leaf.op == Operator::matches && generator.chance(90);
        if (leaf.field.empty() && (!keywords || !plain)) {
          leaf.field = "cs-uri-query";
        } else if (leaf.field.empty()) {
          leaf.pattern.pieces = {{Element::literal, generator.chance(50) ? "mimikatz" : "Evil" + generator.text(2)}};
        } else if (generator.chance(60)) {
          static const char* const names[] = {"cs-uri-stem", "cs-method", "sc-status", "c-uri", "cs-user-agent"};
          leaf.field = generator.pick(names);
        }
      }
      set->rules.push_back(std::move(made));
    }
    std::vector<std::string> values = {"GET", "POST", "200", "/a.aspx", "x=1", "mimikatz", "Evil", "C3\xC3\x89", ""};
    for (int value = 0; value < 12; ++value) {
      values.push_back(generator.text(4));
    }
    static const char* const columns[] = {"cs-uri-stem", "cs-method",  "sc-status",      "cs-uri-query",
                                          "User",        "cs(Cookie)", "cs(User-Agent)", "c-ip"};
    struct Row {
      std::size_t begin = 0, end = 0;
      std::vector<std::pair<event::FieldId, std::pair<std::size_t, std::size_t>>> fields;
      bool made = false;
    };
    std::string text;
    std::vector<Row> rows;
    for (int row = 0; row < 400; ++row) {
      Row& made = rows.emplace_back();
      made.begin = text.size();
      for (const char* const column : columns) {
        if (!generator.chance(10)) {
          const std::string& value = values[generator.below(generator.chance(80) ? 5 : values.size())];
          made.fields.push_back({table.intern(column), {text.size(), value.size()}});
          text += value + " ";
        }
      }
      made.end = text.size();
      made.made = generator.chance(30);
      text += generator.chance(90) ? "\n" : "\n# mimikatz\n";
    }
    event::EventBatch batch;
    for (const Row& row : rows) {
      event::Event& event = batch.begin_event();
      event.log_source = event::log_source(generator.chance(95) ? "iis" : "proxy");
      event.raw = std::string_view(text).substr(row.begin, row.end - row.begin);
      for (const auto& [id, place] : row.fields) {
        batch.add_field(id, std::string_view(text).substr(place.first, place.second));
      }
      if (row.made) {
        batch.add_field(table.intern("cs-uri"), batch.arena.copy(values[generator.below(values.size())]));
      }
      batch.end_event();
    }
    const std::vector<Hit> plain = scan(set, table, batch, Engine::plain, rows_remembered);
    const std::vector<Hit> indexed = scan(set, table, batch, Engine::indexed, rows_remembered);
    found += plain.size();
    ASSERT_TRUE(std::equal(plain.begin(), plain.end(), indexed.begin(), indexed.end(),
                           [](const Hit& a, const Hit& b) { return a.event == b.event && a.rule == b.rule; }))
        << "seed " << seed;
  }
  EXPECT_GT(found, 10'000U);
  EXPECT_GT(rows_remembered, 10'000U);
}

// A memo that is used up forgets and goes on.
TEST(ValueMemo, KeepsTheSecondMeetingAndForgetsWhenFull) {
  ValueMemo memo;
  ValueMemo::Hint hint;
  const std::uint32_t list[] = {7, 9};
  std::uint64_t kept = 0;
  for (std::uint32_t number = 0; number < 100'000; ++number) {
    const std::string text = "value " + std::to_string(number);
    const std::uint64_t key = number % 3;
    const std::uint64_t hash = ValueMemo::hash(key, text);
    memo.make_room();
    ASSERT_EQ(memo.find(hash, key, text, hint), nullptr);
    memo.met(hash);
    ASSERT_TRUE(memo.met(hash));
    memo.keep(hash, key, text, {list, 1, 1});
    if (const ValueMemo::Answer* known = memo.find(hash, key, text, hint)) {
      ++kept;
      ASSERT_EQ(known->rules, 1U);
      ASSERT_EQ(known->list[0], 7U);
      ASSERT_EQ(known->list[1], 9U);
      ASSERT_EQ(memo.again(hint, key, text), known);
      ASSERT_EQ(memo.again(hint, key + 1, text), nullptr);
      ASSERT_EQ(memo.again(hint, key, text + "x"), nullptr);
    }
  }
  EXPECT_GT(kept, 99'000U);
  EXPECT_GT(memo.statistics().forgotten, 2U);
}

// Only the hash decides where a value lies; many with one hash are looked for so far and no further.
TEST(ValueMemo, ManyValuesOfOneHashStayApart) {
  ValueMemo memo;
  ValueMemo::Hint hint;
  for (std::uint32_t number = 0; number < 1'000; ++number) {
    memo.keep(42, 0, std::to_string(number), {&number, 1, 0});
  }
  std::uint32_t known = 0;
  for (std::uint32_t number = 0; number < 1'000; ++number) {
    if (const ValueMemo::Answer* answer = memo.find(42, 0, std::to_string(number), hint)) {
      ++known;
      EXPECT_EQ(answer->list[0], number);
    }
  }
  EXPECT_GT(known, 10U);
  EXPECT_LT(known, 100U);
}

// One round is 100 rules over 100 events: 10,000 pairs.
TEST(Differential, RandomRulesAndEvents) {
  const bool long_run = std::getenv("TOCSIN_LONG") != nullptr;
  const std::uint64_t rounds = long_run ? 1'000 : 100;
  std::uint64_t found = 0;
  std::uint64_t rows_remembered = 0;
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    Generator generator(seed);
    event::FieldTable table;
    const auto set = std::make_shared<rules::RuleSet>();
    for (int rule = 0; rule < 100; ++rule) {
      set->rules.push_back(generator.rule());
    }
    event::EventBatch batch;
    for (int event = 0; event < 100; ++event) {
      generator.event(batch, table);
    }
    const std::vector<Hit> plain = scan(set, table, batch, Engine::plain, rows_remembered);
    const std::vector<Hit> indexed = scan(set, table, batch, Engine::indexed, rows_remembered);
    found += plain.size();
    std::size_t at = 0;
    while (at < plain.size() && at < indexed.size() && plain[at].event == indexed[at].event &&
           plain[at].rule == indexed[at].rule) {
      ++at;
    }
    ASSERT_EQ(at, plain.size()) << "seed " << seed << ": only plain finds event " << plain[at].event << " rule "
                                << plain[at].rule;
    ASSERT_EQ(at, indexed.size()) << "seed " << seed << ": only indexed finds event " << indexed[at].event << " rule "
                                  << indexed[at].rule;
  }
  // Neither nothing nor everything fires, or the comparison says little.
  EXPECT_GT(found, rounds * 100);
  EXPECT_LT(found, rounds * 5'000);
}

}  // namespace
}  // namespace tocsin::detect
