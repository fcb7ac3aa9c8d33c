// The service in process: what is right, what is wrong, and what must not be seen.
#include <gtest/gtest.h>

#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "taxii/envelope.h"
#include "taxii/object_header.h"
#include "taxii/test_node.h"
#include "wire/json.h"

namespace tocsin::taxii {
namespace {

constexpr std::string_view green = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";
constexpr std::string_view amber = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82";
constexpr std::string_view red = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";
const std::string base = "/api/collections/c1/";

std::string uuid(int number) { return fmt::format("00000000-0000-4000-8000-{:012}", number); }

std::string indicator(int number, std::string_view more = "", std::string_view modified = "2020-01-01T00:00:00.000Z") {
  return fmt::format(
      R"({{"type":"indicator","spec_version":"2.1","id":"indicator--{}","created":"2020-01-01T00:00:00.000Z",)"
      R"("modified":"{}","pattern":"[ipv4-addr:value = '198.51.100.3']","pattern_type":"stix","valid_from":"2020-01-01T00:00:00Z"{}}})",
      uuid(number), modified, more);
}
std::string marked(int number, std::string_view marking) {
  return indicator(number, fmt::format(R"(,"object_marking_refs":["{}"])", marking));
}
std::string envelope(const std::vector<std::string>& objects) {
  std::string out = "{\"objects\":[";
  for (const std::string& object : objects) {
    out += (out.size() > 12 ? "," : "") + object;
  }
  return out + "]}";
}

class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(node.store->set_discovery({.title = "T", .description = "", .contact = "", .default_root = "api"}));
    ASSERT_TRUE(node.store->put_root({.name = "api", .title = "A", .description = "", .max_content_length = 0}));
    for (const char* id : {"c1", "c2"}) {
      store::Collection collection;
      collection.root = "api";
      collection.id = id;
      collection.title = id;
      ASSERT_TRUE(node.store->put_collection(collection));
    }
    node.add_user("alice", {{"*", "*", true, true}});
    node.add_user("bob", {{"api", "c1", true, false}}, "identity--bobs");
    node.add_user("carol", {{"api", "c1", false, true}});
    node.add_user("eve", {});
  }
  wire::Json tree(const net::Response& response) {
    auto out = wire::parse_json(response.body);
    EXPECT_TRUE(out) << response.body;
    return out ? *out : wire::Json();
  }
  std::size_t objects(const net::Response& response) {
    const wire::Json found = tree(response);
    const wire::Json* list = found.find("objects");
    return list == nullptr ? 0 : list->items.size();
  }
  void post(const std::vector<std::string>& list, const std::string& user = "alice") {
    const auto response = node.ask("POST", base + "objects/", user, envelope(list));
    ASSERT_EQ(response.status, 202) << response.body;
    EXPECT_EQ(tree(response).find("failure_count")->text, "0") << response.body;
  }
  TestNode node;
};

TEST_F(ServiceTest, FiguresOfPeersAreForTheOperatorAlone) {
  node.service = std::make_unique<Service>(
      *node.store, node.clock, node.random,
      ServiceOptions{.key = {1, 2, 3}, .operator_metrics = [] { return "tocsin_peer_x{peer=\"secret\"} 1\n"; }});
  EXPECT_NE(node.ask("GET", "/metrics", "").body.find("secret"), std::string::npos) << "on loopback";
  net::Request request;
  request.method = "GET";
  request.target = "/metrics";
  request.client_address = "192.0.2.1";
  EXPECT_EQ(node.service->handle(request).status, 401);
  request.headers.push_back({"Authorization", "Basic " + net::base64_encode("alice:secret")});
  const net::Response told = node.service->handle(request);
  EXPECT_EQ(told.status, 200);
  EXPECT_NE(told.body.find("tocsin_http_answers_total"), std::string::npos);
  EXPECT_EQ(told.body.find("peer"), std::string::npos);
  // A proxy on this machine.
  request.client_address = "127.0.0.1";
  request.headers.push_back({"X-Forwarded-For", "192.0.2.1"});
  EXPECT_EQ(node.service->handle(request).body.find("peer"), std::string::npos);
  request.headers.erase(request.headers.begin());
  EXPECT_EQ(node.service->handle(request).status, 401);
}

TEST_F(ServiceTest, WhatIsPostedIsLoggedAndRestrictedThingsApart) {
  constexpr std::string_view clear = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487";
  constexpr std::string_view white = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9";
  post({indicator(1), marked(2, clear)});
  EXPECT_EQ(*node.store->log_size("open"), 0U);  // nobody asked for a log
  node.service = std::make_unique<Service>(*node.store, node.clock, node.random,
                                           ServiceOptions{.key = {1, 2, 3}, .logs = {"open", "restricted"}});
  post({indicator(3), marked(4, clear), marked(5, white), marked(6, green), marked(7, red),
        indicator(8, fmt::format(R"(,"object_marking_refs":["{}","{}"])", clear, red)),
        marked(9, "marking-definition--00000000-0000-4000-8000-000000000009"), marked(2, clear)});
  EXPECT_EQ(*node.store->log_size("open"), 2U);
  EXPECT_EQ(*node.store->log_size("restricted"), 5U);
  const auto one = node.store->versions({"api", "c1"}, "indicator--" + uuid(4));
  const auto two = node.store->versions({"api", "c1"}, "indicator--" + uuid(5));
  ASSERT_TRUE(one && two && one->size() == 1 && two->size() == 1);
  const auto first = node.store->log_place((*one)[0]->sequence);
  const auto second = node.store->log_place((*two)[0]->sequence);
  ASSERT_TRUE(first && *first && second && *second);
  EXPECT_EQ((*first)->log, "open");
  EXPECT_NE((*first)->salt, (*second)->salt);
}

