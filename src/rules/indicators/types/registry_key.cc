#include "rules/indicators/indicator_type.h"
#include "rules/indicators/path.h"

namespace tocsin::rules {

extern const IndicatorType indicator_registry_key;
const IndicatorType indicator_registry_key = {
    .name = "registry-key",
    .title = "registry key",
    .doc = "the key and what lies below it, whatever its case and however its hive is written, also inside text",
    .spec = "https://learn.microsoft.com/en-us/windows/win32/sysinfo/predefined-keys",
    .words = "regkey registrykey registry regkeyvalue regkey|value key registrypath",
    .stix_paths = "windows-registry-key:key",
    .plain = true,
    .canonical = canonical_registry_key,
    .show =
        [](std::string_view text) {
          std::string out(text);
          for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = out[i] == '/' ? '\\' : i < text.find('/') ? static_cast<char>(out[i] - 'a' + 'A') : out[i];
          }
          return out;
        },
};

}  // namespace tocsin::rules
