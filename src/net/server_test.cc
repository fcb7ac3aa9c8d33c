// The server over real sockets on loopback: good, bad, slow and hostile clients.
#include "net/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>

namespace tocsin::net {
namespace {

using std::chrono::milliseconds;

class Echo final : public Handler {
 public:
  std::optional<Response> refuse(const Request& head) override {
    if (head.target == "/refused") {
      return error(401);
    }
    return std::nullopt;
  }
  Response handle(const Request& request) override {
    ++handled;
    if (request.target == "/slow") {
      std::this_thread::sleep_for(milliseconds(300));
    }
    Response response;
    response.add("X-Method", request.method).add("X-Bad", "a\r\nX-Injected: 1");
    response.body = request.target == "/large" ? std::string(8'000'000, 'x') : request.target + "|" + request.body;
    return response;
  }
  Response error(int status) override {
    Response response;
    response.status = status;
    response.body = "error";
    return response;
  }
  std::atomic<int> handled = 0;
};

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  Client(const Client&) = delete;
  ~Client() { close(socket_); }
  bool connected() const { return connected_; }
  void send_text(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return;
      }
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Until `count` answers have ended, the server closes, or nothing comes for five seconds.
  std::string read_answers(int count = 1) {
    std::string out;
    while (answers_in(out) < count) {
      pollfd waiting{socket_, POLLIN, 0};
      char bytes[65536];
      if (poll(&waiting, 1, 5'000) != 1) {
        return out + "[nothing came]";
      }
      const ssize_t got = recv(socket_, bytes, sizeof bytes, 0);
      if (got <= 0) {
        return out;
      }
      out.append(bytes, static_cast<std::size_t>(got));
    }
    return out;
  }
  // Whether the server closes within `time`.
  bool closed_within(milliseconds time) const {
    pollfd waiting{socket_, POLLIN, 0};
    char byte = 0;
    return poll(&waiting, 1, static_cast<int>(time.count())) == 1 && recv(socket_, &byte, 1, 0) <= 0;
  }

 private:
  static int answers_in(std::string_view text) {
    int count = 0;
    for (;;) {
      const std::size_t end = text.find("\r\n\r\n");
      const std::size_t length = text.find("Content-Length: ");
      if (end == std::string_view::npos) {
        return count;
      }
      std::size_t body = 0;
      if (length < end) {
        body = static_cast<std::size_t>(std::stoul(std::string(text.substr(length + 16, 12))));
      } else if (text.starts_with("HTTP/1.1 100")) {
        text.remove_prefix(end + 4);
        continue;
      }
      if (text.size() < end + 4 + body) {
        return count;
      }
      text.remove_prefix(end + 4 + body);
      ++count;
    }
  }
  int socket_;
  bool connected_ = false;
};

class ServerTest : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    options.listen = {"127.0.0.1", 0};
    options.body_bytes_max = 100'000;
    options.header_time_max = milliseconds(300);
    options.body_time_base = milliseconds(500);
    auto started = Server::start(options, echo_);
    ASSERT_TRUE(started) << started.error().text();
    server_ = std::move(*started);
  }
  std::string ask(std::string_view text, int answers = 1) {
    Client client(server_->port());
    client.send_text(text);
    return client.read_answers(answers);
  }
  Echo echo_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  start();
  const std::string text =
      ask("GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz", 2);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << text;
  EXPECT_NE(text.find("/a|"), std::string::npos);
  EXPECT_NE(text.find("/b|xyz"), std::string::npos);
  EXPECT_NE(text.find("Connection: keep-alive"), std::string::npos);
  EXPECT_EQ(text.find("X-Injected"), std::string::npos) << "a header value must not begin a new one";
  EXPECT_EQ(server_->counts().requests, 2U);
}

