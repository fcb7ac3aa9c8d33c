// Signed notes, verifier keys and checkpoints against the vectors of golang/mod, transparency-dev and C2SP.
#include "trust/note.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "base/text.h"
#include "support/corpus.h"
#include "trust/base64.h"
#include "trust/digest.h"
#include "trust/test_json.h"

namespace tocsin::trust {
namespace {

const std::string_view names[] = {"ok", "malformed", "ambiguous key", "invalid signature", "no verifiable signatures"};

std::vector<test::Fields> vectors(const char* name) {
  const auto folder = test::corpus();
  return folder.empty() ? std::vector<test::Fields>{} : test::json_lines(folder / "crypto" / "notes" / name);
}

TEST(Note, MeetsTheVectors) {
  const auto rows = vectors("signed-notes.jsonl");
  if (rows.empty()) {
    GTEST_SKIP() << "crypto/notes/signed-notes.jsonl is absent";
  }
  std::size_t good = 0;
  for (const test::Fields& row : rows) {
    std::vector<VerifierKey> keys;
    for (const std::string& text : row.list("verifier_keys")) {
      const auto key = parse_verifier_key(text);
      ASSERT_TRUE(key.has_value()) << text;
      keys.push_back(*key);
    }
    const std::string note = *from_base64(row.text("note_base64"));
    const OpenedNote opened = open_note(note, keys);
    EXPECT_EQ(names[static_cast<int>(opened.verdict)], row.text("expect")) << row.text("desc") << "\n" << note;
    if (opened.verdict == NoteVerdict::ok) {
      ++good;
      EXPECT_EQ(opened.verified, row.list("verified")) << row.text("desc");
      EXPECT_EQ(opened.unverified, row.list("unverified")) << row.text("desc");
      EXPECT_TRUE(note.starts_with(opened.text) && opened.text.ends_with('\n'));
    }
  }
  EXPECT_EQ(rows.size(), 136U);
  EXPECT_EQ(good, 35U);
}

TEST(Note, VerifierKeysMeetTheVectors) {
  const auto rows = vectors("verifier-keys.jsonl");
  if (rows.empty()) {
    GTEST_SKIP() << "crypto/notes/verifier-keys.jsonl is absent";
  }
  for (const test::Fields& row : rows) {
    const auto key = parse_verifier_key(row.text("key"));
    EXPECT_EQ(key.has_value(), row.yes("valid")) << row.text("key") << " " << row.text("why");
    if (key) {
      EXPECT_EQ(text_of(*key), row.text("key"));
    } else if (row.text("why") == "invalid verifier hash") {
      EXPECT_EQ(key.error().code, ErrorCode::damaged) << row.text("key");
    }
  }
}

TEST(Note, CheckpointsMeetTheVectors) {
  const auto rows = vectors("checkpoints.jsonl");
  if (rows.empty()) {
    GTEST_SKIP() << "crypto/notes/checkpoints.jsonl is absent";
  }
  for (const test::Fields& row : rows) {
    const auto checkpoint = parse_checkpoint(row.text("text"));
    EXPECT_EQ(checkpoint.has_value(), row.yes("valid")) << row.text("desc");
    if (checkpoint) {
      EXPECT_EQ(checkpoint->origin, row.text("origin"));
      EXPECT_EQ(std::to_string(checkpoint->size), row.text("size"));
      EXPECT_EQ(to_base64(checkpoint->hash), row.text("hash_base64"));
      EXPECT_EQ(checkpoint->rest, row.text("rest"));
      EXPECT_EQ(text_of(*checkpoint), row.text("text"));
    }
  }
}

Ed25519Seed seed(std::uint8_t fill) {
  Ed25519Seed out;
  out.fill(fill);
  return out;
}

TEST(Note, WhatIsSignedOpens) {
  const VerifierKey key = verifier_key("log.example", ed25519_public_key(seed(1)));
  const auto again = parse_verifier_key(text_of(key));
  ASSERT_TRUE(again.has_value());
  const std::string text = text_of(Checkpoint{"log.example", 7, std::string(32, 'r'), ""});
  const auto note = sign_note(text, "log.example", seed(1));
  ASSERT_TRUE(note.has_value());
  const OpenedNote opened = open_note(*note, {&*again, 1});
  EXPECT_EQ(opened.verdict, NoteVerdict::ok);
  EXPECT_EQ(opened.text, text);
  EXPECT_EQ(opened.verified, std::vector<std::string>{"log.example"});
  EXPECT_EQ(open_note(*note, {}).verdict, NoteVerdict::unverified);
  const VerifierKey twice[] = {key, key};
  EXPECT_EQ(open_note(*note, twice).verdict, NoteVerdict::ambiguous_key);
}

TEST(Note, AnyChangedByteIsSeen) {
  const VerifierKey key = verifier_key("log.example", ed25519_public_key(seed(2)));
  const std::string note = *sign_note("one\n\ntwo\n", "log.example", seed(2));
  for (std::size_t i = 0; i < note.size(); ++i) {
    for (const char flip : {'\x01', '\x20'}) {
      std::string changed = note;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      EXPECT_NE(open_note(changed, {&key, 1}).verdict, NoteVerdict::ok) << i;
    }
    EXPECT_NE(open_note(std::string_view(note).substr(0, i), {&key, 1}).verdict, NoteVerdict::ok) << i;
  }
}

TEST(Note, LimitsHold) {
  const VerifierKey key = verifier_key("a", ed25519_public_key(seed(3)));
  const std::string note = *sign_note("x\n", "a", seed(3));
  const std::string line = note.substr(note.find("\xE2"));
  std::string many = note;
  for (int i = 1; i < 100; ++i) {
    many += line;
  }
  EXPECT_EQ(open_note(many, {&key, 1}).verdict, NoteVerdict::ok);
  EXPECT_EQ(open_note(many, {&key, 1}).verified.size(), 1U);
  EXPECT_EQ(open_note(many + line, {&key, 1}).verdict, NoteVerdict::malformed);
  EXPECT_FALSE(sign_note(std::string(std::size_t{1} << 20, 'x') + "\n", "a", seed(3)).has_value());
  for (const std::string_view name : {"", "a b", "a+b", "a\xC2\xA0", "\xFF"}) {
    EXPECT_FALSE(sign_note("x\n", name, seed(3)).has_value()) << name;
  }
  for (const std::string_view text : {"", "x", "x\ry\n", "\xFF\n"}) {
    EXPECT_FALSE(sign_note(text, "a", seed(3)).has_value());
  }
}

TEST(Base64, OneSpellingOnly) {
  for (const std::string_view bytes : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
  EXPECT_EQ(to_base64(std::string_view("foob")), "Zm9vYg==");
  for (const std::string_view wrong : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==\n", "Z g=", "Zm-_", "=Zg="}) {
    EXPECT_EQ(from_base64(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace tocsin::trust
