// Remote: a TAXII 2.1 server of somebody else, asked through a net::Client. Reads liberally what real servers send, and
// takes objects as the very bytes that they stand in.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/client.h"

namespace tocsin::taxii {

// Why there is no answer.
struct Refusal {
  Error error;
  int status = 0;  // 0: nothing came over HTTP
  std::optional<std::chrono::seconds> retry_after = {};
  // Trying again soon is of no use: somebody has to change something first.
  bool lasting() const { return (status >= 400 && status < 500 && status != 408 && status != 429) || status == 300; }
};
template <class T>
using Answer = std::expected<T, Refusal>;

struct RemoteDiscovery {
  std::string title;
  std::vector<net::Url> roots;         // of the same origin; the default one first
  std::vector<std::string> elsewhere;  // of other servers: no credentials are sent there
};

struct RemoteRoot {
  net::Url url;
  std::string title;
  std::uint64_t max_content_length = 0;  // 0: not told
  bool speaks_2_1 = false;
};

struct RemoteCollection {
  std::string id, title, description, alias;
  bool can_read = false, can_write = false;
};

struct Query {
  std::string added_after = {}, next = {};  // as the server wrote them
  std::size_t limit = 0;                    // 0: as the server likes
  std::string versions = "all";             // match[version]; empty: not asked
  std::vector<std::string> ids = {}, types = {};
};

// What an envelope holds. The views point into `body`.
struct Page {
  std::shared_ptr<const std::string> body = {};
  std::vector<std::string_view> objects = {};
  bool more = false;
  std::string next = {};
  std::string first_added = {}, last_added = {};  // the X-TAXII-Date-Added headers, as sent
  Time served = {};                               // by the server's own clock (the Date header); not known: not told
};

struct ManifestRecord {
  std::string id, date_added, version, media_type;
};
struct ManifestPage {
  std::vector<ManifestRecord> records;
  bool more = false;
  std::string next, last_added;
};

struct RemoteStatus {
  std::string id;
  bool complete = false;
  std::uint64_t total = 0, succeeded = 0, failed = 0, pending = 0;
  struct Failed {
    std::string id, version, message;
  };
  std::vector<Failed> failures;
};

struct Added {
  std::uint64_t succeeded = 0, failed = 0;
  std::uint64_t pending = 0;    // the server had not decided when we stopped asking
  std::uint64_t too_large = 0;  // larger than the server takes; not sent
  std::vector<RemoteStatus::Failed> failures;
};

// Errors: syntax, limit.
Result<Page> read_page(std::string body);

class Remote {
 public:
  // `authorization`: the value of the header, "Basic …" or "Bearer …"; empty: none. The references must outlive this.
  Remote(net::Client& client, const Clock& clock, std::string authorization)
      : client_(client), clock_(clock), authorization_(std::move(authorization)) {}

  Answer<RemoteDiscovery> discovery(const net::Url& url);
  // At the URL of a discovery document or of an API root: the API roots that speak 2.1.
  Answer<std::vector<RemoteRoot>> roots(const net::Url& url);
  Answer<RemoteRoot> root(const net::Url& url);
  Answer<std::vector<RemoteCollection>> collections(const net::Url& root);
  Answer<Page> objects(const net::Url& collection, const Query& query);
  Answer<ManifestPage> manifest(const net::Url& collection, const Query& query);
  Answer<RemoteStatus> status(const net::Url& root, std::string_view id);
  // One POST. An object larger than `bytes_max` has no place in it.
  Answer<RemoteStatus> post(const net::Url& collection, std::string body);
  // Objects in as many POSTs as `root` needs; where the server decides later, its status is asked `asks_max` times,
  // and `wait` is called between. A refusal tells of the batch that failed: those before are in.
  Answer<Added> add(const RemoteRoot& root, std::string_view collection, std::span<const std::string_view> objects,
                    const std::function<void(std::chrono::milliseconds)>& wait);

 private:
  Answer<net::Response> ask(net::Asking asking);

  net::Client& client_;
  const Clock& clock_;
  std::string authorization_;
};

// The URL of a collection below its API root.
net::Url collection_url(const net::Url& root, std::string_view id);
std::string basic_authorization(std::string_view user, std::string_view password);
std::string bearer_authorization(std::string_view token);

}  // namespace tocsin::taxii
