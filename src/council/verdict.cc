#include "council/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "council/amendment.h"
#include "council/lapse.h"
#include "council/limits.h"
#include "council/paper_acts.h"
#include "council/paper_gate.h"
#include "council/publication.h"
#include "council/reopening.h"
#include "report/visible.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::council {
namespace {

using consult::Status;
using report::visible;

template <class Names>
std::string joined(const Names& names) {
  std::string out;
  for (const auto& name : names) {
    out += (out.empty() ? "" : ", ") + std::string(name);
  }
  return out;
}

std::string break_names(const consult::State& state, consult::Standing standing) {
  std::set<std::string> names;
  for (const consult::State::Break& each : state.breaks) {
    if (each.standing == standing) {
      names.insert(each.member);
    }
  }
  return joined(names);
}

void say_breaks(const Item& item, const consult::State& state, Verdict& out) {
  for (const consult::State::Break& each : state.breaks) {
    const Item::Held* held = item.find(each.entry);
    const std::string words = held == nullptr ? std::string() : body_text(*held->entry, "text");
    out.because.push_back(
        fmt::format("{} objected ({}): \"{}\"", each.member, consult::text_of(each.standing), visible(words)));
  }
}

// What stands beside the decision.
void say_positions(const Item& item, const consult::State& state, Verdict& out) {
  for (const consult::State::Position& each : state.positions) {
    const Item::Held* held = item.find(each.entry);
    const std::string words = held == nullptr ? std::string() : body_text(*held->entry, "text");
    if (!words.empty()) {
      out.because.push_back(fmt::format("{} ({}): \"{}\"", each.member, consult::text_of(each.stance), visible(words)));
    }
  }
  if (!state.associated.empty()) {
    out.because.push_back("partners that associate themselves with it: " + joined(state.associated));
  }
}

void say_closing(const consult::State& state, Verdict& out) {
  if (!state.closing) {
    return;
  }
  if (!state.closing->waiting.empty()) {
    out.because.push_back("the chair has closed, but these members have neither passed nor are they presumed: " +
                          joined(state.closing->waiting));
  }
  if (state.closing->needed != 0) {
    out.because.push_back(fmt::format("the chair has closed; {} of {} acknowledgements by witnesses are held",
                                      state.closing->acknowledged, state.closing->needed));
  }
}

// What rejected entries have in common, a sentence for each rule.
void find_rejected(const consult::State& state, std::vector<std::string>& findings) {
  std::map<consult::Code, std::pair<std::size_t, Hash>> counts;
  for (const auto& [id, code] : state.rejected) {
    auto& [count, first] = counts[code];
    first = count++ == 0 ? id : first;
  }
  for (const auto& [code, counted] : counts) {
    findings.push_back(fmt::format("{} {} not count ({}, {}): {} The first is {}.", counted.first,
                                   counted.first == 1 ? "entry does" : "entries do", consult::rule_of(code),
                                   consult::text_of(code), consult::explain(code), short_id(counted.second)));
  }
}

// Entries that somebody signed to hold and that are not here: they were left out, or never reached whoever exported.
void find_left_out(const Item& item, std::vector<std::string>& findings) {
  std::map<Hash, std::pair<std::string, std::string>> missing;  // author, witness
  for (const Item::Held& held : item.entries()) {
    if (!item.counts(held.entry->id)) {
      continue;
    }
    for (const consult::Head& head : held.entry->heads) {
      if (item.find(head.id) == nullptr) {
        missing.try_emplace(head.id, head.author, held.entry->author);
      }
    }
  }
  if (!missing.empty()) {
    const auto& [author, witness] = missing.begin()->second;
    findings.push_back(fmt::format(
        "{} {} not in the bundle, though receipts name {}: {} of {}, for which {} signed a receipt, is the first.",
        missing.size(), missing.size() == 1 ? "entry is" : "entries are", missing.size() == 1 ? "it" : "them",
        short_id(missing.begin()->first), author, witness));
  }
}

// Whether the texts here are those that the draft's hash stands for.
void find_texts(const Item& item, const consult::State& state, std::size_t other_texts,
                std::vector<std::string>& findings) {
  const Item::Held* draft = state.draft ? item.find(*state.draft) : nullptr;
  if (draft == nullptr) {
    return;
  }
  const std::string digest = body_text(*draft->entry, "text_sha256");
  const Manifest* manifest = item.manifest(digest);
  if (manifest == nullptr) {
    findings.push_back(
        fmt::format("The texts of the draft are not named in the bundle: only their hash {} is proven{}.",
                    digest.substr(0, 12), other_texts == 0 ? "" : ", and the texts that are here are not those"));
    return;
  }
  for (const Manifest::Version& version : manifest->texts) {
    if (item.text(version.sha256) == nullptr) {
      findings.push_back(
          fmt::format("The text in language {} is not in the bundle{}.", version.language,
                      other_texts == 0 ? "" : ": a text is here, but not the one that the draft's hash names"));
    }
  }
}

// All papers are taken in before the gate is asked: an option may stand before the consent that it rests on.
void take_papers(const Bundle& bundle, Item& item, std::vector<std::string>& findings) {
  std::size_t refused = 0;
  for (const std::string& json : bundle.papers) {
    if (const auto added = item.add_paper(json); !added && refused++ < limits::problems_max) {
      findings.push_back("A paper beside the text does not count: " + added.error().message + ".");
    }
  }
  for (const Paper* paper : item.papers().in_order()) {
    if (const auto fits = paper->kind == PaperKind::amendment ? amendment_fits(item, *paper) : Result<void>();
        !fits && fits.error().code == ErrorCode::damaged) {
      findings.push_back(fmt::format("The {} of {} does not fit the text that it names: {}.", short_name(*paper),
                                     paper->author, fits.error().message));
    }
    if (const auto passed = pass_gate(item, *paper, "import"); !passed) {
      findings.push_back("The gate: " + passed.error().message);
    }
  }
}

void judge_publications(Verdict& verdict, std::vector<std::string>& findings, const TimeWords& time) {
  for (const Paper* paper : verdict.item->papers().in_order()) {
    if (paper->kind != PaperKind::statement) {
      continue;
    }
    const std::vector<std::string> problems = publication_problems(*verdict.item, verdict.state, *paper);
    findings.insert(findings.end(), problems.begin(), problems.end());
    if (problems.empty()) {
      verdict.published.push_back(paper->id);
      verdict.because.push_back(fmt::format(
          "published {} by {}: \"{}\", in the name of {}; its words are those that "
          "were decided",
          time.of(paper->created), paper->author, visible(paper->text("title")), visible(paper->text("issuer"))));
    }
  }
}

}  // namespace

