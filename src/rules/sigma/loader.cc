#include "rules/sigma/loader.h"

#include <algorithm>
#include <iterator>

#include "base/limits.h"
#include "base/text.h"
#include "rules/sigma/documents.h"
#include "rules/sigma/problems.h"

namespace tocsin::rules {

using sigma::Problems;
using sigma::quoted;
using wire::Yaml;

struct SigmaLoader::State {
  Placeholders placeholders;
  sigma::Collection collection;
  boost::unordered_flat_map<std::string, std::string> ids;  // id in lower case → where it was first

  void add_document(const std::string& source, Yaml& document);
  bool add_rule(const std::string& source, const Yaml& document, Problems& problems);
  bool add_correlation(const std::string& source, const Yaml& document, Problems& problems);
  void add_filter(const std::string& source, const Yaml& document, Problems& problems);
  bool is_new(const RuleInfo& info, Problems& problems);
};

namespace {

// The legacy `action:` documents: maps of `from` are merged into those of `into`, everything else replaces
// (as the collections of pySigma and sigmac). Depth is bounded by limits::nesting_max.
void merge(Yaml& into, const Yaml& from) {
  for (const Yaml::Member& member : from.members) {
    const auto found = std::find_if(into.members.begin(), into.members.end(),
                                    [&](const Yaml::Member& each) { return each.key == member.key; });
    if (found == into.members.end()) {
      into.members.push_back(member);
    } else if (member.value.kind == Yaml::Kind::map && found->value.kind == Yaml::Kind::map) {
      merge(found->value, member.value);
    } else {
      found->value = member.value;
    }
  }
}

void remove_member(Yaml& map, std::string_view key) {
  std::erase_if(map.members, [&](const Yaml::Member& member) { return member.key == key; });
}

Yaml empty_map() {
  Yaml map;
  map.kind = Yaml::Kind::map;
  return map;
}

}  // namespace

SigmaLoader::SigmaLoader(Placeholders placeholders) : state_(std::make_unique<State>()) {
  state_->placeholders = std::move(placeholders);
}

SigmaLoader::~SigmaLoader() = default;

void SigmaLoader::add(const std::string& source, std::string_view yaml) {
  Yaml global = empty_map();
  Yaml previous = empty_map();
  const bool repeats = yaml.find("action") != std::string_view::npos;  // else no copy of each document is kept
  for (Result<Yaml>& document : wire::parse_yaml_documents(yaml)) {
    if (!document) {
      Error error = std::move(document).error();
      error.where.source = source;
      state_->collection.set.diagnostics.push_back({Diagnostic::Severity::error, std::move(error), {}});
      ++state_->collection.set.given;
      ++state_->collection.set.rejected;
      continue;
    }
    const Yaml* action = document->kind == Yaml::Kind::map ? document->find("action") : nullptr;
    const bool merges = document->find("correlation") == nullptr && document->find("filter") == nullptr;
    if (action == nullptr) {
      if (merges && !global.members.empty()) {
        merge(*document, global);
      }
      if (repeats && merges && document->kind == Yaml::Kind::map) {
        previous = *document;
      }
      state_->add_document(source, *document);
      continue;
    }
    const std::string what = action->text;
    remove_member(*document, "action");
    if (what == "global") {
      global = *document;
      previous = std::move(*document);
    } else if (what == "reset") {
      global = empty_map();
    } else if (what == "repeat") {
      previous.mark = document->mark;
      merge(previous, *document);
      Yaml repeated = previous;
      state_->add_document(source, repeated);
    } else {
      ++state_->collection.set.given;
      ++state_->collection.set.rejected;
      Problems(source, state_->collection.set.diagnostics)
          .error(document->mark, "the action " + quoted(what) + " is not known", "one of: global, repeat, reset");
    }
  }
}

// The first rule with an id is kept.
bool SigmaLoader::State::is_new(const RuleInfo& info, Problems& problems) {
  if (info.id.empty()) {
    return true;
  }
  const auto [entry, fresh] = ids.emplace(ascii_lower(info.id), info.source + ":" + std::to_string(info.line));
  if (!fresh) {
    problems.error(ErrorCode::rule_duplicate, {info.line, 1}, "the id " + info.id + " is taken by " + entry->second,
                   "give this rule an id of its own, or load only one of the two");
  }
  return fresh;
}

bool SigmaLoader::State::add_rule(const std::string& source, const Yaml& document, Problems& problems) {
  Rule rule = sigma::read_rule(document, placeholders, problems);
  rule.info.source = source;
  if (problems.failed() || !is_new(rule.info, problems)) {
    problems.finish(rule.info.id);
    return false;
  }
  for (const std::string& list : rule.waiting_for) {
    problems.note(ErrorCode::rule_waiting, {rule.info.line, 1}, "waiting for list " + list,
                  "give its values, else the rule never fires");
  }
  problems.finish(rule.info.id);
  collection.set.rules.push_back(std::move(rule));
  return true;
}

bool SigmaLoader::State::add_correlation(const std::string& source, const Yaml& document, Problems& problems) {
  sigma::CorrelationDraft draft = sigma::read_correlation(document, problems);
  draft.correlation.info.source = source;
  const bool loaded = !problems.failed() && is_new(draft.correlation.info, problems);
  problems.finish(draft.correlation.info.id);
  if (!loaded) {
    return false;
  }
  collection.correlations.push_back(std::move(draft));
  return true;
}

void SigmaLoader::State::add_filter(const std::string& source, const Yaml& document, Problems& problems) {
  sigma::Filter filter = sigma::read_filter(document, placeholders, problems);
  filter.source = source;
  problems.finish(filter.id);
  if (!problems.failed() && !filter.detection.missing.empty()) {
    problems.warning(ErrorCode::rule_waiting, filter.mark, "waiting for list " + filter.detection.missing.front(),
                     "the filter does not apply until the list is given");
  } else if (!problems.failed()) {
    collection.filters.push_back(std::move(filter));
    ++collection.set.filters;
  }
}

void SigmaLoader::State::add_document(const std::string& source, Yaml& document) {
  Problems problems(source, collection.set.diagnostics);
  if (document.find("correlation") == nullptr && document.find("filter") != nullptr) {
    add_filter(source, document, problems);
    return;
  }
  ++collection.set.given;
  bool loaded = false;
  if (document.kind != Yaml::Kind::map) {
    problems.error(document.mark, "a Sigma document must be a map", "it begins with: title: …");
  } else if (document.find("correlation") != nullptr) {
    loaded = add_correlation(source, document, problems);
  } else {
    loaded = add_rule(source, document, problems);
  }
  if (loaded) {
    return;
  }
  ++collection.set.rejected;
  for (const std::string_view key : {"id", "name"}) {
    if (const Yaml* value = document.find(key); value != nullptr && value->is_scalar()) {
      collection.rejected.insert(key == "id" ? ascii_lower(value->text) : value->text);
    }
  }
}

RuleSet SigmaLoader::finish(const Selection& selection) && {
  sigma::apply_filters(state_->collection);
  sigma::resolve_correlations(state_->collection);
  sigma::select(state_->collection.set, selection);
  return std::move(state_->collection.set);
}

}  // namespace tocsin::rules
