#include "rules/indicators/indicator_type.h"
#include "rules/indicators/path.h"

namespace tocsin::rules {

extern const IndicatorType indicator_file_name;
const IndicatorType indicator_file_name = {
    .name = "file-name",
    .title = "file name",
    .doc = "the last part of a path, whatever its case; inside text where the name is one word with an extension",
    .spec = "https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file",
    .words = "filename file name filepath path filepathname attachment emailattachment",
    .stix_paths = "file:name",
    .plain = false,
    .canonical = canonical_file_name,
    .show = [](std::string_view text) { return std::string(text); },
};

}  // namespace tocsin::rules
