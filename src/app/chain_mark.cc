#include "app/chain_mark.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "app/whole_file.h"
#include "trust/digest.h"

namespace tocsin::app {
namespace {

constexpr std::size_t mark_bytes_max = 4'096;

std::string state_folder() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::string(state) + "/tocsin/chains";
  }
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? "" : std::string(home) + "/.local/state/tocsin/chains";
}

}  // namespace

ChainMark::ChainMark(const consult::Hash& item, std::string_view author) : folder_(state_folder()) {
  path_ = folder_ + "/" + trust::sha256_hex(fmt::format("{} {}", consult::hex(item), author)).substr(0, 32);
}

std::optional<consult::Hash> ChainMark::read() const {
  const auto text =
      folder_.empty() ? Result<std::string>(failure(ErrorCode::not_found, {})) : read_whole(path_, mark_bytes_max);
  return text ? consult::parse_hash(std::string_view(*text).substr(0, text->find('\n'))) : std::nullopt;
}

Result<void> ChainMark::write(const consult::Hash& entry) const {
  if (folder_.empty()) {
    return failure(ErrorCode::usage, "neither HOME nor XDG_STATE_HOME is set");
  }
  const auto failed = [&](const std::string& path) {
    return failure(ErrorCode::io, std::strerror(errno), {.source = path});
  };
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) {
    return failure(ErrorCode::io, error.message(), {.source = folder_});
  }
  const std::string made = fmt::format("{}.{}", path_, ::getpid());
  const int file = ::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (file < 0) {
    return failed(made);
  }
  const std::string text = consult::hex(entry) + "\n";
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  const bool closed = ::close(file) == 0;
  if (!written || !closed || ::rename(made.c_str(), path_.c_str()) != 0) {
    return failed(made);
  }
  const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    ::close(folder);
  }
  return {};
}

}  // namespace tocsin::app
