// Spool: detections as compact records, for putting them aside while a hunt runs and reading them back for each output.
//
// A record is a length and a body of variable-length integers and byte strings; every byte of every value survives. The
// form lives as long as one run and is nobody else's business: a file for people or scripts is an Output.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "report/report.h"

namespace tocsin::report {

// Appends one record to `out`.
void append_spool_record(const Detection& detection, std::string& out);

// The same record with another rule: a detection's rule may get its number only when it is put aside.
void append_spool_record_with_rule(std::string_view record, std::uint32_t rule, std::string& out);

// Parses the body of one record (what follows its length) into `detection`, reusing its memory. An Error (damaged)
// leaves `detection` in an unspecified valid state.
Result<void> parse_spool_record(std::string_view body, Detection& detection);

// Reads records from where the caller put them. Memory: one record and a read buffer.
class SpoolReader final : public DetectionReader {
 public:
  // Opens the spooled bytes from their start; called by every rewind().
  using Open = std::function<Result<std::unique_ptr<ByteSource>>()>;
  explicit SpoolReader(Open open) : open_(std::move(open)) {}

  Result<void> rewind() override;
  Result<bool> next(Detection& detection) override;

 private:
  // Makes at least `bytes` unread bytes available, or as many as there are.
  Result<std::size_t> fill(std::size_t bytes);

  Open open_;
  std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

// Detections that a caller holds already, for tests and small reports. Borrows them.
class MemoryReader final : public DetectionReader {
 public:
  explicit MemoryReader(std::span<const Detection> detections) : detections_(detections) {}
  Result<void> rewind() override {
    at_ = 0;
    return {};
  }
  Result<bool> next(Detection& detection) override {
    if (at_ == detections_.size()) {
      return false;
    }
    detection = detections_[at_++];
    return true;
  }

 private:
  std::span<const Detection> detections_;
  std::size_t at_ = 0;
};

}  // namespace tocsin::report
