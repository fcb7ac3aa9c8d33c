// Unicode normalisation form C: different ways to write one character (é as one code point, or e and an accent) become
// one.
#pragma once

#include <string>
#include <string_view>

namespace tocsin {

// Is the text in NFC for sure? False only means that it must be looked at: true for text without code points from
// U+0300 on. Cost: one pass over the bytes.
bool surely_nfc(std::string_view text);
// The text in NFC (Unicode Standard Annex #15). Ill-formed bytes become U+FFFD. Cost: O(n log n) at worst, allocates.
std::string to_nfc(std::string_view text);

}  // namespace tocsin