TEST_F(ServerTest, BodiesInChunksAndAfterContinue) {
  start();
  EXPECT_NE(ask("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
                .find("/c|abc"),
            std::string::npos);
  Client client(server_->port());
  client.send_text("POST /d HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(50));
  client.send_text("z");
  const std::string text = client.read_answers();
  EXPECT_TRUE(text.starts_with("HTTP/1.1 100 Continue")) << text;
  EXPECT_NE(text.find("/d|z"), std::string::npos);
  EXPECT_TRUE(
      ask("POST /d HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: miracles\r\n\r\n").starts_with("HTTP/1.1 417"));
}

TEST_F(ServerTest, HeadHasNoBody) {
  start();
  const std::string text = ask("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 9);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200")) << text;
  EXPECT_TRUE(text.ends_with("\r\n\r\n")) << text;
}

TEST_F(ServerTest, MalformedRequestsGetTheirStatus) {
  start();
  EXPECT_TRUE(ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(ask(std::string("GET /\0 HTTP/1.1\r\n\r\n", 19)).starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(ask("GET / HTTP/7.0\r\n\r\n").starts_with("HTTP/1.1 505"));
  EXPECT_TRUE(ask("GET / HTTP/1.1\r\nA: " + std::string(40'000, 'a') + "\r\n\r\n").starts_with("HTTP/1.1 431"));
  EXPECT_TRUE(ask("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                  .starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(ask("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(ask("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_EQ(echo_.handled, 0);
}

TEST_F(ServerTest, LargeBodiesAreRefusedEarly) {
  start();
  EXPECT_TRUE(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n").starts_with("HTTP/1.1 413"));
  std::string chunks = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) {
    chunks += "4000\r\n" + std::string(0x4000, 'b') + "\r\n";
  }
  EXPECT_TRUE(ask(chunks).starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(ask("POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n").starts_with("HTTP/1.1 401"));
  EXPECT_EQ(echo_.handled, 0);
}

TEST_F(ServerTest, SlowClientsAreClosed) {
  start();
  Client header(server_->port());
  header.send_text("GET / HT");
  EXPECT_TRUE(header.read_answers().starts_with("HTTP/1.1 408"));
  Client body(server_->port());
  body.send_text("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab");
  EXPECT_TRUE(body.read_answers().starts_with("HTTP/1.1 408"));
  EXPECT_EQ(echo_.handled, 0);
}

TEST_F(ServerTest, AReaderThatDoesNotReadIsClosed) {
  start();
  Client client(server_->port());
  client.send_text("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_answers().size() > 8'000'000, true);
}

TEST_F(ServerTest, MoreConnectionsThanAllowedAreClosedAtOnce) {
  ServerOptions options;
  options.connections_max = 2;
  start(options);
  Client first(server_->port());
  Client second(server_->port());
  first.send_text("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  second.send_text("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(first.read_answers().starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(second.read_answers().starts_with("HTTP/1.1 200"));
  Client third(server_->port());
  EXPECT_TRUE(third.closed_within(milliseconds(2'000)));
  first.send_text("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(first.read_answers().find("/b|"), std::string::npos);
}

TEST_F(ServerTest, StoppingLetsARunningRequestEndAndClosesIdleOnes) {
  start();
  Client idle(server_->port());
  Client busy(server_->port());
  busy.send_text("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(100));
  std::jthread stopper([this] { server_->stop(milliseconds(5'000)); });
  EXPECT_TRUE(idle.closed_within(milliseconds(2'000)));
  const std::string text = busy.read_answers();
  EXPECT_NE(text.find("/slow|"), std::string::npos) << text;
  EXPECT_NE(text.find("Connection: close"), std::string::npos) << text;
  stopper.join();
  EXPECT_FALSE(Client(server_->port()).connected());
}

TEST_F(ServerTest, ManyIdleConnectionsDoNotStopService) {
  start();
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 300; ++i) {
    idle.push_back(std::make_unique<Client>(server_->port()));
  }
  EXPECT_NE(ask("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").find("/a|"), std::string::npos);
}

TEST(ServerStart, RefusesAPublicAddressWithoutTls) {
  Echo echo;
  const auto started = Server::start({.listen = {"0.0.0.0", 0}}, echo);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::usage);
  EXPECT_NE(started.error().hint.find("--tls-certificate"), std::string::npos);
}

TEST(ServerStart, RefusesTlsFilesThatAreNotThere) {
  Echo echo;
  ServerOptions options{.listen = {"127.0.0.1", 0}};
  options.tls = TlsOptions{.certificate_file = "/nonexistent/a", .key_file = "/nonexistent/b"};
  const auto started = Server::start(options, echo);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().where.source, "/nonexistent/a");
}

TEST(ServerStart, SaysThatAnAddressIsTaken) {
  Echo echo;
  const auto first = Server::start({.listen = {"127.0.0.1", 0}}, echo);
  ASSERT_TRUE(first);
  const auto second = Server::start({.listen = {"127.0.0.1", (*first)->port()}}, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::io);
}

}  // namespace
}  // namespace tocsin::net
