// Tokens and certificates: what they give, and each way in which they give nothing.
#include "taxii/credentials.h"

#include <gtest/gtest.h>

#include "store/memory/memory_notes.h"
#include "taxii/limits.h"
#include "taxii/test_node.h"

namespace tocsin::taxii {
namespace {

struct Access : testing::Test {
  Access() {
    for (const char* root : {"api", "other"}) {
      EXPECT_TRUE(node.store->put_root({.name = root, .title = root, .description = "", .max_content_length = 0}));
      for (const char* id : {"c", "d"}) {
        store::Collection collection;
        collection.root = root;
        collection.id = id;
        EXPECT_TRUE(node.store->put_collection(collection));
      }
    }
    node.add_user("alice", {{"api", "*", true, true}});
    node.service = std::make_unique<Service>(*node.store, node.clock, node.random,
                                             ServiceOptions{.key = {1, 2, 3}, .notes = notes.get()});
  }
  std::string token(ApiToken about = {}) {
    if (about.user.empty()) {
      about.user = "alice";
    }
    about.added = node.clock.now();
    const std::string out = new_api_token(node.random);
    EXPECT_TRUE(put_api_token(*notes, out, about));
    return out;
  }
  net::Response ask(const std::string& authorization, const std::string& path = "/api/collections/c/objects/",
                    const std::string& method = "GET", const std::string& certificate = "",
                    const std::string& address = "192.0.2.1") {
    net::Request request;
    request.method = method;
    request.target = path;
    request.headers = {{"Accept", "application/taxii+json;version=2.1"},
                       {"Content-Type", "application/taxii+json;version=2.1"}};
    if (!authorization.empty()) {
      request.headers.push_back({"Authorization", authorization});
    }
    request.client_certificate = certificate;
    request.client_address = address;
    request.body = method == "POST" ? R"({"objects":[]})" : "";
    return node.service->handle(request);
  }
  int status(const std::string& secret, const std::string& path = "/api/collections/c/objects/",
             const std::string& method = "GET") {
    return ask("Bearer " + secret, path, method).status;
  }

  TestNode node;
  std::unique_ptr<store::Notes> notes = store::make_memory_notes();
  const std::string digest = std::string(64, 'a');
};

bool names_bearer_error(const net::Response& response) {
  return std::ranges::any_of(response.headers, [](const net::Header& header) {
    return header.name == "WWW-Authenticate" && header.value == "Bearer realm=\"TAXII\", error=\"invalid_token\"";
  });
}

TEST_F(Access, ATokenIsItsUser) {
  const std::string secret = token();
  EXPECT_TRUE(secret.starts_with("tocsin_"));
  EXPECT_EQ(secret.size(), 7 + 43U);
  EXPECT_EQ(status(secret), 200);
  EXPECT_EQ(status(secret, "/other/collections/c/objects/"), 404) << "what the user may not know of";
  EXPECT_EQ(ask("bEARER " + secret).status, 200);
  EXPECT_NE(token(), secret);
}

TEST_F(Access, NothingButItsDigestIsKept) {
  const std::string secret = token({.name = "mail"});
  bool seen = false;
  ASSERT_TRUE(notes->scan("", "", [&](std::string_view key, std::string_view value) {
    seen = true;
    EXPECT_EQ(key.find(secret.substr(7)), std::string_view::npos);
    EXPECT_EQ(value.find(secret.substr(7)), std::string_view::npos);
    return true;
  }));
  EXPECT_TRUE(seen);
}

TEST_F(Access, AScopeCutsAndNeverAdds) {
  const std::string one = token({.scope = {{"api", "c", true, false}}});
  EXPECT_EQ(status(one), 200);
  EXPECT_EQ(status(one, "/api/collections/c/objects/", "POST"), 403);
  EXPECT_EQ(status(one, "/api/collections/d/objects/"), 404);
  const std::string more = token({.scope = {{"*", "*", true, true}}});
  EXPECT_EQ(status(more), 200);
  EXPECT_EQ(status(more, "/other/collections/c/objects/"), 404) << "a scope gives nothing that the user has not";
  EXPECT_EQ(status(token({.scope = {{"other", "*", true, true}}})), 404);
  EXPECT_EQ(status(token({.scope = {{"api", "c", false, false}}})), 404);
}

TEST_F(Access, RightsThatTheUserLosesTheTokenLoses) {
  const std::string secret = token({.scope = {{"api", "*", true, true}}});
  node.add_user("alice", {{"api", "d", true, false}});
  EXPECT_EQ(status(secret), 404);
  EXPECT_EQ(status(secret, "/api/collections/d/objects/"), 200);
}

TEST_F(Access, GrantsMeet) {
  const auto cut = [](store::Grant grant, store::Grant scope) { return cut_grants({grant}, {scope}); };
  const auto one = cut({"*", "*", true, true}, {"api", "c", true, false});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].root + one[0].collection, "apic");
  EXPECT_TRUE(one[0].read && !one[0].write);
  EXPECT_EQ(cut({"api", "c", true, true}, {"*", "*", true, true})[0].collection, "c");
  EXPECT_EQ(cut({"api", "*", true, true}, {"api", "d", true, true})[0].collection, "d");
  EXPECT_TRUE(cut({"api", "c", true, true}, {"api", "d", true, true}).empty());
  EXPECT_TRUE(cut({"api", "*", true, true}, {"other", "*", true, true}).empty());
  EXPECT_TRUE(cut({"api", "*", true, false}, {"api", "*", false, true}).empty());
}

