// A TAXII server of one collection for tests, with the habits that real servers have: good and bad ways to page, dates
// cut short, answers lost on the way.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "net/client.h"
#include "net/target.h"
#include "stix/timestamp.h"

namespace tocsin::taxii {

// Hands what is asked to a function.
class TestTransport final : public net::Client {
 public:
  explicit TestTransport(std::function<Result<net::Response>(const net::Asking&)> answer)
      : answer_(std::move(answer)) {}
  Result<net::Response> send(const net::Asking& asking) override {
    ++asked;
    return answer_(asking);
  }
  void cancel() override {}
  int asked = 0;

 private:
  std::function<Result<net::Response>(const net::Asking&)> answer_;
};

inline net::Response taxii_answer(std::string body, int status = 200) {
  net::Response response;
  response.status = status;
  response.add("Content-Type", "application/taxii+json;version=2.1");
  response.body = std::move(body);
  return response;
}

struct TestServer {
  enum class Next { stateless, stateful, none };
  Next next = Next::stateless;
  bool dates = true;             // X-TAXII-Date-Added headers
  bool milliseconds = false;     // dates cut to them, in headers only
  std::size_t page_max = 1'000;  // whatever is asked for
  bool shuffled = false;         // not in order of date
  std::string date_header;       // what it says that the time is; empty: nothing
  double lost = 0;               // share of answers that are lost after the server made them
  double forgets = 0;            // share of tokens that it does not know any more
  std::uint32_t seed = 1;

  struct Object {
    std::int64_t microseconds;  // date_added
    std::string bytes;
  };
  std::vector<Object> objects;  // in order of date
  std::mt19937 random{seed};
  std::map<std::string, std::vector<std::size_t>> sessions;  // of stateful tokens: what is left

  static std::string id_of(std::size_t number) {
    return fmt::format("indicator--{:08x}-0000-4000-8000-000000000000", number);
  }
  void add(std::int64_t microseconds) {
    objects.push_back(
        {microseconds,
         fmt::format(R"({{"type":"indicator","spec_version":"2.1","id":"{}","created":"2020-01-01T00:00:00.000Z",)"
                     R"("modified":"2020-01-01T00:00:00.000Z","pattern":"[ipv4-addr:value = '1.2.3.4']",)"
                     R"("pattern_type":"stix","valid_from":"2020-01-01T00:00:00Z", "x_number" : {}}})",
                     id_of(objects.size()), objects.size())});
  }
  std::string date(std::int64_t microseconds) const {
    constexpr stix::Instant microsecond = stix::instants_per_second / 1'000'000;
    if (milliseconds) {
      microseconds -= microseconds % 1'000;
    }
    std::string text = stix::timestamp_text(stix::Instant{microseconds} * microsecond);
    return text;
  }

  Result<net::Response> answer(const net::Asking& asking) {
    net::Response response = page(asking);
    if (std::uniform_real_distribution<>(0, 1)(random) < lost) {
      return failure(ErrorCode::io, "the line broke");
    }
    return response;
  }

  net::Response page(const net::Asking& asking) {
    const auto target = net::parse_target(asking.url.target);
    std::map<std::string, std::string> query(target->query.begin(), target->query.end());
    std::size_t limit = page_max;
    if (query.contains("limit")) {
      limit = std::min(limit, static_cast<std::size_t>(std::stoul(query["limit"])));
    }
    std::vector<std::size_t> left;
    if (query.contains("next")) {
      const bool forgotten = std::uniform_real_distribution<>(0, 1)(random) < forgets;
      if (next == Next::stateful) {
        if (forgotten || !sessions.contains(query["next"])) {
          return taxii_answer("{}", 400);
        }
        left = sessions[query["next"]];
      } else {
        if (forgotten) {
          return taxii_answer("{}", 404);
        }
        for (std::size_t at = std::stoul(query["next"]); at < objects.size(); ++at) {
          left.push_back(at);
        }
      }
    } else {
      const auto after = stix::parse_timestamp(query["added_after"]);
      for (std::size_t at = 0; at < objects.size(); ++at) {
        if (!after || *stix::parse_timestamp(date(objects[at].microseconds)) > *after ||
            stix::Instant{objects[at].microseconds} * (stix::instants_per_second / 1'000'000) > *after) {
          left.push_back(at);
        }
      }
      if (shuffled && next == Next::stateful) {
        std::ranges::shuffle(left, random);
      }
    }
    const bool more = left.size() > limit;
    const std::size_t count = std::min(left.size(), limit);
    std::string body = fmt::format(R"({{"more":{},"objects":[)", more);
    for (std::size_t at = 0; at < count; ++at) {
      body += at == 0 ? "" : ",";
      body += objects[left[at]].bytes;
    }
    body += "]";
    if (more && next == Next::stateless) {
      body += fmt::format(R"(,"next":"{}")", left[count]);
    } else if (next == Next::stateful) {
      const std::string token = query.contains("next") ? query["next"] : fmt::format("s{}", sessions.size());
      if (more) {
        sessions[token] = std::vector<std::size_t>(left.begin() + static_cast<std::ptrdiff_t>(count), left.end());
        body += fmt::format(R"(,"next":"{}")", token);
      } else {
        sessions.erase(token);
      }
    }
    net::Response response = taxii_answer(body + "}");
    if (dates && count != 0) {
      response.add("X-TAXII-Date-Added-First", date(objects[left[0]].microseconds));
      response.add("X-TAXII-Date-Added-Last", date(objects[left[count - 1]].microseconds));
    }
    if (!date_header.empty()) {
      response.add("Date", date_header);
    }
    return response;
  }
};

}  // namespace tocsin::taxii
