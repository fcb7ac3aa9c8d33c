// The EVTX reader over real recordings: counts, both of its paths against each other, cuts of the input and mutations.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "base/text.h"
#include "base/time.h"
#include "ingest/evtx/chunk.h"
#include "ingest/evtx/crc32.h"
#include "ingest/evtx/decoder.h"
#include "ingest/evtx/framer.h"
#include "ingest/evtx/values.h"
#include "ingest/format.h"
#include "support/corpus.h"
#include "support/decode.h"

namespace tocsin::ingest::evtx {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::vector<std::filesystem::path> files_below(const std::filesystem::path& root, std::string_view extension) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() == extension) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

struct Reading {
  std::vector<std::string> events;              // as JSON
  std::map<std::uint64_t, std::string> chunks;  // the same joined by the chunk of a file they lie in
  std::uint64_t recovered = 0;
  std::uint64_t unreadable = 0;
};

// digest: events are told by a number instead of by their JSON, which is many times quicker.
Reading read(ByteSource& source, RecordReader::Path path, bool digest = false) {
  event::FieldTable table;
  EvtxFramer framer(source);
  EvtxDecoder decoder(table, {}, path);
  Reading out;
  Block block;
  event::EventBatch batch;
  for (;;) {
    const auto more = framer.next(block);
    EXPECT_TRUE(more.has_value());
    if (!more || !*more) {
      return out;
    }
    batch.clear();
    decoder.decode(block, batch);
    out.unreadable += block.unreadable + batch.unreadable;
    for (const event::Event& event : batch.events) {
      std::string line;
      if (digest) {
        std::uint64_t sum = event.record;
        const auto mix = [&sum](std::string_view text) {
          sum = (sum ^ std::hash<std::string_view>{}(text)) * 0x9E3779B97F4A7C15U;
        };
        mix(std::to_string(event.time.ticks));
        mix(std::to_string(event.event_id));
        mix(event.channel);
        mix(event.provider);
        mix(event.host);
        for (const event::Field& field : batch.fields_of(event)) {
          sum += static_cast<std::uint64_t>(field.value.kind) + 1;
          mix(table.name(field.id));
          mix(field.value.text);
        }
        line = std::to_string(sum);
      } else {
        test::append_event(line, batch, event, table);
      }
      out.recovered += event.recovered ? 1 : 0;
      out.chunks[(event.offset - file_header_bytes) / chunk_bytes] += line;
      out.events.push_back(std::move(line));
    }
  }
}

Reading read(std::string_view bytes, RecordReader::Path path = RecordReader::Path::fast, bool digest = false) {
  MemorySource source(bytes);
  return read(source, path, digest);
}

// Gives a few bytes at a time.
class SlowSource final : public ByteSource {
 public:
  SlowSource(std::string_view bytes, std::size_t most) : bytes_(bytes), most_(most) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t count = std::min({into.size(), most_, bytes_.size()});
    std::copy_n(bytes_.begin(), count, into.begin());
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
  std::size_t most_;
};

struct Counts {
  std::string_view file;
  std::uint64_t read;
  std::uint64_t unreadable;
};

// Records of the log itself; what is recovered from free space comes on top.
constexpr auto expected = std::to_array<Counts>({
    {"sample-with-irregular-bool-values.evtx", 3028, 0},
    {"2-vss_0-Microsoft-Windows-TerminalServices-RemoteConnectionManager%4Operational.evtx", 1795, 2},
    {"2-vss_7-System.evtx", 1160, 0},
    {"sample_with_a_bad_chunk_magic.evtx", 301, 3},
    {"Microsoft-Windows-HelloForBusiness%4Operational.evtx", 6, 0},
    {"Microsoft-Windows-LanguagePackSetup%4Operational.evtx", 17, 0},
    {"E_Windows_system32_winevt_logs_Microsoft-Windows-Shell-Core%4Operational.evtx", 1146, 0},
    {"E_ShadowCopy6_windows_system32_winevt_logs_Microsoft-Windows-CAPI2%4Operational.evtx", 459, 0},
    {"E_Windows_system32_winevt_logs_Microsoft-Windows-CAPI2%4Operational.evtx", 340, 0},
    {"Application_no_crc32.evtx", 17, 0},
    {"post-Security.evtx", 126, 0},
    {"sample-with-zero-data-size-event.evtx", 449, 1},
    {"security_bad_string_cache.evtx", 2261, 0},
    {"Security_with_size_t.evtx", 636, 0},
    {"issue_201.evtx", 1, 0},
});