std::string caution_of(const Verdict& verdict) {
  if (verdict.other_text) {
    return "a text in this file is NOT the one that its signatures name";
  }
  if (verdict.cut_or_changed) {
    return "this file was cut or changed after it was made";
  }
  const std::size_t findings = verdict.findings.size();
  return findings == 0   ? std::string()
         : findings == 1 ? std::string("something is wrong with this file")
                         : fmt::format("{} things are wrong with this file", findings);
}

std::string first_line(const Verdict& verdict) {
  const std::string caution = caution_of(verdict);
  return caution.empty() ? verdict.headline : verdict.headline + "; but " + caution;
}

std::vector<std::string> fork_words(const Item& item, const consult::State& state) {
  std::vector<std::string> out;
  for (const std::string& author : state.equivocators) {
    std::map<std::uint32_t, std::set<Hash>> places;
    for (const Item::Held& held : item.entries()) {
      if (held.entry->author == author && item.counts(held.entry->id)) {
        places[held.entry->sequence].insert(held.entry->id);
      }
    }
    const auto first = std::ranges::find_if(places, [](const auto& place) { return place.second.size() > 1; });
    if (first == places.end()) {
      continue;
    }
    std::vector<std::string> ids;
    for (const Hash& id : first->second) {
      ids.push_back(short_id(id));
    }
    out.push_back(
        fmt::format("{} signed two histories (a fork): its entries {} stand at the same place {} of its chain. That is "
                    "proof against "
                    "{}; what it signed from there on can count against adoption and not for it.",
                    author, joined(ids), first->first, author));
  }
  return out;
}

std::string_view promise_of_final() {
  return "Final holds for every larger set of entries: whatever anybody adds later, nothing takes this decision back. "
         "The one thing that can follow is \"disputed\", and only beside a fork that names its author.";
}

