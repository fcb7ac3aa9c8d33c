#include "ingest/text/codepage.h"

#include "base/text.h"

namespace tocsin::ingest {
namespace {

constexpr auto pages = std::to_array<Codepage>({
#define CODEPAGE(names, ...) Codepage{names, {__VA_ARGS__}},
#include "ingest/text/codepages.inc"
#undef CODEPAGE
});

bool has_name(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const std::size_t blank = std::min(names.find(' '), names.size());
    if (ascii_iequals(names.substr(0, blank), name)) {
      return true;
    }
    names.remove_prefix(std::min(blank + 1, names.size()));
  }
  return false;
}

}  // namespace

const Codepage* find_codepage(std::string_view name) {
  if (name.empty()) {
    name = "windows-1252";
  }
  for (const Codepage& page : pages) {
    if (has_name(page.names, name)) {
      return &page;
    }
  }
  return nullptr;
}

void append_utf8(std::string& out, std::string_view bytes, const Codepage& page) {
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      tocsin::append_utf8(out, page.letters[byte - 0x80U]);
    }
  }
}

std::string_view to_utf8(std::string_view text, const Codepage& page, Arena& arena) {
  if (valid_utf8(text)) {
    return text;
  }
  std::string converted;
  converted.reserve(text.size() * 2);
  append_utf8(converted, text, page);
  return arena.copy(converted);
}

}  // namespace tocsin::ingest
