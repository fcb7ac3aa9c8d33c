#include "net/client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <cstdlib>
#include <list>
#include <thread>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "net/authorization.h"
#include "net/gzip.h"

namespace tocsin::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// An awaited operation gives its error code instead of throwing it.
constexpr auto awaited = asio::as_tuple(asio::use_awaitable);

Milliseconds time_for(std::uint64_t bytes, Milliseconds base) {
  return base + Milliseconds(bytes * 1000 / limits::pace_bytes_per_second_min);
}

bool token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return ascii_alpha(c) || ascii_digit(c) || others.find(c) != std::string_view::npos;
  });
}

bool safe_in_header(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// A connection to one origin, to the server itself or through a proxy. Touched on the client's own thread only.
struct Connection {
  explicit Connection(asio::io_context& io) : plain(io) {}
  beast::tcp_stream& lowest() { return tls ? beast::get_lowest_layer(*tls) : plain; }

  beast::tcp_stream plain;  // moved from where there is TLS
  std::optional<TlsStream> tls;
  beast::flat_buffer buffer;
  Url origin;
  Clock::time_point kept_since;
  bool reused = false;
  bool answered = false;  // a byte of the answer came
};
using ConnectionPointer = std::shared_ptr<Connection>;

class BeastClient final : public Client {
 public:
  explicit BeastClient(ClientOptions options)
      : options_(std::move(options)), tls_(asio::ssl::context::tls_client), guard_(asio::make_work_guard(io_)) {}
  ~BeastClient() override;

  Result<void> begin();
  Result<Response> send(const Asking& asking) override;
  void cancel() override;

 private:
  using Answer = Result<Response>;

  Answer once(const Asking& asking);
  asio::awaitable<Answer> exchange(const Asking& asking, const std::string& head, bool may_reuse);
  asio::awaitable<Result<ConnectionPointer>> connect(const Url& url);
  asio::awaitable<Result<tcp::resolver::results_type>> resolve(const std::string& host, std::uint16_t port);
  asio::awaitable<Result<void>> tunnel(Connection& connection, const Url& url);
  asio::awaitable<Result<void>> secure(Connection& connection, const Url& url);
  template <class Stream>
  asio::awaitable<Answer> ask(Stream& stream, Connection& connection, const Asking& asking, const std::string& head,
                              bool& keep);

  ConnectionPointer kept(const Url& url);
  void keep(ConnectionPointer connection);
  Error transport_error(const Url& url, std::string_view doing, const beast::error_code& error) const;
  Error cancelled() const { return {ErrorCode::interrupted, "the exchange was cancelled"}; }

  // What cancel() ends: how to end one wait. The entry goes with its wait.
  using Waits = std::list<std::function<void()>>;
  class Wait {
   public:
    Wait(Waits& waits, std::function<void()> end) : waits_(waits), at_(waits.insert(waits.end(), std::move(end))) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() { waits_.erase(at_); }

   private:
    Waits& waits_;
    Waits::iterator at_;
  };

  const ClientOptions options_;
  Waits waits_;  // outlives the coroutines that io_ holds
  asio::io_context io_{1};
  asio::ssl::context tls_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_;
  std::list<ConnectionPointer> kept_;
  std::atomic<bool> cancelled_ = false;
  std::jthread thread_;
};

BeastClient::~BeastClient() {
  cancel();
  guard_.reset();
  io_.stop();
  if (thread_.joinable()) {
    thread_.join();
  }
  kept_.clear();
}

void BeastClient::cancel() {
  cancelled_ = true;
  asio::post(io_, [this] {
    for (const auto& end : waits_) {
      end();
    }
    kept_.clear();
  });
}

Result<void> BeastClient::begin() {
  const auto wrong = [](std::string_view what, const std::string& file, const beast::error_code& error) {
    return failure(ErrorCode::usage, fmt::format("{} cannot be used: {}", what, error.message()), {file},
                   "a PEM file is needed");
  };
  SSL_CTX* context = tls_.native_handle();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  tls_.set_verify_mode(asio::ssl::verify_peer);
  beast::error_code error;
  if (!options_.ca_file.empty()) {
    tls_.load_verify_file(options_.ca_file, error);
    if (error) {
      return wrong("the certificates that sign servers", options_.ca_file, error);
    }
    // A server's own certificate in that file is trusted, without one that signed it.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  } else {
    tls_.set_default_verify_paths(error);
    // Where OpenSSL was built to look is not where every system has them.
    if (std::getenv("SSL_CERT_FILE") == nullptr && std::getenv("SSL_CERT_DIR") == nullptr) {
      for (const char* file : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                               "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
        if (SSL_CTX_load_verify_locations(context, file, nullptr) == 1) {
          break;
        }
      }
    }
    ERR_clear_error();
  }
  if (!options_.certificate_file.empty()) {
    tls_.use_certificate_chain_file(options_.certificate_file, error);
    if (error) {
      return wrong("the certificate", options_.certificate_file, error);
    }
    tls_.use_private_key_file(options_.key_file, asio::ssl::context::pem, error);
    if (error) {
      return wrong("the private key", options_.key_file, error);
    }
  }
  thread_ = std::jthread([this] {
    // Asio throws from handlers only where memory is short; one exchange is lost then, not the client.
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception&) {
        continue;
      }
    }
  });
  return {};
}

