#include "base/limits.h"
#include "rules/indicators/indicator_type.h"
#include "rules/indicators/path.h"

namespace tocsin::rules {
namespace {

bool canonical(std::string_view written, std::string& out) {
  const std::string_view name = mutex_name(written);
  if (name.empty() || name.size() > limits::indicator_path_bytes_max) {
    return false;
  }
  out.append(name);
  return true;
}

}  // namespace

extern const IndicatorType indicator_mutex;
const IndicatorType indicator_mutex = {
    .name = "mutex",
    .title = "mutex",
    .doc = "the name, with its case, without Global\\\\ and the like; in fields of mutexes and named objects",
    .spec = "https://learn.microsoft.com/en-us/windows/win32/termserv/kernel-object-namespaces",
    .words = "mutex mutant mutexname",
    .stix_paths = "mutex:name",
    .plain = false,
    .canonical = canonical,
    .show = [](std::string_view text) { return std::string(text); },
};

}  // namespace tocsin::rules
