// What the tests of this room share: a folder that goes away, archives written byte by byte, and a visitor that
// remembers.
#pragma once

#include <bzlib.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "source/source.h"

namespace tocsin::source::test {

inline std::vector<std::string> strings(std::vector<std::string> list) { return list; }

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tocsin-test-XXXXXX").string();
    const char* made = ::mkdtemp(pattern.data());
    EXPECT_NE(made, nullptr);
    root_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(std::string_view below = {}) const {
    return below.empty() ? root_ : root_ + "/" + std::string(below);
  }
  void write(std::string_view below, std::string_view content) const {
    const std::filesystem::path file = path(below);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
  }

 private:
  std::string root_;
};

inline std::string file_content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

class Recorder : public Visitor {
 public:
  struct Seen : Member {
    std::string content;
    std::string sha256;
    bool done = false;
  };
  struct Skip {
    std::string name;
    Error why;
  };
  struct Note {
    std::string name;
    std::string text;
  };

  Result<void> member(const Member& member, ByteSource& bytes) override {
    Seen seen;
    static_cast<Member&>(seen) = member;
    std::vector<char> buffer(read_bytes);
    std::size_t count = 0;
    while (count < stop_after) {
      const Result<std::size_t> got = bytes.read(buffer);
      EXPECT_TRUE(got.has_value()) << "the walker keeps errors to itself";
      if (!got || *got == 0) {
        break;
      }
      count += *got;
      bytes_read += *got;
      if (keep_content) {
        seen.content.append(buffer.data(), *got);
      }
      if (on_chunk) {
        on_chunk(member, count);
      }
    }
    members.push_back(std::move(seen));
    return answer;
  }
  void member_done(const Member& member, std::string_view sha256) override {
    ASSERT_FALSE(members.empty());
    EXPECT_EQ(members.back().name, member.name);
    members.back().sha256 = sha256;
    members.back().done = true;
  }
  void skipped(std::string_view name, const Error& why) override { skips.push_back({std::string(name), why}); }
  void note(std::string_view name, std::string_view text) override {
    notes.push_back({std::string(name), std::string(text)});
  }
  void progress(std::uint64_t bytes) override {
    EXPECT_GE(bytes, done_bytes) << "progress never goes back";
    done_bytes = bytes;
  }
  bool cancelled() const override { return cancel; }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const Seen& seen : members) {
      out.push_back(seen.name);
    }
    return out;
  }
  std::string content(std::string_view name) const {
    for (const Seen& seen : members) {
      if (seen.name == name) {
        return seen.content;
      }
    }
    ADD_FAILURE() << "no member " << name;
    return {};
  }
  bool noted(std::string_view name, std::string_view part) const {
    return std::any_of(notes.begin(), notes.end(), [&](const Note& note) {
      return note.name == name && note.text.find(part) != std::string::npos;
    });
  }
  // The code of the first skip of this name, as "T012"; empty where there is none.
  std::string skip_code(std::string_view name) const {
    for (const Skip& skip : skips) {
      if (skip.name == name) {
        return std::string(code_text(skip.why.code));
      }
    }
    return {};
  }

  std::size_t read_bytes = std::size_t{1} << 20;
  std::size_t stop_after = ~std::size_t{0};
  bool keep_content = true;
  bool cancel = false;
  Result<void> answer;
  std::function<void(const Member&, std::size_t)> on_chunk;
  std::uint64_t bytes_read = 0;
  std::uint64_t done_bytes = 0;
  std::vector<Seen> members;
  std::vector<Skip> skips;
  std::vector<Note> notes;
};

inline Recorder walked(std::string_view name, std::string_view bytes, const Options& options = {}) {
  Recorder seen;
  EXPECT_TRUE(walk_memory(name, bytes, options, seen));
  return seen;
}

// --- Writers. Plain enough to be bent into hostile shapes.

struct Stored {
  std::string path;
  std::string content;
};

inline void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    out += static_cast<char>(value >> (8 * i));
  }
}

inline std::string deflated(std::string_view content, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, content.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// kind: gzip, bzip2, xz, zstd, lz4.
inline std::string compressed(std::string_view kind, std::string_view content) {
  if (kind == "gzip") {
    return deflated(content, 16 + MAX_WBITS);
  }
  std::string out(content.size() + content.size() / 8 + 4096, '\0');
  if (kind == "bzip2") {
    auto length = static_cast<unsigned int>(out.size());
    EXPECT_EQ(BZ2_bzBuffToBuffCompress(out.data(), &length, const_cast<char*>(content.data()),
                                       static_cast<unsigned int>(content.size()), 1, 0, 0),
              BZ_OK);
    out.resize(length);
  } else if (kind == "xz") {
    std::size_t length = 0;
    EXPECT_EQ(
        lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(content.data()),
                                content.size(), reinterpret_cast<std::uint8_t*>(out.data()), &length, out.size()),
        LZMA_OK);
    out.resize(length);
  } else if (kind == "zstd") {
    out.resize(ZSTD_compress(out.data(), out.size(), content.data(), content.size(), 1));
  } else if (kind == "lz4") {
    LZ4F_preferences_t preferences{};
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    out.resize(LZ4F_compressFrame(out.data(), out.size(), content.data(), content.size(), &preferences));
  } else {
    ADD_FAILURE() << kind;
  }
  return out;
}

