// Release decisions, rule by rule as docs/release.md numbers them.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "policy/release_json.h"
#include "policy/truth_table.h"
#include "support/corpus.h"

namespace tocsin::policy {
namespace {

constexpr std::string_view red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";
constexpr std::string_view old_red = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";
constexpr std::string_view strict = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003";
constexpr std::string_view amber = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421";
constexpr std::string_view old_amber = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82";
constexpr std::string_view green = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
constexpr std::string_view clear = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487";
constexpr std::string_view white = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9";

struct Case {
  std::string object = R"({"type":"indicator","id":"indicator--1","created":"x","modified":"x"})";
  std::string markings = "[]";
  std::string audience = "null";
  std::string holder = "recipient";
  std::string recipient = R"({"person":"p1","organisation":"o1","client_of":null,"communities":["c1"]})";
  std::string purpose = "read";
  std::string more = "";
};

std::string marked(std::string_view marking, std::string_view more = "") {
  return R"({"type":"indicator","id":"indicator--1","name":"n","description":"d","pattern":"p","labels":["a","b"],)"
         R"("object_marking_refs":[")" +
         std::string(marking) + "\"]" + std::string(more) + "}";
}

std::string answer(const Case& one) {
  const std::string text = R"({"object":)" + one.object + R"(,"markings":)" + one.markings + R"(,"audience":)" +
                           one.audience + R"(,"holder":")" + one.holder + R"(","recipient":)" + one.recipient +
                           R"(,"purpose":")" + one.purpose + R"(","at":"2021-07-19T12:00:00Z")" + one.more + "}";
  const auto json = wire::parse_json(text);
  if (!json) {
    return "bad json " + json.error().message;
  }
  const auto request = read_request(*json);
  if (!request) {
    return "error " + request.error().message;
  }
  const Release release = decide(*request);
  EXPECT_FALSE(release.because.empty()) << text;
  return std::string(name_of(release.decision)) + " " + std::string(code_text(release.because.front().code));
}

TEST(Release, EmptyAudienceIsNobodyAndNoneIsTheReaders) {
  for (const std::string holder : {"author", "recipient"}) {
    for (const std::string purpose : {"read", "forward", "publish", "backup"}) {
      EXPECT_EQ(answer({.object = marked(clear), .audience = "[]", .holder = holder, .purpose = purpose}),
                "deny audience-empty");
    }
    EXPECT_EQ(answer({.holder = holder}), "allow readers-are-audience");
  }
  EXPECT_EQ(answer({.object = marked(strict)}), "allow marking-allows");
  EXPECT_EQ(answer({.object = marked(red)}), "deny not-named");
}

TEST(Release, AuthorReleasesToItsAudience) {
  for (const std::string_view marking : {clear, white, green, amber, strict, red, old_red}) {
    EXPECT_EQ(answer({.object = marked(marking), .audience = R"(["o1"])", .holder = "author"}), "allow in-audience");
    EXPECT_EQ(answer({.object = marked(marking), .audience = R"(["c1"])", .holder = "author"}), "allow in-audience");
    EXPECT_EQ(answer({.object = marked(marking), .audience = R"(["p1"])", .holder = "author"}), "allow in-audience");
    EXPECT_EQ(answer({.object = marked(marking), .audience = R"(["o2"])", .holder = "author"}), "deny not-in-audience");
  }
  // A client of the audience is not the audience.
  EXPECT_EQ(answer({.object = marked(amber),
                    .audience = R"(["o2"])",
                    .holder = "author",
                    .recipient = R"({"organisation":"o1","client_of":"o2"})"}),
            "deny not-in-audience");
}

TEST(Release, OnwardByMarking) {
  const std::string client = R"({"person":"p9","organisation":"o9","client_of":"o1","communities":[]})";
  const std::string neighbour = R"({"person":"p9","organisation":"o9","communities":["c1"]})";
  const std::string audience = R"(["o1","c1","p1"])";
  const auto onward = [&](std::string_view marking, const std::string& recipient) {
    return answer({.object = marked(marking), .audience = audience, .recipient = recipient});
  };
  EXPECT_EQ(onward(amber, client), "allow marking-allows");
  EXPECT_EQ(onward(old_amber, client), "allow marking-allows");
  EXPECT_EQ(onward(strict, client), "deny not-the-organisation");
  EXPECT_EQ(onward(amber, neighbour), "deny not-a-client");
  EXPECT_EQ(onward(green, neighbour), "allow marking-allows");
  EXPECT_EQ(onward(green, R"({"organisation":"o9","communities":["c9"]})"), "deny not-in-community");
  EXPECT_EQ(onward(clear, R"({"organisation":"o9"})"), "allow marking-allows");
  EXPECT_EQ(onward(red, R"({"person":"p2","organisation":"o1"})"), "deny not-named");
  EXPECT_EQ(onward(red, R"({"person":"p1","organisation":"o9"})"), "allow marking-allows");
  EXPECT_EQ(onward(old_red, R"({"organisation":"o1"})"), "deny not-named");
  EXPECT_EQ(answer({.audience = R"(["o2"])"}), "deny not-in-audience");
}

TEST(Release, HoldersOrganisationIsTheOwnOne) {
  const Case other{.object = marked(amber), .audience = R"(["o1","o2"])", .more = R"(,"holder_organisation":"o2")"};
  EXPECT_EQ(answer(other), "deny not-a-client");
  Case client = other;
  client.recipient = R"({"organisation":"o3","client_of":["o2"]})";
  EXPECT_EQ(answer(client), "allow marking-allows");
  Case green_onward = other;
  green_onward.object = marked(green);
  EXPECT_EQ(answer(green_onward), "allow marking-allows");
}

TEST(Release, SeveralMarkingsNeedAll) {
  const std::string both =
      R"({"type":"report","object_marking_refs":[")" + std::string(clear) + R"(",")" + std::string(strict) + R"("]})";
  EXPECT_EQ(answer({.object = both, .audience = R"(["o1"])"}), "allow marking-allows");
  EXPECT_EQ(answer({.object = both, .audience = R"(["o1"])", .recipient = R"({"client_of":"o1"})"}),
            "deny not-the-organisation");
  EXPECT_EQ(answer({.object = both, .purpose = "publish"}), "deny not-marked-clear");
}

TEST(Release, TlpIsKnownByIdentifierAlone) {
  const std::string forged = R"([{"type":"marking-definition","id":")" + std::string(red) +
                             R"(","definition_type":"tlp","definition":{"tlp":"white"}}])";
  EXPECT_EQ(answer({.object = marked(red), .markings = forged, .audience = R"(["o1"])"}), "deny not-named");
  const std::string claim =
      R"([{"type":"marking-definition","id":"marking-definition--7","name":"TLP:CLEAR","definition_type":"tlp",)"
      R"("definition":{"tlp":"white"}}])";
  EXPECT_EQ(answer({.object = marked("marking-definition--7"), .markings = claim, .audience = R"(["o1"])"}),
            "deny unknown-marking");
  EXPECT_EQ(
      answer(
          {.object = marked("marking-definition--7"), .markings = claim, .audience = R"(["o1"])", .holder = "author"}),
      "deny unknown-marking");
  EXPECT_EQ(answer({.object = marked("marking-definition--7"), .audience = R"(["p1"])"}), "allow marking-allows");
  EXPECT_EQ(answer({.object = R"({"type":"tool","object_marking_refs":"x"})"}), "deny unknown-marking");
  EXPECT_EQ(answer({.object = R"({"type":"tool","object_marking_refs":[null]})"}), "deny unknown-marking");
}

