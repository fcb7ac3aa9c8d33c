// ReferenceSearch: the slow and obvious way to find indicators in a value: every indicator is asked. Kept for ever to
// test ValueSearch against; value_search.h says what both understand.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "detect/indicators/value_search.h"

namespace tocsin::detect {

class ReferenceSearch {
 public:
  explicit ReferenceSearch(const IndicatorSet::Implementation& set) : set_(set) {}
  void search(std::string_view text, std::uint32_t kinds, bool file_field, std::vector<FoundIndicator>& out);

 private:
  const IndicatorSet::Implementation& set_;
};

}  // namespace tocsin::detect
