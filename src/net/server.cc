#include "net/server.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <thread>
#include <tuple>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"

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

// RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date() {
  constexpr std::array<std::string_view, 7> days = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::int64_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const CivilTime civil = to_civil(Time::from_seconds(seconds));
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[static_cast<std::size_t>(seconds / 86'400 % 7)],
                     civil.day, months[static_cast<std::size_t>(civil.month - 1)], civil.year, civil.hour, civil.minute,
                     civil.second);
}

Milliseconds time_for(std::uint64_t bytes, Milliseconds base) {
  return base + Milliseconds(bytes * 1000 / limits::pace_bytes_per_second_min);
}

// Bytes that are held for one request, counted against a bound that all share; given back when it goes.
class Holding {
 public:
  explicit Holding(std::atomic<std::uint64_t>& total) : total_(total) {}
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;
  ~Holding() { total_ -= held_; }
  bool hold(std::uint64_t bytes) {
    if (bytes <= held_) {
      return true;
    }
    const std::uint64_t more = bytes - held_;
    held_ = bytes;
    return (total_ += more) <= limits::bodies_bytes_max;
  }

 private:
  std::atomic<std::uint64_t>& total_;
  std::uint64_t held_ = 0;
};

bool safe_in_header(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::string head_text(const Response& response, bool keep, bool body_stands_alone) {
  std::string out =
      fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason_phrase(response.status), http_date());
  for (const Header& header : response.headers) {
    if (safe_in_header(header.name) && safe_in_header(header.value)) {
      out += header.name;
      out += ": ";
      out += header.value;
      out += "\r\n";
    }
  }
  if (response.status != 204 || body_stands_alone) {
    out += fmt::format("Content-Length: {}\r\n", response.body.size());
  }
  out += keep ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return out;
}

// What to answer to bytes that are no whole request; 0: nothing, the client has gone.
int status_of(const beast::error_code& error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) {
    return 0;
  }
  if (error == http::error::header_limit) {
    return 431;
  }
  if (error == http::error::body_limit) {
    return 413;
  }
  if (error == http::error::bad_version) {
    return 505;
  }
  return error.category() == make_error_code(http::error::bad_value).category() ? 400 : 0;
}

