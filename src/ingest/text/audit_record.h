// Audit record: reads one record of the Linux audit system ("type=… msg=audit(…): k=v …") wherever it stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event/event.h"
#include "event/field_table.h"
#include "ingest/format.h"

namespace tocsin::ingest {

// Records that belong together share a serial number but stay single events, because Sigma's auditd rules are written
// for single records. Not thread-safe.
class AuditRecord {
 public:
  AuditRecord(event::FieldTable& fields, const DecodeOptions& options);

  // True where text begins as such a record, as the kernel or as ausearch -i writes it ("node=… " may come first).
  static bool begins(std::string_view text);

  // Adds the record's fields to the open event and sets its time, host and log source; false (and nothing added) where
  // text is none. Names and values as the kernel wrote them, but quotes are taken off, hexadecimal texts (comm, exe,
  // name, proctitle, a0… of EXECVE and their like) are turned into text, "(null)" is left out, and the pairs inside
  // msg='…' are fields of their own. SYSCALL gets the call's name where only its number is given and the machine is
  // known. EXECVE is the start of a process too: it gets CommandLine, and the Image of the SYSCALL record that was read
  // before it and belongs to the same event (forget() was not called between), else of its first argument if that is a
  // path.
  bool add(std::string_view text, event::EventBatch& batch);
  // Where records that follow need not belong to those before; views into their text are dropped.
  void forget() {
    last_stamp_ = {};
    last_exe_ = {};
  }

 private:
  void add_pairs(std::string_view text, std::string_view type, bool nested, event::EventBatch& batch);

  DecodeOptions options_;
  event::FieldCache fields_;
  event::FieldId type_id_, msg_id_, node_id_, syscall_id_, command_line_id_, image_id_;
  const event::LogSource* audit_;
  const event::LogSource* process_;
  std::string_view last_stamp_, last_exe_;  // of the last SYSCALL record
  std::string command_;                     // arguments of EXECVE so far
  std::string last_argument_;               // the name of the last of them
};

}  // namespace tocsin::ingest
