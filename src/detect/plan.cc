#include "detect/plan.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <string>

#include "base/text.h"
#include "detect/number.h"
#include "detect/rarity.h"

namespace tocsin::detect {
namespace {

using rules::Node;
using rules::Operator;
using rules::Pattern;
using rules::Rule;
using Element = Pattern::Element;

// Atoms of which at least one is true whenever a node is, and the share of events expected to meet one.
struct Witness {
  double share = 0;
  std::vector<std::uint32_t> atoms;
};

// The text of a decimal integer as nearly every log writes it.
bool is_shortest_decimal(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  return !digits.empty() && std::all_of(digits.begin(), digits.end(), ascii_digit) &&
         (digits.front() != '0' || text == "0");
}

class Builder {
 public:
  Builder(const Program::Implementation& program, Plan& plan) : program_(program), plan_(plan) {}

  void run(const std::vector<MetSource>& met) {
    std::vector<std::pair<std::uint32_t, Scope>> rules;
    for (const MetSource& source : met) {
      for (const std::uint32_t rule : program_.source_rules[source.source]) {
        rules.emplace_back(rule, source.scope);
      }
    }
    std::sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [rule, scope] : rules) {
      add_rule(rule, scope);
    }
    finish();
  }

 private:
  void add_rule(std::uint32_t number, Scope scope) {
    const Rule& rule = program_.set->rules[number];
    const CompiledRule& compiled = program_.rules[number];
    const auto index = static_cast<std::uint32_t>(plan_.rules.size());
    plan_.rules.push_back(number);
    leaf_atoms_.clear();
    for (const CompiledLeaf& leaf : compiled.leaves) {
      leaf_atoms_.push_back(atom(leaf, scope));
    }
    if (rule.nodes.empty()) {
      plan_.entries.push_back(Step::reject);
      return;
    }
    plan_.entries.push_back(emit(rule));
    if (plan_.entries.back() == Step::reject) {
      return;
    }
    const std::optional<Witness> found = witness(rule);
    if (!found) {
      plan_.always_rules.push_back(index);
      return;
    }
    for (const std::uint32_t atom : found->atoms) {
      witnesses_.emplace_back(atom, index);
    }
  }

  std::uint32_t slot(std::uint32_t field, Scope scope) {
    if (field == no_field) {
      return no_slot;
    }
    const FieldLookup* lookup = &program_.lookup(field, scope);
    const auto [at, added] = slots_.try_emplace(lookup, static_cast<std::uint32_t>(plan_.slots.size()));
    if (added) {
      plan_.slots.emplace_back();
      plan_.slots.back().lookup = lookup;
      name_slot(at->second);
    }
    return at->second;
  }

  void name_slot(std::uint32_t number) {
    Slot& slot = plan_.slots[number];
    slot.mapped = std::any_of(
        slot.lookup->aliases.begin(), slot.lookup->aliases.end(),
        [](const FieldLookup::Alias& alias) { return alias.meant != nullptr || alias.derivation != Derivation::none; });
    const auto use = [&](const FieldLookup::Name& name) {
      std::vector<std::uint32_t>& slots = plan_.names[event::index(name.folded)];
      if (name.exact != event::overflow_field && (slots.empty() || slots.back() != number)) {
        slots.push_back(number);
      }
    };
    use(slot.lookup->own);
    for (const FieldLookup::Alias& alias : slot.lookup->aliases) {
      use(alias.name);
      for (const FieldLookup::Name& source : alias.sources) {
        use(source);
      }
    }
  }

  std::uint32_t atom(const CompiledLeaf& leaf, Scope scope) {
    const Atom wanted{leaf.matcher, slot(leaf.field, scope), slot(leaf.other_field, scope), false};
    const std::uint64_t key = static_cast<std::uint64_t>(wanted.matcher) << 32U | wanted.slot;
    // A relation's matcher does not name the other field, so it is part of the key.
    const auto [at, added] =
        atoms_.try_emplace(std::pair(key, wanted.other_slot), static_cast<std::uint32_t>(plan_.atoms.size()));
    if (added) {
      plan_.atoms.push_back(wanted);
      shares_.push_back(1);
      has_trigger_.push_back(false);
      index(at->second);
    }
    return at->second;
  }