struct ZipOptions {
  bool deflate = true;
  bool directory = true;  // false: cut where the central directory would begin
  bool utf8 = true;       // general purpose flag 11
  bool sizes_at_end = false;
  std::string comment = {};
};

// APPNOTE.TXT 4.3: local headers with their data, the central directory, its end record.
inline std::string zip(const std::vector<Stored>& members, const ZipOptions& options = {}) {
  std::string out;
  std::string directory;
  for (const Stored& member : members) {
    const bool folder = member.path.ends_with('/');
    const bool deflate = options.deflate && !folder;
    const std::string packed = deflate ? deflated(member.content, -MAX_WBITS) : member.content;
    const auto crc =
        crc32(0, reinterpret_cast<const Bytef*>(member.content.data()), static_cast<uInt>(member.content.size()));
    const std::uint64_t offset = out.size();
    const std::uint64_t flags = (options.utf8 ? 0x800U : 0U) | (options.sizes_at_end ? 8U : 0U);
    const auto fields = [&](std::string& into, bool at_end) {
      put(into, 20, 2);
      put(into, flags, 2);
      put(into, deflate ? 8 : 0, 2);
      put(into, 0x52634b11, 4);  // 2021-03-03
      put(into, at_end ? 0 : crc, 4);
      put(into, at_end ? 0 : packed.size(), 4);
      put(into, at_end ? 0 : member.content.size(), 4);
      put(into, member.path.size(), 2);
      put(into, 0, 2);
    };
    put(out, 0x04034b50, 4);
    fields(out, options.sizes_at_end);
    out += member.path;
    out += packed;
    if (options.sizes_at_end) {
      put(out, 0x08074b50, 4);
      put(out, crc, 4);
      put(out, packed.size(), 4);
      put(out, member.content.size(), 4);
    }
    put(directory, 0x02014b50, 4);
    put(directory, 0x0314, 2);
    fields(directory, false);
    put(directory, 0, 6);
    put(directory, folder ? 0x41ed0010U : 0x81a40000U, 4);
    put(directory, offset, 4);
    directory += member.path;
  }
  if (options.directory) {
    const std::uint64_t offset = out.size();
    out += directory;
    put(out, 0x06054b50, 4);
    put(out, 0, 4);
    put(out, members.size(), 2);
    put(out, members.size(), 2);
    put(out, directory.size(), 4);
    put(out, offset, 4);
    put(out, options.comment.size(), 2);
    out += options.comment;
  }
  return out;
}

// POSIX.1-1988 ustar. `type`: '0' file, '1' hard link, '2' symbolic link, '6' pipe.
inline std::string tar_member(const Stored& member, char type = '0', bool magic = true) {
  std::string header(512, '\0');
  const auto set = [&](std::size_t at, std::string_view text) { header.replace(at, text.size(), text); };
  const auto octal = [](std::uint64_t value, int digits) {
    std::string text(static_cast<std::size_t>(digits), '0');
    for (int i = digits - 1; i >= 0; --i, value /= 8) {
      text[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 8);
    }
    return text;
  };
  const bool file = type == '0';
  set(0, member.path);
  set(100, "0000644");
  set(108, "0000000");
  set(116, "0000000");
  set(124, octal(file ? member.content.size() : 0, 11));
  set(136, octal(1614754182, 11));
  set(148, "        ");
  set(156, std::string_view(&type, 1));
  if (!file) {
    set(157, member.content);
  }
  if (magic) {
    set(257, std::string_view("ustar\00000", 8));
  }
  std::uint64_t sum = 0;
  for (const char c : header) {
    sum += static_cast<unsigned char>(c);
  }
  set(148, octal(sum, 6) + std::string("\0 ", 2));
  if (file) {
    header += member.content;
    header.resize((header.size() + 511) / 512 * 512, '\0');
  }
  return header;
}

inline std::string tar(const std::vector<Stored>& members) {
  std::string out;
  for (const Stored& member : members) {
    out += tar_member(member, member.path.ends_with('/') ? '5' : '0');
  }
  return out + std::string(1024, '\0');
}

}  // namespace tocsin::source::test
