#include <algorithm>

#include "detect/implementation.h"
#include "detect/indexed.h"
#include "detect/plain.h"
#include "detect/program.h"

namespace tocsin::detect {

using event::Event;
using event::EventBatch;
using rules::Node;

struct Scanner::State {
  State(std::shared_ptr<const Program> given, event::FieldTable& fields, ScanOptions options)
      : program(std::move(given)),
        compiled(program->implementation()),
        table(fields),
        stop(options.stop),
        plain(compiled, fields),
        indexed(compiled, fields, options),
        source_met(compiled.sources.size()),
        with_input(compiled.rules.size()) {}

  bool stopped() const { return stop != nullptr && stop->load(std::memory_order_relaxed); }

  void meet(std::uint32_t source) {
    if (source_met[source]) {
      return;
    }
    source_met[source] = true;
    for (std::uint32_t rule = 0; rule < compiled.rules.size(); ++rule) {
      if (compiled.rules[rule].source == source) {
        with_input[rule] = true;
      }
    }
  }

  void scan_plain(const EventBatch& batch, std::vector<Hit>& hits) {
    for (std::uint32_t at = 0; at < batch.events.size() && !stopped(); ++at) {
      const Event& event = batch.events[at];
      plain.forget();
      const std::size_t first = hits.size();
      for (std::uint32_t source = 0; source < compiled.sources.size(); ++source) {
        const auto scope = plain.applies(batch, event, compiled.sources[source]);
        if (!scope) {
          continue;
        }
        meet(source);
        for (const std::uint32_t rule : compiled.source_rules[source]) {
          if (plain.fires(batch, event, rule, *scope)) {
            hits.push_back({at, rule});
          }
        }
      }
      std::sort(hits.begin() + static_cast<std::ptrdiff_t>(first), hits.end(),
                [](const Hit& a, const Hit& b) { return a.rule < b.rule; });
    }
  }

  void scan_indexed(const EventBatch& batch, std::vector<Hit>& hits) {
    indexed.open(batch);
    for (std::uint32_t at = 0; at < batch.events.size() && !stopped(); ++at) {
      fired.clear();
      indexed.scan(batch, batch.events[at], fired, [this](std::uint32_t source) { meet(source); });
      for (const std::uint32_t rule : fired) {
        hits.push_back({at, rule});
      }
    }
  }

  Scope scope_of(const EventBatch& batch, const Event& event, std::uint32_t rule) const {
    return plain.applies(batch, event, compiled.sources[compiled.rules[rule].source]).value_or(Scope{});
  }

  std::shared_ptr<const Program> program;
  const Program::Implementation& compiled;
  event::FieldTable& table;
  const std::atomic<bool>* stop;
  PlainEvaluator plain;
  IndexedEvaluator indexed;
  MadeValues made;  // for values()
  std::vector<std::uint32_t> fired;
  std::vector<bool> source_met;
  std::vector<bool> with_input;
};

Scanner::Scanner(std::shared_ptr<const Program> program, event::FieldTable& fields, ScanOptions options)
    : state_(std::make_unique<State>(std::move(program), fields, options)) {}
Scanner::~Scanner() = default;

void Scanner::scan(const EventBatch& batch, std::vector<Hit>& hits) {
  state_->made.clear();
  state_->plain.forget();
  if (state_->compiled.engine == Engine::plain) {
    state_->scan_plain(batch, hits);
  } else {
    state_->scan_indexed(batch, hits);
  }
}

void Scanner::matches(const EventBatch& batch, const Hit& hit, std::vector<Match>& out) {
  const Event& event = batch.events[hit.event];
  const std::vector<Node>& nodes = state_->compiled.set->rules[hit.rule].nodes;
  const Scope scope = state_->scope_of(batch, event, hit.rule);
  const std::vector<bool> truth = state_->plain.evaluate(batch, event, hit.rule, scope);
  // From the root down through true nodes; what stands under a true "none of" is false and explains nothing.
  std::vector<bool> used(nodes.size());
  std::vector<bool> leaf_used(state_->compiled.rules[hit.rule].leaves.size());
  if (!nodes.empty()) {
    used.back() = truth.back();
  }
  for (std::size_t at = nodes.size(); at-- > 0;) {
    const Node& node = nodes[at];
    if (!used[at]) {
      continue;
    }
    if (node.kind == Node::Kind::leaf) {
      leaf_used[node.leaf] = true;
    } else if (node.kind != Node::Kind::none_of) {
      for (const std::uint32_t child : node.children) {
        used[child] = used[child] || truth[child];
      }
    }
  }
  for (std::uint32_t leaf = 0; leaf < leaf_used.size(); ++leaf) {
    if (leaf_used[leaf]) {
      const auto result = state_->plain.leaf(batch, event, hit.rule, leaf, scope);
      if (result.has_value) {
        out.push_back({leaf, result.field, result.value});
      }
    }
  }
}

std::vector<bool> Scanner::explain(const EventBatch& batch, std::uint32_t event, std::uint32_t rule) {
  const Event& explained = batch.events[event];
  return state_->plain.evaluate(batch, explained, rule, state_->scope_of(batch, explained, rule));
}

bool Scanner::applies(const EventBatch& batch, std::uint32_t event, std::uint32_t rule) const {
  return state_->plain
      .applies(batch, batch.events[event], state_->compiled.sources[state_->compiled.rules[rule].source])
      .has_value();
}

const std::vector<bool>& Scanner::rules_with_input() const { return state_->with_input; }

ScanStatistics Scanner::statistics() const { return state_->indexed.statistics(); }

void Scanner::values(const EventBatch& batch, std::uint32_t event, std::uint32_t rule, std::string_view field,
                     std::vector<std::string_view>& out) const {
  const Event& asked = batch.events[event];
  std::vector<FoundValue> found;
  resolve(find_lookup(state_->table, field, state_->scope_of(batch, asked, rule)), batch.fields_of(asked),
          state_->table, state_->made, found);
  for (const FoundValue& value : found) {
    out.push_back(value.value->text);
  }
}

}  // namespace tocsin::detect
