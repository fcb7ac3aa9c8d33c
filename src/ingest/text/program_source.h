// Program source: which log a program's messages are, in Sigma's words, by the name it logs under.
#pragma once

#include <string_view>

#include "event/log_source.h"

namespace tocsin::ingest {

// "sshd", "/usr/sbin/cron", "su(pam_unix)"; nullptr for a program without a log of its own.
const event::LogSource* program_source(std::string_view program);

}  // namespace tocsin::ingest
