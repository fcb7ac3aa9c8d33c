// AWS CloudTrail events.
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

bool apply(Record& record) {
  if (!record.has(Role::event_source_mixed) || !record.has(Role::event_name_mixed) ||
      !(record.has(Role::event_version) || record.has(Role::aws_region))) {
    return false;
  }
  static const event::LogSource* const source = event::log_source("aws_cloudtrail");
  record.event.log_source = source;
  record.set_time({Role::event_time_lower});
  // Rules search in these objects as a whole.
  record.add_container("requestParameters", Role::request_parameters);
  record.add_json_texts("requestParameters", "requestParameters.");
  record.add_container("responseElements", Role::response_elements);
  return true;
}

}  // namespace

extern const Profile profile_aws_cloudtrail;
const Profile profile_aws_cloudtrail = {
    "aws_cloudtrail", "AWS CloudTrail",
    "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html",
    apply};

}  // namespace tocsin::ingest::json
