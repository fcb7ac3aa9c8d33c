#include "base/normalize.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "base/text.h"

namespace tocsin {
namespace {

struct ClassRun {
  char32_t first, last;
  std::uint8_t combining_class;
};
constexpr ClassRun classes[] = {
#define NORMALIZATION_CLASSES
#include "base/normalization.inc"
#undef NORMALIZATION_CLASSES
};

struct Decomposition {
  char32_t code, first, second;
};
constexpr Decomposition decompositions[] = {
#define NORMALIZATION_DECOMPOSITIONS
#include "base/normalization.inc"
#undef NORMALIZATION_DECOMPOSITIONS
};

struct Composition {
  char32_t first, second, composed;
};
constexpr Composition compositions[] = {
#define NORMALIZATION_COMPOSITIONS
#include "base/normalization.inc"
#undef NORMALIZATION_COMPOSITIONS
};

// Hangul syllables are computed: The Unicode Standard, section 3.12.
constexpr char32_t syllable_base = 0xAC00;
constexpr char32_t leading_base = 0x1100;
constexpr char32_t vowel_base = 0x1161;
constexpr char32_t trailing_base = 0x11A7;
constexpr char32_t leading_count = 19;
constexpr char32_t vowel_count = 21;
constexpr char32_t trailing_count = 28;
constexpr char32_t syllable_count = leading_count * vowel_count * trailing_count;

std::uint8_t combining_class(char32_t code) {
  const auto* run =
      std::partition_point(std::begin(classes), std::end(classes), [&](const ClassRun& r) { return r.last < code; });
  return run != std::end(classes) && run->first <= code ? run->combining_class : std::uint8_t{0};
}

struct Unit {
  char32_t code;
  std::uint8_t combining_class;
};

// A decomposition's first part may decompose again (four levels at most), its second part never does.
void decompose(char32_t code, std::vector<Unit>& out) {
  if (code >= syllable_base && code < syllable_base + syllable_count) {
    const char32_t index = code - syllable_base;
    out.push_back({leading_base + index / (vowel_count * trailing_count), 0});
    out.push_back({vowel_base + index % (vowel_count * trailing_count) / trailing_count, 0});
    if (index % trailing_count != 0) {
      out.push_back({trailing_base + index % trailing_count, 0});
    }
    return;
  }
  std::array<char32_t, 8> seconds;
  std::size_t count = 0;
  for (;;) {
    const auto* row = std::partition_point(std::begin(decompositions), std::end(decompositions),
                                           [&](const Decomposition& d) { return d.code < code; });
    if (row == std::end(decompositions) || row->code != code) {
      break;
    }
    if (row->second != 0) {
      seconds[count++] = row->second;
    }
    code = row->first;
  }
  out.push_back({code, combining_class(code)});
  while (count > 0) {
    const char32_t second = seconds[--count];
    // Some second parts are written as a singleton of another mark.
    const auto* row = std::partition_point(std::begin(decompositions), std::end(decompositions),
                                           [&](const Decomposition& d) { return d.code < second; });
    const bool again = row != std::end(decompositions) && row->code == second;
    const char32_t mark = again ? row->first : second;
    out.push_back({mark, combining_class(mark)});
    if (again && row->second != 0) {
      out.push_back({row->second, combining_class(row->second)});
    }
  }
}

// The primary composite of a pair, or 0.
char32_t compose(char32_t first, char32_t second) {
  if (first >= leading_base && first < leading_base + leading_count) {
    if (second >= vowel_base && second < vowel_base + vowel_count) {
      return syllable_base + ((first - leading_base) * vowel_count + (second - vowel_base)) * trailing_count;
    }
    return 0;
  }
  if (first >= syllable_base && first < syllable_base + syllable_count &&
      (first - syllable_base) % trailing_count == 0) {
    return second > trailing_base && second < trailing_base + trailing_count ? first + (second - trailing_base) : 0;
  }
  const auto* row = std::partition_point(std::begin(compositions), std::end(compositions), [&](const Composition& c) {
    return c.first < first || (c.first == first && c.second < second);
  });
  return row != std::end(compositions) && row->first == first && row->second == second ? row->composed : 0;
}

}  // namespace

bool surely_nfc(std::string_view text) {
  // U+0300 is CC 80 in UTF-8; every lead byte from CC on may begin a code point that matters.
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xCC; });
}

std::string to_nfc(std::string_view text) {
  if (surely_nfc(text) && valid_utf8(text)) {
    return std::string(text);
  }
  std::vector<Unit> units;
  units.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    decompose(next_code_point(text, at), units);
  }
  for (std::size_t at = 0; at < units.size();) {
    if (units[at].combining_class == 0) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < units.size() && units[end].combining_class != 0) {
      ++end;
    }
    std::stable_sort(units.begin() + static_cast<std::ptrdiff_t>(at), units.begin() + static_cast<std::ptrdiff_t>(end),
                     [](const Unit& a, const Unit& b) { return a.combining_class < b.combining_class; });
    at = end;
  }
  // UAX #15: a mark joins the last starter unless a mark of its own class, or a starter, stands between them.
  constexpr std::size_t none = ~std::size_t{0};
  std::size_t starter = none;
  std::size_t kept = 0;
  for (const Unit unit : units) {
    if (starter != none) {
      const bool beside = kept == starter + 1;
      const bool blocked =
          !beside && (units[kept - 1].combining_class == 0 || units[kept - 1].combining_class >= unit.combining_class);
      if (const char32_t composed = blocked ? 0 : compose(units[starter].code, unit.code); composed != 0) {
        units[starter].code = composed;
        continue;
      }
    }
    if (unit.combining_class == 0) {
      starter = kept;
    }
    units[kept++] = unit;
  }
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < kept; ++at) {
    append_utf8(out, units[at].code);
  }
  return out;
}

}  // namespace tocsin
