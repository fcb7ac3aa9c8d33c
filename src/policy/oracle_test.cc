// A second implementation of docs/release.md, straight from its text, slow and plain, over random worlds; and the proof
// that the comparison would see a mistake: copies of the deciding function with one bug each.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "policy/release_json.h"

namespace tocsin::policy {

#define MUTANT(name) Release decide_##name(const Request& request);
#include "mutants.def"
#undef MUTANT

namespace {

using wire::Json;

// ---- The oracle: reads the JSON of the question, shares nothing with the room but the JSON tree --------------------

struct Oracle {
  const Json& line;
  const Json& object;
  std::set<std::string> audience;
  bool declared = false;
  bool from_author = false;
  bool publish = false;
  std::string person, organisation, holder_organisation;
  std::set<std::string> providers, communities;
  std::string at;

  static std::string text(const Json& from, const char* name) { return std::string(from.string_or(name, "")); }

  static std::set<std::string> names(const Json* from) {
    std::set<std::string> out;
    if (from != nullptr && from->kind == Json::Kind::string) {
      out.insert(from->text);
    }
    for (const Json& item : from == nullptr ? std::vector<Json>{} : from->items) {
      out.insert(item.text);
    }
    return out;
  }

  explicit Oracle(const Json& question) : line(question), object(*question.find("object")) {
    const Json* given = line.find("audience");
    declared = given->kind == Json::Kind::array;
    audience = names(given);
    from_author = text(line, "holder") == "author";
    publish = text(line, "purpose") == "publish";
    holder_organisation = text(line, "holder_organisation");
    const Json& to = *line.find("recipient");
    person = text(to, "person");
    organisation = text(to, "organisation");
    providers = names(to.find("client_of"));
    communities = names(to.find("communities"));
    at = text(line, "at");
  }

  static bool meet(const std::set<std::string>& a, const std::set<std::string>& b) {
    for (const std::string& name : a) {
      if (b.contains(name)) {
        return true;
      }
    }
    return false;
  }

  bool named() const { return declared && audience.contains(person); }
  // Rule 2.
  bool in_audience() const {
    return !declared || named() || audience.contains(organisation) || meet(audience, communities);
  }
  bool own_organisation() const {
    if (!holder_organisation.empty()) {
      return organisation == holder_organisation;
    }
    return declared ? audience.contains(organisation) : !organisation.empty();
  }
  bool client() const {
    if (!holder_organisation.empty()) {
      return providers.contains(holder_organisation);
    }
    return declared ? meet(audience, providers) : !providers.empty();
  }
  bool community() const {
    return declared ? audience.contains(organisation) || meet(audience, communities)
                    : !communities.empty() || !organisation.empty() || !person.empty();
  }

