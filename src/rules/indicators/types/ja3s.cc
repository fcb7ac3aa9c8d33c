#include "rules/indicators/hash_value.h"
#include "rules/indicators/indicator_type.h"

namespace tocsin::rules {

extern const IndicatorType indicator_ja3s;
const IndicatorType indicator_ja3s = {
    .name = "ja3s",
    .title = "JA3S fingerprint",
    .doc = "only in fields whose name says so (ja3s, tls.ja3s.hash)",
    .spec = "https://github.com/salesforce/ja3",
    .words = "ja3s ja3sfingerprintmd5 ja3smd5 ja3shash ja3sfingerprint ja3sdigest",
    .stix_paths = "network-traffic:extensions.tls-ext.ja3s",
    .plain = false,
    .canonical = [](std::string_view written, std::string& out) { return parse_hex(written, 16, out); },
    .show = show_hex,
};

}  // namespace tocsin::rules
