#include "taxii/poller.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "taxii/limits.h"
#include "taxii/object_header.h"
#include "taxii/release.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::taxii {
namespace {

// Keys end in a byte that no part of them holds.
constexpr char end_of_part = '\x1f';

std::string state_key(const Feed& feed) {
  return fmt::format("taxii/state/{}{}{}{}{}{}", feed.peer, end_of_part, feed.root.text(), end_of_part, feed.collection,
                     end_of_part) +
         fmt::format("{}/{}", feed.local_root, feed.local_id);
}
std::string aside_prefix(std::string_view peer) { return fmt::format("taxii/aside/{}{}", peer, end_of_part); }

}  // namespace

Poller::Poller(Feed feed, Remote remote, store::Store& store, store::Notes& notes, const Clock& clock, Random& random)
    : feed_(std::move(feed)),
      remote_(std::move(remote)),
      store_(store),
      notes_(notes),
      clock_(clock),
      random_(random),
      pacing_(feed_.interval) {}

PollResult Poller::poll() {
  PollResult result;
  const auto state = pull_state(notes_, feed_);
  if (!state) {
    result.refusal = Refusal{state.error()};
  } else {
    Pull pull(*state, feed_.page_items);
    result.refusal = this->pull(pull, result);
    result.repeats = pull.repeats();
    result.gaps = pull.gaps();
    result.undated = pull.undated();
    result.unfinished = pull.unfinished();
  }
  if (result.refusal) {
    pacing_.failed(clock_.now(), random_, result.refusal->lasting(), result.refusal->retry_after);
  } else {
    pacing_.succeeded(clock_.now(), random_);
  }
  return result;
}

std::optional<Refusal> Poller::pull(Pull& pull, PollResult& result) {
  const net::Url url = collection_url(feed_.root, feed_.collection);
  while (!pull.done()) {
    auto page = remote_.objects(url, pull.query());
    if (!page) {
      const int status = page.error().status;
      if (page.error().error.code == ErrorCode::limit && pull.ask_for_less()) {
        continue;
      }
      // The server does not know its own token any more.
      if ((status == 400 || status == 404 || status == 410 || status == 422) && pull.restart()) {
        continue;
      }
      return std::move(page).error();
    }
    ++result.pages;
    const auto fresh = pull.take(*page, clock_.now());
    if (!fresh) {
      return Refusal{fresh.error(), 300};
    }
    if (auto committed = commit(*fresh, result); !committed) {
      return Refusal{std::move(committed).error()};
    }
    const PullState before = pull.state();
    if (const PullState& now = pull.committed(); now != before) {
      const store::Note note{state_key(feed_), write_pull_state(now)};
      if (auto put = notes_.put({&note, 1}); !put) {
        return Refusal{std::move(put).error()};
      }
    }
  }
  return std::nullopt;
}

Result<void> Poller::commit(const std::vector<std::string_view>& objects, PollResult& result) {
  std::vector<store::NewVersion> versions;
  versions.reserve(objects.size());
  for (const std::string_view object : objects) {
    ++result.received;
    ObjectHeader header;
    const auto read = object.size() > limits::object_bytes_max
                          ? Result<void>(failure(ErrorCode::limit, "the object is larger than is kept"))
                          : read_header(object, header);
    if (!read) {
      ++result.aside;
      TRY_VOID(keep_aside(object, header.id, read.error().message));
      continue;
    }
    versions.push_back(new_version(object, std::move(header), feed_.writer()));
  }
  if (versions.empty()) {
    return {};
  }
  TRY(const std::vector<store::Put> put, store_.put({feed_.local_root, feed_.local_id}, versions, clock_.now()));
  for (std::size_t at = 0; at < put.size(); ++at) {
    switch (put[at]) {
      case store::Put::stored:
        ++result.stored;
        break;
      case store::Put::present:
        ++result.present;
        break;
      case store::Put::conflict:
        ++result.conflicts;
        break;
      case store::Put::too_large:
        ++result.aside;
        TRY_VOID(keep_aside(versions[at].bytes, versions[at].id, "the object is larger than is kept"));
        break;
      case store::Put::over_quota:
        // Not behind it: it comes again when there is room.
        return failure(ErrorCode::limit, fmt::format("the quota of {} is used up", feed_.writer()));
    }
  }
  return {};
}

Result<void> Poller::keep_aside(std::string_view object, std::string_view id, const std::string& reason) {
  const std::string prefix = aside_prefix(feed_.peer);
  const std::string key = prefix + trust::sha256_hex(object);
  TRY(const std::optional<std::string> known, notes_.get(key));
  if (known) {
    return {};
  }
  std::size_t count = 0;
  TRY_VOID(notes_.scan(prefix, "", [&](std::string_view, std::string_view) { return ++count < limits::aside_max; }));
  if (count >= limits::aside_max) {
    return {};
  }
  std::string value;
  wire::JsonWriter(value)
      .begin_object()
      .member("at", rfc3339(clock_.now()))
      .member("id", id.substr(0, limits::message_bytes_max))
      .member("reason", std::string_view(reason).substr(0, limits::message_bytes_max))
      .end_object();
  // Behind the line stand the author's bytes as they came.
  value += '\n';
  if (object.size() <= limits::aside_bytes_max) {
    value += object;
  }
  const store::Note note{key, std::move(value)};
  return notes_.put({&note, 1});
}

Result<void> visit_aside(const store::Notes& notes, std::string_view peer,
                         const std::function<bool(const Aside&)>& visit) {
  return notes.scan(aside_prefix(peer), "", [&](std::string_view, std::string_view value) {
    Aside aside;
    const std::size_t end = std::min(value.find('\n'), value.size());
    if (const auto head = wire::parse_json(value.substr(0, end))) {
      aside.reason = head->string_or("reason", "");
      aside.id = head->string_or("id", "");
      if (const auto at = parse_iso8601(head->string_or("at", ""))) {
        aside.at = at->time;
      }
    }
    aside.bytes = value.substr(std::min(end + 1, value.size()));
    return visit(aside);
  });
}

Result<PullState> pull_state(const store::Notes& notes, const Feed& feed) {
  TRY(const std::optional<std::string> text, notes.get(state_key(feed)));
  if (!text) {
    return PullState{};
  }
  return read_pull_state(*text);
}

Result<void> forget_peer(store::Notes& notes, std::string_view peer) {
  std::vector<store::Note> gone;
  const auto collect = [&](std::string_view key, std::string_view) {
    gone.push_back({std::string(key), std::nullopt});
    return true;
  };
  TRY_VOID(notes.scan(fmt::format("taxii/state/{}{}", peer, end_of_part), "", collect));
  TRY_VOID(notes.scan(aside_prefix(peer), "", collect));
  return notes.put(gone);
}

}  // namespace tocsin::taxii
