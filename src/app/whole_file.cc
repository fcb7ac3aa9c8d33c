#include "app/whole_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace tocsin::app {

void CloseFile::operator()(std::FILE* file) const {
  if (file != stdin) {
    std::fclose(file);
  }
}

Result<File> open_input(const std::string& name) {
  if (name == "-") {
    return File(stdin);
  }
  File file(std::fopen(name.c_str(), "rb"));
  if (file == nullptr) {
    return failure(errno == ENOENT ? ErrorCode::not_found : ErrorCode::unreadable, std::strerror(errno),
                   {.source = name});
  }
  return file;
}

Result<std::string> read_whole(const std::string& name, std::size_t bytes_max) {
  TRY(const File file, open_input(name));
  std::string text;
  char block[65'536];
  for (std::size_t count = sizeof block; count == sizeof block;) {
    count = std::fread(block, 1, sizeof block, file.get());
    if (std::ferror(file.get()) != 0) {
      return errno == EISDIR ? failure(ErrorCode::unreadable, "is a folder, not a file", {.source = name})
                             : failure(ErrorCode::io, std::strerror(errno), {.source = name});
    }
    text.append(block, count);
    if (text.size() > bytes_max) {
      return failure(ErrorCode::limit, fmt::format("is larger than {} MiB", bytes_max >> 20U), {.source = name});
    }
  }
  return text;
}

std::optional<Result<std::string>> LineReader::next() {
  std::string line;
  bool too_long = false;
  bool any = false;
  for (;;) {
    if (at_ == buffer_.size()) {
      if (ended_) {
        break;
      }
      buffer_.resize(65'536);
      buffer_.resize(std::fread(buffer_.data(), 1, buffer_.size(), file_));
      at_ = 0;
      ended_ = buffer_.empty();
      continue;
    }
    any = true;
    const std::size_t feed = buffer_.find('\n', at_);
    const std::size_t end = feed == std::string::npos ? buffer_.size() : feed;
    too_long = too_long || line.size() + (end - at_) > bytes_max_;
    if (!too_long) {
      line.append(buffer_, at_, end - at_);
    }
    at_ = end;
    if (feed != std::string::npos) {
      ++at_;
      break;
    }
  }
  if (!any) {
    return std::nullopt;
  }
  if (too_long) {
    return failure(ErrorCode::limit, "the line is too long", {}, "at most " + std::to_string(bytes_max_) + " bytes");
  }
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  return line;
}

}  // namespace tocsin::app