TEST_F(ServiceTest, StatusOfEachKindOfRequest) {
  struct Case {
    std::string method, target, user, body;
    int status;
  };
  for (const Case& one : std::vector<Case>{
           {"GET", "/taxii2/", "alice", "", 200},
           {"GET", "/taxii2", "alice", "", 200},
           {"HEAD", "/taxii2/", "alice", "", 200},
           {"GET", "/taxii2/", "", "", 401},
           {"GET", "/taxii2/", "nobody", "", 401},
           {"GET", "/taxii2/", "eve", "", 200},
           {"GET", "/api/", "eve", "", 404},
           {"GET", "/api/", "bob", "", 200},
           {"GET", "/", "alice", "", 404},
           {"GET", "/api/x/", "alice", "", 404},
           {"GET", base + "objects/a/versions/x/", "alice", "", 404},
           {"GET", "/api/collections/c2/", "bob", "", 404},
           {"GET", "/api/collections/c2/objects/", "bob", "", 404},
           {"POST", base + "objects/", "bob", envelope({indicator(1)}), 403},
           {"GET", base + "objects/", "carol", "", 403},
           {"DELETE", base + "objects/indicator--" + uuid(1) + "/", "bob", "", 403},
           {"DELETE", base + "objects/indicator--" + uuid(1) + "/", "carol", "", 403},
           {"DELETE", base + "objects/indicator--" + uuid(1) + "/", "alice", "", 404},
           {"DELETE", base + "objects/", "alice", "", 405},
           {"PUT", base + "objects/", "alice", "", 405},
           {"GET, POST", base + "objects/", "alice", "", 405},
           {"POST", "/taxii2/", "alice", "{}", 405},
           {"GET", base + "objects/?limit=0", "alice", "", 400},
           {"GET", base + "objects/?limit=99999999999999999999999", "alice", "", 200},
           {"GET", base + "objects/?next=", "alice", "", 400},
           {"GET", base + "objects/?next=AAAA", "alice", "", 400},
           {"GET", base + "objects/?%", "alice", "", 400},
           {"GET", base + "objects/?added_after=2020-13-01T00:00:00Z", "alice", "", 400},
           {"GET", base + "objects/?unknown=1&match[unknown]=2", "alice", "", 200},
           {"POST", base + "objects/", "alice", "{", 400},
           {"POST", base + "objects/", "alice", "[]", 422},
           {"POST", base + "objects/", "alice", "{}", 422},
           {"POST", base + "objects/", "alice", "{\"objects\":[1]}", 422},
           {"POST", base + "objects/", "alice", "{\"objects\":{}}", 422},
           {"POST", base + "objects/", "alice", std::string(17 << 20, ' '), 413},
           {"GET", "/healthz", "", "", 200},
           {"GET", "/readyz", "", "", 200},
           {"GET", "/metrics", "", "", 200},
       }) {
    const auto response = node.ask(one.method, one.target, one.user, one.body);
    EXPECT_EQ(response.status, one.status)
        << one.method << " " << one.target << " " << one.user << ": " << response.body;
    if (one.status >= 400) {
      EXPECT_EQ(tree(response).string_or("http_status", ""), std::to_string(one.status));
      EXPECT_EQ(response.header("Content-Type"), "application/taxii+json;version=2.1");
    }
    if (one.status == 401) {
      EXPECT_TRUE(response.header("WWW-Authenticate").starts_with("Basic realm="));
    }
    if (one.status == 405) {
      EXPECT_FALSE(response.header("Allow").empty());
    }
  }
  node.service->set_ready(false);
  EXPECT_EQ(node.ask("GET", "/readyz", "").status, 503);
}

TEST_F(ServiceTest, AHeadIsRefusedBeforeItsBody) {
  net::Request head;
  head.method = "POST";
  head.target = base + "objects/";
  head.headers = {{"Content-Length", "104857600"}};
  EXPECT_EQ(node.service->refuse(head)->status, 401);
  head.headers.push_back({"Authorization", "Basic " + net::base64_encode("alice:secret")});
  EXPECT_EQ(node.service->refuse(head)->status, 415);
  head.headers.push_back({"Content-Type", "application/taxii+json"});
  EXPECT_EQ(node.service->refuse(head)->status, 413);
  head.headers[0].value = "1000";
  EXPECT_FALSE(node.service->refuse(head));
}

