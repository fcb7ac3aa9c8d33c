// The client over real sockets on loopback: good servers, wrong certificates, proxies, and hostile servers.
#include "net/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "net/authorization.h"
#include "net/gzip.h"
#include "net/server.h"

namespace tocsin::net {
namespace {

using std::chrono::milliseconds;

class Desk final : public Handler {
 public:
  std::optional<Response> refuse(const Request&) override { return std::nullopt; }
  Response handle(const Request& request) override {
    ++handled;
    Response response;
    if (request.target == "/moved") {
      response.status = 307;
      response.add("Location", "sub/../there?x=1");
    } else if (request.target == "/elsewhere") {
      response.status = 302;
      response.add("Location", "https://other.example/there");
    } else if (request.target == "/round") {
      response.status = 301;
      response.add("Location", "/round");
    } else if (request.target == "/gzip") {
      response.add("Content-Encoding", "gzip");
      response.body = gzip(std::string(100'000, 'z'));
    } else if (request.target == "/bomb") {
      response.add("Content-Encoding", "gzip");
      response.body = gzip(std::string(20'000'000, '\0'));
    } else if (request.target == "/brotli") {
      response.add("Content-Encoding", "br");
      response.body = "x";
    } else {
      response.status = request.target == "/teapot" ? 429 : 200;
      response.add("Retry-After", "7").add("X-Authorization", std::string(request.header("Authorization")));
      response.add("X-Certificate", request.client_certificate);
      response.body = request.method + " " + request.target + " " + request.body;
    }
    return response;
  }
  Response error(int status) override {
    Response response;
    response.status = status;
    return response;
  }
  std::atomic<int> handled = 0;
};

ClientOptions quick() {
  ClientOptions options;
  options.connect_time_max = milliseconds(500);
  options.handshake_time_max = milliseconds(500);
  options.answer_time_max = milliseconds(400);
  options.body_time_base = milliseconds(400);
  options.body_bytes_max = 1'000'000;
  return options;
}

std::unique_ptr<Client> client_with(const ClientOptions& options) {
  auto client = start_client(options);
  EXPECT_TRUE(client) << client.error().text();
  return std::move(*client);
}

Asking get(const std::string& url) {
  Asking asking;
  auto parsed = parse_url(url);
  EXPECT_TRUE(parsed) << url;
  asking.url = *parsed;
  return asking;
}

std::unique_ptr<Server> server_with(Handler& handler, std::optional<TlsOptions> tls = std::nullopt) {
  ServerOptions options;
  options.listen = {"127.0.0.1", 0};
  options.tls = std::move(tls);
  auto server = Server::start(std::move(options), handler);
  EXPECT_TRUE(server) << server.error().text();
  return std::move(*server);
}

TEST(Client, AsksAndKeepsItsConnection) {
  Desk desk;
  const auto server = server_with(desk);
  const auto client = client_with(quick());
  const std::string base = fmt::format("http://127.0.0.1:{}", server->port());
  for (int round = 0; round < 3; ++round) {
    const auto answer = client->send(get(base + "/a?b=c"));
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->body, "GET /a?b=c ");
  }
  EXPECT_EQ(server->counts().connections_open, 1U);
  Asking post = get(base + "/p");
  post.method = "POST";
  post.body = std::string(300'000, 'b');
  post.headers.push_back({"Authorization", "Bearer t"});
  const auto posted = client->send(post);
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->body.size(), 300'000U + 8);
  EXPECT_EQ(posted->header("X-Authorization"), "Bearer t");
  const auto refused = client->send(get(base + "/teapot"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(retry_after(*refused, Time{0}), std::chrono::seconds(7));
  Asking head = get(base + "/h");
  head.method = "HEAD";
  const auto headed = client->send(head);
  ASSERT_TRUE(headed) << headed.error().text();
  EXPECT_EQ(headed->body, "");
  EXPECT_EQ(client->send(get(base + "/after"))->body, "GET /after ");
}

TEST(Client, AsksFromManyThreads) {
  Desk desk;
  const auto server = server_with(desk);
  const auto client = client_with(quick());
  std::atomic<int> good = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int at = 0; at < 25; ++at) {
        const auto answer = client->send(get(fmt::format("http://127.0.0.1:{}/{}-{}", server->port(), t, at)));
        good += answer && answer->body == fmt::format("GET /{}-{} ", t, at) ? 1 : 0;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 200);
}

TEST(Client, FollowsRedirectionsWithinTheOriginOnly) {
  Desk desk;
  const auto server = server_with(desk);
  const auto client = client_with(quick());
  const std::string base = fmt::format("http://127.0.0.1:{}", server->port());
  const auto moved = client->send(get(base + "/moved"));
  ASSERT_TRUE(moved) << moved.error().text();
  EXPECT_EQ(moved->body, "GET /there?x=1 ");
  const auto elsewhere = client->send(get(base + "/elsewhere"));
  ASSERT_FALSE(elsewhere);
  EXPECT_NE(elsewhere.error().message.find("other.example"), std::string::npos);
  const auto round = client->send(get(base + "/round"));
  ASSERT_FALSE(round);
  EXPECT_EQ(desk.handled, 2 + 1 + 6);
  Asking post = get(base + "/moved");
  post.method = "POST";
  EXPECT_EQ(client->send(post)->status, 307) << "a body is not sent a second time";
}

TEST(Client, DecompressesWithinABound) {
  Desk desk;
  const auto server = server_with(desk);
  const auto client = client_with(quick());
  const std::string base = fmt::format("http://127.0.0.1:{}", server->port());
  EXPECT_EQ(client->send(get(base + "/gzip"))->body, std::string(100'000, 'z'));
  const auto bomb = client->send(get(base + "/bomb"));
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().code, ErrorCode::limit);
  EXPECT_FALSE(client->send(get(base + "/brotli")));
  EXPECT_FALSE(gunzip("not gzip", 100));
  EXPECT_FALSE(gunzip(gzip("abc").substr(0, 12), 100));
  EXPECT_EQ(*gunzip(gzip("abc") + gzip("def"), 6), "abcdef");
  EXPECT_FALSE(gunzip(gzip("abcdefg"), 6));
}

TEST(Client, RefusesWhatMustNotLeave) {
  const auto client = client_with(quick());
  const auto clear = client->send(get("http://192.0.2.1/"));
  ASSERT_FALSE(clear);
  EXPECT_EQ(clear.error().code, ErrorCode::usage);
  Asking bad = get("https://127.0.0.1/");
  bad.headers.push_back({"X", "a\r\nY: b"});
  ASSERT_FALSE(client->send(bad));
  bad.headers = {{"X:", "a"}};
  EXPECT_EQ(client->send(bad).error().code, ErrorCode::usage);
  bad.headers = {};
  bad.url.target = "/ HTTP/1.1\r\nX: y";
  EXPECT_EQ(client->send(bad).error().code, ErrorCode::usage);
}

// A server that does what a script says with each connection.
class Rogue {
 public:
  explicit Rogue(std::function<void(int)> script)
      : script_(std::move(script)), socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    listen(socket_, 16);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] {
      for (;;) {
        const int peer = accept(socket_, nullptr, nullptr);
        if (peer < 0) {
          return;
        }
        ++accepted;
        script_(peer);
        close(peer);
      }
    });
  }
  Rogue(const Rogue&) = delete;
  ~Rogue() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }
  std::string url(std::string_view target = "/") const { return fmt::format("http://127.0.0.1:{}{}", port_, target); }
  std::uint16_t port() const { return port_; }
  std::atomic<int> accepted = 0;