TEST(Release, StatementsRestrictNothing) {
  const std::string statement = R"([{"type":"marking-definition","id":"marking-definition--7","definition_type":)"
                                R"("statement","definition":{"statement":"(c) 2021"}}])";
  EXPECT_EQ(answer({.object = marked("marking-definition--7"), .markings = statement, .audience = R"(["o1"])"}),
            "allow in-audience");
  EXPECT_EQ(answer({.object = marked("marking-definition--7"), .markings = statement, .purpose = "publish"}),
            "deny not-marked-clear");
  // The second definition under one id does not count.
  const std::string twice = statement.substr(0, statement.size() - 1) +
                            R"(,{"type":"marking-definition","id":"marking-definition--7","definition_type":"x"}])";
  EXPECT_EQ(answer({.object = marked("marking-definition--7"), .markings = twice, .audience = R"(["o1"])"}),
            "allow in-audience");
}

TEST(Release, ListsAndEmbargoes) {
  const auto list = [](std::string_view body) {
    return R"([{"type":"marking-definition","id":"marking-definition--7","extensions":{")" +
           std::string(list_extension) + R"(":{"extension_type":"property-extension",)" + std::string(body) + "}}}]";
  };
  const std::string object = marked("marking-definition--7");
  EXPECT_EQ(answer({.object = object, .markings = list(R"("release_to":["o1"])"), .holder = "author"}),
            "allow readers-are-audience");
  EXPECT_EQ(answer({.object = object, .markings = list(R"("release_to":["o2"])"), .holder = "author"}),
            "deny not-listed");
  EXPECT_EQ(answer({.object = object, .markings = list(R"("release_to":["o1"])"), .audience = R"(["o2"])"}),
            "deny not-in-audience");
  EXPECT_EQ(answer({.object = object, .markings = list(R"("release_to":["o1",7])")}), "deny unknown-marking");
  EXPECT_EQ(answer({.object = object, .markings = list(R"("embargo_until":"2021-07-19T12:00:00.001Z")")}),
            "deny embargo");
  EXPECT_EQ(answer({.object = object, .markings = list(R"("embargo_until":"2021-07-19T12:00:00Z")")}),
            "allow readers-are-audience");
  EXPECT_EQ(answer({.holder = "author", .more = R"(,"embargo_until":"2021-07-20T00:00:00Z")"}), "deny embargo");
  EXPECT_EQ(answer({.more = R"(,"embargo_until":"tomorrow")"}).substr(0, 5), "error");
}

