#include "council/publication.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "council/page.h"
#include "report/visible.h"
#include "speech/manifestation.h"
#include "wire/canonical_json.h"
#include "wire/json.h"

namespace tocsin::council {
namespace {

using consult::Status;
using report::visible;
using wire::Json;

const Manifest* decided_texts(const Item& item, const consult::State& state) {
  const Item::Held* draft = state.draft ? item.find(*state.draft) : nullptr;
  return draft == nullptr ? nullptr : item.manifest(body_text(*draft->entry, "text_sha256"));
}

std::string title_of(const Item& item) {
  const Item::Held* open = item.find(item.id());
  return open == nullptr ? std::string() : body_text(*open->entry, "title");
}

// {"decision","draft","item","roster","silence","text_sha256"} of a state that is adopted.
std::string decision_json(const Item& item, const consult::State& state, const Manifest& texts) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("decision", state.decision ? consult::hex(*state.decision) : std::string());
  json.member("draft", consult::hex(*state.draft)).member("item", consult::hex(item.id()));
  json.member("roster", consult::hex(item.roster().hash));
  json.member("silence", state.silence ? consult::hex(*state.silence) : std::string());
  json.member("text_sha256", texts.sha256).end_object();
  return out;
}

void write_hashes(wire::JsonWriter& json, std::string_view name, const std::vector<speech::Paragraph>& paragraphs,
                  std::string speech::Paragraph::* hash) {
  json.key(name).begin_array();
  for (const speech::Paragraph& paragraph : paragraphs) {
    json.string(paragraph.*hash);
  }
  json.end_array();
}

// Every language version with the hashes of its paragraphs.
Result<std::string> manifestations_json(const Item& item, const Manifest& texts) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_array();
  for (const Manifest::Version& version : texts.texts) {
    const Text* text = item.text(version.sha256);
    if (text == nullptr) {
      return refuse("the text in language " + version.language + " is not held", "import it from whoever tabled it");
    }
    TRY(const speech::Manifestation read, speech::read_manifestation(text->text, version.language));
    json.begin_object().member("lang", version.language).member("media", "text/plain");
    json.member("source", "draft").member("raw_sha256", version.sha256).member("text_l1", read.text_l1);
    write_hashes(json, "l1", read.paragraphs, &speech::Paragraph::l1);
    write_hashes(json, "l2", read.paragraphs, &speech::Paragraph::l2);
    json.end_object();
  }
  json.end_array();
  return out;
}

Result<std::string> canonical_of(const Json& value) {
  std::string text;
  wire::JsonWriter json(text);
  wire::write_json(value, json);
  return wire::canonical_json(text);
}

struct Published {
  const Paper* paper;
  const Manifest* texts;
};
// Title, or the first line of every language version: one of the two must say EXERCISE.
bool says_exercise(const Item& item, const Manifest& texts, std::string_view title) {
  const auto says = [](std::string_view text) { return text.find("EXERCISE") != std::string_view::npos; };
  return says(title) || std::ranges::all_of(texts.texts, [&](const Manifest::Version& version) {
           const Text* text = item.text(version.sha256);
           const std::string_view all = text == nullptr ? std::string_view() : trim(text->text);
           return says(all.substr(0, all.find('\n')));
         });
}

Result<Published> published_in(const Verdict& verdict) {
  if (verdict.item == nullptr || verdict.published.empty()) {
    return refuse("there is no published statement that stands on a proven decision",
                  "the chair makes one with 'tocsin consult publish'");
  }
  return Published{verdict.item->papers().find(verdict.published.back()), decided_texts(*verdict.item, verdict.state)};
}

struct Row {
  std::string head;
  std::string text;
};
// What members said beside their assent, and who else stands behind the text.
std::vector<Row> attached(const Verdict& verdict) {
  std::vector<Row> out;
  for (const consult::State::Position& each : verdict.state.positions) {
    const Item::Held* held = verdict.item->find(each.entry);
    const std::string words = held == nullptr ? std::string() : body_text(*held->entry, "text");
    if (!words.empty()) {
      out.push_back({fmt::format("{} ({})", each.member, consult::text_of(each.stance)), visible(words)});
    }
  }
  for (const std::string& name : verdict.state.associated) {
    out.push_back({name, "associates itself with this text"});
  }
  return out;
}

