// What a container wrote to its standard output, a line a record, as Docker keeps it: {"log":…,"stream":…,"time":…}.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  const std::string_view stream = record.text(Role::container_stream);
  if (!record.has(Role::container_log) || !record.has(Role::time) || (stream != "stdout" && stream != "stderr")) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("plain");
  record.event.log_source = source;  // lines of an application, for keyword rules
  record.set_time({Role::time});
  return true;
}

}  // namespace

extern const Profile profile_container;
const Profile profile_container = {"container", "output of containers (json-file)",
                                   "https://docs.docker.com/engine/logging/drivers/json-file/", apply};

}  // namespace tocsin::ingest::json
