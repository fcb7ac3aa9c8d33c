// Rules and events from the fuzzer's bytes: both engines must stay within bounds and agree. The first line that is only
// "%%" ends the rules (Sigma documents); then come events, a line each, as name=value pairs with a tab between them.
// A name "c" is the channel, "i" the event id, "s" a log source, "r" the raw record.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "detect/correlator.h"
#include "detect/program.h"
#include "rules/sigma.h"

namespace {

using namespace tocsin;

std::string_view take(std::string_view& text, std::string_view separator) {
  const std::size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + separator.size());
  return part;
}

void add_event(event::EventBatch& batch, event::FieldTable& table, std::string_view line) {
  event::Event& event = batch.begin_event();
  std::int64_t number = 0;
  while (!line.empty()) {
    std::string_view value = take(line, "\t");
    const std::string_view name = take(value, "=");
    const auto integer = parse_int64(value);
    number += integer.value_or(0);
    if (name == "c") {
      event.channel = value;
    } else if (name == "i") {
      event.event_id = static_cast<std::uint32_t>(integer.value_or(1));
    } else if (name == "s") {
      event.log_source = event::log_source(value);
    } else if (name == "r") {
      event.raw = value;
    } else {
      const auto kind = value.empty()         ? event::ValueKind::null
                        : integer.has_value() ? event::ValueKind::integer
                                              : event::ValueKind::text;
      batch.add_field(table.intern(name), value, kind);
    }
  }
  event.time = Time::from_seconds(number % 10'000);
  batch.end_event();
}

std::vector<detect::Hit> scan(const std::shared_ptr<const rules::RuleSet>& set, event::FieldTable& table,
                              const event::EventBatch& batch, detect::Engine engine) {
  detect::Scanner scanner(detect::Program::compile(set, table, engine), table);
  std::vector<detect::Hit> hits;
  scanner.scan(batch, hits);
  std::vector<detect::Match> matches;
  for (const detect::Hit& hit : hits) {
    scanner.matches(batch, hit, matches);
  }
  return hits;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  rules::SigmaLoader loader;
  loader.add("fuzz.yml", take(text, "\n%%\n"));
  const auto set = std::make_shared<const rules::RuleSet>(std::move(loader).finish());
  event::FieldTable table;
  event::EventBatch batch;
  while (!text.empty()) {
    add_event(batch, table, take(text, "\n"));
  }
  const std::vector<detect::Hit> plain = scan(set, table, batch, detect::Engine::plain);
  const std::vector<detect::Hit> indexed = scan(set, table, batch, detect::Engine::indexed);
  check(plain.size() == indexed.size(), "both engines find the same");
  for (std::size_t at = 0; at < plain.size(); ++at) {
    check(plain[at].event == indexed[at].event && plain[at].rule == indexed[at].rule, "both engines find the same");
  }
  detect::Correlator correlator(set);
  for (const detect::Hit& hit : indexed) {
    detect::CorrelationEvent event;
    event.rule = hit.rule;
    event.time = batch.events[hit.event].time;
    event.record = hit.event;
    event.values.assign(correlator.wanted(hit.rule).size(), "x");
    correlator.add(std::move(event));
  }
  for (const detect::CorrelationHit& hit : correlator.finish()) {
    check(hit.first <= hit.last && !hit.events.empty(), "a correlation has events");
  }
  return 0;
}