Error BeastClient::transport_error(const Url& url, std::string_view doing, const beast::error_code& error) const {
  if (cancelled_) {
    return cancelled();
  }
  if (error == beast::error::timeout) {
    return {ErrorCode::io, fmt::format("{} took too long to {}", url.authority(), doing)};
  }
  if (error == http::error::header_limit || error == http::error::body_limit || error == http::error::buffer_overflow) {
    return {ErrorCode::limit, fmt::format("the answer of {} is larger than is taken", url.authority())};
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message || error == asio::error::eof ||
      error == asio::ssl::error::stream_truncated) {
    return {ErrorCode::io, fmt::format("{} closed the connection before the answer was whole", url.authority())};
  }
  if (error.category() == make_error_code(http::error::bad_value).category()) {
    return {ErrorCode::syntax, fmt::format("the answer of {} is no HTTP: {}", url.authority(), error.message())};
  }
  return {ErrorCode::io, fmt::format("{} failed to {}: {}", url.authority(), doing, error.message())};
}

ConnectionPointer BeastClient::kept(const Url& url) {
  for (auto at = kept_.begin(); at != kept_.end();) {
    const ConnectionPointer connection = *at;
    if (Clock::now() - connection->kept_since > options_.idle_time_max) {
      at = kept_.erase(at);
      continue;
    }
    if (!connection->origin.same_origin(url)) {
      ++at;
      continue;
    }
    at = kept_.erase(at);
    // Bytes that nobody asked for, or an end: not to be used again.
    auto& socket = connection->lowest().socket();
    beast::error_code error;
    char byte = 0;
    socket.non_blocking(true, error);
    socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    if (error == asio::error::would_block) {
      connection->reused = true;
      connection->answered = false;
      return connection;
    }
  }
  return nullptr;
}

void BeastClient::keep(ConnectionPointer connection) {
  if (cancelled_ || connection->buffer.size() != 0) {
    return;
  }
  connection->lowest().expires_never();
  connection->kept_since = Clock::now();
  connection->buffer.shrink_to_fit();
  const auto same = [&](const ConnectionPointer& other) { return other->origin.same_origin(connection->origin); };
  if (static_cast<std::size_t>(std::ranges::count_if(kept_, same)) < limits::kept_connections_max) {
    kept_.push_front(std::move(connection));
  }
}

asio::awaitable<Result<tcp::resolver::results_type>> BeastClient::resolve(const std::string& host, std::uint16_t port) {
  // The system's resolver cannot be interrupted: the wait ends in time, the question answers into the void.
  struct Question {
    explicit Question(asio::io_context& io) : resolver(io), timer(io) {}
    tcp::resolver resolver;
    asio::steady_timer timer;
    bool done = false;
    beast::error_code error;
    tcp::resolver::results_type results;
  };
  const auto question = std::make_shared<Question>(io_);
  const Wait wait(waits_, [question] { question->timer.cancel(); });
  question->timer.expires_after(options_.resolve_time_max);
  question->resolver.async_resolve(host, std::to_string(port),
                                   [question](const beast::error_code& error, tcp::resolver::results_type results) {
                                     question->done = true;
                                     question->error = error;
                                     question->results = std::move(results);
                                     question->timer.cancel();
                                   });
  co_await question->timer.async_wait(awaited);
  if (cancelled_) {
    co_return std::unexpected<Error>(cancelled());
  }
  if (!question->done) {
    co_return failure(ErrorCode::io, fmt::format("the name {} could not be looked up in time", host));
  }
  if (question->error) {
    co_return failure(ErrorCode::io, fmt::format("no address is known for {}: {}", host, question->error.message()));
  }
  co_return std::move(question->results);
}

