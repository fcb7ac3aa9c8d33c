#include "app/audit.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <filesystem>

#include <fmt/format.h>

#include "app/node.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::string_view head_key = "audit/head";
constexpr std::string_view seal_begin = R"(,"seal":")";
constexpr std::string_view seal_end = R"("})";
constexpr std::size_t seal_digits = 64;
// A line is some hundred bytes; a longer one was not written here.
constexpr std::size_t line_bytes_max = std::size_t{64} * 1024;
constexpr std::size_t detail_bytes_max = 512;
constexpr std::size_t wrong_told_max = 20;

std::unexpected<Error> failed(const std::string& path, std::string_view what) {
  return failure(ErrorCode::io, fmt::format("{}: {}", what, std::strerror(errno)), {path});
}

// An open file that is locked against other writers until it closes.
class Locked {
 public:
  Locked(const std::string& path, int flags) : file_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (file_ >= 0) {
      int done = 0;
      do {
        done = flock(file_, LOCK_EX);
      } while (done != 0 && errno == EINTR);
    }
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  ~Locked() {
    if (file_ >= 0) {
      close(file_);
    }
  }
  int file() const { return file_; }

 private:
  int file_;
};

struct Line {
  std::uint64_t number = 0;
  std::string before;
};

std::string seal_of(std::string_view text, const trust::SymmetricKey& key) {
  return trust::to_hex(trust::keyed_digest(text, key));
}

// Nothing where the line was not written by whoever has the key.
std::optional<Line> read_line(std::string_view line, const trust::SymmetricKey& key) {
  const std::size_t behind = seal_begin.size() + seal_digits + seal_end.size();
  if (line.size() <= behind) {
    return std::nullopt;
  }
  const std::string_view text = line.substr(0, line.size() - behind);
  const std::string_view seal = line.substr(text.size());
  if (!seal.starts_with(seal_begin) || !seal.ends_with(seal_end) ||
      !trust::equal_in_constant_time(seal.substr(seal_begin.size(), seal_digits), seal_of(text, key))) {
    return std::nullopt;
  }
  const auto json = wire::parse_json(line);
  const wire::Json* number = json ? json->find("line") : nullptr;
  const auto value = number == nullptr ? std::nullopt : parse_uint64(number->text);
  if (!value) {
    return std::nullopt;
  }
  return Line{*value, std::string(json->string_or("before", ""))};
}

// The last line that is whole; `torn`: bytes without a line end stand behind it.
Result<std::string> last_line(int file, std::uint64_t size, const std::string& path, bool& torn) {
  const std::uint64_t from = size - std::min<std::uint64_t>(size, line_bytes_max);
  std::string tail(size - from, '\0');
  for (std::size_t at = 0; at < tail.size();) {
    const ssize_t got = pread(file, tail.data() + at, tail.size() - at, static_cast<off_t>(from + at));
    if (got <= 0) {
      return failed(path, "the audit log cannot be read");
    }
    at += static_cast<std::size_t>(got);
  }
  torn = !tail.empty() && tail.back() != '\n';
  tail.resize(torn ? tail.rfind('\n') + 1 : tail.size());
  if (!tail.empty()) {
    tail.pop_back();
  }
  return tail.substr(tail.rfind('\n') + 1);
}

Result<AuditHead> head_of(const store::Notes& notes) {
  TRY(const std::optional<std::string> text, notes.get(head_key));
  AuditHead out;
  if (text) {
    const std::size_t space = text->find(' ');
    const auto lines = parse_uint64(std::string_view(*text).substr(0, space));
    if (!lines || space == std::string::npos) {
      return failure(ErrorCode::damaged, "what the database knows of the audit log cannot be read");
    }
    out = {*lines, text->substr(space + 1)};
  }
  return out;
}

Result<void> append(int file, std::uint64_t size, const std::string& path, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t put = write(file, text.data() + at, text.size() - at);
    if (put <= 0 && errno != EINTR) {
      auto error = failed(path, "the audit log cannot be written");
      (void)!ftruncate(file, static_cast<off_t>(size));
      return error;
    }
    at += static_cast<std::size_t>(std::max<ssize_t>(put, 0));
  }
  if (fsync(file) != 0) {
    return failed(path, "the audit log cannot be written");
  }
  return {};
}

Result<void> keep_folder(const std::string& folder) {
  const int opened = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool kept = opened >= 0 && fsync(opened) == 0;
  if (opened >= 0) {
    close(opened);
  }
  return kept ? Result<void>() : Result<void>(failed(folder, "the folder cannot be written"));
}

}  // namespace

AuditLog::AuditLog(std::string folder, store::Notes& notes, const trust::SymmetricKey& key, const Clock& clock)
    : folder_(std::move(folder)), notes_(notes), key_(trust::keyed_digest("tocsin audit log", key)), clock_(clock) {}

std::string AuditLog::path() const { return folder_ + "/audit.jsonl"; }

std::string AuditLog::mark(std::string_view text) const {
  return seal_of("mark " + std::string(text), key_).substr(0, 32);
}

