// SpoolFile: a temporary file without a name, written once and read back any number of times.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace tocsin::app {

// In $TMPDIR, else /tmp. The file vanishes with the process, however it ends. One thread at a time.
class SpoolFile {
 public:
  SpoolFile() = default;
  ~SpoolFile();
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;

  // Buffered; the first error is kept and returned by every later call, and nothing more is written.
  Result<void> append(std::string_view bytes);
  Result<void> flush();
  // Reads what was flushed, from the start. Borrows the file.
  Result<std::unique_ptr<ByteSource>> open();

 private:
  int descriptor_ = -1;
  std::string buffer_;
  std::string failed_;
};

// Writes a file whole or not at all: a temporary file beside it, then a rename. `write` is given a sink.
Result<void> write_atomically(
    const std::string& path,
    const std::function<Result<void>(const std::function<Result<void>(std::string_view)>&)>& write);

// Whether write_atomically() could begin: asked before hours of work, so that a wrong path does not cost them.
Result<void> check_writable(const std::string& path);

}  // namespace tocsin::app
