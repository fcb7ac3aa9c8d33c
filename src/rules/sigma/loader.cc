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
  RuleSet set;

  void add_document(const std::string& source, Yaml& document);
  bool is_new(const RuleInfo& info, Problems& problems);

  boost::unordered_flat_map<std::string, std::string> ids;  // id in lower case → where it was first
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

void SigmaLoader::add(std::string source, std::string_view yaml) {
  Yaml global = empty_map();
  Yaml previous = empty_map();
  for (Result<Yaml>& document : wire::parse_yaml_documents(yaml)) {
    if (!document) {
      Error error = std::move(document).error();
      error.where.source = source;
      state_->set.diagnostics.push_back({Diagnostic::Severity::error, std::move(error), {}});
      ++state_->set.given;
      ++state_->set.rejected;
      continue;
    }
    const Yaml* action = document->kind == Yaml::Kind::map ? document->find("action") : nullptr;
    const bool merges = document->find("correlation") == nullptr && document->find("filter") == nullptr;
    if (action == nullptr) {
      if (merges && !global.members.empty()) {
        merge(*document, global);
      }
      if (merges && document->kind == Yaml::Kind::map) {
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
      ++state_->set.given;
      ++state_->set.rejected;
      Problems(source, state_->set.diagnostics)
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

void SigmaLoader::State::add_document(const std::string& source, Yaml& document) {
  Problems problems(source, set.diagnostics);
  ++set.given;
  if (document.kind != Yaml::Kind::map) {
    ++set.rejected;
    problems.error(document.mark, "a Sigma document must be a map", "it begins with: title: …");
    return;
  }
  Rule rule = sigma::read_rule(document, placeholders, problems);
  rule.info.source = source;
  const bool loaded = !problems.failed() && is_new(rule.info, problems);
  if (loaded) {
    for (const std::string& list : rule.waiting_for) {
      problems.note(ErrorCode::rule_waiting, {rule.info.line, 1}, "waiting for list " + list,
                    "give its values, else the rule never fires");
    }
  } else {
    ++set.rejected;
  }
  problems.name_rule(rule.info.id);
  if (loaded) {
    set.rules.push_back(std::move(rule));
  }
}

RuleSet SigmaLoader::finish(const Selection&) && { return std::move(state_->set); }

}  // namespace tocsin::rules
