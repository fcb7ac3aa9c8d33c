#include "report/spool.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"

namespace tocsin::report {
namespace {

void put_number(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>((value & 0x7F) | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out.append(text);
}

std::unexpected<Error> damaged() {
  return failure(ErrorCode::damaged, "the spool of detections is damaged", {},
                 "check that the temporary folder has room and that nothing else writes there");
}

// Reads the parts of a body; after a failure every read gives nothing and ok() is false.
class Parts {
 public:
  explicit Parts(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    fail();
    return 0;
  }

  void text(std::string& into) {
    const std::uint64_t size = number();
    if (size > bytes_.size()) {
      fail();
      into.clear();
      return;
    }
    into.assign(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
  }

  // A count of things that take at least one byte each: never more than there are bytes.
  std::size_t count() {
    const std::uint64_t value = number();
    if (value > bytes_.size()) {
      fail();
      return 0;
    }
    return static_cast<std::size_t>(value);
  }

  bool ok() const { return ok_; }
  bool finished() const { return ok_ && bytes_.empty(); }

 private:
  void fail() {
    ok_ = false;
    bytes_ = {};
  }
  std::string_view bytes_;
  bool ok_ = true;
};

constexpr std::size_t read_bytes = std::size_t{256} << 10;
constexpr std::size_t length_bytes_max = 10;

}  // namespace

void append_spool_record(const Detection& detection, std::string& out) {
  std::string body;
  put_number(body, detection.rule);
  const EventRef& event = detection.event;
  for (const std::string* text : {&event.source, &event.unit, &event.format, &event.host, &event.channel}) {
    put_text(body, *text);
  }
  put_number(body, event.record);
  put_number(body, event.offset);
  put_number(body, event.recovered ? 1 : 0);
  put_number(body, static_cast<std::uint64_t>(event.time.ticks));
  put_number(body, detection.matched.size());
  for (const Matched& matched : detection.matched) {
    put_text(body, matched.field);
    put_text(body, matched.value);
    put_text(body, matched.pattern);
    put_number(body, matched.offset + 1);  // none is 0
  }
  put_number(body, detection.fields.size());
  for (const auto& [name, values] : detection.fields) {
    put_text(body, name);
    put_number(body, values.size());
    for (const std::string& value : values) {
      put_text(body, value);
    }
  }
  put_number(body, detection.duplicates);
  put_text(body, detection.duplicate_of);
  put_text(out, body);
}

void append_spool_record_with_rule(std::string_view record, std::uint32_t rule, std::string& out) {
  // Length and old number are numbers of seven bits a byte; what follows stays.
  for (int number = 0; number < 2; ++number) {
    std::size_t size = 0;
    while (size < record.size() && (static_cast<unsigned char>(record[size]) & 0x80) != 0) {
      ++size;
    }
    record.remove_prefix(std::min(size + 1, record.size()));
  }
  std::string body;
  put_number(body, rule);
  put_number(out, body.size() + record.size());
  out.append(body).append(record);
}

Result<void> parse_spool_record(std::string_view body, Detection& detection) {
  Parts parts(body);
  detection.rule = static_cast<std::uint32_t>(parts.number());
  EventRef& event = detection.event;
  for (std::string* text : {&event.source, &event.unit, &event.format, &event.host, &event.channel}) {
    parts.text(*text);
  }
  event.record = parts.number();
  event.offset = parts.number();
  event.recovered = parts.number() != 0;
  event.time.ticks = static_cast<std::int64_t>(parts.number());
  detection.matched.resize(parts.count());
  for (Matched& matched : detection.matched) {
    parts.text(matched.field);
    parts.text(matched.value);
    parts.text(matched.pattern);
    matched.offset = parts.number() - 1;
  }
  detection.fields.resize(parts.count());
  for (auto& [name, values] : detection.fields) {
    parts.text(name);
    values.resize(parts.count());
    for (std::string& value : values) {
      parts.text(value);
    }
  }
  detection.duplicates = parts.number();
  parts.text(detection.duplicate_of);
  if (!parts.finished()) {
    return damaged();
  }
  return {};
}

Result<void> SpoolReader::rewind() {
  begin_ = end_ = 0;
  TRY(source_, open_());
  return {};
}

Result<std::size_t> SpoolReader::fill(std::size_t bytes) {
  if (end_ - begin_ >= bytes) {
    return end_ - begin_;
  }
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < std::max(bytes, read_bytes)) {
    buffer_.resize(std::max(bytes, read_bytes));
  }
  while (end_ < bytes) {
    TRY(const std::size_t got, source_->read(std::span(buffer_).subspan(end_)));
    if (got == 0) {
      break;
    }
    end_ += got;
  }
  return end_;
}

Result<bool> SpoolReader::next(Detection& detection) {
  if (source_ == nullptr) {
    TRY_VOID(rewind());
  }
  TRY(const std::size_t available, fill(length_bytes_max));
  if (available == 0) {
    return false;
  }
  std::uint64_t length = 0;
  std::size_t used = 0;
  for (bool more = true; more; ++used) {
    if (used == available || used == length_bytes_max) {
      return damaged();
    }
    const auto byte = static_cast<std::uint8_t>(buffer_[begin_ + used]);
    length |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * used);
    more = byte >= 0x80;
  }
  begin_ += used;
  if (length > limits::spool_record_bytes_max) {
    return damaged();
  }
  TRY(const std::size_t body, fill(static_cast<std::size_t>(length)));
  if (body < length) {
    return damaged();
  }
  TRY_VOID(parse_spool_record(std::string_view(buffer_.data() + begin_, static_cast<std::size_t>(length)), detection));
  begin_ += static_cast<std::size_t>(length);
  return true;
}

}  // namespace tocsin::report
