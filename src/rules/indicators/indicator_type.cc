#include "rules/indicators/indicator_type.h"

#include "base/text.h"

namespace tocsin::rules {

#define INDICATOR(name) extern const IndicatorType indicator_##name;
#include "rules/indicators/types.def"
#undef INDICATOR

namespace {

constexpr const IndicatorType* table[] = {
#define INDICATOR(name) &indicator_##name,
#include "rules/indicators/types.def"
#undef INDICATOR
};

bool lists(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (ascii_iequals(words.substr(0, end), wanted)) {
      return true;
    }
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

}  // namespace

std::span<const IndicatorType* const> indicator_types() { return table; }

std::string squeeze_word(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (c != '-' && c != '_' && c != '.' && !ascii_space(c)) {
      out += ascii_lower(c);
    }
  }
  return out;
}

std::uint32_t kinds_of_word(std::string_view squeezed) {
  std::uint32_t out = 0;
  if (squeezed.empty()) {
    return out;
  }
  for (std::size_t i = 0; i < indicator_kinds; ++i) {
    out |= lists(table[i]->words, squeezed) ? std::uint32_t{1} << i : 0;
  }
  return out;
}

std::uint32_t kinds_of_stix_path(std::string_view path) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < indicator_kinds; ++i) {
    out |= lists(table[i]->stix_paths, path) ? std::uint32_t{1} << i : 0;
  }
  return out;
}

std::optional<IndicatorKind> classify(std::string_view written, std::uint32_t kinds, std::string& out) {
  for (std::size_t i = 0; i < indicator_kinds; ++i) {
    if ((kinds >> i & 1) != 0) {
      out.clear();
      if (table[i]->canonical(written, out)) {
        return static_cast<IndicatorKind>(i);
      }
    }
  }
  return std::nullopt;
}

std::uint32_t plain_kinds() {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < indicator_kinds; ++i) {
    out |= table[i]->plain ? std::uint32_t{1} << i : 0;
  }
  return out;
}

}  // namespace tocsin::rules
