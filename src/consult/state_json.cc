#include <utility>

#include "consult/state.h"
#include "wire/json.h"

namespace tocsin::consult {
namespace {

struct StatusRow {
  std::string_view text;
  std::string_view sentence;
};
constexpr StatusRow statuses[] = {
#define STATUS(name, text, sentence) {text, sentence},
#include "consult/statuses.def"
#undef STATUS
};

void append_names(wire::JsonWriter& json, std::string_view key, const auto& names) {
  json.key(key).begin_array();
  for (const std::string& name : names) {
    json.string(name);
  }
  json.end_array();
}

void append_hash(wire::JsonWriter& json, std::string_view key, const std::optional<Hash>& hash) {
  json.key(key);
  hash ? json.string(hex(*hash)) : json.null();
}

}  // namespace

std::string_view text_of(Status status) { return statuses[std::to_underlying(status)].text; }
std::string_view explain(Status status) { return statuses[std::to_underlying(status)].sentence; }

std::string_view text_of(Standing standing) {
  switch (standing) {
    case Standing::sealed:
      return "sealed";
    case Standing::timely:
      return "timely";
    case Standing::late:
      return "late";
    case Standing::unproven:
      return "unproven";
  }
  return "";
}

std::string to_json(const State& state, bool explained) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("status", text_of(state.status)).key("final").boolean(state.final());
  append_hash(json, "draft", state.draft);
  append_hash(json, "silence", state.silence);
  json.key("deadline");
  state.deadline ? json.string(seconds_text(*state.deadline)) : json.null();
  append_names(json, "passed", state.passed);
  append_names(json, "presumed", state.presumed);
  json.key("breaks").begin_array();
  for (const State::Break& it : state.breaks) {
    json.begin_object().member("member", it.member).member("entry", hex(it.entry));
    json.member("standing", text_of(it.standing)).end_object();
  }
  json.end_array().key("positions").begin_array();
  for (const State::Position& it : state.positions) {
    json.begin_object().member("member", it.member).member("entry", hex(it.entry));
    json.member("stance", text_of(it.stance)).end_object();
  }
  json.end_array();
  append_names(json, "associated", state.associated);
  json.key("closing");
  if (state.closing) {
    json.begin_object().member("entry", hex(state.closing->entry));
    json.key("acks").number(std::uint64_t{state.closing->acknowledged});
    json.key("needed").number(std::uint64_t{state.closing->needed});
    append_names(json, "waiting", state.closing->waiting);
    json.end_object();
  } else {
    json.null();
  }
  append_hash(json, "decision", state.decision);
  json.key("disputes").begin_array();
  for (const State::Dispute& it : state.disputes) {
    json.begin_object().member("close", hex(it.close)).member("silence", hex(it.silence));
    json.member("draft", hex(it.draft)).end_object();
  }
  json.end_array();
  append_names(json, "equivocators", state.equivocators);
  append_names(json, "unknown", state.unknown);
  json.key("rejected").begin_array();
  for (const auto& [entry, code] : state.rejected) {
    json.begin_object().member("entry", hex(entry)).member("code", text_of(code));
    if (explained) {
      json.member("rule", rule_of(code)).member("because", explain(code));
    }
    json.end_object();
  }
  json.end_array().key("entries").number(std::uint64_t{state.entries}).end_object();
  return out;
}

}  // namespace tocsin::consult
