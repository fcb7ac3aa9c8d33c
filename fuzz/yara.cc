// YARA: the first part of the input is a rule file, what follows the first 0x1D the bytes that are scanned.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "detect/yara/rule_text.h"
#include "detect/yara/yara_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  const std::string_view all(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 16'384));
  const std::size_t cut = std::min(all.find('\x1D'), all.size());
  const std::string_view text = all.substr(0, cut), bytes = all.substr(std::min(cut + 1, all.size()));
  const char* last = text.data();
  for (const detect::YaraItem& item : detect::cut_yara(text)) {
    check(item.text.data() >= last && item.text.data() + item.text.size() <= text.data() + text.size(),
          "the parts follow one another");
    last = item.text.data() + item.text.size();
  }
  // No include can name the second.
  const std::vector<detect::YaraSource> sources = {{"a.yar", std::string(text)},
                                                   {"/b.yar", "rule known { condition: true }"}};
  const auto rules = detect::YaraRules::compile(sources, {.seconds = 1});
  check(rules.has_value(), "rules are never an error");
  check((*rules)->given() == (*rules)->loaded() + (*rules)->rejected(), "every rule is loaded or rejected");
  auto scanner = detect::YaraScanner::open(*rules);
  check(scanner.has_value(), "rules that compile can be used");
  for (const std::string_view part : {bytes, std::string_view(), bytes}) {
    std::vector<detect::YaraHit> hits;
    if ((*scanner)->scan(part, detect::yara_names("a.txt", part), hits).end != detect::YaraOutcome::End::complete) {
      continue;
    }
    bool known = false;
    for (const detect::YaraHit& hit : hits) {
      known = known || (*rules)->rules()[hit.rule].info.title == "known";
      for (const detect::YaraMatch& match : hit.matches) {
        check(match.offset <= part.size() && match.bytes <= part.size() - match.offset, "matches lie in the bytes");
      }
    }
    check(known, "a rule of another file stays as it is");
  }
  return 0;
}
