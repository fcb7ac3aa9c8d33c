// EvtxDecoder: turns the chunks of an EVTX file into events.
#pragma once

#include <memory>

#include "event/field_table.h"
#include "ingest/evtx/chunk.h"
#include "ingest/evtx/record_reader.h"
#include "ingest/format.h"
#include "ingest/windows_event.h"

namespace tocsin::ingest::evtx {

// event.record is EventRecordID as rendered (the record header's id where the event has none), event.offset the byte
// offset of the record, event.time TimeCreated (the record header's where that is missing). Each record that cannot be
// rendered, each stretch of the record area that holds none and each chunk without its magic counts as one unreadable.
class EvtxDecoder final : public BlockDecoder {
 public:
  EvtxDecoder(event::FieldTable& table, const DecodeOptions& options, RecordReader::Path path);
  void decode(const Block& block, event::EventBatch& batch) override;

 private:
  DecodeOptions options_;
  WindowsIdentity identity_;
  RecordReader reader_;
  RecordFinder finder_;
};

}  // namespace tocsin::ingest::evtx