  std::uint32_t trigger(std::uint32_t atom, bool proves) {
    has_trigger_[atom] = true;
    plan_.triggers.push_back({atom, proves});
    return static_cast<std::uint32_t>(plan_.triggers.size() - 1);
  }

  // Makes the tables notice every event in which the atom may be true.
  void index(std::uint32_t number) {
    const Matcher& matcher = program_.matchers[plan_.atoms[number].matcher];
    if (matcher.keyword) {
      index_keyword(number, matcher);
      return;
    }
    Slot& slot = plan_.slots[plan_.atoms[number].slot];
    switch (matcher.op) {
      case Operator::is_null:
        return;
      case Operator::exists:
        if (matcher.boolean) {
          present(number, slot, 0.9);
        }
        return;
      case Operator::matches:
        index_patterns(number, matcher, slot);
        return;
      case Operator::regex:
        if (matcher.regex->needles().empty()) {
          present(number, slot, 0.9);
          return;
        }
        shares_[number] = 0;
        for (const std::string& needle : matcher.regex->needles()) {
          literal(number, slot.literals, needle, Anchor::none, false);
        }
        return;
      case Operator::equals_number:
        index_number(number, matcher, slot);
        return;
      case Operator::equals_boolean:
        shares_[number] = 0;
        literal(number, slot.literals, matcher.boolean ? "true" : "false", Anchor::whole, false);
        return;
      case Operator::cidr:
      case Operator::less:
      case Operator::less_equal:
      case Operator::greater:
      case Operator::greater_equal:
      case Operator::field_equals:
      case Operator::field_contains:
      case Operator::field_starts_with:
      case Operator::field_ends_with:
        present(number, slot, 0.9);
        return;
    }
  }

  void present(std::uint32_t atom, Slot& slot, double share) {
    slot.present.push_back(trigger(atom, false));
    shares_[atom] = share;
  }

  void literal(std::uint32_t atom, LiteralIndex& into, std::string_view text, Anchor anchor, bool proves) {
    into.add(text, anchor, trigger(atom, proves));
    shares_[atom] += expected_share(text, anchor);
  }

  void index_number(std::uint32_t number, const Matcher& matcher, Slot& slot) {
    if (matcher.part != rules::TimePart::none || !is_shortest_decimal(matcher.number)) {
      present(number, slot, 0.9);
      return;
    }
    shares_[number] = 0;
    literal(number, slot.literals, matcher.number, Anchor::whole, false);
    if (matcher.number_written != matcher.number) {
      literal(number, slot.literals, fold_case(matcher.number_written), Anchor::whole, false);
    }
    slot.numbers.push_back(trigger(number, false));
  }

  // What one pattern demands of the text: its longest literal, and whether that is all it demands.
  struct Demand {
    std::string text;
    Anchor anchor = Anchor::none;
    bool exact = false;
    bool any_text = false;  // no literal: nothing is demanded that a literal could show
  };
  static Demand demand(const Pattern& pattern, bool cased) {
    Demand made;
    const auto& pieces = pattern.pieces;
    if (pieces.empty()) {
      return {"", Anchor::whole, true, false};
    }
    std::size_t best = pieces.size();
    for (std::size_t at = 0; at < pieces.size(); ++at) {
      const bool usable = pieces[at].element == Element::literal && valid_utf8(pieces[at].text);
      if (usable && (best == pieces.size() || pieces[at].text.size() > pieces[best].text.size())) {
        best = at;
      }
    }
    if (best == pieces.size()) {
      made.any_text = true;
      return made;
    }
    const bool starts = best == 0;
    const bool ends = best + 1 == pieces.size();
    made.text = cased ? fold_case(pieces[best].text) : pieces[best].text;
    made.anchor = starts && ends ? Anchor::whole : starts ? Anchor::start : ends ? Anchor::end : Anchor::none;
    const bool plain_before = starts || (best == 1 && pieces[0].element == Element::any_run);
    const bool plain_after = ends || (best + 2 == pieces.size() && pieces.back().element == Element::any_run);
    made.exact = !cased && plain_before && plain_after;
    return made;
  }

  void index_patterns(std::uint32_t number, const Matcher& matcher, Slot& slot) {
    std::vector<Demand> demands;
    bool exact = true;
    for (const Pattern& pattern : matcher.patterns) {
      demands.push_back(demand(pattern, matcher.cased));
      if (demands.back().any_text) {
        present(number, slot, 0.9);
        return;
      }
      exact = exact && demands.back().exact;
    }
    shares_[number] = 0;
    for (const Demand& each : demands) {
      literal(number, slot.literals, each.text, each.anchor, each.exact);
    }
    plan_.atoms[number].decided = exact;
  }

