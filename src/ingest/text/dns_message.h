// DNS message: reads the queries and answers that name servers log: BIND, dnsmasq (Pi-hole) and Unbound.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "event/event.h"
#include "event/field_table.h"
#include "ingest/text/named_fields.h"

namespace tocsin::ingest {

// Fields by the names of Sigma's category dns: query (without the dot at its end), record_type, answer, src_ip,
// src_port. Not thread-safe.
class DnsMessage {
 public:
  explicit DnsMessage(event::FieldTable& fields);

  // "named", "dnsmasq", "unbound", …
  static bool is_server(std::string_view program);

  // Adds the fields of a query or answer to the open event and makes it one of a name server; false (and nothing added)
  // for any other message.
  bool add(std::string_view text, event::EventBatch& batch);

 private:
  enum Name : std::uint8_t { query, record_type, answer, src_ip, src_port };
  static constexpr std::array<std::string_view, 5> names = {"query", "record_type", "answer", "src_ip", "src_port"};

  bool add_bind(std::string_view text, event::EventBatch& batch) const;
  bool add_dnsmasq(std::string_view text, event::EventBatch& batch) const;
  bool add_unbound(std::string_view text, event::EventBatch& batch) const;

  NamedFields<names.size()> named_;
  const event::LogSource* source_;
};

}  // namespace tocsin::ingest