  // Rules 5 to 9: the level of a reference; "list" and "statement" beside the five and "unknown".
  std::string level(const std::string& id) const {
    static const std::pair<const char*, const char*> table[] = {
        {"613f2e26-407d-48c7-9eca-b8e91df99dc9", "clear"}, {"34098fce-860f-48ae-8e50-ebd3cc5e41da", "green"},
        {"f88d31f6-486f-44da-b317-01333bde0b82", "amber"}, {"5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "red"},
        {"94868c89-83c2-464b-929b-a1a8aa3c8487", "clear"}, {"bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "green"},
        {"55d920b0-5e8b-4f79-9ee9-91f868d9b421", "amber"}, {"939a9414-2ddd-4d32-a0cd-375ea402b003", "strict"},
        {"e828b379-4e03-4974-9ac4-e53a884c97c1", "red"}};
    for (const auto& [uuid, name] : table) {
      if (id == std::string("marking-definition--") + uuid) {
        return name;
      }
    }
    const Json* found = definition(id);
    if (found == nullptr) {
      return "unknown";
    }
    if (found->find("extensions") != nullptr) {
      return found->find("extensions")->find("extension-definition--d512726c-1903-4072-b852-4473ec37c961") == nullptr
                 ? "unknown"
                 : "list";
    }
    return text(*found, "definition_type") == "statement" ? "statement" : "unknown";
  }
  const Json* definition(const std::string& id) const {
    for (const Json& one : line.find("markings")->items) {
      if (text(one, "id") == id) {
        return &one;
      }
    }
    return nullptr;
  }

  bool allows(const std::string& id) const {
    const std::string is = level(id);
    if (is == "statement") {
      return true;
    }
    if (is == "list") {
      const Json* body =
          definition(id)->find("extensions")->find("extension-definition--d512726c-1903-4072-b852-4473ec37c961");
      const std::string until = text(*body, "embargo_until");
      if (!until.empty() && at < until) {  // all of one form here
        return false;
      }
      if (const Json* list = body->find("release_to")) {
        const auto names_there = names(list);
        return !publish &&
               (names_there.contains(person) || names_there.contains(organisation) || meet(names_there, communities));
      }
      return true;
    }
    if (publish) {
      return is == "clear";
    }
    if (is == "unknown" || (is == "red" && !from_author)) {
      return named();
    }
    if (from_author || is == "clear" || named() || own_organisation()) {
      return true;
    }
    if (is == "strict") {
      return false;
    }
    return client() || (is == "green" && community());
  }

  bool graded(const std::string& id) const { return level(id) != "statement" && level(id) != "list"; }

  // How many elements, or 0: the selector names no element of a list; -1: it names nothing.
  int there(const std::string& selector) const {
    const std::size_t dot = selector.find(".[");
    const Json* property = object.find(selector.substr(0, dot));
    if (property == nullptr) {
      return -1;
    }
    if (dot == std::string::npos) {
      return 0;
    }
    const auto index = std::strtoul(selector.c_str() + dot + 2, nullptr, 10);
    return property->kind == Json::Kind::array && index < property->items.size()
               ? static_cast<int>(property->items.size())
               : -1;
  }

  std::string answer() const {
    if (declared && audience.empty()) {
      return "deny";
    }
    const std::string type = text(object, "type");
    if (type == "identity") {
      const Json* with = line.find("with_a_released_object");
      if (with == nullptr || !with->boolean) {
        return "deny";
      }
    }
    const std::string embargo = text(line, "embargo_until");
    if (!embargo.empty() && at < embargo) {
      return "deny";
    }
    std::set<std::string> whole = names(object.find("object_marking_refs"));
    std::set<std::string> left_out;
    const Json* granular = object.find("granular_markings");
    for (const Json& entry : granular == nullptr ? std::vector<Json>{} : granular->items) {
      if (entry.find("lang") != nullptr) {
        continue;
      }
      const std::string id = text(entry, "marking_ref");
      bool misplaced = false;
      for (const std::string& selector : names(entry.find("selectors"))) {
        misplaced = misplaced || there(selector) < 0;
      }
      if (misplaced) {
        whole.insert(id);
      } else if (!allows(id)) {
        left_out.merge(names(entry.find("selectors")));
      }
    }
    if (whole.empty() && granular == nullptr) {
      for (const Json& one : line.find("markings")->items) {
        whole.insert(text(one, "id"));
      }
    }
    bool any_graded = false;
    for (const std::string& id : whole) {
      if (!allows(id)) {
        return "deny";
      }
      any_graded = any_graded || graded(id);
    }
    if (publish && (!any_graded || (from_author && declared))) {
      return "deny";
    }
    if (!publish && (from_author || !any_graded) && !in_audience()) {
      return "deny";
    }
    if (left_out.empty()) {
      return "allow";
    }
    if (type == "file") {
      return "deny";
    }
    int elements = 0;
    for (const std::string& selector : left_out) {
      if (selector == "pattern" || selector == "object_refs") {
        return "deny";
      }
      if (selector.starts_with("object_refs.[") && ++elements == there(selector)) {
        return "deny";
      }
    }
    return "redact";
  }
};

// ---- Random questions ---------------------------------------------------------------------------------------------

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}

