// Does any answer tell a reader of what is hidden from it? Random worlds against an oracle that knows only
// docs/release.md, and every world once more without what one reader may not see: the answers must be the same bytes.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include <fmt/format.h>

#include "taxii/leak_world.h"
#include "taxii/object_header.h"
#include "taxii/release.h"
#include "taxii/test_node.h"
#include "wire/json.h"

namespace tocsin::taxii::test {

#ifdef TOCSIN_LEAK_MUTANTS
extern int mutant;
int mutant = 0;
#endif

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
[[maybe_unused]] constexpr bool sanitized = true;
#else
[[maybe_unused]] constexpr bool sanitized = false;
#endif

const std::string base = "/api/collections/c1/";

std::unique_ptr<TestNode> make_node(const World& world) {
  auto node = std::make_unique<TestNode>();
  EXPECT_TRUE(node->store->put_root({.name = "api", .title = "A", .description = "", .max_content_length = 0}));
  store::Collection collection;
  collection.root = "api";
  collection.id = collection.title = "c1";
  EXPECT_TRUE(node->store->put_collection(collection));
  for (const Person& one : world.people) {
    node->add_user(one.name, {{"api", "c1", true, true}}, one.organisation);
  }
  return node;
}

struct Answered {
  int status = 0;
  std::string body, dates;
};

Answered ask(TestNode& node, std::int64_t ticks, const std::string& user, const std::string& method,
             const std::string& target, const std::string& body = "") {
  node.clock.ticks = ticks;
  const net::Response response = node.ask(method, target, user, body);
  Answered out{response.status, response.body, ""};
  for (const auto& header : response.headers) {
    if (header.name.starts_with("X-TAXII")) {
      out.dates += header.value + " ";
    }
  }
  return out;
}

// The bytes of the objects of a page, and the token that it gives.
struct Page {
  std::vector<std::string> objects;
  std::string next;
};
Page read_page(const std::string& body) {
  Page out;
  const auto tree = wire::parse_json(body);
  if (!tree) {
    ADD_FAILURE() << body;
    return out;
  }
  out.next = tree->string_or("next", "");
  for (const char* list : {"objects", "versions"}) {
    if (const wire::Json* items = tree->find(list)) {
      for (const wire::Json& item : items->items) {
        out.objects.push_back(item.kind == wire::Json::Kind::string
                                  ? item.text
                                  : std::string(item.string_or("id", "")) + " " +
                                        std::string(item.string_or(
                                            "modified", item.string_or("created", item.string_or("version", "")))));
      }
    }
  }
  return out;
}

// A token is sealed with a nonce of its own, so it never is the same twice; it has one length.
std::string without_token(std::string body) {
  const std::size_t at = body.find("\"next\":\"");
  if (at != std::string::npos) {
    const std::size_t end = body.find('"', at + 8);
    body.replace(at, end - at, "\"next\":\"" + std::to_string(end - at));
  }
  // The id of a status is random, too.
  if (const std::size_t id = body.find("{\"id\":\""); id == 0 && body.find("\"status\":") != std::string::npos) {
    body.replace(7, 36, "?");
  }
  return body;
}

struct Step {
  bool post = true;
  Posted posted;
  std::string user, id;
};

class Leaks : public ::testing::Test {
 protected:
  static constexpr std::int64_t second = Time::ticks_per_second;
  static constexpr std::int64_t start = 1'700'000'000 * second;

