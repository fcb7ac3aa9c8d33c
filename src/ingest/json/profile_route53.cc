// Amazon Route 53 Resolver query logs.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  if (!record.has(Role::route53_name) || !record.has(Role::route53_type) || !record.has(Role::route53_time)) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("dns");
  record.event.log_source = source;
  record.set_time({Role::route53_time});
  std::string_view name = record.text(Role::route53_name);
  if (name.size() > 1 && name.ends_with('.')) {
    name.remove_suffix(1);
  }
  record.add("query", {name, event::ValueKind::text});
  record.alias("record_type", Role::route53_type);
  record.alias_all("answer", Role::route53_answer);
  record.alias("src_ip", Role::route53_client);
  return true;
}

}  // namespace

extern const Profile profile_route53;
const Profile profile_route53 = {
    "route53", "Amazon Route 53 Resolver query log",
    "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html", apply};

}  // namespace tocsin::ingest::json
