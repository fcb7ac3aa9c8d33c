#include "ingest/text/text_head.h"

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "base/text.h"
#include "ingest/line_framer.h"

namespace tocsin::ingest {
namespace {

// Power cuts and files made large in advance leave runs of NULs in logs: a run now and then is damage, many are data.
bool readable(std::string_view text) {
  std::size_t controls = 0;
  std::size_t zeros = 0;
  std::size_t runs = 0;
  char before = ' ';
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    zeros += byte == 0 ? 1 : 0;
    runs += byte == 0 && before != '\0' ? 1 : 0;
    before = c;
    // ESC begins terminal colours, BS and 0x1D stand in syslog and audit records.
    controls += byte != 0 && byte < 0x20 && !ascii_space(c) && byte != 0x1B && byte != 0x08 && byte != 0x1D ? 1 : 0;
  }
  const std::size_t letters = text.size() - zeros;
  const bool sound = zeros * 1000 <= text.size() || (letters >= 64 && runs <= 1 + letters / 4096);
  return sound && controls <= 1 + letters / 100;
}

}  // namespace

TextHead::TextHead(const Head& head) : text_(head.bytes) {
  const bool marked = text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF");
  if (text_.starts_with("\xEF\xBB\xBF")) {
    text_.remove_prefix(3);
  } else if (marked || text_.substr(0, 64).find('\0') != std::string_view::npos) {
    // UTF-16 or binary: the framer decides, so that a recogniser never sees other text than the decoder.
    MemorySource source(text_.substr(0, text_.size() & ~std::size_t{1}));
    LineFramer framer(source);
    Block block;
    while (converted_.size() < head_bytes) {
      const auto more = framer.next(block);
      if (!more || !*more || block.bytes.empty()) {
        break;
      }
      converted_ += block.bytes;
    }
    text_ = converted_;
  }
  is_text_ = readable(text_);
  if (!is_text_) {
    return;
  }
  std::string_view rest = text_;
  while (!rest.empty() && lines_.size() < lines_max) {
    const std::size_t newline = rest.find('\n');
    if (newline == std::string_view::npos && !head.whole && !lines_.empty()) {
      break;
    }
    std::string_view line = rest.substr(0, newline);
    rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    lines_.push_back(line);
  }
}

}  // namespace tocsin::ingest
