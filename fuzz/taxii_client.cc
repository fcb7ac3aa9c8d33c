// Arbitrary answers of a TAXII server through the whole client: discovery, pages, manifests, status resources and a
// pull. It ends, and what it took as objects is JSON.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "store/memory/memory_notes.h"
#include "taxii/poller.h"
#include "taxii/test_node.h"
#include "taxii/test_server.h"
#include "wire/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  // Answers are cut at bytes that no UTF-8 holds: status, media type and dates by a byte each, then the body.
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  int asked = 0;
  taxii::TestTransport transport([&](const net::Asking&) -> Result<net::Response> {
    if (rest.size() < 2 || ++asked > 64) {
      return failure(ErrorCode::io, "the server has gone");
    }
    const std::string_view part = rest.substr(0, rest.find('\xff'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part.size() < 2) {
      return failure(ErrorCode::io, "the line broke");
    }
    static constexpr int statuses[] = {200, 200, 200, 202, 400, 404, 429, 503};
    static constexpr std::string_view types[] = {"application/taxii+json;version=2.1", "application/json", "text/html",
                                                 ""};
    static constexpr std::string_view dates[] = {"2020-01-01T00:00:00.000000Z", "2020-01-01T00:00:01.000001Z",
                                                 "9999-12-31T23:59:59.999999Z", "undefined"};
    net::Response response;
    response.status = statuses[part[0] & 7];
    response.add("Content-Type", std::string(types[(part[0] >> 3) & 3]));
    response.add("X-TAXII-Date-Added-First", std::string(dates[part[1] & 3]));
    response.add("X-TAXII-Date-Added-Last", std::string(dates[(part[1] >> 2) & 3]));
    response.add("Retry-After", std::string(part.substr(2, 8)));
    response.body = part.substr(2);
    return response;
  });
  taxii::TestClock clock;
  taxii::TestRandom random;
  const net::Url url = *net::parse_url("https://peer/r/");
  taxii::Remote remote(transport, clock, "");
  (void)remote.roots(url);
  (void)remote.collections(url);
  (void)remote.manifest(url, {});
  (void)remote.status(url, "s");
  if (const auto page = remote.objects(url, {})) {
    for (const std::string_view object : page->objects) {
      check(wire::parse_json(object).has_value(), "what is taken as an object is JSON");
    }
  }
  const auto store = store::make_memory_store();
  const auto notes = store::make_memory_notes();
  (void)store->put_root({.name = "l", .title = "L", .description = "", .max_content_length = 0});
  store::Collection collection;
  collection.root = "l";
  collection.id = "i";
  (void)store->put_collection(collection);
  taxii::Poller poller({.peer = "p", .root = url, .collection = "c", .local_root = "l", .local_id = "i"},
                       taxii::Remote(transport, clock, ""), *store, *notes, clock, random);
  for (int round = 0; round < 3; ++round) {
    (void)poller.poll();
  }
  return 0;
}
