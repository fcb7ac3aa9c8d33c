// The client of TAXII servers: against our own server in process, and against answers that are wrong.
#include "taxii/remote.h"

#include <gtest/gtest.h>

#include "taxii/test_node.h"
#include "taxii/test_server.h"

namespace tocsin::taxii {
namespace {

net::Url url_of(std::string_view text) { return *net::parse_url(text); }
const auto no_wait = [](std::chrono::milliseconds) {};

// The service of a node as a transport.
struct NodeTransport {
  TestNode node;
  TestTransport transport{[this](const net::Asking& asking) -> Result<net::Response> {
    net::Request request;
    request.method = asking.method;
    request.target = asking.url.target;
    request.headers = asking.headers;
    request.body = asking.body;
    request.headers.push_back({"Content-Length", std::to_string(asking.body.size())});
    node.clock.ticks += Time::ticks_per_second / 1000;
    return node.service->handle(request);
  }};
  NodeTransport() {
    (void)node.store->set_discovery({.title = "T", .description = "", .contact = "", .default_root = "api"});
    (void)node.store->put_root({.name = "api", .title = "A", .description = "", .max_content_length = 20'000});
    store::Collection collection;
    collection.root = "api";
    collection.id = "c";
    collection.title = "C";
    (void)node.store->put_collection(collection);
    node.add_user("alice", {{"*", "*", true, true}});
  }
};

TEST(Remote, FindsItsWayAndReadsPages) {
  NodeTransport peer;
  Remote remote(peer.transport, peer.node.clock, basic_authorization("alice", "secret"));
  const auto roots = remote.roots(url_of("https://peer/taxii2/"));
  ASSERT_TRUE(roots) << roots.error().error.text();
  ASSERT_EQ(roots->size(), 1U);
  EXPECT_EQ(roots->front().url.text(), "https://peer/api/");
  EXPECT_EQ(roots->front().max_content_length, 20'000U);
  ASSERT_TRUE(remote.roots(url_of("https://peer/api")));
  const auto collections = remote.collections(roots->front().url);
  ASSERT_TRUE(collections);
  ASSERT_EQ(collections->size(), 1U);
  EXPECT_TRUE(collections->front().can_read && collections->front().can_write);

  TestServer source;
  std::vector<std::string_view> objects;
  for (int at = 0; at < 250; ++at) {
    source.add(at);
  }
  for (const auto& object : source.objects) {
    objects.push_back(object.bytes);
  }
  const std::string large(30'000, ' ');
  objects.push_back(large);
  const auto added = remote.add(roots->front(), "c", objects, no_wait);
  ASSERT_TRUE(added) << added.error().error.text();
  EXPECT_EQ(added->succeeded, 250U);
  EXPECT_EQ(added->failed, 0U);
  EXPECT_EQ(added->too_large, 1U);

  std::size_t met = 0;
  Query query{.limit = 100};
  for (int pages = 1;; ++pages) {
    const auto page = remote.objects(collection_url(roots->front().url, "c"), query);
    ASSERT_TRUE(page) << page.error().error.text();
    for (const std::string_view object : page->objects) {
      EXPECT_EQ(object, objects[met++]) << "the author's bytes";
    }
    if (!page->more) {
      EXPECT_EQ(pages, 3);
      break;
    }
    query.next = page->next;
  }
  EXPECT_EQ(met, 250U);
  const auto manifest =
      remote.manifest(collection_url(roots->front().url, "c"), {.limit = 2, .ids = {TestServer::id_of(3)}});
  ASSERT_TRUE(manifest) << manifest.error().error.text();
  ASSERT_EQ(manifest->records.size(), 1U);
  EXPECT_EQ(manifest->records[0].version, "2020-01-01T00:00:00.000Z");

  Remote stranger(peer.transport, peer.node.clock, bearer_authorization("no"));
  const auto refused = stranger.collections(roots->front().url);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 401);
  EXPECT_TRUE(refused.error().lasting());
}

TEST(Remote, WaitsForAStatusThatIsPending) {
  int asked = 0;
  TestTransport transport([&](const net::Asking& asking) -> Result<net::Response> {
    if (asking.method == "POST") {
      EXPECT_EQ(asking.url.target, "/r/collections/c%2Fx/objects/");
      return taxii_answer(
          R"({"id":"s/1","status":"pending","total_count":1,"success_count":0,"failure_count":0,"pending_count":1})",
          202);
    }
    EXPECT_EQ(asking.url.target, "/r/status/s%2F1/");
    return taxii_answer(
        ++asked < 3 ? R"({"id":"s/1","status":"pending","pending_count":1})"
                    : R"({"id":"s/1","status":"complete","total_count":1,"success_count":0,"failure_count":"1",)"
                      R"("pending_count":0,"failures":[{"id":"i","version":"v","message":"a\nb"}]})");
  });
  TestClock clock;
  Remote remote(transport, clock, "");
  int waited = 0;
  const std::vector<std::string_view> objects = {"{}"};
  const auto added = remote.add({.url = url_of("https://peer/r"), .title = ""}, "c/x", objects,
                                [&](std::chrono::milliseconds) { ++waited; });
  ASSERT_TRUE(added) << added.error().error.text();
  EXPECT_EQ(waited, 3);
  EXPECT_EQ(added->failed, 1U);
  ASSERT_EQ(added->failures.size(), 1U);
  EXPECT_EQ(added->failures[0].message, "a b");
}

Error error_of(net::Response response) {
  TestTransport transport([&](const net::Asking&) -> Result<net::Response> { return response; });
  TestClock clock;
  Remote remote(transport, clock, "");
  const auto roots = remote.roots(url_of("https://peer/taxii2/"));
  EXPECT_FALSE(roots);
  return roots ? Error{} : roots.error().error;
}

TEST(Remote, SaysWhatIsWrongWithAServer) {
  const auto typed = [](std::string type, std::string body) {
    net::Response response;
    response.add("Content-Type", std::move(type));
    response.body = std::move(body);
    return response;
  };
  EXPECT_NE(error_of(typed("text/html; charset=utf-8", "<html>")).message.find("text/html"), std::string::npos);
  EXPECT_NE(error_of(typed("application/vnd.oasis.taxii+json; version=2.0", "{}")).message.find("2.0"),
            std::string::npos);
  EXPECT_NE(error_of(typed("application/taxii+json;version=2.2", "{}")).message.find("2.2"), std::string::npos);
  EXPECT_NE(error_of(typed("", "{}")).message.find("media type"), std::string::npos);
  EXPECT_NE(error_of(taxii_answer("[]")).message.find("object"), std::string::npos);
  EXPECT_NE(error_of(taxii_answer("{\"a\":")).message.find("JSON"), std::string::npos);
  EXPECT_NE(error_of(taxii_answer("{}")).message.find("neither"), std::string::npos);
  EXPECT_NE(
      error_of(taxii_answer(R"({"title":"t","api_roots":["https://other/api/"]})")).message.find("https://other/api/"),
      std::string::npos);
  EXPECT_NE(error_of(taxii_answer(R"({"title":"T","description":"go\u001b away"})", 403))
                .message.find("403 Forbidden: go  away"),
            std::string::npos);
  EXPECT_NE(error_of(taxii_answer("{}", 406)).hint.find("2.0"), std::string::npos);
}

TEST(Remote, ReadsPagesAsTheyCome) {
  const auto page = read_page(
      R"({"mor\u0065":true, "x":{"objects":[1],"next":"no"}, "objects":[ {"a":[{"b":1}]} ,{"c":"}"}],"next":"a\/b"})");
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(page->objects.size(), 2U);
  EXPECT_EQ(page->objects[0], R"({"a":[{"b":1}]})");
  EXPECT_EQ(page->objects[1], R"({"c":"}"})");
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->next, "a/b");
  EXPECT_TRUE(read_page("{}")->objects.empty());
  EXPECT_EQ(read_page(R"({"next":17})")->next, "17");
  EXPECT_FALSE(read_page(R"({"next":null,"more":false})")->more);
  for (const char* bad : {"", "[]", "null", "{", R"({"objects":{}})", R"({"objects":[1]})", R"({"objects":[[{}]]})",
                          R"({"objects":[{"a":}]})"}) {
    EXPECT_FALSE(read_page(bad)) << bad;
  }
  EXPECT_EQ(read_page(R"({"next":")" + std::string(10'000, 'x') + "\"}")->next, "");
}

}  // namespace
}  // namespace tocsin::taxii
