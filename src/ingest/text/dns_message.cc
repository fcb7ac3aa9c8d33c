#include "ingest/text/dns_message.h"

#include <algorithm>

#include "base/text.h"

namespace tocsin::ingest {
namespace {

std::string_view without_dot(std::string_view name) {
  if (name.size() > 1 && name.ends_with('.')) {
    name.remove_suffix(1);
  }
  return name;
}

std::string_view take_word(std::string_view& rest) {
  const std::size_t begin = std::min(rest.find_first_not_of(' '), rest.size());
  rest.remove_prefix(begin);
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

bool is_type(std::string_view text) {
  return !text.empty() && text.size() <= 12 && ascii_alpha(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return ascii_alpha(c) || ascii_digit(c) || c == '-'; });
}

bool is_address(std::string_view text) {
  return text.size() >= 2 && text.find_first_not_of("0123456789abcdefABCDEF.:%") == std::string_view::npos &&
         text.find_first_of(".:") != std::string_view::npos;
}

}  // namespace

DnsMessage::DnsMessage(event::FieldTable& fields) : named_(fields, names), source_(event::log_source("dns_server")) {}

bool DnsMessage::is_server(std::string_view program) {
  return program == "named" || program == "dnsmasq" || program == "unbound" || program == "pihole-FTL";
}

bool DnsMessage::add(std::string_view text, event::EventBatch& batch) {
  if (!add_bind(text, batch) && !add_dnsmasq(text, batch) && !add_unbound(text, batch)) {
    return false;
  }
  batch.events.back().log_source = source_;
  return true;
}

// "client @0x7f12 10.0.0.5#53211 (example.com): query: example.com IN A +E(0)K (10.0.0.53)", with or without the
// category before it. https://bind9.readthedocs.io/en/latest/reference.html#the-query-log
bool DnsMessage::add_bind(std::string_view text, event::EventBatch& batch) const {
  constexpr std::string_view mark = ": query: ";
  const std::size_t client = text.substr(0, 64).find("client ");
  const std::size_t at = text.find(mark);
  if (client == std::string_view::npos || at == std::string_view::npos || at < client) {
    return false;
  }
  std::string_view from = text.substr(client + 7, at - client - 7);
  std::string_view address = take_word(from);
  if (address.starts_with('@')) {
    address = take_word(from);
  }
  std::string_view rest = text.substr(at + mark.size());
  const std::string_view name = take_word(rest);
  take_word(rest);  // the class
  const std::string_view type = take_word(rest);
  const std::size_t hash = std::min(address.find('#'), address.size());
  if (name.empty() || !is_type(type)) {
    return false;
  }
  named_.add(batch, query, without_dot(name));
  named_.add(batch, record_type, type);
  named_.add(batch, src_ip, address.substr(0, hash));
  named_.add(batch, src_port, address.substr(std::min(hash + 1, address.size())));
  return true;
}

// "query[A] example.com from 10.0.0.5", "reply example.com is 203.0.113.9", also behind a serial number and the client
// ("12 10.0.0.5/53211 query[A] …"). https://thekelleys.org.uk/dnsmasq/docs/dnsmasq-man.html (log-queries)
bool DnsMessage::add_dnsmasq(std::string_view text, event::EventBatch& batch) const {
  std::string_view rest = text;
  std::string_view verb = take_word(rest);
  std::string_view client;
  if (!verb.empty() && verb.find_first_not_of("0123456789") == std::string_view::npos) {
    client = take_word(rest);
    verb = take_word(rest);
  }
  const std::string_view name = take_word(rest);
  const std::string_view preposition = take_word(rest);
  const std::string_view object = take_word(rest);
  if (verb.starts_with("query[") && verb.ends_with(']') && preposition == "from") {
    named_.add(batch, query, without_dot(name));
    named_.add(batch, record_type, verb.substr(6, verb.size() - 7));
    named_.add(batch, src_ip, object);
    return true;
  }
  if ((verb == "reply" || verb == "cached" || verb == "config") && preposition == "is") {
    named_.add(batch, query, without_dot(name));
    named_.add(batch, answer, object);
    named_.add(batch, src_ip, client.substr(0, client.find('/')));
    return true;
  }
  return false;
}

// "[812:0] info: 10.0.0.5 example.com. A IN". https://unbound.docs.nlnetlabs.nl/en/latest/manpages/unbound.conf.html
// (log-queries)
bool DnsMessage::add_unbound(std::string_view text, event::EventBatch& batch) const {
  constexpr std::string_view mark = "info: ";
  const std::size_t at = text.substr(0, 40).find(mark);
  if (at == std::string_view::npos) {
    return false;
  }
  std::string_view rest = text.substr(at + mark.size());
  const std::string_view address = take_word(rest);
  const std::string_view name = take_word(rest);
  const std::string_view type = take_word(rest);
  const std::string_view dns_class = take_word(rest);
  if (!is_address(address) || !name.ends_with('.') || !is_type(type) || dns_class != "IN") {
    return false;
  }
  named_.add(batch, query, without_dot(name));
  named_.add(batch, record_type, type);
  named_.add(batch, src_ip, address);
  return true;
}

}  // namespace tocsin::ingest
