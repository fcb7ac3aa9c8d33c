// Server: HTTP/1.1, over TLS or in the clear, that hands whole requests to a handler. The program's only door to Boost
// Asio and Beast, and to OpenSSL's TLS.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "net/address.h"
#include "net/limits.h"
#include "net/message.h"

namespace tocsin::net {

// What answers. Called from several threads at once; must not throw.
class Handler {
 public:
  virtual ~Handler() = default;
  // Before a body is read: an answer ends the request there, so that a stranger cannot make us take a large body.
  virtual std::optional<Response> refuse(const Request& head) = 0;
  virtual Response handle(const Request& request) = 0;
  // An answer to what is no whole request, or one that cannot be taken: 400, 408, 413, 417, 431, 503, 505.
  virtual Response error(int status) = 0;
};

struct TlsOptions {
  std::string certificate_file = {};  // PEM, the chain
  std::string key_file = {};          // PEM
  bool allow_tls_1_2 = false;         // otherwise 1.3 only
  // PEM; where given, clients may show a certificate that one of these signed. A client that shows another is refused.
  std::string client_ca_file = {};
  bool client_certificate_required = false;
};

// What an operator wants to know of a certificate before clients complain.
struct CertificateFigures {
  Time not_before, not_after;
  bool fits_key = false;
};
// Of the first certificate of the chain. Errors: usage (files that cannot be read as PEM).
Result<CertificateFigures> look_at_certificate(const TlsOptions& tls);

struct ServerOptions {
  ListenAddress listen = {};
  std::optional<TlsOptions> tls = {};
  unsigned io_threads = 1;
  unsigned worker_threads = 4;
  std::uint64_t body_bytes_max = std::uint64_t{100} << 20;
  std::size_t connections_max = limits::connections_max;
  std::chrono::milliseconds header_time_max = limits::header_time_max;
  std::chrono::milliseconds handshake_time_max = limits::handshake_time_max;
  std::chrono::milliseconds idle_time_max = limits::idle_time_max;
  std::chrono::milliseconds body_time_base = limits::body_time_base;
};

struct ServerCounts {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t requests = 0;
};

class Server {
 public:
  // Listens when it returns. `handler` must outlive the server. Errors: usage (an address that is not loopback without
  // TLS, bad TLS files), io (the address is taken).
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Handler& handler);
  virtual ~Server() = default;

  virtual std::uint16_t port() const = 0;
  virtual ServerCounts counts() const = 0;
  // Takes no new connections, closes idle ones, lets running requests end for at most `grace`, then closes all.
  // Returns when all is closed. Any thread; once.
  virtual void stop(std::chrono::milliseconds grace) = 0;

 protected:
  Server() = default;
};

}  // namespace tocsin::net