TEST_F(ServiceTest, EachObjectHasItsVerdict) {
  const auto response = node.ask(
      "POST", base + "objects/", "alice",
      envelope(
          {indicator(1), R"({"type":"indicator","id":"not-an-id"})", indicator(2, R"(,"name":"a","name":"b")"),
           indicator(3, "", "2019-01-01T00:00:00.000Z"),
           R"({"type":"ipv4-addr","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3"})"}));
  ASSERT_EQ(response.status, 202);
  const wire::Json status = tree(response);
  EXPECT_EQ(status.find("total_count")->text, "5");
  EXPECT_EQ(status.find("success_count")->text, "2");
  EXPECT_EQ(status.find("successes")->items.size(), 2U);
  EXPECT_EQ(status.find("failures")->items.size(), 3U);
  EXPECT_EQ(objects(node.ask("GET", base + "objects/")), 2U);
  const std::string id(status.string_or("id", ""));
  EXPECT_EQ(node.ask("GET", "/api/status/" + id + "/").body, response.body);
  EXPECT_EQ(node.ask("GET", "/api/status/" + id + "/", "bob").status, 404) << "it names what alice sent";
}

TEST_F(ServiceTest, StatusesLastADayAndGo) {
  const auto status_of = [&](int number) {
    return std::string(
        tree(node.ask("POST", base + "objects/", "alice", envelope({indicator(number)}))).string_or("id", ""));
  };
  const auto kept = [&](const std::string& id) { return node.ask("GET", "/api/status/" + id + "/").status == 200; };
  const std::string first = status_of(0);
  const std::int64_t hour = 3'600 * Time::ticks_per_second;
  node.clock.ticks += 23 * hour;
  for (int number = 1; number < 300; ++number) {
    status_of(number);
  }
  EXPECT_TRUE(kept(first));
  node.clock.ticks += 2 * hour;
  std::string last;
  for (int number = 300; number < 600; ++number) {
    last = status_of(number);
  }
  EXPECT_FALSE(kept(first));
  EXPECT_TRUE(kept(last));
}

TEST_F(ServiceTest, BytesComeBackAsTheyWere) {
  const std::string object = indicator(1, R"(, "x_big" : 9007199254740991 ,"x_e":"\u00e9","x_f":1.50)");
  post({object});
  EXPECT_NE(node.ask("GET", base + "objects/").body.find(object), std::string::npos);
}

TEST_F(ServiceTest, PagesHoldEveryObjectOnce) {
  std::vector<std::string> list;
  for (int at = 0; at < 25; ++at) {
    list.push_back(indicator(at));
  }
  post(list);
  for (const std::string resource : {"objects/", "manifest/"}) {
    std::set<std::string> seen;
    std::string next;
    int pages = 0;
    for (; pages < 50; ++pages) {
      // The limit may change from page to page.
      const std::string target =
          base + resource + fmt::format("?limit={}", 3 + pages) + (next.empty() ? "" : "&next=" + next);
      const auto response = node.ask("GET", target);
      ASSERT_EQ(response.status, 200) << response.body;
      EXPECT_EQ(node.ask("GET", target).body, response.body) << "a token can be used again";
      const wire::Json page = tree(response);
      for (const auto& object : page.find("objects")->items) {
        EXPECT_TRUE(seen.insert(std::string(object.string_or("id", ""))).second);
      }
      next = page.string_or("next", "");
      if (next.empty()) {
        EXPECT_FALSE(page.find("more")->boolean);
        break;
      }
      EXPECT_TRUE(page.find("more")->boolean);
    }
    EXPECT_EQ(seen.size(), 25U);
  }
}

TEST_F(ServiceTest, ATokenIsGoodForItsQueryAlone) {
  post({indicator(1), indicator(2), indicator(3)});
  const wire::Json page = tree(node.ask("GET", base + "objects/?limit=1"));
  const std::string next = "limit=1&next=" + std::string(page.string_or("next", ""));
  EXPECT_EQ(node.ask("GET", base + "objects/?" + next).status, 200);
  EXPECT_EQ(node.ask("GET", base + "objects/?" + next, "bob").status, 400) << "another user";
  EXPECT_EQ(node.ask("GET", base + "manifest/?" + next).status, 400) << "another resource";
  EXPECT_EQ(node.ask("GET", base + "objects/?match[type]=indicator&" + next).status, 400) << "another filter";
  EXPECT_EQ(node.ask("GET", "/api/collections/c2/objects/?" + next).status, 400) << "another collection";
}

TEST_F(ServiceTest, AnEmptyPageHasNoDates) {
  const auto response = node.ask("GET", base + "objects/");
  EXPECT_EQ(response.body, "{}");
  EXPECT_EQ(response.header("X-TAXII-Date-Added-First"), "");
  post({indicator(1)});
  const auto page = node.ask("GET", base + "objects/");
  const std::string last(page.header("X-TAXII-Date-Added-Last"));
  EXPECT_EQ(last.size(), 27U);
  EXPECT_EQ(node.ask("GET", base + "objects/?added_after=" + last).body, "{}");
  post({indicator(2)});
  EXPECT_EQ(objects(node.ask("GET", base + "objects/?added_after=" + last)), 1U);
}

