// Service: a TAXII 2.1 server as a function from requests to answers, over a store. Sockets, files and clocks are
// given.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/authorization.h"
#include "net/message.h"
#include "net/server.h"
#include "net/target.h"
#include "store/notes.h"
#include "store/store.h"
#include "taxii/admission.h"
#include "taxii/cursor.h"
#include "taxii/filters.h"
#include "taxii/passwords.h"
#include "taxii/rates.h"
#include "taxii/release.h"
#include "taxii/route.h"
#include "taxii/witness_route.h"

namespace tocsin::taxii {

// One line of the access log. Holds no query, no header and no body: identifiers of observables tell their values.
struct Access {
  Time at;
  std::string_view client_address, user, method;
  Resource resource = Resource::none;
  int status = 0;
  std::size_t bytes_in = 0, bytes_out = 0;
  double milliseconds = 0;
};
std::string_view name_of(Resource resource);

// What an audit log is to hold of an act. No secret; an object by its id, which is not to be written down as it stands.
struct AuditedAct {
  std::string_view act;             // "login-failed", "object-delete"
  std::string_view client_address;  // may be empty
  std::string_view user;            // empty: none that is known here
  std::string_view how = {};        // "password", "token", "certificate"
  std::string_view collection = {}, object = {};
  std::size_t versions = 0;
};

struct ServiceOptions {
  trust::SymmetricKey key{};  // for `next` and for remembered passwords; the same after a restart keeps tokens good
  std::function<void(const Access&)> log = {};  // called from several threads; empty: nothing is logged
  LogNames logs = {};
  // Where tokens and certificates are kept (credentials.h); not given: there are none. Must outlive the service.
  const store::Notes* notes = nullptr;
  // Called before the act. False: it could not be written down, and the act does not take place. From several threads.
  std::function<bool(const AuditedAct&)> audit = {};
  // What another node posted to /tocsin/exchange, and the answer; empty: there is nothing to say to whoever sent it.
  // Not given: this node exchanges nothing. Called from several threads.
  std::function<std::string(std::string_view message)> exchange = {};
  // Something was stored, durably. Called from several threads.
  std::function<void()> committed = {};
  // Other content came for a version that is here (store::Put::conflict). Called from several threads.
  std::function<void(store::CollectionName, const store::NewVersion& came)> conflict = {};
  // As whom it cosigns logs of others (docs/log.md); not given: it is no witness.
  std::optional<WitnessKey> witness = {};
  // More lines of /metrics, for the operator alone: they are told on loopback and to no user.
  std::function<std::string()> operator_metrics = {};
};

// Thread-safe. The references given must outlive it.
class Service final : public net::Handler {
 public:
  Service(store::Store& store, const Clock& clock, Random& random, ServiceOptions options);

  std::optional<net::Response> refuse(const net::Request& head) override;
  net::Response handle(const net::Request& request) override;
  net::Response error(int status) override;

  // While false, /readyz says 503, so that balancers look elsewhere before connections close.
  void set_ready(bool ready) { ready_ = ready; }

 private:
  struct Asked;  // a request that may go on: route, filters, user, collection
  using Answer = Result<net::Response>;

  std::optional<net::Response> refuse_head(const net::Request& request, const Route& route) const;
  net::Response answer(const net::Request& request, const net::Target& target, const Route& route, std::string& who);
  std::optional<net::Response> authenticate(const net::Request& request, store::User& user);
  Answer dispatch(Asked& asked);

  Answer discovery(const Asked& asked) const;
  Answer api_root(const Asked& asked) const;
  Answer status(const Asked& asked) const;
  Answer collections(const Asked& asked) const;
  Answer collection(const Asked& asked) const;
  Answer objects(Asked& asked) const;  // also one object, manifest, versions
  Answer add(Asked& asked);
  Answer remove(Asked& asked);
  net::Response exchanged(const net::Request& request);
  net::Response cosigned(const net::Request& request);
  net::Response metrics(bool operator_asks) const;
  // Whom the Authorization header or, without one, the connection's certificate names. Nothing in `user`: nobody.
  std::optional<net::Response> by_password(const net::Credentials& given, store::User& user);
  std::optional<net::Response> by_token(std::string_view token, store::User& user);
  std::optional<net::Response> by_certificate(std::string_view sha256, store::User& user);
  // What an answer 401 says: nothing was given, or what was given is worth nothing.
  enum class Given { nothing, wrong, wrong_token };
  static net::Response unauthorized(Given given = Given::nothing);
  std::string new_uuid();

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
  const ServiceOptions options_;
  Passwords passwords_;
  Rates failures_;  // by address
  Rates requests_;  // by user
  std::atomic<bool> ready_ = true;
  std::array<std::atomic<std::uint64_t>, 6> answered_{};  // by hundreds of the status
  std::atomic<std::uint64_t> stored_ = 0, failed_ = 0, statuses_ = 0, bytes_out_ = 0, microseconds_ = 0;
};

struct Service::Asked {
  const net::Request& request;
  const Route& route;
  Filters filters;
  store::User user;
  store::ApiRoot root;
  store::Collection collection;
  bool may_read = false, may_write = false;
  Time now;
};

// "2016-11-03T12:30:59.001000Z": six digits, as clients expect of date_added.
std::string date_text(Time time);
// What stands as version of a record: its own, or when it was added.
std::string version_text(const store::Record& record, Time date_added);

// The versions that `filters` choose out of those that may be seen of one object (match[spec_version], then
// match[version]); in order of sequence.
std::vector<store::RecordPointer> choose_versions(const std::vector<store::RecordPointer>& seen, const Filters& filters,
                                                  const View& view);
// The same of an object's only version.
bool is_chosen_alone(const store::Record& record, const Filters& filters, const View& view);

}  // namespace tocsin::taxii
