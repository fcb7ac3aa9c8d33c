#include "ingest/text/text_lines.h"

#include <cstring>

#include "base/check.h"

namespace tocsin::ingest {

bool all_ascii(std::string_view text) {
  std::uint64_t bits = 0;
  std::size_t at = 0;
  for (; at + 32 <= text.size(); at += 32) {
    std::uint64_t words[4];
    std::memcpy(words, text.data() + at, sizeof words);
    bits |= words[0] | words[1] | words[2] | words[3];
  }
  for (; at < text.size(); ++at) {
    bits |= static_cast<std::uint8_t>(text[at]);
  }
  return (bits & 0x8080808080808080ULL) == 0;
}

const Codepage& codepage_of(const DecodeOptions& options) {
  const Codepage* page = find_codepage(options.codepage);
  if (page == nullptr) {
    page = find_codepage({});
  }
  check(page != nullptr, "windows-1252 is in the table");
  return *page;
}

TextLines::TextLines(const Block& block, const Codepage& page, Arena& arena)
    : lines_(block),
      end_(block.bytes.ends_with('\n') ? ~std::uint64_t{0} : block.offset + block.bytes.size()),
      page_(page),
      arena_(arena),
      ascii_(all_ascii(block.bytes)) {}

bool TextLines::next(TextLine& line) {
  if (!lines_.next(line.text, line.number, line.offset)) {
    return false;
  }
  line.cut = line.offset + line.text.size() == end_ || line.offset + line.text.size() + 1 == end_;
  if (!ascii_) {
    line.text = to_utf8(line.text, page_, arena_);
  }
  return true;
}

event::Event& begin_text_event(event::EventBatch& batch, const TextLine& line, const event::LogSource* source) {
  event::Event& event = batch.begin_event();
  event.record = line.number;
  event.offset = line.offset;
  event.raw = line.text;
  event.log_source = source;
  return event;
}

}  // namespace tocsin::ingest
