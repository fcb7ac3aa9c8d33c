#include "app/node.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>

#include "app/command.h"
#include "app/whole_file.h"
#include "base/check.h"
#include "store/sqlite/sqlite_notes.h"
#include "store/sqlite/sqlite_store.h"
#include "trust/digest.h"

namespace tocsin::app {
namespace {

std::string key_path(const std::string& folder) { return folder + "/node.key"; }

std::unexpected<Error> failed(const std::string& path, std::string_view what) {
  return failure(ErrorCode::io, fmt::format("{}: {}", what, std::strerror(errno)), {path});
}

Result<void> write_key(const std::string& path, const trust::SymmetricKey& key) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return failed(path, "the key cannot be written");
  }
  const bool whole = write(file, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && fsync(file) == 0;
  return close(file) == 0 && whole ? Result<void>() : failed(path, "the key cannot be written");
}

// One line typed without being shown.
std::string typed_line(int terminal, std::string_view question) {
  termios shown{};
  tcgetattr(terminal, &shown);
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(terminal, TCSAFLUSH, &hidden);
  // Not before: what is typed as soon as the question stands there would be shown, and then thrown away.
  (void)!write(terminal, question.data(), question.size());
  std::string out;
  char c = 0;
  while (out.size() < 1024 && read(terminal, &c, 1) == 1 && c != '\n') {
    out.push_back(c);
  }
  tcsetattr(terminal, TCSAFLUSH, &shown);
  (void)!write(terminal, "\n", 1);
  return out;
}

}  // namespace

Time SystemClock::now() const {
  using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, Time::ticks_per_second>>;
  return Time{std::chrono::duration_cast<Ticks>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    check(got > 0 || errno == EINTR, "the system gives random bytes");
    out = out.subspan(got > 0 ? static_cast<std::size_t>(got) : 0);
  }
}

std::string database_path(const std::string& folder) { return folder + "/node.sqlite"; }

Result<trust::SymmetricKey> make_token_key(const std::string& folder) {
  trust::SymmetricKey key{};
  SystemRandom().fill(key);
  TRY_VOID(write_key(key_path(folder), key));
  return key;
}

Result<NodeData> create_node(const std::string& folder) {
  std::error_code error;
  if (std::filesystem::exists(database_path(folder), error)) {
    return failure(ErrorCode::usage, "there is a node in this folder already", {folder}, "--data names another folder");
  }
  std::filesystem::create_directories(folder, error);
  if (error || chmod(folder.c_str(), 0700) != 0) {
    return failed(folder, "the folder cannot be made");
  }
  NodeData out;
  TRY(out.key, make_token_key(folder));
  TRY(out.store, store::open_sqlite_store(database_path(folder), true));
  return out;
}

Result<NodeData> open_node(const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::exists(database_path(folder), error)) {
    return failure(ErrorCode::not_found, "there is no node in this folder", {folder},
                   fmt::format("tocsin node init --data {}", folder));
  }
  NodeData out;
  TRY(const std::string key, read_whole(key_path(folder), 1024));
  if (key.size() != out.key.size()) {
    return failure(ErrorCode::damaged, "the node's key has another length than it was written with",
                   {key_path(folder)});
  }
  std::copy(key.begin(), key.end(), out.key.begin());
  TRY(out.store, store::open_sqlite_store(database_path(folder), false));
  return out;
}

Result<std::unique_ptr<store::Notes>> open_node_notes(const std::string& folder) {
  return store::open_sqlite_notes(database_path(folder));
}

Result<std::string> read_hidden_line(std::string_view question, std::string_view otherwise) {
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) {
    return failure(ErrorCode::usage, "there is no terminal to ask", {}, std::string(otherwise));
  }
  std::string out = typed_line(terminal, question);
  close(terminal);
  return out;
}

Result<std::string> read_new_password(const std::string& file) {
  std::string out;
  if (!file.empty()) {
    TRY(out, read_whole(file, std::size_t{64} * 1024));
    out.resize(std::min(out.find('\n'), out.size()));
    if (out.ends_with('\r')) {
      out.pop_back();
    }
  } else {
    const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (terminal < 0) {
      return failure(ErrorCode::usage, "there is no terminal to ask for the password", {},
                     "--password-file FILE, or - for stdin");
    }
    out = typed_line(terminal, "Password: ");
    const bool same = typed_line(terminal, "Again: ") == out;
    close(terminal);
    if (!same) {
      return failure(ErrorCode::usage, "the two passwords differ");
    }
  }
  if (out.size() < 8 || out.size() > 1024) {
    return failure(ErrorCode::usage, "a password has 8 to 1024 bytes");
  }
  return out;
}

std::string new_uuid() {
  std::array<std::uint8_t, 16> bytes{};
  SystemRandom().fill(bytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  std::string text = trust::to_hex(bytes);
  for (const std::size_t at : {20UL, 16UL, 12UL, 8UL}) {
    text.insert(at, "-");
  }
  return text;
}

}  // namespace tocsin::app