std::filesystem::path samples() {
  const auto corpus = test::corpus();
  return corpus.empty() ? corpus : corpus / "evtx" / "samples";
}

TEST(Evtx, ReadsAsManyRecordsOfTheSamplesAsThereAre) {
  if (samples().empty()) {
    GTEST_SKIP() << "missing: evtx/samples";
  }
  for (const Counts& counts : expected) {
    const std::string bytes = read_file(samples() / counts.file);
    ASSERT_FALSE(bytes.empty()) << counts.file;
    EXPECT_EQ(recognise({std::string_view(bytes).substr(0, head_bytes), "", false}), find_format("evtx"));
    const Reading reading = read(bytes);
    EXPECT_EQ(reading.events.size() - reading.recovered, counts.read) << counts.file;
    EXPECT_EQ(reading.unreadable, counts.unreadable) << counts.file;
  }
}

TEST(Evtx, ReadsOnBehindTornPages) {
  if (samples().empty()) {
    GTEST_SKIP() << "missing: evtx/samples";
  }
  const Reading reading =
      read(read_file(samples() / "2-vss_0-Microsoft-Windows-RemoteDesktopServices-RdpCoreTS%4Operational.evtx"));
  EXPECT_GE(reading.events.size() - reading.recovered, 1910U);
  EXPECT_EQ(reading.unreadable, 4U);
}

