// dns-query: query log files of BIND, dnsmasq and Unbound that did not pass through syslog.
// https://bind9.readthedocs.io/en/latest/reference.html#the-query-log
//
// A time stands at the start of a line ("07-Mar-2021 14:12:30.123"; Unbound: "[1615126350] unbound[812:0]"), the
// message behind it. How a message becomes fields is told in text/dns_message.h; other messages of the server are lines
// for keyword rules. Times have no zone but Unbound's.
#include "base/text.h"
#include "ingest/text/dns_message.h"
#include "ingest/text/leading_time.h"
#include "ingest/text/line_format.h"
#include "ingest/text/log_time.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

// Where the server's message begins: BIND's has a category and a severity before it, which DnsMessage passes over.
std::string_view message_of(std::string_view line) {
  const std::size_t client = line.substr(0, 128).find("client ");
  if (client != std::string_view::npos) {
    return line.substr(client);
  }
  const std::size_t unbound = line.substr(0, 48).find("info: ");
  return unbound == std::string_view::npos ? std::string_view{} : line.substr(unbound);
}

// Only lines with a digit or a bracket in front: syslog lines belong to the syslog reader.
bool is_query(std::string_view line) {
  if (line.empty() || (!ascii_digit(line.front()) && line.front() != '[')) {
    return false;
  }
  const std::string_view message = message_of(line);
  return !message.empty() && (message.find(": query: ") != std::string_view::npos ||
                              (message.starts_with("info: ") && message.ends_with(" IN")));
}

class DnsQueryReader {
 public:
  DnsQueryReader(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options), message_(fields), source_(event::log_source("dns_server")) {}

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    begin_text_event(batch, line, source_);
    if (const auto time = parse_leading_time(line.text, options_.modified_seconds)) {
      set_time(batch.events.back(), *time, options_);
    }
    message_.add(message_of(line.text), batch);
    batch.end_event();
    return true;
  }

 private:
  DecodeOptions options_;
  DnsMessage message_;
  const event::LogSource* source_;
};

Confidence recognise_dns_query(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::certain, is_query);
}

}  // namespace

extern const Format format_dns_query;
const Format format_dns_query = {
    .name = "dns-query",
    .doc = "query logs of the name servers BIND and Unbound",
    .spec = "https://bind9.readthedocs.io/en/latest/reference.html",
    .unit = Unit::line,
    .recognise = recognise_dns_query,
    .open = open_lines,
    .decoder = make_line_decoder<DnsQueryReader>,
};

}  // namespace tocsin::ingest
