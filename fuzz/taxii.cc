// Arbitrary requests through the whole TAXII layer: target, headers and body; never a 5xx, never a body that is no
// JSON.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "store/log_proofs.h"
#include "taxii/test_node.h"
#include "wire/json.h"

namespace {

using namespace tocsin;

taxii::TestNode& node() {
  static taxii::TestNode& made = *[] {
    auto* out = new taxii::TestNode;
    (void)out->store->put_root({.name = "api", .title = "A", .description = "", .max_content_length = 0});
    store::Collection collection;
    collection.root = "api";
    collection.id = "c";
    (void)out->store->put_collection(collection);
    out->add_user("u", {{"*", "*", true, true}});
    out->service =
        std::make_unique<taxii::Service>(*out->store, out->clock, out->random,
                                         taxii::ServiceOptions{.key = {1, 2, 3},
                                                               .logs = {.open = "open", .restricted = "restricted"},
                                                               .witness = taxii::WitnessKey{"w", {}}});
    (void)taxii::watch_log(*out->store, trust::verifier_key("open", trust::ed25519_public_key({})));
    (void)store::make_checkpoint(*out->store, "open", "open", {});
    return out;
  }();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  // The first byte chooses the method, the second the header that the second line goes into.
  static constexpr std::string_view methods[] = {"GET", "POST", "DELETE", "HEAD"};
  std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto line = [&] {
    const std::string_view out = text.substr(0, text.find('\n'));
    text.remove_prefix(out.size() == text.size() ? out.size() : out.size() + 1);
    return std::string(out);
  };
  net::Request request;
  request.method = methods[data[0] & 3];
  request.target = "/api/collections/c/" + line();
  if ((data[0] & 4) != 0) {
    request.target.erase(0, 19);
  }
  const std::string header = line();
  request.headers = {{"Authorization", "Basic " + net::base64_encode("u:secret")}};
  if ((data[1] & 3) == 1) {
    request.headers.insert(request.headers.begin(), {"Accept", header});
  } else if ((data[1] & 3) == 2) {
    request.headers.insert(request.headers.begin(), {"Authorization", header});
  }
  request.headers.push_back({"Content-Type", (data[1] & 3) == 3 ? header : "application/taxii+json;version=2.1"});
  request.body = text;
  taxii::TestNode& world = node();
  world.clock.ticks += Time::ticks_per_second * 60;
  const net::Response response = world.service->handle(request);
  check(response.status >= 200 && response.status < 500, "what a client sends is never our error");
  if (!response.body.empty() && response.header("Content-Type") == "application/taxii+json;version=2.1") {
    check(wire::parse_json(response.body).has_value(), "an answer is JSON");
  }
  return 0;
}
