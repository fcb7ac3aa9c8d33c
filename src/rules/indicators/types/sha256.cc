#include "rules/indicators/hash_value.h"
#include "rules/indicators/indicator_type.h"

namespace tocsin::rules {

extern const IndicatorType indicator_sha256;
const IndicatorType indicator_sha256 = {
    .name = "sha256",
    .title = "SHA-256 hash",
    .doc = "the digits, whatever their case; also inside text and in lists such as MD5=…,SHA256=…",
    .spec = "https://www.rfc-editor.org/rfc/rfc6234",
    .words = "sha256 sha256hash hash filehash filesha256 hashsha256 filehashsha256 filename|sha256",
    .stix_paths = "file:hashes.SHA-256 artifact:hashes.SHA-256 file:hashes.SHA256 file:content_ref.hashes.SHA-256",
    .plain = true,
    .canonical = [](std::string_view written, std::string& out) { return parse_hex(written, 32, out); },
    .show = show_hex,
};

}  // namespace tocsin::rules