TEST(Release, PublishingNeedsClear) {
  EXPECT_EQ(answer({.object = marked(clear), .holder = "author", .purpose = "publish"}), "allow public");
  EXPECT_EQ(answer({.object = marked(white), .audience = R"(["o2"])", .purpose = "publish"}), "allow public");
  EXPECT_EQ(answer({.object = marked(clear), .audience = R"(["o1"])", .holder = "author", .purpose = "publish"}),
            "deny audience-not-public");
  EXPECT_EQ(answer({.holder = "author", .purpose = "publish"}), "deny not-marked-clear");
  EXPECT_EQ(answer({.object = marked(green), .holder = "author", .purpose = "publish"}), "deny not-marked-clear");
}

TEST(Release, GranularMarkingsRedact) {
  const auto granular = [](std::string_view marking, std::string_view selectors) {
    return R"(,"granular_markings":[{"marking_ref":")" + std::string(marking) + R"(","selectors":[)" +
           std::string(selectors) + "]}]";
  };
  const auto ask = [&](std::string_view marking, std::string_view selectors) {
    return answer({.object = marked(green, granular(marking, selectors)), .audience = R"(["o1"])"});
  };
  EXPECT_EQ(ask(red, R"("description")"), "redact withheld");
  EXPECT_EQ(ask(red, R"("labels.[1]")"), "redact withheld");
  EXPECT_EQ(ask(red, R"("name")"), "redact withheld");
  EXPECT_EQ(ask(strict, R"("description")"), "allow marking-allows");
  EXPECT_EQ(ask(red, R"("pattern")"), "deny not-redactable");
  EXPECT_EQ(ask(red, R"("labels.[2]")"), "deny not-named");
  EXPECT_EQ(ask(red, R"("nothing")"), "deny not-named");
  EXPECT_EQ(ask(red, ""), "deny not-named");
  EXPECT_EQ(ask("marking-definition--7", R"("description")"), "redact withheld");
  // It never widens.
  EXPECT_EQ(answer({.object = marked(red, granular(clear, R"("description")")), .audience = R"(["o1"])"}),
            "deny not-named");
  EXPECT_EQ(answer({.object = marked(clear, granular(amber, R"("description")")), .purpose = "publish"}),
            "redact withheld");
  EXPECT_EQ(answer({.object = marked(green, R"(,"granular_markings":[{"lang":"fr","selectors":["name"]}])"),
                    .audience = R"(["o1"])"}),
            "allow marking-allows");
}

