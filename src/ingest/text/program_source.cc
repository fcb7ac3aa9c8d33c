#include "ingest/text/program_source.h"

#include <array>

#include "base/text.h"

namespace tocsin::ingest {
namespace {

// The first entry whose text the program begins with.
struct Program {
  std::string_view begins;
  std::string_view source;
};
constexpr auto programs = std::to_array<Program>({
    {"sshd", "linux_sshd"},
    {"sudo", "linux_sudo"},
    {"su", "linux_auth"},
    {"login", "linux_auth"},
    {"systemd-logind", "linux_auth"},
    {"polkit", "linux_auth"},
    {"pkexec", "linux_auth"},
    {"useradd", "linux_auth"},
    {"usermod", "linux_auth"},
    {"userdel", "linux_auth"},
    {"groupadd", "linux_auth"},
    {"passwd", "linux_auth"},
    {"chage", "linux_auth"},
    {"gdm", "linux_auth"},
    {"lightdm", "linux_auth"},
    {"doas", "linux_auth"},
    {"cron", "linux_cron"},
    {"anacron", "linux_cron"},
    {"clamd", "linux_clamav"},
    {"clamav", "linux_clamav"},
    {"clamscan", "linux_clamav"},
    {"freshclam", "linux_clamav"},
    {"vsftpd", "linux_vsftpd"},
    {"guacd", "linux_guacamole"},
    {"guacamole", "linux_guacamole"},
    {"auditd", "linux_auditd"},
    {"audispd", "linux_auditd"},
    {"audisp-", "linux_auditd"},
});

const std::array<const event::LogSource*, programs.size()>& sources() {
  static const auto table = [] {
    std::array<const event::LogSource*, programs.size()> out{};
    for (std::size_t i = 0; i < programs.size(); ++i) {
      out[i] = event::log_source(programs[i].source);
    }
    return out;
  }();
  return table;
}

}  // namespace

const event::LogSource* program_source(std::string_view program) {
  const std::size_t slash = program.rfind('/');
  program.remove_prefix(slash == std::string_view::npos ? 0 : slash + 1);
  if (program.empty()) {
    return nullptr;
  }
  const char first = ascii_lower(program.front());
  for (std::size_t i = 0; i < programs.size(); ++i) {
    const std::string_view known = programs[i].begins;
    if (known.front() != first) {
      continue;
    }
    // "su" must not take "supervisord": a short name ends where the program does.
    const bool whole = known.size() < 4;
    if (whole ? ascii_iequals(program.substr(0, program.find('(')), known) : ascii_istarts_with(program, known)) {
      return sources()[i];
    }
  }
  return nullptr;
}

}  // namespace tocsin::ingest
