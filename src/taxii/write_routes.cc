// POST and DELETE: each object all or nothing, with its own verdict in the status resource.
#include <algorithm>

#include <fmt/format.h>

#include "taxii/admission.h"
#include "taxii/answers.h"
#include "taxii/envelope.h"
#include "taxii/limits.h"
#include "taxii/service.h"
#include "wire/json.h"

namespace tocsin::taxii {
namespace {

// Old ones are let go of once in a while: at the first POST of a run, then at every so many.
constexpr std::uint64_t statuses_between_expiries = 256;

struct Verdict {
  std::string id, version, message;
  bool good = false;
  std::size_t put = 0;  // of those given to the store
};

void write_details(wire::JsonWriter& json, std::string_view name, const std::vector<Verdict>& verdicts, bool good) {
  json.key(name).begin_array();
  for (const Verdict& verdict : verdicts) {
    if (verdict.good != good) {
      continue;
    }
    json.begin_object().member("id", verdict.id).member("version", verdict.version);
    if (!verdict.message.empty()) {
      json.member("message", std::string_view(verdict.message).substr(0, limits::message_bytes_max));
    }
    json.end_object();
  }
  json.end_array();
}

std::string status_json(std::string_view id, Time requested, const std::vector<Verdict>& verdicts) {
  std::string out;
  wire::JsonWriter json(out);
  const auto good = static_cast<std::uint64_t>(std::ranges::count(verdicts, true, &Verdict::good));
  json.begin_object().member("id", id).member("status", "complete").member("request_timestamp", date_text(requested));
  json.key("total_count").number(static_cast<std::uint64_t>(verdicts.size()));
  json.key("success_count").number(good);
  if (good != 0) {
    write_details(json, "successes", verdicts, true);
  }
  json.key("failure_count").number(static_cast<std::uint64_t>(verdicts.size()) - good);
  if (good != verdicts.size()) {
    write_details(json, "failures", verdicts, false);
  }
  json.key("pending_count").number(std::uint64_t{0}).end_object();
  return out;
}

}  // namespace

Service::Answer Service::add(Asked& asked) {
  const std::uint64_t most = asked.root.max_content_length == 0
                                 ? limits::content_bytes_max
                                 : std::min(asked.root.max_content_length, limits::content_bytes_max);
  if (asked.request.body.size() > most) {
    return error_message(413, "Content Too Large", fmt::format("this API root takes {} bytes", most));
  }
  const auto envelope = split_envelope(asked.request.body);
  if (!envelope) {
    const int code = envelope.error().code == ErrorCode::syntax ? 400 : 422;
    return error_message(code, net::reason_phrase(code), envelope.error().message);
  }
  std::vector<Verdict> verdicts(envelope->size());
  std::vector<store::NewVersion> versions;
  versions.reserve(envelope->size());
  for (std::size_t at = 0; at < envelope->size(); ++at) {
    ObjectHeader header;
    const auto read = read_header((*envelope)[at], header);
    Verdict& verdict = verdicts[at];
    verdict.id = header.id.substr(0, limits::message_bytes_max);
    verdict.version = stix::parse_timestamp(header.version) ? header.version : date_text(asked.now);
    if (!read) {
      verdict.message = read.error().message;
      continue;
    }
    if (verdict.message = what_is_forbidden((*envelope)[at], header); !verdict.message.empty()) {
      continue;
    }
    verdict.good = true;
    verdict.put = versions.size();
    const auto log = log_for(header, options_.logs);
    store::NewVersion version = new_version((*envelope)[at], std::move(header), asked.user.name);
    version.log = log;
    if (!version.log.empty()) {
      random_.fill(version.salt);
    }
    versions.push_back(std::move(version));
  }
  TRY(const std::vector<store::Put> put,
      admit(store_, {asked.collection.root, asked.collection.id}, asked.user, asked.may_read, versions, asked.now));
  if (options_.committed && std::ranges::find(put, store::Put::stored) != put.end()) {
    options_.committed();
  }
  for (Verdict& verdict : verdicts) {
    if (!verdict.good) {
      ++failed_;
      continue;
    }
    if (put[verdict.put] == store::Put::known) {
      verdict.good = false;
      verdict.message = not_its_creator;
      ++failed_;
      continue;
    }
    if (put[verdict.put] == store::Put::stored) {
      ++stored_;
      continue;
    }
    if (put[verdict.put] == store::Put::too_large || put[verdict.put] == store::Put::over_quota) {
      verdict.good = false;
      verdict.message = put[verdict.put] == store::Put::too_large
                            ? "the object is larger than this server keeps"
                            : "your quota is used up: the operator of this server can raise it";
      ++failed_;
      continue;
    }
    if (put[verdict.put] == store::Put::conflict && options_.conflict) {
      options_.conflict({asked.collection.root, asked.collection.id}, versions[verdict.put]);
    }
    verdict.message = put[verdict.put] == store::Put::present
                          ? "this version was there already"
                          : "other content stands under this id and version; a changed object needs a new version "
                            "(STIX 2.1 section 3.6)";
    verdict.good = put[verdict.put] == store::Put::present;
    failed_ += verdict.good ? 0 : 1;
  }
  store::Status status;
  status.root = asked.route.root;
  status.id = new_uuid();
  status.owner = asked.user.name;
  status.requested = asked.now;
  status.json = status_json(status.id, asked.now, verdicts);
  TRY_VOID(store_.put_status(status));
  if (statuses_++ % statuses_between_expiries == 0) {
    TRY_VOID(store_.expire_statuses(
        Time{asked.now.ticks - limits::status_time_min / std::chrono::seconds(1) * Time::ticks_per_second}));
  }
  return resource(202, std::move(status.json));
}

Service::Answer Service::remove(Asked& asked) {
  const store::CollectionName name{asked.collection.root, asked.collection.id};
  Filters filters = asked.filters;
  // Without a filter the object is to be gone (TAXII 2.1 section 5.7): every version, of every version of STIX.
  if (!filters.version_given) {
    filters.all_versions = true;
    if (filters.spec_versions.empty()) {
      filters.spec_versions = {"2.0", "2.1"};
    }
  }
  TRY(View view, View::open(store_, name, asked.user, stix::from_time(asked.now)));
  // What does not count goes as well, or it would be the first when the others are gone.
  TRY(const std::vector<store::RecordPointer> seen,
      filters.version_given ? view.versions(asked.route.object) : view.every_version(asked.route.object));
  const std::vector<store::RecordPointer> chosen = choose_versions(seen, filters, view);
  if (chosen.empty()) {
    return error_message(404);
  }
  const std::string collection = asked.collection.root + "/" + asked.collection.id;
  if (options_.audit && !options_.audit({.act = "object-delete",
                                         .client_address = asked.request.client_address,
                                         .user = asked.user.name,
                                         .collection = collection,
                                         .object = asked.route.object,
                                         .versions = chosen.size()})) {
    return failure(ErrorCode::io, "the audit log cannot be written");
  }
  TRY_VOID(store_.remove(name, chosen));
  net::Response response;
  response.add("Content-Type", std::string(media_type));
  return response;
}

}  // namespace tocsin::taxii
