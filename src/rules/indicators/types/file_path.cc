#include "rules/indicators/indicator_type.h"
#include "rules/indicators/path.h"

namespace tocsin::rules {

extern const IndicatorType indicator_file_path;
const IndicatorType indicator_file_path = {
    .name = "file-path",
    .title = "file path",
    .doc =
        "the path, whatever its case and separators, also inside text; without a drive or leading / the end of a path",
    .spec = "https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file",
    .words = "filepath path filepathname filefullpath fullpath file filename filenamepath uripath",
    .stix_paths = "directory:path file:parent_directory_ref.path file:name",
    .plain = false,
    .canonical = canonical_path,
    .show = [](std::string_view text) { return std::string(text); },
};

}  // namespace tocsin::rules
