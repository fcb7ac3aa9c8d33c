#include "council/paper_acts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "council/amendment.h"
#include "council/legal_basis.h"
#include "council/paper_gate.h"
#include "report/visible.h"
#include "stix/value_syntax.h"
#include "trust/digest.h"
#include "wire/canonical_json.h"

namespace tocsin::council {
namespace {

using consult::Role;
using report::visible;
using wire::Json;

// The seven words of the official test of proportionality.
constexpr std::array<std::string_view, 7> proportions = {"scope",      "scale",          "duration", "intensity",
                                                         "complexity", "sophistication", "impact"};
constexpr int weight_max = 4;

constexpr std::array<std::string_view, 7> option_texts = {"objective",          "addressee",      "reversible",
                                                          "third_party_effect", "exit_condition", "communications",
                                                          "collateral_review"};
constexpr std::size_t option_texts_required = 5;
constexpr std::array<std::string_view, 3> option_lists = {"trigger", "contributors", "evidence_refs"};

Role role_of(const Situation& situation) {
  const auto found = situation.item.roster().find(situation.author);
  return found ? situation.item.roster().participants[*found].role : Role::partner;
}

Result<void> expect_role(const Situation& situation, PaperKind kind) {
  const Role role = role_of(situation);
  const bool may = kind == PaperKind::option ? role != Role::partner : role != Role::chair;
  if (!may) {
    return refuse(fmt::format("{} may not lay a {} beside the text", situation.author, word_of(kind)),
                  kind == PaperKind::option ? "members and the chair table options"
                                            : "members and partners do; the chair has no national voice");
  }
  return {};
}

Result<void> expect_references(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (!stix::looks_like_identifier(id)) {
      return refuse("'" + visible(id) + "' is no STIX identifier", "such as incident--… or report--…");
    }
  }
  return {};
}

void write_list(wire::JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  if (values.empty()) {
    return;
  }
  json.key(name).begin_array();
  for (const std::string& value : values) {
    json.string(value);
  }
  json.end_array();
}

bool blank(std::string_view text) { return trim(text).empty(); }

std::string quoted(std::string_view text) { return "\"" + visible(text) + "\""; }

// Every question of the basis is answered, once, and no other.
Result<void> expect_answers(const Deed& deed) {
  const LegalBasis* basis = find_legal_basis(deed.basis);
  if (basis == nullptr) {
    return refuse(deed.basis.empty() ? "a basis in law is needed"
                                     : "'" + visible(deed.basis) + "' is no basis in law that is known here",
                  "one of " + legal_basis_codes());
  }
  for (const auto& [code, answer] : deed.answers) {
    const bool asked = std::ranges::any_of(
        legal_questions(), [&](const LegalQuestion& each) { return each.basis == basis->code && each.code == code; });
    if (!asked) {
      return refuse(fmt::format("'{}' is no question of {}", visible(code), basis->title));
    }
  }
  for (const LegalQuestion& question : legal_questions()) {
    const auto answers = std::ranges::count_if(
        deed.answers, [&](const auto& each) { return each.first == question.code && !blank(each.second); });
    if (question.basis == basis->code && answers != 1) {
      return refuse(fmt::format("not answered for {}: {}", basis->title, question.words),
                    fmt::format("answer '{}'; \"not known\" is an answer", question.code));
    }
  }
  return {};
}

void write_answers(wire::JsonWriter& json, const Deed& deed) {
  json.member("legal_basis", deed.basis).key("answers").begin_array();
  for (const LegalQuestion& question : legal_questions()) {
    for (const auto& [code, answer] : deed.answers) {
      if (question.basis == deed.basis && question.code == code) {
        json.begin_object().member("question", code).member("answer", answer).end_object();
      }
    }
  }
  json.end_array();
}

void say_answers(std::vector<std::string>& words, const Deed& deed) {
  words.push_back(fmt::format("Basis in law as its author sees it: {}.", find_legal_basis(deed.basis)->title));
  for (const LegalQuestion& question : legal_questions()) {
    for (const auto& [code, answer] : deed.answers) {
      if (question.basis == deed.basis && question.code == code) {
        words.push_back(fmt::format("  {} {}", question.words, quoted(answer)));
      }
    }
  }
}

// What the gate is asked: the deed, and what the form says would be run.
struct Asked {
  std::string json;  // members of an object, without its braces
  gate::Verdict verdict;
};
Result<Asked> ask(const Situation& situation, Deed& deed, const Json* source) {
  if (!deed.consent.empty()) {
    TRY(const Paper* consent, situation.item.papers().named(deed.consent));
    if (consent->kind != PaperKind::consent) {
      return refuse("the paper that is named is no consent", "'tocsin consult consent' makes one");
    }
    deed.consent = consent->id;
    deed.owner = deed.owner.empty() ? consent->author : deed.owner;
  }
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("action", deed.action).member("scope", deed.scope);
  if (!deed.owner.empty()) {
    json.member("owner", deed.owner);
  }
  if (!deed.consent.empty()) {
    json.member("consent_ref", deed.consent);
  }
  if (source != nullptr && source->kind != Json::Kind::null) {
    json.key("source");
    wire::write_json(*source, json);
  }
  json.end_object();
  TRY(const Json object, wire::parse_json(text));
  TRY(gate::Verdict verdict, ask_gate(situation.item, object, situation.author, "table", situation.now));
  return Asked{text.substr(1, text.size() - 2), std::move(verdict)};
}

void write_verdict(wire::JsonWriter& json, const gate::Verdict& verdict) {
  json.member("class", gate::name_of(verdict.verdict)).member("decision", gate::decision_of(verdict.verdict));
  json.member("rule", gate::code_text(verdict.rule));
  write_list(json, "review", verdict.review);
}

void say_verdict(PaperPlan& plan, const gate::Verdict& verdict) {
  plan.words.push_back(fmt::format("The gate: class {}, {} ({}). {}", gate::name_of(verdict.verdict),
                                   words_of(verdict.verdict), gate::code_text(verdict.rule),
                                   gate::sentence(verdict.rule)));
  if (!verdict.review.empty()) {
    plan.warnings.push_back("Wording that a person should look at: " + visible(listed(verdict.review)) + ".");
  }
}

// Who, what, under which rule: the text itself is not kept.
Result<PaperPlan> refusal_paper(std::string_view type, std::string_view context, std::string_view text,
                                const gate::Verdict& verdict, std::string first_words) {
  TRY(const std::string canonical, wire::canonical_json(text));
  PaperPlan plan{.kind = PaperKind::refusal, .body = {}, .words = {}, .warnings = {}};
  wire::JsonWriter json(plan.body);
  json.begin_object().member("refused_type", type).member("sha256", trust::sha256_hex(canonical));
  json.member("context", context).member("class", "R").member("rule", gate::code_text(verdict.rule));
  json.member("because", gate::sentence(verdict.rule));
  if (!verdict.about.empty()) {
    json.member("about", verdict.about);
  }
  json.end_object();
  plan.words = {std::move(first_words),
                fmt::format("Rule {}: {}", gate::code_text(verdict.rule), gate::sentence(verdict.rule)),
                "What is signed is the refusal: who, the digest of the text, and the rule."};
  if (!verdict.about.empty()) {
    plan.words.insert(plan.words.begin() + 2, "It is about: " + visible(verdict.about) + ".");
  }
  return plan;
}

Result<PaperPlan> refused_paper(const Situation& situation, PaperKind kind, std::string_view text,
                                const gate::Verdict& verdict) {
  return refusal_paper(type_of(kind), "table", text, verdict,
                       fmt::format("REFUSED: {} cannot lay this {} beside the text.", situation.author, word_of(kind)));
}

Result<std::vector<std::string>> texts_of(const Json& form, std::string_view name) {
  std::vector<std::string> out;
  const Json* list = form.find(name);
  if (list == nullptr || list->kind == Json::Kind::null) {
    return out;
  }
  if (list->kind != Json::Kind::array) {
    return refuse("\"" + std::string(name) + "\" is no list of texts");
  }
  for (const Json& each : list->items) {
    if (each.kind != Json::Kind::string || blank(each.text)) {
      return refuse("\"" + std::string(name) + "\" is no list of texts");
    }
    out.push_back(each.text);
  }
  return out;
}

Result<std::string> text_of(const Json& form, std::string_view name, bool required) {
  const Json* value = form.find(name);
  if (value == nullptr || value->kind == Json::Kind::null) {
    return required ? Result<std::string>(refuse("the form's \"" + std::string(name) + "\" is missing"))
                    : std::string();
  }
  if (value->kind != Json::Kind::string || (required && blank(value->text))) {
    return refuse("the form's \"" + std::string(name) + "\" is empty, or no text");
  }
  return value->text;
}

Result<Deed> deed_of(const Json& form) {
  Deed deed;
  TRY(deed.action, text_of(form, "action", true));
  TRY(deed.scope, text_of(form, "scope", true));
  TRY(deed.owner, text_of(form, "owner", false));
  TRY(deed.consent, text_of(form, "consent_ref", false));
  TRY(deed.basis, text_of(form, "legal_basis", true));
  if (const Json* answers = form.find("answers")) {
    for (const auto& [code, answer] : answers->members) {
      deed.answers.emplace_back(code, answer.kind == Json::Kind::string ? answer.text : std::string());
    }
  }
  return deed;
}

// The seven words, each with a text and a weight of 0 to 4.
Result<std::string> proportionality_of(const Json& form, std::vector<std::string>& words) {
  const Json* given = form.find("proportionality");
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object();
  for (const std::string_view name : proportions) {
    const Json* one = given == nullptr ? nullptr : given->find(name);
    const Json* weight = one == nullptr ? nullptr : one->find("weight");
    const std::string_view text = one == nullptr ? std::string_view() : one->string_or("text", "");
    const auto number = weight != nullptr && weight->kind == Json::Kind::number ? parse_uint64(weight->text)
                                                                                : std::optional<std::uint64_t>();
    if (blank(text) || !number || *number > weight_max) {
      return refuse(fmt::format("proportionality: \"{}\" needs a text, and a weight of 0 to 4", name));
    }
    json.key(name).begin_object().member("text", text).key("weight").number(*number).end_object();
    words.push_back(fmt::format("  {} {}: {}", name, *number, quoted(text)));
  }
  json.end_object();
  return out;
}

}  // namespace

