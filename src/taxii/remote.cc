#include "taxii/remote.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "net/authorization.h"
#include "net/media_type.h"
#include "taxii/limits.h"
#include "wire/json.h"
#include "wire/json_reader.h"

// Like TRY, for Answer.
#define TRY_ANSWER(declaration, expression)                                          \
  auto TOCSIN_JOIN(try_, __LINE__) = (expression);                                   \
  if (!TOCSIN_JOIN(try_, __LINE__)) {                                                \
    return std::unexpected<Refusal>(std::move(TOCSIN_JOIN(try_, __LINE__)).error()); \
  }                                                                                  \
  declaration = *std::move(TOCSIN_JOIN(try_, __LINE__))

namespace tocsin::taxii {
namespace {

using wire::Json;
using wire::JsonToken;

constexpr std::string_view media_type_2_1 = "application/taxii+json;version=2.1";

std::unexpected<Refusal> refused(Error error, int status = 0) {
  return std::unexpected<Refusal>(Refusal{std::move(error), status});
}
std::unexpected<Refusal> unreadable(std::string message) {
  return refused({ErrorCode::unreadable, std::move(message)});
}

// A text of somebody else's that goes into a message: short, and without control characters.
std::string shown(std::string_view text) {
  std::string out = repair_utf8(text.substr(0, limits::message_bytes_max));
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  return out;
}

bool truth(const Json& json, std::string_view name) {
  const Json* found = json.find(name);
  return found != nullptr && found->kind == Json::Kind::boolean && found->boolean;
}

// Counts that some servers send as text are read as well.
std::uint64_t count_of(const Json& json, std::string_view name) {
  const Json* found = json.find(name);
  return found == nullptr ? 0 : parse_uint64(found->text).value_or(0);
}

Answer<Json> read_object(const net::Response& response) {
  auto json = wire::parse_json(response.body);
  if (!json) {
    return unreadable(fmt::format("the answer is no JSON: {}", json.error().message));
  }
  if (json->kind != Json::Kind::object) {
    return unreadable("the answer is no JSON object");
  }
  return *std::move(json);
}

std::string unescaped(std::string_view text) {
  if (!wire::has_escape(text)) {
    return std::string(text);
  }
  std::string out(text.size() + wire::unescape_slack, '\0');
  out.resize(wire::unescape_json(text, out.data()).bytes);
  return out;
}

// The path below a URL: query dropped, one slash between.
net::Url below(net::Url url, std::string_view rest) {
  url.target = url.target.substr(0, url.target.find('?'));
  if (!url.target.ends_with('/')) {
    url.target += '/';
  }
  url.target += rest;
  return url;
}

std::string query_text(const Query& query) {
  std::string out;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) {
      out += out.empty() ? '?' : '&';
      out += net::percent_encode(name);
      out += '=';
      out += net::percent_encode(value);
    }
  };
  const auto list = [](const std::vector<std::string>& values) {
    std::string text;
    for (const std::string& value : values) {
      text += text.empty() ? "" : ",";
      text += value;
    }
    return text;
  };
  add("added_after", query.added_after);
  add("limit", query.limit == 0 ? std::string() : std::to_string(query.limit));
  add("next", query.next);
  add("match[version]", query.versions);
  add("match[id]", list(query.ids));
  add("match[type]", list(query.types));
  return out;
}

// TAXII 2.1 names its media type; servers that write application/json are understood, those of TAXII 2.0 and pages for
// people are not.
std::optional<std::string> wrong_media_type(std::string_view header) {
  const auto type = net::parse_media_type(header);
  if (!type) {
    return "the answer names no media type";
  }
  const std::string_view version = type->parameter("version").value_or("2.1");
  if (type->subtype == "vnd.oasis.taxii+json" || type->subtype == "vnd.oasis.stix+json" ||
      (type->subtype == "taxii+json" && version != "2.1")) {
    return fmt::format("the server speaks TAXII {}, and not 2.1",
                       type->subtype == "taxii+json" ? shown(version) : std::string("2.0"));
  }
  if (type->subtype != "json" && !type->subtype.ends_with("+json")) {
    return fmt::format("the answer is {}, and not TAXII: is this the URL of a TAXII server?",
                       shown(fmt::format("{}/{}", type->type, type->subtype)));
  }
  return std::nullopt;
}

Result<Page> no_envelope(std::string message) { return failure(ErrorCode::unreadable, std::move(message)); }

}  // namespace