std::vector<Row> proof(const Verdict& verdict, const Paper& paper, const Manifest& texts, const PageOptions& options) {
  std::vector<Row> out = {{"published", options.time.of(paper.created) + " by " + paper.author},
                          {"statement", paper.id},
                          {"decision", verdict.decision},
                          {"item", consult::hex(verdict.item->id())},
                          {"roster", std::string(options.roster)},
                          {"verdict", verdict.headline}};
  for (const Manifest::Version& version : texts.texts) {
    out.push_back({version.language, "SHA-256 " + version.sha256});
  }
  for (const std::string& annex : texts.annexes) {
    out.push_back({"annex", "SHA-256 " + annex});
  }
  out.push_back({"to check", fmt::format("tocsin consult verify --roster {} BUNDLE", options.roster)});
  out.push_back(
      {"to compare", fmt::format("tocsin statement verify RECEIVED --proof BUNDLE --roster {}", options.roster)});
  return out;
}

}  // namespace

Result<PaperPlan> publication_paper(const Situation& situation, const PublicationWords& words) {
  const Item& item = situation.item;
  const Roster& roster = item.roster();
  if (roster.participants[roster.chair].name != situation.author) {
    return refuse(fmt::format("only the chair ({}) publishes", roster.participants[roster.chair].name));
  }
  if (situation.state.status != Status::adopted) {
    return refuse(fmt::format("only a text that is adopted and final is published; this item is {}",
                              consult::text_of(situation.state.status)),
                  "'tocsin consult status' says what is missing");
  }
  if (!situation.state.unknown.empty()) {
    return refuse("entries of kinds that this version does not know are held: it cannot vouch for the decision");
  }
  const Manifest* texts = decided_texts(item, situation.state);
  if (texts == nullptr) {
    return refuse("the texts that were decided are not held", "import them from whoever tabled them");
  }
  if (trim(words.issuer).empty()) {
    return refuse("--issuer NAME is needed: in whose name the statement is published");
  }
  const std::string title = words.title.empty() ? title_of(item) : words.title;
  const std::string exercise = exercise_of(item);
  if (!exercise.empty() && !says_exercise(item, *texts, title)) {
    return refuse("what an exercise publishes says EXERCISE in its title, or in the first line of every text",
                  "--title 'EXERCISE: …'");
  }
  TRY(const std::string manifestations, manifestations_json(item, *texts));
  PaperPlan plan{.kind = PaperKind::statement, .body = {}, .color = words.color, .words = {}, .warnings = {}};
  wire::JsonWriter json(plan.body);
  json.begin_object().member("title", title).member("issuer", words.issuer);
  json.member("work_id", "tocsin:" + consult::hex(*situation.state.decision));
  json.member("issued", consult::seconds_text(situation.now)).key("offset_known").boolean(true);
  json.key("decision").raw(decision_json(item, situation.state, *texts)).key("manifestations").raw(manifestations);
  json.end_object();
  plan.words = {
      fmt::format("{} PUBLISHES \"{}\" in the name of {}.", situation.author, visible(title), visible(words.issuer)),
      "It stands on the decision " + consult::hex(*situation.state.decision) + "."};
  if (!exercise.empty()) {
    plan.words.insert(plan.words.begin(), exercise_banner(exercise));
  }
  for (const Manifest::Version& version : texts->texts) {
    plan.words.push_back(
        fmt::format("Text in language {}: SHA-256 {}, as it was decided.", version.language, version.sha256));
  }
  std::vector<std::string> beside;
  for (const consult::State::Position& each : situation.state.positions) {
    const Item::Held* held = item.find(each.entry);
    if (held != nullptr && !body_text(*held->entry, "text").empty()) {
      beside.push_back(fmt::format("{} ({})", each.member, consult::text_of(each.stance)));
    }
  }
  plan.words.push_back("Published with it are the words of: " + listed(beside) + ".");
  if (!situation.state.associated.empty()) {
    plan.words.push_back("Associated: " + listed(situation.state.associated) + ".");
  }
  const bool open = words.color == stix::TlpColor::clear;
  plan.words.push_back(open ? "Anybody may read and pass it on (TLP:CLEAR)."
                            : "It is marked for fewer than everybody.");
  return plan;
}