Result<PaperPlan> concern_paper(const Situation& situation, const ConcernWords& words) {
  TRY_VOID(expect_role(situation, PaperKind::concern));
  TRY_VOID(expect_references(words.evidence));
  if (blank(words.text)) {
    return refuse("a concern needs words", "--text 'what', or --text-file FILE");
  }
  PaperPlan plan{.kind = PaperKind::concern, .body = {}, .words = {}, .warnings = {}};
  wire::JsonWriter json(plan.body);
  json.begin_object().member("text", words.text);
  write_list(json, "asks", words.asks);
  write_list(json, "evidence_refs", words.evidence);
  json.end_object();
  plan.words = {fmt::format("{} raises a concern: {}", situation.author, quoted(words.text))};
  for (const std::string& each : words.asks) {
    plan.words.push_back("It asks: " + quoted(each));
  }
  for (const std::string& id : words.evidence) {
    plan.words.push_back("Evidence: " + id);
  }
  return plan;
}

Result<PaperPlan> measure_paper(const Situation& situation, const MeasureWords& words) {
  TRY_VOID(expect_role(situation, PaperKind::measure));
  TRY_VOID(expect_references(words.courses_of_action));
  if (words.phase != "planned" && words.phase != "done" && words.phase != "ended") {
    return refuse("a measure is planned, done or ended", "--phase done");
  }
  if (blank(words.text)) {
    return refuse("a measure needs words", "--text 'what we did', or --text-file FILE");
  }
  std::string follows;
  if (!words.follows.empty()) {
    TRY(const Paper* earlier, situation.item.papers().named(words.follows));
    if (earlier->kind != PaperKind::measure || earlier->author != situation.author) {
      return refuse("a measure follows an earlier one of the same author");
    }
    follows = earlier->id;
  }
  Deed deed = words.deed;
  TRY(const Asked asked, ask(situation, deed, nullptr));
  if (asked.verdict.verdict == gate::Class::R) {
    std::string text;
    wire::JsonWriter json(text);
    json.begin_object().member("text", words.text).end_object();
    text.insert(1, asked.json + ",");
    return refused_paper(situation, PaperKind::measure, text, asked.verdict);
  }
  TRY_VOID(expect_answers(deed));
  PaperPlan plan{.kind = PaperKind::measure, .body = {}, .words = {}, .warnings = {}};
  wire::JsonWriter json(plan.body);
  json.begin_object().member("phase", words.phase).member("text", words.text);
  write_verdict(json, asked.verdict);
  write_answers(json, deed);
  if (words.started) {
    json.member("started", consult::seconds_text(*words.started));
  }
  if (words.ended) {
    json.member("ended", consult::seconds_text(*words.ended));
  }
  write_list(json, "coa_refs", words.courses_of_action);
  if (!follows.empty()) {
    json.member("supersedes_ref", follows);
  }
  json.end_object();
  plan.body.insert(1, asked.json + ",");
  plan.words = {
      fmt::format("{} tells of a national measure, {}: {}", situation.author, words.phase, quoted(words.text))};
  if (words.started) {
    plan.words.push_back("Begun: " + situation.time.of(*words.started));
  }
  if (words.ended) {
    plan.words.push_back("Ended: " + situation.time.of(*words.ended));
  }
  say_verdict(plan, asked.verdict);
  say_answers(plan.words, deed);
  return plan;
}

