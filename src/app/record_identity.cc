#include "app/record_identity.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace tocsin::app {
namespace {

std::uint64_t mix(std::uint64_t value, std::uint64_t factor) {
  value = (value ^ (value >> 32)) * factor;
  return value ^ (value >> 29);
}

template <typename Byte>
void add_bytes(RecordIdentity& into, std::string_view text, Byte&& byte) {
  into.add(text.size());
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min<std::size_t>(8, text.size());
    for (std::size_t i = 0; i < size; ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(byte(text[i]))} << (8 * i);
    }
    into.add(word);
    text.remove_prefix(size);
  }
}

}  // namespace

RecordIdentity& RecordIdentity::add(std::uint64_t value) {
  high = mix(high ^ value, 0x9E3779B97F4A7C15ULL);
  low = mix(low + value, 0xC2B2AE3D27D4EB4FULL);
  return *this;
}

RecordIdentity& RecordIdentity::add(std::string_view text) {
  add_bytes(*this, text, [](char c) { return c; });
  return *this;
}

RecordIdentity& RecordIdentity::add_lower(std::string_view text) {
  add_bytes(*this, text, [](char c) { return ascii_lower(c); });
  return *this;
}

std::string_view base_name(std::string_view input_name) {
  const std::size_t slash = input_name.find_last_of("/\\");
  std::string_view name = input_name.substr(slash == std::string_view::npos ? 0 : slash + 1);
  for (const std::string_view suffix : {".gz", ".bz2", ".xz", ".zst", ".lz4"}) {
    if (name.size() > suffix.size() && ascii_iequals(name.substr(name.size() - suffix.size()), suffix)) {
      return name.substr(0, name.size() - suffix.size());
    }
  }
  return name;
}

std::optional<std::uint32_t> SeenRecords::before(const RecordIdentity& identity, std::uint32_t input) {
  if (const auto known = first_.find(identity); known != first_.end()) {
    return identity.windows || known->second != input ? std::optional(known->second) : std::nullopt;
  }
  if (first_.size() < most_) {
    first_.emplace(identity, input);
  } else {
    ++not_compared_;
  }
  return std::nullopt;
}

RecordIdentifier::RecordIdentifier(event::FieldTable& fields) : record_id_(fields.intern("EventRecordID")) {}

RecordIdentity RecordIdentifier::operator()(const Input& input, const event::EventBatch& batch,
                                            const event::Event& event) const {
  RecordIdentity out;
  const auto fields = batch.fields_of(event);
  if (!event.channel.empty() && event.time.known()) {
    std::optional<std::uint64_t> id;
    if (input.format->unit == ingest::Unit::record) {
      id = event.record;
    } else if (const event::Value* value = event::find(fields, record_id_); value != nullptr) {
      id = parse_uint64(value->text);
    }
    if (id && *id != 0) {
      out.windows = true;
      return out.add_lower(event.host)
          .add_lower(event.channel)
          .add(event.event_id)
          .add(*id)
          .add(static_cast<std::uint64_t>(event.time.ticks / Time::ticks_per_second));
    }
  }
  out.add_lower(base_name(input.name))
      .add(event.record)
      .add(event.offset)
      .add(static_cast<std::uint64_t>(event.time.ticks));
  if (!event.raw.empty()) {
    return out.add(event.raw);
  }
  for (const event::Field& field : fields) {
    out.add(event::index(field.id)).add(field.value.text);
  }
  return out;
}

}  // namespace tocsin::app