TEST_F(ServiceTest, WhatIsHiddenIsNowhere) {
  post({indicator(1), marked(2, green), marked(3, amber), marked(4, red), marked(5, "marking-definition--" + uuid(77)),
        indicator(6, fmt::format(R"(,"granular_markings":[{{"marking_ref":"{}","selectors":["pattern"]}}])", red))},
       "carol");
  // Bob's organisation is known, so AMBER is for him; alice's is not. RED and what is unknown name nobody.
  EXPECT_EQ(objects(node.ask("GET", base + "objects/", "bob")), 3U);
  EXPECT_EQ(objects(node.ask("GET", base + "manifest/", "bob")), 3U);
  EXPECT_EQ(objects(node.ask("GET", base + "objects/")), 2U);
  for (const int hidden : {4, 5, 6}) {
    const std::string id = "indicator--" + uuid(hidden);
    for (const std::string user : {"alice", "bob"}) {
      EXPECT_EQ(node.ask("GET", base + "objects/" + id + "/", user).status, 404);
      EXPECT_EQ(node.ask("GET", base + "objects/" + id + "/versions/", user).status, 404);
      EXPECT_EQ(node.ask("GET", base + "objects/?match[id]=" + id, user).body, "{}");
      EXPECT_EQ(node.ask("GET", base + "manifest/?match[id]=" + id + "&match[version]=all", user).body, "{}");
    }
    EXPECT_EQ(node.ask("DELETE", base + "objects/" + id + "/").status, 404);
  }
  // Two more than fit: what is hidden neither fills a page nor shows in `more`.
  EXPECT_EQ(node.ask("GET", base + "objects/?limit=2").body.find("\"more\":true"), std::string::npos);
  // The answer to one who sends what is there and hidden is that of one who sends something new.
  const auto again = node.ask("POST", base + "objects/", "alice", envelope({marked(4, red)}));
  const auto fresh = node.ask("POST", base + "objects/", "alice", envelope({marked(9, red)}));
  EXPECT_EQ(tree(again).find("successes")->items[0].find("message"), nullptr);
  EXPECT_EQ(again.body.size(), fresh.body.size());
}

TEST_F(ServiceTest, TheLastVersionIsTheLastThatMayBeSeen) {
  post({indicator(1), indicator(1, fmt::format(R"(,"object_marking_refs":["{}"])", red), "2021-01-01T00:00:00.000Z")},
       "carol");
  const std::string object = base + "objects/indicator--" + uuid(1) + "/";
  EXPECT_EQ(objects(node.ask("GET", object)), 1U);
  EXPECT_EQ(tree(node.ask("GET", object + "versions/")).find("versions")->items.size(), 1U);
  EXPECT_EQ(node.ask("GET", object + "?match[version]=2021-01-01T00:00:00.000Z").body, "{}");
}

TEST_F(ServiceTest, OnlyItsCreatorBringsAnotherVersion) {
  node.add_user("dora", {{"*", "*", true, true}}, "identity--doras");
  node.add_user("dirk", {{"*", "*", true, true}}, "identity--doras");
  node.add_user("frank", {{"*", "*", true, true}}, "identity--franks");
  const std::string by_one = fmt::format(R"(,"created_by_ref":"identity--{}")", uuid(1));
  const std::string by_other = fmt::format(R"(,"created_by_ref":"identity--{}")", uuid(2));
  const std::string object = base + "objects/indicator--" + uuid(1) + "/";
  const auto failures = [&](const std::string& user, const std::string& sent) {
    const wire::Json status = tree(node.ask("POST", base + "objects/", user, envelope({sent})));
    return status.find("failure_count")->text;
  };
  post({indicator(1, by_one)}, "dora");
  // Others neither revoke nor change it, not in its creator's name either.
  const std::string revoked = by_one + R"(,"revoked":true)";
  EXPECT_EQ(failures("frank", indicator(1, revoked, "2021-01-01T00:00:00.000Z")), "1");
  EXPECT_EQ(failures("alice", indicator(1, by_one, "2021-01-01T00:00:00.000Z")), "1");
  EXPECT_EQ(failures("dora", indicator(1, by_other, "2021-01-01T00:00:00.000Z")), "1");
  const std::string refused =
      node.ask("POST", base + "objects/", "frank", envelope({indicator(1, by_one, "2022-01-01T00:00:00.000Z")})).body;
  EXPECT_NE(refused.find("section 3.6"), std::string::npos) << refused;
  EXPECT_EQ(tree(node.ask("GET", object + "versions/")).find("versions")->items.size(), 1U);
  // What is there already is no new version.
  EXPECT_EQ(failures("frank", indicator(1, by_one)), "0");
  // Whoever brought it may, and a colleague; several versions in one envelope as well.
  EXPECT_EQ(failures("dirk", indicator(1, by_one, "2021-01-01T00:00:00.000Z")), "0");
  post({indicator(1, by_one, "2022-01-01T00:00:00.000Z"), indicator(1, by_one, "2023-01-01T00:00:00.000Z"),
        indicator(7), indicator(7, "", "2021-01-01T00:00:00.000Z")},
       "dora");
  EXPECT_EQ(tree(node.ask("GET", object + "versions/")).find("versions")->items.size(), 4U);
}