Result<std::string> option_form(std::string_view basis) {
  if (find_legal_basis(basis) == nullptr) {
    return refuse("'" + visible(basis) + "' is no basis in law that is known here", "one of " + legal_basis_codes());
  }
  const auto quote = [](std::string_view text) {
    std::string out;
    wire::append_json_string(out, text);
    return out;
  };
  std::string out = "{\n";
  for (const std::string_view name : option_texts) {
    out += fmt::format("  \"{}\": \"\",\n", name);
  }
  out +=
      "  \"action\": \"\",\n  \"scope\": \"own\",\n  \"owner\": \"\",\n  \"consent_ref\": \"\",\n  \"source\": null,\n";
  out += "  \"expires\": \"\",\n";
  for (const std::string_view name : option_lists) {
    out += fmt::format("  \"{}\": [],\n", name);
  }
  out += fmt::format("  \"legal_basis\": \"{}\",\n  \"questions\": {{\n", basis);
  std::string asked;
  std::string answers;
  for (const LegalQuestion& question : legal_questions()) {
    if (question.basis == basis) {
      asked += fmt::format("{}    \"{}\": {}", asked.empty() ? "" : ",\n", question.code, quote(question.words));
      answers += fmt::format("{}    \"{}\": \"\"", answers.empty() ? "" : ",\n", question.code);
    }
  }
  out += asked + "\n  },\n  \"answers\": {\n" + answers + "\n  },\n  \"proportionality\": {\n";
  for (const std::string_view name : proportions) {
    out +=
        fmt::format("    \"{}\": {{ \"text\": \"\", \"weight\": 0 }}{}\n", name, name == proportions.back() ? "" : ",");
  }
  return out + "  }\n}\n";
}