  // Until the end of a header.
  static std::string take(int peer) {
    std::string out;
    char byte = 0;
    while (!out.ends_with("\r\n\r\n") && recv(peer, &byte, 1, 0) == 1) {
      out += byte;
    }
    return out;
  }
  static bool give(int peer, std::string_view text) {
    return send(peer, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }

 private:
  std::function<void(int)> script_;
  int socket_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

Error error_of(std::function<void(int)> script, ClientOptions options = quick()) {
  const Rogue rogue(std::move(script));
  const auto client = client_with(options);
  const auto begun = std::chrono::steady_clock::now();
  const auto answer = client->send(get(rogue.url()));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
  EXPECT_FALSE(answer);
  return answer ? Error{} : answer.error();
}

TEST(Client, EndsWhatHostileServersBegin) {
  // Headers without end.
  EXPECT_EQ(error_of([](int peer) {
              Rogue::take(peer);
              Rogue::give(peer, "HTTP/1.1 200 OK\r\n");
              while (Rogue::give(peer, "X-Filler: 0123456789012345678901234567890123456789\r\n")) {
              }
            }).code,
            ErrorCode::limit);
  // A length beyond the bound; a body beyond it without a length; chunks beyond it.
  EXPECT_EQ(error_of([](int peer) {
              Rogue::take(peer);
              Rogue::give(peer, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
              Rogue::take(peer);
            }).code,
            ErrorCode::limit);
  EXPECT_EQ(error_of([](int peer) {
              Rogue::take(peer);
              Rogue::give(peer, "HTTP/1.1 200 OK\r\n\r\n");
              while (Rogue::give(peer, std::string(10'000, 'x'))) {
              }
            }).code,
            ErrorCode::limit);
  EXPECT_EQ(error_of([](int peer) {
              Rogue::take(peer);
              Rogue::give(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
              while (Rogue::give(peer, "2710\r\n" + std::string(10'000, 'x') + "\r\n")) {
              }
            }).code,
            ErrorCode::limit);
  // Less than was said.
  EXPECT_EQ(error_of([](int peer) {
              Rogue::take(peer);
              Rogue::give(peer, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
            }).code,
            ErrorCode::io);
  // No HTTP at all; two lengths; only interim answers.
  EXPECT_EQ(error_of([](int peer) {
              Rogue::take(peer);
              Rogue::give(peer, "SSH-2.0-OpenSSH_9\r\n\r\n");
            }).code,
            ErrorCode::syntax);
  EXPECT_EQ(error_of([](int peer) {
              Rogue::take(peer);
              Rogue::give(peer, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd");
            }).code,
            ErrorCode::syntax);
  EXPECT_EQ(error_of([](int peer) {
              Rogue::take(peer);
              while (Rogue::give(peer, "HTTP/1.1 103 Early Hints\r\n\r\n")) {
              }
            }).code,
            ErrorCode::syntax);
}

TEST(Client, WaitsForNobodyForever) {
  // Nothing; a byte now and then in the header; a body that trickles.
  EXPECT_NE(error_of([](int peer) {
              Rogue::take(peer);
              Rogue::take(peer);
            }).message.find("too long"),
            std::string::npos);
  EXPECT_NE(error_of([](int peer) {
              Rogue::take(peer);
              while (Rogue::give(peer, "H")) {
                std::this_thread::sleep_for(milliseconds(50));
              }
            }).message,
            "");
  EXPECT_NE(error_of([](int peer) {
              Rogue::take(peer);
              Rogue::give(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
              while (Rogue::give(peer, "x")) {
                std::this_thread::sleep_for(milliseconds(30));
              }
            }).message.find("too long"),
            std::string::npos);
  // A reset.
  EXPECT_EQ(error_of([](int peer) {
              Rogue::take(peer);
              const linger now{1, 0};
              setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, sizeof now);
            }).code,
            ErrorCode::io);
}

TEST(Client, ReadsAnswersOfEveryHonestForm) {
  const Rogue rogue([](int peer) {
    const std::string head = Rogue::take(peer);
    if (head.find("/chunks") != std::string::npos) {
      Rogue::give(peer,
                  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n");
    } else {
      Rogue::give(peer, "HTTP/1.0 200 OK\r\nX-Twice: 1\r\n\r\nto the end");
    }
  });
  const auto client = client_with(quick());
  const auto chunks = client->send(get(rogue.url("/chunks")));
  ASSERT_TRUE(chunks) << chunks.error().text();
  EXPECT_EQ(chunks->body, "abcde");
  const auto closed = client->send(get(rogue.url("/end")));
  ASSERT_TRUE(closed) << closed.error().text();
  EXPECT_EQ(closed->body, "to the end");
}

TEST(Client, AsksAgainWhereAKeptConnectionIsGone) {
  std::atomic<int> asked = 0;
  const Rogue rogue([&](int peer) {
    Rogue::take(peer);
    ++asked;
    Rogue::give(peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    if (asked == 1) {
      // The second question comes, and is answered by an end.
      Rogue::take(peer);
      ++asked;
    }
  });
  const auto client = client_with(quick());
  ASSERT_TRUE(client->send(get(rogue.url())));
  const auto again = client->send(get(rogue.url()));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->body, "ok");
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(rogue.accepted, 2);
}

TEST(Client, CanBeCancelled) {
  const Rogue rogue([](int peer) {
    Rogue::take(peer);
    Rogue::take(peer);
  });
  ClientOptions options = quick();
  options.answer_time_max = std::chrono::seconds(30);
  const auto client = client_with(options);
  std::jthread other([&] {
    std::this_thread::sleep_for(milliseconds(100));
    client->cancel();
  });
  const auto begun = std::chrono::steady_clock::now();
  const auto answer = client->send(get(rogue.url()));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::interrupted);
  EXPECT_EQ(client->send(get(rogue.url())).error().code, ErrorCode::interrupted);
}

// Certificates for one test.
class Certificates : public ::testing::Test {
 protected:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
  struct Pair {
    Key key{nullptr, EVP_PKEY_free};
    Certificate certificate{nullptr, X509_free};
    std::string key_file, certificate_file;
  };

  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("tocsin-client-test-{}", getpid());
    std::filesystem::create_directories(folder_);
    authority_ = make("authority", "", -1, 1, nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // `names` as X.509 has them: "IP:127.0.0.1,DNS:localhost"; empty: an authority. Valid from and to in days from now.
  Pair make(const std::string& name, const std::string& names, int from, int to, const Pair* issuer) {
    Pair pair;
    pair.key.reset(EVP_EC_gen("P-256"));
    pair.certificate.reset(X509_new());
    X509* one = pair.certificate.get();
    X509_set_version(one, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(one), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(one), from * 86'400L);
    X509_gmtime_adj(X509_getm_notAfter(one), to * 86'400L);
    X509_set_pubkey(one, pair.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(one), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* signer = issuer != nullptr ? issuer->certificate.get() : one;
    X509_set_issuer_name(one, X509_get_subject_name(signer));
    X509V3_CTX context;
    X509V3_set_ctx(&context, signer, one, nullptr, nullptr, 0);
    const auto extend = [&](int kind, const std::string& value) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
      X509_add_ext(one, extension, -1);
      X509_EXTENSION_free(extension);
    };
    extend(NID_basic_constraints, names.empty() ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!names.empty()) {
      extend(NID_subject_alt_name, names);
    }
    X509_sign(one, issuer != nullptr ? issuer->key.get() : pair.key.get(), EVP_sha256());
    pair.key_file = write(name + ".key", [&](BIO* out) {
      PEM_write_bio_PrivateKey(out, pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    pair.certificate_file = write(name + ".pem", [&](BIO* out) { PEM_write_bio_X509(out, one); });
    return pair;
  }
  // What a client says to a server that shows this certificate.
  std::string ask(const Pair& shown, const std::string& host, ClientOptions options) {
    Desk desk;
    const auto server =
        server_with(desk, TlsOptions{.certificate_file = shown.certificate_file, .key_file = shown.key_file});
    const auto client = client_with(options);
    const auto answer = client->send(get(fmt::format("https://{}:{}/t", host, server->port())));
    EXPECT_EQ(desk.handled, answer ? 1 : 0);
    return answer ? answer->body : answer.error().message;
  }
  ClientOptions trusting(const Pair& whom) {
    ClientOptions options = quick();
    options.handshake_time_max = std::chrono::seconds(5);
    options.ca_file = whom.certificate_file;
    return options;
  }

  Pair authority_;

 private:
  std::string write(const std::string& name, const std::function<void(BIO*)>& print) {
    const std::string path = (folder_ / name).string();
    BIO* out = BIO_new_file(path.c_str(), "w");
    print(out);
    BIO_free(out);
    return path;
  }
  std::filesystem::path folder_;
  long serial_ = 0;
};

TEST_F(Certificates, TheRightOneIsTaken) {
  const Pair good = make("good", "IP:127.0.0.1,DNS:localhost", -1, 1, &authority_);
  EXPECT_EQ(ask(good, "127.0.0.1", trusting(authority_)), "GET /t ");
  EXPECT_EQ(ask(good, "localhost", trusting(authority_)), "GET /t ");
  EXPECT_EQ(ask(good, "127.0.0.1", trusting(good)), "GET /t ") << "the server's own certificate is enough";
}

TEST_F(Certificates, WrongOnesAreRefused) {
  const Pair other_host = make("other", "DNS:other.example", -1, 1, &authority_);
  EXPECT_NE(ask(other_host, "127.0.0.1", trusting(authority_)).find("IP address mismatch"), std::string::npos);
  EXPECT_NE(ask(other_host, "localhost", trusting(authority_)).find("hostname mismatch"), std::string::npos);
  const Pair expired = make("expired", "IP:127.0.0.1", -10, -1, &authority_);
  EXPECT_NE(ask(expired, "127.0.0.1", trusting(authority_)).find("expired"), std::string::npos);
  const Pair early = make("early", "IP:127.0.0.1", 1, 10, &authority_);
  EXPECT_NE(ask(early, "127.0.0.1", trusting(authority_)).find("not yet valid"), std::string::npos);
  const Pair self_signed = make("self", "IP:127.0.0.1", -1, 1, nullptr);
  EXPECT_NE(ask(self_signed, "127.0.0.1", trusting(authority_)).find("certificate"), std::string::npos);
  EXPECT_NE(ask(self_signed, "127.0.0.1",
                [] {
                  ClientOptions options = quick();
                  options.handshake_time_max = std::chrono::seconds(5);
                  return options;
                }())
                .find("self-signed"),
            std::string::npos)
      << "also where the system's authorities count";
}

TEST_F(Certificates, AClientShowsItsOwn) {
  const Pair good = make("good", "IP:127.0.0.1", -1, 1, &authority_);
  const Pair mine = make("mine", "DNS:client", -1, 1, &authority_);
  Desk desk;
  const auto server = server_with(desk, TlsOptions{.certificate_file = good.certificate_file,
                                                   .key_file = good.key_file,
                                                   .client_ca_file = authority_.certificate_file,
                                                   .client_certificate_required = true});
  const std::string url = fmt::format("https://127.0.0.1:{}/t", server->port());
  ClientOptions options = trusting(authority_);
  EXPECT_FALSE(client_with(options)->send(get(url)));
  options.certificate_file = mine.certificate_file;
  options.key_file = mine.key_file;
  const auto shown = client_with(options)->send(get(url));
  ASSERT_TRUE(shown) << shown.error().text();
  EXPECT_EQ(shown->header("X-Certificate").size(), 64U);
  options.key_file = good.key_file;
  EXPECT_FALSE(start_client(options)) << "a key that does not belong to the certificate";
  options = trusting(authority_);
  options.ca_file = good.key_file;
  EXPECT_FALSE(start_client(options));
}

// Around the size of a TLS record and of the buffers between: what is asked comes back whole, in both directions.
TEST_F(Certificates, BodiesOfAnySizeArriveWhole) {
  const Pair good = make("good", "IP:127.0.0.1", -1, 1, &authority_);
  Desk desk;
  const auto server =
      server_with(desk, TlsOptions{.certificate_file = good.certificate_file, .key_file = good.key_file});
  const auto client = client_with(trusting(authority_));
  Asking post = get(fmt::format("https://127.0.0.1:{}/p", server->port()));
  post.method = "POST";
  for (const std::size_t size : {0, 1, 4'095, 8'192, 15'900, 16'200, 16'383, 16'384, 16'385, 16'500, 17'408, 32'768,
                                 65'535, 65'536, 65'537, 131'072, 500'000}) {
    post.body = std::string(size, 'a');
    if (size > 0) {
      post.body.back() = 'z';
    }
    const auto answer = client->send(post);
    ASSERT_TRUE(answer) << size << ": " << answer.error().text();
    EXPECT_EQ(answer->body, "POST /p " + post.body) << size;
  }
}

// A proxy that forwards to the one place it is told; hosts are asked by a name that only the proxy knows.
TEST_F(Certificates, AProxyLeadsToTheServer) {
  const Pair good = make("good", "DNS:taxii.example", -1, 1, &authority_);
  Desk desk;
  const auto server =
      server_with(desk, TlsOptions{.certificate_file = good.certificate_file, .key_file = good.key_file});
  std::string asked;
  std::string refuse_with;
  const Rogue proxy([&](int peer) {
    asked = Rogue::take(peer);
    if (!refuse_with.empty()) {
      Rogue::give(peer, refuse_with);
      return;
    }
    const int onward = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server->port());
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    ASSERT_EQ(connect(onward, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    Rogue::give(peer, "HTTP/1.1 200 Connection established\r\n\r\n");
    for (;;) {
      pollfd both[2] = {{peer, POLLIN, 0}, {onward, POLLIN, 0}};
      if (poll(both, 2, 5'000) <= 0) {
        break;
      }
      char bytes[4096];
      const bool from_peer = both[0].revents != 0;
      const ssize_t got = recv(from_peer ? peer : onward, bytes, sizeof bytes, 0);
      if (got <= 0 || !Rogue::give(from_peer ? onward : peer, {bytes, static_cast<std::size_t>(got)})) {
        break;
      }
    }
    close(onward);
  });
  ClientOptions options = trusting(authority_);
  options.proxy.proxy = Proxy{"127.0.0.1", proxy.port(), "me", "p:w"};
  const auto answer = client_with(options)->send(get("https://taxii.example/t"));
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->body, "GET /t ");
  EXPECT_TRUE(asked.starts_with("CONNECT taxii.example:443 HTTP/1.1\r\n")) << asked;
  EXPECT_NE(asked.find("Proxy-Authorization: Basic " + base64_encode("me:p:w")), std::string::npos);
  refuse_with = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
  const auto refused = client_with(options)->send(get("https://taxii.example/t"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("password"), std::string::npos);
  refuse_with = "HTTP/1.1 200 OK\r\n\r\n\x16\x03\x01";
  EXPECT_FALSE(client_with(options)->send(get("https://taxii.example/t")));
  const int before = proxy.accepted;
  EXPECT_FALSE(client_with(options)->send(get("https://127.0.0.1:1/t")));
  EXPECT_EQ(proxy.accepted, before) << "this machine is asked directly";
}

TEST(Proxy, ComesFromTheEnvironment) {
  std::map<std::string, std::string> environment = {{"HTTPS_PROXY", "http://me:p%3Aw@proxy.example:8080/"},
                                                    {"no_proxy", " .internal.example, Host.Example ,10.0.0.1,"}};
  const auto variable = [&](const char* name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  const auto settings = proxy_from(variable);
  ASSERT_TRUE(settings) << settings.error().text();
  ASSERT_TRUE(settings->proxy);
  EXPECT_EQ(settings->proxy->host, "proxy.example");
  EXPECT_EQ(settings->proxy->port, 8080);
  EXPECT_EQ(settings->proxy->user, "me");
  EXPECT_EQ(settings->proxy->password, "p:w");
  EXPECT_TRUE(asked_directly("a.internal.example", settings->direct));
  EXPECT_TRUE(asked_directly("host.example", settings->direct));
  EXPECT_TRUE(asked_directly("sub.host.example", settings->direct));
  EXPECT_TRUE(asked_directly("10.0.0.1", settings->direct));
  EXPECT_FALSE(asked_directly("ghost.example", settings->direct));
  EXPECT_FALSE(asked_directly("internal.example.org", settings->direct));
  EXPECT_TRUE(asked_directly("anything", {"*"}));
  EXPECT_EQ(parse_proxy("proxy")->port, 3128);
  EXPECT_EQ(parse_proxy("http://proxy:80")->port, 80);
  EXPECT_EQ(parse_proxy("[::1]:99")->host, "::1");
  EXPECT_FALSE(parse_proxy("socks5://proxy:1080"));
  EXPECT_FALSE(parse_proxy("http://a:b%zz@proxy"));
  const auto bad = parse_proxy("http://me:geheim@pro xy");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().text().find("geheim"), std::string::npos);
  environment.clear();
  EXPECT_FALSE(proxy_from(variable)->proxy);
}

TEST(RetryAfter, IsSecondsOrADate) {
  const auto of = [](std::string value) {
    Response response;
    response.add("retry-after", std::move(value));
    return retry_after(response, parse_iso8601("1994-11-06T08:49:00Z").value_or(ParsedTime{}).time);
  };
  EXPECT_EQ(of("120"), std::chrono::seconds(120));
  EXPECT_EQ(of("Sun, 06 Nov 1994 08:49:37 GMT"), std::chrono::seconds(37));
  EXPECT_EQ(of("Sun, 06 Nov 1994 08:00:00 GMT"), std::chrono::seconds(0));
  EXPECT_EQ(of("99999999999999999999999"), limits::retry_after_max);
  EXPECT_EQ(of("Sun, 06 Nov 9994 08:49:37 GMT"), limits::retry_after_max);
  EXPECT_EQ(of("-5"), std::nullopt);
  EXPECT_EQ(of("soon"), std::nullopt);
  EXPECT_EQ(of(""), std::nullopt);
}

TEST(Url, IsReadAsItsGrammarHasIt) {
  const auto url = parse_url("HTTPS://Taxii.Example:8443/taxii2/?a=b#c");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->text(), "https://taxii.example:8443/taxii2/?a=b");
  EXPECT_EQ(parse_url("https://h")->text(), "https://h/");
  EXPECT_EQ(parse_url("https://h?x")->target, "/?x");
  EXPECT_EQ(parse_url("https://h:443/")->authority(), "h");
  EXPECT_EQ(parse_url("http://[::1]:80/")->authority(), "[::1]");
  EXPECT_TRUE(parse_url("http://[::1]/")->loopback());
  EXPECT_TRUE(parse_url("http://127.8.9.1/")->loopback());
  EXPECT_FALSE(parse_url("http://127.0.0.1.evil.example/")->loopback());
  for (const char* bad : {"", "h", "ftp://h/", "https:h", "https://", "https:///x", "https://u:secret@h/",
                          "https://h:0/", "https://h:65536/", "https://h:8x/", "https://h/a b", "https://h/\xC3\xA4",
                          "https://\xC3\xA4/", "https://[::1/", "https://[x]/", "https://h/\r\nX: y"}) {
    const auto wrong = parse_url(bad);
    ASSERT_FALSE(wrong) << bad;
    EXPECT_EQ(wrong.error().text().find("secret"), std::string::npos);
  }
}

TEST(Url, IsResolved) {
  const Url base = *parse_url("https://h:8/a/b/c?q");
  for (const auto& [reference, expected] : std::map<std::string, std::string>{{"", "https://h:8/a/b/c?q"},
                                                                              {"d/", "https://h:8/a/b/d/"},
                                                                              {"/d/e", "https://h:8/d/e"},
                                                                              {"../d?x", "https://h:8/a/d?x"},
                                                                              {"../../../../d", "https://h:8/d"},
                                                                              {".", "https://h:8/a/b/"},
                                                                              {"..", "https://h:8/a/"},
                                                                              {"./d//e", "https://h:8/a/b/d//e"},
                                                                              {"?z", "https://h:8/a/b/c?z"},
                                                                              {"//o/x", "https://o/x"},
                                                                              {"http://o/x", "http://o/x"},
                                                                              {"d:8", ""},
                                                                              {"a b", ""}}) {
    const auto url = resolve_url(base, reference);
    EXPECT_EQ(url ? url->text() : "", expected) << reference;
  }
  EXPECT_EQ(percent_encode("a b/+\xC3\xA4~"), "a%20b%2F%2B%C3%A4~");
}

}  // namespace
}  // namespace tocsin::net