Verdict judge(Item& item, const consult::State& state, const TimeWords& time) {
  Verdict out;
  out.state = state;
  out.decision = state.decision ? consult::hex(*state.decision) : std::string();
  const std::string deadline = state.deadline ? time.of(*state.deadline) : std::string();
  const auto provisional = [&](std::string why) {
    out.outcome = Outcome::provisional;
    out.headline = "Provisional";
    out.because.push_back(std::move(why));
    say_closing(state, out);
  };
  switch (state.status) {
    case Status::none:
      out.headline = "Cannot vouch";
      out.because.emplace_back(item.find(item.id()) == nullptr
                                   ? "the entry that opens the item is not held"
                                   : "the item is not validly opened under this roster, or not yet at this moment");
      break;
    case Status::adopted:
      out.outcome = state.presumed.empty() ? Outcome::adopted : Outcome::adopted_presumed;
      out.headline = state.presumed.empty()
                         ? "Adopted, final"
                         : "Adopted, final, with these members presumed silent: " + joined(state.presumed);
      out.because.push_back(fmt::format("passed: {}", state.passed.empty() ? "nobody" : joined(state.passed)));
      if (!state.presumed.empty() && state.closing) {
        out.because.push_back(fmt::format("{} of {} acknowledgements by witnesses are held",
                                          state.closing->acknowledged, state.closing->needed));
      }
      say_positions(item, state, out);
      say_breaks(item, state, out);
      break;
    case Status::disputed:
      out.outcome = Outcome::disputed;
      out.headline = "Adopted, disputed: " + joined(state.equivocators) + " signed two histories";
      out.because.push_back(fmt::format("{} signed both this decision and something else", joined(state.equivocators)));
      if (state.disputes.size() > 1) {
        out.because.push_back(fmt::format("{} closes stand beside each other", state.disputes.size()));
      }
      break;
    case Status::voided:
      out.outcome = Outcome::voided;
      out.headline = "Void";
      out.because.emplace_back("the chair signed two histories: none of its acts can be relied on; open a new item");
      say_closing(state, out);
      break;
    case Status::withdrawn:
      out.outcome = Outcome::withdrawn;
      out.headline = "Withdrawn";
      out.because.emplace_back("the chair took the text back before the deadline");
      break;
    case Status::announced:
      out.outcome = Outcome::announced;
      out.headline = "Announced";
      out.because.emplace_back(
          "silence was called, but no quorum of witnesses is known to have seen it early enough for its class");
      break;
    case Status::broken:
      out.outcome = Outcome::broken;
      out.headline = "Silence broken by " + break_names(state, consult::Standing::timely);
      out.because.emplace_back("a quorum of witnesses held the objection by the deadline, " + deadline);
      say_breaks(item, state, out);
      break;
    case Status::broken_unproven:
      out.outcome = Outcome::broken;
      out.headline = "Silence broken by " + break_names(state, consult::Standing::unproven) + ", time not proven";
      out.because.emplace_back("an objection was received and its time is not proven: treat the silence as broken");
      say_breaks(item, state, out);
      break;
    case Status::open:
      provisional("the item is open and no text is tabled");
      break;
    case Status::tabled:
      provisional("a text is tabled; no silence was called");
      break;
    case Status::suspended:
      provisional("the chair stopped the clock");
      break;
    case Status::silence:
      provisional("the text is under silence until " + deadline);
      break;
    case Status::expired:
      provisional("the deadline passed without objection, but the challenge period still runs for " +
                  joined(state.presumed));
      break;
    case Status::presumed:
      provisional(state.closing ? "the close is not final yet"
                                : "the challenge period passed; the chair has not closed. Silent so far: " +
                                      joined(state.presumed));
      say_breaks(item, state, out);
      break;
  }
  for (std::string& fork : fork_words(item, state)) {
    out.because.push_back(std::move(fork));
  }
  if (!state.unknown.empty()) {
    out.outcome = Outcome::cannot_vouch;
    out.headline = "Cannot vouch";
    out.decision.clear();
    out.because.insert(out.because.begin(),
                       "entries of kinds that this version does not know are held (" + joined(state.unknown) +
                           "); without them the state would be: " + std::string(consult::text_of(state.status)));
  }
  if (out.exercise = exercise_of(item); !out.exercise.empty()) {
    out.headline = "EXERCISE: " + out.headline;
  }
  return out;
}