Result<Page> read_page(std::string text) {
  Page page;
  page.body = std::make_shared<const std::string>(std::move(text));
  const std::string_view body = *page.body;
  wire::JsonReader reader;
  reader.open(body);
  enum class Member { other, objects, more, next };
  Member member = Member::other;
  std::size_t depth = 0, begin = 0;
  bool envelope = false, in_objects = false, other_item = false;
  for (;;) {
    const JsonToken token = reader.next();
    switch (token) {
      case JsonToken::fault:
        if (reader.fault() == wire::JsonFault::too_long) {
          return failure(ErrorCode::limit, "the page is larger than is read");
        }
        return failure(ErrorCode::syntax, fmt::format("the page is no JSON: {}", wire::fault_text(reader.fault())),
                       {.offset = reader.offset()});
      case JsonToken::end:
        if (!envelope) {
          return no_envelope("the page is no envelope");
        }
        if (other_item) {
          return no_envelope("the list \"objects\" holds something that is no object");
        }
        return page;
      case JsonToken::begin_object:
      case JsonToken::begin_array:
        if (depth == 0) {
          envelope = token == JsonToken::begin_object;
        } else if (depth == 1 && member == Member::objects) {
          if (token != JsonToken::begin_array) {
            return no_envelope("\"objects\" is no list");
          }
          in_objects = true;
        } else if (depth == 2 && in_objects) {
          other_item = other_item || token == JsonToken::begin_array;
          begin = reader.offset();
        }
        ++depth;
        break;
      case JsonToken::end_object:
      case JsonToken::end_array:
        --depth;
        if (depth == 2 && in_objects && token == JsonToken::end_object) {
          if (page.objects.size() == limits::envelope_objects_max) {
            return failure(ErrorCode::limit, fmt::format("a page takes {} objects", limits::envelope_objects_max));
          }
          page.objects.push_back(body.substr(begin, reader.offset() + 1 - begin));
        } else if (depth == 1) {
          in_objects = false;
        }
        break;
      case JsonToken::key:
        if (depth == 1) {
          const std::string name = unescaped(reader.text());
          member = name == "objects" ? Member::objects
                   : name == "more"  ? Member::more
                   : name == "next"  ? Member::next
                                     : Member::other;
        }
        break;
      case JsonToken::true_value:
        page.more = page.more || (depth == 1 && member == Member::more);
        other_item = other_item || (depth == 2 && in_objects);
        break;
      case JsonToken::string:
      case JsonToken::number:
        // A number is no right `next`, but a usable one.
        if (depth == 1 && member == Member::next && reader.text().size() <= limits::next_bytes_max) {
          page.next = unescaped(reader.text());
        }
        other_item = other_item || (depth == 2 && in_objects);
        break;
      case JsonToken::false_value:
      case JsonToken::null_value:
        other_item = other_item || (depth == 2 && in_objects);
        break;
    }
  }
}

Answer<net::Response> Remote::ask(net::Asking asking) {
  asking.headers.push_back({"Accept", std::string(media_type_2_1)});
  if (!authorization_.empty()) {
    asking.headers.push_back({"Authorization", authorization_});
  }
  auto response = client_.send(asking);
  if (!response) {
    return refused(std::move(response).error());
  }
  const int status = response->status;
  if (status < 200 || status >= 300) {
    // What the server says of it, where it says it as TAXII asks for.
    std::string why;
    if (const auto json = wire::parse_json(response->body); json && json->kind == Json::Kind::object) {
      why = shown(json->string_or("description", json->string_or("title", "")));
    }
    std::string hint;
    if (status == 401 || status == 403) {
      hint = "is the user, the password or the token right?";
    } else if (status == 404) {
      hint = "is the URL right, down to the last slash?";
    } else if (status == 406 || status == 415) {
      hint = "the server may speak TAXII 2.0 only";
    }
    Refusal refusal{{ErrorCode::io,
                     fmt::format("{} answers {} {}{}{}", asking.url.authority(), status, net::reason_phrase(status),
                                 why.empty() ? "" : ": ", why),
                     {},
                     std::move(hint)},
                    status,
                    net::retry_after(*response, clock_.now())};
    return std::unexpected<Refusal>(std::move(refusal));
  }
  if (auto wrong = wrong_media_type(response->header("Content-Type"))) {
    return refused({ErrorCode::unknown_format, *std::move(wrong)}, status);
  }
  return *std::move(response);
}