TEST_F(ServiceTest, AHiddenVersionIsAsIfItWereNotThere) {
  node.add_user("frank", {{"*", "*", true, true}}, "identity--franks");
  // Carol's is for nobody else. Frank guesses the id, says something else, and finds what he said.
  post({marked(1, red)}, "carol");
  post({indicator(1, R"(,"name":"other")")}, "frank");
  const std::string object = base + "objects/indicator--" + uuid(1) + "/";
  EXPECT_NE(node.ask("GET", object, "frank").body.find("other"), std::string::npos);
  EXPECT_EQ(node.store->usage("frank")->objects, 1U) << "it counts like any other";
  const std::string before = node.ask("GET", base + "objects/?match[version]=all", "frank").body;
  post({marked(1, red)}, "carol");
  EXPECT_EQ(node.ask("GET", base + "objects/?match[version]=all", "frank").body, before);
  // His newer one does not stand before hers where both are seen, though it came later and says to be newer.
  post({indicator(2)}, "carol");
  store::NewVersion later;
  later.bytes = indicator(2, R"(,"name":"not hers")", "2030-01-01T00:00:00.000Z");
  ObjectHeader header;
  ASSERT_TRUE(read_header(later.bytes, header));
  later = new_version(later.bytes, header, "frank");
  ASSERT_TRUE(node.store->put({"api", "c1"}, {&later, 1}, node.clock.now()));
  for (const std::string& what :
       {std::string("objects/"), std::string("objects/?match[version]=all"), "objects/indicator--" + uuid(2) + "/"}) {
    EXPECT_EQ(node.ask("GET", base + what).body.find("not hers"), std::string::npos) << what;
  }
  // And it goes with hers.
  const std::string second = base + "objects/indicator--" + uuid(2) + "/";
  EXPECT_EQ(node.ask("DELETE", second).status, 200);
  EXPECT_EQ(node.ask("GET", second).status, 404);
}

TEST_F(ServiceTest, IdentitiesAreSeenWithWhatUsesThem) {
  const std::string identity = fmt::format(
      R"({{"type":"identity","spec_version":"2.1","id":"identity--{}","created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","name":"x"}})",
      uuid(1));
  post({identity,
        indicator(1, fmt::format(R"(,"created_by_ref":"identity--{}","object_marking_refs":["{}"])", uuid(1), red))},
       "carol");
  EXPECT_EQ(node.ask("GET", base + "objects/", "bob").body, "{}");
  EXPECT_EQ(node.ask("GET", base + "objects/identity--" + uuid(1) + "/", "bob").status, 404);
  post({indicator(2, fmt::format(R"(,"created_by_ref":"identity--{}")", uuid(1)))}, "carol");
  EXPECT_EQ(objects(node.ask("GET", base + "objects/", "bob")), 2U);
}

TEST_F(ServiceTest, WhatNamesAHiddenObjectIsHidden) {
  const auto note = [](int number, std::string_view source, std::string_view target, std::string_view more = "") {
    return fmt::format(
        R"({{"type":"note","spec_version":"2.1","id":"note--{}","created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","content":"c","object_refs":["{}","{}"]{}}})",
        uuid(number), source, target, more);
  };
  const std::string open = "indicator--" + uuid(1);
  const std::string hidden = "indicator--" + uuid(2);
  const std::string away = "malware--" + uuid(3);
  post({indicator(1), marked(2, red), note(10, open, away),  // names what is not here
        note(11, open, hidden),                              // a reference
        note(12, open, "note--" + uuid(11)),                 // by way of another
        note(13, open, away, ",\"abstract\":\"as in " + hidden + ", and more\""),
        note(14, open, away, ",\"x_list\":[{\"x_y\":{\"" + hidden + "\":1}}]"),
        note(15, open, away, ",\"x_escaped\":\"indicator-\\u002d" + uuid(2) + "\""),
        // A ring of objects that may all be seen.
        note(16, open, "note--" + uuid(17)), note(17, open, "note--" + uuid(16)),
        // A ring with one foot in what is hidden.
        note(18, hidden, "note--" + uuid(19)), note(19, open, "note--" + uuid(18))},
       "carol");
  const auto seen = [&](int number, const std::string& user) {
    const int status = node.ask("GET", base + "objects/note--" + uuid(number) + "/", user).status;
    EXPECT_TRUE(status == 200 || status == 404) << status;
    return status == 200;
  };
  for (const int number : {10, 16, 17}) {
    EXPECT_TRUE(seen(number, "bob")) << number;
  }
  for (const int number : {11, 12, 13, 14, 15, 18, 19}) {
    EXPECT_FALSE(seen(number, "bob")) << number;
  }
  EXPECT_EQ(objects(node.ask("GET", base + "objects/", "bob")), 4U);
  EXPECT_EQ(objects(node.ask("GET", base + "manifest/", "bob")), 4U);
  EXPECT_EQ(node.ask("GET", base + "objects/", "bob").body.find(uuid(2)), std::string::npos);
  // The hidden object goes: there is nothing left to tell of it.
  node.add_user("carol", {{"*", "*", true, true}});
  EXPECT_EQ(objects(node.ask("GET", base + "objects/", "carol")), 12U) << "whoever brought them sees them";
  EXPECT_EQ(node.ask("DELETE", base + "objects/" + hidden + "/", "carol").status, 200);
  EXPECT_EQ(objects(node.ask("GET", base + "objects/", "bob")), 11U);
}