TEST_F(Access, WhatEndedWasRevokedOrNeverWasIs401) {
  const std::string short_lived =
      token({.expires = Time{node.clock.now().ticks + std::int64_t{60} * Time::ticks_per_second}});
  EXPECT_EQ(status(short_lived), 200);
  node.clock.ticks += std::int64_t{60} * Time::ticks_per_second;
  EXPECT_TRUE(names_bearer_error(ask("Bearer " + short_lived)));

  const std::string revoked = token();
  const auto all = api_tokens(*notes, "alice");
  ASSERT_TRUE(all && all->size() == 2);
  EXPECT_FALSE(*revoke_api_token(*notes, "bob", (*all)[1].id)) << "another user's";
  EXPECT_EQ(status(revoked), 200);
  EXPECT_TRUE(*revoke_api_token(*notes, "alice", (*all)[1].id));
  EXPECT_FALSE(*revoke_api_token(*notes, "alice", ""));
  EXPECT_TRUE(names_bearer_error(ask("Bearer " + revoked)));

  for (const std::string& wrong : {std::string("tocsin_"), std::string("x"), token().substr(0, 40), token() + "x",
                                   "tocsin_" + std::string(100'000, 'a'), std::string("secret")}) {
    const net::Response response = ask("Bearer " + wrong, "/taxii2/", "GET", "", "198.51.100.7");
    EXPECT_EQ(response.status, 401);
    EXPECT_TRUE(response.header("WWW-Authenticate").starts_with("Basic"));
  }
  EXPECT_EQ(ask("Digest x").status, 401);
}

TEST_F(Access, ATokenEndsWithItsUser) {
  const std::string secret = token();
  ASSERT_TRUE(put_client_certificate(*notes, {digest, "alice", {}}));
  const std::string others = token({.user = "bob"});
  ASSERT_TRUE(node.store->remove_user("alice"));
  EXPECT_EQ(status(secret), 401);
  ASSERT_TRUE(forget_credentials(*notes, "alice"));
  node.add_user("alice", {{"*", "*", true, true}});
  EXPECT_EQ(status(secret), 401) << "the next one of this name is somebody else";
  EXPECT_EQ(ask("", "/taxii2/", "GET", digest).status, 401);
  EXPECT_EQ(api_tokens(*notes)->size(), 1U);
}

TEST_F(Access, WrongTokensAreCountedLikeWrongPasswords) {
  const std::string good = token();
  int refused = 0;
  while (refused < 100 && ask("Bearer tocsin_no").status == 401) {
    ++refused;
  }
  EXPECT_EQ(refused, static_cast<int>(limits::failures_per_minute_max));
  const net::Response waiting = ask("Bearer " + good);
  EXPECT_EQ(waiting.status, 429);
  EXPECT_FALSE(waiting.header("Retry-After").empty());
  EXPECT_EQ(ask("Bearer " + good, "/taxii2/", "GET", "", "192.0.2.2").status, 200) << "another address";
}

TEST_F(Access, WhatCannotBeReadGivesNothing) {
  const std::string secret = token({.scope = {{"api", "c", true, false}}});
  std::vector<store::Note> changes;
  ASSERT_TRUE(notes->scan("access/token/", "", [&](std::string_view key, std::string_view) {
    changes.push_back({std::string(key), R"({"user":"alice","added":"2020-01-01T00:00:00Z"})"});
    return true;
  }));
  ASSERT_TRUE(notes->put(changes));
  EXPECT_EQ(status(secret), 503) << "a scope that was lost is not everything";
}

TEST_F(Access, TokensAreBounded) {
  for (std::size_t at = 0; at < limits::tokens_per_user_max; ++at) {
    token();
  }
  const auto one_more = put_api_token(*notes, new_api_token(node.random), {.user = "alice"});
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().code, ErrorCode::limit);
}

TEST_F(Access, AListedCertificateIsItsUser) {
  const auto with = [&](const std::string& certificate, const std::string& authorization = "") {
    return ask(authorization, "/api/collections/c/objects/", "GET", certificate).status;
  };
  EXPECT_EQ(with(digest), 401) << "nobody listed it";
  ASSERT_TRUE(put_client_certificate(*notes, {digest, "alice", {}}));
  EXPECT_EQ(with(digest), 200);
  EXPECT_EQ(with(std::string(64, 'b')), 401);
  EXPECT_EQ(with(""), 401);
  EXPECT_EQ(with("../x"), 401);
  EXPECT_EQ(with(digest, "Bearer tocsin_no"), 401) << "what a request brings decides";
  EXPECT_EQ(with(std::string(64, 'b'), "Basic " + net::base64_encode("alice:secret")), 200);

  const auto second = put_client_certificate(*notes, {digest, "bob", {}});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::usage);
  EXPECT_FALSE(put_client_certificate(*notes, {"AA", "alice", {}}));
  EXPECT_FALSE(*remove_client_certificate(*notes, "bob", digest));
  EXPECT_TRUE(*remove_client_certificate(*notes, "alice", digest));
  EXPECT_EQ(with(digest), 401);
}

TEST_F(Access, DigestsOfCertificates) {
  EXPECT_FALSE(certificate_digest(""));
  EXPECT_FALSE(certificate_digest("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  EXPECT_FALSE(certificate_digest("-----BEGIN CERTIFICATE-----\n"));
  const std::string der = '\x30' + std::string(99, 'x');
  const auto made = certificate_digest("text\n-----BEGIN CERTIFICATE-----\r\n" + net::base64_encode(der) +
                                       "\r\n-----END CERTIFICATE-----\nmore");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->size(), 64U);
}

}  // namespace
}  // namespace tocsin::taxii
