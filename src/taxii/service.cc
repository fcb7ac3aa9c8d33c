#include "taxii/service.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "net/authorization.h"
#include "net/media_type.h"
#include "taxii/answers.h"
#include "taxii/credentials.h"
#include "taxii/limits.h"
#include "taxii/log_routes.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::taxii {
namespace {

const net::MediaType& ours() {
  static const net::MediaType type = *net::parse_media_type(media_type);
  return type;
}

// TAXII 2.1 section 1.6: our type, in its version or without one.
bool is_ours(std::string_view content_type) {
  const auto type = net::parse_media_type(content_type);
  if (!type || type->type != ours().type || type->subtype != ours().subtype) {
    return false;
  }
  const auto version = type->parameter("version");
  return !version || *version == "2.1";
}

net::Response wait(int status, std::uint32_t seconds) {
  net::Response response = error_message(status);
  response.add("Retry-After", std::to_string(seconds));
  return response;
}

bool loopback(std::string_view address) { return address.empty() || address.starts_with("127.") || address == "::1"; }

// The operator's own look at the figures: from this machine, and not through a proxy on it, which speaks for strangers.
bool from_here(const net::Request& request) {
  return loopback(request.client_address) && request.header("Forwarded").empty() &&
         request.header("X-Forwarded-For").empty() && request.header("X-Real-IP").empty();
}

}  // namespace

std::string_view name_of(Resource resource) {
  switch (resource) {
    case Resource::none:
      return "none";
    case Resource::discovery:
      return "discovery";
    case Resource::api_root:
      return "api-root";
    case Resource::status:
      return "status";
    case Resource::collections:
      return "collections";
    case Resource::collection:
      return "collection";
    case Resource::manifest:
      return "manifest";
    case Resource::objects:
      return "objects";
    case Resource::object:
      return "object";
    case Resource::versions:
      return "versions";
    case Resource::health:
      return "health";
    case Resource::ready:
      return "ready";
    case Resource::metrics:
      return "metrics";
    case Resource::exchange:
      return "exchange";
    case Resource::log:
      return "log";
    case Resource::add_checkpoint:
      return "add-checkpoint";
  }
  return "none";
}

Service::Service(store::Store& store, const Clock& clock, Random& random, ServiceOptions options)
    : store_(store),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      passwords_(clock, options_.key),
      failures_(limits::failures_per_minute_max / 60.0, limits::failures_per_minute_max),
      requests_(limits::requests_per_second_max, limits::requests_burst_max) {}

// RFC 9110 section 11.6.1: both schemes; Basic first, because there are clients that read one header only. RFC 6750
// section 3.1: a token that is unknown, revoked or has ended is told apart from none at all, but not from each other.
net::Response Service::unauthorized(Given given) {
  net::Response response =
      error_message(401, "Unauthorized",
                    given == Given::nothing ? "a user name and a password, or a token, are needed"
                                            : "this user name with this password, or this token, is not known");
  response.add("WWW-Authenticate", "Basic realm=\"TAXII\", charset=\"UTF-8\"");
  response.add("WWW-Authenticate", given == Given::wrong_token ? "Bearer realm=\"TAXII\", error=\"invalid_token\""
                                                               : "Bearer realm=\"TAXII\"");
  return response;
}

net::Response Service::error(int status) {
  ++answered_[static_cast<std::size_t>(std::clamp(status / 100, 0, 5))];
  return status == 503 ? wait(503, 1) : error_message(status);
}

