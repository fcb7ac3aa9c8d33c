#include "app/pdf_text.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "speech/limits.h"

namespace tocsin::app {
namespace {

// What a run may cost: a summit communiqué takes a tenth of a second and 20 MiB.
constexpr rlim_t seconds_max = 20;
constexpr rlim_t memory_max = rlim_t{1} << 30;
constexpr rlim_t files_max = 16;

// Folders that are named from here are somebody else's to fill.
std::string find_program() {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? std::string_view("/usr/bin:/bin") : std::string_view(path);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    std::string name(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    name += "/pdftotext";
    if (name.front() == '/' && name.size() > 10 && access(name.c_str(), X_OK) == 0) {
      return name;
    }
  }
  return {};
}

void limit(int resource, rlim_t most) {
  const rlimit both{most, most};
  setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

// In the child: nothing here allocates.
[[noreturn]] void become(const char* program, int input, int output) {
  setpgid(0, 0);
  const int nothing = open("/dev/null", O_WRONLY);
  if (nothing < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(nothing, 2) < 0) {
    _exit(126);
  }
  close_range(3, ~0U, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_CPU, seconds_max);
  limit(RLIMIT_AS, memory_max);
  limit(RLIMIT_FSIZE, 0);  // it writes into a pipe, and nowhere else
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, files_max);
  char name[] = "pdftotext";
  char quiet[] = "-q";
  char encoding[] = "-enc";
  char utf8[] = "UTF-8";
  char standard[] = "-";
  char locale[] = "LC_ALL=C.UTF-8";
  char* arguments[] = {name, quiet, encoding, utf8, standard, standard, nullptr};
  char* environment[] = {locale, nullptr};
  execve(program, arguments, environment);
  _exit(127);
}

struct Descriptor {
  int number = -1;
  ~Descriptor() { shut(); }
  void shut() {
    if (number >= 0) {
      close(number);
    }
    number = -1;
  }
};

std::unexpected<Error> system_failure(std::string_view what) {
  return failure(ErrorCode::io, std::string(what) + ": " + std::strerror(errno));
}

// Until the pipe ends. Error limit where it takes too long or gives too much.
Result<std::string> read_all(int pipe) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(seconds_max);
  std::string out;
  char buffer[65'536];
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd wanted{pipe, POLLIN, 0};
    const int ready = left <= 0 ? 0 : poll(&wanted, 1, static_cast<int>(left));
    if (ready == 0) {
      return failure(ErrorCode::limit, "pdftotext takes more than 20 seconds");
    }
    const ssize_t count = ready < 0 ? -1 : read(pipe, buffer, sizeof buffer);
    if (count < 0 && errno != EINTR) {
      return system_failure("pdftotext's output cannot be read");
    }
    if (count == 0) {
      return out;
    }
    if (count > 0) {
      out.append(buffer, static_cast<std::size_t>(count));
    }
    if (out.size() > speech::limits::statement_bytes_max) {
      return failure(ErrorCode::limit, "the PDF holds more than 16 MiB of text");
    }
  }
}

}  // namespace

Result<std::string> text_of_pdf(std::string_view bytes) {
  const std::string program = find_program();
  if (program.empty()) {
    return failure(ErrorCode::unknown_format, "this is a PDF, and there is no pdftotext to take its text out", {},
                   "install poppler-utils, or take the text out elsewhere: pdftotext FILE.pdf FILE.txt");
  }
  Descriptor input{memfd_create("statement", MFD_CLOEXEC)};
  int ends[2] = {-1, -1};
  if (input.number < 0 || pipe2(ends, O_CLOEXEC) != 0) {
    return system_failure("pdftotext cannot be started");
  }
  Descriptor from{ends[0]};
  Descriptor to{ends[1]};
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t count = write(input.number, rest.data(), rest.size());
    if (count <= 0) {
      return system_failure("the PDF cannot be handed over");
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  lseek(input.number, 0, SEEK_SET);
  const pid_t child = fork();
  if (child < 0) {
    return system_failure("pdftotext cannot be started");
  }
  if (child == 0) {
    become(program.c_str(), input.number, to.number);
  }
  to.shut();
  auto text = read_all(from.number);
  if (!text) {
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (text && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
    return failure(ErrorCode::damaged, "pdftotext cannot read this PDF", {},
                   "it may be damaged, or encrypted; open it and save it anew");
  }
  return text;
}

}  // namespace tocsin::app
