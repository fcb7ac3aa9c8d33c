#include "app/passphrase.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "app/whole_file.h"
#include "trust/digest.h"
#include "trust/passphrase_box.h"

namespace tocsin::app {
namespace {

constexpr std::size_t passphrase_bytes_max = 4'096;

class Terminal {
 public:
  Terminal() : file_(open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    if (file_ >= 0 && tcgetattr(file_, &before_) == 0) {
      termios silent = before_;
      silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
      silent_ = tcsetattr(file_, TCSAFLUSH, &silent) == 0;
    }
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (silent_) {
      tcsetattr(file_, TCSAFLUSH, &before_);
    }
    if (file_ >= 0) {
      close(file_);
    }
  }
  bool ready() const { return silent_; }

  std::string ask(const std::string& prompt) {
    say(prompt);
    std::string line;
    char c = 0;
    while (line.size() < passphrase_bytes_max && read(file_, &c, 1) == 1 && c != '\n' && c != '\r') {
      line += c;
    }
    say("\n");
    return line;
  }

 private:
  void say(const std::string& text) {
    if (write(file_, text.data(), text.size()) < 0) {
      return;  // the answer may still be typed
    }
  }
  int file_;
  termios before_{};
  bool silent_ = false;
};

}  // namespace

Option passphrase_option() {
  return {"--passphrase-file", "FILE", "Take the passphrase from the first line of FILE (or from $TOCSIN_PASSPHRASE)"};
}

bool has_terminal() {
  const int file = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (file >= 0) {
    close(file);
  }
  return file >= 0;
}

Result<std::string> read_passphrase(const Arguments& arguments, const std::string& prompt, bool again) {
  if (const auto path = arguments.value("--passphrase-file")) {
    TRY(std::string text, read_whole(*path, passphrase_bytes_max));
    text.resize(std::min(text.find_first_of("\r\n"), text.size()));
    if (text.empty()) {
      return failure(ErrorCode::password, "the first line is empty", {.source = *path});
    }
    return text;
  }
  if (const char* given = std::getenv("TOCSIN_PASSPHRASE"); given != nullptr && *given != '\0') {
    return std::string(given);
  }
  Terminal terminal;
  if (!terminal.ready()) {
    return failure(ErrorCode::password, "there is no terminal to ask for the passphrase", {},
                   "--passphrase-file FILE, or TOCSIN_PASSPHRASE in the environment");
  }
  std::string passphrase = terminal.ask(prompt + ": ");
  if (passphrase.empty()) {
    return failure(ErrorCode::password, "no passphrase was typed");
  }
  if (again) {
    std::string second = terminal.ask("once more: ");
    const bool same = second == passphrase;
    trust::wipe(second);
    if (!same) {
      trust::wipe(passphrase);
      return failure(ErrorCode::password, "the two passphrases differ");
    }
  }
  return passphrase;
}

Result<std::string> new_passphrase(const Arguments& arguments, const std::string& prompt, const std::string& path) {
  auto given = read_passphrase(arguments, prompt, true);
  if (given || has_terminal() || arguments.has("--passphrase-file")) {
    return given;
  }
  TRY(std::string bytes, random_bytes(24));
  std::string made = trust::to_hex(bytes);
  trust::wipe(bytes);
  TRY_VOID(write_secret_file(path, made + "\n"));
  message("nobody was there to type a passphrase: one was made and stands in " + path +
          ". Keep it apart from the key, and out of backups.");
  return made;
}

Result<std::string> random_bytes(std::size_t count) {
  std::string out(count, '\0');
  if (getentropy(out.data(), out.size()) != 0) {  // at most 256 bytes
    return failure(ErrorCode::io, std::string("the system gives no random bytes: ") + std::strerror(errno));
  }
  return out;
}

Result<void> write_secret_file(const std::string& path, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) {
    return failure(errno == EEXIST ? ErrorCode::usage : ErrorCode::io,
                   errno == EEXIST ? "the file exists, and secrets are never overwritten" : std::strerror(errno),
                   {.source = path});
  }
  std::string_view rest = text;
  bool written = true;
  while (written && !rest.empty()) {
    const ssize_t count = write(file, rest.data(), rest.size());
    written = count > 0 || (count < 0 && errno == EINTR);
    rest.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  written = written && fsync(file) == 0;
  const int why = errno;
  written = close(file) == 0 && written;
  if (!written) {
    unlink(path.c_str());
    return failure(ErrorCode::io, std::string("the file cannot be written: ") + std::strerror(why), {.source = path});
  }
  return {};
}

}  // namespace tocsin::app
