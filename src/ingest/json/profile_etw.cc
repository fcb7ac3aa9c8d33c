// Kernel file tracing (Microsoft-Windows-Kernel-File) as SilkETW writes it: the source of Sigma's file_access and
// file_rename.
#include <array>

#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

// SilkETW keeps the name of an event, not its number in the provider's manifest.
std::uint32_t event_id_of(std::string_view name) {
  struct Named {
    std::string_view name;
    std::uint32_t id;
  };
  constexpr std::array<Named, 5> events = {
      {{"Create", 12}, {"Rename", 19}, {"DeletePath", 26}, {"RenamePath", 27}, {"CreateNewFile", 30}}};
  for (const Named& event : events) {
    if (event.name == name) {
      return event.id;
    }
  }
  return event::no_event_id;
}

bool apply(Record& record) {
  if (!record.has(Role::etw_event_name) || !record.has(Role::provider_name_plain) ||
      !record.has(Role::etw_data_provider)) {
    return false;
  }
  event::Event& event = record.event;
  event.provider = record.text(Role::provider_name_plain);
  record.alias("Provider_Name", Role::provider_name_plain);
  if (event.provider == "Microsoft-Windows-Kernel-File") {
    event.event_id = event_id_of(record.text(Role::etw_event_name));
  }
  // The provider's own data stand one level below; rules name them without it.
  record.lift("XmlEventData.");
  record.alias("Image", Role::etw_process);
  record.set_time({Role::etw_time});
  return true;
}

}  // namespace

extern const Profile profile_etw;
const Profile profile_etw = {"etw", "SilkETW traces", "https://github.com/mandiant/SilkETW", apply};

}  // namespace tocsin::ingest::json
