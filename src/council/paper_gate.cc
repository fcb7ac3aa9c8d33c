#include "council/paper_gate.h"

#include <fmt/format.h>

namespace tocsin::council {
namespace {

using wire::Json;

// The consent that a deed rests on, where it can: signed here by the owner of the systems, for somebody else.
const Paper* consent_of(const Item& item, const Json& deed, std::string_view author) {
  const Paper* consent = item.papers().find(deed.string_or("consent_ref", ""));
  const bool counts = consent != nullptr && consent->kind == PaperKind::consent && consent->author != author &&
                      consent->author == deed.string_or("owner", consent->author);
  return counts ? consent : nullptr;
}

void write_consent(const Item& item, const Paper& consent, wire::JsonWriter& json) {
  json.begin_object().member("by", consent.author).member("until", consent.text("until"));
  json.key("revoked").boolean(item.papers().revoked(consent)).key("scope").begin_array();
  for (const std::string& each : consent.texts("scope")) {
    json.string(each);
  }
  json.end_array().end_object();
}

}  // namespace

Result<gate::Verdict> ask_gate(const Item& item, const Json& deed, std::string_view author, std::string_view context,
                               Seconds at) {
  const Paper* consent = consent_of(item, deed, author);
  const std::string_view owner =
      deed.string_or("owner", consent == nullptr ? author : std::string_view(consent->author));
  std::string_view scope = deed.string_or("scope", "");
  if (scope == "own" && owner != author && item.roster().find(owner)) {
    scope = "other";
  }
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("action", deed.string_or("action", "")).member("scope", scope).member("owner", owner);
  json.member("context", context).member("at", consult::seconds_text(at)).key("consent");
  if (consent == nullptr) {
    json.null();
  } else {
    write_consent(item, *consent, json);
  }
  if (const Json* source = deed.find("source")) {
    json.key("source");
    wire::write_json(*source, json);
  }
  json.end_object();
  TRY(const Json line, wire::parse_json(text));
  return gate::decide(line, Time::from_seconds(at));
}

Result<void> pass_gate(const Item& item, const Paper& paper, std::string_view context) {
  if (paper.kind != PaperKind::option && paper.kind != PaperKind::measure) {
    return {};
  }
  TRY(const gate::Verdict verdict, ask_gate(item, paper.object, paper.author, context, paper.created));
  if (verdict.verdict == gate::Class::R) {
    return failure(ErrorCode::damaged, fmt::format("{} of {} is refused, {}: {}", short_name(paper), paper.author,
                                                   gate::code_text(verdict.rule), gate::sentence(verdict.rule)));
  }
  if (paper.text("class") != gate::name_of(verdict.verdict)) {
    return failure(ErrorCode::damaged, fmt::format("{} of {} calls itself class {}, and is class {}", short_name(paper),
                                                   paper.author, paper.text("class"), gate::name_of(verdict.verdict)));
  }
  return {};
}

std::string_view words_of(gate::Class verdict) {
  switch (verdict) {
    case gate::Class::A:
      return "allowed";
    case gate::Class::B:
      return "allowed with the signature of the systems' owner";
    case gate::Class::C:
      return "allowed with the owner's consent, as long as it stands";
    case gate::Class::D:
      return "recorded and drafted; the program sends nothing";
    case gate::Class::L:
      return "recorded as a nation's own declaration, and nothing else";
    case gate::Class::R:
      return "refused";
  }
  return {};
}

}  // namespace tocsin::council
