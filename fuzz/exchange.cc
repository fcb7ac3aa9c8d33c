// What a peer could send: the input as a message as it came, and as the body of a message that is properly signed, to a
// node that holds some objects; then as the answer to a push. The node must stay sound and answer what is sound.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "exchange/exchange.h"
#include "store/memory/memory_notes.h"
#include "store/memory/memory_store.h"

namespace {

using namespace tocsin;
using namespace tocsin::exchange;

class StillClock final : public Clock {
 public:
  Time now() const override { return Time::from_seconds(1'700'000'000); }
};
class NoRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) {
      byte = ++last_;
    }
  }

 private:
  std::uint8_t last_ = 0;
};
class Sink final : public Transport {
 public:
  void send(const std::string&, std::uint64_t ticket, std::string) override { ticket_ = ticket; }
  std::uint64_t ticket_ = 0;
};

struct Party {
  explicit Party(std::uint8_t number) {
    seed.fill(number);
    key.key = trust::ed25519_public_key(seed);
    key.kid = stix::key_id(key.key);
    key.identity = "identity--00000000-0000-4000-8000-00000000000" + std::to_string(number);
    key.name = "n";
    key.valid_from = "2020-01-01T00:00:00Z";
    document = *stix::write_author_key(key, seed);
  }
  trust::Ed25519Seed seed{};
  stix::AuthorKey key;
  std::string document;
};

const Party& me() {
  static const Party party(1);
  return party;
}
const Party& other() {
  static const Party party(2);
  return party;
}

void must(bool good) {
  if (!good) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  StillClock clock;
  NoRandom random;
  Sink sink;
  const auto store = store::make_memory_store();
  const auto notes = store::make_memory_notes();
  store::ApiRoot root;
  root.name = "a";
  must(store->put_root(root).has_value());
  store::Collection collection;
  collection.root = "a";
  collection.id = "c";
  must(store->put_collection(collection).has_value());
  Peer peer = *peer_of_document(other().document, "u");
  peer.relation.name = "p";
  peer.relation.inbox = {"a", "c"};
  peer.relation.collections = {{"a", "c"}};
  Ledger ledger(*notes);
  Ledger::Changes changes;
  Ledger::put_peer(changes, peer);
  must(ledger.write(changes).has_value());
  Options options;
  options.key = me().key;
  options.key_document = me().document;
  options.seed = me().seed;
  options.url = "me";
  auto node = Exchange::open(*store, *notes, clock, random, sink, options);
  must(node.has_value());
  const Signer signer{other().key.kid, other().seed};
  (void)(*node)->receive(text);
  // "@" stands for the node's own key id, so that inputs need not know it.
  std::string body;
  for (const char c : text) {
    body += c == '@' ? me().key.kid : std::string(1, c);
  }
  const std::string reply = (*node)->receive(seal_message(body, signer));
  if (!reply.empty()) {
    must(open_message(reply, [](std::string_view) { return std::optional(me().key.key); }).has_value());
  }
  (*node)->committed();
  (*node)->answered(sink.ticket_, seal_message(body, signer));
  (void)read_code(text);
  (void)read_peer(text);
  // What a delivery says is what a reader of it says.
  if (const auto delivery = read_delivery(text)) {
    DeliveryWriter writer;
    for (const Item& item : delivery->items) {
      writer.add(item);
    }
    const std::string again = writer.finish("x", delivery->number, delivery->after);
    const auto twice = read_delivery(again);
    must(twice.has_value() && twice->items.size() == delivery->items.size());
    for (std::size_t at = 0; at < twice->items.size(); ++at) {
      must(twice->items[at].object == delivery->items[at].object &&
           twice->items[at].audience == delivery->items[at].audience);
    }
  }
  return 0;
}