// A chunk, then many copies of it that differ in a few bytes: a definition must not be taken for one that it merely
// looks like.
TEST(Evtx, TemplatesKeptFromChunkToChunkChangeNothing) {
  if (samples().empty()) {
    GTEST_SKIP() << "missing: evtx/samples";
  }
  std::mt19937_64 random(20'260'401);
  // In the last two event data stand as plain elements.
  for (const char* name : {"security_bad_string_cache.evtx", "2-vss_7-System.evtx", "issue_201.evtx",
                           "E_Windows_system32_winevt_logs_Microsoft-Windows-CAPI2%4Operational.evtx",
                           "E_ShadowCopy6_windows_system32_winevt_logs_Microsoft-Windows-CAPI2%4Operational.evtx"}) {
    const std::string bytes = read_file(samples() / name);
    std::string recording = bytes.substr(0, file_header_bytes);
    const std::string chunk = bytes.substr(file_header_bytes, chunk_bytes);
    recording += chunk;
    for (int copy = 0; copy < 150; ++copy) {
      std::string changed = chunk;
      for (int change = 0; change < 8; ++change) {
        // Most definitions and names stand near the start.
        const std::size_t at = chunk_header_bytes + random() % (change < 6 ? 8'000 : chunk_bytes - chunk_header_bytes);
        changed[at] = static_cast<char>(change % 2 == 0 ? random() : static_cast<unsigned char>(changed[at]) + 1);
      }
      recording += changed;
    }
    const Reading fast = read(recording, RecordReader::Path::fast, true);
    const Reading fresh = read(recording, RecordReader::Path::fresh, true);
    EXPECT_EQ(fast.events, fresh.events) << name;
    EXPECT_EQ(fast.unreadable, fresh.unreadable) << name;
  }
}

TEST(Evtx, BothPathsGiveTheSame) {
  auto files = files_below(test::golden() / "formats" / "evtx", ".in");
  ASSERT_FALSE(files.empty());
  if (const auto corpus = test::corpus(); !corpus.empty()) {
    for (const char* folder : {"evtx", "logs", "sigma/regression"}) {
      const auto more = files_below(corpus / folder, ".evtx");
      files.insert(files.end(), more.begin(), more.end());
    }
  }
  for (const auto& file : files) {
    const std::string bytes = read_file(file);
    const Reading fast = read(bytes, RecordReader::Path::fast, true);
    EXPECT_EQ(fast.events, read(bytes, RecordReader::Path::fresh, true).events) << file;
    const Reading generic = read(bytes, RecordReader::Path::generic, true);
    EXPECT_EQ(fast.events.size(), generic.events.size()) << file;
    EXPECT_EQ(fast.unreadable, generic.unreadable) << file;
    for (std::size_t i = 0; i < std::min(fast.events.size(), generic.events.size()); ++i) {
      ASSERT_EQ(fast.events[i], generic.events[i]) << file;
    }
  }
}

TEST(Evtx, DoesNotDependOnHowTheBytesArrive) {
  const std::string bytes = read_file(test::golden() / "formats" / "evtx" / "damage.in");
  const Reading whole = read(bytes);
  ASSERT_FALSE(whole.events.empty());
  for (const std::size_t most : {std::size_t{7}, std::size_t{4096}, std::size_t{65537}}) {
    SlowSource source(bytes, most);
    EXPECT_EQ(read(source, RecordReader::Path::fast).events, whole.events) << most;
  }
}

// Everything that the framer hands out, in order.
std::vector<std::string> blocks_of(std::string_view bytes, bool direct) {
  MemorySource source(bytes);
  EvtxFramer framer(source, direct);
  std::vector<std::string> out;
  Block block;
  for (;;) {
    const auto more = framer.next(block);
    EXPECT_TRUE(more.has_value());
    if (!more || !*more) {
      return out;
    }
    std::string text = std::to_string(block.offset) + ' ' + std::to_string(block.unreadable) + '\n';
    for (const event::Note& note : block.notes) {
      text += note.text + ' ' + std::to_string(note.count) + '\n';
    }
    out.push_back(text + block.bytes);
  }
}

// Chunks that are whole, zero, without their magic, cut short or moved.
TEST(Evtx, ChunksReadInPlaceAreTheOnesThatAreCopied) {
  const std::string carved = read_file(test::golden() / "formats" / "evtx" / "carved.in");
  const std::string damage = read_file(test::golden() / "formats" / "evtx" / "damage.in");
  ASSERT_GT(damage.size(), file_header_bytes + chunk_bytes);
  const std::string chunk = damage.substr(file_header_bytes, chunk_bytes);
  std::mt19937_64 random(20'261'123);
  for (int round = 0; round < 300; ++round) {
    std::string bytes = round % 3 == 0 ? std::string() : damage.substr(0, file_header_bytes);
    for (std::size_t left = random() % 8; left != 0; --left) {
      const std::size_t part = 1 + random() % chunk_bytes;
      switch (random() % 6) {
        case 0:
          bytes += std::string(random() % 2 == 0 ? chunk_bytes : part, '\0');
          break;
        case 1:
          bytes += chunk.substr(0, part);
          break;
        case 2:
          bytes += chunk.substr(8);
          break;
        case 3:
          bytes += carved.substr(0, part);
          break;
        default:
          bytes += chunk;
      }
    }
    ASSERT_EQ(blocks_of(bytes, true), blocks_of(bytes, false)) << round;
  }
}

TEST(Evtx, EveryTruncationIsSurvived) {
  const std::string bytes = read_file(test::golden() / "formats" / "evtx" / "tokens.in");
  const Reading whole = read(bytes, RecordReader::Path::fast, true);
  ASSERT_EQ(whole.events.size(), 5U);
  for (std::size_t size = 0; size <= bytes.size(); size += 3) {
    const Reading cut = read(std::string_view(bytes).substr(0, size), RecordReader::Path::fast, true);
    ASSERT_LE(cut.events.size(), whole.events.size());
    // Whole records in front of the cut stay as they are.
    for (std::size_t i = 0; i < cut.events.size(); ++i) {
      ASSERT_EQ(cut.events[i], whole.events[i]) << size;
    }
  }
}

// Overwrites bytes at random places: what lies in other chunks must be read as before.
TEST(Evtx, MutationsCostOnlyTheirChunk) {
  if (samples().empty()) {
    GTEST_SKIP() << "missing: evtx/samples";
  }
  const char* long_run = std::getenv("TOCSIN_LONG");
  const std::size_t rounds = long_run != nullptr && *long_run != '\0' && *long_run != '0' ? 100'000 : 3'000;
  auto files = files_below(samples(), ".evtx");
  // Most of a large file is not touched by a mutation, so three chunks of each are enough.
  constexpr std::size_t most = file_header_bytes + 3 * chunk_bytes;
  std::mt19937_64 random(20210303);
  const std::size_t each = rounds / files.size() + 1;
  for (const auto& file : files) {
    const std::string original = read_file(file).substr(0, most);
    const Reading before = read(original, RecordReader::Path::fast, true);
    for (std::size_t round = 0; round < each; ++round) {
      std::string bytes = original;
      const std::size_t at = random() % bytes.size();
      const std::size_t count = std::min<std::size_t>(bytes.size() - at, 1 + random() % (round % 8 == 0 ? 600 : 4));
      for (std::size_t i = 0; i < count; ++i) {
        bytes[at + i] = static_cast<char>(random());
      }
      const Reading after = read(bytes, RecordReader::Path::fast, true);
      const auto chunk_of = [](std::size_t offset) {
        return offset < file_header_bytes ? ~std::uint64_t{0} : (offset - file_header_bytes) / chunk_bytes;
      };
      for (const auto& [chunk, events] : before.chunks) {
        if (chunk == chunk_of(at) || chunk == chunk_of(at + count - 1)) {
          continue;
        }
        const auto found = after.chunks.find(chunk);
        ASSERT_TRUE(found != after.chunks.end() && found->second == events)
            << file << ": " << count << " bytes at " << at << " changed chunk " << chunk;
      }
    }
  }
}

TEST(Evtx, FindsChunksAtAnyOffset) {
  const std::string carved = read_file(test::golden() / "formats" / "evtx" / "carved.in");
  EXPECT_EQ(recognise({carved, "", true}), find_format("evtx"));
  for (const std::size_t junk : {0, 1, 511, 512, 4095, 65529, 65535, 65536, 70000}) {
    const std::string bytes = std::string(junk, 'x') + carved;
    EXPECT_EQ(read(bytes).events.size(), 1U) << junk;
  }
  // Text about the format is not the format.
  EXPECT_NE(recognise({std::string_view("the magic ElfChnk\0 starts a chunk", 33), "", true}), find_format("evtx"));
}

TEST(Evtx, TimesReadAsEverywhereElse) {
  Arena arena;
  ValueRenderer renderer(*find_codepage(""));
  renderer.begin(arena);
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::uint64_t filetime = 1 + random() % 2'650'467'743'999'999'999;
    if (i % 3 == 0) {
      filetime -= filetime % 10'000;
    } else if (i % 7 == 0) {
      filetime -= filetime % 10'000'000;
    } else if (i % 5 == 0) {
      filetime -= filetime % 10;
    }
    const std::string_view text = renderer.filetime(filetime);
    ASSERT_EQ(text, rfc3339(Time::from_filetime(filetime))) << filetime;
    // A record's time is not read from its text.
    const auto parsed = parse_iso8601(text);
    ASSERT_TRUE(parsed && parsed->has_zone) << filetime;
    ASSERT_EQ(parsed->time, Time::from_filetime(filetime)) << filetime;
  }
}

