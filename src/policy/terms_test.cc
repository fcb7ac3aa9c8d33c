#include "policy/terms.h"

#include <gtest/gtest.h>

namespace tocsin::policy {
namespace {

TEST(Terms, ReadBackAsWritten) {
  Terms terms;
  terms.type = "indicator";
  terms.markings = {"marking-definition--a", "marking-definition--b"};
  EXPECT_EQ(terms_text(terms), "indicator\nmarking-definition--a\nmarking-definition--b");
  EXPECT_FALSE(read_terms(terms_text(terms)).audience);
  terms.audience = {"identity--x", "community--y"};
  terms.embargo_until = "2030-01-01T00:00:00Z";
  const Terms read = read_terms(terms_text(terms));
  EXPECT_EQ(read.type, terms.type);
  EXPECT_EQ(read.markings, terms.markings);
  EXPECT_EQ(read.audience, terms.audience);
  EXPECT_EQ(read.embargo_until, terms.embargo_until);
  terms.audience->clear();
  EXPECT_TRUE(read_terms(terms_text(terms)).audience.has_value()) << "an empty audience is not none";
}

TEST(Terms, AnEmbargoThatCannotBeReadNeverEnds) {
  Terms terms;
  EXPECT_FALSE(embargo_of(terms));
  terms.embargo_until = "2030-01-01T00:00:00Z";
  EXPECT_EQ(embargo_of(terms), stix::parse_timestamp(terms.embargo_until));
  terms.embargo_until = "soon";
  EXPECT_GT(*embargo_of(terms), *stix::parse_timestamp("9999-12-31T23:59:59Z"));
}

TEST(Terms, NamesCannotBreakOut) {
  EXPECT_TRUE(is_term("identity--x"));
  EXPECT_FALSE(is_term(""));
  EXPECT_FALSE(is_term("@to x"));
  EXPECT_FALSE(is_term("x\n@to y"));
  EXPECT_FALSE(is_term(std::string(5'000, 'x')));
}

}  // namespace
}  // namespace tocsin::policy
