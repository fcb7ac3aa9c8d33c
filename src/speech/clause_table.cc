#include "speech/clause_table.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/text.h"
#include "speech/canonical.h"
#include "speech/clause.h"
#include "speech/lexicon.h"
#include "speech/limits.h"

namespace tocsin::speech {
namespace {

using wire::Json;

constexpr std::array kinds = {ClauseKind::performative, ClauseKind::platform, ClauseKind::fact, ClauseKind::qualifier};
constexpr std::array<std::string_view, 2> lists = {"hedges", "cites"};
constexpr std::size_t text_bytes_max = 65'536;

std::unexpected<Error> wrong(std::string_view id, std::string what) {
  return failure(ErrorCode::usage, "clause " + std::string(id) + ": " + std::move(what), {},
                 "'tocsin statement clauses --json' shows the form");
}

bool is_text(const Json* value) {
  return value != nullptr && value->kind == Json::Kind::string && !trim(value->text).empty() &&
         value->text.size() <= text_bytes_max;
}

bool is_list(const Json* value) {
  return value == nullptr || (value->kind == Json::Kind::array && value->items.size() <= 256 &&
                              std::ranges::all_of(value->items, [](const Json& each) { return is_text(&each); }));
}

std::optional<std::uint64_t> number_of(const Json* value) {
  return value != nullptr && value->kind == Json::Kind::number ? parse_uint64(value->text)
                                                               : std::optional<std::uint64_t>();
}

bool same_words(std::string_view part, std::string_view whole) {
  return letters_and_digits(whole).find(letters_and_digits(part)) != std::string::npos;
}

void write_list(wire::JsonWriter& out, std::string_view name, const Json* list) {
  out.key(name).begin_array();
  for (const Json& each : list == nullptr ? std::vector<Json>() : list->items) {
    out.string(each.text);
  }
  out.end_array();
}

// The act, its class and strength, where something is performed.
Result<void> check_act(std::string_view id, const Json& clause) {
  const Json* act = clause.find("act");
  if (act == nullptr || act->kind == Json::Kind::null) {
    return {};
  }
  const auto patterns = act_patterns();
  const std::string_view act_class = clause.string_or("class", "");
  // Telling something by a verb that is in no lexicon.
  const bool told = act->text == "assert";
  if (act->kind != Json::Kind::string ||
      (!told && std::ranges::find(patterns, act->text, &ActPattern::act) == patterns.end())) {
    return wrong(id, "the lexicon has no such act");
  }
  const bool of_class = told ? act_class == "assertive" : std::ranges::any_of(patterns, [&](const ActPattern& each) {
    return each.act == act->text && each.act_class == act_class;
  });
  if (!of_class) {
    return wrong(id, "the act is of another class");
  }
  const Json* said = clause.find("strength");
  if (said == nullptr || said->kind == Json::Kind::null) {
    const bool has_none = std::ranges::any_of(
        patterns, [&](const ActPattern& each) { return each.act == act->text && each.strength == 0; });
    return has_none ? Result<void>() : wrong(id, "the strength is 1 to 5");
  }
  const auto strength = number_of(said);
  return strength && *strength >= 1 && *strength <= 5 ? Result<void>() : wrong(id, "the strength is 1 to 5");
}

Result<void> check_clause(const Manifestation& text, const Json& clause, std::string_view id) {
  const auto number = number_of(clause.find("paragraph"));
  const Paragraph* paragraph = number ? text.paragraph(*number) : nullptr;
  if (paragraph == nullptr) {
    return wrong(id, "the text has no such paragraph");
  }
  const std::string_view kind = clause.string_or("kind", "");
  if (std::ranges::none_of(kinds, [&](ClauseKind each) { return clause_kind_text(each) == kind; })) {
    return wrong(id, "its kind is performative, platform, fact or qualifier");
  }
  for (const std::string_view name : {"actor", "verb", "quote"}) {
    if (!is_text(clause.find(name))) {
      return wrong(id, "\"" + std::string(name) + "\" is missing");
    }
  }
  const Json* object = clause.find("object");
  const Json* addressee = clause.find("addressee");
  if ((object != nullptr && object->kind != Json::Kind::string) ||
      (addressee != nullptr && (!is_list(addressee->find("set")) || !is_list(addressee->find("named")))) ||
      !is_list(clause.find("claimants")) ||
      std::ranges::any_of(lists, [&](std::string_view name) { return !is_list(clause.find(name)); })) {
    return wrong(id, "a member has another form than a text or a list of texts");
  }
  if (!same_words(clause.string_or("quote", ""), paragraph->text)) {
    return wrong(id, "its quote is not in the paragraph");
  }
  TRY_VOID(check_act(id, clause));
  const Json* attributes = clause.find("attributes");
  if (attributes != nullptr && attributes->kind == Json::Kind::boolean && attributes->boolean &&
      clause.string_or("act", "") != "attribute") {
    return wrong(id, "only an attribution attributes; an acknowledgement of one does not");
  }
  return {};
}

void write_clause(wire::JsonWriter& out, const Json& clause) {
  out.begin_object().member("id", clause.string_or("id", ""));
  out.key("paragraph").number(*number_of(clause.find("paragraph")));
  for (const std::string_view name : {"kind", "actor", "verb"}) {
    out.member(name, clause.string_or(name, ""));
  }
  if (const std::string_view act = clause.string_or("act", ""); !act.empty()) {
    out.member("act", act).member("class", clause.string_or("class", ""));
    if (const auto strength = number_of(clause.find("strength"))) {
      out.key("strength").number(*strength);
    }
  }
  out.member("object", clause.string_or("object", ""));
  const Json* addressee = clause.find("addressee");
  out.key("addressee").begin_object();
  write_list(out, "set", addressee == nullptr ? nullptr : addressee->find("set"));
  write_list(out, "named", addressee == nullptr ? nullptr : addressee->find("named"));
  out.end_object();
  for (const std::string_view name : lists) {
    write_list(out, name, clause.find(name));
  }
  if (const Json* attributes = clause.find("attributes"); attributes != nullptr) {
    out.key("attributes").boolean(attributes->boolean);
    write_list(out, "claimants", clause.find("claimants"));
    const Json* open = clause.find("claimants_open");
    out.key("claimants_open").boolean(open != nullptr && open->boolean);
    out.member("attributed_to", clause.string_or("attributed_to", ""));
  }
  out.member("quote", clause.string_or("quote", "")).end_object();
}

std::string joined(const Json* list) {
  std::string out;
  for (const Json& each : list == nullptr ? std::vector<Json>() : list->items) {
    out += (out.empty() ? "" : ", ") + each.text;
  }
  return out;
}

}  // namespace

Result<std::string> confirmed_clauses(const Manifestation& text, const Json& document) {
  const Json* clauses = document.find("clauses");
  if (clauses == nullptr || clauses->kind != Json::Kind::array || clauses->items.empty() ||
      clauses->items.size() > limits::clauses_max) {
    return failure(ErrorCode::usage, "there are no clauses to confirm", {},
                   "'tocsin statement clauses --json' proposes them");
  }
  std::set<std::string, std::less<>> ids;
  for (const Json& clause : clauses->items) {
    const std::string_view id = clause.string_or("id", "");
    if (id.empty() || id.size() > 32 || !ids.emplace(id).second) {
      return wrong(id.empty() ? "without an id" : id, "an id is needed, and no other clause may have it");
    }
    TRY_VOID(check_clause(text, clause, id));
  }
  std::string json;
  wire::JsonWriter out(json);
  out.begin_object().member("work", work_id(text)).member("language", text.language).member("text_l1", text.text_l1);
  out.key("paragraphs").begin_array();
  for (const Paragraph& paragraph : text.paragraphs) {
    out.begin_object().key("n").number(std::uint64_t{paragraph.number});
    out.member("l1", paragraph.l1).member("l2", paragraph.l2).end_object();
  }
  out.end_array().key("clauses").begin_array();
  for (const Json& clause : clauses->items) {
    write_clause(out, clause);
  }
  out.end_array().end_object();
  return json;
}

std::vector<std::string> clause_table_problems(const Manifestation& text, const Json& table) {
  std::vector<std::string> out;
  const Json* paragraphs = table.find("paragraphs");
  const Json* clauses = table.find("clauses");
  if (paragraphs == nullptr || clauses == nullptr || clauses->items.empty()) {
    return {"it holds no clauses with the hashes of their text"};
  }
  if (paragraphs->items.size() != text.paragraphs.size()) {
    out.push_back("the text has " + std::to_string(text.paragraphs.size()) +
                  " paragraphs; confirmed were the clauses of " + std::to_string(paragraphs->items.size()));
  }
  for (std::size_t i = 0; i < std::min(paragraphs->items.size(), text.paragraphs.size()); ++i) {
    if (paragraphs->items[i].string_or("l2", "") != text.paragraphs[i].l2) {
      out.push_back("paragraph " + std::to_string(text.paragraphs[i].number) +
                    " has other words than those whose clauses were confirmed");
    }
  }
  for (const Json& clause : out.empty() ? clauses->items : std::vector<Json>()) {
    if (const auto good = check_clause(text, clause, clause.string_or("id", "")); !good) {
      out.push_back(good.error().message);
    }
  }
  return out;
}

std::vector<std::string> clause_table_words(const Json& table) {
  std::vector<std::string> out;
  const Json* clauses = table.find("clauses");
  for (const Json& clause : clauses == nullptr ? std::vector<Json>() : clauses->items) {
    const std::string_view act = clause.string_or("act", "");
    const Json* strength = clause.find("strength");
    std::string line(clause.string_or("id", ""));
    line += "  " + std::string(act.empty() ? clause.string_or("kind", "") : act) +
            (act.empty() || strength == nullptr || strength->text.empty() ? std::string() : " " + strength->text) +
            ": " + std::string(clause.string_or("actor", "")) + " · " + std::string(clause.string_or("verb", "")) +
            " · " + std::string(clause.string_or("object", ""));
    const Json* addressee = clause.find("addressee");
    for (const auto& [name, list] :
         {std::pair<std::string_view, const Json*>("to", addressee == nullptr ? nullptr : addressee->find("set")),
          {"named", addressee == nullptr ? nullptr : addressee->find("named")},
          {"hedges", clause.find("hedges")},
          {"cites", clause.find("cites")}}) {
      if (const std::string words = joined(list); !words.empty()) {
        line += "; " + std::string(name) + ": " + words;
      }
    }
    if (const Json* attributes = clause.find("attributes")) {
      line += attributes->boolean ? "; attributes" : "; attribution of others, not made here";
    }
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace tocsin::speech