// Of many names a few are looked at first: wherever the hidden one stands, it is found.
TEST_F(ServiceTest, OneHiddenNameAmongManyHides) {
  const auto naming = [&](int number, std::size_t place, const std::string& there) {
    std::string refs;
    for (std::size_t at = 0; at < 200; ++at) {
      const std::string nobody = "indicator--" + uuid(10'000 + static_cast<int>(at));
      refs += fmt::format(R"({}"{}")", at == 0 ? "" : ",", at == place ? there : nobody);
    }
    return fmt::format(
        R"({{"type":"note","spec_version":"2.1","id":"note--{}","created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","content":"c","object_refs":[{}]}})",
        uuid(number), refs);
  };
  std::vector<std::string> posted = {marked(2, red), indicator(3)};
  int number = 100;
  std::vector<int> hidden;
  for (const std::size_t place : {0, 3, 4, 19, 20, 99, 100, 199}) {
    posted.push_back(naming(number, place, "indicator--" + uuid(2)));
    hidden.push_back(number++);
    posted.push_back(naming(number, place, "note--" + uuid(number - 1)));  // and through another
    hidden.push_back(number++);
  }
  posted.push_back(naming(number, 150, "indicator--" + uuid(3)));
  post(posted, "carol");
  for (const int one : hidden) {
    EXPECT_EQ(node.ask("GET", base + "objects/note--" + uuid(one) + "/", "bob").status, 404) << one;
  }
  EXPECT_EQ(node.ask("GET", base + "objects/note--" + uuid(number) + "/", "bob").status, 200);
  EXPECT_EQ(objects(node.ask("GET", base + "objects/", "bob")), 2U);
}

TEST_F(ServiceTest, AnIdentityIsSeenWithAVersionThatIsSeen) {
  const std::string identity = fmt::format(
      R"({{"type":"identity","spec_version":"2.1","id":"identity--{}","created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","name":"x"}})",
      uuid(1));
  // Its only user may be seen by its markings, but names what is hidden.
  post({identity, marked(2, red),
        indicator(3, fmt::format(R"(,"created_by_ref":"identity--{}","x_see":"indicator--{}")", uuid(1), uuid(2)))},
       "carol");
  EXPECT_EQ(node.ask("GET", base + "objects/", "bob").body, "{}");
  EXPECT_EQ(node.ask("GET", base + "objects/identity--" + uuid(1) + "/", "bob").status, 404);
}

TEST(References, AreFoundWhereverTheyStand) {
  const std::string id = "indicator--" + std::string("12345678-1234-4234-8234-123456789abc");
  EXPECT_EQ(named_ids("{\"a\":\"" + id + "\"}", ""), std::vector{id});
  EXPECT_EQ(named_ids("{\"a\":\"" + id + "\"}", id), std::vector<std::string>());
  EXPECT_EQ(named_ids("{\"" + id + "\":1}", ""), std::vector{id});
  EXPECT_EQ(named_ids("[\"see:" + id + ", " + id + "\"]", ""), std::vector{id});
  EXPECT_EQ(named_ids("[\"--" + id + "--\"]", ""), std::vector{id});
  EXPECT_EQ(named_ids("[\"indicator--12345678-1234-4234-8234-123456789ab\"]", ""), std::vector<std::string>());
  EXPECT_EQ(named_ids("[\"--12345678-1234-4234-8234-123456789abc\"]", ""), std::vector<std::string>());
  EXPECT_EQ(named_ids_by_token("no JSON " + id, ""), std::vector<std::string>());
}

// In the bytes as they are and token by token the same is found, whatever is escaped.
TEST(References, AreTheSameInBytesAndTokens) {
  const std::string uuid = "12345678-1234-4234-8234-123456789abc";
  const std::vector<std::string> parts = {"indicator--" + uuid,
                                          "x",
                                          "--",
                                          "-",
                                          uuid,
                                          "\\n",
                                          "\\\\",
                                          "\\u002d",
                                          "\\u0069",
                                          " ",
                                          "\"",
                                          "\":\"",
                                          "\",\"",
                                          "\\\"",
                                          "\\u2013",
                                          "\\/",
                                          "identity--" + uuid,
                                          "a",
                                          "{\"",
                                          "\"}",
                                          "\\ud83d\\ude00",
                                          "\\u00e4"};
  std::uint64_t state = 7;
  const auto random = [&](std::size_t below) {
    state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return static_cast<std::size_t>(state >> 33) % below;
  };
  std::size_t read = 0;
  std::size_t named = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text = "{\"a\":\"";
    for (std::size_t count = random(8); count > 0; --count) {
      text += parts[random(parts.size())];
    }
    text += "\"}";
    if (!wire::parse_json(text)) {
      continue;
    }
    const std::vector<std::string> tokens = named_ids_by_token(text, "identity--" + uuid);
    ASSERT_EQ(named_ids(text, "identity--" + uuid), tokens) << text;
    ++read;
    named += tokens.size();
  }
  EXPECT_GT(read, 5'000U);
  EXPECT_GT(named, 1'000U);
}

TEST_F(ServiceTest, WhatBecomesReleasableLaterEntersThen) {
  const std::string mark = "marking-definition--" + uuid(8);
  const auto definition = [&](Time until) {
    return fmt::format(
        R"({{"type":"marking-definition","spec_version":"2.1","id":"{}","created":"2020-01-01T00:00:00.000Z","extensions":)"
        R"({{"extension-definition--d512726c-1903-4072-b852-4473ec37c961":{{"extension_type":"property-extension","embargo_until":"{}"}}}}}})",
        mark, rfc3339(until));
  };
  const auto ids = [&](const net::Response& response) {
    std::vector<std::string> out;
    const wire::Json found = tree(response);
    if (const wire::Json* list = found.find("objects")) {
      for (const wire::Json& item : list->items) {
        out.emplace_back(item.find("id")->text.substr(item.find("id")->text.size() - 1));
      }
    }
    return out;
  };
  const auto header = [](const net::Response& response, std::string_view name) {
    for (const auto& one : response.headers) {
      if (one.name == name) {
        return std::string(one.value);
      }
    }
    return std::string();
  };
  using Ids = std::vector<std::string>;
  const std::string indicators = base + "objects/?match[type]=indicator";
  const std::string manifest = base + "manifest/?match[type]=indicator";
  // The definition is not there yet; bob passes the places of 1 and 3.
  post({marked(1, mark), indicator(2), marked(3, mark), indicator(4), indicator(5)});
  const auto first = node.ask("GET", indicators + "&limit=2", "bob");
  EXPECT_EQ(ids(first), (Ids{"2", "4"}));
  const std::string next = "&next=" + std::string(tree(first).find("next")->text);
  const auto whole = node.ask("GET", indicators, "bob");
  EXPECT_EQ(ids(whole), (Ids{"2", "4", "5"}));
  const std::string date = header(whole, "X-TAXII-Date-Added-Last");
  // It arrives, with an embargo.
  const Time until{node.clock.ticks + 10 * Time::ticks_per_second};
  post({definition(until)});
  EXPECT_EQ(ids(node.ask("GET", indicators, "bob")), (Ids{"2", "4", "5"}));
  post({indicator(6)});
  const auto before = node.ask("GET", indicators, "bob");
  const std::string date_before = header(before, "X-TAXII-Date-Added-Last");
  EXPECT_EQ(ids(node.ask("GET", base + "objects/indicator--" + uuid(1) + "/", "bob")), Ids{});
  node.clock.ticks += 20 * Time::ticks_per_second;
  post({marked(7, mark)});
  for (const std::string& list : {indicators, manifest}) {
    EXPECT_EQ(ids(node.ask("GET", list, "bob")), (Ids{"2", "4", "5", "6", "1", "3", "7"}));
    EXPECT_EQ(ids(node.ask("GET", list + "&added_after=" + date, "bob")), (Ids{"6", "1", "3", "7"}));
    EXPECT_EQ(ids(node.ask("GET", list + "&added_after=" + date_before, "bob")), (Ids{"1", "3", "7"}));
    EXPECT_EQ(ids(node.ask("GET", list + "&added_after=" + rfc3339(until), "bob")), Ids{"7"});
    // Page by page, cut at every place.
    for (int limit = 1; limit <= 4; ++limit) {
      Ids all;
      std::string token;
      for (int page = 0; page < 9; ++page) {
        const auto answer = node.ask("GET", list + fmt::format("&limit={}", limit) + token, "bob");
        const Ids some = ids(answer);
        all.insert(all.end(), some.begin(), some.end());
        const wire::Json found = tree(answer);
        if (found.find("next") == nullptr) {
          break;
        }
        token = "&next=" + std::string(found.find("next")->text);
      }
      EXPECT_EQ(all, (Ids{"2", "4", "5", "6", "1", "3", "7"})) << limit;
    }
  }
  EXPECT_EQ(ids(node.ask("GET", indicators + "&limit=2" + next, "bob")), (Ids{"5", "6"}));  // taken before all that
  // Its date is when it entered, everywhere, and says nothing of when it was posted.
  const std::string entered = date_text(until);
  const std::string one = "indicator--" + uuid(1);
  const auto of_one = node.ask("GET", manifest + "&match[id]=" + one, "bob");
  EXPECT_EQ(tree(of_one).find("objects")->items[0].find("date_added")->text, entered);
  for (const std::string& target : {base + "objects/" + one + "/", base + "objects/" + one + "/versions/"}) {
    const auto seen = node.ask("GET", target, "bob");
    EXPECT_EQ(header(seen, "X-TAXII-Date-Added-First"), entered) << target;
    EXPECT_NE(node.ask("GET", target + "?added_after=" + date, "bob").body, "{}") << target;
    EXPECT_EQ(node.ask("GET", target + "?added_after=" + rfc3339(until), "bob").body, "{}") << target;
  }
}

TEST_F(ServiceTest, OnesOwnStatementMarkingsDoNotHide) {
  const std::string definition = fmt::format(
      R"({{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--{}","created":"2020-01-01T00:00:00.000Z","definition_type":"statement","definition":{{"statement":"c"}}}})",
      uuid(8));
  post({marked(1, "marking-definition--" + uuid(8))}, "carol");
  post({definition}, "alice");
  EXPECT_EQ(objects(node.ask("GET", base + "objects/?match[type]=indicator", "bob")), 0U)
      << "another writer's definition";
  node.add_user("dave", {{"*", "*", false, true}});
  post({definition, marked(2, "marking-definition--" + uuid(8))}, "dave");
  EXPECT_EQ(objects(node.ask("GET", base + "objects/?match[type]=indicator", "bob")), 1U)
      << "dave, who cannot see the other definition, says of his own objects what he means";
  std::string other = definition;
  other.replace(other.find("\"c\""), 3, "\"d\"");
  EXPECT_EQ(tree(node.ask("POST", base + "objects/", "dave", envelope({other}))).find("failure_count")->text, "1")
      << "the first one is pinned";
}

