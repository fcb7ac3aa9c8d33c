// For tests of what lies beside a text: a table with three members, a partner and the chair, a draft, and hands that
// sign what the honest code would not make.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "council/paper_acts.h"
#include "council/simulation.h"
#include "council/verdict.h"
#include "stix/signature.h"
#include "trust/digest.h"

namespace tocsin::council::simulation {

inline const TimeWords utc;
inline constexpr std::string_view agreed =
    "1. We condemn such activities.\n\n2. We call on all States to act responsibly.\n";

inline std::string in_quotes(const Hash& hash) { return "\"" + consult::hex(hash) + "\""; }
inline std::string names_silence(const Hash& silence) { return "{\"silence\":" + in_quotes(silence) + "}"; }

inline trust::Ed25519Seed seed_of(const std::string& name) { return trust::sha256("tocsin test key " + name); }
inline stix::AuthorKey key_of(const std::string& name) {
  stix::AuthorKey key;
  key.key = trust::ed25519_public_key(seed_of(name));
  key.kid = stix::key_id(key.key);
  key.identity = "identity--7c3e1c52-2f0b-4ab5-8a1e-" + trust::sha256_hex(name).substr(0, 12);
  key.name = "Delegation of " + name;
  key.valid_from = "2026-01-01T00:00:00Z";
  return key;
}

struct Table : Network {
  explicit Table(std::string_view title = "A text", const std::string& exercise = {})
      : Network({.members = {"EST", "NOR", "POL"}, .partners = {"JPN"}, .exercise = exercise}, "CHAIR", title,
                "2026-03-01T08:00:00Z") {
    for (auto& [name, to] : nodes()) {
      for (auto& [other, from] : nodes()) {
        EXPECT_TRUE(
            to.consultation->receive(Record{RecordKind::key, *stix::write_author_key(key_of(other), seed_of(other))}));
      }
    }
    const Manifest manifest = *make_manifest({{"en", trust::sha256_hex(agreed)}}, {});
    for (auto& [name, node] : nodes()) {
      EXPECT_TRUE(node.consultation->receive(Record{RecordKind::text, text_json({"en", std::string(agreed)})}));
      EXPECT_TRUE(node.consultation->receive(Record{RecordKind::manifest, manifest.canonical}));
    }
    run_for(2'000);
    draft =
        *act("NOR", consult::Kind::draft, "{\"rev\":1,\"parent\":null,\"text_sha256\":\"" + manifest.sha256 + "\"}");
    run_for(60'000);
  }
  Consultation& at(const std::string& name) { return *node(name).consultation; }
  Situation of(const std::string& name) { return situation_of(at(name).item(), name, seconds(), utc); }
  // Signs it there and gives it to everybody else; the error of the last who refuses.
  Result<const Paper*> lay(const std::string& name, const PaperPlan& plan) {
    TRY(const Paper* paper, at(name).lay(plan));
    for (auto& [other, node] : nodes()) {
      if (other != name) {
        TRY_VOID(node.consultation->receive(Record{RecordKind::paper, paper->json}));
      }
    }
    return paper;
  }
  // What the honest code would not make, with a real signature.
  std::string rogue(const std::string& name, const PaperPlan& plan) {
    const std::string made = *compose_paper(plan, item(), key_of(name).identity, seconds());
    const wire::Json json = *wire::parse_json(made);
    return *stix::sign_object(made, key_of(name), seed_of(name), json.string_or("created", ""));
  }
  Result<bool> give(const std::string& name, const std::string& paper) {
    return at(name).receive(Record{RecordKind::paper, paper});
  }
  void adopt() {
    silence = *act("CHAIR", consult::Kind::silence,
                   "{\"draft\":" + in_quotes(draft) + ",\"deadline\":\"2026-03-03T12:00:00Z\",\"class\":\"crisis\"}");
    run_for(60'000);
    EXPECT_TRUE(act("POL", consult::Kind::position,
                    names_silence(silence).substr(0, 77) + ",\"stance\":\"reserve\",\"text\":\"on the word such\"}"));
    for (const std::string name : {"EST", "NOR", "POL"}) {
      EXPECT_TRUE(act(name, consult::Kind::pass, names_silence(silence)));
    }
    run_for(60'000);
    EXPECT_TRUE(act("CHAIR", consult::Kind::close, names_silence(silence).substr(0, 77) + ",\"presumed\":[]}"));
    run_for(60'000);
  }
  Verdict verify(const std::string& bundle) {
    return verify_bundle(*read_bundle(bundle), {.roster = at("CHAIR").item().roster().hash, .as_of = seconds()},
                         verifier, utc);
  }
  consult::Ed25519Verifier verifier;
  Hash draft;
  Hash silence;
};

inline std::string all(const PaperPlan& plan) {
  std::string out;
  for (const std::string& line : plan.words) {
    out += line + "\n";
  }
  for (const std::string& line : plan.warnings) {
    out += "WARNING " + line + "\n";
  }
  return out;
}
inline bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }
inline std::string error_of(const auto& result) { return result ? std::string() : result.error().text(); }

}  // namespace tocsin::council::simulation
