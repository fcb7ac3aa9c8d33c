#include "council/paper.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "council/content_object.h"
#include "council/item.h"
#include "council/limits.h"
#include "stix/signature.h"
#include "stix/value_syntax.h"

namespace tocsin::council {
namespace {

using consult::Role;
using wire::Json;

struct KindRow {
  std::string_view type;
  std::string_view definition;
  std::string_view word;
};
constexpr std::array kinds{
#define PAPER(name, type, definition, word) KindRow{type, definition, word},
#include "council/papers.def"
#undef PAPER
};
const KindRow& row_of(PaperKind kind) { return kinds.at(static_cast<std::size_t>(kind)); }

std::optional<consult::Seconds> seconds_of_stix(std::string_view text) {
  if (!text.ends_with(".000Z")) {
    return std::nullopt;
  }
  return consult::parse_seconds(std::string(text.substr(0, text.size() - 5)) + "Z");
}

std::unexpected<Error> wrong(std::string what) {
  return failure(ErrorCode::syntax, "the paper's " + std::move(what) + " is missing or wrong");
}

// What every kind must and may have beside the common members.
enum class Shape : std::uint8_t { text, texts, references, moment, object, answers, number, digest };
struct Field {
  std::string_view name;
  Shape shape;
  bool required;
};

constexpr std::array concern_fields{Field{"text", Shape::text, true}, Field{"asks", Shape::texts, false},
                                    Field{"evidence_refs", Shape::references, false}};
constexpr std::array measure_fields{Field{"phase", Shape::text, true},          Field{"text", Shape::text, true},
                                    Field{"action", Shape::text, true},         Field{"scope", Shape::text, true},
                                    Field{"owner", Shape::text, false},         Field{"class", Shape::text, true},
                                    Field{"decision", Shape::text, true},       Field{"rule", Shape::text, true},
                                    Field{"legal_basis", Shape::text, true},    Field{"answers", Shape::answers, true},
                                    Field{"started", Shape::moment, false},     Field{"ended", Shape::moment, false},
                                    Field{"coa_refs", Shape::references, false}};
constexpr std::array option_fields{Field{"objective", Shape::text, true},
                                   Field{"addressee", Shape::text, true},
                                   Field{"action", Shape::text, true},
                                   Field{"scope", Shape::text, true},
                                   Field{"owner", Shape::text, false},
                                   Field{"class", Shape::text, true},
                                   Field{"decision", Shape::text, true},
                                   Field{"rule", Shape::text, true},
                                   Field{"legal_basis", Shape::text, true},
                                   Field{"answers", Shape::answers, true},
                                   Field{"proportionality", Shape::object, true},
                                   Field{"reversible", Shape::text, true},
                                   Field{"third_party_effect", Shape::text, true},
                                   Field{"exit_condition", Shape::text, true},
                                   Field{"expires", Shape::moment, true},
                                   Field{"collateral_review", Shape::text, false},
                                   Field{"communications", Shape::text, false},
                                   Field{"contributors", Shape::texts, false},
                                   Field{"trigger", Shape::references, false},
                                   Field{"evidence_refs", Shape::references, false}};
constexpr std::array consent_fields{Field{"scope", Shape::texts, true}, Field{"until", Shape::moment, true},
                                    Field{"text", Shape::text, true}};
constexpr std::array revocation_fields{Field{"consent_ref", Shape::text, true}};
constexpr std::array refusal_fields{Field{"refused_type", Shape::text, true}, Field{"sha256", Shape::text, true},
                                    Field{"class", Shape::text, true}, Field{"rule", Shape::text, true},
                                    Field{"because", Shape::text, true}};
constexpr std::array amendment_fields{
    Field{"draft", Shape::digest, true},        Field{"text_sha256", Shape::digest, true},
    Field{"language", Shape::text, true},       Field{"paragraph", Shape::number, true},
    Field{"paragraph_l1", Shape::digest, true}, Field{"paragraph_l2", Shape::digest, true},
    Field{"operation", Shape::text, true},      Field{"old_words", Shape::text, false},
    Field{"new_words", Shape::text, false},     Field{"text", Shape::text, false}};
constexpr std::array reopening_fields{Field{"reopens", Shape::digest, true}, Field{"decision", Shape::digest, true},
                                      Field{"roster", Shape::digest, true}, Field{"text", Shape::text, true},
                                      Field{"evidence_refs", Shape::references, true}};
constexpr std::array lapse_fields{Field{"lapse_after_days", Shape::number, true}};
constexpr std::array statement_fields{Field{"title", Shape::text, true}, Field{"issuer", Shape::text, true},
                                      Field{"work_id", Shape::text, true}, Field{"issued", Shape::moment, true},
                                      Field{"decision", Shape::object, true}};

std::span<const Field> fields_of(PaperKind kind) {
  switch (kind) {
    case PaperKind::concern:
      return concern_fields;
    case PaperKind::measure:
      return measure_fields;
    case PaperKind::option:
      return option_fields;
    case PaperKind::consent:
      return consent_fields;
    case PaperKind::revocation:
      return revocation_fields;
    case PaperKind::refusal:
      return refusal_fields;
    case PaperKind::amendment:
      return amendment_fields;
    case PaperKind::reopening:
      return reopening_fields;
    case PaperKind::lapse:
      return lapse_fields;
    case PaperKind::statement:
      return statement_fields;
  }
  return {};
}

bool is_text(const Json& value) { return value.kind == Json::Kind::string && !trim(value.text).empty(); }

// 1 to 999,999,999, in digits alone.
std::size_t number_of(const Json& value) {
  const bool short_enough = value.kind == Json::Kind::number && value.text.size() <= 9;
  return short_enough ? static_cast<std::size_t>(parse_uint64(value.text).value_or(0)) : 0;
}

bool list_of(const Json& value, bool (*holds)(const Json&)) {
  return value.kind == Json::Kind::array && value.items.size() <= limits::paper_list_max &&
         std::ranges::all_of(value.items, holds);
}

bool has_shape(const Json& value, const Field& field) {
  switch (field.shape) {
    case Shape::text:
      return is_text(value);
    case Shape::texts:
      return list_of(value, is_text) && (!field.required || !value.items.empty());
    case Shape::references:
      return (!field.required || !value.items.empty()) && list_of(value, [](const Json& each) {
               return each.kind == Json::Kind::string && stix::looks_like_identifier(each.text);
             });
    case Shape::moment:
      return value.kind == Json::Kind::string && consult::parse_seconds(value.text).has_value();
    case Shape::object:
      return value.kind == Json::Kind::object;
    case Shape::answers:
      return list_of(value, [](const Json& each) {
        const Json* question = each.find("question");
        const Json* answer = each.find("answer");
        return question != nullptr && answer != nullptr && is_text(*question) && is_text(*answer);
      });
    case Shape::number:
      return number_of(value) != 0;
    case Shape::digest:
      return value.kind == Json::Kind::string && consult::parse_hash(value.text).has_value();
  }
  return false;
}

// Who may lay what (roles and rights of consultation).
bool may_lay(PaperKind kind, Role role) {
  switch (kind) {
    case PaperKind::concern:
    case PaperKind::measure:
    case PaperKind::consent:
    case PaperKind::revocation:
      return role == Role::member || role == Role::partner;
    case PaperKind::option:
    case PaperKind::amendment:
    case PaperKind::reopening:
      return role == Role::member || role == Role::chair;
    case PaperKind::refusal:
      return true;
    case PaperKind::lapse:
    case PaperKind::statement:
      return role == Role::chair;
  }
  return false;
}

}  // namespace

std::string_view type_of(PaperKind kind) { return row_of(kind).type; }
std::string_view word_of(PaperKind kind) { return row_of(kind).word; }

std::vector<std::string> Paper::texts(std::string_view member) const {
  std::vector<std::string> out;
  if (const Json* found = object.find(member)) {
    for (const Json& each : found->items) {
      out.push_back(each.text);
    }
  }
  return out;
}

std::size_t Paper::number(std::string_view member) const {
  const Json* found = object.find(member);
  return found == nullptr ? 0 : number_of(*found);
}

Result<std::string> compose_paper(const PaperPlan& plan, const consult::Hash& item, std::string_view identity,
                                  consult::Seconds created) {
  TRY(Json body, wire::parse_json(plan.body));
  Json of_item;
  of_item.kind = Json::Kind::string;
  of_item.text = consult::hex(item);
  body.members.emplace(body.members.begin(), "item", std::move(of_item));
  return compose_object({.type = type_of(plan.kind),
                         .definition = row_of(plan.kind).definition,
                         .identity = identity,
                         .created = created,
                         .color = plan.color,
                         .body = body});
}

Result<Paper> read_paper(std::string_view json, const Item& item) {
  if (json.size() > limits::paper_bytes_max) {
    return failure(ErrorCode::limit, "a paper is longer than 1 MiB");
  }
  Paper out;
  TRY(out.object, wire::parse_json(json));
  const std::string_view type = out.text("type");
  const auto* const kind = std::ranges::find(kinds, type, &KindRow::type);
  if (out.object.kind != Json::Kind::object || kind == kinds.end()) {
    return failure(ErrorCode::syntax, "this is no paper of a consultation that this version knows");
  }
  out.kind = static_cast<PaperKind>(kind - kinds.begin());
  out.json = json;
  out.id = out.text("id");
  const auto created = seconds_of_stix(out.text("created"));
  const Json* extensions = out.object.find("extensions");
  const Json* markings = out.object.find("object_marking_refs");
  if (out.text("spec_version") != "2.1" || !created || out.text("modified") != out.text("created")) {
    return wrong("time");
  }
  out.created = *created;
  if (extensions == nullptr || extensions->find(kind->definition) == nullptr) {
    return wrong("extension");
  }
  if (markings == nullptr || !list_of(*markings, is_text) || markings->items.empty()) {
    return wrong("marking");
  }
  for (const Json& marking : markings->items) {
    if (const stix::TlpMarking* tlp = stix::find_tlp(marking.text)) {
      out.marking = tlp->name;
    }
  }
  for (const Field& field : fields_of(out.kind)) {
    const Json* value = out.object.find(field.name);
    if (value == nullptr ? field.required : !has_shape(*value, field)) {
      return wrong("\"" + std::string(field.name) + "\"");
    }
  }
  if (out.text("item") != consult::hex(item.id())) {
    return failure(ErrorCode::damaged, "the paper belongs to another item");
  }
  if (const Json* mark = out.object.find("exercise");
      (mark == nullptr ? std::string_view() : std::string_view(mark->text)) != exercise_of(item) ||
      (mark != nullptr && mark->kind != Json::Kind::string)) {
    return failure(ErrorCode::damaged, "the paper is of an exercise and the item is not, or the other way round");
  }
  const stix::SignatureCheck check = stix::check_signature(json, item.ring());
  if (check.answer != stix::SignatureCheck::Answer::valid) {
    return failure(ErrorCode::damaged, "the paper's signature cannot be believed: " + check.reason);
  }
  const auto& participants = item.roster().participants;
  const auto author = std::ranges::find_if(
      participants, [&](const consult::Participant& each) { return stix::key_id(each.key) == check.kid; });
  if (author == participants.end()) {
    return failure(ErrorCode::damaged, "the paper is signed by nobody on the roster");
  }
  if (check.signed_at != out.text("created")) {
    return failure(ErrorCode::damaged, "the paper was signed at another time than it says");
  }
  if (!may_lay(out.kind, author->role)) {
    return failure(ErrorCode::damaged, author->name + " may not lay a " + std::string(word_of(out.kind)) +
                                           " beside the text: the roster gives it another role");
  }
  out.author = author->name;
  TRY(const std::string id, id_of_content(out.object, type));
  if (id != out.id) {
    return failure(ErrorCode::damaged, "the paper's id does not follow from its content");
  }
  return out;
}

Result<bool> Papers::add(Paper paper) {
  if (papers_.contains(paper.id)) {
    return false;
  }
  Amount& amount = amounts_[paper.author];
  if (amount.papers >= limits::papers_of_author_max ||
      amount.bytes + paper.json.size() > limits::paper_bytes_of_author_max) {
    return failure(ErrorCode::limit, paper.author + " has laid as many papers beside this text as one may");
  }
  ++amount.papers;
  amount.bytes += paper.json.size();
  if (paper.kind == PaperKind::revocation) {
    revocations_.emplace(paper.author, std::string(paper.text("consent_ref")));
  }
  std::string id = paper.id;
  papers_.emplace(std::move(id), std::move(paper));
  return true;
}

const Paper* Papers::find(std::string_view id) const {
  const auto found = papers_.find(id);
  return found == papers_.end() ? nullptr : &found->second;
}

Result<const Paper*> Papers::named(std::string_view text) const {
  if (const Paper* exact = find(text)) {
    return exact;
  }
  const Paper* found = nullptr;
  for (const auto& [id, paper] : papers_) {
    if (text.size() >= 4 && std::string_view(id).substr(type_of(paper.kind).size() + 2).starts_with(text)) {
      if (found != nullptr) {
        return failure(ErrorCode::usage, "two papers begin with " + std::string(text), {}, "give more digits");
      }
      found = &paper;
    }
  }
  if (found == nullptr) {
    return failure(ErrorCode::usage, "no paper with this id is held", {}, "'tocsin consult log' shows them");
  }
  return found;
}

std::vector<const Paper*> Papers::in_order() const {
  std::vector<const Paper*> out;
  for (const auto& [id, paper] : papers_) {
    out.push_back(&paper);
  }
  std::ranges::stable_sort(out, {}, &Paper::created);  // the map has them by id
  return out;
}

bool Papers::revoked(const Paper& consent) const { return revocations_.contains({consent.author, consent.id}); }

std::string short_name(const Paper& paper) {
  return std::string(word_of(paper.kind)) + " " + paper.id.substr(type_of(paper.kind).size() + 2, 8);
}

}  // namespace tocsin::council
