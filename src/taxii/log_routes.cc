#include "taxii/log_routes.h"

#include <algorithm>
#include <optional>
#include <string>

#include "store/log_proofs.h"
#include "taxii/answers.h"
#include "trust/note.h"
#include "trust/tiles.h"

namespace tocsin::taxii {
namespace {

// A tile of one name and width never changes (C2SP tlog-tiles). Private: a cache between does not know who may read it.
constexpr const char* for_ever = "private, max-age=31536000, immutable";
constexpr const char* just_now = "private, no-cache";

net::Response file(std::string bytes, const char* type, const char* caching) {
  net::Response response;
  response.body = std::move(bytes);
  response.add("Content-Type", type);
  response.add("Cache-Control", caching);
  return response;
}

std::optional<std::uint64_t> size_of(std::string_view note) {
  const auto split = trust::split_note(note);
  const auto checkpoint = split ? trust::parse_checkpoint(split->text) : Result<trust::Checkpoint>(trust::Checkpoint{});
  return split && checkpoint ? std::optional(checkpoint->size) : std::nullopt;
}

}  // namespace

bool may_read_log(const store::User& user, bool restricted) {
  return std::ranges::any_of(user.grants, [&](const store::Grant& grant) {
    return grant.read && (!restricted || (grant.root == log_grant_root && grant.collection == log_grant_restricted));
  });
}

Result<net::Response> log_file(const store::Store& store, const LogNames& logs, const store::User& user,
                               const Route& route) {
  const bool restricted = route.log == "restricted";
  const std::string& log = restricted ? logs.restricted : logs.open;
  if ((!restricted && route.log != "open") || log.empty() || !may_read_log(user, restricted)) {
    return error_message(404);
  }
  const auto path = trust::parse_tile_path(route.file);
  if (route.file != "checkpoint" && !path) {
    return error_message(404);
  }
  TRY(std::optional<std::string> checkpoint, store::last_checkpoint(store, log));
  if (!checkpoint) {
    return error_message(404);
  }
  if (!path) {
    return file(*std::move(checkpoint), "text/plain; charset=utf-8", just_now);
  }
  const std::optional<std::uint64_t> size = size_of(*checkpoint);
  if (!size) {
    return failure(ErrorCode::damaged, "the last checkpoint of log '" + log + "' cannot be read");
  }
  if (path->width > trust::width_in(path->name, *size)) {
    return error_message(404);
  }
  TRY(const std::string bytes, store.log_tile(log, path->name));
  const std::optional<std::string_view> cut = trust::cut_tile(bytes, *path);
  if (!cut) {
    return failure(ErrorCode::damaged, "log '" + log + "' lacks " + route.file);
  }
  return file(std::string(*cut), "application/octet-stream", for_ever);
}

}  // namespace tocsin::taxii
