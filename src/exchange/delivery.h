// Delivery: objects and notices on their way to a peer, numbered; and the receipt that answers it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::exchange {

// One object with what its author declared beside it, or a notice, or both. Views into the message.
struct Item {
  std::string_view object;                           // the author's bytes; empty: a notice alone
  std::optional<std::vector<std::string>> audience;  // absent: none was declared
  std::string embargo_until;
  std::string notice;  // a document as in notice.h; empty: none
};

// Written piece by piece: the head is JSON on one line, behind it stand the bytes of the objects, verbatim.
class DeliveryWriter {
 public:
  void add(const Item& item);
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return objects_.size() + items_.size(); }
  // `after`: the number of the last delivery that the receiver acknowledged.
  std::string finish(std::string_view to, std::uint64_t number, std::uint64_t after) const;

 private:
  std::string items_, objects_;
  std::size_t count_ = 0;
};

struct Delivery {
  std::uint64_t number = 0, after = 0;
  std::vector<Item> items;
};
// The body of a message whose signature holds, of the kind "delivery". Borrows it. Errors: syntax, limit.
Result<Delivery> read_delivery(std::string_view body);

struct Receipt {
  enum class State : std::uint8_t {
    taken,    // everything that could be taken is durable
    stale,    // the number is no news: `last` is the last one that was taken
    behind,   // what was acknowledged earlier is lost here: `last` is the last one that is still known
    busy,     // later
    refused,  // there is nothing for you here
  };
  State state = State::busy;
  std::uint64_t number = 0, last = 0;
  std::string digest;         // of the delivery's body
  std::uint64_t refused = 0;  // items that could not be taken, whatever was there before
  std::uint64_t retry_seconds = 0;
};
std::string write_receipt(const Receipt& receipt, std::string_view to);
Result<Receipt> read_receipt(std::string_view body);

struct Pull {
  std::uint64_t have = 0;  // the last delivery that was taken
  std::string digest;
};
std::string write_pull(const Pull& pull, std::string_view to);
Result<Pull> read_pull(std::string_view body);

// "kind" and "to" of a body.
struct Address {
  std::string kind, to;
};
Result<Address> read_address(std::string_view body);

}  // namespace tocsin::exchange
