#include <algorithm>
#include <array>

#include "gate/consent.h"
#include "gate/gate.h"
#include "gate/source.h"

namespace tocsin::gate {
namespace {

using wire::Json;

constexpr std::string_view example =
    R"({"action":"deny","scope":"own","consent":null,"owner":"…","context":"import","source":{"format":"openc2",)"
    R"("object":{…}}})";

std::unexpected<Error> wrong(std::string_view member, std::string_view what) {
  return failure(ErrorCode::usage, "\"" + std::string(member) + "\" is not " + std::string(what), {},
                 std::string(example));
}

Result<std::string_view> text_of(const Json& line, std::string_view name) {
  const Json* found = line.find(name);
  if (found == nullptr || found->kind == Json::Kind::null) {
    return std::string_view{};
  }
  if (found->kind != Json::Kind::string) {
    return wrong(name, "text");
  }
  return std::string_view(found->text);
}

std::optional<Scope> scope_of(std::string_view name) {
  if (name == "own") {
    return Scope::own;
  }
  if (name == "other") {
    return Scope::other;
  }
  return name == "third-party" ? std::optional(Scope::third_party) : std::nullopt;
}

// Which of two answers holds for both: the one that asks more.
int weight(Class verdict) {
  switch (verdict) {
    case Class::A:
      return 0;
    case Class::D:
      return 1;
    case Class::B:
      return 2;
    case Class::C:
      return 3;
    case Class::L:
      return 4;
    case Class::R:
      return 5;
  }
  return 5;
}

class Decider {
 public:
  void weigh(Class verdict, Rule rule, std::string about) {
    if (!any_ || weight(verdict) > weight(verdict_.verdict)) {
      verdict_.verdict = verdict;
      verdict_.rule = rule;
      verdict_.about = std::move(about);
    }
    any_ = true;
  }
  void refuse(Rule rule, std::string about) { weigh(Class::R, rule, std::move(about)); }
  bool any() const { return any_; }
  Verdict take() { return std::move(verdict_); }

 private:
  Verdict verdict_;
  bool any_ = false;
};

// "course-of-action:destroy=…" and "destroy:arrest" are courses of action; "openc2:deny" is a plain action.
std::vector<Deed> declared_deeds(std::string_view action, const Source& source) {
  std::string name = canonical(action);
  for (const std::string_view prefix : {"openc2:", "cacao:", "d3fend:", "react:", "re&ct:"}) {
    if (name.starts_with(prefix)) {
      name.erase(0, prefix.size());
    }
  }
  if (name.find(':') != std::string::npos && !is_framework_id(name)) {
    Json tag;
    tag.kind = Json::Kind::object;
    Json format;
    format.kind = Json::Kind::string;
    format.text = "misp";
    Json text;
    text.kind = Json::Kind::string;
    text.text = name;
    tag.members.emplace_back("format", std::move(format));
    tag.members.emplace_back("object", std::move(text));
    std::vector<Deed> deeds = read_source(tag).deeds;
    if (deeds.empty()) {
      deeds.push_back({Kind::unknown, name});
    }
    return deeds;
  }
  const Kind kind = kind_of_action(name);
  // MISP's "destroy" means arrest or seizure where its value says so.
  if (kind == Kind::container || (name == "destroy" && source.misp_coa)) {
    return {};
  }
  return {{kind, name}};
}

}  // namespace

Result<Verdict> decide(const Json& line, Time now) {
  if (line.kind != Json::Kind::object) {
    return failure(ErrorCode::usage, "the line is not an object", {}, std::string(example));
  }
  TRY(const std::string_view action, text_of(line, "action"));
  TRY(const std::string_view scope_text, text_of(line, "scope"));
  TRY(const std::string_view owner_text, text_of(line, "owner"));
  TRY(const std::string_view context, text_of(line, "context"));
  TRY(const std::string_view at_text, text_of(line, "at"));
  if (!at_text.empty()) {
    const auto at = parse_iso8601(at_text);
    if (!at) {
      return wrong("at", "a time such as 2021-07-19T12:00:00Z");
    }
    now = at->time;
  }
  Source source;
  if (const Json* given = line.find("source"); given != nullptr && given->kind != Json::Kind::null) {
    if (given->kind != Json::Kind::object) {
      return wrong("source", "an object with \"format\" and \"object\"");
    }
    source = read_source(*given);
  }

  Decider decider;
  const auto scope = scope_of(canonical(scope_text));
  if (!scope) {
    decider.refuse(Rule::unknown_scope, std::string(scope_text));
  }
  if (const std::string word = canonical(context); word != "import" && word != "table" && word != "export") {
    decider.refuse(Rule::unknown_context, std::string(context));
  }
  const Owner owner = owner_of(owner_text);
  // One's own systems through somebody else's actuator are acted on by that somebody.
  const Scope whose =
      scope == Scope::own && owner == Owner::foreign ? Scope::other : scope.value_or(Scope::third_party);

  std::vector<Deed> deeds = declared_deeds(action, source);
  deeds.insert(deeds.end(), source.deeds.begin(), source.deeds.end());
  ConsentNeed need{.actions = {},
                   .devices = source.devices,
                   .scope = whose == Scope::third_party ? "third-party"
                            : whose == Scope::other     ? "other"
                                                        : "own",
                   .owner = owner_text,
                   .at = now};
  for (const Deed& deed : deeds) {
    if (deed.name.find(' ') == std::string::npos) {
      need.actions.push_back(deed.name);
    }
  }
  const std::optional<Rule> fails = consent_fails(line.find("consent"), need);
  const Consent consent = fails ? Consent::absent : Consent::valid;

  for (const auto& [rule, part] : source.refusals) {
    decider.refuse(rule, part);
  }
  for (const Deed& deed : deeds) {
    const Cell& found = cell(deed.kind, whose, consent);
    if (deed.kind == Kind::sovereign && owner == Owner::foreign) {
      decider.refuse(Rule::not_own_declaration, deed.name);
    } else if (deed.kind == Kind::sovereign && source.targets) {
      decider.refuse(Rule::plans_sovereign_act, deed.name);
    } else {
      decider.weigh(found.verdict, found.rule == Rule::no_consent ? fails.value_or(found.rule) : found.rule, deed.name);
    }
  }
  if (source.attack) {
    const bool staged = source.exercise && source.range && whose == Scope::own;
    decider.weigh(staged ? Class::B : Class::R, staged ? Rule::exercise : Rule::attack_playbook, "attack");
  }
  if (!decider.any()) {
    decider.refuse(Rule::nothing_recognised, std::string(action));
  }
  Verdict verdict = decider.take();
  verdict.review = std::move(source.review);
  return verdict;
}

void write_verdict(const Verdict& verdict, wire::JsonWriter& json) {
  json.member("class", name_of(verdict.verdict)).member("decision", decision_of(verdict.verdict));
  json.member("rule", code_text(verdict.rule)).member("because", sentence(verdict.rule));
  if (!verdict.about.empty()) {
    json.member("about", verdict.about);
  }
  if (!verdict.review.empty()) {
    json.key("review").begin_array();
    for (const std::string& word : verdict.review) {
      json.string(word);
    }
    json.end_array();
  }
}

}  // namespace tocsin::gate
