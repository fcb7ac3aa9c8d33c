// Suricata EVE: alerts, flows and protocol records of one engine, told apart by "event_type".
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  if (!record.has(Role::eve_type) || !record.has(Role::timestamp) ||
      !(record.has(Role::eve_flow) || record.has(Role::eve_source) || record.text(Role::eve_type) == "stats")) {
    return false;
  }
  static const event::LogSource* const alert = event::log_source("suricata_alert");
  static const event::LogSource* const dns = event::log_source("suricata_dns");
  static const event::LogSource* const http = event::log_source("suricata_http");
  static const event::LogSource* const flow = event::log_source("suricata_flow");
  static const event::LogSource* const other = event::log_source("suricata");
  const std::string_view type = record.text(Role::eve_type);
  record.event.log_source = type == "alert"                       ? alert
                            : type == "dns"                       ? dns
                            : type == "http"                      ? http
                            : type == "flow" || type == "netflow" ? flow
                                                                  : other;
  record.event.host = record.first_text({Role::host, Role::sensor_name});
  record.set_time({Role::timestamp});
  record.alias("dst_ip", Role::eve_destination);
  record.alias("dst_port", Role::eve_destination_port);
  if (type == "dns") {
    // The names of Sigma's category dns.
    record.alias("query", record.has(Role::eve_dns_name) ? Role::eve_dns_name : Role::eve_dns_query);
    record.alias("record_type", record.has(Role::eve_dns_type) ? Role::eve_dns_type : Role::eve_dns_query_type);
    record.alias("answer", Role::eve_dns_answer);
    record.alias("answer", Role::eve_dns_answers);
  } else if (type == "http") {
    // The names of Sigma's category proxy.
    record.alias("cs-host", Role::eve_http_host);
    record.alias("c-uri", Role::eve_http_url);
    record.alias("c-useragent", Role::eve_http_agent);
    record.alias("cs-method", Role::eve_http_method);
    record.alias("sc-status", Role::eve_http_status);
    record.alias("cs-referer", Role::eve_http_referer);
  }
  return true;
}

}  // namespace

extern const Profile profile_suricata;
const Profile profile_suricata = {"suricata", "Suricata EVE",
                                  "https://docs.suricata.io/en/latest/output/eve/eve-json-format.html", apply};

}  // namespace tocsin::ingest::json