  // Values and the raw record are searched as one text with a NUL between them. A literal of which raw JSON may escape
  // a part is looked for by the rest of it, if that is long enough, so that values escaped there need not be searched.
  void index_keyword(std::uint32_t number, const Matcher& matcher) {
    plan_.has_keywords = true;
    shares_[number] = 0;
    bool exact = matcher.op == Operator::matches;
    std::vector<std::string> texts;
    if (matcher.op == Operator::matches) {
      for (const Pattern& pattern : matcher.patterns) {
        Demand made = demand(pattern, matcher.cased);
        if (made.any_text || made.text.find('\0') != std::string::npos) {
          texts.clear();
          break;
        }
        exact = exact && made.exact && made.anchor == Anchor::none;
        texts.push_back(std::move(made.text));
      }
    } else if (matcher.op == Operator::regex) {
      texts = matcher.regex->needles();
    }
    if (texts.empty()) {
      plan_.keyword_always.push_back(trigger(number, false));
      shares_[number] = 1;
      return;
    }
    constexpr std::size_t part_min = 6;
    for (std::string& text : texts) {
      if (const std::string_view part = never_escaped_part(text);
          part.size() < text.size() && part.size() >= part_min) {
        text = std::string(part);
        exact = false;
      }
    }
    for (const std::string& text : texts) {
      plan_.keywords.add(text, trigger(number, exact));
      shares_[number] += expected_share(text, Anchor::none);
    }
    plan_.atoms[number].decided = exact;
  }

  // ---- Conditions ------------------------------------------------------------------------------------------

  std::optional<Witness> witness(const Rule& rule) {
    std::vector<std::optional<Witness>> of(rule.nodes.size());
    for (std::size_t at = 0; at < rule.nodes.size(); ++at) {
      const Node& node = rule.nodes[at];
      switch (node.kind) {
        case Node::Kind::leaf:
          if (const std::uint32_t atom = leaf_atoms_[node.leaf]; has_trigger_[atom]) {
            of[at] = Witness{shares_[atom], {atom}};
          }
          break;
        case Node::Kind::all_of:
          for (const std::uint32_t child : node.children) {
            if (of[child] && (!of[at] || of[child]->share < of[at]->share)) {
              of[at] = of[child];
            }
          }
          break;
        case Node::Kind::any_of:
          of[at] = Witness{};
          for (const std::uint32_t child : node.children) {
            if (!of[child]) {
              of[at].reset();
              break;
            }
            of[at]->share += of[child]->share;
            of[at]->atoms.insert(of[at]->atoms.end(), of[child]->atoms.begin(), of[child]->atoms.end());
          }
          break;
        case Node::Kind::never:
          of[at] = Witness{};
          break;
        case Node::Kind::none_of:
        case Node::Kind::always:
          break;
      }
    }
    return of.back();
  }

  // How dear a node is to ask, so that cheap parts of a condition come first.
  int expense(const Rule& rule, std::uint32_t node, const std::vector<int>& of) const {
    if (rule.nodes[node].kind != Node::Kind::leaf) {
      int most = 0;
      for (const std::uint32_t child : rule.nodes[node].children) {
        most = std::max(most, of[child]);
      }
      return most;
    }
    const Atom& atom = plan_.atoms[leaf_atoms_[rule.nodes[node].leaf]];
    const Matcher& matcher = program_.matchers[atom.matcher];
    if (atom.decided) {
      return 0;
    }
    return matcher.op != Operator::regex ? 1 : matcher.regex->slow() ? 3 : 2;
  }

