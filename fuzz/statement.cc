// Statements: any bytes as a text or a page, read, compared with a changed copy, and written in every form.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "speech/compare.h"
#include "speech/compare_page.h"
#include "speech/statement_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin::speech;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto one = read_manifestation(bytes, "one");
  if (!one) {
    return 0;
  }
  for (const Clause& clause : find_clauses(*one).clauses) {
    const Paragraph* paragraph = one->paragraph(clause.paragraph);
    tocsin::check(paragraph != nullptr && clause.quote.end <= paragraph->text.size(), "a quote is of its paragraph");
  }
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
