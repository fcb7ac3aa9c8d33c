// The parts of HTTP that are text alone: targets, media types, credentials, addresses.
#include <gtest/gtest.h>

#include "net/address.h"
#include "net/authorization.h"
#include "net/media_type.h"
#include "net/target.h"

namespace tocsin::net {
namespace {

MediaType taxii() { return *parse_media_type("application/taxii+json;version=2.1"); }

TEST(MediaType, AcceptIsReadAsTheGrammarHasIt) {
  for (const char* header : {"application/taxii+json;version=2.1", "application/taxii+json", "*/*", "application/*", "",
                             "application/taxii+json; version=2.1", "application/taxii+json ; version=\"2.1\"",
                             "APPLICATION/TAXII+JSON;Version=2.1", "application/taxii+json;version=2.1;q=0.9",
                             "text/html, application/taxii+json;q=0.1",
                             "application/taxii+json;version=2.0, application/taxii+json;version=2.1",
                             "text/html;a=\",\", */*;q=0.001", "nonsense, application/taxii+json"}) {
    EXPECT_GT(acceptance(header, taxii()), 0) << header;
  }
  for (const char* header : {"text/html", "application/taxii+json;version=9.9", "application/json",
                             "application/taxii+json;q=0", "*/*;q=0", "*/*, application/taxii+json;q=0.0", "nonsense",
                             "application/taxii+json;version=2.1;q=0.000", ",", "a/b;\"", ";;"}) {
    EXPECT_EQ(acceptance(header, taxii()), 0) << header;
  }
}

TEST(MediaType, TheMostSpecificRangeCounts) {
  EXPECT_EQ(acceptance("*/*;q=0.1, application/taxii+json;q=0.5", taxii()), 500);
  EXPECT_EQ(acceptance("application/taxii+json;version=2.1;q=0.2, */*", taxii()), 200);
}

TEST(MediaType, OneTypeWithNothingBehindIt) {
  EXPECT_TRUE(parse_media_type("application/taxii+json;version=2.1;charset=utf-8"));
  EXPECT_EQ(parse_media_type(" a/b ; X = \"q\\\"r\" ")->parameter("x"), "q\"r");
  for (const char* text : {"", "a", "a/", "/b", "a/b c", "a/b,c/d", "a/b;x=\"open"}) {
    EXPECT_FALSE(parse_media_type(text)) << text;
  }
}

TEST(Target, PathAndQueryAreDecodedOnce) {
  const auto target = parse_target("/api/collections/a%2Fb//objects/?match%5Btype%5D=a,b&limit=2&x&y=1+2%2B");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, (std::vector<std::string>{"api", "collections", "a/b", "objects"}));
  ASSERT_EQ(target->query.size(), 4U);
  EXPECT_EQ(target->query[0], (std::pair<std::string, std::string>{"match[type]", "a,b"}));
  EXPECT_EQ(target->query[2], (std::pair<std::string, std::string>{"x", ""}));
  EXPECT_EQ(target->query[3].second, "1 2+");
  EXPECT_EQ(parse_target("http://host:1/a/?b=c")->path, std::vector<std::string>{"a"});
}

TEST(Target, WrongEscapesAreErrors) {
  for (const char* text : {"", "*", "a", "/%", "/%4", "/%zz", "/%00", "/%ff", "/?a=%", "/?%c0%af=1", "http://host"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
  std::string many = "/?";
  for (int i = 0; i < 70; ++i) {
    many += "a=1&";
  }
  EXPECT_FALSE(parse_target(many));
}

TEST(Authorization, SchemesInAnyCase) {
  for (const char* header : {"Basic YTpiOmM=", "basic YTpiOmM=", "BASIC  YTpiOmM"}) {
    const Credentials given = parse_authorization(header);
    EXPECT_EQ(given.kind, Credentials::Kind::basic) << header;
    EXPECT_EQ(given.user, "a");
    EXPECT_EQ(given.secret, "b:c");
  }
  for (const char* header : {"Bearer key", "bearer key", "Token key", "key"}) {
    const Credentials given = parse_authorization(header);
    EXPECT_EQ(given.kind, Credentials::Kind::bearer) << header;
    EXPECT_EQ(given.secret, "key");
  }
  EXPECT_EQ(parse_authorization("").kind, Credentials::Kind::none);
  for (const char* header : {"Basic", "Basic !", "Basic YQ==", "Digest a=b", "Bearer "}) {
    EXPECT_NE(parse_authorization(header).kind, Credentials::Kind::basic) << header;
  }
}

TEST(Authorization, Base64BothWays) {
  for (const std::string& text : {std::string(), std::string("a"), std::string("ab"), std::string("abc"),
                                  std::string("abcd"), std::string("\0\xff\x80", 3)}) {
    EXPECT_EQ(base64_decode(base64_encode(text)), text);
    EXPECT_EQ(base64url_decode(base64url_encode(text)), text);
  }
  EXPECT_EQ(base64_encode("ab"), "YWI=");
  for (const char* text : {"A", "YWJ", "YWI===", "Y W", "YQ=a"}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
}

TEST(Address, LoopbackIsToldFromTheRest) {
  EXPECT_TRUE(parse_listen_address("127.0.0.1:8030")->loopback());
  EXPECT_TRUE(parse_listen_address("localhost:1")->loopback());
  EXPECT_TRUE(parse_listen_address("[::1]:0")->loopback());
  EXPECT_FALSE(parse_listen_address("0.0.0.0:1")->loopback());
  EXPECT_FALSE(parse_listen_address("[::]:1")->loopback());
  EXPECT_EQ(parse_listen_address("[::1]:7")->text(), "[::1]:7");
  for (const char* text :
       {"", "1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "name:1", "::1:1", "[1]:1", "127.1:1"}) {
    EXPECT_FALSE(parse_listen_address(text)) << text;
  }
}

}  // namespace
}  // namespace tocsin::net
