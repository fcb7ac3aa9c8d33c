#include "council/status_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "council/acts.h"
#include "council/holding.h"
#include "council/lapse.h"
#include "council/page.h"
#include "council/paper_acts.h"
#include "council/reminders.h"
#include "council/reopening.h"
#include "report/visible.h"

namespace tocsin::council {
namespace {

using consult::Kind;
using consult::Role;
using consult::Status;
using report::visible;

std::string title_of(const Item& item) {
  const Item::Held* open = item.find(item.id());
  return open == nullptr ? std::string("(not held)") : visible(body_text(*open->entry, "title"));
}

std::string marking_words(const Item& item) {
  const std::string marking = marking_of(item);
  return marking.empty() ? "none was given: ask its participants before you tell anybody of it"
                         : marking + ", its existence included";
}

std::string_view role_text(Role role) {
  switch (role) {
    case Role::member:
      return "member";
    case Role::chair:
      return "chair";
    case Role::partner:
      return "partner";
  }
  return {};
}

std::vector<std::string> not_passed(const Item& item, const consult::State& state) {
  std::vector<std::string> out;
  for (const consult::Participant& participant : item.roster().participants) {
    if (participant.role == Role::member && std::ranges::find(state.passed, participant.name) == state.passed.end()) {
      out.push_back(participant.name);
    }
  }
  return out;
}

std::string held_by(const Item& item, const Hash& entry, Seconds now) {
  const Holding held = holding(item, entry, now);
  return fmt::format("held by {} of {}{}", held.by.size(), held.of,
                     held.by.empty() ? "" : " (" + listed(held.by) + ")");
}

bool running(Status status) {
  return status == Status::silence || status == Status::announced || status == Status::suspended;
}

std::vector<std::string> warnings_of(const Item& item, const consult::State& state, Seconds now) {
  std::vector<std::string> out;
  const Roster& roster = item.roster();
  const std::vector<std::string> missing = not_passed(item, state);
  if (running(state.status) && state.deadline && state.silence && !missing.empty()) {
    const Item::Held* silence = item.find(*state.silence);
    for (std::string& warning :
         deadline_warnings(item, silence == nullptr ? now : silence->entry->time, *state.deadline)) {
      out.push_back(std::move(warning));
    }
  }
  for (const consult::State::Break& each : state.breaks) {
    const std::size_t count = holding(item, each.entry, now).by.size();
    if (each.standing == consult::Standing::unproven && count < roster.quorum) {
      out.push_back(fmt::format(
          "The break of {} is held by {} witnesses, and {} are needed: hand it to more of them before the deadline.",
          each.member, count, roster.quorum));
    }
  }
  if (state.silence && state.deadline && !state.final() && now < *state.deadline + roster.challenge) {
    if (!missing.empty()) {
      out.push_back("Not passed yet: " + listed(missing) + ".");
    }
  }
  if (item.continuity.broken) {
    out.push_back(
        fmt::format("{}. Nothing is signed until {} witnesses have shown what they hold of the own chain ({} so "
                    "far): ask them for 'tocsin consult export --key', and import what they send.",
                    item.continuity.why, roster.quorum, item.continuity.readings.size()));
  }
  if (!state.unknown.empty()) {
    out.emplace_back("Entries of kinds that this version does not know are held: it cannot vouch for this state.");
  }
  return out;
}

// ---- The record --------------------------------------------------------------------------------------------

struct Row {
  std::string head;
  std::string text;
};
struct Section {
  std::string title;
  std::vector<Row> rows;
  std::vector<std::string> verbatim;  // texts as they are
};

std::vector<Section> sections_of(const Verdict& verdict, const RecordOptions& options) {
  std::vector<Section> out;
  Section result{.title = "Result", .rows = {}, .verbatim = {}};
  if (!verdict.exercise.empty()) {
    result.rows.push_back({"EXERCISE", exercise_banner(verdict.exercise)});
  }
  result.rows.push_back({"verdict", first_line(verdict)});
  for (const std::string& why : verdict.because) {
    result.rows.push_back({"because", why});
  }
  if (!verdict.decision.empty()) {
    result.rows.push_back({"decision", verdict.decision});
  }
  if (verdict.final()) {
    result.rows.push_back({"final", std::string(promise_of_final())});
  }
  for (const std::string& finding : verdict.findings) {
    result.rows.push_back({"found", finding});
  }
  result.rows.push_back({"roster", std::string(options.roster)});
  result.rows.push_back({"recomputed", options.time.of(options.made)});
  if (verdict.item == nullptr) {
    out.push_back(std::move(result));
    return out;
  }
  const Item& item = *verdict.item;
  result.rows.insert(result.rows.begin(),
                     {{"title", title_of(item)}, {"item", consult::hex(item.id())}, {"marking", marking_words(item)}});
  out.push_back(std::move(result));

  Section who{.title = "Who took part", .rows = {}, .verbatim = {}};
  for (const consult::Participant& participant : item.roster().participants) {
    const stix::AuthorKey* key = item.key_of(participant);
    const auto is_in = [&](const auto& names) { return std::ranges::find(names, participant.name) != names.end(); };
    std::string text = fmt::format("{}{}{}", role_text(participant.role), participant.witness ? ", witness" : "",
                                   is_in(verdict.state.passed)       ? "; passed"
                                   : is_in(verdict.state.presumed)   ? "; presumed silent"
                                   : is_in(verdict.state.associated) ? "; associates itself"
                                                                     : "");
    text += is_in(verdict.state.equivocators) ? "; signed two histories" : "";
    text += fmt::format("; key {}{}", stix::key_id(participant.key), key == nullptr ? "" : " of " + visible(key->name));
    who.rows.push_back({participant.name, std::move(text)});
  }
  out.push_back(std::move(who));

  Section objections{.title = "Who objected, and who held that when", .rows = {}, .verbatim = {}};
  for (const consult::State::Break& each : verdict.state.breaks) {
    const Holding held = holding(item, each.entry, options.made);
    std::string text = fmt::format("{}; held by {} of {}", consult::text_of(each.standing), held.by.size(), held.of);
    for (std::size_t at = 0; at < held.by.size(); ++at) {
      text += fmt::format("{}{} {}", at == 0 ? ": " : ", ", held.by[at], consult::seconds_text(held.since[at]));
    }
    objections.rows.push_back({each.member + " [" + short_id(each.entry) + "]", std::move(text)});
  }
  if (!objections.rows.empty()) {
    out.push_back(std::move(objections));
  }

  if (const Item::Held* draft = verdict.state.draft ? item.find(*verdict.state.draft) : nullptr) {
    Section text{.title = "The text", .rows = {}, .verbatim = {}};
    const std::string digest = body_text(*draft->entry, "text_sha256");
    text.rows.push_back({"draft", fmt::format("revision {} by {}, {}", draft->entry->revision, draft->entry->author,
                                              consult::hex(draft->entry->id))});
    text.rows.push_back({"digest", digest});
    if (const Manifest* manifest = item.manifest(digest)) {
      for (const Manifest::Version& version : manifest->texts) {
        const Text* found = item.text(version.sha256);
        text.rows.push_back(
            {version.language, "SHA-256 " + version.sha256 + (found == nullptr ? " (not in the bundle)" : "")});
        if (found != nullptr) {
          text.verbatim.push_back(found->text);
        }
      }
      for (const std::string& annex : manifest->annexes) {
        text.rows.push_back({"annex", "SHA-256 " + annex});
      }
    }
    out.push_back(std::move(text));
  }

  Section acts{.title = "What was signed", .rows = {}, .verbatim = {}};
  std::vector<const consult::Entry*> entries;
  for (const Item::Held& held : item.entries()) {
    if (item.find(held.entry->id)->entry == held.entry) {
      entries.push_back(held.entry.get());
    }
  }
  std::ranges::sort(entries, [](const consult::Entry* a, const consult::Entry* b) {
    return std::tie(a->time, a->author, a->sequence, a->id) < std::tie(b->time, b->author, b->sequence, b->id);
  });
  std::size_t receipts = 0;
  for (const consult::Entry* entry : entries) {
    if (entry->well_formed && entry->kind == Kind::receipt && item.counts(entry->id)) {
      ++receipts;
      continue;
    }
    acts.rows.push_back({entry->well_formed ? consult::seconds_text(entry->time) : "no time",
                         entry_words(item, *entry, options.time) + " [" + short_id(entry->id) + "]"});
  }
  acts.rows.push_back({"receipts", fmt::format("{} receipts of participants for what they held", receipts)});
  out.push_back(std::move(acts));
  if (item.papers().size() != 0) {
    Section beside{.title = "What was laid beside the text", .rows = {}, .verbatim = {}};
    for (const Paper* paper : item.papers().in_order()) {
      beside.rows.push_back({consult::seconds_text(paper->created),
                             fmt::format("{} [{}, {}]", paper_words(item, *paper, options.made, options.time),
                                         paper->id, paper->marking)});
    }
    out.push_back(std::move(beside));
  }
  return out;
}

}  // namespace

std::string status_page(Item& item, std::string_view author, Seconds now, const TimeWords& time, Item* ended) {
  const consult::State state = item.state(now);
  const Roster& roster = item.roster();
  const Verdict verdict = judge(item, state, time);
  std::string out;
  const auto row = [&](std::string_view head, std::string_view text) { out += fmt::format("{:<12} {}\n", head, text); };
  if (!verdict.exercise.empty()) {
    row("EXERCISE", exercise_banner(verdict.exercise));
  }
  row("item", title_of(item) + "  " + short_id(item.id()));
  row("marking", marking_words(item));
  row("now", time.of(now));
  row("status", fmt::format("{}: {}", consult::text_of(state.status), verdict.headline));
  for (const std::string& why : verdict.because) {
    row("", why);
  }
  const auto lapse = lapse_of(item, state, now);
  if (lapse && lapse->lapsed) {
    row("lapsed", lapse_words(*lapse, time));
  }
  if (const Item::Held* draft = state.draft ? item.find(*state.draft) : nullptr) {
    row("draft",
        fmt::format("revision {} by {}, {}", draft->entry->revision, draft->entry->author, short_id(draft->entry->id)));
  }
  if (state.silence && state.deadline) {
    row("deadline", time.of(*state.deadline) +
                        (state.final() || now >= *state.deadline ? "" : ", in " + left_words(*state.deadline - now)));
    if (!state.final()) {
      row("challenge", "until " + time.of(*state.deadline + roster.challenge));
    }
    const Item::Held* silence = item.find(*state.silence);
    row("silence", fmt::format("{}{}, {}", short_id(*state.silence),
                               silence == nullptr ? "" : " of class " + visible(silence->entry->silence_class),
                               held_by(item, *state.silence, now)));
    row("passed", fmt::format("{} of {}: {}", state.passed.size(), state.passed.size() + not_passed(item, state).size(),
                              listed(state.passed)));
    row("not passed", listed(not_passed(item, state)));
    for (const consult::State::Break& each : state.breaks) {
      row("break",
          fmt::format("{} ({}), {}", each.member, consult::text_of(each.standing), held_by(item, each.entry, now)));
    }
    for (const consult::State::Position& each : state.positions) {
      const Item::Held* held = item.find(each.entry);
      const std::string words = held == nullptr ? std::string() : body_text(*held->entry, "text");
      row("position", fmt::format("{}: {}{}", each.member, consult::text_of(each.stance),
                                  words.empty() ? "" : ", \"" + visible(words) + "\""));
    }
    if (!state.associated.empty()) {
      row("associated", listed(state.associated));
    }
    if (!state.final()) {
      row("can ack",
          fmt::format("{} ({} of {} are needed where anybody is presumed silent)",
                      listed(may_acknowledge(item, state, now)), roster.acknowledgements(), roster.witnesses));
    }
  }
  if (!verdict.decision.empty()) {
    row("decision", verdict.decision);
    row("", promise_of_final());
  }
  if (!state.rejected.empty()) {
    row("rejected", fmt::format("{} entries do not count; 'tocsin consult log' says why", state.rejected.size()));
  }
  for (const Paper* paper : item.papers().in_order()) {
    row("beside it", fmt::format("{} [{}]", paper_words(item, *paper, now, time), short_name(*paper)));
  }
  for (const std::string& words : reopening_rows(item, ended, now)) {
    row("reopens", words);
  }
  row("entries", std::to_string(state.entries));
  if (lapse && lapse->soon) {
    row("warning", lapse_words(*lapse, time));
  }
  for (const std::string& warning : warnings_of(item, state, now)) {
    row("warning", warning);
  }
  for (const std::string& due : reminders(item, author, state, now, time)) {
    row("due", due);
  }
  return out;
}

std::string entry_words(const Item& item, const consult::Entry& entry, const TimeWords& time) {
  if (!entry.well_formed) {
    return "An entry without the shape of one.";
  }
  const std::string& who = entry.author;
  const auto quoted_text = [&] {
    const std::string text = body_text(entry, "text");
    return text.empty() ? std::string() : ": \"" + visible(text) + "\"";
  };
  const auto subject = [&] { return entry.subject ? short_id(*entry.subject) : std::string("nothing"); };
  std::string out;
  switch (entry.kind) {
    case Kind::open:
      out = fmt::format("{} opens the {} \"{}\"", who, exercise_of(item).empty() ? "item" : "EXERCISE",
                        visible(body_text(entry, "title")));
      break;
    case Kind::draft:
      out = entry.subject ? fmt::format("{} tables revision {}, amending {}", who, entry.revision, subject())
                          : fmt::format("{} tables a text", who);
      break;
    case Kind::silence:
      out = fmt::format("{} puts draft {} under silence of class {} until {}", who, subject(),
                        visible(entry.silence_class), time.of(entry.deadline));
      break;
    case Kind::extend:
      out = fmt::format("{} extends silence {} until {}", who, subject(), time.of(entry.deadline));
      break;
    case Kind::suspend:
      out = fmt::format("{} suspends silence {}", who, subject());
      break;
    case Kind::withdraw:
      out = fmt::format("{} withdraws the text of silence {}", who, subject());
      break;
    case Kind::position:
      out = fmt::format("{} on silence {}: {}{}", who, subject(), consult::text_of(entry.stance), quoted_text());
      break;
    case Kind::retract:
      out = fmt::format("{} takes back its position {}", who, subject());
      break;
    case Kind::pass:
      out = fmt::format("{} passes silence {}{}", who, subject(),
                        body_text(entry, "policy").empty() ? "" : " by standing policy");
      break;
    case Kind::receipt: {
      std::vector<std::string> heads;
      for (const consult::Head& head : entry.heads) {
        heads.push_back(head.author + " " + short_id(head.id));
      }
      out = fmt::format("{} holds {}", who, listed(heads));
      break;
    }
    case Kind::close: {
      out = fmt::format("{} closes silence {}, presumed silent: {}", who, subject(), listed(entry.presumed));
      break;
    }
    case Kind::unknown:
      out = fmt::format("{} signs something that this version does not know ({})", who, visible(entry.label));
      break;
  }
  const Number number = item.ledger().find(entry.id);
  if (number != consult::no_number && item.ledger()[number].code != consult::Code::accepted) {
    const consult::Code code = item.ledger()[number].code;
    out += fmt::format(" (does not count, {}: {})", consult::text_of(code), consult::explain(code));
  }
  return out;
}

std::string log_page(Item& item, Seconds now, const TimeWords& time) {
  std::vector<const consult::Entry*> entries;
  for (const Item::Held& held : item.entries()) {
    if (item.find(held.entry->id)->entry == held.entry) {
      entries.push_back(held.entry.get());
    }
  }
  std::ranges::sort(entries, [](const consult::Entry* a, const consult::Entry* b) {
    return std::tie(a->time, a->author, a->sequence, a->id) < std::tie(b->time, b->author, b->sequence, b->id);
  });
  std::string out = exercise_banner(exercise_of(item));
  out += out.empty() ? "" : "\n\n";
  out += "Marking: " + marking_words(item) + ".\n\n";
  for (const consult::Entry* entry : entries) {
    out += fmt::format("{}  {}  {}\n", short_id(entry->id),
                       entry->well_formed ? time.of(entry->time) : std::string("no time"),
                       entry_words(item, *entry, time));
  }
  for (const std::string& fork : fork_words(item, item.state(now))) {
    out += "\n" + fork + "\n";
  }
  if (item.papers().size() != 0) {
    out += "\nLaid beside the text:\n";
  }
  for (const Paper* paper : item.papers().in_order()) {
    out += fmt::format("{}  {}  {} ({})\n", paper->id, time.of(paper->created), paper_words(item, *paper, now, time),
                       paper->marking.empty() ? "marked otherwise" : paper->marking);
  }
  return out;
}

std::string record_text(const Verdict& verdict, const RecordOptions& options) {
  std::string out = "RECORD OF A CONSULTATION\n";
  if (!verdict.exercise.empty()) {
    out = exercise_banner(verdict.exercise) + "\n\n" + out;
  }
  for (const Section& section : sections_of(verdict, options)) {
    out += "\n" + section.title + "\n" + std::string(section.title.size(), '-') + "\n";
    for (const Row& row : section.rows) {
      out += fmt::format("{:<20} {}\n", row.head, row.text);
    }
    for (const std::string& text : section.verbatim) {
      out += "\n" + visible_lines(text);
    }
  }
  return out;
}

std::string record_html(const Verdict& verdict, const RecordOptions& options) {
  std::string out = page_begin("Record of a consultation", exercise_banner(verdict.exercise)) + "<h1>";
  append_escaped(out, verdict.item == nullptr ? "Record of a consultation" : title_of(*verdict.item));
  out += "</h1>\n<p class=\"verdict\">";
  append_escaped(out, first_line(verdict));
  out += "</p>\n";
  for (const Section& section : sections_of(verdict, options)) {
    out += "<h2>";
    append_escaped(out, section.title);
    out += "</h2>\n<table>\n";
    for (const Row& row : section.rows) {
      append_row(out, row.head, row.text);
    }
    out += "</table>\n";
    for (const std::string& text : section.verbatim) {
      out += "<pre>";
      append_escaped(out, visible_lines(text));
      out += "</pre>\n";
    }
  }
  return out + std::string(page_end);
}

}  // namespace tocsin::council