Result<PaperPlan> option_paper(const Situation& situation, std::string_view text) {
  TRY_VOID(expect_role(situation, PaperKind::option));
  TRY_VOID(wire::canonical_json(text));  // a name that stands twice would mean two things
  TRY(const Json form, wire::parse_json(text));
  if (form.kind != Json::Kind::object) {
    return refuse("the form is no JSON object", "'tocsin consult option --blank BASIS' prints one");
  }
  constexpr std::array<std::string_view, 10> others = {"action",  "scope",          "owner",   "consent_ref",
                                                       "source",  "questions",      "answers", "legal_basis",
                                                       "expires", "proportionality"};
  for (const auto& [name, value] : form.members) {
    if (std::ranges::find(others, name) == others.end() &&
        std::ranges::find(option_texts, name) == option_texts.end() &&
        std::ranges::find(option_lists, name) == option_lists.end()) {
      return refuse("the form has no place for \"" + visible(name) + "\"",
                    "'tocsin consult option --blank BASIS' prints what it asks");
    }
  }
  TRY(Deed deed, deed_of(form));
  // The gate comes first: what it refuses is not helped by a form that is complete.
  TRY(const Asked asked, ask(situation, deed, form.find("source")));
  if (asked.verdict.verdict == gate::Class::R) {
    return refused_paper(situation, PaperKind::option, text, asked.verdict);
  }
  TRY_VOID(expect_answers(deed));
  PaperPlan plan{.kind = PaperKind::option, .body = {}, .words = {}, .warnings = {}};
  plan.words.push_back(fmt::format("{} tables an option.", situation.author));
  wire::JsonWriter json(plan.body);
  json.begin_object();
  for (std::size_t i = 0; i < option_texts.size(); ++i) {
    TRY(const std::string value, text_of(form, option_texts.at(i), i < option_texts_required));
    if (!blank(value)) {
      json.member(option_texts.at(i), value);
      plan.words.push_back(fmt::format("{}: {}", option_texts.at(i), quoted(value)));
    }
  }
  for (const std::string_view name : option_lists) {
    TRY(const std::vector<std::string> values, texts_of(form, name));
    if (name != "contributors") {
      TRY_VOID(expect_references(values));
    }
    write_list(json, name, values);
    if (!values.empty()) {
      plan.words.push_back(fmt::format("{}: {}", name, visible(listed(values))));
    }
  }
  TRY(const std::string expires, text_of(form, "expires", true));
  const auto moment = consult::parse_seconds(expires);
  if (!moment || *moment <= situation.now) {
    return refuse("the form's \"expires\" is no time to come", "such as 2026-12-31T12:00:00Z");
  }
  if (asked.verdict.verdict == gate::Class::L && form.find("contributors") != nullptr &&
      !form.find("contributors")->items.empty()) {
    return refuse("a sovereign act is a nation's own: it has no contributors",
                  "record it as your own with 'tocsin consult measure'");
  }
  json.member("expires", expires);
  write_verdict(json, asked.verdict);
  write_answers(json, deed);
  std::vector<std::string> proportion_words = {"Proportionality, 0 to 4:"};
  TRY(const std::string proportionality, proportionality_of(form, proportion_words));
  json.key("proportionality").raw(proportionality).end_object();
  plan.body.insert(1, asked.json + ",");
  plan.words.push_back(fmt::format("What is done: {}, on {} systems{}; it ends {}.", visible(deed.action),
                                   visible(deed.scope), deed.owner.empty() ? "" : " of " + visible(deed.owner),
                                   situation.time.of(*moment)));
  say_verdict(plan, asked.verdict);
  say_answers(plan.words, deed);
  plan.words.insert(plan.words.end(), proportion_words.begin(), proportion_words.end());
  return plan;
}

