#include "rules/indicators/hash_value.h"
#include "rules/indicators/indicator_type.h"

namespace tocsin::rules {

extern const IndicatorType indicator_sha1;
const IndicatorType indicator_sha1 = {
    .name = "sha1",
    .title = "SHA-1 hash",
    .doc = "the digits, whatever their case; also inside text and in lists such as MD5=…,SHA256=…",
    .spec = "https://www.rfc-editor.org/rfc/rfc3174",
    .words = "sha1 sha1hash hash filehash filesha1 hashsha1 filehashsha1 filename|sha1",
    .stix_paths = "file:hashes.SHA-1 artifact:hashes.SHA-1 file:hashes.SHA1 file:content_ref.hashes.SHA-1",
    .plain = true,
    .canonical = [](std::string_view written, std::string& out) { return parse_hex(written, 20, out); },
    .show = show_hex,
};

}  // namespace tocsin::rules
