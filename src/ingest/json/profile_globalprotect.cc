// The service log of GlobalProtect (gpsvc.log) on PAN-OS: {"level":"error","task":"1393405-22","time":…,"message":…}.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

// "1393405-22"
bool is_task(std::string_view text) {
  const std::size_t dash = text.find('-');
  return dash != 0 && dash != std::string_view::npos && dash + 1 < text.size() &&
         text.find_first_not_of("0123456789-") == std::string_view::npos;
}

bool apply(Record& record) {
  if (!record.has(Role::gpsvc_task) || !record.has(Role::log_level) || !record.has(Role::time) ||
      !record.has(Role::message) || !is_task(record.text(Role::gpsvc_task))) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("paloalto_globalprotect");
  record.event.log_source = source;
  record.set_time({Role::time});
  return true;
}

}  // namespace

extern const Profile profile_globalprotect;
const Profile profile_globalprotect = {"globalprotect", "PAN-OS GlobalProtect service log",
                                       "https://security.paloaltonetworks.com/CVE-2024-3400", apply};

}  // namespace tocsin::ingest::json
