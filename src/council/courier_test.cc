#include "council/courier.h"

#include <gtest/gtest.h>

#include "council/simulation.h"
#include "council/verdict.h"
#include "stix/validate.h"
#include "trust/digest.h"

namespace tocsin::council {
namespace {

using consult::Kind;
using simulation::Network;

struct Table : Network {
  Table() : Network({.members = {"EST", "NOR", "POL"}}, "CHAIR", "A text", "2026-03-01T08:00:00Z") {
    const std::string words = "We condemn it.";
    const Manifest manifest = *make_manifest({{"en", trust::sha256_hex(words)}}, {});
    EXPECT_TRUE(chair().receive(Record{RecordKind::text, text_json({"en", words})}));
    EXPECT_TRUE(chair().receive(Record{RecordKind::text, text_json({"en", "never tabled"})}));
    EXPECT_TRUE(chair().receive(Record{RecordKind::manifest, manifest.canonical}));
    run_for(60'000);
    EXPECT_TRUE(act("NOR", Kind::draft, "{\"rev\":1,\"parent\":null,\"text_sha256\":\"" + manifest.sha256 + "\"}"));
    run_for(60'000);
  }
  Consultation& chair() { return *node("CHAIR").consultation; }
};

TEST(Courier, CarriesWhatABundleHolds) {
  Table net;
  const std::vector<std::string> objects = objects_of(net.chair().item());
  Gathering gathering(net.item());
  std::set<std::string> ids;
  for (const std::string& object : objects) {
    stix::Validator validator({.warnings = false});
    stix::Findings findings;
    ASSERT_TRUE(validator.check(object, findings).has_value());
    EXPECT_TRUE(findings.valid()) << object << (findings.errors.empty() ? "" : findings.errors.front().message);
    EXPECT_TRUE(ids.insert(std::string(wire::parse_json(object)->string_or("id", ""))).second);
    EXPECT_EQ(object.find("never tabled"), std::string::npos);
    gathering.add(object);
    gathering.add(object);
  }
  const Bundle carried = gathering.take();
  const Bundle exported = *read_bundle(write_bundle(net.chair().item()));
  consult::Ed25519Verifier verifier;
  const Trust trust{.roster = net.chair().item().roster().hash, .as_of = net.seconds()};
  const Verdict one = verify_bundle(carried, trust, verifier, {});
  const Verdict other = verify_bundle(exported, trust, verifier, {});
  EXPECT_EQ(to_json(one), to_json(other));
  EXPECT_EQ(one.state.status, consult::Status::tabled);
  // The same item gives the same objects elsewhere.
  const std::vector<std::string> again = objects_of(net.node("EST").consultation->item());
  for (const std::string& object : again) {
    EXPECT_NE(std::ranges::find(objects, object), objects.end()) << object;
  }
}

TEST(Courier, IsNotBelieved) {
  Table net;
  Gathering gathering(net.item());
  for (
      const std::string_view object :
      {"", "7", "{}", "[]", R"({"type":"indicator","item":"x"})", R"({"type":"tocsin-entry"})",
       R"({"type":"tocsin-consultation-part","item":"0000000000000000000000000000000000000000000000000000000000000000"})"}) {
    gathering.add(object);
  }
  const std::string item = consult::hex(net.item());
  gathering.add(R"({"type":"tocsin-entry","item":")" + item + R"(","entry":"{}"})");
  gathering.add(R"({"type":"tocsin-consultation-part","item":")" + item + R"(","part":"soul","value":"x"})");
  gathering.add(R"({"type":"tocsin-consultation-part","item":")" + item + R"(","part":"text","value":7})");
  const Bundle bundle = gathering.take();
  EXPECT_EQ(bundle.problems_total, 3U);
  EXPECT_TRUE(bundle.entries.empty() && bundle.texts.empty() && bundle.rosters.empty());
}

}  // namespace
}  // namespace tocsin::council
