#include "council/reopening.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "report/visible.h"
#include "stix/value_syntax.h"

namespace tocsin::council {
namespace {

using consult::Role;
using consult::Status;
using report::visible;

// When the chair signed the close that ended it.
Seconds ended_at(const Item& ended, const consult::State& state) {
  if (const Item::Held* close = state.closing ? ended.find(state.closing->entry) : nullptr) {
    return close->entry->time;
  }
  Seconds out = 0;
  for (const Item::Held& held : ended.entries()) {
    const consult::Entry& entry = *held.entry;
    if (entry.well_formed && entry.kind == consult::Kind::close && ended.counts(entry.id)) {
      out = std::max(out, entry.time);
    }
  }
  return out;
}

// What was named as evidence before the item ended, and by which paper. A paper's time is its author's claim.
std::map<std::string, const Paper*, std::less<>> known_evidence(const Item& ended, Seconds until) {
  std::map<std::string, const Paper*, std::less<>> out;
  for (const Paper* paper : ended.papers().in_order()) {
    if (paper->created > until) {
      continue;
    }
    out.try_emplace(paper->id, paper);
    for (const std::string_view list : {"evidence_refs", "trigger", "coa_refs"}) {
      for (const std::string& id : paper->texts(list)) {
        out.try_emplace(id, paper);
      }
    }
  }
  return out;
}

struct Claim {
  bool exercise;
  std::string_view decision;
  std::vector<std::string> evidence;
};

// What is wrong with taking this item up again, as a sentence without its end; empty: nothing.
std::string problem_of(Item& ended, const consult::State& state, const Claim& claim) {
  if (!state.unknown.empty()) {
    return "the ended item holds entries of kinds that this version does not know";
  }
  if (claim.exercise == exercise_of(ended).empty()) {
    return "an exercise and a real item do not mix";
  }
  if (state.status != Status::adopted || !state.decision) {
    return fmt::format("the item that is named is not adopted: it is {}", consult::text_of(state.status));
  }
  if (claim.decision != consult::hex(*state.decision)) {
    return "the item that is named took another decision: " + consult::hex(*state.decision);
  }
  const auto known = known_evidence(ended, ended_at(ended, state));
  const auto fresh = std::ranges::find_if(claim.evidence, [&](const std::string& id) { return !known.contains(id); });
  if (fresh != claim.evidence.end()) {
    return {};
  }
  const auto first = claim.evidence.empty() ? known.end() : known.find(claim.evidence.front());
  return "the evidence is nothing new" +
         (first == known.end() ? std::string()
                               : fmt::format(": {} was before the members in the {} of {}", visible(first->first),
                                             short_name(*first->second), first->second->author));
}

}  // namespace

Result<PaperPlan> reopening_paper(const Situation& situation, const ReopeningWords& words, Item& ended) {
  const Item& item = situation.item;
  const auto self = item.roster().find(situation.author);
  if (!self || item.roster().participants[*self].role == Role::partner) {
    return refuse(situation.author + " may not reopen an item", "members and the chair do");
  }
  if (ended.id() == item.id()) {
    return refuse("an item does not reopen itself", "'tocsin consult open' opens the new one");
  }
  if (words.evidence.empty() || trim(words.text).empty()) {
    return refuse("a reopening needs new evidence, and words that say what is new", "--evidence ID --text WORDS");
  }
  for (const std::string& id : words.evidence) {
    if (!stix::looks_like_identifier(id)) {
      return refuse("'" + visible(id) + "' is no STIX identifier", "such as incident--… or report--…");
    }
  }
  const consult::State state = ended.state(situation.now);
  const std::string decision = state.decision ? consult::hex(*state.decision) : std::string();
  if (const std::string problem = problem_of(ended, state, {!exercise_of(item).empty(), decision, words.evidence});
      !problem.empty()) {
    return refuse(problem);
  }
  PaperPlan plan{.kind = PaperKind::reopening, .body = {}, .words = {}, .warnings = {}};
  wire::JsonWriter json(plan.body);
  json.begin_object().member("reopens", consult::hex(ended.id())).member("decision", decision);
  json.member("roster", consult::hex(ended.roster().hash))
      .member("text", words.text)
      .key("evidence_refs")
      .begin_array();
  for (const std::string& id : words.evidence) {
    json.string(id);
  }
  json.end_array().end_object();
  const Item::Held* open = ended.find(ended.id());
  plan.words = {
      fmt::format("{} takes up again, in this item, what was decided on \"{}\" (item {}).", situation.author,
                  open == nullptr ? std::string() : visible(body_text(*open->entry, "title")), short_id(ended.id())),
      "That decision stands, whatever comes of this item: " + decision + ".",
      "What is new: \"" + visible(words.text) + "\""};
  for (const std::string& id : words.evidence) {
    plan.words.push_back("Evidence that was not before the members then: " + id);
  }
  return plan;
}

ReopeningCheck check_reopening(const Item& item, const Paper& paper, Item* ended, Seconds now) {
  using Answer = ReopeningCheck::Answer;
  if (paper.text("reopens") == consult::hex(item.id())) {
    return {Answer::wrong, "it names this item itself"};
  }
  if (ended == nullptr || paper.text("reopens") != consult::hex(ended->id())) {
    return {Answer::cannot_be_checked, "the item that it names is not at hand"};
  }
  if (paper.text("roster") != consult::hex(ended->roster().hash)) {
    return {Answer::wrong, "the item that it names lives under another roster"};
  }
  const consult::State state = ended->state(now);
  if (state.status == Status::disputed) {
    return {Answer::cannot_be_checked, "the item that it names is disputed by now"};
  }
  std::string problem =
      problem_of(*ended, state, {!exercise_of(item).empty(), paper.text("decision"), paper.texts("evidence_refs")});
  return problem.empty() ? ReopeningCheck{Answer::stands,
                                          "that item is adopted with this decision, and the evidence was not before "
                                          "its members"}
                         : ReopeningCheck{Answer::wrong, std::move(problem)};
}

std::vector<std::string> reopening_rows(const Item& item, Item* ended, Seconds now) {
  using Answer = ReopeningCheck::Answer;
  std::vector<std::string> out;
  for (const Paper* paper : item.papers().in_order()) {
    if (paper->kind == PaperKind::reopening) {
      const ReopeningCheck check = check_reopening(item, *paper, ended, now);
      out.push_back(fmt::format("{} {}: {}",
                                check.answer == Answer::stands  ? "CHECKED"
                                : check.answer == Answer::wrong ? "WRONG"
                                                                : "cannot be checked here",
                                short_name(*paper), check.words));
    }
  }
  return out;
}

}  // namespace tocsin::council