std::string certificate_digest(TlsStream& stream) {
  X509* certificate = SSL_get1_peer_certificate(stream.native_handle());
  if (certificate == nullptr) {
    return {};
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const int made = X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  X509_free(certificate);
  std::string out;
  for (unsigned at = 0; made == 1 && at < size; ++at) {
    out += fmt::format("{:02x}", digest[at]);
  }
  return out;
}

// Ends a wait for a client's bytes softly: the operation is cancelled, and the connection can still be answered. The
// stream's own time limit closes it, and comes a second later, for where a cancellation met no operation.
class Patience {
 public:
  explicit Patience(beast::tcp_stream& lowest)
      : timer_(lowest.get_executor()), state_(std::make_shared<State>(State{&lowest})) {}
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;
  ~Patience() { state_->lowest = nullptr; }

  void begin(Milliseconds time) {
    state_->ended = false;
    timer_.expires_after(time);
    state_->lowest->expires_after(time + std::chrono::seconds(1));
    // The handler may already be on its way when its wait is over, or the connection gone: then it finds another round.
    timer_.async_wait([state = state_, round = ++state_->round](const beast::error_code& error) {
      if (!error && state->lowest != nullptr && state->round == round) {
        state->ended = true;
        state->lowest->cancel();
      }
    });
  }
  void end() {
    ++state_->round;
    timer_.cancel();
    state_->lowest->expires_never();
  }
  bool ended() const { return state_->ended; }

 private:
  struct State {
    beast::tcp_stream* lowest;
    bool ended = false;
    std::uint64_t round = 0;
  };
  asio::steady_timer timer_;
  std::shared_ptr<State> state_;
};

// One connection as stop() sees it. Its members are touched on its own executor only.
class Connection {
 public:
  Connection(beast::tcp_stream& lowest) : lowest_(lowest) {}
  bool idle = true;
  bool closing = false;
  // The stream outlives this: both live in the frame of one coroutine, which ends before the server does.
  void close(bool force) {
    closing = true;
    if (idle || force) {
      lowest_.cancel();
      beast::error_code ignored;
      lowest_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    }
  }

 private:
  beast::tcp_stream& lowest_;
};

class BeastServer final : public Server {
 public:
  BeastServer(ServerOptions options, Handler& handler)
      : options_(std::move(options)),
        handler_(handler),
        io_(static_cast<int>(std::max(1U, options_.io_threads))),
        workers_(std::max(1U, options_.worker_threads)),
        acceptor_(io_) {}
  ~BeastServer() override { stop(Milliseconds(0)); }

  Result<void> listen();
  std::uint16_t port() const override { return port_; }
  ServerCounts counts() const override { return {open_, refused_, requests_}; }
  void stop(Milliseconds grace) override;

 private:
  Result<void> load_tls();
  asio::awaitable<void> accept_all();
  asio::awaitable<void> connection(tcp::socket socket);
  template <class Stream>
  asio::awaitable<void> serve(Stream& stream, Connection& state, std::string address, std::string certificate);
  template <class Stream>
  asio::awaitable<bool> answer(Stream& stream, Response response, bool keep, bool head_only);
  template <class Stream>
  asio::awaitable<void> discard(Stream& stream, beast::flat_buffer& buffer);
  asio::awaitable<Response> work(Request request);

  const ServerOptions options_;
  Handler& handler_;
  asio::io_context io_;
  asio::thread_pool workers_;
  tcp::acceptor acceptor_;
  std::optional<asio::ssl::context> tls_;
  std::vector<std::jthread> threads_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> open_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> requests_ = 0;
  std::atomic<std::uint64_t> held_ = 0;
  std::atomic<std::size_t> waiting_ = 0;
  std::mutex mutex_;  // guards connections_
  std::condition_variable none_left_;
  struct Entry {
    Connection* connection;
    asio::any_io_executor executor;
  };
  std::vector<std::shared_ptr<Entry>> connections_;
};

Result<void> BeastServer::load_tls() {
  const TlsOptions& tls = *options_.tls;
  const auto wrong = [](std::string_view what, const std::string& file, const beast::error_code& error) {
    return failure(ErrorCode::usage, fmt::format("{} cannot be used: {}", what, error.message()), {file},
                   "PEM files that belong together are needed");
  };
  tls_.emplace(asio::ssl::context::tls_server);
  SSL_CTX* context = tls_->native_handle();
  SSL_CTX_set_min_proto_version(context, tls.allow_tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  // Idle connections must not hold 32 KiB of buffers each.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  beast::error_code error;
  tls_->use_certificate_chain_file(tls.certificate_file, error);
  if (error) {
    return wrong("the certificate", tls.certificate_file, error);
  }
  tls_->use_private_key_file(tls.key_file, asio::ssl::context::pem, error);
  if (error) {
    return wrong("the private key", tls.key_file, error);
  }
  if (!tls.client_ca_file.empty()) {
    tls_->load_verify_file(tls.client_ca_file, error);
    if (error) {
      return wrong("the certificates that sign clients", tls.client_ca_file, error);
    }
    tls_->set_verify_mode(asio::ssl::verify_peer |
                          (tls.client_certificate_required ? asio::ssl::verify_fail_if_no_peer_cert : 0));
    // Without a name for the session OpenSSL refuses to resume one that was verified.
    constexpr std::string_view name = "tocsin";
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(name.data()), name.size());
  }
  return {};
}

Result<void> BeastServer::listen() {
  if (!options_.tls && !options_.listen.loopback()) {
    return failure(ErrorCode::usage,
                   fmt::format("{} can be reached by other machines, and without TLS passwords and objects could be "
                               "read on the way",
                               options_.listen.text()),
                   {}, "give --tls-certificate and --tls-key, or listen on 127.0.0.1");
  }
  if (options_.tls) {
    TRY_VOID(load_tls());
  }
  beast::error_code error;
  const tcp::endpoint endpoint(asio::ip::make_address(options_.listen.address, error), options_.listen.port);
  const auto failed = [&](std::string_view what) {
    return failure(ErrorCode::io, fmt::format("cannot {} {}: {}", what, options_.listen.text(), error.message()), {},
                   "is another program listening there? --listen chooses another address");
  };
  if (error || (acceptor_.open(endpoint.protocol(), error), error)) {
    return failed("open");
  }
  acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  acceptor_.bind(endpoint, error);
  if (error) {
    return failed("listen on");
  }
  acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return failed("listen on");
  }
  port_ = acceptor_.local_endpoint(error).port();
  guard_.emplace(asio::make_work_guard(io_));
  asio::co_spawn(io_, accept_all(), asio::detached);
  for (unsigned i = 0; i < std::max(1U, options_.io_threads); ++i) {
    threads_.emplace_back([this] {
      // Beast and Asio throw from handlers only where memory is short; one connection is lost then, not the server.
      for (;;) {
        try {
          io_.run();
          return;
        } catch (const std::exception&) {
          continue;
        }
      }
    });
  }
  return {};
}

