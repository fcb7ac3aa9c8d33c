// Lists of indicators: the first part of the input is a list, the rest an event's text in which its indicators are
// looked for, by the fast search and by the slow one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "detect/indicators/indicator_set.h"
#include "rules/indicators/loader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(all.find('\x1D'), all.size());
  const std::string_view list = all.substr(0, cut), text = all.substr(std::min(cut + 1, all.size()));
  rules::IndicatorLoader loader;
  MemorySource bytes(list);
  (void)loader.add("list", bytes);
  const auto store = std::move(loader).finish();
  std::uint64_t entries = 0;
  for (auto at = store->begin(); at != store->end(); at = store->next(at)) {
    const rules::IndicatorEntry entry = store->at(at);
    check(!entry.value.empty() && entry.origin < store->origins().size(), "entries are whole");
    check(!rules::indicator_type(entry.kind).show(entry.value).empty(), "a value can be shown");
    ++entries;
  }
  check(entries == store->counts.loaded, "what is counted is there");
  if (entries > 2'000 || text.size() > 3'000) {
    return 0;  // the slow search asks every indicator
  }
  event::FieldTable fields;
  event::EventBatch batch;
  for (const std::string_view name : {"Message", "TargetFilename", "cs(User-Agent)", "MutexName", "tls.ja3.hash"}) {
    batch.begin_event();
    batch.add_field(fields.intern(name), text);
    batch.end_event();
  }
  std::vector<detect::IndicatorHit> hits, expected;
  detect::IndicatorScanner(detect::IndicatorSet::compile(store, nullptr), fields).scan(batch, hits);
  detect::IndicatorScanner(detect::IndicatorSet::compile(store, nullptr, {.plain = true}), fields)
      .scan(batch, expected);
  check(hits == expected, "both searches find the same");
  return 0;
}
