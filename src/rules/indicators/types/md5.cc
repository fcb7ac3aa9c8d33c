#include "rules/indicators/hash_value.h"
#include "rules/indicators/indicator_type.h"

namespace tocsin::rules {

extern const IndicatorType indicator_md5;
const IndicatorType indicator_md5 = {
    .name = "md5",
    .title = "MD5 hash",
    .doc = "the digits, whatever their case; also inside text and in lists such as MD5=…,SHA256=…",
    .spec = "https://www.rfc-editor.org/rfc/rfc1321",
    .words = "md5 md5hash hash filehash filemd5 hashmd5 filehashmd5 malwaresample filename|md5",
    .stix_paths = "file:hashes.MD5 artifact:hashes.MD5 file:hashes.MD-5 file:content_ref.hashes.MD5",
    .plain = true,
    .canonical = [](std::string_view written, std::string& out) { return parse_hex(written, 16, out); },
    .show = show_hex,
};

}  // namespace tocsin::rules