asio::awaitable<void> BeastServer::accept_all() {
  while (!stopping_) {
    auto [error, socket] = co_await acceptor_.async_accept(asio::make_strand(io_), awaited);
    if (error) {
      if (stopping_ || error == asio::error::operation_aborted) {
        co_return;
      }
      // Out of descriptors, most likely: nothing is gained by trying at once.
      asio::steady_timer pause(io_, Milliseconds(50));
      co_await pause.async_wait(awaited);
      continue;
    }
    if (open_ >= options_.connections_max) {
      ++refused_;
      continue;
    }
    const auto executor = socket.get_executor();
    ++open_;
    asio::co_spawn(executor, connection(tcp::socket(std::move(socket))), [this](const std::exception_ptr&) {
      const std::scoped_lock lock(mutex_);
      --open_;
      none_left_.notify_all();
    });
  }
}

asio::awaitable<void> BeastServer::connection(tcp::socket socket) {
  beast::error_code error;
  const auto remote = socket.remote_endpoint(error);
  std::string address = error ? std::string() : remote.address().to_string();
  socket.set_option(tcp::no_delay(true), error);
  const auto executor = socket.get_executor();
  const auto enter = [&](Connection& state) {
    auto entry = std::make_shared<Entry>(Entry{&state, executor});
    const std::scoped_lock lock(mutex_);
    connections_.push_back(entry);
    state.closing = stopping_;
    return entry;
  };
  const auto leave = [&](const std::shared_ptr<Entry>& entry) {
    const std::scoped_lock lock(mutex_);
    entry->connection = nullptr;
    std::erase(connections_, entry);
  };
  if (tls_) {
    TlsStream stream(beast::tcp_stream(std::move(socket)), *tls_);
    Connection state(beast::get_lowest_layer(stream));
    const auto entry = enter(state);
    beast::get_lowest_layer(stream).expires_after(options_.handshake_time_max);
    const auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::server, awaited);
    if (!failed) {
      co_await serve(stream, state, std::move(address), certificate_digest(stream));
      beast::get_lowest_layer(stream).expires_after(limits::discarding_time_max);
      co_await stream.async_shutdown(awaited);
    }
    leave(entry);
  } else {
    beast::tcp_stream stream(std::move(socket));
    Connection state(stream);
    const auto entry = enter(state);
    co_await serve(stream, state, std::move(address), {});
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
    leave(entry);
  }
}

// Runs the handler on a worker and comes back to the connection's own executor.
asio::awaitable<Response> BeastServer::work(Request request) {
  auto initiate = [this](auto done, Request what) {
    auto back = asio::get_associated_executor(done);
    asio::post(workers_, [this, done = std::move(done), back, what = std::move(what)]() mutable {
      auto response = std::make_shared<Response>(handler_.handle(what));
      asio::post(back, [done = std::move(done), response]() mutable { std::move(done)(std::move(*response)); });
    });
  };
  return asio::async_initiate<const asio::use_awaitable_t<>, void(Response)>(std::move(initiate), asio::use_awaitable,
                                                                             std::move(request));
}

