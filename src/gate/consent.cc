#include "gate/consent.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace tocsin::gate {
namespace {

using wire::Json;

// The first member of one of these names that is not null.
template <std::size_t count>
const Json* any_of(const Json& object, const std::array<std::string_view, count>& names) {
  for (const std::string_view name : names) {
    if (const Json* found = object.find(name); found != nullptr && found->kind != Json::Kind::null) {
      return found;
    }
  }
  return nullptr;
}

constexpr std::array<std::string_view, 8> ends = {"until",     "expires",    "expiry", "valid_until",
                                                  "not_after", "expires_at", "end",    "expiration"};
constexpr std::array<std::string_view, 4> beginnings = {"valid_from", "not_before", "since", "start"};
constexpr std::array<std::string_view, 5> revocations = {"revoked", "revoked_by", "revoked_at", "withdrawn",
                                                         "revocation"};
constexpr std::array<std::string_view, 9> givers = {"owner", "owner_ref", "by",     "given_by",      "granted_by",
                                                    "giver", "from",      "issuer", "created_by_ref"};

bool says_yes(const Json& value) {
  switch (value.kind) {
    case Json::Kind::boolean:
      return value.boolean;
    case Json::Kind::string:
      return !value.text.empty() && value.text != "false" && value.text != "no";
    case Json::Kind::array:
      return !value.items.empty();
    case Json::Kind::null:
      return false;
    case Json::Kind::number:
    case Json::Kind::object:
      return true;
  }
  return true;
}

std::optional<Time> moment(const Json* value) {
  if (value == nullptr || value->kind != Json::Kind::string) {
    return {};
  }
  const auto parsed = parse_iso8601(value->text);
  return parsed ? std::optional(parsed->time) : std::nullopt;
}

std::vector<std::string> names_of(const Json* value) {
  std::vector<std::string> out;
  if (value == nullptr) {
    return out;
  }
  if (value->kind == Json::Kind::string) {
    out.push_back(canonical(value->text));
  }
  for (const Json& item : value->items) {
    if (item.kind == Json::Kind::string) {
      out.push_back(canonical(item.text));
    }
  }
  for (const auto& [name, member] : value->members) {
    for (std::string& inner : names_of(member.kind == Json::Kind::object ? nullptr : &member)) {
      out.push_back(std::move(inner));
    }
  }
  return out;
}

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_scope(std::string_view name) { return name == "own" || name == "other" || name == "third-party"; }

// "forensics" in a consent covers "remote-forensics", but no more than whole words.
bool names_action(const std::vector<std::string>& scope, const std::string& action) {
  const std::string padded = "-" + action + "-";
  return std::any_of(scope.begin(), scope.end(),
                     [&](const std::string& name) { return padded.find("-" + name + "-") != std::string::npos; });
}

// What a scope names: actions, a scope, hosts. Whatever it names of one sort must hold what is asked.
bool covers(const std::vector<std::string>& scope, const ConsentNeed& need) {
  if (holds(scope, "all") || holds(scope, "*")) {
    return true;
  }
  bool actions = false;
  bool scopes = false;
  std::vector<std::string> others;
  for (const std::string& name : scope) {
    if (is_scope(name)) {
      scopes = true;
    } else if (const Kind kind = kind_of_name(name); kind != Kind::unknown && kind != Kind::container) {
      actions = true;
    } else {
      others.push_back(name);
    }
  }
  if (scopes && !holds(scope, need.scope)) {
    return false;
  }
  if (actions && !std::all_of(need.actions.begin(), need.actions.end(),
                              [&](const std::string& action) { return names_action(scope, action); })) {
    return false;
  }
  return others.empty() || std::all_of(need.devices.begin(), need.devices.end(),
                                       [&](const std::string& device) { return holds(others, device); });
}

}  // namespace

std::string canonical(std::string_view name) {
  std::string out = ascii_lower(trim(name));
  std::replace_if(out.begin(), out.end(), [](char c) { return c == '_' || ascii_space(c); }, '-');
  return out;
}

std::optional<Rule> consent_fails(const Json* consent, const ConsentNeed& need) {
  if (consent == nullptr || consent->kind == Json::Kind::null) {
    return Rule::no_consent;
  }
  if (consent->kind != Json::Kind::object) {
    return Rule::consent_incomplete;
  }
  for (const std::string_view name : revocations) {
    if (const Json* found = consent->find(name); found != nullptr && says_yes(*found)) {
      return Rule::consent_revoked;
    }
  }
  const std::string status = canonical(consent->string_or("status", consent->string_or("state", "")));
  if (status == "revoked" || status == "withdrawn" || status == "refused" || status == "denied") {
    return Rule::consent_revoked;
  }
  if (const Json* granted = consent->find("granted"); granted != nullptr && !says_yes(*granted)) {
    return Rule::no_consent;
  }
  const auto end = moment(any_of(*consent, ends));
  const Json* scope = any_of(*consent, std::array<std::string_view, 2>{"scope", "scopes"});
  const std::vector<std::string> covered = names_of(scope);
  if (!end || covered.empty()) {
    return Rule::consent_incomplete;
  }
  if (status == "expired" || !need.at.known() || *end <= need.at) {
    return Rule::consent_expired;
  }
  if (const auto begin = moment(any_of(*consent, beginnings)); begin && need.at < *begin) {
    return Rule::consent_expired;
  }
  if (!covers(covered, need)) {
    return Rule::consent_scope;
  }
  if (const Json* actions = any_of(*consent, std::array<std::string_view, 3>{"actions", "action", "what"})) {
    if (!covers(names_of(actions), need)) {
      return Rule::consent_scope;
    }
  }
  if (!need.owner.empty()) {
    // A word such as "other" says whose kind of system it is, not who consents.
    for (const std::string_view name : givers) {
      const Json* giver = consent->find(name);
      if (giver != nullptr && giver->kind == Json::Kind::string && !moment(giver) && giver->text != need.owner &&
          owner_of(need.owner) == Owner::named && owner_of(giver->text) == Owner::named) {
        return Rule::consent_giver;
      }
    }
  }
  return {};
}

}  // namespace tocsin::gate