asio::awaitable<Result<ConnectionPointer>> BeastClient::connect(const Url& url) {
  const bool through_proxy =
      url.encrypted && options_.proxy.proxy && !asked_directly(url.host, options_.proxy.direct) && !url.loopback();
  const std::string& host = through_proxy ? options_.proxy.proxy->host : url.host;
  const std::uint16_t port = through_proxy ? options_.proxy.proxy->port : url.port;
  auto addresses = co_await resolve(host, port);
  if (!addresses) {
    co_return std::unexpected<Error>(std::move(addresses).error());
  }
  const auto connection = std::make_shared<Connection>(io_);
  connection->origin = url;
  const Wait wait(waits_, [connection] { connection->lowest().close(); });
  beast::error_code last = asio::error::host_not_found;
  bool connected = false;
  std::size_t tried = 0;
  for (const auto& entry : *addresses) {
    const tcp::endpoint endpoint = entry.endpoint();
    if (cancelled_ || tried++ == limits::addresses_max) {
      break;
    }
    if (!url.encrypted && !endpoint.address().is_loopback()) {
      co_return failure(ErrorCode::usage, fmt::format("{} is another machine, and is not asked in the clear", host), {},
                        "use https");
    }
    connection->lowest().expires_after(options_.connect_time_max);
    const auto [error] = co_await connection->lowest().async_connect(endpoint, awaited);
    if (!error) {
      connected = true;
      break;
    }
    last = error;
    connection->lowest().close();
  }
  if (!connected || cancelled_) {
    Error error = transport_error(url, "take a connection", last);
    if (through_proxy && !cancelled_) {
      error.message = fmt::format("no connection to the proxy {}:{}: {}", host, port, last.message());
    }
    co_return std::unexpected<Error>(std::move(error));
  }
  beast::error_code ignored;
  connection->lowest().socket().set_option(tcp::no_delay(true), ignored);
  if (through_proxy) {
    auto tunnelled = co_await tunnel(*connection, url);
    if (!tunnelled) {
      co_return std::unexpected<Error>(std::move(tunnelled).error());
    }
  }
  if (url.encrypted) {
    auto secured = co_await secure(*connection, url);
    if (!secured) {
      co_return std::unexpected<Error>(std::move(secured).error());
    }
  }
  co_return connection;
}