  void play(std::uint64_t seed);
  void hold_against_oracle(World& world, TestNode& node, const std::string& user, std::int64_t at);
  void hold_against_less(World& world, TestNode& node, const std::string& user, std::int64_t at);
  std::uint64_t told_ = 0, hidden_ = 0, refused_ = 0, opened_ = 0;
};

void Leaks::hold_against_oracle(World& world, TestNode& node, const std::string& user, std::int64_t at) {
  const std::vector<const Posted*> expected = world.counted(user);
  told_ += expected.size();
  hidden_ += world.kept.size() - expected.size();
  for (const std::string resource : {"objects/", "manifest/"}) {
    std::vector<std::string> found;
    std::string all;
    const std::size_t limit = 1 + world.below(6);
    std::string next;
    for (int pages = 0; pages < 100; ++pages) {
      const Answered page =
          ask(node, at, user, "GET", fmt::format("{}{}?match[version]=all&limit={}{}", base, resource, limit, next));
      ASSERT_EQ(page.status, 200);
      const Page read = read_page(page.body);
      found.insert(found.end(), read.objects.begin(), read.objects.end());
      all += page.body;
      next = "&next=" + read.next;
      if (read.next.empty()) {
        break;
      }
    }
    ASSERT_EQ(found.size(), expected.size()) << user << " " << resource << "\n" << all;
    // The order is the reader's own: what a late definition opened stands where it came. It is compared below.
    std::vector<std::string> wanted;
    for (const Posted* one : expected) {
      wanted.push_back(one->id + " " +
                       (one->version.empty() ? date_text(Time{one->ticks}).substr(0, 10) : one->version));
      if (resource == "objects/") {
        ASSERT_NE(all.find(one->bytes), std::string::npos) << user << " misses " << one->bytes;
      }
    }
    for (std::string& one : found) {
      if (one.starts_with("ipv4-addr")) {
        one = one.substr(0, one.find(' ')) + " " + date_text(Time{start}).substr(0, 10);
      }
    }
    std::ranges::sort(wanted);
    std::ranges::sort(found);
    ASSERT_EQ(found, wanted) << user << " " << resource;
  }
  // One by one: what is there for this user, its versions and its last one; and nothing for the others.
  for (const std::string& id : world.ids()) {
    std::vector<std::string> versions;
    const Posted* last = nullptr;
    for (const Posted* one : expected) {
      if (one->id == id) {
        versions.push_back(one->version);
        last = last == nullptr || last->version <= one->version ? one : last;
      }
    }
    const Answered object = ask(node, at, user, "GET", base + "objects/" + id + "/");
    const Answered listed = ask(node, at, user, "GET", base + "objects/" + id + "/versions/");
    ASSERT_EQ(object.status, last == nullptr ? 404 : 200) << user << " " << id;
    ASSERT_EQ(listed.status, object.status);
    if (last != nullptr) {
      ASSERT_NE(object.body.find(last->bytes), std::string::npos) << user << " " << object.body << "\n" << last->bytes;
      if (!last->version.empty()) {
        std::vector<std::string> told = read_page(listed.body).objects;
        std::ranges::sort(told);
        std::ranges::sort(versions);
        ASSERT_EQ(told, versions) << user << " " << id;
      }
    }
  }
}

// The same world without anything that the user may not see.
void Leaks::hold_against_less(World& world, TestNode& node, const std::string& user, std::int64_t at) {
  const auto less = make_node(world);
  const std::vector<const Posted*> seen_before = world.seen(user);
  for (const Posted& one : world.kept) {
    // What the user brought is no secret from it, also where its own list of recipients does not name it.
    // A definition that says what something seen is marked with stands in it by name.
    const bool decides = one.is_definition && std::ranges::any_of(seen_before, [&](const Posted* other) {
                           return other->definition == one.id && other->writer == one.writer;
                         });
    if (one.writer != user && !decides && std::ranges::find(seen_before, &one) == seen_before.end()) {
      continue;
    }
    ObjectHeader header;
    ASSERT_TRUE(read_header(one.bytes, header));
    const store::NewVersion version = new_version(one.bytes, std::move(header), one.writer);
    const auto put = less->store->put({"api", "c1"}, {&version, 1}, Time{one.ticks + Time::ticks_per_second / 1000});
    if (put && put->front() != store::Put::stored) {
      // Another of the same version is there: what does not count is kept beside it.
      store::NewVersion beside = version;
      const auto there = less->store->versions({"api", "c1"}, one.id);
      ASSERT_TRUE(there);
      for (const store::RecordPointer& record : *there) {
        beside.unseen.push_back(record->sequence);
      }
      ASSERT_EQ(less->store->put({"api", "c1"}, {&beside, 1}, Time{one.ticks + Time::ticks_per_second / 1000})->front(),
                store::Put::stored);
    }
  }
  std::string written;
  const auto same = [&](const std::string& method, const std::string& target, const std::string& body = "") {
    if (HasFatalFailure()) {
      return;
    }
    if (method != "GET") {
      written += method + " " + target + " " + body + "\n";
    }
    const Answered here = ask(node, at, user, method, target, body);
    const Answered there = ask(*less, at, user, method, target, body);
    ASSERT_EQ(here.status, there.status) << user << " " << method << " " << target << body << "\n"
                                         << here.body << there.body;
    ASSERT_EQ(without_token(here.body), without_token(there.body))
        << user << " " << method << " " << target << body << "\nafter\n"
        << written;
    ASSERT_EQ(here.dates, there.dates) << user << " " << target;
  };
  const auto look = [&] {
    const std::string limit = "limit=" + std::to_string(1 + world.below(6));
    for (const std::string resource : {"objects/", "manifest/"}) {
      for (const std::string& query :
           {std::string("?"), std::string("?match[version]=first&"), std::string("?match[version]=all&"),
            "?match[type]=" + std::string(types[world.below(std::size(types))]) + "&",
            "?match[id]=" + world.ids()[world.below(world.ids().size())] + "&match[version]=all&",
            fmt::format("?match[version]=last,{}&", timestamp(world.below(3))),
            fmt::format("?added_after={}&",
                        date_text(Time{start + static_cast<std::int64_t>(world.below(30)) * second}))}) {
        same("GET", base + resource + query + limit);
      }
    }
    for (const std::string& id : world.ids()) {
      same("GET", base + "objects/" + id + "/");
      same("GET", base + "objects/" + id + "/versions/");
    }
    same("GET", "/api/collections/");
  };
  look();
  if (::testing::Test::HasFatalFailure()) {
    return;
  }
  // Writing must not tell either: what is hidden sent again, changed, newer; and deleted.
  World later = world;
  for (int times = 0; times < 3 && !world.kept.empty(); ++times) {
    at += second;
    const Posted& any = world.kept[world.below(world.kept.size())];
    std::string sent = any.bytes;
    if (world.below(2) == 0) {
      sent.insert(sent.size() - 1, R"(,"revoked":false)");
    }
    // Where a hidden version is left behind, what names the object vanishes with the last that was seen:
    // docs/release.md says so.
    const std::vector<const Posted*> seen = world.seen(user);
    const bool all_seen = std::ranges::all_of(world.kept, [&](const Posted& other) {
      return other.id != any.id || std::ranges::find(seen, &other) != seen.end();
    });
    const bool deletes = world.below(5) == 0 && all_seen;
    // Where the user's own act closes a version (it defines what its own is marked with, or deletes the definition that
    // opened another's), a version that did not count counts instead, and what that one uses is shown with it (rules
    // 15 and 17): rightly, and the smaller world does not have it.
    World with = later;
    if (deletes) {
      with.remove(user, any.id);
    } else {
      Posted again = any;
      again.writer = user;
      with.post(again);
    }
    const std::vector<const Posted*> seen_after = with.seen(user);
    const bool opens = std::ranges::any_of(seen_after, [&](const Posted* one) {
      const auto same_post = [&](const Posted* other) {
        return other->ticks == one->ticks && other->bytes == one->bytes && other->writer == one->writer;
      };
      return one->writer != user && std::ranges::none_of(seen, same_post);
    });
    if (opens) {
      ++opened_;
      continue;
    }
    later = std::move(with);
    if (deletes) {
      same("DELETE", base + "objects/" + any.id + "/");
    } else if (any.type != "ipv4-addr" && !any.is_definition) {
      same("POST", base + "objects/", "{\"objects\":[" + sent + "]}");
    } else {
      same("POST", base + "objects/", "{\"objects\":[" + any.bytes + "]}");
    }
    if (::testing::Test::HasFatalFailure()) {
      return;
    }
  }
  at += second;
  look();
}

void Leaks::play(std::uint64_t seed) {
  World world(seed);
  const auto node = make_node(world);
  std::int64_t at = start;
  for (std::size_t steps = 4 + world.below(16); steps > 0; --steps) {
    at += second;
    if (world.below(12) == 0) {
      const std::string id = world.ids()[world.below(world.ids().size())];
      const std::string& user = world.people[world.below(world.people.size())].name;
      const bool gone = world.remove(user, id);
      ASSERT_EQ(ask(*node, at, user, "DELETE", base + "objects/" + id + "/").status, gone ? 200 : 404) << user << id;
      continue;
    }
    Posted posted = world.invent();
    posted.ticks = at;
    const bool taken = world.post(posted);
    refused_ += taken ? 0 : 1;
    const Answered answer =
        ask(*node, at, posted.writer, "POST", base + "objects/", "{\"objects\":[" + posted.bytes + "]}");
    ASSERT_EQ(answer.status, 202) << answer.body;
    ASSERT_EQ(answer.body.find("\"failure_count\":0") != std::string::npos, taken)
        << posted.writer << " " << posted.bytes << "\n"
        << answer.body;
    // What became of it is told to nobody else.
    const std::string status = "/api/status/" + answer.body.substr(7, 36) + "/";
    for (const Person& one : world.people) {
      ASSERT_EQ(ask(*node, at, one.name, "GET", status).status, one.name == posted.writer ? 200 : 404) << status;
    }
  }
  at += second;
  for (const Person& one : world.people) {
    hold_against_oracle(world, *node, one.name, at);
    if (HasFatalFailure()) {
      return;
    }
  }
  hold_against_less(world, *node, world.people[world.below(world.people.size())].name, at);
}

#ifndef TOCSIN_LEAK_MUTANTS
TEST_F(Leaks, NoAnswerTellsOfWhatIsHidden) {
  const char* const one = std::getenv("TOCSIN_LEAK_SEED");
  const std::uint64_t first = one == nullptr ? 1 : std::strtoull(one, nullptr, 10);
  const char* const many = std::getenv("TOCSIN_LEAK_WORLDS");
  const std::uint64_t worlds = many != nullptr                         ? std::strtoull(many, nullptr, 10)
                               : one != nullptr                        ? 1
                               : std::getenv("TOCSIN_LONG") != nullptr ? (sanitized ? 50'000 : 1'000'000)
                               : sanitized                             ? 1'000
                                                                       : 20'000;
  for (std::uint64_t seed = first; seed < first + worlds; ++seed) {
    play(seed);
    if (HasFatalFailure()) {
      FAIL() << "world " << seed << ": TOCSIN_LEAK_SEED=" << seed << " plays it again";
    }
  }
  if (worlds >= 1000) {
    // Much is told and much is hidden, or the worlds say little.
    EXPECT_GT(told_, worlds * 10);
    EXPECT_GT(hidden_, worlds * 10);
    EXPECT_GT(refused_, worlds / 4);
    EXPECT_LT(opened_, worlds / 100);
  }
}
#else
// The same checks over a service with one deliberate bug (tests/support/leak_mutants.py): each must be noticed.
TEST_F(Leaks, EveryMutantIsCaught) {
  constexpr const char* names[] = {
#define MUTANT(name) #name,
#include "leak_mutants.def"
#undef MUTANT
  };
  for (std::size_t number = 0; number <= std::size(names); ++number) {
    mutant = static_cast<int>(number);
    ::testing::TestPartResultArray failures;
    const std::uint64_t worlds = number == 0 ? 20 : 5'000;
    std::uint64_t seed = 1;
    for (; seed <= worlds && failures.size() == 0; ++seed) {
      const ::testing::ScopedFakeTestPartResultReporter reporter(
          ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failures);
      play(seed);
    }
    if (number == 0) {
      EXPECT_EQ(failures.size(), 0) << "without a bug there is nothing to catch";
    } else {
      EXPECT_GT(failures.size(), 0) << names[number - 1] << " is not caught in " << worlds << " worlds";
    }
  }
}
#endif

}  // namespace
}  // namespace tocsin::taxii::test
