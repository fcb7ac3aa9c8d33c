#include "council/standing_policy.h"

#include <algorithm>

#include "trust/digest.h"
#include "wire/canonical_json.h"
#include "wire/json.h"

namespace tocsin::council {
namespace {

constexpr std::string_view kind_of_document = "tocsin-pass-policy/v1\n";

void write_members(const StandingPolicy& policy, wire::JsonWriter& json) {
  json.begin_object().member("author", policy.author).key("classes").begin_array();
  for (const std::string& name : policy.classes) {
    json.string(name);
  }
  json.end_array().key("item");
  policy.item ? json.string(consult::hex(*policy.item)) : json.null();
  json.member("type", "tocsin-pass-policy").member("until", consult::seconds_text(policy.until));
  json.key("version").number(1);
}

}  // namespace

bool StandingPolicy::allows(const consult::Hash& on_item, const consult::Entry& silence, consult::Seconds now) const {
  return silence.well_formed && silence.kind == consult::Kind::silence && now <= until && (!item || *item == on_item) &&
         std::ranges::find(classes, silence.silence_class) != classes.end();
}

Result<std::string> policy_bytes(const StandingPolicy& policy) {
  std::string text;
  wire::JsonWriter json(text);
  write_members(policy, json);
  json.end_object();
  TRY(const std::string canonical, wire::canonical_json(text));
  return std::string(kind_of_document) + canonical;
}

std::string policy_json(const StandingPolicy& policy, const trust::Ed25519Signature& signature) {
  std::string text;
  wire::JsonWriter json(text);
  write_members(policy, json);
  json.member("signature", trust::to_hex(signature)).end_object();
  return text;
}

Result<StandingPolicy> read_policy(std::string_view text, std::string_view author, const trust::Ed25519Key& key) {
  TRY(const wire::Json json, wire::parse_json(text));
  StandingPolicy policy;
  const wire::Json* item = json.find("item");
  const wire::Json* classes = json.find("classes");
  const auto until = consult::parse_seconds(json.string_or("until", ""));
  if (json.string_or("type", "") != "tocsin-pass-policy" || item == nullptr || classes == nullptr || !until) {
    return failure(ErrorCode::syntax, "this is no policy for passes");
  }
  policy.author = json.string_or("author", "");
  policy.until = *until;
  if (item->kind != wire::Json::Kind::null) {
    policy.item = consult::parse_hash(item->text);
    if (!policy.item) {
      return failure(ErrorCode::syntax, "the policy's item is no id");
    }
  }
  for (const wire::Json& name : classes->items) {
    policy.classes.push_back(name.text);
  }
  trust::Ed25519Signature signature{};
  TRY(const std::string bytes, policy_bytes(policy));
  if (policy.author != author || !trust::from_hex(json.string_or("signature", ""), signature) ||
      !trust::ed25519_verify(bytes, signature, key)) {
    return failure(ErrorCode::damaged, "the policy is not signed by the nation that it speaks for");
  }
  return policy;
}

std::string pass_silence(std::string_view body) {
  const auto json = wire::parse_json(body);
  return json ? std::string(json->string_or("silence", "")) : std::string();
}

}  // namespace tocsin::council
