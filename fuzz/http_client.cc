// Arbitrary bytes as a server's answer, over a socket on loopback: the client ends with an answer within its limits or
// with an error, and in time.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "base/check.h"
#include "net/client.h"

namespace {

using namespace tocsin;
using std::chrono::milliseconds;

constexpr std::uint64_t body_max = 100'000;

// Gives the same bytes to everyone who asks; one at a time, and the client waits for it.
struct Rogue {
  int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port = 0;
  std::mutex mutex;
  std::string answer;

  Rogue() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    check(bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0, "a port");
    check(listen(socket, 64) == 0, "listens");
    check(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0, "its number");
    port = ntohs(address.sin_port);
    std::thread([this] { run(); }).detach();
  }

  void run() {
    for (;;) {
      const int peer = accept(socket, nullptr, nullptr);
      if (peer < 0) {
        continue;
      }
      std::string asked;
      char byte = 0;
      while (!asked.ends_with("\r\n\r\n") && recv(peer, &byte, 1, 0) == 1) {
        asked += byte;
      }
      std::string given;
      {
        const std::scoped_lock lock(mutex);
        given = answer;
      }
      if (!asked.empty()) {
        (void)send(peer, given.data(), given.size(), MSG_NOSIGNAL);
      }
      shutdown(peer, SHUT_WR);
      close(peer);
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  static Rogue& rogue = *new Rogue;
  {
    const std::scoped_lock lock(rogue.mutex);
    rogue.answer.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  }
  // One for all: it reads the system's authorities when it begins, and it meets its own kept connections again.
  static const std::unique_ptr<net::Client>& client = *[] {
    net::ClientOptions options;
    options.connect_time_max = milliseconds(2'000);
    options.answer_time_max = milliseconds(2'000);
    options.body_time_base = milliseconds(2'000);
    options.body_bytes_max = body_max;
    auto made = net::start_client(options);
    check(made.has_value(), "a client");
    return new std::unique_ptr<net::Client>(std::move(*made));
  }();
  net::Asking asking;
  asking.method = (data[0] & 1) == 0 ? "GET" : (data[0] & 2) == 0 ? "HEAD" : "POST";
  const auto url = net::parse_url(fmt::format("http://127.0.0.1:{}/a/b", rogue.port));
  check(url.has_value(), "a URL");
  asking.url = *url;
  const auto begun = std::chrono::steady_clock::now();
  const auto answer = client->send(asking);
  // Each of a few redirections may take its time.
  check(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20), "it ends in time");
  if (answer) {
    check(answer->status >= 200 && answer->status <= 999 && answer->body.size() <= body_max, "within the limits");
    (void)net::retry_after(*answer, Time{0});
  } else {
    check(!answer.error().message.empty(), "an error says what is wrong");
  }
  return 0;
}