Result<void> AuditLog::record(std::string_view act, const AuditDetails& details) {
  const Locked log(path(), O_RDWR | O_CREAT | O_APPEND);
  struct stat about{};
  if (log.file() < 0 || fstat(log.file(), &about) != 0) {
    return failed(path(), "the audit log cannot be opened");
  }
  const auto size = static_cast<std::uint64_t>(about.st_size);
  bool torn = false;
  TRY(const std::string last, last_line(log.file(), size, path(), torn));
  TRY(AuditHead head, head_of(notes_));
  // A line whose writer ended before the notes knew of it. Otherwise the notes lead: what is gone from the file stays
  // missing for ever.
  if (const auto line = read_line(last, key_); line && line->number > head.lines) {
    head = {line->number, trust::sha256_hex(last)};
  }
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().key("line").number(head.lines + 1).member("time", rfc3339(clock_.now())).member("act", act);
  for (const auto& [name, value] : details) {
    json.member(name, std::string_view(value).substr(0, detail_bytes_max));
  }
  json.member("before", head.digest);
  const std::string seal = seal_of(text, key_);
  text.append(seal_begin).append(seal).append(seal_end);
  const AuditHead now{head.lines + 1, trust::sha256_hex(text)};
  TRY_VOID(append(log.file(), size, path(), (torn ? "\n" : "") + text + "\n"));
  if (size == 0) {
    TRY_VOID(keep_folder(folder_));
  }
  const store::Note note{std::string(head_key), fmt::format("{} {}", now.lines, now.digest)};
  return notes_.put(std::span(&note, 1));
}

Result<AuditReport> AuditLog::verify(const AuditHead& held) const {
  AuditReport out;
  const auto tell = [&](std::string text) {
    if (out.wrong.size() < wrong_told_max) {
      out.wrong.push_back(std::move(text));
    }
    ++out.wrong_count;
  };
  AuditHead known;
  std::uint64_t size = 0;
  {
    const Locked log(path(), O_RDWR);
    struct stat about{};
    if (log.file() < 0 ? errno != ENOENT : fstat(log.file(), &about) != 0) {
      return failed(path(), "the audit log cannot be opened");
    }
    size = static_cast<std::uint64_t>(about.st_size);
    TRY(known, head_of(notes_));
  }
  bool held_seen = held.lines == 0;
  if (size != 0) {
    TRY(const File file, open_input(path()));
    LineReader lines(file.get(), line_bytes_max);
    for (std::uint64_t place = 1, at = 0; at < size; ++place) {
      const auto text = lines.next();
      if (!text) {
        break;
      }
      if (!*text) {
        tell(fmt::format("line {} of the file is too long to be ours", place));
        break;
      }
      at += (*text)->size() + 1;
      const auto line = read_line(**text, key_);
      if (!line) {
        tell(fmt::format("line {} of the file was changed, cut short or not written by this node", place));
        continue;
      }
      if (line->number != out.head.lines + 1) {
        tell(fmt::format("line {} of the file says it is number {}: {}", place, line->number,
                         line->number > out.head.lines + 1
                             ? fmt::format("{} before it are gone", line->number - out.head.lines - 1)
                             : std::string("it stands there twice, or in another order")));
      } else if (line->before != out.head.digest) {
        tell(fmt::format("line {} of the file does not follow the one before it", place));
      }
      out.head = {line->number, trust::sha256_hex(**text)};
      if (line->number == held.lines) {
        held_seen = held_seen || out.head.digest == held.digest;
      }
    }
  }
  if (out.head.lines < known.lines) {
    tell(fmt::format("{} lines are gone from the end", known.lines - out.head.lines));
  } else if (out.head.lines > known.lines + 1) {
    tell(fmt::format("the database knows {} lines only: it was put back to an earlier state", known.lines));
  } else if (out.head.lines == known.lines && out.head.digest != known.digest) {
    tell("the last line is another one than was written");
  }
  if (!held_seen) {
    tell(fmt::format("line {} is not the one that was noted down", held.lines));
  }
  return out;
}

Result<void> begin_audit_anew(const std::string& folder, store::Notes& notes, Time made) {
  const std::string path = folder + "/audit.jsonl";
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    std::filesystem::rename(path, fmt::format("{}/audit-until-{}.jsonl", folder, made.ticks / Time::ticks_per_second),
                            error);
    if (error) {
      return failure(ErrorCode::io, error.message(), {path});
    }
  }
  const store::Note gone{std::string(head_key), std::nullopt};
  return notes.put({&gone, 1});
}

Result<void> record_act(const std::string& folder, std::string_view act, AuditDetails details) {
  TRY(const NodeData node, open_node(folder));
  TRY(const auto notes, open_node_notes(folder));
  const SystemClock clock;
  AuditLog log(folder, *notes, node.key, clock);
  details.emplace_back("by", fmt::format("uid {}", getuid()));
  // Who became root by sudo.
  if (const char* caller = std::getenv("SUDO_UID"); caller != nullptr && parse_uint64(caller)) {
    details.emplace_back("sudo_by", fmt::format("uid {}", caller));
  }
  return log.record(act, details);
}

}  // namespace tocsin::app
