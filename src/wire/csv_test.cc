#include "wire/csv.h"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.h"

namespace tocsin::wire {
namespace {

std::vector<std::string> split(std::string_view row, char delimiter = ',') {
  Arena arena;
  std::vector<CsvField> fields;
  split_csv_row(row, delimiter, arena, fields);
  std::vector<std::string> out;
  for (const CsvField& field : fields) {
    out.push_back((field.quoted ? "q:" : "") + std::string(field.text));
  }
  return out;
}

using Strings = std::vector<std::string>;

TEST(Csv, SplitsFields) {
  EXPECT_EQ(split("a,b,c"), (Strings{"a", "b", "c"}));
  EXPECT_EQ(split(""), (Strings{""}));
  EXPECT_EQ(split(","), (Strings{"", ""}));
  EXPECT_EQ(split("a,"), (Strings{"a", ""}));
  EXPECT_EQ(split("\"a,b\",\"\",c"), (Strings{"q:a,b", "q:", "c"}));
  EXPECT_EQ(split("\"a \"\"b\"\"\""), (Strings{"q:a \"b\""}));
  EXPECT_EQ(split("a;\"b;c\"", ';'), (Strings{"a", "q:b;c"}));
  EXPECT_EQ(split("5\" disk,x"), (Strings{"5\" disk", "x"}));
}

TEST(Csv, KeepsValuesOfBrokenQuotes) {
  EXPECT_EQ(split("\"a\"b,c"), (Strings{"q:a\"b,c"}));
  EXPECT_EQ(split("\"He said \"hi\" to me\",x"), (Strings{"q:He said \"hi\" to me", "x"}));
  EXPECT_EQ(split("x,\"open"), (Strings{"x", "q:open"}));
  EXPECT_EQ(split("\""), (Strings{"q:"}));
}

TEST(Csv, FindsTheEndOfARow) {
  const CsvShape shape{.columns = 2};
  EXPECT_EQ(next_csv_row("a,b\nc,d\n", shape, false).bytes, 4U);
  const CsvRow over_lines = next_csv_row("a,\"b\nc\"\nd,e\n", shape, false);
  EXPECT_EQ(over_lines.bytes, 8U);
  EXPECT_EQ(over_lines.lines, 2U);
  EXPECT_EQ(over_lines.end, CsvEnd::whole);
  EXPECT_EQ(next_csv_row("a,b", shape, false).end, CsvEnd::more);
  EXPECT_EQ(next_csv_row("a,b", shape, true).bytes, 3U);
  EXPECT_EQ(next_csv_row("a,\"b\n", shape, false).end, CsvEnd::more);
}

TEST(Csv, EndsAnUnclosedQuoteBeforeTheNextRow) {
  const CsvShape shape{.columns = 2};
  const CsvRow row = next_csv_row("a,\"b\nnot a row\nc,d\ne,f\n", shape, true);
  EXPECT_EQ(row.end, CsvEnd::unclosed);
  EXPECT_EQ(row.bytes, 15U);
  EXPECT_EQ(row.lines, 2U);
  // A later quote that could close it gives a row of another width: still unclosed.
  EXPECT_EQ(next_csv_row("a,\"b\nc,d\ne,\"f\",g\n", shape, true).bytes, 5U);
  // No row follows: everything belongs to the field.
  EXPECT_EQ(next_csv_row("a,\"b\nx\ny\n", shape, true).bytes, 9U);
  // A comment line ends it too.
  EXPECT_EQ(next_csv_row("a,\"b\n#c\n", {.comment = '#', .columns = 2}, true).bytes, 5U);
}

TEST(Csv, BoundsARowOverManyLines) {
  const std::string open = "a,\"b\n" + std::string(limits::csv_row_bytes_max, '\n');
  const CsvRow row = next_csv_row(open + "c,d\n", {.columns = 2}, true);
  EXPECT_EQ(row.end, CsvEnd::unclosed);
  EXPECT_LE(row.bytes, limits::csv_row_bytes_max);
  EXPECT_GT(row.bytes, limits::csv_row_bytes_max / 2);
  std::string wide(limits::event_fields_max + 10, ',');
  Arena arena;
  std::vector<CsvField> fields;
  split_csv_row(wide, ',', arena, fields);
  EXPECT_EQ(fields.size(), limits::event_fields_max);
}

TEST(Csv, EveryTextIsCutIntoRowsThatCoverIt) {
  // All texts of six characters over the characters that matter.
  constexpr std::string_view letters = "a,\"\n";
  for (unsigned n = 0; n < 4096; ++n) {
    std::string text;
    for (unsigned rest = n, i = 0; i < 6; ++i, rest /= 4) {
      text += letters[rest % 4];
    }
    for (const std::size_t columns : {0U, 1U, 2U, 3U}) {
      std::string_view left = text;
      std::size_t lines = 0;
      while (!left.empty()) {
        const CsvRow row = next_csv_row(left, {.columns = columns}, true);
        ASSERT_NE(row.end, CsvEnd::more) << text;
        ASSERT_GT(row.bytes, 0U) << text;
        ASSERT_LE(row.bytes, left.size()) << text;
        ASSERT_EQ(row.lines, static_cast<std::size_t>(std::count(left.begin(), left.begin() + row.bytes, '\n')) +
                                 (left[row.bytes - 1] == '\n' ? 0 : 1))
            << text;
        lines += row.lines;
        left.remove_prefix(row.bytes);
      }
      ASSERT_GT(lines, 0U);
    }
  }
}

}  // namespace
}  // namespace tocsin::wire