template <class Stream>
asio::awaitable<bool> BeastServer::answer(Stream& stream, Response response, bool keep, bool head_only) {
  Holding holding(held_);
  // So many slow readers that their answers would fill memory: the last ones have to come again.
  if (!holding.hold(response.body.size()) && response.body.size() > limits::header_bytes_max) {
    response = handler_.error(503);
  }
  std::string head = head_text(response, keep, head_only);
  // One buffer at a time: of two that do not fit one record, Beast's TLS stream takes the first, and what is left of it
  // then stands before the second as an empty one, at which the write ends as if all were sent.
  const bool together = head_only || response.body.size() <= limits::written_together_max;
  if (together && !head_only) {
    head += response.body;
  }
  beast::get_lowest_layer(stream).expires_after(time_for(response.body.size(), options_.body_time_base));
  auto [error, sent] = co_await asio::async_write(stream, asio::buffer(head), awaited);
  if (!error && !together) {
    std::tie(error, sent) = co_await asio::async_write(stream, asio::buffer(response.body), awaited);
  }
  co_return !error && keep;
}

// Reads on for a moment: closing with unread bytes resets the connection, and the client might never see the answer.
template <class Stream>
asio::awaitable<void> BeastServer::discard(Stream& stream, beast::flat_buffer& buffer) {
  buffer.clear();
  if constexpr (std::is_same_v<Stream, beast::tcp_stream>) {
    beast::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }
  beast::get_lowest_layer(stream).expires_after(limits::discarding_time_max);
  std::array<char, 16 * 1024> bytes;
  for (std::uint64_t seen = 0; seen < limits::discarded_bytes_max;) {
    const auto [error, count] = co_await stream.async_read_some(asio::buffer(bytes), awaited);
    if (error) {
      co_return;
    }
    seen += count;
  }
}

template <class Stream>
asio::awaitable<void> BeastServer::serve(Stream& stream, Connection& state, std::string address,
                                         std::string certificate) {
  auto& lowest = beast::get_lowest_layer(stream);
  Patience patience(lowest);
  beast::flat_buffer buffer(limits::header_bytes_max + 64 * 1024);
  while (!state.closing && !stopping_) {
    if (buffer.size() == 0) {
      buffer.shrink_to_fit();
      state.idle = true;
      lowest.expires_after(options_.idle_time_max);
      const auto [error, count] = co_await stream.async_read_some(buffer.prepare(4 * 1024), awaited);
      if (error) {
        co_return;
      }
      buffer.commit(count);
      state.idle = false;
    }
    http::request_parser<http::string_body> parser;
    parser.header_limit(limits::header_bytes_max);
    parser.body_limit(options_.body_bytes_max);
    patience.begin(options_.header_time_max);
    const auto [bad_header, header_bytes] = co_await http::async_read_header(stream, buffer, parser, awaited);
    (void)header_bytes;
    patience.end();
    if (bad_header) {
      if (const int status = patience.ended() ? 408 : status_of(bad_header); status != 0) {
        co_await answer(stream, handler_.error(status), false, false);
        co_await discard(stream, buffer);
      }
      co_return;
    }
    ++requests_;
    Request request;
    const auto& head = parser.get();
    request.method = std::string(head.method_string());
    request.target = std::string(head.target());
    for (const auto& field : head) {
      request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    }
    request.client_address = address;
    request.client_certificate = certificate;
    request.encrypted = !std::is_same_v<Stream, beast::tcp_stream>;
    bool keep = head.keep_alive();
    const bool head_only = request.method == "HEAD";
    const bool has_body = !parser.is_done();

    std::optional<Response> refused = handler_.refuse(request);
    if (!refused && has_body) {
      const std::string_view expect = request.header("Expect");
      if (!expect.empty() && !ascii_iequals(expect, "100-continue")) {
        refused = handler_.error(417);
      }
    }
    Holding holding(held_);
    if (!refused && has_body && !holding.hold(parser.content_length().value_or(0))) {
      refused = handler_.error(503);
    }
    if (refused) {
      keep = keep && !has_body;
      if (!co_await answer(stream, std::move(*refused), keep, head_only)) {
        if (has_body) {
          co_await discard(stream, buffer);
        }
        co_return;
      }
      continue;
    }
    if (has_body && !request.header("Expect").empty()) {
      constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [error, sent] = co_await asio::async_write(stream, asio::buffer(go_on), awaited);
      (void)sent;
      if (error) {
        co_return;
      }
    }
    const auto begun = Clock::now();
    while (!parser.is_done()) {
      const std::uint64_t got = parser.get().body().size();
      const auto left = begun + time_for(got, options_.body_time_base) - Clock::now();
      patience.begin(std::max(Milliseconds(1), std::chrono::duration_cast<Milliseconds>(left)));
      const auto [error, count] = co_await http::async_read_some(stream, buffer, parser, awaited);
      (void)count;
      patience.end();
      if (error || !holding.hold(parser.get().body().size())) {
        if (const int status = patience.ended() ? 408 : error ? status_of(error) : 503; status != 0) {
          co_await answer(stream, handler_.error(status), false, false);
          co_await discard(stream, buffer);
        }
        co_return;
      }
    }
    request.body = std::move(parser.get().body());
    if (waiting_.fetch_add(1) >= limits::requests_waiting_max) {
      --waiting_;
      if (!co_await answer(stream, handler_.error(503), keep, head_only)) {
        co_return;
      }
      continue;
    }
    Response response = co_await work(std::move(request));
    --waiting_;
    keep = keep && !state.closing && !stopping_;
    if (!co_await answer(stream, std::move(response), keep, head_only)) {
      co_return;
    }
  }
}

