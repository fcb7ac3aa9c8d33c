// The bundles in tests/golden/consult/bundles, honest and tampered: made here from test keys, so that everybody can see
// what was done to each. tests/council_test.py holds what 'consult verify' must say of them (expected.json).
//
// TOCSIN_WRITE_GOLDENS=1 writes them anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "council/bundle.h"
#include "council/simulation.h"
#include "council/verdict.h"
#include "support/corpus.h"
#include "trust/digest.h"

namespace tocsin::council {
namespace {

using consult::Kind;
using simulation::Network;
using Lines = std::vector<std::string>;

std::string in_quotes(const Hash& hash) { return "\"" + consult::hex(hash) + "\""; }
std::string names_silence(const Hash& silence) { return "{\"silence\":" + in_quotes(silence) + "}"; }
constexpr std::string_view agreed = "We condemn such malicious cyber activities.\n";

// EST NOR POL and a chair, all witnesses, q = 2, so k = 3; silence until 3 March 12:00, C = 24 h.
struct World : Network {
  World() : Network({.members = {"EST", "NOR", "POL"}}, "CHAIR", "A text", "2026-03-01T08:00:00Z") {
    const Manifest manifest = *make_manifest({{"en", trust::sha256_hex(agreed)}}, {});
    EXPECT_TRUE(chair().receive(Record{RecordKind::text, text_json({"en", std::string(agreed)})}).has_value());
    EXPECT_TRUE(chair().receive(Record{RecordKind::manifest, manifest.canonical}).has_value());
    run_for(60'000);
    draft = *act("NOR", Kind::draft, "{\"rev\":1,\"parent\":null,\"text_sha256\":\"" + manifest.sha256 + "\"}");
    run_for(60'000);
  }
  void silence_until(std::string_view deadline) {
    silence = *act(
        "CHAIR", Kind::silence,
        "{\"draft\":" + in_quotes(draft) + ",\"deadline\":\"" + std::string(deadline) + "\",\"class\":\"crisis\"}");
    run_for(60'000);
  }
  void pass(std::string_view name) { ASSERT_TRUE(act(name, Kind::pass, names_silence(silence)).has_value()); }
  Hash break_it(std::string_view name) {
    return *act(name, Kind::position,
                names_silence(silence).substr(0, 77) + ",\"stance\":\"break\",\"text\":\"use, not see\"}");
  }
  void close(std::string_view presumed) {
    ASSERT_TRUE(act("CHAIR", Kind::close,
                    names_silence(silence).substr(0, 77) + ",\"presumed\":[" + std::string(presumed) + "]}")
                    .has_value());
    run_for(60'000);
  }
  Consultation& chair() { return *node("CHAIR").consultation; }
  Lines lines() {
    Lines out;
    std::string_view text;
    const std::string bundle = write_bundle(chair().item());
    text = bundle;
    while (!text.empty()) {
      out.emplace_back(text.substr(0, text.find('\n')));
      text.remove_prefix(out.back().size() + 1);
    }
    return out;
  }
  // An entry with a real signature that the honest signer would not make.
  std::string rogue(const std::string& name, Kind kind, const std::string& body, const consult::Entry* after,
                    std::string_view time, std::string_view as_kind = {}) {
    Act act;
    act.kind = kind;
    act.body = body;
    Unsigned entry = *compose(act, &item(), name, after, *consult::parse_seconds(time));
    if (!as_kind.empty()) {
      const std::string was = "\"kind\":\"receipt\"";
      entry.canonical.replace(entry.canonical.find(was), was.size(), "\"kind\":\"" + std::string(as_kind) + "\"");
    }
    simulation::TestKeys keys(name);
    return "{\"is\":\"entry\",\"value\":" + with_signature(entry, *keys.sign(entry.canonical)) + "}";
  }
  const consult::Entry* tip(const std::string& name) {
    return &chair().item().ledger().entry(chair().item().tips(name).front());
  }
  Hash draft;
  Hash silence;
};

struct Adopted : World {
  Adopted() {
    silence_until("2026-03-03T12:00:00Z");
    for (const std::string name : {"EST", "NOR", "POL"}) {
      run_for(60'000);
      pass(name);
    }
    run_for(60'000);
    close("");
  }
};

struct Presumed : World {
  Presumed() {
    silence_until("2026-03-03T12:00:00Z");
    cut_off({"POL"});
    pass("EST");
    pass("NOR");
    run_to("2026-03-04T12:05:00Z");
    close("\"POL\"");
  }
};

struct Broken : World {
  Broken() {
    silence_until("2026-03-03T12:00:00Z");
    pass("NOR");
    broken = break_it("POL");
    run_for(60'000);
    pass("EST");
    run_for(60'000);
  }
  Hash broken;
};

// Whoever tampers can also count and digest.
std::string sealed(const Lines& lines) {
  std::string out;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    out += lines[i] + "\n";
  }
  return out + "{\"is\":\"end\",\"value\":{\"lines\":" + std::to_string(lines.size() - 1) + ",\"sha256\":\"" +
         trust::sha256_hex(out) + "\"}}\n";
}

std::size_t line_with(const Lines& lines, std::initializer_list<std::string_view> parts) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    bool all = true;
    for (const std::string_view part : parts) {
      all = all && lines[i].find(part) != std::string::npos;
    }
    if (all) {
      return i;
    }
  }
  ADD_FAILURE() << "no such line: " << *parts.begin();
  return 1;
}

Lines without(Lines lines, std::initializer_list<std::string_view> parts) {
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(line_with(lines, parts)));
  return lines;
}

Lines with(Lines lines, std::string line) {
  lines.insert(lines.end() - 1, std::move(line));
  return lines;
}

Lines changed(Lines lines, std::initializer_list<std::string_view> parts, std::string_view from, std::string_view to) {
  std::string& line = lines[line_with(lines, parts)];
  const std::size_t at = line.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  line.replace(at, from.size(), to);
  return lines;
}

std::map<std::string, std::string> make_bundles() {
  std::map<std::string, std::string> out;
  Adopted adopted;
  Presumed presumed;
  Broken broken;
  const Lines a = adopted.lines();
  const Lines p = presumed.lines();
  const Lines b = broken.lines();

  // Honest ones, of every verdict.
  out["adopted"] = sealed(a);
  out["adopted-presumed"] = sealed(p);
  out["broken"] = sealed(b);
  {
    World world;
    out["tabled"] = sealed(world.lines());
    world.silence_until("2026-03-03T12:00:00Z");
    out["silent"] = sealed(world.lines());
    EXPECT_TRUE(world.act("CHAIR", Kind::withdraw, names_silence(world.silence)).has_value());
    out["withdrawn"] = sealed(world.lines());
  }
  {
    World world;
    world.cut_off({"CHAIR"});
    world.silence_until("2026-03-03T12:00:00Z");
    out["announced"] = sealed(world.lines());
  }
  {
    World world;
    world.silence_until("2026-03-03T12:00:00Z");
    world.cut_off({"POL"});
    world.run_to("2026-03-03T11:59:59Z");
    world.break_it("POL");
    world.run_to("2026-03-04T10:00:00Z");
    world.heal();
    world.run_for(60'000);
    out["broken-unproven"] = sealed(world.lines());
  }
  {
    World world;
    world.silence_until("2026-03-03T12:00:00Z");
    const consult::Entry* open = world.chair().item().find(world.item())->entry.get();
    out["void"] =
        sealed(with(world.lines(), world.rogue("CHAIR", Kind::silence,
                                               "{\"draft\":" + in_quotes(world.draft) +
                                                   ",\"deadline\":\"2026-03-09T12:00:00Z\",\"class\":\"crisis\"}",
                                               open, "2026-03-01T08:02:00Z")));
  }
  {
    // The chair's second history: the same close with other names, beside the first.
    const consult::Entry* close = adopted.tip("CHAIR");
    const consult::Entry* before = adopted.chair().item().find(*close->previous)->entry.get();
    out["disputed"] = sealed(with(
        a, adopted.rogue("CHAIR", Kind::withdraw, names_silence(adopted.silence), before, "2026-03-01T09:00:00Z")));
  }

  // Tampered ones.
  out["tampered-01-break-left-out"] = sealed(without(b, {"\"stance\":\"break\""}));
  out["tampered-02-close-names-another"] =
      sealed(changed(p, {"\"kind\":\"close\""}, "\"presumed\":[\"POL\"]", "\"presumed\":[\"EST\"]"));
  out["tampered-03-text-swapped"] = sealed(changed(a, {"\"is\":\"text\""}, "condemn", "condone"));
  out["tampered-04-quorum-lowered"] =
      sealed(changed(p, {"\"is\":\"roster\""}, "\"witness_quorum\":2", "\"witness_quorum\":1"));
  {
    const consult::Entry* tip = adopted.tip("POL");
    std::string forged =
        adopted.rogue("POL", Kind::position,
                      names_silence(adopted.silence).substr(0, 77) + ",\"stance\":\"break\",\"text\":\"forged\"}", tip,
                      "2026-03-02T08:00:00Z");
    const std::size_t at = forged.find("\"signature\":\"") + 13;
    forged[at] = forged[at] == '0' ? '1' : '0';
    out["tampered-05-forged-break"] = sealed(with(a, forged));
  }
  out["tampered-06-pass-left-out"] = sealed(without(a, {"\"author\":\"POL\"", "\"kind\":\"pass\""}));
  out["tampered-07-deadline-moved"] =
      sealed(changed(a, {"\"kind\":\"silence\""}, "2026-03-03T12:00:00Z", "2026-03-01T12:00:00Z"));
  {
    std::string cut = sealed(a);
    cut.resize(cut.rfind("{\"is\":\"end\""));
    out["tampered-08-end-cut-off"] = cut;
  }
  out["tampered-09-kind-of-a-later-version"] = sealed(with(
      a, adopted.rogue("EST", Kind::receipt, "{\"heads\":{}}", adopted.tip("EST"), "2026-03-02T08:00:00Z", "annul")));
  out["tampered-10-acknowledgement-left-out"] =
      sealed(without(p, {"\"author\":\"EST\"", "\"kind\":\"receipt\"", "\"time\":\"2026-03-04T"}));
  {
    Lines mixed = a;
    std::reverse(mixed.begin() + 2, mixed.end() - 1);
    mixed.insert(mixed.begin() + 2, mixed[5]);
    out["tampered-11-shuffled-and-doubled"] = sealed(mixed);
  }
  out["tampered-12-stranger"] = sealed(
      with(a, adopted.rogue("XYZ", Kind::position,
                            names_silence(adopted.silence).substr(0, 77) + ",\"stance\":\"break\",\"text\":\"me too\"}",
                            nullptr, "2026-03-02T08:00:00Z")));
  {
    Lines other = a;
    other.front() = p.front();
    out["tampered-13-another-item"] =
        sealed(changed(other, {"\"is\":\"bundle\""}, consult::hex(presumed.item()), std::string(64, '7')));
  }
  {
    // A break dated in time, signed by POL itself, that no witness ever held.
    Presumed late;
    out["tampered-14-back-dated-break"] =
        sealed(with(late.lines(), late.rogue("POL", Kind::position,
                                             names_silence(late.silence).substr(0, 77) +
                                                 ",\"stance\":\"break\",\"text\":\"back-dated\"}",
                                             late.tip("POL"), "2026-03-03T11:00:00Z")));
  }
  {
    // EST shows a second chain, without its receipt of the close.
    const consult::Entry* tip = presumed.tip("EST");
    const consult::Entry* before = presumed.chair().item().find(*tip->previous)->entry.get();
    out["tampered-15-witness-forks"] =
        sealed(with(p, presumed.rogue("EST", Kind::receipt, "{\"heads\":{}}", before, "2026-03-04T12:30:00Z")));
  }
  return out;
}

std::filesystem::path folder() { return test::golden() / "consult" / "bundles"; }

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(BundleCases, StandInTheGoldensAsTheyAreMadeHere) {
  const auto bundles = make_bundles();
  ASSERT_GE(bundles.size(), 25U);
  if (std::getenv("TOCSIN_WRITE_GOLDENS") != nullptr) {
    std::filesystem::create_directories(folder());
  }
  for (const auto& [name, bundle] : bundles) {
    const auto path = folder() / (name + ".bundle");
    if (std::getenv("TOCSIN_WRITE_GOLDENS") != nullptr) {
      std::ofstream(path, std::ios::binary) << bundle;
    }
    EXPECT_TRUE(read_file(path) == bundle) << path;
  }
}

TEST(BundleCases, NothingButADisputeFollowsAFinalVerdict) {
  // Every pair of bundles of one item, merged: what one of them proves to be final stays so.
  const auto bundles = make_bundles();
  const auto verdict_of = [](const std::string& text) {
    const Bundle bundle = *read_bundle(text);
    consult::Ed25519Verifier verifier;
    Hash roster;
    for (const std::string& json : bundle.rosters) {
      roster = consult::read_roster(json).roster->hash;
    }
    return verify_bundle(bundle, {.roster = roster, .as_of = *consult::parse_seconds("2026-03-10T00:00:00Z")}, verifier,
                         {.zone = {}, .zone_name = {}});
  };
  std::size_t finals = 0;
  for (const auto& [name, one] : bundles) {
    const Verdict first = verdict_of(one);
    for (const auto& [other_name, other] : bundles) {
      if (!first.final() || read_bundle(one)->item != read_bundle(other)->item ||
          read_bundle(one)->rosters != read_bundle(other)->rosters) {
        continue;
      }
      ++finals;
      std::string merged = one;
      merged += other.substr(other.find('\n') + 1);
      const Verdict both = verdict_of(merged);
      if (both.outcome == Outcome::cannot_vouch) {
        EXPECT_FALSE(both.state.unknown.empty()) << name << " and " << other_name;
        continue;
      }
      EXPECT_TRUE(both.outcome == Outcome::disputed ? !both.state.equivocators.empty()
                                                    : both.decision == first.decision)
          << name << " and " << other_name;
    }
  }
  EXPECT_GT(finals, 50U);
}

}  // namespace
}  // namespace tocsin::council
