#include "attribution/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "attribution/confidence.h"
#include "attribution/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "trust/digest.h"
#include "wire/canonical_json.h"

namespace tocsin::attribution {
namespace {

using wire::Json;

constexpr std::string_view prefix = "tocsin-";

// Members that only an attribution may have: an act on others' words that has one would smuggle a claim.
constexpr std::array<std::string_view, 14> blame_members = {
    "claimant_ref", "activity_refs", "activity_ref",        "object",     "object_ref",
    "granularity",  "level",         "analytic_confidence", "likelihood", "scale_id",
    "state_role",   "attributed_to", "relays_ref",          "attribution"};

std::unexpected<Error> wrong(std::string message, std::string hint = {}) {
  return failure(ErrorCode::syntax, std::move(message), {}, std::move(hint));
}

// A text member. Absent and required: an error; absent and not: "".
Result<std::string> text_member(const Json& object, std::string_view name, bool required,
                                std::size_t bytes_max = limits::word_bytes_max) {
  const Json* value = object.find(name);
  if (value == nullptr || value->kind == Json::Kind::null) {
    return required ? wrong(fmt::format("'{}' is missing", name), "see docs/claims.md for what each act must say")
                    : Result<std::string>(std::string());
  }
  if (value->kind != Json::Kind::string) {
    return wrong(fmt::format("'{}' is not text", name));
  }
  if (required && trim(value->text).empty()) {
    return wrong(fmt::format("'{}' is empty", name));
  }
  if (value->text.size() > bytes_max) {
    return failure(ErrorCode::limit, fmt::format("'{}' is longer than {} bytes", name, bytes_max));
  }
  return value->text;
}

Result<std::vector<std::string>> list_member(const Json& object, std::string_view name, bool required) {
  const Json* value = object.find(name);
  if (value == nullptr || value->kind == Json::Kind::null) {
    return required ? wrong(fmt::format("'{}' is missing", name))
                    : Result<std::vector<std::string>>(std::vector<std::string>());
  }
  if (value->kind != Json::Kind::array) {
    return wrong(fmt::format("'{}' is not a list", name));
  }
  if (value->items.empty() && required) {
    return wrong(fmt::format("'{}' is empty", name));
  }
  if (value->items.size() > limits::refs_max) {
    return failure(ErrorCode::limit, fmt::format("'{}' has more than {} entries", name, limits::refs_max));
  }
  std::vector<std::string> list;
  for (const Json& item : value->items) {
    if (item.kind != Json::Kind::string || item.text.empty() || item.text.size() > limits::word_bytes_max) {
      return wrong(fmt::format("'{}' holds something that is no reference", name));
    }
    list.push_back(item.text);
  }
  std::ranges::sort(list);  // a set: neither order nor repetition says anything
  const auto repeated = std::ranges::unique(list);
  list.erase(repeated.begin(), repeated.end());
  return list;
}

Result<double> percent(const Json& value, std::string_view name) {
  const auto number = value.kind == Json::Kind::number ? parse_double(value.text) : std::nullopt;
  if (!number || !(*number >= 0 && *number <= 100)) {
    return wrong(fmt::format("'{}' is neither words nor a figure from 0 to 100", name));
  }
  return *number;
}

// Words, a figure, or two figures [from, to]. "Cannot be judged" is absent.
Result<std::optional<Judgement>> judgement_member(const Json& object, std::string_view name, std::string_view scale) {
  const Json* value = object.find(name);
  if (value == nullptr || value->kind == Json::Kind::null) {
    return std::nullopt;
  }
  Judgement judgement;
  if (value->kind == Json::Kind::string) {
    TRY(judgement.words, text_member(object, name, true));
    if (cannot_be_judged(judgement.words, scale)) {
      return std::nullopt;
    }
  } else if (value->kind == Json::Kind::array) {
    if (value->items.size() != 2) {
      return wrong(fmt::format("'{}' is no range of two figures", name));
    }
    TRY(judgement.low, percent(value->items[0], name));
    TRY(judgement.high, percent(value->items[1], name));
    if (*judgement.low > *judgement.high) {
      return wrong(fmt::format("'{}' is a range that ends before it begins", name));
    }
  } else {
    TRY(judgement.low, percent(*value, name));
    judgement.high = judgement.low;
    if (cannot_be_judged(value->text, scale)) {
      return std::nullopt;
    }
  }
  return judgement;
}

// Words of a closed list are read whatever their case and whether "-", "_" or a space joins them.
std::string plain_word(std::string_view given) {
  std::string word;
  for (const char c : trim(given)) {
    word += c == ' ' || c == '_' ? '-' : ascii_lower(c);
  }
  return word;
}

template <std::size_t count>
std::optional<std::size_t> position(const std::array<std::string_view, count>& names, std::string_view name) {
  const auto at = std::ranges::find(names, name);
  return at == names.end() ? std::nullopt : std::optional<std::size_t>(static_cast<std::size_t>(at - names.begin()));
}

Granularity granularity_of(std::string_view words) {
  const std::string word = plain_word(words);
  if (const auto at = position(granularity_names, word)) {
    return static_cast<Granularity>(*at);
  }
  if (word == "location" || word == "country") {
    return Granularity::territory;
  }
  return Granularity::other;
}

Result<Header> read_header(const Json& object, std::vector<Note>* notes) {
  Header header;
  TRY(header.id, text_member(object, "id", true));
  TRY(header.created_by, text_member(object, "created_by_ref", false));
  TRY(header.created, text_member(object, "created", false));
  TRY(header.supersedes, text_member(object, "supersedes_ref", false));
  TRY(const std::string modified, text_member(object, "modified", false));
  if (!header.created.empty() && !modified.empty() && header.created != modified) {
    return wrong("'modified' differs from 'created': an act is never changed",
                 "a change is a new object with supersedes_ref");
  }
  TRY(header.markings, list_member(object, "object_marking_refs", false));
  if (header.supersedes == header.id) {
    return wrong("'supersedes_ref' names the act itself");
  }
  std::string text;
  wire::JsonWriter writer(text);
  wire::write_json(object, writer);
  TRY(const std::string canonical, wire::canonical_json(text));
  header.digest = trust::sha256_hex(canonical);
  if (notes != nullptr) {
    if (header.created_by.empty()) {
      notes->push_back({header.id, "has no created_by_ref"});
    }
    if (object.find("object_marking_refs") == nullptr) {
      notes->push_back({header.id, "has no object_marking_refs"});
    }
  }
  return header;
}

Result<SpeechAct> read_attribution(const Json& object, std::vector<Note>* notes) {
  Attribution act;
  TRY(act.header, read_header(object, notes));
  TRY(act.claimant, text_member(object, "claimant_ref", true));
  TRY(act.activities, list_member(object, "activity_refs", true));
  const Json* blamed = object.find("object");
  if (blamed == nullptr || blamed->kind != Json::Kind::object) {
    return wrong(blamed == nullptr ? "'object' is missing" : "'object' is no object with ref and granularity",
                 R"(say whom it blames: "object": {"ref": "…", "granularity": "…"})");
  }
  TRY(act.object.ref, text_member(*blamed, "ref", true));
  TRY(act.object.granularity_words, text_member(*blamed, "granularity", true));
  act.object.granularity = granularity_of(act.object.granularity_words);
  act.object.territory = act.object.granularity == Granularity::territory || act.object.ref.starts_with("location--");
  TRY(const std::string level, text_member(object, "level", true));
  const auto at = position(level_names, plain_word(level));
  if (!at) {
    return wrong(fmt::format("'level' is '{}'", level), "technical, political or legal");
  }
  act.level = static_cast<Level>(*at);
  TRY(act.verb, text_member(object, "verb", true));
  TRY(act.words, text_member(object, "words", true, limits::text_bytes_max));
  TRY(act.scale, text_member(object, "scale_id", false));
  TRY(act.likelihood, judgement_member(object, "likelihood", act.scale));
  TRY(act.analytic_confidence, judgement_member(object, "analytic_confidence", act.scale));
  TRY(act.state_role, text_member(object, "state_role", false));
  TRY(act.evidence, list_member(object, "evidence_refs", false));
  TRY(act.relays, text_member(object, "relays_ref", false));
  TRY(act.norms, list_member(object, "norm_refs", false));
  TRY(act.released, text_member(object, "released", false));
  if (!act.released.empty() && !parse_iso8601(act.released)) {
    return wrong("'released' is no time", "as 2021-07-19T12:00:00Z, or a date");
  }
  if (act.level == Level::unstated && act.relays.empty()) {
    return wrong("'level' is unstated", "who claims for himself says which it is: technical, political or legal");
  }
  if (act.relays == act.header.id) {
    return wrong("'relays_ref' names the attribution itself");
  }
  if (notes != nullptr) {
    if (act.object.granularity == Granularity::other) {
      notes->push_back({act.header.id, fmt::format("granularity '{}' is none of the known ones: it is kept, and the "
                                                   "claim is not exported as attributed-to",
                                                   act.object.granularity_words)});
    }
    if (object.find("confidence") != nullptr) {
      notes->push_back({act.header.id, "its confidence was not read: a claim's words and scale say it"});
    }
  }
  return act;
}

// What the acts on others' words share, and that none of them blames anybody.
template <class Act>
Result<Act> read_reaction(const Json& object, std::vector<Note>* notes) {
  for (const std::string_view name : blame_members) {
    if (object.find(name) != nullptr) {
      return wrong(fmt::format("'{}' belongs to an attribution: this act cannot carry one", name),
                   "attribute in a tocsin-attribution of its own");
    }
  }
  Act act;
  TRY(act.header, read_header(object, notes));
  TRY(act.by, text_member(object, "by_ref", true));
  TRY(act.targets, list_member(object, "target_refs", true));
  if (std::ranges::find(act.targets, act.header.id) != act.targets.end()) {
    return wrong("'target_refs' names the act itself");
  }
  constexpr bool says_why = std::is_same_v<Act, Contest>;
  TRY(act.reason, text_member(object, "reason", says_why, limits::text_bytes_max));
  return act;
}

Result<SpeechAct> read_acknowledgement(const Json& object, Reception reception, std::vector<Note>* notes) {
  TRY(Acknowledgement act, read_reaction<Acknowledgement>(object, notes));
  act.reception = reception;
  if (const Json* complete = object.find("list_complete"); complete != nullptr) {
    if (complete->kind != Json::Kind::boolean) {
      return wrong("'list_complete' is neither true nor false");
    }
    act.list_complete = complete->boolean;
  }
  return act;
}

Result<SpeechAct> read_corroboration(const Json& object, std::vector<Note>* notes) {
  TRY(Corroboration act, read_reaction<Corroboration>(object, notes));
  TRY(act.evidence, list_member(object, "evidence_refs", true));
  return act;
}

template <class Act>
Result<SpeechAct> read_plain(const Json& object, std::vector<Note>* notes) {
  TRY(Act act, read_reaction<Act>(object, notes));
  return act;
}

// The words for one act in the verb of tocsin-acknowledgement and as a type of their own.
Result<SpeechAct> read_verb(const Json& object, std::string_view verb, std::vector<Note>* notes) {
  if (verb == "support") {
    return read_plain<Support>(object, notes);
  }
  if (verb == "contest") {
    return read_plain<Contest>(object, notes);
  }
  if (verb == "no-position") {
    return read_plain<NoPosition>(object, notes);
  }
  if (verb == "corroborate" || verb == "corroboration") {
    return read_corroboration(object, notes);
  }
  if (verb == "withdraw" || verb == "withdrawal") {
    return read_plain<Withdrawal>(object, notes);
  }
  const auto at = position(reception_names, verb == "recognize" ? "recognise" : verb);
  if (!at) {
    return wrong(fmt::format("'verb' is '{}'", verb),
                 "acknowledge, recognise, note, welcome, support, contest, dissociate, no-position, corroborate or "
                 "withdraw; what attributes is a tocsin-attribution");
  }
  return read_acknowledgement(object, static_cast<Reception>(*at), notes);
}

constexpr std::array<std::string_view, 5> own_types = {"support", "contest", "no-position", "corroboration",
                                                       "withdrawal"};

}  // namespace

bool is_act_type(std::string_view type) {
  if (!type.starts_with(prefix)) {
    return false;
  }
  type.remove_prefix(prefix.size());
  return type == "attribution" || type == "acknowledgement" || position(own_types, type).has_value();
}

Result<SpeechAct> read_act(const Json& object, std::vector<Note>* notes) {
  if (object.kind != Json::Kind::object) {
    return wrong("an act is a JSON object");
  }
  const std::string_view type = object.string_or("type", "");
  if (!is_act_type(type)) {
    return wrong(fmt::format("'{}' is no type of act", type.substr(0, 64)));
  }
  const std::string_view kind = type.substr(prefix.size());
  if (kind == "attribution") {
    return read_attribution(object, notes);
  }
  if (kind == "acknowledgement") {
    TRY(const std::string verb, text_member(object, "verb", true));
    return read_verb(object, plain_word(verb), notes);
  }
  return read_verb(object, kind, notes);
}

// ---- A whole input -----------------------------------------------------------------------------------------

void Reader::fail(Error error) {
  if (record_.errors.size() >= limits::problems_max) {
    ++record_.errors_left_out;
    return;
  }
  record_.errors.push_back(std::move(error));
}

void Reader::add_context(const Json& object, std::string_view type) {
  const std::string id(object.string_or("id", ""));
  if (type == "relationship") {
    const std::string_view relation = object.string_or("relationship_type", "");
    if (relation == "is-a" || relation == "part-of") {
      record_.containments.push_back(
          {std::string(object.string_or("source_ref", "")), std::string(object.string_or("target_ref", "")), id});
    } else if (relation == "attributed-to") {
      ++record_.relationships;
    }
  }
  if (const Json* held = object.find("object_refs"); held != nullptr && held->kind == Json::Kind::array) {
    auto& list = record_.collections[id];
    for (const Json& item : held->items) {
      if (item.kind == Json::Kind::string && list.size() < limits::refs_max) {
        list.push_back(item.text);
      }
    }
  }
  // Of several names for one id the first in the order of the alphabet counts, so that the order of files does not.
  std::string_view name = object.string_or("name", object.string_or("title", ""));
  name = name.substr(0, limits::word_bytes_max);
  if (!name.empty()) {
    auto [at, fresh] = record_.names.try_emplace(id, name);
    if (!fresh && name < at->second) {
      at->second = name;
    }
  }
  std::string text;
  wire::JsonWriter writer(text);
  wire::write_json(object, writer);
  auto [at, fresh] = record_.objects.try_emplace(id, text);
  if (!fresh && text < at->second) {
    at->second = std::move(text);
  }
  ++record_.other_objects;
}

void Reader::add_object(const Json& object, const Where& where) {
  const std::string_view type = object.kind == Json::Kind::object ? object.string_or("type", "") : "";
  const std::string_view id = object.kind == Json::Kind::object ? object.string_or("id", "") : "";
  const auto refuse = [&](Error error) {
    error.where = where;
    if (!id.empty()) {
      error.message = fmt::format("{}: {}", id.substr(0, 128), error.message);
    }
    fail(std::move(error));
  };
  if (type.empty()) {
    return refuse({ErrorCode::syntax, "is no object with a type", {}, {}});
  }
  if (!is_act_type(type)) {
    if (id.empty()) {
      return refuse({ErrorCode::syntax, fmt::format("an object of type '{}' has no id", type.substr(0, 64)), {}, {}});
    }
    if (record_.other_objects >= limits::context_max) {
      return refuse({ErrorCode::limit, fmt::format("more than {} other objects", limits::context_max), {}, {}});
    }
    return add_context(object, type);
  }
  if (record_.acts.size() >= limits::acts_max) {
    return refuse({ErrorCode::limit, fmt::format("more than {} acts", limits::acts_max), {}, {}});
  }
  std::vector<Note> notes;
  auto act = read_act(object, &notes);
  if (!act) {
    return refuse(std::move(act).error());
  }
  // The same bytes twice are one act; the same id over other content is another act, and both stay.
  if (++digests_[header_of(*act).digest] > 1) {
    ++record_.duplicates;
    return;
  }
  std::visit([&](auto& one) { one.header.source = fmt::format("{}:{}", where.source, where.line); }, *act);
  record_.acts.push_back(std::move(*act));
  for (Note& note : notes) {
    if (record_.notes.size() < limits::problems_max) {
      record_.notes.push_back(std::move(note));
    }
  }
}

void Reader::add_document(const Json& document, const Where& where) {
  if (document.kind == Json::Kind::array) {
    for (const Json& item : document.items) {
      add_object(item, where);
    }
    return;
  }
  const Json* objects = document.kind == Json::Kind::object ? document.find("objects") : nullptr;
  const std::string_view type = document.kind == Json::Kind::object ? document.string_or("type", "bundle") : "";
  if (objects != nullptr && objects->kind == Json::Kind::array && type == "bundle") {
    for (const Json& item : objects->items) {
      add_object(item, where);
    }
    return;
  }
  if (type == "bundle" && document.kind == Json::Kind::object && document.find("type") != nullptr) {
    return;  // STIX allows a bundle of nothing
  }
  add_object(document, where);
}

Result<void> Reader::read(std::string_view text, std::string_view file) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  Where where{.source = std::string(file), .line = 1};
  auto whole = wire::parse_json(text);
  if (whole) {
    add_document(*whole, where);
    return {};
  }
  // Not one document: a document on each line, if any line is one.
  std::vector<Error> bad;
  bool any = false;
  std::size_t at = 0;
  for (std::uint64_t line = 1; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view one = trim(text.substr(at, end - at));
    at = end + 1;
    if (one.empty()) {
      continue;
    }
    where.line = line;
    auto document = wire::parse_json(one);
    if (document && (document->kind == Json::Kind::object || document->kind == Json::Kind::array)) {
      if (!any) {
        for (Error& error : bad) {
          fail(std::move(error));
        }
        any = true;
      }
      add_document(*document, where);
      continue;
    }
    Error error = document ? Error{ErrorCode::syntax, "is no object", {}, {}} : std::move(document).error();
    error.where.source = where.source;
    error.where.line = line;
    if (any) {
      fail(std::move(error));
    } else if (bad.size() < limits::problems_max) {
      bad.push_back(std::move(error));
    }
  }
  if (!any) {
    Error error = std::move(whole).error();
    error.where.source = std::string(file);
    return std::unexpected(std::move(error));
  }
  return {};
}

