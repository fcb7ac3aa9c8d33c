// A node in memory for tests: a clock that tests move, randomness from a seed, one user, requests in one line.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "net/authorization.h"
#include "store/memory/memory_store.h"
#include "taxii/service.h"

namespace tocsin::taxii {

class TestClock final : public Clock {
 public:
  Time now() const override { return Time{ticks}; }
  std::atomic<std::int64_t> ticks = Time::from_seconds(1'700'000'000).ticks;
};

class TestRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) {
      state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
      byte = static_cast<std::uint8_t>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_ = 7;
};

inline constexpr trust::PasswordCost cheap_cost{.passes = 1, .memory_bytes = std::size_t{64} * 1024};

struct TestNode {
  std::unique_ptr<store::Store> store = store::make_memory_store();
  TestClock clock;
  TestRandom random;
  std::unique_ptr<Service> service = std::make_unique<Service>(*store, clock, random, ServiceOptions{.key = {1, 2, 3}});

  void add_user(std::string name, std::vector<store::Grant> grants, std::string organisation = "") {
    store::User user;
    user.password_hash = trust::hash_password("secret", {}, cheap_cost);
    user.name = std::move(name);
    user.grants = std::move(grants);
    user.organisation = std::move(organisation);
    if (!store->put_user(user)) {
      std::abort();
    }
  }
  net::Response ask(std::string method, std::string target, const std::string& user = "alice", std::string body = "") {
    clock.ticks += Time::ticks_per_second / 1000;
    net::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers.push_back({"Accept", "application/taxii+json;version=2.1"});
    if (!user.empty()) {
      request.headers.push_back({"Authorization", "Basic " + net::base64_encode(user + ":secret")});
    }
    if (!body.empty()) {
      request.headers.push_back({"Content-Type", "application/taxii+json;version=2.1"});
      request.headers.push_back({"Content-Length", std::to_string(body.size())});
    }
    request.body = std::move(body);
    return service->handle(request);
  }
};

inline std::string whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace tocsin::taxii