Verdict verify_bundle(const Bundle& bundle, const Trust& trust, consult::Verifier& verifier, const TimeWords& time) {
  Verdict out;
  out.headline = "Cannot vouch";
  std::vector<std::string> findings;
  if (!bundle.whole) {
    findings.emplace_back("The bundle was cut or changed after it was made: its last line does not match the rest.");
  }
  for (const std::string& problem : bundle.problems) {
    findings.push_back("Not read: " + problem);
  }
  const auto trusted = std::ranges::find_if(bundle.rosters, [&](const std::string& json) {
    const auto reading = consult::read_roster(json);
    return reading.roster && reading.roster->hash == trust.roster;
  });
  auto made = trusted == bundle.rosters.end() ? Result<std::unique_ptr<Item>>(failure(ErrorCode::damaged, {}))
                                              : Item::make(*trusted, bundle.item, verifier);
  if (!made) {
    out.because.emplace_back("the bundle holds no valid roster with the hash that you trust");
    out.findings = std::move(findings);
    return out;
  }
  std::unique_ptr<Item> item = *std::move(made);
  std::size_t refused = 0;
  std::string why;
  for (const std::string& entry : bundle.entries) {
    refused += item->add_entry(entry, &why) == Intake::refused ? 1U : 0U;
  }
  if (refused != 0) {
    findings.push_back(fmt::format("{} values are no entries; the last because: {}", refused, why));
  }
  for (const std::string& json : bundle.manifests) {
    if (auto added = item->add_manifest(json); !added) {
      findings.push_back("A list of texts cannot be used: " + added.error().message);
    }
  }
  for (const std::string& json : bundle.texts) {
    auto text = read_text(json);
    auto added = text ? item->add_text(*std::move(text)) : Result<bool>(std::unexpected(text.error()));
    if (!added) {
      findings.push_back("A text cannot be used: " + added.error().message);
    }
  }
  for (const std::string& key : bundle.keys) {
    if (auto added = item->add_key(key); !added) {
      findings.push_back("A key document is wrong: " + added.error().message);
    }
  }
  take_papers(bundle, *item, findings);
  const consult::State state = item->state(trust.as_of);
  out = judge(*item, state, time);
  if (state.status == Status::none && item->find(item->id()) != nullptr) {
    const EntryPtr& open = item->find(item->id())->entry;
    if (open->well_formed && open->subject && *open->subject != trust.roster) {
      out.because = {"the item was opened under another roster than the one that you trust: " +
                     consult::hex(*open->subject)};
    }
  }
  std::set<std::string> named;
  for (const auto& [digest, manifest] : item->manifests()) {
    for (const Manifest::Version& version : manifest.texts) {
      named.insert(version.sha256);
    }
    named.insert(manifest.annexes.begin(), manifest.annexes.end());
  }
  const auto other_texts = static_cast<std::size_t>(
      std::ranges::count_if(item->texts(), [&](const auto& text) { return !named.contains(text.first); }));
  find_rejected(state, findings);
  find_left_out(*item, findings);
  find_texts(*item, state, other_texts, findings);
  out.item = std::move(item);
  judge_publications(out, findings, time);
  if (const auto lapse = lapse_of(*out.item, state, trust.as_of); lapse && (lapse->lapsed || lapse->soon)) {
    out.because.push_back(lapse_words(*lapse, time));
  }
  for (const std::string& words : reopening_rows(*out.item, trust.ended, trust.as_of)) {
    (words.starts_with("WRONG") ? findings : out.because).push_back(words);
  }
  out.cut_or_changed = !bundle.whole;
  out.other_text = other_texts != 0;
  out.findings = std::move(findings);
  return out;
}

std::string_view text_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::adopted:
      return "adopted";
    case Outcome::adopted_presumed:
      return "adopted-presumed";
    case Outcome::provisional:
      return "provisional";
    case Outcome::broken:
      return "broken";
    case Outcome::disputed:
      return "disputed";
    case Outcome::voided:
      return "void";
    case Outcome::withdrawn:
      return "withdrawn";
    case Outcome::announced:
      return "announced";
    case Outcome::cannot_vouch:
      return "cannot-vouch";
  }
  return {};
}

std::string to_json(const Verdict& verdict) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object()
      .member("verdict", verdict.exercise.empty() ? text_of(verdict.outcome) : "exercise")
      .key("final")
      .boolean(verdict.final());
  json.member("headline", verdict.headline).key("caution");
  const std::string caution = caution_of(verdict);
  caution.empty() ? json.null() : json.string(caution);
  json.key("exercise");
  verdict.exercise.empty() ? json.null() : json.string(verdict.exercise);
  json.key("marking");
  const std::string marking = verdict.item == nullptr ? std::string() : marking_of(*verdict.item);
  marking.empty() ? json.null() : json.string(marking);
  for (const auto& [name, list] : {std::pair("because", &verdict.because), {"findings", &verdict.findings}}) {
    json.key(name).begin_array();
    for (const std::string& each : *list) {
      json.string(each);
    }
    json.end_array();
  }
  json.key("decision");
  verdict.decision.empty() ? json.null() : json.string(verdict.decision);
  json.key("published").begin_array();
  for (const std::string& id : verdict.published) {
    json.string(id);
  }
  json.end_array().key("papers").begin_array();
  if (verdict.item != nullptr) {
    for (const Paper* paper : verdict.item->papers().in_order()) {
      json.begin_object().member("id", paper->id).member("author", paper->author);
      json.member("created", consult::seconds_text(paper->created)).end_object();
    }
  }
  json.end_array();
  json.key("state").raw(consult::to_json(verdict.state)).end_object();
  return out;
}

}  // namespace tocsin::council
