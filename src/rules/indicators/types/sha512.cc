#include "rules/indicators/hash_value.h"
#include "rules/indicators/indicator_type.h"

namespace tocsin::rules {

extern const IndicatorType indicator_sha512;
const IndicatorType indicator_sha512 = {
    .name = "sha512",
    .title = "SHA-512 hash",
    .doc = "the digits, whatever their case; also inside text and in lists such as MD5=…,SHA256=…",
    .spec = "https://www.rfc-editor.org/rfc/rfc6234",
    .words = "sha512 sha512hash hash filehash filesha512 hashsha512 filehashsha512 filename|sha512",
    .stix_paths = "file:hashes.SHA-512 artifact:hashes.SHA-512 file:hashes.SHA512 file:content_ref.hashes.SHA-512",
    .plain = true,
    .canonical = [](std::string_view written, std::string& out) { return parse_hex(written, 64, out); },
    .show = show_hex,
};

}  // namespace tocsin::rules