  std::string question() {
    std::string out = R"({"object":)" + object();
    const bool marked = out.find("_marking") != std::string::npos;
    out += R"(,"markings":[)";
    // All definitions where the object refers to some; its markings themselves, or nothing, where it names none.
    const std::size_t first = marked ? 0 : below(std::size(definitions));
    const std::size_t end = marked ? std::size(definitions) : first + below(3);
    for (std::size_t i = first; i < std::min(end, std::size(definitions)); ++i) {
      out += (i == first ? "" : ",") + std::string(definitions[i]);
    }
    out += "]";
    out += R"(,"audience":)" + (chance(4) ? "null" : names(chance(8) ? 0 : 1 + below(3)));
    out += std::string(R"(,"holder":")") + (chance(2) ? "author" : "recipient") + "\"";
    out += R"(,"recipient":{"person":)" + name_or_null() + R"(,"organisation":)" + name_or_null();
    out += R"(,"client_of":)" + (chance(2) ? name_or_null() : names(below(3)));
    out += R"(,"communities":)" + names(below(3)) + "}";
    static constexpr const char* purposes[] = {"read", "forward", "publish", "backup"};
    out += std::string(R"(,"purpose":")") + purposes[below(4)] + "\"";
    out += R"(,"at":")" + std::string(moments[below(3)]) + "\"";
    out += chance(6) ? R"(,"embargo_until":")" + std::string(moments[below(3)]) + "\"" : "";
    out += chance(4) ? R"(,"holder_organisation":)" + name() : "";
    out += chance(4) ? R"(,"with_a_released_object":true)" : "";
    return out + "}";
  }

 private:
  static constexpr const char* moments[] = {"2021-07-19T12:00:00.000Z", "2021-07-19T12:00:00.001Z",
                                            "2022-01-01T00:00:00.000Z"};
  static constexpr std::string_view definitions[] = {
      R"({"type":"marking-definition","id":"marking-definition--s","definition_type":"statement","definition":{"statement":"c"}})",
      R"({"type":"marking-definition","id":"marking-definition--t","definition_type":"tlp","definition":{"tlp":"white"}})",
      R"({"type":"marking-definition","id":"marking-definition--l","extensions":{"extension-definition--d512726c-1903-4072-b852-4473ec37c961":{"extension_type":"property-extension","release_to":["a","b","c"]}}})",
      R"({"type":"marking-definition","id":"marking-definition--e","extensions":{"extension-definition--d512726c-1903-4072-b852-4473ec37c961":{"embargo_until":"2021-07-19T12:00:00.001Z"}}})",
      R"({"type":"marking-definition","id":"marking-definition--x","extensions":{"extension-definition--1":{"grade":1}}})",
      R"({"type":"marking-definition","id":"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1","definition_type":"tlp","definition":{"tlp":"white"}})",
      R"({"type":"marking-definition","id":"marking-definition--t","definition_type":"statement","definition":{"statement":"c"}})"};

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool chance(std::uint64_t n) { return below(n) == 0; }
  std::string name() { return std::string("\"") + static_cast<char>('a' + below(6)) + "\""; }
  std::string name_or_null() { return chance(4) ? "null" : name(); }
  std::string names(std::uint64_t count) {
    std::string out = "[";
    for (std::uint64_t i = 0; i < count; ++i) {
      out += (i == 0 ? "" : ",") + name();
    }
    return out + "]";
  }
  std::string marking() {
    static constexpr const char* ids[] = {"613f2e26-407d-48c7-9eca-b8e91df99dc9",
                                          "34098fce-860f-48ae-8e50-ebd3cc5e41da",
                                          "f88d31f6-486f-44da-b317-01333bde0b82",
                                          "5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
                                          "94868c89-83c2-464b-929b-a1a8aa3c8487",
                                          "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
                                          "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
                                          "939a9414-2ddd-4d32-a0cd-375ea402b003",
                                          "e828b379-4e03-4974-9ac4-e53a884c97c1",
                                          "s",
                                          "s",
                                          "t",
                                          "l",
                                          "e",
                                          "x",
                                          "nowhere"};
    return std::string("\"marking-definition--") + ids[below(std::size(ids))] + "\"";
  }
  std::string object() {
    static constexpr const char* types[] = {"indicator", "indicator", "report", "report", "file", "identity"};
    const std::string type = types[below(6)];
    std::string out = R"({"type":")" + type + R"(","name":"n","description":"d","labels":["x","y"])";
    out += type == "indicator" ? R"(,"pattern":"p")" : "";
    out += type == "report" ? R"(,"object_refs":["r1","r2"])" : "";
    const std::uint64_t count = below(4);
    if (count != 0) {
      out += R"(,"object_marking_refs":[)";
      for (std::uint64_t i = 0; i < count; ++i) {
        out += (i == 0 ? "" : ",") + marking();
      }
      out += "]";
    }
    const std::uint64_t parts = below(3);
    static constexpr const char* selectors[] = {"description",     "description",     "labels.[0]", "labels.[1]",
                                                "object_refs.[0]", "object_refs.[1]", "pattern",    "name",
                                                "labels.[2]",      "object_refs"};
    if (parts != 0) {
      out += R"(,"granular_markings":[)";
      for (std::uint64_t i = 0; i < parts; ++i) {
        out += i == 0 ? "" : ",";
        out += chance(10) ? R"({"lang":"fr")" : R"({"marking_ref":)" + marking();
        out += std::string(R"(,"selectors":[")") + selectors[below(10)] + "\"";
        out += chance(3) ? std::string(",\"") + selectors[below(10)] + "\"" : "";
        out += "]}";
      }
      out += "]";
    }
    return out + "}";
  }

