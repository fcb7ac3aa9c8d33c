// Arbitrary bytes to the HTTP server over a socket on loopback, in several pieces: what comes back is a row of whole,
// well formed answers with the statuses that net/server.h names, and then the end.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/server.h"

namespace {

using namespace tocsin;
using std::chrono::milliseconds;

constexpr std::string_view marker = "X-Whole: yes";

// Says what it got; nothing to HEAD, so that every Content-Length here counts bytes that follow.
class Echo final : public net::Handler {
 public:
  std::optional<net::Response> refuse(const net::Request& head) override {
    if (head.target.starts_with("/refused")) {
      return error(401);
    }
    return std::nullopt;
  }
  net::Response handle(const net::Request& request) override {
    check(!request.method.empty() && !request.target.empty() && request.body.size() <= body_max, "a request is whole");
    net::Response response;
    response.status = 200;
    response.add("X-Whole", "yes");
    if (request.method != "HEAD") {
      response.body = request.target + "\n" + request.body;
    }
    return response;
  }
  net::Response error(int status) override {
    net::Response response;
    response.status = status;
    return response.add("X-Whole", "yes"), response;
  }
  static constexpr std::uint64_t body_max = 20'000;
};

net::Server& server() {
  static net::Server& made = *[] {
    static Echo echo;
    net::ServerOptions options{.listen = {"127.0.0.1", 0}};
    options.worker_threads = 1;
    options.body_bytes_max = Echo::body_max;
    options.header_time_max = options.idle_time_max = options.body_time_base = milliseconds(3'000);
    auto started = net::Server::start(options, echo);
    check(started.has_value(), "the server listens");
    return started->release();
  }();
  return made;
}

void send_all(int peer, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) {
      continue;  // the fuzzer's own alarm
    }
    if (sent <= 0) {
      return;  // closed after an answer: allowed
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Takes one answer from the front. What is sent after a connection was closed can reset it and lose the end of the
// answers, so only the last may be cut.
bool take_answer(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    return false;
  }
  const std::string_view head = rest.substr(0, end + 2);
  rest.remove_prefix(end + 4);
  check(head.starts_with("HTTP/1.1 ") || head.starts_with("HTTP/1.0 "), "an answer begins");
  const std::string_view status = head.substr(9, 4);
  if (status == "100 ") {
    return true;
  }
  static constexpr std::string_view allowed[] = {"200 ", "400 ", "401 ", "408 ", "411 ", "413 ",
                                                 "414 ", "417 ", "431 ", "501 ", "503 ", "505 "};
  check(std::ranges::find(allowed, status) != std::end(allowed), "a status that net/server.h names");
  check(head.find(marker) != std::string_view::npos, "the handler wrote it");
  const std::size_t at = head.find("Content-Length: ");
  check(at != std::string_view::npos, "its length is said");
  std::uint64_t size = 0;
  check(std::from_chars(head.data() + at + 16, head.data() + head.size(), size).ec == std::errc(), "a number");
  check(size <= Echo::body_max + net::limits::header_bytes_max, "no more than was sent");
  const bool whole = size <= rest.size();
  rest.remove_prefix(std::min<std::size_t>(size, rest.size()));
  return whole;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  // The first byte says in how many pieces the others are sent.
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = std::max<std::size_t>(1, text.size() / (1 + (data[0] & 7)));
  const std::uint16_t port = server().port();
  const int peer = socket(AF_INET, SOCK_STREAM, 0);
  check(peer >= 0, "a socket");
  const int on = 1;
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  // Closing with a reset keeps the ports of thousands of connections from waiting for their end.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(connect(peer, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
        "the server takes connections");
  while (!text.empty()) {
    send_all(peer, text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
  }
  shutdown(peer, SHUT_WR);
  std::string answers;
  char buffer[16'384];
  for (;;) {
    const ssize_t got = recv(peer, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      check(got == 0 || errno == ECONNRESET, "the server ends what the client ended");
      break;
    }
    answers.append(buffer, static_cast<std::size_t>(got));
  }
  close(peer);
  std::string_view rest = answers;
  while (!rest.empty() && take_answer(rest)) {
  }
  return 0;
}
