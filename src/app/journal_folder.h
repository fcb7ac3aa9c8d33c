// Journal folder: a consultation kept in a folder of one's own, so that delegations can consult by exchanging files.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "council/item.h"
#include "council/ports.h"

namespace tocsin::app {

// DIR/journal.jsonl. One process writes at a time; others wait for a moment and then give up with an error.
class JournalFolder final : public council::JournalStore {
 public:
  // A new folder with these first lines. Error usage where it holds a journal already.
  static Result<std::unique_ptr<JournalFolder>> create(const std::string& path, std::string_view first_lines);
  // For reading and writing. The torn end of a write that never finished is cut off and said so.
  static Result<std::unique_ptr<JournalFolder>> open(const std::string& path);
  // What stands there, without a lock and without mending anything.
  static Result<council::JournalReading> read(const std::string& path);

  JournalFolder(const JournalFolder&) = delete;
  JournalFolder& operator=(const JournalFolder&) = delete;
  ~JournalFolder() override;

  // On disk (fsync) when it returns.
  Result<void> append(std::string_view line) override;

  council::JournalReading reading;  // as it was opened
  // Which machine, disk and file this is: another copy of the journal is another place.
  std::string place() const;

 private:
  JournalFolder(std::string path, int file) : path_(std::move(path)), file_(file) {}
  std::string path_;
  int file_;
};

}  // namespace tocsin::app
