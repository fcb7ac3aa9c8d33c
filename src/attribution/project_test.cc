// Claims as plain STIX: attributed-to only from attributions, one per claimant, and never from a territory.
#include "attribution/project.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "support/corpus.h"

namespace tocsin::attribution {
namespace {

struct Projected {
  Projection counts;
  wire::Json bundle;
  std::vector<const wire::Json*> of_type(std::string_view type, std::string_view relation = "") const {
    std::vector<const wire::Json*> out;
    for (const wire::Json& object : bundle.find("objects")->items) {
      if (object.string_or("type", "") == type && object.string_or("relationship_type", "") == relation) {
        out.push_back(&object);
      }
    }
    return out;
  }
};

Projected project(std::initializer_list<std::string> texts) {
  Reader reader;
  for (const std::string& text : texts) {
    EXPECT_TRUE(reader.read(text, "f")) << text;
  }
  const Record record = reader.finish();
  EXPECT_TRUE(record.errors.empty());
  std::string text;
  wire::JsonWriter json(text);
  Projected out;
  out.counts = write_stix(record, claim_matrix(record), json);
  auto bundle = wire::parse_json(text);
  EXPECT_TRUE(bundle) << text;
  out.bundle = std::move(*bundle);
  return out;
}

std::string uuid(int n) { return "00000000-0000-4000-8000-00000000000" + std::to_string(n); }
std::string claim(int id, int nation, const std::string& object, const std::string& granularity,
                  const std::string& more = "") {
  return R"({"type":"tocsin-attribution","id":"tocsin-attribution--)" + uuid(id) +
         R"(","created":"2021-07-19T12:00:00Z","modified":"2021-07-19T12:00:00Z","claimant_ref":"identity--)" +
         uuid(nation) + R"(","activity_refs":["campaign--)" + uuid(9) + R"("],"object":{"ref":")" + object +
         R"(","granularity":")" + granularity + R"("},"level":"political","verb":"v","words":"w")" + more + "}";
}
std::string react(int id, const std::string& verb, int on) {
  return R"({"type":"tocsin-acknowledgement","id":"tocsin-acknowledgement--)" + uuid(id) +
         R"(","created":"2021-07-19T12:00:00Z","by_ref":"identity--)" + uuid(7) + R"(","verb":")" + verb +
         R"(","reason":"r","evidence_refs":["e"],"target_refs":["tocsin-attribution--)" + uuid(on) + "\"]}";
}
const std::string actor = "threat-actor--" + uuid(5);

TEST(Project, OneRelationshipForEachClaimant) {
  const auto out = project({claim(1, 1, actor, "organ"), claim(2, 2, actor, "organ"),
                            claim(3, 2, actor, "organ-affiliated"), claim(4, 2, actor, "organ")});
  std::set<std::string> claimants;
  for (const wire::Json* one : out.of_type("relationship", "attributed-to")) {
    EXPECT_TRUE(claimants.insert(std::string(one->string_or("created_by_ref", ""))).second);
  }
  EXPECT_EQ(claimants.size(), 2U);
}

TEST(Project, NothingButAnAttributionAttributes) {
  for (const std::string verb : {"acknowledge", "recognise", "note", "welcome", "support", "contest", "dissociate",
                                 "no-position", "corroborate"}) {
    const auto out = project({claim(1, 1, actor, "organ"), react(2, verb, 1)});
    ASSERT_EQ(out.of_type("relationship", "attributed-to").size(), 1U) << verb;
    EXPECT_EQ(out.of_type("relationship", "attributed-to")[0]->string_or("created_by_ref", ""), "identity--" + uuid(1));
    EXPECT_EQ(out.of_type("note").size(), 1U) << verb;
  }
}

TEST(Project, TerritoryAndWhatIsLeftOpenNeverAttribute) {
  const std::string place = "location--" + uuid(6), state = "identity--" + uuid(6);
  for (const auto& [object, granularity] :
       std::initializer_list<std::pair<std::string, std::string>>{{place, "territory"},
                                                                  {place, "state"},
                                                                  {state, "territory"},
                                                                  {actor, "branch office"},
                                                                  {actor, "territory"},
                                                                  {actor, "unstated"}}) {
    const auto out = project({claim(1, 1, object, granularity)});
    EXPECT_EQ(out.counts.attributed, 0U) << object << granularity;
    EXPECT_EQ(out.of_type("relationship", "attributed-to").size(), 0U);
    EXPECT_EQ(out.counts.territories, object == place ? 1U : 0U);
    EXPECT_EQ(out.counts.notes, object == place ? 0U : 1U);
  }
}

TEST(Project, WithdrawnSupersededAndRelayedDoNot) {
  EXPECT_EQ(project({claim(1, 7, actor, "organ"), react(2, "withdraw", 1)}).counts.attributed, 0U);
  const auto superseded =
      project({claim(1, 1, actor, "organ"),
               claim(2, 1, actor, "state", R"(,"supersedes_ref":"tocsin-attribution--)" + uuid(1) + "\"")});
  EXPECT_EQ(superseded.counts.attributed, 1U);
  const auto relayed =
      project({claim(1, 1, actor, "organ",
                     R"(,"relays_ref":"note--)" + uuid(8) + R"(","created_by_ref":"identity--)" + uuid(2) + "\"")});
  EXPECT_EQ(relayed.counts.attributed, 0U);
  ASSERT_EQ(relayed.of_type("note").size(), 1U);
  EXPECT_EQ(relayed.of_type("note")[0]->string_or("created_by_ref", ""), "identity--" + uuid(2));
}

TEST(Project, ConfidenceIsLossyOrAbsentAndMarkingsTravel) {
  const std::string red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";
  const auto out = project({claim(
      1, 1, actor, "organ", R"(,"likelihood":"likely","scale_id":"wep","object_marking_refs":[")" + red + "\"]")});
  const wire::Json& one = *out.of_type("relationship", "attributed-to").at(0);
  EXPECT_EQ(one.find("confidence")->text, "70");
  EXPECT_EQ(one.find("labels")->items.at(0).text, "lossy-confidence");
  EXPECT_EQ(one.find("object_marking_refs")->items.at(0).text, red);
  const auto without =
      project({claim(1, 1, actor, "organ", R"(,"analytic_confidence":"cannot be judged","scale_id":"admiralty")")});
  EXPECT_EQ(without.of_type("relationship", "attributed-to").at(0)->find("confidence"), nullptr);
}

TEST(Project, NineteenthOfJuly2021) {
  std::ifstream in(test::golden() / "claims" / "nineteenth-of-july-2021.json", std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  const auto out = project({text.str()});
  std::set<std::string> names;
  for (const wire::Json& object : out.bundle.find("objects")->items) {
    if (object.string_or("type", "") != "relationship") {
      continue;
    }
    for (const wire::Json& other : out.bundle.find("objects")->items) {
      if (other.string_or("id", "") == object.string_or("created_by_ref", "")) {
        names.insert(std::string(other.string_or("name", "")) + " " +
                     std::string(object.string_or("relationship_type", "")));
      }
    }
  }
  EXPECT_EQ(names, (std::set<std::string>{"Australia attributed-to", "Canada attributed-to", "Japan attributed-to",
                                          "New Zealand attributed-to", "United Kingdom attributed-to",
                                          "United States attributed-to", "European Union originates-from"}));
}

}  // namespace
}  // namespace tocsin::attribution
