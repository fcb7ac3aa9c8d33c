#include "ingest/text/row_framer.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "support/decode.h"

namespace tocsin::ingest {
namespace {

// Hands out pieces of one size and, where asked, an error at the end.
class PieceSource final : public ByteSource {
 public:
  PieceSource(std::string_view bytes, std::size_t piece, bool fails = false)
      : bytes_(bytes), piece_(piece), fails_(fails) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t count = std::min({piece_, into.size(), bytes_.size()});
    if (count == 0 && fails_) {
      fails_ = false;
      return failure(ErrorCode::io, "the disk broke");
    }
    bytes_.copy(into.data(), count);
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
  std::size_t piece_;
  bool fails_;
};

struct Row {
  std::uint64_t number;
  std::uint64_t offset;
  std::string text;
  bool operator==(const Row&) const = default;
};

struct Cut {
  std::vector<Row> rows;
  std::uint64_t unreadable = 0;
  std::size_t blocks = 0;
  std::string error;
};

Cut read_csv(std::string_view input, std::size_t piece, bool fails = false) {
  Cut out;
  const Format& format = *find_format("csv");
  PieceSource source(input, piece, fails);
  const auto framer = format.open(source, {});
  event::FieldTable table;
  const auto decoder = format.decoder(table, {});
  Block block;
  event::EventBatch batch;
  for (;;) {
    const auto more = framer->next(block);
    if (!more) {
      out.error = more.error().message;
      break;
    }
    if (!*more) {
      break;
    }
    ++out.blocks;
    EXPECT_LE(block.bytes.size(), 2 * limits::block_bytes + limits::csv_row_bytes_max);
    batch.clear();
    decoder->decode(block, batch);
    out.unreadable += block.unreadable + batch.unreadable;
    for (const event::Event& event : batch.events) {
      out.rows.push_back({event.record, event.offset, std::string(event.raw)});
    }
  }
  return out;
}

TEST(RowFramer, NumbersRowsOverManyBlocks) {
  std::string input = "A,B\n";
  std::vector<Row> expected;
  std::uint64_t line = 2;
  for (int i = 0; input.size() < 3 * limits::block_bytes; ++i) {
    const std::string row = i % 3 == 0   ? "x,\"two\nlines \"\"" + std::to_string(i) + "\"\"\""
                            : i % 7 == 0 ? "y,\"" + std::string(500, 'z') + "\""
                                         : "z," + std::to_string(i);
    expected.push_back({line, input.size(), row});
    input += row + "\n";
    line += i % 3 == 0 ? 2 : 1;
  }
  const Cut whole = read_csv(input, input.size());
  EXPECT_GE(whole.blocks, 3U);
  ASSERT_EQ(whole.rows.size(), expected.size());
  EXPECT_TRUE(whole.rows == expected);
  EXPECT_TRUE(read_csv(input, 1000).rows == expected);
  EXPECT_TRUE(read_csv(input, 65'537).rows == expected);
}

TEST(RowFramer, AnUnclosedQuoteCostsOnlyItsRow) {
  std::string input = "A,B,C\n1,\"never closed,3\n";
  std::uint64_t rows = 1;
  while (input.size() < 3 * limits::block_bytes) {
    input += "1,2,3\n";
    ++rows;
  }
  const Cut cut = read_csv(input, 4096);
  EXPECT_EQ(cut.rows.size(), rows);
  EXPECT_EQ(cut.rows[1].number, 3U);
  EXPECT_EQ(cut.rows.back().number, rows + 1);
}

TEST(RowFramer, AQuoteOverMoreThanTheLimitIsUnclosed) {
  std::string input = "A,B,C\n1,\"open\n";
  while (input.size() < 2 * limits::csv_row_bytes_max) {
    input += "no row\n";
  }
  input += "1,2,3\n";
  const Cut cut = read_csv(input, input.size());
  EXPECT_EQ(cut.rows.back().text, "1,2,3");
  EXPECT_EQ(cut.rows.back().offset, input.size() - 6);
  EXPECT_GT(cut.unreadable, 100U);
}

TEST(RowFramer, GoesOnBehindALineThatIsTooLong) {
  std::string input =
      "A,B\n1,2\n3,\"open\n" + std::string(limits::record_bytes_max + limits::block_bytes, 'x') + "\n5,6\n7,8\n";
  const Cut cut = read_csv(input, input.size());
  EXPECT_EQ(cut.unreadable, 1U);
  ASSERT_EQ(cut.rows.size(), 4U);
  EXPECT_EQ(cut.rows[1], (Row{3, 8, "3,\"open"}));
  EXPECT_EQ(cut.rows[2].number, 5U);
  EXPECT_EQ(cut.rows[3], (Row{6, input.size() - 4, "7,8"}));
}

TEST(RowFramer, HandsOutWhatCameBeforeAReadError) {
  const Cut cut = read_csv("A,B\n1,2\n3,\"open\n", 5, true);
  EXPECT_EQ(cut.error, "the disk broke");
  ASSERT_EQ(cut.rows.size(), 2U);
  EXPECT_EQ(cut.rows[1].text, "3,\"open");
}

}  // namespace
}  // namespace tocsin::ingest
