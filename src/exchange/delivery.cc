#include "exchange/delivery.h"

#include <array>
#include <charconv>

#include "exchange/limits.h"
#include "policy/terms.h"
#include "wire/json.h"

namespace tocsin::exchange {
namespace {

using wire::Json;

constexpr std::array state_names = {"taken", "stale", "behind", "busy", "refused"};
// Numbers stay far below where they could wrap.
constexpr std::uint64_t number_max = std::uint64_t{1} << 53;

std::unexpected<Error> wrong(std::string message) { return failure(ErrorCode::syntax, std::move(message)); }

Result<std::uint64_t> read_number(const Json& json, std::string_view name) {
  const Json* value = json.find(name);
  std::uint64_t out = 0;
  if (value == nullptr || value->kind != Json::Kind::number) {
    return wrong("the message lacks a number");
  }
  const auto end = value->text.data() + value->text.size();
  const auto [at, error] = std::from_chars(value->text.data(), end, out);
  if (error != std::errc() || at != end || out > number_max) {
    return wrong("a number of the message is none");
  }
  return out;
}

// The head of a body: JSON on its first line.
Result<Json> read_head(std::string_view body) {
  TRY(Json json, wire::parse_json(body.substr(0, body.find('\n'))));
  if (json.kind != Json::Kind::object) {
    return wrong("the message is no object");
  }
  return json;
}

Result<Item> read_item(const Json& json, std::string_view& rest) {
  Item out;
  if (json.find("bytes") != nullptr) {
    TRY(const std::uint64_t bytes, read_number(json, "bytes"));
    if (bytes > rest.size()) {
      return wrong("the delivery ends before its last object");
    }
    out.object = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
  }
  if (const Json* audience = json.find("audience"); audience != nullptr) {
    out.audience.emplace();
    if (audience->kind != Json::Kind::array || audience->items.size() > limits::audience_max) {
      return wrong("an audience is no list, or too long");
    }
    for (const Json& name : audience->items) {
      if (name.kind != Json::Kind::string || !policy::is_term(name.text)) {
        return wrong("an audience names something that is no name");
      }
      out.audience->push_back(name.text);
    }
  }
  if (const Json* until = json.find("embargo_until"); until != nullptr) {
    if (until->kind != Json::Kind::string || !policy::is_term(until->text)) {
      return wrong("an embargo has no time");
    }
    out.embargo_until = until->text;
  }
  if (const Json* notice = json.find("notice"); notice != nullptr) {
    wire::JsonWriter writer(out.notice);
    wire::write_json(*notice, writer);
  }
  return out;
}

}  // namespace

void DeliveryWriter::add(const Item& item) {
  wire::JsonWriter json(items_);
  if (count_++ != 0) {
    items_ += ',';
  }
  json.begin_object();
  if (!item.object.empty()) {
    json.key("bytes").number(static_cast<std::uint64_t>(item.object.size()));
    objects_ += item.object;
  }
  if (item.audience) {
    json.key("audience").begin_array();
    for (const std::string& name : *item.audience) {
      json.string(name);
    }
    json.end_array();
  }
  if (!item.embargo_until.empty()) {
    json.member("embargo_until", item.embargo_until);
  }
  if (!item.notice.empty()) {
    json.key("notice").raw(item.notice);
  }
  json.end_object();
}

std::string DeliveryWriter::finish(std::string_view to, std::uint64_t number, std::uint64_t after) const {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("kind", "delivery").member("to", to).key("number").number(number);
  json.key("after").number(after).key("items").raw("[" + items_ + "]").end_object();
  out += '\n';
  out += objects_;
  return out;
}

Result<Delivery> read_delivery(std::string_view body) {
  TRY(const Json head, read_head(body));
  Delivery out;
  TRY(out.number, read_number(head, "number"));
  TRY(out.after, read_number(head, "after"));
  const Json* items = head.find("items");
  if (items == nullptr || items->kind != Json::Kind::array) {
    return wrong("the delivery has no items");
  }
  if (items->items.size() > 2 * limits::delivery_items_max) {
    return failure(ErrorCode::limit, "the delivery has too many items");
  }
  std::string_view rest = body.substr(std::min(body.size(), body.find('\n')));
  rest.remove_prefix(std::min<std::size_t>(rest.size(), 1));
  for (const Json& item : items->items) {
    TRY(Item one, read_item(item, rest));
    out.items.push_back(std::move(one));
  }
  if (!rest.empty()) {
    return wrong("the delivery goes on behind its last object");
  }
  return out;
}

std::string write_receipt(const Receipt& receipt, std::string_view to) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("kind", "receipt").member("to", to);
  json.member("state", state_names[static_cast<std::size_t>(receipt.state)]);
  json.key("number").number(receipt.number).key("last").number(receipt.last).member("digest", receipt.digest);
  json.key("refused").number(receipt.refused).key("retry_seconds").number(receipt.retry_seconds).end_object();
  return out;
}

Result<Receipt> read_receipt(std::string_view body) {
  TRY(const Json head, read_head(body));
  Receipt out;
  const std::string_view state = head.string_or("state", "");
  bool known = false;
  for (std::size_t at = 0; at < state_names.size(); ++at) {
    if (state == state_names[at]) {
      out.state = static_cast<Receipt::State>(at);
      known = true;
    }
  }
  if (!known) {
    return wrong("the receipt has no state");
  }
  TRY(out.number, read_number(head, "number"));
  TRY(out.last, read_number(head, "last"));
  TRY(out.refused, read_number(head, "refused"));
  TRY(out.retry_seconds, read_number(head, "retry_seconds"));
  out.digest = head.string_or("digest", "");
  return out;
}

std::string write_pull(const Pull& pull, std::string_view to) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("kind", "pull").member("to", to).key("have").number(pull.have);
  json.member("digest", pull.digest).end_object();
  return out;
}

Result<Pull> read_pull(std::string_view body) {
  TRY(const Json head, read_head(body));
  Pull out;
  TRY(out.have, read_number(head, "have"));
  out.digest = head.string_or("digest", "");
  return out;
}

Result<Address> read_address(std::string_view body) {
  TRY(const Json head, read_head(body));
  return Address{std::string(head.string_or("kind", "")), std::string(head.string_or("to", ""))};
}

}  // namespace tocsin::exchange
