#include "rules/indicators/hash_value.h"
#include "rules/indicators/indicator_type.h"

namespace tocsin::rules {

extern const IndicatorType indicator_ja3;
const IndicatorType indicator_ja3 = {
    .name = "ja3",
    .title = "JA3 fingerprint",
    .doc = "only in fields whose name says so (ja3, tls.ja3.hash)",
    .spec = "https://github.com/salesforce/ja3",
    .words = "ja3 ja3fingerprintmd5 ja3md5 ja3hash ja3fingerprint ja3digest",
    .stix_paths = "network-traffic:extensions.tls-ext.ja3",
    .plain = false,
    .canonical = [](std::string_view written, std::string& out) { return parse_hex(written, 16, out); },
    .show = show_hex,
};

}  // namespace tocsin::rules