TEST_F(ServiceTest, WrongPasswordsAreSlowedDown) {
  int limited = 0;
  for (int at = 0; at < 30; ++at) {
    const auto response = node.ask("GET", "/taxii2/", "intruder");
    limited += response.status == 429;
    if (response.status == 429) {
      EXPECT_FALSE(response.header("Retry-After").empty());
    }
  }
  EXPECT_GT(limited, 5);
  node.clock.ticks += 120 * Time::ticks_per_second;
  EXPECT_EQ(node.ask("GET", "/taxii2/").status, 200);
}

TEST_F(ServiceTest, ARemovedUserIsOutAtOnce) {
  EXPECT_EQ(node.ask("GET", "/taxii2/", "bob").status, 200);
  ASSERT_TRUE(node.store->remove_user("bob"));
  EXPECT_EQ(node.ask("GET", "/taxii2/", "bob").status, 401);
}

TEST_F(ServiceTest, TheLogHoldsNoSecrets) {
  std::string seen;
  node.service = std::make_unique<Service>(*node.store, node.clock, node.random,
                                           ServiceOptions{.key = {1}, .log = [&](const Access& access) {
                                                            seen +=
                                                                fmt::format("{} {} {} {}\n", access.user, access.method,
                                                                            name_of(access.resource), access.status);
                                                          }});
  (void)node.ask("GET", base + "objects/?match[id]=indicator--" + uuid(1));
  EXPECT_EQ(seen, "alice GET objects 200\n");
}

