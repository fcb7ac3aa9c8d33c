// Whole small inputs and lines of text, from a file or stdin, within limits: for commands that filter JSON.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::app {

struct CloseFile {
  void operator()(std::FILE* file) const;
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// "-" is stdin. Errors not_found and unreadable name the file.
Result<File> open_input(const std::string& name);
// At most `bytes_max`; more is error limit.
Result<std::string> read_whole(const std::string& name, std::size_t bytes_max);

// Lines without their line end (LF or CRLF). One thread.
class LineReader {
 public:
  LineReader(std::FILE* file, std::size_t bytes_max) : file_(file), bytes_max_(bytes_max) {}
  // The next line; nothing at the end. A line that is too long is read over, and an error is given for it.
  std::optional<Result<std::string>> next();

 private:
  std::FILE* file_;
  std::size_t bytes_max_;
  std::string buffer_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace tocsin::app