TEST(Evtx, Utf16ReadsAsEverywhereElse) {
  Arena arena;
  ValueRenderer renderer(*find_codepage(""));
  renderer.begin(arena);
  std::mt19937_64 random(8);
  for (int i = 0; i < 5'000; ++i) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t units = random() % 70; units != 0; --units) {
      const std::uint64_t kind = random() % 16;
      const auto unit = static_cast<std::uint16_t>(kind < 12   ? 1 + random() % 0x7F
                                                   : kind < 14 ? 1 + random() % 0xFFFF
                                                               : 0xD800 + random() % 0x800);
      bytes.push_back(static_cast<std::uint8_t>(unit));
      bytes.push_back(static_cast<std::uint8_t>(unit >> 8));
    }
    ASSERT_EQ(renderer.utf16(bytes), utf16le_to_utf8(bytes));
  }
}

TEST(Evtx, ChecksumIsTheOneOfZlib) {
  const std::string_view text = "123456789";
  const std::span digits(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  EXPECT_EQ(crc32(digits), 0xCBF43926U);
  EXPECT_EQ(crc32(digits.subspan(4), crc32(digits.first(4))), 0xCBF43926U);
  std::mt19937_64 random(9);
  std::vector<std::uint8_t> bytes(1000);
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::uint8_t>(random()); });
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto part = std::span<const std::uint8_t>(bytes).first(size);
    ASSERT_EQ(crc32(part, 7), crc32_by_table(part, 7)) << size;
  }
}

}  // namespace
}  // namespace tocsin::ingest::evtx
