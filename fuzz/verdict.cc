// Playbooks from hostile YAML; every predicate, join and count over random events and facts.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/predicates.h"
#include "verdict/verdict.h"

namespace {

using namespace tocsin;

// A playbook of both forms that runs every predicate and every kind of join.
std::string playbook(bool ladder) {
  std::string all;
  for (const verdict::Predicate& predicate : verdict::predicates()) {
    all += (all.empty() ? "" : ", ") + std::string(predicate.name);
  }
  const std::string step = ladder ? ", step: one, behaviour: b, company: true" : "";
  std::string yaml =
      std::string("playbook: ") + (ladder ? "l" : "s") + "\nform: " + (ladder ? "ladder" : "stages") +
      "\nstages: [zero, one]\nsteps: [one, two]\nfixed-builds: [15.1.2106.13]\n"
      "window: {from: \"2021-01-03T00:00:00Z\", to-when-fixed-before: \"2021-03-31T00:00:00Z\"}\n"
      "fields: {server: a, client: b, request: c, target: a, text: [a, b, c], anchor: a, stem: b, query: c, "
      "file: a, path: a, image: b, access: c, share: d, command: a, process-id: b, service-path: c}\n"
      "logs:\n  any: {}\n  event: {ids: [1, 11, 23, 4663]}\n"
      "inputs:\n  - {input: i, label: i, how: h, logs: [any, event], server: server, marks: true, covers: true}\n"
      "  - {input: v, logs: [any], derive: [build], server: server, key: build.version, build: true}\n"
      "rows:\n  - {row: w, logs: [any], witness: true, carry: {server: server, client: client}" +
      step +
      "}\n"
      "  - row: r\n    logs: [any, event]\n    derive: [" +
      all +
      "]\n    marks: true\n"
      "    carry: {server: server, client: client, request: request, target: target}\n    what: \"{text} "
      "{file.url}\"\n" +
      (ladder ? "    step: two\n    behaviour: c\n    burst: {rows: [self], count: 3, within: 1m, distinct: client}\n"
                "    explain:\n      - {reason: x, alone: true, when: {text: {contains: e}}}\n"
                "      - {reason: y, beside: {rows: [r], other-host: true, within: 1m, explained: true}}\n"
              : "") +
      "    supports:\n      - {rows: [w], same: [client], within: 2s}\n"
      "    unless: {rows: [w], within: 10m, count: 3}\n"
      "    cases:\n      - {when: {text: {glob: \"*a?*\"}}, stage: 0}\n"
      "      - {stage: 1, succeeded: true, beside: {rows: [r], same: [request], within: 1m, order: after}}\n";
  if (ladder) {
    yaml +=
        "spread: {logs: [event], path: path, image: image, access: access, share: share, step: two, within: 24h, "
        "files: 3, "
        "folders: 2, note-folders: 2, ordinary-extensions: [doc], note-extensions: [txt], rename-behaviour: rb, "
        "note-behaviour: nb}\n";
  }
  return yaml;
}

// Takes bytes from the input, zero when it is used up.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  std::uint8_t byte() {
    if (bytes_.empty()) {
      return 0;
    }
    const auto first = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return first;
  }
  std::string_view text() {
    const std::size_t size = std::min<std::size_t>(byte(), bytes_.size());
    const std::string_view out = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return out;
  }
  bool empty() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

void drive(std::string_view data) {
  static const auto engine = [] {
    const std::vector<verdict::Engine::Text> texts = {{"s.yaml", playbook(false)}, {"l.yaml", playbook(true)}};
    auto loaded = verdict::Engine::load(texts);
    if (!loaded) {
      __builtin_trap();
    }
    return *loaded;
  }();
  static event::FieldTable fields;
  const auto observer = engine->observer(fields);
  const auto opened = engine->open();
  event::EventBatch batch;
  verdict::Facts facts;
  Bytes bytes(data);
  while (!bytes.empty()) {
    const std::uint8_t kind = bytes.byte();
    event::Event& event = batch.begin_event();
    event.record = batch.events.size();
    event.time = (kind & 64) != 0 ? Time{} : Time::from_seconds(1'610'000'000 + bytes.byte() * 97);
    if ((kind & 1) != 0) {
      static constexpr std::uint32_t ids[] = {1, 11, 23, 4663};
      event.event_id = ids[(kind >> 1) & 3];
      event.channel = "x";
      event.host = bytes.text();
    }
    static constexpr std::string_view names[] = {
        "a", "b", "c", "d", "MajorVersion", "CreationTime", "LastWriteTimeUtc", "UtcOffset"};
    for (int count = bytes.byte() % 8; count > 0; --count) {
      batch.add_field(fields.intern(names[bytes.byte() % 8]), bytes.text());
    }
    event.raw = bytes.text();
    batch.end_event();
    if (batch.events.size() == 64 || bytes.empty()) {
      facts.clear();
      observer->observe({kind, "evidence/inetpub/x.log", "plain"}, batch, {}, facts);
      opened->add(facts);
      batch.clear();
    }
  }
  // Facts of a peer that lies about its own form.
  Bytes again(data);
  facts.clear();
  while (!again.empty()) {
    verdict::Fact& fact = facts.add();
    fact.playbook = again.byte() % 3;
    static constexpr std::uint32_t predicates[] = {0, 1, 2, 0x10000, 0x10001, 0x10005, 0x20000, 0xffffffff};
    fact.predicate = predicates[again.byte() % 8];
    fact.time = Time::from_seconds(1'610'000'000 + again.byte());
    fact.host = facts.keep(again.text());
    std::vector<std::string_view> values;
    for (int count = again.byte() % 9; count > 0; --count) {
      values.push_back(facts.keep(again.text()));
    }
    fact.values = facts.keep(values);
  }
  opened->add(facts);
  verdict::Coverage coverage;
  coverage.path = std::string(data.substr(0, 40));
  coverage.format = "plain";
  opened->add(coverage);
  for (const verdict::Verdict& verdict : opened->conclude()) {
    if (verdict.because.empty()) {
      __builtin_trap();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.starts_with("playbook:") || text.starts_with('#') || text.starts_with('-')) {
    const std::vector<verdict::Engine::Text> texts = {{"fuzz.yaml", std::string(text)}};
    if (const auto loaded = verdict::Engine::load(texts)) {
      event::FieldTable fields;
      const auto observer = (*loaded)->observer(fields);
      event::EventBatch batch;
      batch.begin_event().event_id = 1;
      batch.add_field(fields.intern("a"), "value");
      batch.end_event();
      verdict::Facts facts;
      observer->observe({0, "a/b", "plain"}, batch, {}, facts);
      const auto opened = (*loaded)->open();
      opened->add(facts);
      opened->conclude();
    }
    return 0;
  }
  drive(text);
  return 0;
}