  // Appends the condition as steps, from the last to the first; returns where it begins. Walks with its own stack.
  std::int32_t emit(const Rule& rule) {
    std::vector<int> expenses(rule.nodes.size());
    for (std::uint32_t at = 0; at < rule.nodes.size(); ++at) {
      expenses[at] = expense(rule, at, expenses);
    }
    struct Frame {
      std::uint32_t node;
      std::int32_t on_true, on_false;
      std::vector<std::uint32_t> order;  // children still to be emitted, the last asked first
      std::int32_t entry;                // of what has been emitted of this node
    };
    std::vector<Frame> stack;
    std::int32_t result = Step::reject;
    const auto open = [&](std::uint32_t number, std::int32_t on_true, std::int32_t on_false) {
      const Node& node = rule.nodes[number];
      Frame frame{number, on_true, on_false, {}, 0};
      switch (node.kind) {
        case Node::Kind::leaf:
          plan_.steps.push_back({leaf_atoms_[node.leaf], on_true, on_false});
          frame.entry = static_cast<std::int32_t>(plan_.steps.size() - 1);
          break;
        case Node::Kind::always:
          frame.entry = on_true;
          break;
        case Node::Kind::never:
          frame.entry = on_false;
          break;
        case Node::Kind::none_of:
          std::swap(frame.on_true, frame.on_false);
          [[fallthrough]];
        case Node::Kind::all_of:
        case Node::Kind::any_of:
          frame.entry = node.kind == Node::Kind::all_of ? frame.on_true : frame.on_false;
          frame.order = node.children;
          // Emitted from the back, so the dearest first.
          std::stable_sort(frame.order.begin(), frame.order.end(),
                           [&](std::uint32_t a, std::uint32_t b) { return expenses[a] < expenses[b]; });
          break;
      }
      stack.push_back(std::move(frame));
    };
    open(static_cast<std::uint32_t>(rule.nodes.size() - 1), Step::accept, Step::reject);
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.order.empty()) {
        result = top.entry;
        stack.pop_back();
        if (!stack.empty()) {
          stack.back().entry = result;
        }
        continue;
      }
      const std::uint32_t child = top.order.back();
      top.order.pop_back();
      const bool all = rule.nodes[top.node].kind == Node::Kind::all_of;
      open(child, all ? top.entry : top.on_true, all ? top.on_false : top.entry);
    }
    return result;
  }

  void finish() {
    for (Slot& slot : plan_.slots) {
      slot.literals.build();
    }
    plan_.keywords.build();
    std::sort(witnesses_.begin(), witnesses_.end());
    witnesses_.erase(std::unique(witnesses_.begin(), witnesses_.end()), witnesses_.end());
    plan_.witness_begin.assign(plan_.atoms.size() + 1, 0);
    for (const auto& [atom, rule] : witnesses_) {
      ++plan_.witness_begin[atom + 1];
      plan_.witness_rules.push_back(rule);
    }
    for (std::size_t at = 1; at < plan_.witness_begin.size(); ++at) {
      plan_.witness_begin[at] += plan_.witness_begin[at - 1];
    }
  }

  const Program::Implementation& program_;
  Plan& plan_;
  boost::unordered_flat_map<const FieldLookup*, std::uint32_t> slots_;
  boost::unordered_flat_map<std::pair<std::uint64_t, std::uint32_t>, std::uint32_t> atoms_;
  std::vector<double> shares_;     // by atom
  std::vector<bool> has_trigger_;  // by atom
  std::vector<std::uint32_t> leaf_atoms_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> witnesses_;  // atom, rule
};

}  // namespace

PlanCache::PlanCache(const Program::Implementation& program) : program_(program) {
  for (const FieldLookup& lookup : program.lookups) {
    relevant_.push_back(event::index(lookup.own.folded));
    for (const FieldLookup::Alias& alias : lookup.aliases) {
      relevant_.push_back(event::index(alias.name.folded));
    }
  }
  std::sort(relevant_.begin(), relevant_.end());
  relevant_.erase(std::unique(relevant_.begin(), relevant_.end()), relevant_.end());
}

PlanCache::~PlanCache() = default;

bool PlanCache::relevant(event::FieldId folded) const {
  return std::binary_search(relevant_.begin(), relevant_.end(), event::index(folded));
}

const Plan& PlanCache::plan(const std::vector<MetSource>& met) {
  std::vector<std::uint64_t> key;
  key.reserve(met.size());
  for (const MetSource& source : met) {
    key.push_back(source.order());
  }
  const std::lock_guard lock(mutex_);
  std::unique_ptr<const Plan>& plan = plans_[std::move(key)];
  if (plan == nullptr) {
    auto made = std::make_unique<Plan>();
    Builder(program_, *made).run(met);
    plan = std::move(made);
  }
  return *plan;
}

}  // namespace tocsin::detect
