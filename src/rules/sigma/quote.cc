#include "rules/sigma/quote.h"

#include "base/text.h"

namespace tocsin::rules::sigma {

std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 80;
  std::string out = "'";
  for (const char c : text.substr(0, longest)) {
    out += static_cast<unsigned char>(c) < ' ' || c == 0x7F ? '?' : c;
  }
  out = repair_utf8(out);
  return out + (text.size() > longest ? "…'" : "'");
}

}  // namespace tocsin::rules::sigma
