// auditd: records of the Linux audit system, as in /var/log/audit/audit.log, also enriched ones.
// https://github.com/linux-audit/audit-documentation/wiki/SPEC-Audit-Event-Enrichment and
// https://github.com/linux-audit/audit-documentation/blob/main/specs/fields/field-dictionary.csv
//
// How a record becomes fields is told in text/audit_record.h.
#include "ingest/text/audit_record.h"
#include "ingest/text/line_format.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

// What ausearch puts between events.
bool is_separator(std::string_view line) { return line == "----" || line.starts_with("time->"); }

class AuditReader {
 public:
  AuditReader(event::FieldTable& fields, const DecodeOptions&)
      : record_(fields), source_(event::log_source("linux_auditd")) {}

  const event::LogSource* source() const { return source_; }

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
    .open = open_lines,
    .decoder = make_line_decoder<AuditReader>,
};

}  // namespace tocsin::ingest