  std::mt19937_64 random_;
};

struct Question {
  Request request;
  std::string expected;
};

Question ask(World& world, std::string& text) {
  text = world.question();
  const auto json = wire::parse_json(text);
  EXPECT_TRUE(json.has_value()) << text;
  auto request = read_request(*json);
  EXPECT_TRUE(request.has_value()) << text;
  return {*std::move(request), Oracle(*json).answer()};
}

TEST(ReleaseOracle, AgreesOverRandomWorlds) {
  const bool long_run = std::getenv("TOCSIN_LONG") != nullptr;
  const int worlds = long_run ? 1'000'000 : 20'000;
  World world(20210719);
  int leaks = 0;
  int denials = 0;
  int seen[3] = {};
  std::string text;
  for (int i = 0; i < worlds; ++i) {
    const Question question = ask(world, text);
    const Decision decision = decide(question.request).decision;
    ++seen[static_cast<int>(decision)];
    if (name_of(decision) != question.expected) {
      ++(decision == Decision::deny ? denials : leaks);
      ASSERT_LT(leaks + denials, 5) << name_of(decision) << " instead of " << question.expected << ": " << text;
      ADD_FAILURE() << name_of(decision) << " instead of " << question.expected << ": " << text;
    }
  }
  EXPECT_EQ(leaks, 0);
  EXPECT_EQ(denials, 0);
  for (const int count : seen) {
    EXPECT_GT(count, worlds / 100) << "the worlds meet every decision often";
  }
}

TEST(ReleaseOracle, CatchesEveryMutant) {
  struct Mutant {
    std::string_view name;
    Release (*decide)(const Request&);
    int caught = 0;
  };
  std::vector<Mutant> mutants = {
#define MUTANT(name) {#name, decide_##name},
#include "mutants.def"
#undef MUTANT
  };
  ASSERT_GE(mutants.size(), 5U);
  World world(20210719);
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    const Question question = ask(world, text);
    for (Mutant& mutant : mutants) {
      mutant.caught += name_of(mutant.decide(question.request).decision) != question.expected;
    }
  }
  for (const Mutant& mutant : mutants) {
    EXPECT_GT(mutant.caught, 0) << mutant.name << " got past the checker";
    RecordProperty(std::string(mutant.name), mutant.caught);
  }
}

}  // namespace
}  // namespace tocsin::policy