void BeastServer::stop(Milliseconds grace) {
  if (stopping_.exchange(true)) {
    return;
  }
  asio::post(io_, [this] {
    beast::error_code ignored;
    acceptor_.close(ignored);
  });
  const auto close_all = [this](bool force) {
    const std::scoped_lock lock(mutex_);
    for (const auto& entry : connections_) {
      asio::post(entry->executor, [entry, force] {
        // leave() runs on this executor as well, so the connection is either whole or gone.
        if (entry->connection != nullptr) {
          entry->connection->close(force);
        }
      });
    }
  };
  const auto none_open = [this] { return open_ == 0; };
  close_all(false);
  std::unique_lock lock(mutex_);
  if (!none_left_.wait_for(lock, grace, none_open)) {
    // Again and again, for a connection may be between two waits, where there is nothing to cancel.
    do {
      lock.unlock();
      close_all(true);
      lock.lock();
    } while (!none_left_.wait_for(lock, Milliseconds(50), none_open));
  }
  lock.unlock();
  workers_.join();
  guard_.reset();
  threads_.clear();
}

}  // namespace

Result<CertificateFigures> look_at_certificate(const TlsOptions& tls) {
  const auto wrong = [](const std::string& file) {
    return failure(ErrorCode::usage, "the file cannot be used", {file}, "PEM files that belong together are needed");
  };
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context || SSL_CTX_use_certificate_chain_file(context.get(), tls.certificate_file.c_str()) != 1) {
    return wrong(tls.certificate_file);
  }
  const X509* certificate = SSL_CTX_get0_certificate(context.get());
  CertificateFigures out;
  const auto moment = [](const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
      return Time();
    }
    CivilTime civil;
    civil.year = parts.tm_year + 1900;
    civil.month = parts.tm_mon + 1;
    civil.day = parts.tm_mday;
    civil.hour = parts.tm_hour;
    civil.minute = parts.tm_min;
    civil.second = parts.tm_sec;
    return from_civil(civil);
  };
  out.not_before = moment(X509_get0_notBefore(certificate));
  out.not_after = moment(X509_get0_notAfter(certificate));
  // A key that is not this certificate's is refused here as well.
  out.fits_key = SSL_CTX_use_PrivateKey_file(context.get(), tls.key_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
                 SSL_CTX_check_private_key(context.get()) == 1;
  return out;
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler& handler) {
  try {
    auto server = std::make_unique<BeastServer>(std::move(options), handler);
    if (auto listening = server->listen(); !listening) {
      return std::unexpected<Error>(listening.error());
    }
    return server;
  } catch (const std::exception& error) {
    return failure(ErrorCode::io, fmt::format("the server cannot start: {}", error.what()));
  }
}

}  // namespace tocsin::net
