// Archives: every kind, nested, damaged, locked, and made to do harm.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/limits.h"
#include "source/source.h"
#include "source/test_support.h"
#include "support/corpus.h"

namespace tocsin::source {
namespace {

namespace fs = std::filesystem;
using test::Recorder;
using test::strings;
using test::walked;

std::string golden(const std::string& name) { return test::file_content(tocsin::test::golden() / "source" / name); }

// Text that packs about as well as logs do.
std::string log_text(std::size_t bytes) {
  std::string out;
  std::uint32_t state = 1;
  while (out.size() < bytes) {
    state = state * 1664525U + 1013904223U;
    out += "2021-03-03 06:49:42 GET /owa/ - 443 " + std::to_string(state) + "\n";
  }
  out.resize(bytes);
  return out;
}

TEST(Unpacker, ReadsEveryCompressedStreamUnderItsOwnName) {
  const std::string text = log_text(3'000'000);
  for (const char* kind : {"gzip", "bzip2", "xz", "zstd", "lz4"}) {
    const Recorder seen = walked("x.log.packed", test::compressed(kind, text));
    EXPECT_EQ(seen.names(), strings({"x.log.packed"})) << kind;
    EXPECT_EQ(seen.content("x.log.packed"), text) << kind;
    EXPECT_TRUE(seen.skips.empty()) << kind;
    EXPECT_TRUE(seen.notes.empty()) << kind;
  }
}

TEST(Unpacker, StreamsJoinedOneAfterTheOtherAreOneContent) {
  for (const char* kind : {"gzip", "bzip2", "xz", "zstd", "lz4"}) {
    const Recorder seen = walked("x", test::compressed(kind, "one\n") + test::compressed(kind, "two\n"));
    EXPECT_EQ(seen.content("x"), "one\ntwo\n") << kind;
    EXPECT_TRUE(seen.skips.empty()) << kind;
  }
}

TEST(Unpacker, BytesBehindAGzipStreamAreANoteAndZerosAreNothing) {
  const Recorder seen = walked("x.gz", test::compressed("gzip", "one\n") + "garbage");
  EXPECT_EQ(seen.content("x.gz"), "one\n");
  EXPECT_TRUE(seen.noted("x.gz", "behind the end"));
  EXPECT_TRUE(seen.skips.empty());
  const Recorder padded = walked("x.gz", test::compressed("gzip", "one\n") + std::string(512, '\0'));
  EXPECT_EQ(padded.content("x.gz"), "one\n");
  EXPECT_TRUE(padded.notes.empty());
}

TEST(Unpacker, AGzipStreamTellsWhenItsContentWasWritten) {
  std::string packed = test::compressed("gzip", "one\n");
  packed.replace(4, 4, std::string("\x11\x22\x3f\x60", 4));
  EXPECT_EQ(walked("x.gz", packed).members.at(0).modified, 0x603f2211U);
}

TEST(Unpacker, ACutStreamGivesItsBytesAndThenTheReason) {
  const std::string text = log_text(2'000'000);
  for (const char* kind : {"gzip", "bzip2", "xz", "zstd", "lz4"}) {
    const std::string packed = test::compressed(kind, text);
    for (const std::size_t keep : {packed.size() - 1, packed.size() / 2, packed.size() / 10}) {
      const Recorder seen = walked("x", packed.substr(0, keep));
      EXPECT_EQ(seen.skip_code("x"), "T012") << kind << " " << keep;
      EXPECT_EQ(seen.skips.size(), 1U) << kind << " " << keep;
      if (!seen.members.empty()) {
        EXPECT_TRUE(text.starts_with(seen.content("x"))) << kind << " " << keep;
      }
    }
    const Recorder half = walked("x", packed.substr(0, packed.size() / 2));
    ASSERT_EQ(half.members.size(), 1U) << kind;
    EXPECT_GT(half.content("x").size(), text.size() / 5) << kind;
  }
}

TEST(Unpacker, AWrongChecksumIsDamage) {
  const std::string text = log_text(100'000);
  for (const char* kind : {"gzip", "bzip2", "xz", "lz4"}) {
    std::string packed = test::compressed(kind, text);
    // gzip keeps its CRC-32 eight bytes before the end; for the others any byte of the data will do.
    const std::size_t at = std::string_view(kind) == "gzip" ? packed.size() - 8 : packed.size() / 2;
    packed[at] = static_cast<char>(packed[at] ^ 1);
    const Recorder seen = walked("x", packed);
    ASSERT_EQ(seen.skips.size(), 1U) << kind;
    EXPECT_NE(seen.skips[0].why.code, ErrorCode::io) << kind;
    EXPECT_FALSE(seen.skips[0].why.hint.empty()) << kind;
  }
}

TEST(Unpacker, AnXzStreamThatWantsTooMuchMemoryIsLeft) {
  // The header says what the decoder will need, however short the content is.
  std::string packed = test::compressed("xz", "content");
  EXPECT_EQ(walked("x", packed).content("x"), "content");
  // In the block header at 12: filter id 0x21 (LZMA2), one byte of properties, the dictionary size as 2^(12 + n/2).
  const std::size_t filter = packed.find("\x21\x01", 13);
  ASSERT_NE(filter, std::string::npos);
  packed[filter + 2] = 36;
  const std::size_t header = (static_cast<std::size_t>(packed[12]) + 1) * 4;
  const auto crc = lzma_crc32(reinterpret_cast<const std::uint8_t*>(packed.data() + 12), header - 4, 0);
  for (std::size_t i = 0; i < 4; ++i) {
    packed[12 + header - 4 + i] = static_cast<char>(crc >> (8 * i));
  }
  const Recorder seen = walked("x", packed);
  EXPECT_EQ(seen.skip_code("x"), "T005");
  EXPECT_NE(seen.skips.at(0).why.message.find("memory"), std::string::npos);
}

TEST(Unpacker, ReadsZipsInEveryShape) {
  const std::string text = log_text(600'000);
  const std::vector<test::Stored> members = {{"dir/", ""}, {"dir/a.log", text}, {"b.log", "b"}};
  for (const test::ZipOptions& options :
       {test::ZipOptions{}, test::ZipOptions{.deflate = false}, test::ZipOptions{.directory = false},
        test::ZipOptions{.sizes_at_end = true}, test::ZipOptions{.comment = "a comment with PK\x05\x06 in it"}}) {
    SCOPED_TRACE(testing::Message() << options.deflate << options.directory << options.sizes_at_end << options.comment);
    const Recorder seen = walked("x.zip", test::zip(members, options));
    EXPECT_EQ(seen.names(), strings({"x.zip!/dir/a.log", "x.zip!/b.log"}));
    EXPECT_EQ(seen.content("x.zip!/dir/a.log"), text);
    EXPECT_EQ(seen.content("x.zip!/b.log"), "b");
  }
  const std::string at_end = test::zip(members, {.sizes_at_end = true});
  EXPECT_EQ(walked("x.zip", at_end.substr(0, at_end.size() - 30)).content("x.zip!/b.log"), "b") << "directory cut";
  EXPECT_EQ(walked("x.zip", test::zip(members)).members.at(0).bytes, text.size());
  EXPECT_GT(walked("x.zip", test::zip(members)).members.at(0).modified, 1'600'000'000U);
  EXPECT_TRUE(walked("x.zip", test::zip({})).skips.empty());
}

TEST(Unpacker, ReadsTarsOfEveryAge) {
  const Recorder seen =
      walked("x.tar", test::tar({{"./dir/", ""}, {"./dir/a.log", "a"}, {"/abs.log", "b"}, {"empty", ""}}));
  EXPECT_EQ(seen.names(), strings({"x.tar!/dir/a.log", "x.tar!/abs.log"}));
  EXPECT_EQ(seen.members.at(0).modified, 1614754182U);
  EXPECT_TRUE(seen.noted("x.tar!/empty", "is empty"));
  EXPECT_EQ(
      walked("x", test::tar_member({"old.log", "v7"}, '0', false) + std::string(1024, '\0')).content("x!/old.log"),
      "v7");
}

TEST(Unpacker, LinksAndSpecialFilesInArchivesAreOneNote) {
  const Recorder seen =
      walked("x.tar", test::tar_member({"passwd", "/etc/passwd"}, '2') + test::tar_member({"hard", "a.log"}, '1') +
                          test::tar_member({"pipe", ""}, '6') + test::tar({{"a.log", "a"}}));
  EXPECT_EQ(seen.names(), strings({"x.tar!/a.log"}));
  ASSERT_EQ(seen.notes.size(), 1U);
  EXPECT_TRUE(seen.noted("x.tar", "3 links and special files"));
}

TEST(Unpacker, ReadsSevenZip) {
  const Recorder seen = walked("x.7z", golden("plain.7z"));
  EXPECT_EQ(seen.names(), strings({"x.7z!/logs/a.log", "x.7z!/logs/ä.log"}));
  EXPECT_EQ(seen.content("x.7z!/logs/a.log"), "first line\n");
  EXPECT_EQ(seen.content("x.7z!/logs/ä.log"), "second line\n");
  const Recorder nested = walked("x.tar.gz", test::compressed("gzip", test::tar({{"in.7z", golden("plain.7z")}})));
  EXPECT_EQ(nested.content("x.tar.gz!/in.7z!/logs/a.log"), "first line\n");
}

TEST(Unpacker, NamesInArchivesAreTextOnly) {
  const Recorder seen = walked("x.zip", test::zip({{"../../etc/cron.d/x", "1"},
                                                   {"/abs.log", "2"},
                                                   {"C%3A/Windows/a.evtx", "3"},
                                                   {"red\x1b[31m\n.log", "4"},
                                                   {"日本語/ä.log", "5"},
                                                   {"evil\u202Egol.log", "6"}}));
  EXPECT_EQ(seen.names(),
            strings({"x.zip!/../../etc/cron.d/x", "x.zip!/abs.log", "x.zip!/C:/Windows/a.evtx",
                     "x.zip!/red\\x1B[31m\\x0A.log", "x.zip!/日本語/ä.log", "x.zip!/evil\\u{202E}gol.log"}));
  const Recorder unmarked =
      walked("x.zip", test::zip({{"ä.log", "utf-8 without its flag"}, {"caf\xe9.log", "latin-1"}}, {.utf8 = false}));
  EXPECT_EQ(unmarked.names(), strings({"x.zip!/ä.log", "x.zip!/caf\\xE9.log"}));
  EXPECT_EQ(walked("x.zip", test::zip({{"bad\xff.log", "marked as utf-8 and is not"}})).members.size(), 1U);
}

TEST(Unpacker, DroppingsInArchivesAreNoted) {
  const Recorder seen = walked("x.zip", test::zip({{"__MACOSX/._a.log", "1"}, {"a.log", "2"}, {"d/.DS_Store", "3"}}));
  EXPECT_EQ(seen.names(), strings({"x.zip!/a.log"}));
  EXPECT_TRUE(seen.noted("x.zip!/__MACOSX/._a.log", "macOS"));
  EXPECT_TRUE(seen.noted("x.zip!/d/.DS_Store", "Finder"));
  EXPECT_TRUE(seen.skips.empty());
}

TEST(Unpacker, DocumentsAreNotArchivesOfLogs) {
  const std::string office =
      test::zip({{"_rels/.rels", "<x/>"}, {"[Content_Types].xml", "<x/>"}, {"word/document.xml", "<x/>"}});
  const Recorder seen = walked("letter.docx", office);
  EXPECT_TRUE(seen.members.empty());
  EXPECT_TRUE(seen.noted("letter.docx", "document"));
  EXPECT_TRUE(seen.skips.empty());
  EXPECT_TRUE(walked("x.jar", test::zip({{"META-INF/", ""}, {"META-INF/MANIFEST.MF", "x"}})).members.empty());
  EXPECT_TRUE(walked("x.odt", test::zip({{"mimetype", "x"}, {"content.xml", "x"}})).members.empty());
  // Whoever calls it a zip means the members.
  EXPECT_EQ(walked("letter.zip", office).members.size(), 3U);
  EXPECT_EQ(walked("logs", test::zip({{"a.log", "x"}, {"mimetype", "x"}})).members.size(), 2U);
  const Recorder inside = walked("all.zip", test::zip({{"letter.docx", office}, {"a.log", "a"}}));
  EXPECT_EQ(inside.names(), strings({"all.zip!/a.log"}));
  EXPECT_TRUE(inside.noted("all.zip!/letter.docx", "document"));
}

TEST(Unpacker, ArchivesThatAreNotReadSaySo) {
  const Recorder seen = walked("x.rar", std::string("Rar!\x1a\x07\x01\x00 and more", 17));
  EXPECT_EQ(seen.skip_code("x.rar"), "T014");
  EXPECT_FALSE(seen.skips.at(0).why.hint.empty());
}

// --- Passwords

TEST(Unpacker, PasswordsAreTriedInOrder) {
  for (const char* name : {"aes256.zip", "zipcrypto.zip"}) {
    const Recorder seen = walked(name, golden(name), {.archive_passwords = {"", "wrong", "infected", "other"}});
    EXPECT_EQ(seen.content(std::string(name) + "!/logs/a.log"), "first line\n") << name;
    EXPECT_EQ(seen.content(std::string(name) + "!/logs/b.log"), "second line\n") << name;
    EXPECT_TRUE(seen.skips.empty()) << name;
  }
}

TEST(Unpacker, AMissingOrWrongPasswordIsToldOnceWithAHint) {
  for (const char* name : {"aes256.zip", "zipcrypto.zip"}) {
    for (const std::vector<std::string>& passwords : {std::vector<std::string>{}, {"wrong"}, {"wrong", "Infected"}}) {
      const Recorder seen = walked(name, golden(name), {.archive_passwords = passwords});
      EXPECT_TRUE(seen.members.empty()) << name;
      ASSERT_EQ(seen.skips.size(), 1U) << name;
      EXPECT_EQ(seen.skip_code(name), "T015") << name;
      EXPECT_NE(seen.skips[0].why.hint.find("--archive-password-file"), std::string::npos);
      EXPECT_NE(seen.skips[0].why.message.find("2 members"), std::string::npos);
    }
  }
}

// The old encryption checks one byte of the password: one in 256 wrong ones seems right until the data is unpacked.
TEST(Unpacker, NoWrongPasswordIsTakenForTheRightOne) {
  std::vector<std::string> wrong;
  for (int i = 0; i < 2000; ++i) {
    wrong.push_back("wrong" + std::to_string(i));
  }
  const Recorder locked = walked("zipcrypto.zip", golden("zipcrypto.zip"), {.archive_passwords = wrong});
  EXPECT_TRUE(locked.members.empty());
  EXPECT_EQ(locked.skip_code("zipcrypto.zip"), "T015");
  wrong.push_back("infected");
  const Recorder seen = walked("zipcrypto.zip", golden("zipcrypto.zip"), {.archive_passwords = wrong});
  EXPECT_EQ(seen.content("zipcrypto.zip!/logs/a.log"), "first line\n");
  EXPECT_EQ(seen.content("zipcrypto.zip!/logs/b.log"), "second line\n");
  EXPECT_TRUE(seen.skips.empty());
}

TEST(Unpacker, MembersWithoutAPasswordAreReadBesideLockedOnes) {
  const Recorder seen = walked("x.zip", golden("some_locked.zip"));
  EXPECT_EQ(seen.names(), strings({"x.zip!/logs/open.log"}));
  EXPECT_EQ(seen.skip_code("x.zip"), "T015");
  const Recorder all = walked("x.zip", golden("some_locked.zip"), {.archive_passwords = {"infected"}});
  EXPECT_EQ(all.members.size(), 3U);
  const Recorder nested = walked("outer.zip", test::zip({{"in.zip", golden("some_locked.zip")}, {"after.log", "x"}}));
  EXPECT_EQ(nested.names(), strings({"outer.zip!/in.zip!/logs/open.log", "outer.zip!/after.log"}));
  EXPECT_EQ(nested.skip_code("outer.zip!/in.zip"), "T015");
}

TEST(Unpacker, EncryptedSevenZipSaysWhatToDo) {
  for (const char* name : {"encrypted.7z", "encrypted_names.7z"}) {
    const Recorder seen = walked(name, golden(name), {.archive_passwords = {"infected"}});
    EXPECT_TRUE(seen.members.empty());
    EXPECT_EQ(seen.skip_code(name), "T015");
    EXPECT_NE(seen.skips.at(0).why.hint.find("7z"), std::string::npos);
  }
}

TEST(Unpacker, ASevenZipThatWantsTooMuchMemoryIsLeft) {
  const Recorder seen = walked("x.7z", golden("dictionary_256m.7z"));
  EXPECT_TRUE(seen.members.empty());
  EXPECT_EQ(seen.skip_code("x.7z"), "T005");
  EXPECT_NE(seen.skips.at(0).why.message.find("256 MiB"), std::string::npos);
  // A header that claims members: signature, version, CRC, where the header lies, its size, its CRC; then Header,
  // FilesInfo, the count.
  const auto claims = [](std::string_view count) {
    std::string out("7z\xBC\xAF\x27\x1C\x00\x04\0\0\0\0", 12);
    test::put(out, 0, 8);
    test::put(out, 2 + count.size(), 8);
    test::put(out, 0, 4);
    return out + std::string("\x01\x05") + std::string(count);
  };
  EXPECT_EQ(walked("x.7z", claims("\xE1\x00\xE1\xF5")).skip_code("x.7z"), "T013") << "cut";
  const Recorder many = walked("x.7z", claims(std::string("\xF0\x00\xE1\xF5\x05", 5)));
  EXPECT_EQ(many.skip_code("x.7z"), "T005");
  EXPECT_NE(many.skips.at(0).why.message.find("100000000 members"), std::string::npos);
}

// --- Damage

TEST(Unpacker, ACutZipGivesTheMembersBeforeTheCut) {
  const std::string text = log_text(400'000);
  const std::string packed = test::zip({{"a.log", text}, {"b.log", text}, {"c.log", text}});
  const Recorder seen = walked("x.zip", packed.substr(0, packed.size() / 2));
  EXPECT_EQ(seen.names(), strings({"x.zip!/a.log", "x.zip!/b.log"}));
  EXPECT_EQ(seen.content("x.zip!/a.log"), text);
  EXPECT_TRUE(text.starts_with(seen.content("x.zip!/b.log")));
  EXPECT_GT(seen.content("x.zip!/b.log").size(), 50'000U);
  ASSERT_EQ(seen.skips.size(), 1U);
  EXPECT_EQ(seen.skip_code("x.zip!/b.log"), "T012");
}

TEST(Unpacker, ACutTarGzGivesTheMembersBeforeTheCut) {
  const std::string text = log_text(400'000);
  const std::string packed = test::compressed("gzip", test::tar({{"a.log", text}, {"b.log", text}}));
  const Recorder seen = walked("x.tar.gz", packed.substr(0, packed.size() * 3 / 4));
  EXPECT_EQ(seen.names(), strings({"x.tar.gz!/a.log", "x.tar.gz!/b.log"}));
  EXPECT_EQ(seen.content("x.tar.gz!/a.log"), text);
  ASSERT_EQ(seen.skips.size(), 1U);
  EXPECT_EQ(seen.skip_code("x.tar.gz!/b.log"), "T012");
}

TEST(Unpacker, EveryPrefixOfAnArchiveIsReadWithoutHarm) {
  const std::string inner = test::zip({{"a.log", log_text(3'000)}, {"b.log", "b"}});
  for (const std::string& packed :
       {test::zip({{"a.log", log_text(5'000)}, {"in.zip", inner}, {"c.log.gz", test::compressed("gzip", "c")}}),
        test::compressed("gzip", test::tar({{"a.log", log_text(2'000)}, {"in.zip", inner}})), golden("plain.7z"),
        golden("aes256.zip")}) {
    for (std::size_t keep = 0; keep < packed.size(); keep += 1 + keep / 97) {
      const Recorder seen = walked("x.zip", packed.substr(0, keep), {.archive_passwords = {"infected"}});
      EXPECT_FALSE(seen.members.empty() && seen.skips.empty() && seen.notes.empty()) << keep;
    }
  }
}

TEST(Unpacker, ADamagedMemberDoesNotHideTheOthers) {
  const std::string text = log_text(300'000);
  std::string packed = test::zip({{"a.log", text}, {"b.log", text}, {"c.log", text}});
  const std::size_t middle = packed.find("b.log") + packed.size() / 3 - 10'000;
  for (std::size_t i = 0; i < 64; ++i) {
    packed[middle + i] = static_cast<char>(packed[middle + i] ^ 0x5a);
  }
  const Recorder seen = walked("x.zip", packed);
  EXPECT_EQ(seen.names(), strings({"x.zip!/a.log", "x.zip!/b.log", "x.zip!/c.log"}));
  EXPECT_EQ(seen.content("x.zip!/a.log"), text);
  EXPECT_EQ(seen.content("x.zip!/b.log").substr(0, 200'000), text.substr(0, 200'000));
  EXPECT_EQ(seen.content("x.zip!/c.log"), text);
  ASSERT_EQ(seen.skips.size(), 1U);
  EXPECT_EQ(seen.skip_code("x.zip!/b.log"), "T013");
}

TEST(Unpacker, AWrongChecksumOfAZipMemberIsDamage) {
  std::string packed = test::zip({{"a.log", "content"}, {"b.log", "b"}}, {.deflate = false});
  packed[packed.find("content")] = 'C';
  const Recorder seen = walked("x.zip", packed);
  EXPECT_EQ(seen.names(), strings({"x.zip!/a.log", "x.zip!/b.log"}));
  EXPECT_EQ(seen.skip_code("x.zip!/a.log"), "T013");
}

// --- Limits

std::string nested_zips(std::size_t depth) {
  std::string packed = test::zip({{"a.log", "deep"}});
  for (std::size_t i = 1; i < depth; ++i) {
    packed = test::zip({{"in.zip", packed}});
  }
  return packed;
}

TEST(Unpacker, ArchivesAreOpenedToTheirDepthLimit) {
  const Recorder seen = walked("x.zip", nested_zips(limits::archive_depth_max));
  ASSERT_EQ(seen.members.size(), 1U);
  EXPECT_EQ(seen.members[0].content, "deep");
  const Recorder deeper = walked("x.zip", nested_zips(limits::archive_depth_max + 1));
  EXPECT_TRUE(deeper.members.empty());
  ASSERT_EQ(deeper.skips.size(), 1U);
  EXPECT_EQ(deeper.skips[0].why.code, ErrorCode::limit);
  EXPECT_EQ(deeper.skips[0].name, "x.zip!/in.zip!/in.zip!/in.zip!/in.zip!/in.zip");
}

TEST(Unpacker, StreamsAreOpenedToTheirDepthLimit) {
  std::string packed = "deep";
  for (std::size_t i = 0; i < limits::archive_depth_max; ++i) {
    packed = test::compressed(i % 2 == 0 ? "gzip" : "xz", packed);
  }
  EXPECT_EQ(walked("x", packed).content("x"), "deep");
  EXPECT_EQ(walked("x", test::compressed("gzip", packed)).skip_code("x"), "T005");
}

TEST(Unpacker, ABombIsLeftAtTheRatioAndTheRestOfTheWalkGoesOn) {
  test::Folder folder;
  const std::string zeros(std::size_t{64} << 20, '\0');
  const std::string once = test::compressed("gzip", zeros + zeros);
  ASSERT_LT(once.size(), std::size_t{200} << 10);
  // 128 MiB in 130 kB is just below 1,000 to 1 and genuine logs of zeros exist; packed once more it is far beyond.
  folder.write("bomb.gz", test::compressed("gzip", once));
  folder.write("bomb.zip", test::zip({{"a.log", "a"}, {"zeros.gz", once}, {"b.log", "b"}}));
  folder.write("z.log", "z");
  Recorder seen;
  seen.keep_content = false;
  ASSERT_TRUE(walk({folder.path()}, {}, seen));
  EXPECT_EQ(seen.names(), strings({"bomb.gz", "bomb.zip!/a.log", "bomb.zip!/zeros.gz", "z.log"}));
  EXPECT_EQ(seen.skip_code("bomb.gz"), "T005");
  EXPECT_EQ(seen.skip_code("bomb.zip!/zeros.gz"), "T005");
  EXPECT_LT(seen.bytes_read, std::size_t{300} << 20);
}

// A member, and a directory that names it `entries` times.
std::string zip_with_directory(std::size_t entries) {
  const std::string packed = test::zip({{"a.log", "content"}});
  const std::size_t directory = packed.find("PK\x01\x02");
  const std::string entry = packed.substr(directory, 46 + 5);
  std::string out = packed.substr(0, directory);
  out.reserve(out.size() + entries * entry.size());
  for (std::size_t i = 0; i < entries; ++i) {
    out += entry;
  }
  const std::size_t length = out.size() - directory;
  test::put(out, 0x06054b50, 4);
  test::put(out, 0, 4);
  test::put(out, 0xffffffff, 4);
  test::put(out, length, 4);
  test::put(out, directory, 4);
  test::put(out, 0, 2);
  return out;
}

// As in "A better zip bomb" (Fifield 2019), with extra fields: every local header swallows those behind it as an extra
// field and reaches the same data.
TEST(Unpacker, MembersThatShareTheirDataCountEachTime) {
  const std::string plain(std::size_t{16} << 20, 'a');
  const std::string packed = test::zip({{"a.log", plain}});
  const std::size_t data_at = 30 + 5;
  const std::string header = packed.substr(0, data_at);
  const std::string entry = packed.substr(packed.find("PK\x01\x02"), 46 + 5);
  const std::string data = packed.substr(data_at, packed.find("PK\x01\x02") - data_at);
  constexpr std::size_t members = 1000;
  std::string bomb;
  std::string directory;
  for (std::size_t i = 0; i < members; ++i) {
    const std::size_t swallowed = (members - 1 - i) * (data_at + 4);
    std::string extra_length;
    test::put(extra_length, swallowed + 4, 2);
    std::string offset;
    test::put(offset, bomb.size(), 4);
    bomb += std::string(header).replace(28, 2, extra_length);
    test::put(bomb, 0xfefe, 2);
    test::put(bomb, swallowed, 2);
    directory += std::string(entry).replace(42, 4, offset);
  }
  bomb += data;
  const std::size_t directory_at = bomb.size();
  bomb += directory;
  test::put(bomb, 0x06054b50, 4);
  test::put(bomb, 0, 4);
  test::put(bomb, members, 2);
  test::put(bomb, members, 2);
  test::put(bomb, directory.size(), 4);
  test::put(bomb, directory_at, 4);
  test::put(bomb, 0, 2);
  Recorder seen;
  seen.keep_content = false;
  ASSERT_TRUE(walk_memory("x.zip", bomb, {}, seen));
  EXPECT_GE(seen.members.size(), 2U) << "the members do overlap";
  EXPECT_LT(seen.bytes_read, limits::archive_ratio_max * bomb.size() + (std::size_t{1} << 20));
  ASSERT_FALSE(seen.skips.empty());
  EXPECT_EQ(seen.skips.back().why.code, ErrorCode::limit);
}

TEST(Unpacker, AHugeDirectoryIsNotKeptInMemory) {
  for (const std::size_t entries :
       {limits::archive_directory_bytes_max / 51 - 2, limits::archive_directory_bytes_max / 51 + 2}) {
    const Recorder seen = walked("x.zip", zip_with_directory(entries));
    EXPECT_EQ(seen.content("x.zip!/a.log"), "content") << entries;
    EXPECT_TRUE(seen.skips.empty()) << entries;
  }
}

TEST(Unpacker, AnArchiveThatHoldsItselfEnds) {
  // As a quine does, at every depth the same: here made by hand to the limit and one more.
  std::string packed = nested_zips(1);
  for (std::size_t i = 0; i <= limits::archive_depth_max; ++i) {
    packed = test::zip({{"r.zip", packed}, {"s.zip", packed}});
  }
  const Recorder seen = walked("r.zip", packed);
  EXPECT_TRUE(seen.members.empty());
  EXPECT_EQ(seen.skips.size(), std::size_t{1} << limits::archive_depth_max);
}

TEST(Unpacker, ReportsOfOneFileAreBounded) {
  std::vector<test::Stored> members(2500, {"d/.DS_Store", "x"});
  for (int i = 0; i < 1500; ++i) {
    members.push_back({"a.rar", "Rar!\x1a\x07"});
  }
  const Recorder seen = walked("x.zip", test::zip(members));
  EXPECT_EQ(seen.notes.size(), limits::archive_reports_max + 1);
  EXPECT_TRUE(seen.noted("x.zip", "1500 more members left out"));
  EXPECT_EQ(seen.skips.size(), limits::archive_reports_max + 1);
  EXPECT_NE(seen.skips.back().why.message.find("500 more members"), std::string::npos);
}

TEST(Unpacker, ALargeNestedArchiveGoesThroughATemporaryFileThatLeavesNothing) {
  test::Folder folder;
  test::Folder temporary;
  const std::string text = log_text(9'000'000);
  folder.write("x.tar", test::tar({{"in.zip", test::zip({{"a.log", text}}, {.deflate = false})}}));
  Recorder seen;
  ASSERT_TRUE(
      walk({folder.path()}, {.archive_passwords = {}, .hash = false, .temporary_folder = temporary.path()}, seen));
  EXPECT_EQ(seen.content("x.tar!/in.zip!/a.log"), text);
  EXPECT_TRUE(fs::is_empty(temporary.path()));
  Recorder nowhere;
  ASSERT_TRUE(walk({folder.path()},
                   {.archive_passwords = {}, .hash = false, .temporary_folder = temporary.path("none")}, nowhere));
  EXPECT_EQ(nowhere.skip_code("x.tar!/in.zip"), "T004");
  EXPECT_NE(nowhere.skips.at(0).why.hint.find("TMPDIR"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::source
