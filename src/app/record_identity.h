// RecordIdentity: what makes a record the same one wherever it was read: in a shadow copy, an export, an older prefix
// of the file.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "app/pipeline.h"
#include "event/event.h"

namespace tocsin::app {

// 128 bits over the parts: enough that two different records do not meet in one hunt.
struct RecordIdentity {
  std::uint64_t high = 0x243F6A8885A308D3ULL, low = 0x13198A2E03707344ULL;
  // Known by computer, channel, id and time, so that even two copies in one file are one record. Else by the place in a
  // file of that name, which two lines of one file never share.
  bool windows = false;

  RecordIdentity& add(std::uint64_t value);
  RecordIdentity& add(std::string_view text);
  RecordIdentity& add_lower(std::string_view text);  // ASCII letters of either case are one

  bool operator==(const RecordIdentity&) const = default;
  struct Hash {
    std::size_t operator()(const RecordIdentity& one) const { return static_cast<std::size_t>(one.high ^ one.low); }
  };
};

// - A Windows event, from EVTX, event XML or any JSON export: computer, channel, event id, EventRecordID and time to
// the
//   second (exports cut or round the fraction).
// - Anything else: base name of the file (without a suffix such as .gz), line or element, byte offset, time, and the
//   record's text or values.
class RecordIdentifier {
 public:
  explicit RecordIdentifier(event::FieldTable& fields);
  RecordIdentity operator()(const Input& input, const event::EventBatch& batch, const event::Event& event) const;

 private:
  event::FieldId record_id_;
};

// Which records were read before, up to a number of them: 33 bytes each at a load of at least 44 %.
class SeenRecords {
 public:
  explicit SeenRecords(std::size_t most) : most_(most) {}

  // The id of the input that had the record first, where it was read before; else remembers it. Two lines of one file
  // are two records, however alike; two Windows events of one id and time are one, even in one file.
  std::optional<std::uint32_t> before(const RecordIdentity& identity, std::uint32_t input);
  // Records beyond the number: whether they were read before is not known.
  std::uint64_t not_compared() const { return not_compared_; }

 private:
  boost::unordered_flat_map<RecordIdentity, std::uint32_t, RecordIdentity::Hash> first_;
  std::size_t most_;
  std::uint64_t not_compared_ = 0;
};

// Last component of an input's name, outside and inside archives, without the suffix of a compressed file.
std::string_view base_name(std::string_view input_name);

}  // namespace tocsin::app
