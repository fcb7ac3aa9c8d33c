// The walk over files and folders as a user sees it: names, order, what is skipped and what is noted.
#include "source/source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "source/test_support.h"

namespace tocsin::source {
namespace {

namespace fs = std::filesystem;
using test::Folder;
using test::Recorder;
using test::strings;

TEST(Walk, NamesAFileArgumentByItsLastComponent) {
  Folder folder;
  folder.write("deep/a.log", "one\n");
  Recorder seen;
  ASSERT_TRUE(walk({folder.path("deep/a.log")}, {}, seen));
  EXPECT_EQ(seen.names(), strings({"a.log"}));
  EXPECT_EQ(seen.content("a.log"), "one\n");
  EXPECT_EQ(seen.members.at(0).bytes, 4U);
  EXPECT_GT(seen.members.at(0).modified, 0U);
  EXPECT_TRUE(seen.members.at(0).done);
  EXPECT_TRUE(seen.members.at(0).sha256.empty());
}

TEST(Walk, NamesFilesBelowAFolderRelativeToItInByteOrder) {
  Folder folder;
  for (const char* name : {"b.log", "a/z.log", "a/B.log", "a.log", "Z.log", "ä.log", "a/b/c/d.log"}) {
    folder.write(name, name);
  }
  Recorder seen;
  ASSERT_TRUE(walk({folder.path() + "/"}, {}, seen));
  EXPECT_EQ(seen.names(), strings({"Z.log", "a/B.log", "a/b/c/d.log", "a/z.log", "a.log", "b.log", "ä.log"}));
  EXPECT_EQ(seen.content("a/b/c/d.log"), "a/b/c/d.log");
  Recorder again;
  ASSERT_TRUE(walk({folder.path()}, {}, again));
  EXPECT_EQ(again.names(), seen.names());
}

TEST(Walk, PrefixesNamesByTheArgumentAsTypedWhereThereAreSeveral) {
  Folder folder;
  folder.write("x/a.log", "a");
  folder.write("y/b.log", "b");
  folder.write("c.log", "c");
  Recorder seen;
  ASSERT_TRUE(walk({folder.path("x/"), folder.path("y"), folder.path("c.log")}, {}, seen));
  EXPECT_EQ(seen.names(), strings({folder.path("x/a.log"), folder.path("y/b.log"), folder.path("c.log")}));
}

TEST(Walk, ReadsWhatIsGivenTwiceOnce) {
  Folder folder;
  folder.write("x/a.log", "a");
  folder.write("b.log", "b");
  Recorder seen;
  ASSERT_TRUE(walk({folder.path("x"), folder.path("b.log"), folder.path("x/../x"), folder.path("./b.log")}, {}, seen));
  EXPECT_EQ(seen.members.size(), 2U);
  EXPECT_EQ(seen.notes.size(), 2U);
  // By itself and below its folder, in either order; by a hard link.
  fs::create_hard_link(folder.path("x/a.log"), folder.path("x/same.log"));
  for (const auto& arguments :
       {strings({folder.path("x"), folder.path("x/a.log")}), strings({folder.path("x/a.log"), folder.path("x")})}) {
    Recorder mixed;
    ASSERT_TRUE(walk(arguments, {}, mixed));
    EXPECT_EQ(mixed.members.size(), 1U);
    EXPECT_EQ(mixed.notes.size(), 2U);
  }
}

TEST(Walk, NamesArchiveMembersBehindTheirArchiveAndKeepsTheNameOfACompressedFile) {
  Folder folder;
  folder.write("in/x.LOG.gz", test::compressed("gzip", "line\n"));
  folder.write("in/outer.zip", test::zip({{"logs/", ""},
                                          {"logs/a.log", "a"},
                                          {"inner.tar.gz", test::compressed("gzip", test::tar({{"./b.log", "b"}}))},
                                          {"c.log.xz", test::compressed("xz", "c")}}));
  Recorder seen;
  ASSERT_TRUE(walk({folder.path("in")}, {}, seen));
  EXPECT_EQ(seen.names(),
            strings({"outer.zip!/logs/a.log", "outer.zip!/inner.tar.gz!/b.log", "outer.zip!/c.log.xz", "x.LOG.gz"}));
  EXPECT_EQ(seen.content("outer.zip!/inner.tar.gz!/b.log"), "b");
  EXPECT_EQ(seen.content("x.LOG.gz"), "line\n");
  EXPECT_TRUE(seen.skips.empty());
  EXPECT_TRUE(seen.notes.empty());
}

TEST(Walk, MissingArgumentIsSkippedAndOnlyAnErrorWhereNoneExists) {
  Folder folder;
  folder.write("a.log", "a");
  Recorder seen;
  ASSERT_TRUE(walk({folder.path("none"), folder.path("a.log")}, {}, seen));
  EXPECT_EQ(seen.skip_code(folder.path("none")), "T002");
  EXPECT_EQ(seen.members.size(), 1U);
  Recorder nothing;
  const Result<void> answer = walk({folder.path("none"), folder.path("a.log/below")}, {}, nothing);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::not_found);
  EXPECT_FALSE(answer.error().hint.empty());
  EXPECT_FALSE(walk({}, {}, nothing));
}

TEST(Walk, DecodesCollectedNamesAndEscapesUnsafeOnes) {
  Folder folder;
  folder.write("uploads/auto/C%3A/Windows/Sysmon%254Operational.evtx", "x");
  folder.write("App%4Admin.evtx", "x");
  folder.write("red\x1b[31m.log", "x");
  folder.write("latin\xe9.log", "x");
  Recorder seen;
  ASSERT_TRUE(walk({folder.path()}, {}, seen));
  EXPECT_EQ(seen.names(), strings({"App%4Admin.evtx", "latin\\xE9.log", "red\\x1B[31m.log",
                                   "uploads/auto/C:/Windows/Sysmon%4Operational.evtx"}));
}

TEST(Walk, LeavesOutDroppingsOfFileManagersAndEmptyFilesWithANote) {
  Folder folder;
  for (const char* name : {"__MACOSX/._a.log", ".DS_Store", "Thumbs.db", "._b.log", "a.log"}) {
    folder.write(name, "x");
  }
  folder.write("empty.log", "");
  folder.write("empty.log.gz", test::compressed("gzip", ""));
  Recorder seen;
  ASSERT_TRUE(walk({folder.path()}, {}, seen));
  EXPECT_EQ(seen.names(), strings({"a.log"}));
  EXPECT_TRUE(seen.skips.empty());
  EXPECT_TRUE(seen.noted("__MACOSX", "macOS"));
  EXPECT_TRUE(seen.noted(".DS_Store", "Finder"));
  EXPECT_TRUE(seen.noted("Thumbs.db", "Explorer"));
  EXPECT_TRUE(seen.noted("._b.log", "resource fork"));
  EXPECT_TRUE(seen.noted("empty.log", "is empty"));
  EXPECT_TRUE(seen.noted("empty.log.gz", "is empty"));
}

TEST(Walk, DoesNotFollowLinksOutOfTheTreeOrInCirclesAndReadsEachFileOnce) {
  Folder folder;
  folder.write("outside/secret.log", "secret");
  folder.write("tree/real/a.log", "a");
  fs::create_directory_symlink(folder.path("outside"), folder.path("tree/away"));
  fs::create_symlink(folder.path("outside/secret.log"), folder.path("tree/away.log"));
  fs::create_directory_symlink("..", folder.path("tree/real/loop"));
  fs::create_directory_symlink("real", folder.path("tree/again"));
  fs::create_symlink("real/a.log", folder.path("tree/alias.log"));
  fs::create_symlink("nowhere", folder.path("tree/dangling"));
  fs::create_symlink("self", folder.path("tree/self"));
  Recorder seen;
  ASSERT_TRUE(walk({folder.path("tree")}, {}, seen));
  EXPECT_EQ(seen.names(), strings({"real/a.log"}));
  EXPECT_TRUE(seen.skips.empty());
  EXPECT_EQ(seen.notes.size(), 7U);
  EXPECT_TRUE(seen.noted("dangling", "link to nothing"));
  // A link that was typed is meant.
  Recorder typed;
  ASSERT_TRUE(walk({folder.path("tree/away")}, {}, typed));
  EXPECT_EQ(typed.names(), strings({"secret.log"}));
}

TEST(Walk, SkipsPipesSocketsAndDevicesBelowFoldersWithoutWaiting) {
  Folder folder;
  folder.write("a.log", "a");
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  const int number = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_GE(number, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  folder.path("socket").copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(number, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  Recorder seen;
  ASSERT_TRUE(walk({folder.path()}, {}, seen));
  ::close(number);
  EXPECT_EQ(seen.names(), strings({"a.log"}));
  EXPECT_TRUE(seen.noted("pipe", "pipe"));
  EXPECT_TRUE(seen.noted("socket", "socket"));
}

TEST(Walk, ReadsAPipeThatWasNamed) {
  Folder folder;
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the reader waits for a first writer
    const int end = ::open(folder.path("pipe").c_str(), O_WRONLY);
    const std::string packed = test::compressed("gzip", "through a pipe\n");
    EXPECT_EQ(::write(end, packed.data(), packed.size()), static_cast<ssize_t>(packed.size()));
    ::close(end);
  });
  Recorder seen;
  const Result<void> answer = walk({folder.path("pipe")}, {}, seen);
  writer.join();
  ASSERT_TRUE(answer);
  EXPECT_EQ(seen.content("pipe"), "through a pipe\n");
}

TEST(Walk, CancellingDoesNotWaitForASilentPipe) {
  struct Impatient final : Recorder {
    bool cancelled() const override {
      return std::chrono::steady_clock::now() - start > std::chrono::milliseconds(150);
    }
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  };
  Folder folder;
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  const int keep = ::open(folder.path("pipe").c_str(), O_RDWR);
  ASSERT_EQ(::write(keep, "a line\n", 7), 7);
  Impatient seen;
  ASSERT_TRUE(walk({folder.path("pipe")}, {}, seen));
  EXPECT_LT(std::chrono::steady_clock::now() - seen.start, std::chrono::seconds(2));
  EXPECT_TRUE(seen.skips.empty());
  ::close(keep);
}

// stdin for the time of one walk.
class StandardInput {
 public:
  explicit StandardInput(int replacement) : saved_(::dup(STDIN_FILENO)) { ::dup2(replacement, STDIN_FILENO); }
  ~StandardInput() {
    ::dup2(saved_, STDIN_FILENO);
    ::close(saved_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  int saved_;
};

TEST(Walk, ReadsStandardInputAndArchivesInIt) {
  Folder folder;
  const std::string packed = test::zip({{"a.log", "a"}});
  folder.write("a.zip", packed);
  const int file = ::open(folder.path("a.zip").c_str(), O_RDONLY);
  Recorder redirected;
  {
    const StandardInput input(file);
    ASSERT_TRUE(walk({"-"}, {}, redirected));
  }
  ::close(file);
  EXPECT_EQ(redirected.names(), strings({"-!/a.log"}));
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  ASSERT_EQ(::write(pipe[1], packed.data(), packed.size()), static_cast<ssize_t>(packed.size()));
  ::close(pipe[1]);
  Recorder piped;
  {
    const StandardInput input(pipe[0]);
    ASSERT_TRUE(walk({"-"}, {}, piped));
  }
  ::close(pipe[0]);
  EXPECT_EQ(piped.names(), strings({"-!/a.log"}));
}

TEST(Walk, FoldersAreWalkedToTheirDepthLimit) {
  Folder folder;
  std::string path;
  for (std::size_t depth = 1; depth <= limits::folder_depth_max + 1; ++depth) {
    path += "d/";
    folder.write(path + "a.log", "x");
  }
  Recorder seen;
  ASSERT_TRUE(walk({folder.path()}, {}, seen));
  EXPECT_EQ(seen.members.size(), limits::folder_depth_max);
  ASSERT_EQ(seen.skips.size(), 1U);
  EXPECT_EQ(seen.skips[0].why.code, ErrorCode::limit);
  EXPECT_EQ(seen.skips[0].name, path.substr(0, path.size() - 1));
}

TEST(Walk, AFileThatVanishesAfterItsFolderWasListedIsSkipped) {
  Folder folder;
  for (const char* name : {"a.log", "b.log", "c.log"}) {
    folder.write(name, name);
  }
  Recorder seen;
  seen.on_chunk = [&](const Member& member, std::size_t) {
    if (member.name == "a.log") {
      fs::remove(folder.path("b.log"));
    }
  };
  ASSERT_TRUE(walk({folder.path()}, {}, seen));
  EXPECT_EQ(seen.names(), strings({"a.log", "c.log"}));
  EXPECT_EQ(seen.skip_code("b.log"), "T002");
  EXPECT_NE(seen.skips[0].why.text().find("vanished"), std::string::npos);
}

TEST(Walk, AFileThatBecomesALinkAfterItsFolderWasListedIsNotFollowed) {
  Folder folder;
  folder.write("secret", "secret");
  folder.write("in/a.log", "a");
  folder.write("in/b.log", "b");
  Recorder seen;
  seen.on_chunk = [&](const Member& member, std::size_t) {
    if (member.name == "a.log") {
      fs::remove(folder.path("in/b.log"));
      fs::create_symlink(folder.path("secret"), folder.path("in/b.log"));
    }
  };
  ASSERT_TRUE(walk({folder.path("in")}, {}, seen));
  EXPECT_EQ(seen.names(), strings({"a.log"}));
  EXPECT_TRUE(seen.noted("b.log", "symbolic link"));
}

TEST(Walk, AnUnlinkedFileIsReadToItsEnd) {
  Folder folder;
  const std::string content(3 << 20, 'x');
  folder.write("a.log", content);
  Recorder seen;
  seen.on_chunk = [&](const Member&, std::size_t) { fs::remove(folder.path("a.log")); };
  ASSERT_TRUE(walk({folder.path()}, {}, seen));
  EXPECT_EQ(seen.content("a.log"), content);
}

TEST(Walk, AFileThatGrowsIsReadToItsNewEndOnceAndNoted) {
  Folder folder;
  folder.write("a.log", std::string(2 << 20, 'x'));
  Recorder seen;
  // For ever, were it not bounded: each chunk that is read adds another.
  seen.on_chunk = [&](const Member&, std::size_t) {
    std::ofstream(folder.path("a.log"), std::ios::app) << std::string(1 << 20, 'y');
  };
  ASSERT_TRUE(walk({folder.path()}, {}, seen));
  const std::size_t size = seen.content("a.log").size();
  EXPECT_GT(size, 2U << 20);
  EXPECT_LT(size, 8U << 20);
  EXPECT_TRUE(seen.noted("a.log", "grew from 2097152 to " + std::to_string(size) + " bytes"));
}

TEST(Walk, AFileThatIsCutWhileItIsReadGivesWhatIsThereAndANote) {
  Folder folder;
  folder.write("a.log", std::string(4 << 20, 'x'));
  Recorder seen;
  seen.on_chunk = [&](const Member&, std::size_t count) {
    if (count < 2 << 20) {
      fs::resize_file(folder.path("a.log"), (2 << 20) + 5);
    }
  };
  ASSERT_TRUE(walk({folder.path()}, {}, seen));
  EXPECT_EQ(seen.content("a.log").size(), (2U << 20) + 5);
  EXPECT_TRUE(seen.noted("a.log", "was cut from 4194304 to 2097157 bytes"));
}

// /proc/self/mem is a file that opens and whose first page cannot be read, for root, too.
TEST(Walk, AFileThatCannotBeReadIsSkippedAndTheRestIsRead) {
  Folder folder;
  folder.write("a.log", "a");
  Recorder seen;
  ASSERT_TRUE(walk({"/proc/self/mem", folder.path("a.log")}, {}, seen));
  EXPECT_EQ(seen.skip_code("/proc/self/mem"), "T003");
  EXPECT_FALSE(seen.skips.at(0).why.hint.empty());
  EXPECT_EQ(seen.names(), strings({folder.path("a.log")}));
}

TEST(Walk, FilesOfUnknownSizeAreReadToTheirEnd) {
  Recorder seen;
  ASSERT_TRUE(walk({"/proc/self/status"}, {}, seen));
  EXPECT_NE(seen.content("status").find("VmHWM"), std::string::npos);
}

TEST(Walk, DigestsEverythingEvenWhatTheVisitorDoesNotRead) {
  Folder folder;
  folder.write("a.log", "abc");
  folder.write("b.log", std::string(3'000'000, 'a'));
  folder.write("c.log.gz", test::compressed("gzip", "abc"));
  Recorder seen;
  seen.read_bytes = 1000;
  seen.stop_after = 1;
  ASSERT_TRUE(walk({folder.path()}, {.archive_passwords = {}, .hash = true, .temporary_folder = {}}, seen));
  // FIPS 180-4 example; the second from sha256sum(1).
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(seen.members.at(0).sha256, abc);
  EXPECT_EQ(seen.members.at(1).sha256, "2a152c894398719c0570f83fac34ac03a0f6e8e474b995c2403aa5434f7b9dd4");
  EXPECT_EQ(seen.members.at(2).sha256, abc);
}

TEST(Walk, TheVisitorsErrorEndsTheWalk) {
  Folder folder;
  folder.write("a.log", "a");
  folder.write("b.log", "b");
  Recorder seen;
  seen.answer = failure(ErrorCode::io, "disk full");
  const Result<void> answer = walk({folder.path()}, {}, seen);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "disk full");
  EXPECT_EQ(seen.members.size(), 1U);
}

TEST(Walk, CancellingEndsSoonAndBlamesNoInput) {
  Folder folder;
  folder.write("a.zip", test::zip({{"a.log", std::string(8 << 20, 'x')}, {"b.log", "b"}}));
  folder.write("b.log", "b");
  Recorder seen;
  seen.on_chunk = [&](const Member&, std::size_t) { seen.cancel = true; };
  ASSERT_TRUE(walk({folder.path()}, {}, seen));
  EXPECT_EQ(seen.members.size(), 1U);
  EXPECT_LT(seen.bytes_read, 8U << 20);
  EXPECT_TRUE(seen.skips.empty());
  EXPECT_TRUE(seen.notes.empty());
}

TEST(Walk, ProgressEndsAtWhatTheSurveySaid) {
  Folder folder;
  folder.write("a.log", std::string(3 << 20, 'x'));
  folder.write("sub/b.zip", test::zip({{"b.log", std::string(1 << 20, 'x')}}));
  folder.write("sub/c.log", "");
  fs::create_directory_symlink("..", folder.path("sub/loop"));
  const std::uint64_t total = survey({folder.path(), "-", folder.path("none")});
  EXPECT_EQ(total, fs::file_size(folder.path("a.log")) + fs::file_size(folder.path("sub/b.zip")));
  Recorder seen;
  ASSERT_TRUE(walk({folder.path()}, {}, seen));
  EXPECT_EQ(seen.done_bytes, total);
  EXPECT_EQ(survey({folder.path("a.log")}), 3U << 20);
}

TEST(Walk, LeavesTheAccessTimeOfItsInputs) {
  Folder folder;
  folder.write("a.log", "a");
  const timespec times[2] = {{.tv_sec = 1'000'000'000, .tv_nsec = 0}, {.tv_sec = 1'000'000'001, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, folder.path("a.log").c_str(), times, 0), 0);
  Recorder seen;
  ASSERT_TRUE(walk({folder.path()}, {}, seen));
  struct stat status{};
  ASSERT_EQ(::stat(folder.path("a.log").c_str(), &status), 0);
  EXPECT_EQ(status.st_atim.tv_sec, 1'000'000'000);
  EXPECT_EQ(seen.members.at(0).modified, 1'000'000'001U);
}

}  // namespace
}  // namespace tocsin::source