std::string Service::new_uuid() {
  std::array<std::uint8_t, 16> bytes{};
  random_.fill(bytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  std::string text = trust::to_hex(bytes);
  for (const std::size_t at : {20UL, 16UL, 12UL, 8UL}) {
    text.insert(at, "-");
  }
  return text;
}

// What can be told from the head alone, without looking anything up.
std::optional<net::Response> Service::refuse_head(const net::Request& request, const Route& route) const {
  const bool exchange = route.resource == Resource::exchange && options_.exchange;
  const bool cosign = route.resource == Resource::add_checkpoint && options_.witness;
  const bool open = route.resource == Resource::health || route.resource == Resource::ready || exchange || cosign;
  if (!open && !(route.resource == Resource::metrics && from_here(request)) && request.client_certificate.empty() &&
      net::parse_authorization(request.header("Authorization")).kind == net::Credentials::Kind::none) {
    return unauthorized();
  }
  if (route.resource == Resource::none || (route.resource == Resource::exchange && !exchange) ||
      (route.resource == Resource::add_checkpoint && !cosign)) {
    return error_message(404);
  }
  const std::string_view methods = methods_of(route.resource);
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  if (method.empty() || method.find(',') != std::string_view::npos ||
      (", " + std::string(methods) + ",").find(", " + std::string(method) + ",") == std::string::npos) {
    net::Response response = error_message(405);
    response.add("Allow", std::string(methods));
    return response;
  }
  const bool plain = route.resource == Resource::metrics || route.resource == Resource::log;
  if (!open && !plain && net::acceptance(request.header("Accept"), ours()) == 0) {
    return error_message(406, "Not Acceptable", media_type);
  }
  if (method == "POST") {
    if (!exchange && !cosign && !is_ours(request.header("Content-Type"))) {
      return error_message(415, "Unsupported Media Type", media_type);
    }
    const std::string_view encoding = request.header("Content-Encoding");
    if (!encoding.empty() && !ascii_iequals(encoding, "identity")) {
      return error_message(415, "Unsupported Media Type", "a body without Content-Encoding is needed");
    }
    const std::string_view length = request.header("Content-Length");
    if (!length.empty() && parse_uint64(length).value_or(~std::uint64_t{0}) > limits::content_bytes_max) {
      return error_message(413);
    }
  }
  return std::nullopt;
}

std::optional<net::Response> Service::refuse(const net::Request& head) {
  if (head.header("Content-Length").empty() && head.header("Transfer-Encoding").empty()) {
    return std::nullopt;
  }
  const auto target = net::parse_target(head.target);
  auto refused =
      target ? refuse_head(head, find_route(target->path)) : error_message(400, "Bad Request", target.error().message);
  if (refused) {
    ++answered_[static_cast<std::size_t>(std::clamp(refused->status / 100, 0, 5))];
  }
  return refused;
}

std::optional<net::Response> Service::by_password(const net::Credentials& given, store::User& user) {
  const auto found = store_.user(given.user);
  if (!found) {
    return wait(503, 5);
  }
  const bool known = found->has_value() && !(*found)->password_hash.empty();
  switch (passwords_.check(given.user, given.secret, known ? (*found)->password_hash : std::string())) {
    case Passwords::Verdict::busy:
      return wait(503, 1);
    case Passwords::Verdict::wrong:
      return unauthorized(Given::wrong);
    case Passwords::Verdict::right:
      break;
  }
  user = **found;
  return std::nullopt;
}

std::optional<net::Response> Service::by_token(std::string_view token, store::User& user) {
  if (options_.notes == nullptr) {
    return unauthorized(Given::wrong_token);
  }
  const auto found = find_api_token(*options_.notes, token, clock_.now());
  const auto whose = found && *found ? store_.user((*found)->user) : std::optional<store::User>();
  if (!found || !whose) {
    return wait(503, 5);
  }
  if (!*whose) {
    return unauthorized(Given::wrong_token);
  }
  user = **whose;
  user.grants = cut_grants(user.grants, (*found)->scope);
  return std::nullopt;
}

std::optional<net::Response> Service::by_certificate(std::string_view sha256, store::User& user) {
  if (options_.notes == nullptr) {
    return unauthorized();
  }
  const auto found = find_client_certificate(*options_.notes, sha256);
  const auto whose = found && *found ? store_.user((*found)->user) : std::optional<store::User>();
  if (!found || !whose) {
    return wait(503, 5);
  }
  if (!*whose) {
    return unauthorized();
  }
  user = **whose;
  return std::nullopt;
}

std::optional<net::Response> Service::authenticate(const net::Request& request, store::User& user) {
  if (const std::uint32_t seconds = failures_.look(request.client_address, clock_.now()); seconds != 0) {
    return wait(429, seconds);
  }
  const net::Credentials given = net::parse_authorization(request.header("Authorization"));
  std::optional<net::Response> refused;
  switch (given.kind) {
    case net::Credentials::Kind::basic:
      refused = by_password(given, user);
      break;
    case net::Credentials::Kind::bearer:
      refused = by_token(given.secret, user);
      break;
    case net::Credentials::Kind::none:
      refused = request.client_certificate.empty() ? unauthorized() : by_certificate(request.client_certificate, user);
      break;
    case net::Credentials::Kind::unknown:
      return unauthorized();
  }
  if (refused) {
    if (refused->status == 401) {
      failures_.take(request.client_address, clock_.now());
      if (options_.audit && (given.kind != net::Credentials::Kind::none || !request.client_certificate.empty())) {
        // A name that is not known here may be a password in the wrong field.
        const auto known = given.kind == net::Credentials::Kind::basic && !given.user.empty()
                               ? store_.user(given.user)
                               : std::optional<store::User>();
        options_.audit({.act = "login-failed",
                        .client_address = request.client_address,
                        .user = known && *known ? std::string_view(given.user) : std::string_view(),
                        .how = given.kind == net::Credentials::Kind::basic    ? "password"
                               : given.kind == net::Credentials::Kind::bearer ? "token"
                                                                              : "certificate"});
      }
    }
    return refused;
  }
  if (const std::uint32_t seconds = requests_.take(user.name, clock_.now()); seconds != 0) {
    return wait(429, seconds);
  }
  return std::nullopt;
}

net::Response Service::handle(const net::Request& request) {
  const Time begun = clock_.now();
  std::string who;
  Route route;
  net::Response response;
  if (const auto target = net::parse_target(request.target)) {
    route = find_route(target->path);
    response = answer(request, *target, route, who);
  } else {
    response = error_message(400, "Bad Request", target.error().message);
  }
  const std::int64_t ticks = std::max<std::int64_t>(0, clock_.now().ticks - begun.ticks);
  ++answered_[static_cast<std::size_t>(std::clamp(response.status / 100, 0, 5))];
  bytes_out_ += response.body.size();
  microseconds_ += static_cast<std::uint64_t>(ticks / 10);
  if (options_.log) {
    options_.log({begun, request.client_address, who, request.method, route.resource, response.status,
                  request.body.size(), response.body.size(), static_cast<double>(ticks) / 10'000});
  }
  return response;
}

net::Response Service::answer(const net::Request& request, const net::Target& target, const Route& route,
                              std::string& who) {
  if (auto refused = refuse_head(request, route)) {
    return std::move(*refused);
  }
  const auto plain = [](int status, std::string text) {
    net::Response response;
    response.status = status;
    response.body = std::move(text);
    response.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return response;
  };
  if (route.resource == Resource::health) {
    return plain(200, "ok\n");
  }
  if (route.resource == Resource::ready) {
    return ready_ && store_.discovery() ? plain(200, "ready\n") : plain(503, "not ready\n");
  }
  if (route.resource == Resource::exchange) {
    return exchanged(request);
  }
  if (route.resource == Resource::add_checkpoint) {
    return cosigned(request);
  }
  if (route.resource == Resource::metrics && from_here(request)) {
    return metrics(true);
  }
  Asked asked{
      .request = request, .route = route, .filters = {}, .user = {}, .root = {}, .collection = {}, .now = clock_.now()};
  if (auto refused = authenticate(request, asked.user)) {
    return std::move(*refused);
  }
  who = asked.user.name;
  if (route.resource == Resource::metrics) {
    return metrics(false);
  }
  if (route.resource == Resource::log) {
    auto file = log_file(store_, options_.logs, asked.user, route);
    return file ? std::move(*file) : wait(503, 5);
  }
  auto filters = parse_filters(target.query, route.resource);
  if (!filters) {
    return error_message(400, "Bad Request", filters.error().message);
  }
  asked.filters = std::move(*filters);
  auto made = dispatch(asked);
  // The store failed: the client may come again; what is wrong with the store is not the client's to know.
  return made ? std::move(*made) : wait(503, 5);
}

Service::Answer Service::dispatch(Asked& asked) {
  const Route& route = asked.route;
  if (route.resource == Resource::discovery) {
    return discovery(asked);
  }
  TRY(const std::vector<store::ApiRoot> roots, store_.roots());
  const auto root = std::ranges::find(roots, route.root, &store::ApiRoot::name);
  const bool any_grant = std::ranges::any_of(
      asked.user.grants, [&](const store::Grant& grant) { return grant.root == "*" || grant.root == route.root; });
  if (root == roots.end() || !any_grant) {
    return error_message(404);
  }
  asked.root = *root;
  if (route.resource == Resource::api_root) {
    return api_root(asked);
  }
  if (route.resource == Resource::status) {
    return status(asked);
  }
  if (route.resource == Resource::collections) {
    return collections(asked);
  }
  TRY(const std::vector<store::Collection> all, store_.collections(route.root));
  for (const store::Collection& one : all) {
    if (one.id == route.collection || (!one.alias.empty() && one.alias == route.collection)) {
      asked.collection = one;
      const Rights rights = rights_in(asked.user.grants, one);
      asked.may_read = asked.may_read || rights.read;
      asked.may_write = asked.may_write || rights.write;
    }
  }
  // Whoever may neither read nor write it is not to know that it is there.
  if (!asked.may_read && !asked.may_write) {
    return error_message(404);
  }
  if (route.resource == Resource::collection) {
    return collection(asked);
  }
  if (asked.request.method == "POST") {
    return asked.may_write ? add(asked) : error_message(403, "Forbidden", "this user may not write here");
  }
  if (asked.request.method == "DELETE") {
    return asked.may_read && asked.may_write ? remove(asked)
                                             : error_message(403, "Forbidden", "this user may not read and write here");
  }
  return asked.may_read ? objects(asked) : error_message(403, "Forbidden", "this user may not read here");
}

// Signatures decide who is heard there (docs/exchange.md): no user, no password. To strangers it is as if nothing stood
// there, and a stranger who tries often has to wait.
net::Response Service::exchanged(const net::Request& request) {
  if (const std::uint32_t seconds = failures_.look(request.client_address, clock_.now()); seconds != 0) {
    return wait(429, seconds);
  }
  net::Response response;
  response.body = options_.exchange(request.body);
  if (response.body.empty()) {
    failures_.take(request.client_address, clock_.now());
    return error_message(404);
  }
  response.add("Content-Type", "application/octet-stream");
  return response;
}

// The log's own signature decides who is heard. Whoever asks about others, or breaks the form, has to wait.
net::Response Service::cosigned(const net::Request& request) {
  if (const std::uint32_t seconds = failures_.look(request.client_address, clock_.now()); seconds != 0) {
    return wait(429, seconds);
  }
  auto answer = add_checkpoint(store_, *options_.witness, clock_.now(), request.body);
  if (!answer) {
    return wait(503, 5);
  }
  if (answer->status != 200 && answer->status != 409) {
    failures_.take(request.client_address, clock_.now());
  }
  return std::move(*answer);
}

net::Response Service::metrics(bool operator_asks) const {
  std::string text =
      "# HELP tocsin_http_answers_total Answers by hundreds of their status.\n"
      "# TYPE tocsin_http_answers_total counter\n";
  for (std::size_t at = 1; at < answered_.size(); ++at) {
    text += fmt::format("tocsin_http_answers_total{{status=\"{}xx\"}} {}\n", at, answered_[at].load());
  }
  const auto add = [&](std::string_view name, std::string_view help, std::string value) {
    text += fmt::format("# HELP {} {}\n# TYPE {} counter\n{} {}\n", name, help, name, name, value);
  };
  add("tocsin_http_answer_bytes_total", "Bytes of answers' bodies.", std::to_string(bytes_out_));
  add("tocsin_http_seconds_total", "Time spent on answers.",
      fmt::format("{:.6f}", static_cast<double>(microseconds_) / 1e6));
  add("tocsin_objects_stored_total", "Versions of objects that were stored.", std::to_string(stored_));
  add("tocsin_objects_failed_total", "Objects that were sent and not stored.", std::to_string(failed_));
  if (operator_asks && options_.operator_metrics) {
    text += options_.operator_metrics();
  }
  net::Response response;
  response.body = std::move(text);
  response.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  return response;
}

}  // namespace tocsin::taxii
