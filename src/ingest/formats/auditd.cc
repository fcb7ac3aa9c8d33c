// auditd: records of the Linux audit system, as in /var/log/audit/audit.log, also enriched ones.
// https://github.com/linux-audit/audit-documentation/wiki/SPEC-Audit-Event-Enrichment and
// https://github.com/linux-audit/audit-documentation/blob/main/specs/fields/field-dictionary.csv
//
// How a record becomes fields is told in text/audit_record.h.
#include <algorithm>
#include <memory>
#include <string>

#include "base/limits.h"
#include "ingest/line_framer.h"
#include "ingest/text/audit_record.h"
#include "ingest/text/line_format.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

// Ends blocks between events, so that the records of one event meet in one block: from some bytes before the size at
// which blocks are cut, a line with another stamp begins a new one.
class AuditFramer final : public LineFramer {
 public:
  AuditFramer(ByteSource& source, const DecodeOptions& options) : LineFramer(source, options) { sees_lines_ = true; }

 protected:
  bool starts_block(std::string_view line) override {
    constexpr std::size_t early = std::size_t{64} << 10;
    const std::size_t begin = line.find("audit(");
    const std::string_view stamp = begin == std::string_view::npos
                                       ? std::string_view{}
                                       : line.substr(begin, std::min(line.find(')', begin), begin + 64) - begin);
    const bool other = bytes_ + early > limits::block_bytes && stamp != stamp_;
    if (other && bytes_ != 0) {
      bytes_ = 0;  // shown again as the first line of the next block
      return true;
    }
    stamp_.assign(stamp);
    bytes_ += line.size() + 1;
    return false;
  }
  void finish(Block&) override { bytes_ = 0; }

 private:
  std::string stamp_;      // of the line before
  std::size_t bytes_ = 0;  // of the block so far
};

// What ausearch puts between events.
bool is_separator(std::string_view line) { return line == "----" || line.starts_with("time->"); }

class AuditReader {
 public:
  AuditReader(event::FieldTable& fields, const DecodeOptions& options)
      : record_(fields, options), source_(event::log_source("linux_auditd")) {}

  const event::LogSource* source() const { return source_; }
  void begin_block() { record_.forget(); }

  bool read(const TextLine& line, event::EventBatch& batch) {
    if (is_separator(line.text)) {
      return true;
    }
    begin_text_event(batch, line, source_);
    if (!record_.add(line.text, batch)) {
      batch.drop_event();
      return false;
    }
    batch.end_event();
    return true;
  }

 private:
  AuditRecord record_;
  const event::LogSource* source_;
};

Confidence recognise_auditd(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::certain,
                     [](std::string_view line) { return AuditRecord::begins(line) || is_separator(line); });
}

}  // namespace

extern const Format format_auditd;
const Format format_auditd = {
    .name = "auditd",
    .doc = "records of the Linux audit system (audit.log)",
    .spec = "https://github.com/linux-audit/audit-documentation/wiki/SPEC-Writing-Good-Events",
    .unit = Unit::line,
    .recognise = recognise_auditd,
    .open = [](ByteSource& source, const DecodeOptions& options) -> std::unique_ptr<Framer> {
      return std::make_unique<AuditFramer>(source, options);
    },
    .decoder = make_line_decoder<AuditReader>,
};

}  // namespace tocsin::ingest
