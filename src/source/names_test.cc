// How files are called, and how they are told apart by their first bytes.
#include "source/names.h"

#include <gtest/gtest.h>

#include <string>

#include "source/kind.h"
#include "source/test_support.h"
#include "support/corpus.h"

namespace tocsin::source {
namespace {

using namespace std::string_literals;

TEST(Names, OrdinaryNamesStayAsTheyAre) {
  for (const char* name :
       {"", "a.log", "Program Files/Überwachung/日本語.evtx", "a'b\"c<d>&e", "back\\slash", "emoji 🙂"}) {
    EXPECT_EQ(display_name(name), name);
  }
}

TEST(Names, WhatHidesOrReordersTextIsEscaped) {
  EXPECT_EQ(display_name("a\nb\tc\x7f"), "a\\x0Ab\\x09c\\x7F");
  EXPECT_EQ(display_name("\0"s), "\\x00");
  EXPECT_EQ(display_name("\x1b]0;title\x07"), "\\x1B]0;title\\x07");
  EXPECT_EQ(display_name("evil\u202Egol.exe"), "evil\\u{202E}gol.exe");
  EXPECT_EQ(display_name("zero\u200Bwidth\uFEFF\u2066\u2028"), "zero\\u{200B}width\\u{FEFF}\\u{2066}\\u{2028}");
  EXPECT_EQ(display_name("\u0085"), "\\u{0085}");
}

TEST(Names, BytesThatAreNotUtf8AreEscapedOneByOne) {
  EXPECT_EQ(display_name("caf\xe9.log"), "caf\\xE9.log");
  EXPECT_EQ(display_name("\xff\xfe"), "\\xFF\\xFE");
  EXPECT_EQ(display_name("cut\xe2\x82"), "cut\\xE2\\x82");
  EXPECT_EQ(display_name("\xed\xa0\x80"), "\\xED\\xA0\\x80") << "a surrogate";
  EXPECT_EQ(display_name("\xEF\xBF\xBD"), "\xEF\xBF\xBD") << "a replacement character that was stored";
}

TEST(Names, CollectedPathsAreDecodedByTheCollectorsOwnRule) {
  EXPECT_EQ(decode_collected("uploads/auto/C%3A/Windows/a.evtx"), "uploads/auto/C:/Windows/a.evtx");
  EXPECT_EQ(decode_collected("uploads/ntfs/%5C%5C.%5CC%3A/$MFT"), "uploads/ntfs/\\\\.\\C:/$MFT");
  EXPECT_EQ(decode_collected("Microsoft-Windows-Sysmon%254Operational.evtx"),
            "Microsoft-Windows-Sysmon%4Operational.evtx");
  EXPECT_EQ(decode_collected("%2Ebash_history/name%2E"), ".bash_history/name.");
  EXPECT_EQ(decode_collected("%C3%A4"), "ä");
}

TEST(Names, PercentSignsThatAreNoEscapesStay) {
  for (const char* name : {"Sysmon%4Operational.evtx", "App%4Admin.evtx", "Boot%4Debug.evtx", "100%", "%", "%3",
                           "a%20b", "%3a", "mid%2Edot", "%zz", "%41"}) {
    EXPECT_EQ(decode_collected(name), name);
  }
  EXPECT_EQ(decode_collected("50%25x%41"), "50%x%41") << "letters are never escaped, so %41 is text";
}

TEST(Names, MemberPathsAreTextWithoutRootOrLeadingDot) {
  EXPECT_EQ(member_path("./a/b"), "a/b");
  EXPECT_EQ(member_path("/etc/passwd"), "etc/passwd");
  EXPECT_EQ(member_path("././//x"), "x");
  EXPECT_EQ(member_path("../../etc/passwd"), "../../etc/passwd");
  EXPECT_EQ(member_path("a/../b"), "a/../b");
  EXPECT_EQ(member_path(""), "");
}

TEST(Names, WhatIsLeftOut) {
  for (const char* path : {"__MACOSX/a", "x/__MACOSX/._a", "._a", "x/._a", ".DS_Store", "x/.DS_Store", "Thumbs.db",
                           "THUMBS.DB", "desktop.ini"}) {
    EXPECT_FALSE(left_out(path).empty()) << path;
  }
  for (const char* path : {"a", "MACOSX/a", "__MACOSX", "a._b", "DS_Store", "thumbs.db.log", ".hidden.log"}) {
    EXPECT_TRUE(left_out(path).empty()) << path;
  }
}

TEST(Kind, IsToldFromContent) {
  EXPECT_EQ(recognise(""), Kind::empty);
  EXPECT_EQ(recognise(test::compressed("gzip", "x")), Kind::gzip);
  EXPECT_EQ(recognise(test::compressed("bzip2", "x")), Kind::bzip2);
  EXPECT_EQ(recognise(test::compressed("bzip2", "")), Kind::bzip2);
  EXPECT_EQ(recognise(test::compressed("xz", "x")), Kind::xz);
  EXPECT_EQ(recognise(test::compressed("zstd", "x")), Kind::zstd);
  EXPECT_EQ(recognise(test::compressed("lz4", "x")), Kind::lz4);
  EXPECT_EQ(recognise(test::zip({{"a", "b"}})), Kind::zip);
  EXPECT_EQ(recognise(test::zip({})), Kind::zip);
  EXPECT_EQ(recognise(test::tar({{"a", "b"}})), Kind::tar);
  EXPECT_EQ(recognise(test::tar_member({"a", "b"}, '0', false)), Kind::tar) << "Version 7 has no magic";
  EXPECT_EQ(recognise(test::file_content(tocsin::test::golden() / "source" / "plain.7z")), Kind::seven_zip);
  EXPECT_EQ(recognise("Rar!\x1a\x07\x01\x00"s), Kind::unread_archive);
  EXPECT_EQ(recognise("MSCF\0\0\0\0....."s), Kind::unread_archive);
  EXPECT_EQ(recognise("\x50\x2a\x4d\x18\x03\x00\x00\x00"
                      "abc"s +
                      test::compressed("zstd", "x")),
            Kind::zstd);
  EXPECT_EQ(recognise("\x5f\x2a\x4d\x18\x03\x00\x00\x00"
                      "abc"s +
                      test::compressed("lz4", "x")),
            Kind::lz4);
}

TEST(Kind, LogsAreNoArchives) {
  for (const std::string& log :
       {"PK is how this line begins"s, "BZh9 is not enough"s, "7z"s, "\x1f\x8b\x08\xe0 and more text"s, "Rar! x"s,
        "ElfFile\0"s, "{\"a\":1}"s, "#Fields: date time\n"s, std::string(4096, '\0'), std::string(4096, ' '),
        std::string(512, '7'), "P"s, "\x1f"s,
        "\xfd"
        "7z"s,
        "MSCF line"s}) {
    EXPECT_EQ(recognise(log), Kind::plain) << log.substr(0, 20);
  }
  std::string cut = test::tar({{"a", "b"}});
  cut[3] = 'x';
  EXPECT_EQ(recognise(cut), Kind::plain) << "the checksum is wrong";
}

}  // namespace
}  // namespace tocsin::source
