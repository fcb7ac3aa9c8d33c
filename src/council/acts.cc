#include "council/acts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "council/holding.h"
#include "report/visible.h"
#include "stix/author_key.h"
#include "wire/json.h"

namespace tocsin::council {
namespace {

using consult::Kind;
using consult::Role;
using consult::Stance;
using consult::Status;
using report::visible;

constexpr std::array<std::pair<std::string_view, Stance>, 10> stances{{
#define STANCE(name, text, needs_text) {text, Stance::name},
#include "consult/stances.def"
#undef STANCE
}};

std::optional<Role> role_of(const Situation& situation) {
  const auto found = situation.item.roster().find(situation.author);
  return found ? std::optional(situation.item.roster().participants[*found].role) : std::nullopt;
}

Result<void> only_chair(const Situation& situation, std::string_view what) {
  if (role_of(situation) != Role::chair) {
    const Roster& roster = situation.item.roster();
    return refuse(fmt::format("only the chair ({}) may {}", roster.participants[roster.chair].name, what));
  }
  return {};
}

// The silence that runs, or that ran last.
Result<Hash> current_silence(const Situation& situation) {
  if (!situation.state.silence || !situation.state.deadline) {
    return refuse("no silence was called on this item", "'tocsin consult status' says where it stands");
  }
  return *situation.state.silence;
}

std::string draft_words(const Situation& situation, const Hash& draft) {
  const Item::Held* held = situation.item.find(draft);
  return held == nullptr ? "draft " + short_id(draft)
                         : fmt::format("revision {} of the text by {} (draft {})", held->entry->revision,
                                       held->entry->author, short_id(draft));
}

std::string silence_words(const Situation& situation) {
  return fmt::format("the silence on {} until {}",
                     situation.state.draft ? draft_words(situation, *situation.state.draft) : "no good draft",
                     situation.state.deadline ? situation.time.of(*situation.state.deadline) : "no deadline");
}

Act act_naming(Kind kind, const Hash& silence) {
  Act act;
  act.kind = kind;
  wire::JsonWriter json(act.body);
  json.begin_object().member("silence", consult::hex(silence)).end_object();
  return act;
}

std::vector<std::string> members_of(const Roster& roster) {
  std::vector<std::string> out;
  for (const consult::Participant& participant : roster.participants) {
    if (participant.role == Role::member) {
      out.push_back(participant.name);
    }
  }
  return out;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Seconds since midnight, and whether it is Saturday or Sunday, where a zone's clock shows this moment.
struct LocalMoment {
  Seconds of_day = 0;
  bool free_day = false;
  Seconds day = 0;
};
LocalMoment local(const Zone& zone, Seconds moment) {
  const Seconds shown = moment + zone.offset_at(Time::from_seconds(moment));
  const Seconds day = (shown >= 0 ? shown : shown - 86'399) / 86'400;
  const Seconds weekday = ((day + 3) % 7 + 7) % 7;  // 1970-01-01 was a Thursday; 0 is Monday
  return {shown - day * 86'400, weekday >= 5, day};
}

constexpr Seconds hour = 3'600;
constexpr Seconds working_from = 8 * hour;
constexpr Seconds working_until = 18 * hour;
constexpr Seconds nine_days = Seconds{9} * 24 * hour;

// Whether any hour between the two is a working hour there.
bool has_working_hour(const Zone& zone, Seconds from, Seconds until) {
  // After nine days there has been one.
  for (Seconds at = from; at <= until && at - from < nine_days; at += hour / 4) {
    const LocalMoment moment = local(zone, at);
    if (!moment.free_day && moment.of_day >= working_from && moment.of_day < working_until) {
      return true;
    }
  }
  return until - from >= nine_days;
}

}  // namespace

std::unexpected<Error> refuse(std::string why, std::string hint) {
  return failure(ErrorCode::usage, std::move(why), {}, std::move(hint));
}

std::string listed(const std::vector<std::string>& names) {
  if (names.empty()) {
    return "nobody";
  }
  std::string out = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) {
    out += (i + 1 == names.size() ? " and " : ", ") + names[i];
  }
  return out;
}

Situation situation_of(Item& item, std::string_view author, Seconds now, const TimeWords& time) {
  return {.item = item, .author = std::string(author), .state = item.state(now), .now = now, .time = time};
}

std::optional<Stance> parse_stance(std::string_view text) {
  const auto* const found = std::ranges::find(stances, text, &std::pair<std::string_view, Stance>::first);
  return found == stances.end() ? std::nullopt : std::optional(found->second);
}

Result<Hash> find_id(const Item& item, std::string_view text) {
  if (const auto whole = consult::parse_hash(text)) {
    return item.find(*whole) != nullptr ? Result<Hash>(*whole)
                                        : refuse("no entry with this id is held: " + std::string(text));
  }
  std::optional<Hash> found;
  for (const Item::Held& held : item.entries()) {
    if (text.size() >= 8 && consult::hex(held.entry->id).starts_with(text) && found != held.entry->id) {
      if (found) {
        return refuse("two entries begin with " + std::string(text), "give more digits");
      }
      found = held.entry->id;
    }
  }
  if (!found) {
    return refuse("'" + visible(text) + "' is no id of an entry that is held",
                  "'tocsin consult log' shows ids; eight digits are enough");
  }
  return *found;
}

Result<Act> draft_act(const Situation& situation, const Manifest& manifest, const std::optional<Hash>& parent) {
  const auto role = role_of(situation);
  if (role != Role::member && role != Role::chair) {
    return refuse("only members and the chair table texts");
  }
  std::uint64_t revision = 1;
  if (parent) {
    const Item::Held* held = situation.item.find(*parent);
    if (held == nullptr || held->entry->kind != Kind::draft || !situation.item.counts(*parent)) {
      return refuse("the text to amend is no draft that is held");
    }
    if (held->entry->author != situation.author && role != Role::chair) {
      return refuse(fmt::format("only {} or the chair may amend this text", held->entry->author),
                    "a member amends by breaking the silence with the amendment in its text");
    }
    revision = held->entry->revision + 1;
  }
  Act act;
  act.kind = Kind::draft;
  wire::JsonWriter json(act.body);
  json.begin_object().key("parent");
  parent ? json.string(consult::hex(*parent)) : json.null();
  json.key("rev").number(revision).member("text_sha256", manifest.sha256).end_object();
  act.words.push_back(parent ? fmt::format("{} tables revision {}, which amends {}.", situation.author, revision,
                                           draft_words(situation, *parent))
                             : fmt::format("{} tables a text.", situation.author));
  for (const Manifest::Version& version : manifest.texts) {
    const Text* text = situation.item.text(version.sha256);
    act.words.push_back(fmt::format("Text in language {}: {} bytes, SHA-256 {}.", version.language,
                                    text == nullptr ? 0 : text->text.size(), version.sha256));
  }
  for (const std::string& annex : manifest.annexes) {
    act.words.push_back("Annex: SHA-256 " + annex + ".");
  }
  if (situation.state.silence && !situation.state.final()) {
    act.warnings.emplace_back("A silence on another text stands: a new revision does not end it; the chair must.");
  }
  return act;
}

Result<Act> silence_act(const Situation& situation, const SilencePlan& plan) {
  TRY_VOID(only_chair(situation, "put a text under silence"));
  const Roster& roster = situation.item.roster();
  const auto period = roster.minimum_period.find(plan.name_of_class);
  if (period == roster.minimum_period.end()) {
    std::string names;
    for (const auto& [name, seconds] : roster.minimum_period) {
      names += (names.empty() ? "" : ", ") + name;
    }
    return refuse(fmt::format("the roster has no class '{}'", visible(plan.name_of_class)), "it has " + names);
  }
  const auto draft = plan.draft ? plan.draft : situation.state.draft;
  if (!draft || situation.item.find(*draft) == nullptr || situation.item.find(*draft)->entry->kind != Kind::draft) {
    return refuse("no text is tabled", "'tocsin consult draft' tables one");
  }
  if (situation.now + period->second > plan.deadline) {
    return refuse(
        fmt::format("a silence of class {} runs at least {} seconds from when witnesses have seen it: this one "
                    "could never be in force",
                    plan.name_of_class, period->second),
        "the earliest deadline is " + situation.time.of(situation.now + period->second) +
            "; leave time for it to reach the witnesses");
  }
  if (situation.state.final()) {
    return refuse("the item is decided", "a new text is a new item");
  }
  Act act;
  act.kind = Kind::silence;
  wire::JsonWriter json(act.body);
  json.begin_object().member("class", plan.name_of_class).member("deadline", consult::seconds_text(plan.deadline));
  json.member("draft", consult::hex(*draft)).end_object();
  act.words = {fmt::format("{} is put under silence of class {} until {}.", draft_words(situation, *draft),
                           plan.name_of_class, situation.time.of(plan.deadline)),
               "Whoever does not break it until then gives no objection. Any of these may break it: " +
                   listed(members_of(roster)) + ".",
               fmt::format("It is in force once {} witnesses have signed that they saw it, by {}.", roster.quorum,
                           situation.time.of(plan.deadline - period->second))};
  act.warnings = deadline_warnings(situation.item, situation.now, plan.deadline);
  return act;
}

Result<Act> extend_act(const Situation& situation, Seconds deadline) {
  TRY_VOID(only_chair(situation, "extend a silence"));
  TRY(const Hash silence, current_silence(situation));
  const bool suspended = situation.state.status == Status::suspended;
  if (deadline <= *situation.state.deadline) {
    return refuse("a silence can only be made longer",
                  "its deadline is " + situation.time.of(*situation.state.deadline));
  }
  if (suspended ? deadline <= situation.now : situation.now > *situation.state.deadline) {
    return refuse("it is too late: an extension must be signed before the deadline", "open a new silence");
  }
  Act act;
  act.kind = Kind::extend;
  wire::JsonWriter json(act.body);
  json.begin_object().member("deadline", consult::seconds_text(deadline)).member("silence", consult::hex(silence));
  json.end_object();
  act.words = {fmt::format("The deadline of {} moves to {}.", silence_words(situation), situation.time.of(deadline))};
  if (suspended) {
    act.words.emplace_back("The suspension ends.");
  }
  act.warnings = deadline_warnings(situation.item, situation.now, deadline);
  return act;
}

Result<Act> suspend_act(const Situation& situation) {
  TRY_VOID(only_chair(situation, "suspend a silence"));
  TRY(const Hash silence, current_silence(situation));
  if (situation.state.status == Status::suspended || situation.state.final() ||
      situation.now > *situation.state.deadline) {
    return refuse("only a silence whose deadline has not passed can be suspended");
  }
  Act act = act_naming(Kind::suspend, silence);
  act.words = {"The clock stops for " + silence_words(situation) + ". Only an extension starts it again."};
  return act;
}

Result<Act> withdraw_act(const Situation& situation) {
  TRY_VOID(only_chair(situation, "withdraw a text"));
  TRY(const Hash silence, current_silence(situation));
  if (situation.state.final() ||
      (situation.state.status != Status::suspended && situation.now > *situation.state.deadline)) {
    return refuse("it is too late: a text is withdrawn before the deadline");
  }
  Act act = act_naming(Kind::withdraw, silence);
  act.words = {"The text is taken back, and " + silence_words(situation) + " ends without a decision."};
  return act;
}

Result<Act> position_act(const Situation& situation, Stance stance, std::string_view text) {
  const auto role = role_of(situation);
  TRY(const Hash silence, current_silence(situation));
  if (stance == Stance::associate ? role != Role::partner : role != Role::member) {
    return refuse(stance == Stance::associate ? "only partners associate themselves with a text"
                                              : "only members take positions on a text",
                  "the roster says who is what");
  }
  const bool needs_text = stance == Stance::break_silence || stance == Stance::reserve || stance == Stance::interpret ||
                          stance == Stance::dissociate;
  if (needs_text && text.empty()) {
    return refuse("this position needs words", "--text 'why', or --text-file FILE");
  }
  if (contains(situation.state.passed, situation.author)) {
    return refuse(situation.author + " has passed: what it signs on this silence after that has no effect",
                  "tell the chair, who can withdraw the text or open a new silence");
  }
  Act act;
  act.kind = Kind::position;
  wire::JsonWriter json(act.body);
  json.begin_object().member("silence", consult::hex(silence)).member("stance", consult::text_of(stance));
  if (!text.empty()) {
    json.member("text", text);
  }
  json.end_object();
  constexpr std::array<std::string_view, 10> says = {
      "supports the text",
      "has no objection to the text",
      "asks for time (a hold does not stop the clock and blocks nothing; ask the chair to extend)",
      "BREAKS the silence: the text is not adopted",
      "goes along with the text with a reservation (it does not block)",
      "goes along with the text and says how it reads it (it does not block)",
      "dissociates itself from the text (it does not block)",
      "abstains",
      "takes no part in this item",
      "associates itself with the text"};
  act.words.push_back(fmt::format("{} {}.", situation.author, says.at(static_cast<std::size_t>(stance))));
  act.words.push_back("It is about " + silence_words(situation) + ".");
  if (!text.empty()) {
    act.words.push_back("In these words: \"" + visible(text) + "\"");
  }
  if (stance == Stance::break_silence) {
    if (situation.state.deadline && situation.now > *situation.state.deadline) {
      act.warnings.push_back("The deadline, " + situation.time.of(*situation.state.deadline) +
                             ", has passed: the objection is late, unless the chair reopens the silence.");
    } else {
      act.words.push_back(fmt::format("It counts when {} witnesses hold it by the deadline: get it to them at once.",
                                      situation.item.roster().quorum));
    }
    act.words.emplace_back("A broken silence stays broken; taking the objection back does not mend it.");
  }
  return act;
}

Result<Act> retract_act(const Situation& situation, const Hash& position) {
  const Item::Held* held = situation.item.find(position);
  if (held == nullptr || held->entry->kind != Kind::position || held->entry->author != situation.author) {
    return refuse("this is no position of " + situation.author);
  }
  if (held->entry->stance == Stance::break_silence) {
    return refuse("a break cannot be taken back", "ask the chair for a new silence");
  }
  Act act;
  act.kind = Kind::retract;
  wire::JsonWriter json(act.body);
  json.begin_object().member("position", consult::hex(position)).end_object();
  act.words = {fmt::format("{} takes back its position {} ({}).", situation.author, short_id(position),
                           consult::text_of(held->entry->stance))};
  return act;
}

Result<Act> pass_act(const Situation& situation) {
  if (role_of(situation) != Role::member) {
    return refuse("only members pass");
  }
  TRY(const Hash silence, current_silence(situation));
  if (contains(situation.state.passed, situation.author)) {
    return refuse(situation.author + " has passed already");
  }
  if (std::ranges::any_of(situation.state.breaks, [&](const auto& each) { return each.member == situation.author; })) {
    return refuse(situation.author + " has broken this silence: a pass has no effect",
                  "a broken silence stays broken; the chair can open a new one");
  }
  Act act = act_naming(Kind::pass, silence);
  act.words = {fmt::format("{} does not break {}.", situation.author, silence_words(situation)),
               "This gives up the right to break it, whatever any clock says, and cannot be taken back."};
  std::size_t positions = 0;
  for (const consult::State::Position& position : situation.state.positions) {
    positions += position.member == situation.author ? 1U : 0U;
  }
  if (positions != 0) {
    act.words.push_back(fmt::format("{} of its positions on this silence are sealed with it.", positions));
  }
  return act;
}

// Members who have not passed.
std::vector<std::string> not_passed(const Situation& situation) {
  std::vector<std::string> out = members_of(situation.item.roster());
  std::erase_if(out, [&](const std::string& member) { return contains(situation.state.passed, member); });
  return out;
}

Result<Act> close_preview(const Situation& situation) {
  TRY_VOID(only_chair(situation, "close an item"));
  TRY(const Hash silence, current_silence(situation));
  const consult::State& state = situation.state;
  const Roster& roster = situation.item.roster();
  if (state.final() || state.closing) {
    return refuse("the item is closed already");
  }
  if (state.status == Status::broken || state.status == Status::broken_unproven || state.status == Status::suspended ||
      state.status == Status::withdrawn) {
    return refuse("this silence cannot be closed: " + std::string(consult::explain(state.status)),
                  "open a new silence");
  }
  const std::vector<std::string> presumed = not_passed(situation);
  Act act;
  act.kind = Kind::close;
  wire::JsonWriter json(act.body);
  json.begin_object().key("presumed").begin_array();
  for (const std::string& name : presumed) {
    json.string(name);
  }
  json.end_array().member("silence", consult::hex(silence)).end_object();
  act.words = {"The item ends: " + (state.draft ? draft_words(situation, *state.draft) : std::string("no good draft")) +
                   " is adopted once this close is effective.",
               "Passed: " + listed(state.passed) + ".", "Presumed silent: " + listed(presumed) + "."};
  if (!presumed.empty()) {
    const std::vector<std::string> able = may_acknowledge(situation.item, state, situation.now);
    act.words.push_back(fmt::format("Needed: {} of {} witnesses acknowledge it, so at most {} may be absent.",
                                    roster.acknowledgements(), roster.witnesses, roster.quorum - 1));
    act.words.push_back("Can acknowledge, as far as is known here: " + listed(able) + ".");
    if (able.size() < roster.acknowledgements()) {
      act.warnings.emplace_back("Too few witnesses can acknowledge it: this close would never be final.");
    }
    if (const Seconds from = *state.deadline + roster.challenge; situation.now <= from) {
      act.warnings.push_back("Not yet: who has not passed is presumed silent only after the challenge period, " +
                             situation.time.of(from) + ".");
    }
  } else {
    act.words.emplace_back("Everybody has passed: no acknowledgement is needed.");
  }
  if (state.status == Status::announced) {
    act.warnings.push_back("Not now: " + std::string(consult::explain(state.status)));
  }
  act.words.emplace_back("A close cannot be taken back, and nothing that the chair signs after it counts.");
  return act;
}

Result<Act> close_act(const Situation& situation) {
  TRY(Act act, close_preview(situation));
  if (situation.state.status == Status::announced) {
    return refuse("this silence cannot be closed: " + std::string(consult::explain(situation.state.status)),
                  "open a new silence, or get receipts for this one while there is time");
  }
  const std::vector<std::string> presumed = not_passed(situation);
  const Seconds from = *situation.state.deadline + situation.item.roster().challenge;
  if (!presumed.empty() && situation.now <= from) {
    return refuse("not everybody has passed, and the challenge period runs until " + situation.time.of(from),
                  "missing: " + listed(presumed) + "; --preview shows what the close would be");
  }
  return act;
}

std::vector<std::string> deadline_warnings(const Item& item, Seconds from, Seconds deadline) {
  std::vector<std::string> night;
  std::vector<std::string> between;
  std::size_t known = 0;
  for (const std::string& member : members_of(item.roster())) {
    const std::string_view name = item.zone_of(member);
    const auto zone = name.empty() ? Result<Zone>(failure(ErrorCode::usage, {})) : Zone::find(name);
    if (!zone) {
      continue;
    }
    ++known;
    const LocalMoment moment = local(*zone, deadline);
    if (moment.free_day || moment.of_day < working_from || moment.of_day >= working_until) {
      night.push_back(member);
    }
    if (!has_working_hour(*zone, from, deadline)) {
      between.push_back(member);
    }
  }
  std::vector<std::string> out;
  if (night.size() * 3 >= known && !night.empty()) {
    out.push_back("The silence expires at night or on a free day for " + listed(night) + ".");
  }
  if (between.size() * 3 > known) {
    out.push_back("The silence has no working hour for " + listed(between) + ".");
  }
  return out;
}

std::vector<std::string> participant_words(std::string_view roster_json, const Roster& roster) {
  std::map<std::string, std::string, std::less<>> zones;
  if (const auto json = wire::parse_json(roster_json)) {
    if (const wire::Json* members = json->find("members")) {
      for (const wire::Json& member : members->items) {
        zones.emplace(member.string_or("id", ""), member.string_or("zone", ""));
      }
    }
  }
  std::vector<std::string> out;
  for (const consult::Participant& one : roster.participants) {
    const std::string_view role = one.role == Role::member ? "member" : one.role == Role::partner ? "partner" : "chair";
    const auto said = zones.find(one.name);
    const std::string zone = said == zones.end() ? std::string() : said->second;
    out.push_back(fmt::format("{}: {}{}{}, key {}", visible(one.name), role, one.witness ? ", witness" : "",
                              zone.empty() ? "" : ", " + visible(zone), stix::fingerprint(one.key)));
  }
  return out;
}

RosterCheck check_roster(const Roster& roster) {
  RosterCheck out;
  std::size_t members = 0;
  std::size_t partners = 0;
  for (const consult::Participant& participant : roster.participants) {
    members += participant.role == Role::member ? 1U : 0U;
    partners += participant.role == Role::partner ? 1U : 0U;
  }
  const std::uint32_t w = roster.witnesses;
  const std::uint32_t q = roster.quorum;
  const auto counted = [](std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : noun.ends_with('s') ? "es" : "s");
  };
  out.says = {
      fmt::format("{}, {}, the chair is {}.", counted(members, "member"), counted(partners, "partner"),
                  roster.participants[roster.chair].name),
      fmt::format("{} ({}), quorum {}.", counted(w, "witness"), "they prove when something was there", q),
      fmt::format("A break counts as timely when {} other witnesses hold it by the deadline.", q),
      fmt::format("A close that presumes anybody silent needs {} of {} acknowledgements: at most {} may be absent "
                  "then.",
                  roster.acknowledgements(), w, counted(q - 1, "witness")),
      fmt::format("A silence is in force when {} witnesses saw it: at most {} may be absent then.", q,
                  counted(w - q, "witness")),
      fmt::format("A member cut off at the deadline has {} more to show a break.", span_words(roster.challenge))};
  for (const auto& [name, seconds] : roster.minimum_period) {
    out.says.push_back(fmt::format("A silence of class {} runs at least {}.", name, span_words(seconds)));
  }
  if (q == 1) {
    out.warnings.emplace_back(
        "With a quorum of 1 no witness may be absent when a member is presumed silent, and one lying witness is enough "
        "to date a break.");
  }
  if (q > w / 2 + 1) {
    out.warnings.push_back(fmt::format(
        "With a quorum of {} of {} a break is hard to prove in time, and silences are hard to put in force.", q, w));
  }
  if (roster.minimum_period.empty()) {
    out.warnings.emplace_back("There is no class of silence: none can ever be in force.");
  }
  if (roster.challenge == 0) {
    out.warnings.emplace_back("The challenge period is 0: who is cut off at the deadline has no time to show a break.");
  }
  return out;
}

}  // namespace tocsin::council