Result<PaperPlan> consent_paper(const Situation& situation, const ConsentWords& words) {
  TRY_VOID(expect_role(situation, PaperKind::consent));
  if (words.scope.empty() || blank(words.text)) {
    return refuse("a consent needs what it covers, and words", "--scope remote-forensics --text 'to help with …'");
  }
  if (words.until <= situation.now) {
    return refuse("a consent that has ended already is none");
  }
  PaperPlan plan{.kind = PaperKind::consent, .body = {}, .words = {}, .warnings = {}};
  wire::JsonWriter json(plan.body);
  json.begin_object();
  write_list(json, "scope", words.scope);
  json.member("until", consult::seconds_text(words.until)).member("text", words.text).end_object();
  plan.words = {fmt::format("{} CONSENTS to acts of others on its systems: {}", situation.author, quoted(words.text)),
                "It covers: " + visible(listed(words.scope)) + ".",
                "It ends " + situation.time.of(words.until) + ", or as soon as it is revoked."};
  if (std::ranges::find(words.scope, "all") != words.scope.end() ||
      std::ranges::find(words.scope, "*") != words.scope.end()) {
    plan.warnings.emplace_back("It covers everything. Name the actions or hosts that are meant.");
  }
  return plan;
}

Result<PaperPlan> import_refusal_paper(const Situation& situation, std::string_view type, std::string_view text,
                                       const gate::Verdict& verdict) {
  if (verdict.verdict != gate::Class::R) {
    return refuse("the gate does not refuse it", "there is nothing to sign");
  }
  return refusal_paper(type, "import", text, verdict,
                       fmt::format("REFUSED: {} does not take in this {}.", situation.author, visible(type)));
}