TEST(Envelope, IsCutAtItsObjects) {
  const auto cut =
      split_envelope(R"( {"more":false,"objects":[{"a":[{"objects":[{}]}]}, {"b":{}} ],"x":{"objects":[1]}} )");
  ASSERT_TRUE(cut) << cut.error().text();
  ASSERT_EQ(cut->size(), 2U);
  EXPECT_EQ((*cut)[0], R"({"a":[{"objects":[{}]}]})");
  EXPECT_EQ((*cut)[1], R"({"b":{}})");
  EXPECT_TRUE(split_envelope(R"({"objects":[]})")->empty());
  EXPECT_FALSE(split_envelope(R"({"objects":[],"objects":[]})"));
}

TEST(ObjectHeader, ReadsMarkingsWhereverTheyStand) {
  ObjectHeader header;
  ASSERT_TRUE(read_header(marked(1, green), header));
  EXPECT_EQ(header.markings, std::vector<std::string>{std::string(green)});
  EXPECT_EQ(header.version, "2020-01-01T00:00:00.000Z");
  for (const char* bad :
       {"", "{}", "[]", R"({"type":"x"})", R"({"type":"X","id":"X--00000000-0000-4000-8000-000000000001"})",
        R"({"type":["x"],"id":"x--00000000-0000-4000-8000-000000000001"})",
        R"({"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000001"})",
        R"({"type":"tool","id":"tool--00000000-0000-4000-8000-000000000001","spec_version":"9"})",
        R"({"type":"tool","id":"tool--00000000-0000-4000-8000-000000000001","spec_version":"2.1"})"}) {
    ObjectHeader out;
    EXPECT_FALSE(read_header(bad, out)) << bad;
  }
}

}  // namespace
}  // namespace tocsin::taxii
