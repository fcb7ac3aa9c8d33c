// Client: asks HTTP/1.1 servers, one exchange a call. Abstract, so that tests and simulations give other transports;
// start() makes the one over real sockets. With server.h the program's only door to Boost Asio and Beast.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/limits.h"
#include "net/message.h"
#include "net/url.h"

namespace tocsin::net {

struct Asking {
  std::string method = "GET";
  Url url;
  std::vector<Header> headers = {};  // Host, Content-Length, Accept-Encoding and Connection are the client's business
  std::string body = {};
};

// Thread-safe.
class Client {
 public:
  virtual ~Client() = default;

  // Whatever the status is, an answer is no error. Errors: io (no connection, no answer in time, a certificate that is
  // not right), limit (an answer that is too large), syntax (what came is no HTTP), usage (what was asked cannot be
  // asked; a redirection to another origin), interrupted (cancel()).
  virtual Result<Response> send(const Asking& asking) = 0;
  // Ends what is under way and everything that would come.
  virtual void cancel() = 0;
};

struct Proxy {
  std::string host;
  std::uint16_t port = 3128;
  std::string user = {}, password = {};  // Basic; empty: none
};
// "http://proxy.example.org:3128", or without "http://". Credentials may stand in it ("http://user:password@…"): they
// come from a file or the environment. Error syntax.
Result<Proxy> parse_proxy(std::string_view text);

// What the environment says, by the names that most programs know: https_proxy or HTTPS_PROXY, all_proxy or ALL_PROXY,
// no_proxy or NO_PROXY. `variable` gives the value of one; nothing where it is not set.
struct ProxySettings {
  std::optional<Proxy> proxy;
  std::vector<std::string> direct;  // host names, ".suffix" or "suffix", addresses, "*"
};
Result<ProxySettings> proxy_from(const std::function<std::optional<std::string>(const char*)>& variable);
// Whether `host` is asked without the proxy.
bool asked_directly(std::string_view host, const std::vector<std::string>& direct);

struct ClientOptions {
  // PEM; who signs servers. Where given, only these: also a server's own certificate. Empty: those of the system.
  std::string ca_file = {};
  // PEM; what the client shows to servers that ask for it.
  std::string certificate_file = {}, key_file = {};
  ProxySettings proxy = {};
  std::string user_agent = "tocsin";
  std::uint64_t header_bytes_max = limits::header_bytes_max;
  std::uint64_t body_bytes_max = limits::answer_bytes_max;  // as sent, and decompressed
  std::chrono::milliseconds resolve_time_max = limits::resolve_time_max;
  std::chrono::milliseconds connect_time_max = limits::connect_time_max;  // for each address of the host
  std::chrono::milliseconds handshake_time_max = limits::handshake_time_max;
  std::chrono::milliseconds answer_time_max = limits::answer_time_max;  // from the last byte sent to the whole header
  std::chrono::milliseconds body_time_base = limits::body_time_base;
  std::chrono::milliseconds idle_time_max = limits::reuse_time_max;
};

// Errors: usage (files that cannot be used). TLS 1.3 or 1.2, the certificate always checked: chain, time and host. In
// the clear only to this very machine. Redirections are followed within the same origin, GET and HEAD only.
Result<std::unique_ptr<Client>> start_client(ClientOptions options);

// What a Retry-After header asks for (RFC 9110 section 10.2.3): seconds or a date. Nothing where there is none, or it
// is none of both; never negative, at most limits::retry_after_max.
std::optional<std::chrono::seconds> retry_after(const Response& response, Time now);

// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that is written today (RFC 9110 section 5.6.7).
std::optional<Time> parse_http_date(std::string_view text);

}  // namespace tocsin::net