asio::awaitable<Result<void>> BeastClient::tunnel(Connection& connection, const Url& url) {
  const Proxy& proxy = *options_.proxy.proxy;
  const std::string target = url.host.find(':') == std::string::npos ? fmt::format("{}:{}", url.host, url.port)
                                                                     : fmt::format("[{}]:{}", url.host, url.port);
  std::string head = fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\n", target, target);
  if (!proxy.user.empty() || !proxy.password.empty()) {
    head += fmt::format("Proxy-Authorization: Basic {}\r\n", base64_encode(proxy.user + ":" + proxy.password));
  }
  head += "\r\n";
  Url shown;
  shown.host = proxy.host;
  shown.port = proxy.port;
  connection.plain.expires_after(options_.handshake_time_max);
  const auto [not_sent, sent] = co_await asio::async_write(connection.plain, asio::buffer(head), awaited);
  (void)sent;
  if (not_sent) {
    co_return std::unexpected<Error>(transport_error(shown, "take a question", not_sent));
  }
  http::response_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(options_.header_bytes_max));
  parser.skip(true);
  const auto [not_read, got] = co_await http::async_read_header(connection.plain, connection.buffer, parser, awaited);
  (void)got;
  if (not_read) {
    co_return std::unexpected<Error>(transport_error(shown, "answer", not_read));
  }
  const unsigned status = parser.get().result_int();
  if (status == 407) {
    co_return failure(ErrorCode::usage, fmt::format("the proxy {}:{} asks for a password", proxy.host, proxy.port));
  }
  if (status / 100 != 2) {
    co_return failure(ErrorCode::io, fmt::format("the proxy {}:{} gives no way to {} (status {})", proxy.host,
                                                 proxy.port, target, status));
  }
  if (connection.buffer.size() != 0) {
    co_return failure(ErrorCode::syntax,
                      fmt::format("the proxy {}:{} speaks where the server should", proxy.host, proxy.port));
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> BeastClient::secure(Connection& connection, const Url& url) {
  connection.tls.emplace(std::move(connection.plain), tls_);
  SSL* ssl = connection.tls->native_handle();
  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
  beast::error_code no_address;
  asio::ip::make_address(url.host, no_address);
  bool set = false;
  if (no_address) {
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    set = SSL_set_tlsext_host_name(ssl, url.host.c_str()) == 1 &&
          X509_VERIFY_PARAM_set1_host(wanted, url.host.c_str(), url.host.size()) == 1;
  } else {
    set = X509_VERIFY_PARAM_set1_ip_asc(wanted, url.host.c_str()) == 1;
  }
  if (!set) {
    co_return failure(ErrorCode::io, fmt::format("TLS with {} cannot begin", url.authority()));
  }
  connection.lowest().expires_after(options_.handshake_time_max);
  const auto [error] = co_await connection.tls->async_handshake(asio::ssl::stream_base::client, awaited);
  if (!error) {
    co_return Result<void>();
  }
  if (const long verified = SSL_get_verify_result(ssl); verified != X509_V_OK && !cancelled_) {
    co_return failure(
        ErrorCode::io,
        fmt::format("the certificate of {} is not right: {}", url.authority(), X509_verify_cert_error_string(verified)),
        {}, "where the server's certificate is signed by an authority of its own, name that with --ca");
  }
  co_return std::unexpected<Error>(transport_error(url, "begin TLS", error));
}

template <class Stream>
asio::awaitable<BeastClient::Answer> BeastClient::ask(Stream& stream, Connection& connection, const Asking& asking,
                                                      const std::string& head, bool& keep) {
  auto& lowest = connection.lowest();
  lowest.expires_after(time_for(asking.body.size(), options_.body_time_base));
  // One buffer at a time: see Server's answer().
  const bool together = asking.body.size() <= limits::written_together_max;
  const std::string first = together ? head + asking.body : head;
  auto [not_sent, sent] = co_await asio::async_write(stream, asio::buffer(first), awaited);
  if (!not_sent && !together) {
    std::tie(not_sent, sent) = co_await asio::async_write(stream, asio::buffer(asking.body), awaited);
  }
  if (cancelled_ || not_sent == beast::error::timeout) {
    co_return std::unexpected<Error>(transport_error(asking.url, "take the request", not_sent));
  }
  // A server that refuses a body may answer and close while we still send: what it says is worth reading.
  Response response;
  const auto asked = Clock::now();
  for (int interim = 0;; ++interim) {
    http::response_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(options_.header_bytes_max));
    parser.body_limit(options_.body_bytes_max);
    parser.skip(asking.method == "HEAD");
    lowest.expires_at(asked + options_.answer_time_max);
    const auto [not_read, got] = co_await http::async_read_header(stream, connection.buffer, parser, awaited);
    connection.answered = connection.answered || got > 0;
    if (not_read) {
      co_return std::unexpected<Error>(transport_error(asking.url, "answer", not_sent ? not_sent : not_read));
    }
    const unsigned status = parser.get().result_int();
    if (status < 200) {
      if (status == 101 || status < 100 || interim == limits::interim_answers_max) {
        co_return failure(ErrorCode::syntax, fmt::format("{} gives no real answer", asking.url.authority()));
      }
      continue;
    }
    const auto begun = Clock::now();
    while (!parser.is_done()) {
      lowest.expires_at(begun + time_for(parser.get().body().size(), options_.body_time_base));
      const auto [broken, count] = co_await http::async_read_some(stream, connection.buffer, parser, awaited);
      (void)count;
      if (broken) {
        co_return std::unexpected<Error>(transport_error(asking.url, "send its answer", broken));
      }
      if (cancelled_) {
        co_return std::unexpected<Error>(cancelled());
      }
    }
    response.status = static_cast<int>(status);
    for (const auto& field : parser.get()) {
      response.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    }
    keep = !not_sent && parser.keep_alive();
    response.body = std::move(parser.get().body());
    co_return response;
  }
}