Answer<RemoteDiscovery> Remote::discovery(const net::Url& url) {
  TRY_ANSWER(const net::Response response, ask({.url = url}));
  TRY_ANSWER(const Json json, read_object(response));
  RemoteDiscovery out;
  out.title = shown(json.string_or("title", ""));
  const auto add = [&](std::string_view text) {
    const auto root = net::resolve_url(url, text);
    if (!root) {
      out.elsewhere.push_back(shown(text));
    } else if (!root->same_origin(url)) {
      out.elsewhere.push_back(root->text());
    } else if (std::ranges::none_of(out.roots, [&](const net::Url& one) { return one.target == root->target; })) {
      out.roots.push_back(*root);
    }
  };
  if (const std::string_view first = json.string_or("default", ""); !first.empty()) {
    add(first);
  }
  if (const Json* roots = json.find("api_roots"); roots != nullptr) {
    for (const Json& root : roots->items) {
      if (root.kind == Json::Kind::string && out.roots.size() + out.elsewhere.size() < limits::remote_roots_max) {
        add(root.text);
      }
    }
  }
  return out;
}

Answer<RemoteRoot> Remote::root(const net::Url& url) {
  TRY_ANSWER(const net::Response response, ask({.url = below(url, "")}));
  TRY_ANSWER(const Json json, read_object(response));
  RemoteRoot out;
  out.url = below(url, "");
  out.title = shown(json.string_or("title", json.string_or("display_name", "")));
  out.max_content_length = count_of(json, "max_content_length");
  if (const Json* versions = json.find("versions"); versions != nullptr) {
    out.speaks_2_1 = std::ranges::any_of(versions->items, [](const Json& one) {
      return one.text == "taxii-2.1" || one.text.find("version=2.1") != std::string::npos;
    });
  }
  return out;
}

Answer<std::vector<RemoteRoot>> Remote::roots(const net::Url& url) {
  TRY_ANSWER(const net::Response response, ask({.url = url}));
  TRY_ANSWER(const Json json, read_object(response));
  std::vector<RemoteRoot> out;
  // An API root says which versions it speaks; a discovery document names API roots.
  if (json.find("versions") != nullptr) {
    TRY_ANSWER(RemoteRoot one, root(url));
    out.push_back(std::move(one));
    return out;
  }
  if (json.find("api_roots") == nullptr && json.find("default") == nullptr) {
    return unreadable("this is neither a discovery document nor an API root");
  }
  TRY_ANSWER(const RemoteDiscovery found, discovery(url));
  std::optional<Refusal> last;
  for (const net::Url& each : found.roots) {
    auto one = root(each);
    if (!one) {
      last = std::move(one).error();
    } else if (one->speaks_2_1) {
      out.push_back(*std::move(one));
    }
  }
  if (out.empty() && last) {
    return std::unexpected<Refusal>(*std::move(last));
  }
  if (out.empty()) {
    return unreadable(found.elsewhere.empty()
                          ? std::string("the server has no API root that speaks TAXII 2.1")
                          : fmt::format("its API roots are on other servers: {}", found.elsewhere.front()));
  }
  return out;
}

Answer<std::vector<RemoteCollection>> Remote::collections(const net::Url& root) {
  TRY_ANSWER(const net::Response response, ask({.url = below(root, "collections/")}));
  TRY_ANSWER(const Json json, read_object(response));
  std::vector<RemoteCollection> out;
  if (const Json* list = json.find("collections"); list != nullptr) {
    for (const Json& one : list->items) {
      const std::string_view id = one.string_or("id", "");
      if (id.empty() || id.size() > limits::message_bytes_max || out.size() == limits::remote_collections_max) {
        continue;
      }
      out.push_back({std::string(id), shown(one.string_or("title", "")), shown(one.string_or("description", "")),
                     shown(one.string_or("alias", "")), truth(one, "can_read"), truth(one, "can_write")});
    }
  }
  return out;
}

Answer<Page> Remote::objects(const net::Url& collection, const Query& query) {
  TRY_ANSWER(net::Response response, ask({.url = below(collection, "objects/" + query_text(query))}));
  std::string first(response.header("X-TAXII-Date-Added-First"));
  std::string last(response.header("X-TAXII-Date-Added-Last"));
  const Time served = net::parse_http_date(trim(response.header("Date"))).value_or(Time{});
  auto page = read_page(std::move(response.body));
  if (!page) {
    return refused(std::move(page).error(), response.status);
  }
  page->first_added = std::move(first);
  page->last_added = std::move(last);
  page->served = served;
  return *std::move(page);
}

