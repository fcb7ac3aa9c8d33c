// The recorded conversations with the reference server, replayed on a node that was made from its data.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "support/corpus.h"
#include "taxii/medallion.h"
#include "taxii/test_node.h"
#include "wire/json.h"

namespace tocsin::taxii {
namespace {

using wire::Json;

bool six_digits(std::string_view text) {
  return text.size() == 27 && text[19] == '.' && text.ends_with('Z') && parse_iso8601(text).has_value();
}

struct Replay {
  std::string id, next;
  std::string where;

  // Whether `got` is what `wanted` says; the first difference otherwise.
  std::string difference(const Json& wanted, const Json& got, bool error_body) {
    if (wanted.kind == Json::Kind::string && wanted.text.starts_with('$')) {
      if (got.kind != Json::Kind::string || (wanted.text == "$time" && !six_digits(got.text))) {
        return "no " + wanted.text + ": " + got.text;
      }
      (wanted.text == "$id" ? id : wanted.text == "$next" ? next : where) = got.text;
      return {};
    }
    if (wanted.kind != got.kind || wanted.text != got.text || wanted.boolean != got.boolean) {
      return "wanted " + wanted.text + ", got " + got.text;
    }
    if (wanted.items.size() != got.items.size()) {
      return "a list of another length";
    }
    for (std::size_t at = 0; at < wanted.items.size(); ++at) {
      if (auto found = difference(wanted.items[at], got.items[at], error_body); !found.empty()) {
        return "[" + std::to_string(at) + "] " + found;
      }
    }
    for (const auto& [name, value] : wanted.members) {
      const Json* there = got.find(name);
      if (there == nullptr) {
        const bool may_miss =
            (name == "more" && !value.boolean) || ((name == "successes" || name == "failures") && value.items.empty());
        if (!may_miss) {
          return name + " is missing";
        }
      } else if (name == "api_roots" || name == "default") {
        continue;  // host and port are free
      } else if (auto found = difference(value, *there, error_body); !found.empty()) {
        return name + ": " + found;
      }
    }
    for (const auto& [name, value] : got.members) {
      if (wanted.find(name) == nullptr && !error_body) {
        return name + " is not wanted";
      }
    }
    return {};
  }
};

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

// Back into text: the tree keeps numbers and strings as they were.
void write(const Json& value, wire::JsonWriter& json) {
  switch (value.kind) {
    case Json::Kind::null:
      json.null();
      break;
    case Json::Kind::boolean:
      json.boolean(value.boolean);
      break;
    case Json::Kind::number:
      json.raw(value.text);
      break;
    case Json::Kind::string:
      json.string(value.text);
      break;
    case Json::Kind::array:
      json.begin_array();
      for (const Json& item : value.items) {
        write(item, json);
      }
      json.end_array();
      break;
    case Json::Kind::object:
      json.begin_object();
      for (const auto& [name, member] : value.members) {
        json.key(name);
        write(member, json);
      }
      json.end_object();
      break;
  }
}

net::Request request_of(const Json& step, const Replay& replay) {
  net::Request request;
  request.method = step.string_or("method", "");
  request.target = replaced(replaced(std::string(step.string_or("path", "")), "$id", replay.id), "$next", replay.next);
  for (const auto& [name, value] : step.find("headers")->members) {
    request.headers.push_back({name, value.text});
  }
  if (const std::string_view given = step.string_or("auth", ""); !given.empty()) {
    request.headers.push_back({"Authorization", "Basic " + net::base64_encode(given.substr(6))});
  }
  if (const Json* body = step.find("body"); body != nullptr && body->kind != Json::Kind::null) {
    wire::JsonWriter json(request.body);
    write(*body, json);
    request.headers.push_back({"Content-Length", std::to_string(request.body.size())});
  }
  return request;
}

void make_node(TestNode& node, const std::filesystem::path& folder) {
  const MoveOptions options{.now = node.clock.now(), .cost = cheap_cost};
  const auto moved = move_medallion_data(whole_file(folder / "medallion_default_data.json"), *node.store, options);
  ASSERT_TRUE(moved) << moved.error().text();
  EXPECT_EQ(moved->roots, 3U);
  EXPECT_EQ(moved->collections, 5U);
  EXPECT_EQ(moved->versions, 8U);
  EXPECT_EQ(moved->statuses, 2U);
  EXPECT_TRUE(moved->skipped.empty()) << moved->skipped.front();
  const auto users =
      move_medallion_users(whole_file(folder / "medallion_config.json"), *node.store, node.random, options);
  ASSERT_TRUE(users) << users.error().text();
  EXPECT_EQ(users->users, 1U);
}

TEST(Transcripts, EveryAnswerIsTheRecordedOne) {
  const auto corpus = test::corpus();
  if (corpus.empty() || !std::filesystem::is_directory(corpus / "taxii" / "transcripts")) {
    GTEST_SKIP() << "the corpus is absent: taxii/transcripts";
  }
  std::size_t conversations = 0;
  std::size_t steps = 0;
  for (const auto& file : std::filesystem::directory_iterator(corpus / "taxii" / "transcripts")) {
    TestNode node;
    make_node(node, corpus / "taxii");
    const auto transcript = wire::parse_json(whole_file(file.path()));
    ASSERT_TRUE(transcript) << file.path();
    Replay replay;
    ++conversations;
    for (const Json& step : transcript->find("steps")->items) {
      ++steps;
      node.clock.ticks += Time::ticks_per_second;
      const std::string where = file.path().filename().string() + " step " + std::to_string(steps);
      const net::Request request = request_of(*step.find("request"), replay);
      const net::Response response = node.service->handle(request);
      const Json& wanted = *step.find("response");
      const std::string status = wanted.find("status")->text;
      // A note in the transcripts: 404 is right where they have 403.
      EXPECT_TRUE(std::to_string(response.status) == status || (status == "403" && response.status == 404))
          << where << ": " << request.method << " " << request.target << ": " << response.status << " for " << status
          << "\n"
          << response.body;
      for (const auto& [name, value] : wanted.find("headers")->members) {
        const std::string got(response.header(name));
        if (value.text == "$time") {
          EXPECT_TRUE(six_digits(got)) << where << " " << name << ": " << got;
        } else if (value.text.find("$text") != std::string::npos) {
          EXPECT_TRUE(got.starts_with(value.text.substr(0, value.text.find("$text"))))
              << where << " " << name << ": " << got;
        } else {
          EXPECT_EQ(got, value.text) << where << " " << name;
        }
      }
      const Json* body = wanted.find("body");
      if (body == nullptr || body->kind == Json::Kind::null) {
        continue;
      }
      const auto got = wire::parse_json(response.body);
      ASSERT_TRUE(got) << where << "\n" << response.body;
      if (response.status >= 400) {
        EXPECT_EQ(got->string_or("http_status", ""), std::to_string(response.status)) << where;
        EXPECT_FALSE(got->string_or("title", "").empty()) << where;
        continue;
      }
      if (body->find("collections") != nullptr) {
        // Order is free, and what this user may neither read nor write is left out.
        for (const Json& one : got->find("collections")->items) {
          const auto& all = body->find("collections")->items;
          EXPECT_TRUE(
              std::ranges::any_of(all, [&](const Json& other) { return replay.difference(other, one, false).empty(); }))
              << where << " " << one.string_or("id", "");
        }
        EXPECT_EQ(got->find("collections")->items.size() + 1, body->find("collections")->items.size());
        continue;
      }
      EXPECT_EQ(replay.difference(*body, *got, false), "") << where << ": " << request.target << "\n" << response.body;
    }
  }
  EXPECT_EQ(conversations, 47U);
  EXPECT_EQ(steps, 108U);
}

}  // namespace
}  // namespace tocsin::taxii