Result<PaperPlan> revocation_paper(const Situation& situation, std::string_view named) {
  TRY(const Paper* consent, situation.item.papers().named(named));
  if (consent->kind != PaperKind::consent || consent->author != situation.author) {
    return refuse("only a consent that " + situation.author + " gave can be revoked by it");
  }
  if (situation.item.papers().revoked(*consent)) {
    return refuse("this consent is revoked already");
  }
  PaperPlan plan{.kind = PaperKind::revocation, .body = {}, .words = {}, .warnings = {}};
  wire::JsonWriter json(plan.body);
  json.begin_object().member("consent_ref", consent->id).end_object();
  plan.words = {fmt::format("{} REVOKES, at once, its {}: {}", situation.author, short_name(*consent),
                            quoted(consent->text("text")))};
  return plan;
}

std::string paper_words(const Item& item, const Paper& paper, Seconds now, const TimeWords& time) {
  const auto text = [&](std::string_view member) { return quoted(paper.text(member)); };
  const auto gate_words = [&]() -> std::string {
    const auto verdict = ask_gate(item, paper.object, paper.author, "table", now);
    if (!verdict) {
      return "class " + visible(paper.text("class"));
    }
    if (verdict->verdict == gate::Class::R) {
      return fmt::format("class {} when it was laid, NOT ALLOWED NOW ({}: {})", visible(paper.text("class")),
                         gate::code_text(verdict->rule), gate::sentence(verdict->rule));
    }
    return fmt::format("class {}, {}", gate::name_of(verdict->verdict), words_of(verdict->verdict));
  };
  const auto basis_words = [&] {
    const LegalBasis* basis = find_legal_basis(paper.text("legal_basis"));
    return basis == nullptr ? visible(paper.text("legal_basis")) : std::string(basis->title);
  };
  std::string out = paper.author;
  switch (paper.kind) {
    case PaperKind::concern:
      out += " raises a concern: " + text("text");
      for (const std::string& each : paper.texts("asks")) {
        out += "; asks " + quoted(each);
      }
      break;
    case PaperKind::measure:
      out += fmt::format(" tells of a measure, {}: {}; {}; {}", visible(paper.text("phase")), text("text"),
                         gate_words(), basis_words());
      break;
    case PaperKind::option: {
      const auto expires = consult::parse_seconds(paper.text("expires"));
      out += fmt::format(" tables an option: {}, by {} on {} systems; {}; {}; {} {}", text("objective"),
                         visible(paper.text("action")), visible(paper.text("scope")), gate_words(), basis_words(),
                         expires && *expires <= now ? "ended" : "until", expires ? time.of(*expires) : "no time");
      break;
    }
    case PaperKind::consent: {
      const auto until = consult::parse_seconds(paper.text("until"));
      out += fmt::format(" consents to {}: {}; {}", visible(listed(paper.texts("scope"))), text("text"),
                         item.papers().revoked(paper) ? "REVOKED"
                         : until && *until <= now     ? "ended " + time.of(*until)
                                                      : "until " + (until ? time.of(*until) : "no time"));
      break;
    }
    case PaperKind::revocation: {
      const Paper* consent = item.papers().find(paper.text("consent_ref"));
      out += " revokes its " + (consent == nullptr ? visible(paper.text("consent_ref")) : short_name(*consent));
      break;
    }
    case PaperKind::refusal:
      out += fmt::format(" was refused a {} ({}: {})", visible(paper.text("refused_type")), visible(paper.text("rule")),
                         visible(paper.text("because")));
      break;
    case PaperKind::amendment:
      return amendment_words(item, paper);
    case PaperKind::reopening:
      out += fmt::format(" takes up again item {} (decision {}): {}; evidence {}",
                         visible(paper.text("reopens").substr(0, 12)), visible(paper.text("decision").substr(0, 12)),
                         text("text"), visible(listed(paper.texts("evidence_refs"))));
      break;
    case PaperKind::lapse:
      out += fmt::format(" lets the item be shown as lapsed after {} days without an entry",
                         paper.number("lapse_after_days"));
      break;
    case PaperKind::statement:
      out += fmt::format(" publishes {}, as agreed, in the name of {}", text("title"), visible(paper.text("issuer")));
      break;
  }
  return out;
}

}  // namespace tocsin::council