Record Reader::finish() {
  Record record = std::move(record_);
  record_ = {};
  digests_.clear();
  const auto order = [](const SpeechAct& act) { return std::tie(header_of(act).id, header_of(act).digest); };
  std::ranges::sort(record.acts, [&](const SpeechAct& a, const SpeechAct& b) { return order(a) < order(b); });
  for (std::size_t i = 1; i < record.acts.size() && record.notes.size() < limits::problems_max; ++i) {
    if (header_of(record.acts[i]).id == header_of(record.acts[i - 1]).id) {
      record.notes.push_back({header_of(record.acts[i]).id, "stands over different contents: all are kept, apart"});
    }
  }
  const auto facts = [](const Containment& one) { return std::tie(one.part, one.whole, one.relationship); };
  std::ranges::sort(record.containments,
                    [&](const Containment& a, const Containment& b) { return facts(a) < facts(b); });
  const auto repeated = std::ranges::unique(
      record.containments, [&](const Containment& a, const Containment& b) { return facts(a) == facts(b); });
  record.containments.erase(repeated.begin(), repeated.end());
  for (auto& [id, held] : record.collections) {
    std::ranges::sort(held);
    const auto again = std::ranges::unique(held);
    held.erase(again.begin(), again.end());
  }
  std::ranges::sort(record.notes,
                    [](const Note& a, const Note& b) { return std::tie(a.id, a.text) < std::tie(b.id, b.text); });
  return record;
}

}  // namespace tocsin::attribution
