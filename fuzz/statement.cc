// Statements: any bytes as a text or a page, read, compared with a changed copy, and written in every form; and as a
// table of clauses that somebody edited.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "speech/clause_table.h"
#include "speech/compare.h"
#include "speech/compare_page.h"
#include "speech/statement_json.h"

namespace {

using namespace tocsin::speech;

// What is confirmed is of the text, and stays what it was when it is confirmed again.
void confirm(const Manifestation& text, std::string_view document) {
  const auto json = tocsin::wire::parse_json(document);
  const auto table = json ? confirmed_clauses(text, *json) : tocsin::Result<std::string>(std::unexpected(json.error()));
  if (json) {
    (void)clause_table_problems(text, *json);
    (void)clause_table_words(*json);
  }
  if (table) {
    const auto again = tocsin::wire::parse_json(*table);
    tocsin::check(again.has_value(), "a table is JSON");
    tocsin::check(clause_table_problems(text, *again).empty(), "a table is of its text");
    tocsin::check(confirmed_clauses(text, *again) == *table, "a table is confirmed as it stands");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const Manifestation fixed = manifestation_of({"We condemn it. We call on all States to act."}, "fixed");
  confirm(fixed, bytes);
  const auto one = read_manifestation(bytes, "one");
  if (!one) {
    return 0;
  }
  for (const Clause& clause : find_clauses(*one).clauses) {
    const Paragraph* paragraph = one->paragraph(clause.paragraph);
    tocsin::check(paragraph != nullptr && clause.quote.end <= paragraph->text.size(), "a quote is of its paragraph");
  }
  const std::vector<Manifestation> single = {*one};
  const std::vector<Clauses> proposed = {find_clauses(*one)};
  confirm(*one, statement_json({.manifestations = single, .clauses = &proposed}));
  const auto other = read_manifestation(bytes.substr(0, size - size / 3), "other");
  tocsin::check(compare(*one, *one).differences.empty(), "a text is like itself");
  if (other) {
    const std::vector<Manifestation> both = {*one, *other};
    const std::vector<Clauses> clauses = {find_clauses(*one), find_clauses(*other)};
    const Comparison comparison = compare(*one, *other);
    tocsin::check(!compare_page(*one, *other, comparison).empty(), "a page is written");
    tocsin::check(!statement_json({.manifestations = both, .clauses = &clauses, .comparison = &comparison}).empty(),
                  "a document is written");
  }
  return 0;
}