asio::awaitable<BeastClient::Answer> BeastClient::exchange(const Asking& asking, const std::string& head,
                                                           bool may_reuse) {
  ConnectionPointer connection = may_reuse ? kept(asking.url) : nullptr;
  if (connection == nullptr) {
    auto made = co_await connect(asking.url);
    if (!made) {
      co_return std::unexpected<Error>(std::move(made).error());
    }
    connection = *made;
  }
  if (cancelled_) {
    co_return std::unexpected<Error>(cancelled());
  }
  Answer answer;
  bool keep_it = false;
  {
    const Wait wait(waits_, [connection] { connection->lowest().close(); });
    if (connection->tls) {
      answer = co_await ask(*connection->tls, *connection, asking, head, keep_it);
    } else {
      answer = co_await ask(connection->plain, *connection, asking, head, keep_it);
    }
  }
  if (answer && keep_it) {
    keep(std::move(connection));
    co_return answer;
  }
  const bool gone_meanwhile =
      !answer && answer.error().code == ErrorCode::io && connection->reused && !connection->answered && !cancelled_;
  connection->lowest().close();
  // A kept connection that the server had closed: nothing was answered, and asking again changes nothing there.
  if (gone_meanwhile && (asking.method == "GET" || asking.method == "HEAD")) {
    Answer again = co_await exchange(asking, head, false);
    co_return again;
  }
  co_return answer;
}

BeastClient::Answer BeastClient::once(const Asking& asking) {
  if (!token(asking.method) || asking.url.host.empty() || !asking.url.target.starts_with('/') ||
      !safe_in_header(asking.url.target) || asking.url.target.find(' ') != std::string::npos) {
    return failure(ErrorCode::usage, "the request has no method or no URL");
  }
  if (!asking.url.encrypted && !asking.url.loopback()) {
    return failure(ErrorCode::usage,
                   fmt::format("{} would be asked in the clear, and passwords and objects could be read on the way",
                               asking.url.authority()),
                   {}, "use https; http is for this machine alone");
  }
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nAccept-Encoding: gzip\r\n",
                                 asking.method, asking.url.target, asking.url.authority(), options_.user_agent);
  for (const Header& header : asking.headers) {
    if (!token(header.name) || !safe_in_header(header.value)) {
      return failure(ErrorCode::usage, "a header of the request holds a control character");
    }
    head += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  if (!asking.body.empty() || asking.method == "POST" || asking.method == "PUT") {
    head += fmt::format("Content-Length: {}\r\n", asking.body.size());
  }
  head += "\r\n";
  if (cancelled_) {
    return std::unexpected<Error>(cancelled());
  }
  auto answer = asio::co_spawn(io_, exchange(asking, head, true), asio::use_future).get();
  if (!answer) {
    return answer;
  }
  const std::string_view coding = trim(answer->header("Content-Encoding"));
  if (ascii_iequals(coding, "gzip") || ascii_iequals(coding, "x-gzip")) {
    if (!answer->body.empty()) {
      TRY(answer->body, gunzip(answer->body, static_cast<std::size_t>(options_.body_bytes_max)));
    }
  } else if (!coding.empty() && !ascii_iequals(coding, "identity")) {
    return failure(ErrorCode::syntax,
                   fmt::format("{} compresses in a way that was not asked for", asking.url.authority()));
  }
  return answer;
}

Result<Response> BeastClient::send(const Asking& asking) {
  try {
    Asking next = asking;
    for (int count = 0;; ++count) {
      Answer answer = once(next);
      if (!answer) {
        return answer;
      }
      const int status = answer->status;
      const bool redirects = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
      if (!redirects || answer->header("Location").empty() || (next.method != "GET" && next.method != "HEAD")) {
        return answer;
      }
      if (count == limits::redirections_max) {
        return failure(ErrorCode::io, fmt::format("{} redirects without end", next.url.authority()));
      }
      TRY(Url where, resolve_url(next.url, answer->header("Location")));
      // Elsewhere nothing of ours is to go: neither what we ask nor who we are.
      if (!where.same_origin(next.url)) {
        return failure(ErrorCode::usage,
                       fmt::format("{} redirects to another server, {}", next.url.authority(), where.authority()), {},
                       "name that one, if it is meant");
      }
      next.url = std::move(where);
    }
  } catch (const std::exception& error) {
    return failure(ErrorCode::io, fmt::format("the exchange with {} failed: {}", asking.url.authority(), error.what()));
  }
}

}  // namespace

Result<std::unique_ptr<Client>> start_client(ClientOptions options) {
  try {
    if (!safe_in_header(options.user_agent)) {
      return failure(ErrorCode::usage, "the name of the client holds a control character");
    }
    auto client = std::make_unique<BeastClient>(std::move(options));
    TRY_VOID(client->begin());
    return client;
  } catch (const std::exception& error) {
    return failure(ErrorCode::io, fmt::format("the client cannot start: {}", error.what()));
  }
}

}  // namespace tocsin::net