Answer<ManifestPage> Remote::manifest(const net::Url& collection, const Query& query) {
  TRY_ANSWER(const net::Response response, ask({.url = below(collection, "manifest/" + query_text(query))}));
  TRY_ANSWER(const Json json, read_object(response));
  ManifestPage out;
  out.more = truth(json, "more");
  out.next = json.string_or("next", "");
  out.last_added = response.header("X-TAXII-Date-Added-Last");
  if (const Json* list = json.find("objects"); list != nullptr) {
    for (const Json& one : list->items) {
      out.records.push_back({std::string(one.string_or("id", "")), std::string(one.string_or("date_added", "")),
                             std::string(one.string_or("version", "")), std::string(one.string_or("media_type", ""))});
    }
  }
  return out;
}

namespace {

Answer<RemoteStatus> read_status(const net::Response& response) {
  TRY_ANSWER(const Json json, read_object(response));
  RemoteStatus out;
  out.id = json.string_or("id", "");
  out.complete = json.string_or("status", "complete") != "pending";
  out.total = count_of(json, "total_count");
  out.succeeded = count_of(json, "success_count");
  out.failed = count_of(json, "failure_count");
  out.pending = count_of(json, "pending_count");
  if (const Json* list = json.find("failures"); list != nullptr) {
    for (const Json& one : list->items) {
      if (out.failures.size() < limits::remote_failures_max) {
        out.failures.push_back(
            {shown(one.string_or("id", "")), shown(one.string_or("version", "")), shown(one.string_or("message", ""))});
      }
    }
  }
  return out;
}

}  // namespace

Answer<RemoteStatus> Remote::status(const net::Url& root, std::string_view id) {
  TRY_ANSWER(const net::Response response,
             ask({.url = below(root, fmt::format("status/{}/", net::percent_encode(id)))}));
  return read_status(response);
}

Answer<RemoteStatus> Remote::post(const net::Url& collection, std::string body) {
  net::Asking asking{.method = "POST", .url = below(collection, "objects/"), .body = std::move(body)};
  asking.headers.push_back({"Content-Type", std::string(media_type_2_1)});
  TRY_ANSWER(const net::Response response, ask(std::move(asking)));
  return read_status(response);
}

Answer<Added> Remote::add(const RemoteRoot& root, std::string_view collection,
                          std::span<const std::string_view> objects,
                          const std::function<void(std::chrono::milliseconds)>& wait) {
  const net::Url url = collection_url(root.url, collection);
  const std::uint64_t most = root.max_content_length == 0
                                 ? limits::content_bytes_max
                                 : std::min(root.max_content_length, limits::content_bytes_max);
  constexpr std::string_view head = R"({"objects":[)";
  constexpr std::string_view tail = "]}";
  Added out;
  std::string body;
  std::size_t in_body = 0;
  const auto flush = [&]() -> Answer<void> {
    if (in_body == 0) {
      return {};
    }
    in_body = 0;
    body += tail;
    TRY_ANSWER(RemoteStatus status, post(url, std::exchange(body, {})));
    for (int asked = 0; !status.complete && !status.id.empty() && asked < limits::status_asks_max; ++asked) {
      wait(std::chrono::milliseconds(std::min(100 << std::min(asked, 6), 5'000)));
      TRY_ANSWER(status, this->status(root.url, status.id));
    }
    out.succeeded += status.succeeded;
    out.failed += status.failed;
    out.pending += status.complete ? 0 : status.pending;
    for (RemoteStatus::Failed& failed : status.failures) {
      if (out.failures.size() < limits::remote_failures_max) {
        out.failures.push_back(std::move(failed));
      }
    }
    return {};
  };
  for (const std::string_view object : objects) {
    if (head.size() + object.size() + tail.size() > most) {
      ++out.too_large;
      continue;
    }
    if (in_body == limits::batch_objects_max ||
        (in_body != 0 && body.size() + 1 + object.size() + tail.size() > most)) {
      if (auto sent = flush(); !sent) {
        return std::unexpected<Refusal>(std::move(sent).error());
      }
    }
    body += in_body == 0 ? head : std::string_view(",");
    body += object;
    ++in_body;
  }
  if (auto sent = flush(); !sent) {
    return std::unexpected<Refusal>(std::move(sent).error());
  }
  return out;
}

net::Url collection_url(const net::Url& root, std::string_view id) {
  return below(root, fmt::format("collections/{}/", net::percent_encode(id)));
}

std::string basic_authorization(std::string_view user, std::string_view password) {
  return "Basic " + net::base64_encode(fmt::format("{}:{}", user, password));
}

std::string bearer_authorization(std::string_view token) { return fmt::format("Bearer {}", token); }

}  // namespace tocsin::taxii