std::vector<std::string> publication_problems(const Item& item, const consult::State& state, const Paper& paper) {
  std::vector<std::string> out;
  const std::string name = "The " + short_name(paper);
  if (state.status != Status::adopted && state.status != Status::disputed) {
    out.push_back(name + " says that the text was adopted, and this file does not prove that.");
    return out;
  }
  const Manifest* texts = decided_texts(item, state);
  const Json* decision = paper.object.find("decision");
  if (texts == nullptr || decision == nullptr) {
    out.push_back(name + " cannot be compared with the text: the texts that were decided are not here.");
    return out;
  }
  if (!exercise_of(item).empty() && !says_exercise(item, *texts, paper.text("title"))) {
    out.push_back(name + " is of an exercise, and neither its title nor its texts say so.");
  }
  const std::string_view text_hash = decision->string_or("text_sha256", "");
  if (text_hash != texts->sha256) {
    out.push_back(name + " is of other texts than those that were decided.");
    return out;
  }
  if (state.status == Status::adopted) {
    const auto said = canonical_of(*decision);
    const auto found = wire::canonical_json(decision_json(item, state, *texts));
    if (!said || !found || *said != *found) {
      out.push_back(name + " names another decision than the one that was taken.");
    }
  }
  const auto expected = manifestations_json(item, *texts);
  const Json* said = paper.object.find("manifestations");
  if (!expected) {
    out.push_back(name + " cannot be compared with the text: " + expected.error().message + ".");
    return out;
  }
  const auto canonical = wire::canonical_json(*expected);
  const auto given = said == nullptr ? Result<std::string>(failure(ErrorCode::syntax, {})) : canonical_of(*said);
  if (!canonical || !given || *canonical != *given) {
    out.push_back(name + " gives other paragraph hashes than the text that was decided has.");
  }
  return out;
}

Result<std::string> published_text(const Verdict& verdict, std::string_view language) {
  if (!verdict.exercise.empty()) {
    return refuse("this is an EXERCISE: it proves no decision, and no published statement");
  }
  TRY(const Published published, published_in(verdict));
  const std::vector<Manifest::Version>& versions = published.texts->texts;
  auto found = std::ranges::find(versions, language, &Manifest::Version::language);
  if (language.empty()) {
    found = std::ranges::find(versions, "en", &Manifest::Version::language);
    found = found == versions.end() ? versions.begin() : found;
  }
  const Text* text = found == versions.end() ? nullptr : verdict.item->text(found->sha256);
  if (text == nullptr) {
    std::vector<std::string> languages;
    for (const Manifest::Version& version : versions) {
      languages.push_back(version.language);
    }
    return refuse("the published statement has no text in language '" + visible(language) + "'",
                  "it has " + listed(languages));
  }
  return text->text;
}

Result<std::string> statement_text(const Verdict& verdict, const PageOptions& options) {
  TRY(const Published published, published_in(verdict));
  const Paper& paper = *published.paper;
  std::string out = exercise_banner(verdict.exercise);
  out += out.empty() ? "" : "\n\n";
  out += visible(paper.text("issuer")) + "\n\n" + visible(paper.text("title")) + "\n" +
         std::string(paper.text("issued")) + "\n";
  for (const Manifest::Version& version : published.texts->texts) {
    const Text* text = verdict.item->text(version.sha256);
    out += "\n" + (published.texts->texts.size() > 1 ? "[" + version.language + "]\n" : std::string()) +
           visible_lines(text == nullptr ? std::string_view() : std::string_view(text->text));
  }
  const auto section = [&](std::string_view title, const std::vector<Row>& rows) {
    if (!rows.empty()) {
      out += fmt::format("\n{}\n{}\n", title, std::string(title.size(), '-'));
    }
    for (const Row& row : rows) {
      out += fmt::format("{:<20} {}\n", row.head, row.text);
    }
  };
  section("Attached", attached(verdict));
  section("Proof", proof(verdict, paper, *published.texts, options));
  return out;
}

Result<std::string> statement_html(const Verdict& verdict, const PageOptions& options) {
  TRY(const Published published, published_in(verdict));
  const Paper& paper = *published.paper;
  std::string out = page_begin(visible(paper.text("title")), exercise_banner(verdict.exercise)) + "<p>";
  append_escaped(out, visible(paper.text("issuer")));
  out += "</p>\n<h1>";
  append_escaped(out, visible(paper.text("title")));
  out += "</h1>\n<p>";
  append_escaped(out, options.time.of(paper.created));
  out += "</p>\n";
  for (const Manifest::Version& version : published.texts->texts) {
    const Text* text = verdict.item->text(version.sha256);
    out += "<pre lang=\"";
    append_escaped(out, version.language);
    out += "\">";
    append_escaped(out, visible_lines(text == nullptr ? std::string_view() : std::string_view(text->text)));
    out += "</pre>\n";
  }
  const auto section = [&](std::string_view title, const std::vector<Row>& rows) {
    if (rows.empty()) {
      return;
    }
    out += "<h2>" + std::string(title) + "</h2>\n<table>\n";
    for (const Row& row : rows) {
      append_row(out, row.head, row.text);
    }
    out += "</table>\n";
  };
  section("Attached", attached(verdict));
  section("Proof", proof(verdict, paper, *published.texts, options));
  return out + std::string(page_end);
}

}  // namespace tocsin::council
