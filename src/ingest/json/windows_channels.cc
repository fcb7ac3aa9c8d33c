#include "ingest/json/windows_channels.h"

#include <array>

#include "base/text.h"

namespace tocsin::ingest::json {
namespace {

struct Row {
  std::string_view provider;
  std::string_view channel;
};

// Providers that write to one channel, as their manifests declare.
constexpr auto rows = std::to_array<Row>({
    {"Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational"},
    {"Microsoft-Windows-Security-Auditing", "Security"},
    {"Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational"},
    {"PowerShellCore", "PowerShellCore/Operational"},
    {"PowerShell", "Windows PowerShell"},
    {"Service Control Manager", "System"},
    {"Microsoft-Windows-Kernel-General", "System"},
    {"Microsoft-Windows-Kernel-Power", "System"},
    {"Microsoft-Windows-Windows Defender", "Microsoft-Windows-Windows Defender/Operational"},
    {"Microsoft-Windows-TaskScheduler", "Microsoft-Windows-TaskScheduler/Operational"},
    {"Microsoft-Windows-WMI-Activity", "Microsoft-Windows-WMI-Activity/Operational"},
    {"Microsoft-Windows-Bits-Client", "Microsoft-Windows-Bits-Client/Operational"},
    {"Microsoft-Windows-DNS-Client", "Microsoft-Windows-DNS Client Events/Operational"},
    {"Microsoft-Windows-CodeIntegrity", "Microsoft-Windows-CodeIntegrity/Operational"},
    {"Microsoft-Windows-NTLM", "Microsoft-Windows-NTLM/Operational"},
    {"Microsoft-Windows-Windows Firewall With Advanced Security",
     "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"},
    {"Microsoft-Windows-TerminalServices-LocalSessionManager",
     "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"},
    {"Microsoft-Windows-AppXDeployment-Server", "Microsoft-Windows-AppXDeploymentServer/Operational"},
    {"Microsoft-Windows-DriverFrameworks-UserMode", "Microsoft-Windows-DriverFrameworks-UserMode/Operational"},
    {"MSExchange CmdletLogs", "MSExchange Management"},
    {"MSExchange Control Panel", "Application"},
    {"Application Error", "Application"},
    {"MsiInstaller", "Application"},
    {"ESENT", "Application"},
    {"OpenSSH", "OpenSSH/Operational"},
});

}  // namespace

std::string_view channel_of_provider(std::string_view provider, std::uint32_t event_id) {
  for (const Row& row : rows) {
    if (ascii_iequals(row.provider, provider)) {
      return row.channel;
    }
  }
  // The event log service reports on the Security log there, on every other log in System.
  if (ascii_iequals(provider, "Microsoft-Windows-Eventlog")) {
    return event_id == 1102 || (event_id >= 1100 && event_id <= 1108) ? "Security" : event_id == 104 ? "System" : "";
  }
  return {};
}

}  // namespace tocsin::ingest::json