TEST(Release, ObservablesAndLastElementsCannotBeRedacted) {
  const std::string granular = R"("granular_markings":[{"marking_ref":")" + std::string(red) + R"(","selectors":)";
  EXPECT_EQ(answer({.object = R"({"type":"file","name":"x",)" + granular + R"(["name"]}]})", .audience = R"(["o1"])"}),
            "deny observable");
  EXPECT_EQ(answer({.object = R"({"type":"x-thing","value":"x",)" + granular + R"(["value"]}]})"}), "deny observable");
  const auto report = [&](std::string_view selectors) {
    return answer(
        {.object = R"({"type":"report","object_refs":["a--1","b--2"],)" + granular + std::string(selectors) + "}]}"});
  };
  EXPECT_EQ(report(R"(["object_refs.[0]"])"), "redact withheld");
  EXPECT_EQ(report(R"(["object_refs.[0]","object_refs.[1]"])"), "deny not-redactable");
  EXPECT_EQ(report(R"(["object_refs"])"), "deny not-redactable");
}

TEST(Release, DefinitionsAndIdentitiesGoWithAnObject) {
  for (const std::string type : {"identity", "marking-definition", "extension-definition"}) {
    const std::string object = R"({"type":")" + type + R"("})";
    EXPECT_EQ(answer({.object = object, .holder = "author"}), "deny only-with-an-object");
    EXPECT_EQ(answer({.object = object, .holder = "author", .more = R"(,"with_a_released_object":true)"}),
              "allow readers-are-audience");
  }
}

TEST(Release, MarkingsGivenWithTheRequest) {
  EXPECT_EQ(answer({.markings = R"(["TLP:RED"])", .audience = R"(["o1"])"}), "deny not-named");
  EXPECT_EQ(answer({.markings = R"(["tlp:clear"])", .audience = R"(["o9"])"}), "allow marking-allows");
  EXPECT_EQ(answer({.markings = R"(["SECRET"])", .audience = R"(["o1"])"}), "deny unknown-marking");
  // Definitions are the object's markings where it names none itself, and otherwise only define.
  const std::string definition = R"([{"type":"marking-definition","id":")" + std::string(red) + R"("}])";
  EXPECT_EQ(answer({.markings = definition, .audience = R"(["o1"])"}), "deny not-named");
  EXPECT_EQ(answer({.object = marked(green), .markings = definition, .audience = R"(["o1"])"}), "allow marking-allows");
}

TEST(Release, BadRequestsAreErrors) {
  for (const Case& one :
       {Case{.object = "7"}, Case{.markings = "{}"}, Case{.markings = "[7]"}, Case{.audience = "\"o1\""},
        Case{.audience = "[7]"}, Case{.holder = "me"}, Case{.recipient = "7"}, Case{.recipient = R"({"person":7})"},
        Case{.purpose = "leak"}, Case{.more = R"(,"at":7)"}}) {
    EXPECT_EQ(answer(one).substr(0, 5), "error");
  }
  const std::string long_name(2'000, 'x');
  EXPECT_EQ(answer({.audience = "[\"" + long_name + "\"]"}).substr(0, 5), "error");
}

TEST(Release, NamesNeverMatchEmptyOnes) {
  EXPECT_EQ(answer({.object = marked(red), .audience = R"([""])", .recipient = R"({"person":""})"}), "deny not-named");
  EXPECT_EQ(answer({.audience = R"([""])", .holder = "author", .recipient = "{}"}), "deny not-in-audience");
}

TEST(Release, TableInTheDocumentIsMadeFromTheCode) {
  const std::filesystem::path path = std::filesystem::path(TOCSIN_SOURCE_DIR) / "docs" / "release.md";
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  ASSERT_FALSE(text.str().empty()) << path;
  EXPECT_NE(text.str().find("-->\n" + truth_table() + "<!-- end -->"), std::string::npos)
      << "docs/release.md holds another table; put the output of 'tocsin release table' there:\n"
      << truth_table();
}

}  // namespace
}  // namespace tocsin::policy
