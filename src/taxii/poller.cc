#include "taxii/poller.h"

#include <algorithm>
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

Poller::Poller(Feed feed, Remote remote, store::Store& store, store::Notes& notes, const Clock& clock, Random& random,
               PollHooks hooks)
    : feed_(std::move(feed)),
      remote_(std::move(remote)),
      store_(store),
      notes_(notes),
      clock_(clock),
      random_(random),
      hooks_(std::move(hooks)),
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
    for (std::size_t at = 0; at < fresh->size(); at += limits::commit_objects_max) {
      const std::size_t count = std::min(limits::commit_objects_max, fresh->size() - at);
      if (auto committed = commit(std::span(*fresh).subspan(at, count), result); !committed) {
        return Refusal{std::move(committed).error()};
      }
    }
    const PullState before = pull.state();
    if (const PullState& now = pull.committed(); now != before) {
      const store::Note note{state_key(feed_), write_pull_state(now)};
      if (auto put = notes_.put({&note, 1}); !put) {
        return Refusal{std::move(put).error()};
      }
    }
    if (hooks_.progress) {
      hooks_.progress(result);
    }
  }
  return std::nullopt;
}

// As a user that may write and not read: only what this peer brought itself is there for it, so that neither what it
// brings nor what it fails to bring tells anything of what others brought.
Result<void> Poller::commit(std::span<const std::string_view> objects, PollResult& result) {
  std::vector<store::NewVersion> versions;
  std::vector<Refused> refused;
  versions.reserve(objects.size());
  const auto refuse = [&](std::string_view object, std::string_view id, std::string_view reason) {
    refused.push_back({object, std::string(id), std::string(reason)});
  };
  constexpr std::string_view too_large = "the object is larger than is kept";
  for (const std::string_view object : objects) {
    ++result.received;
    if (object.size() > limits::object_bytes_max) {
      refuse(object, "", too_large);
      continue;
    }
    ObjectHeader header;
    if (const auto read = read_header(object, header); !read) {
      refuse(object, header.id, read.error().message);
      continue;
    }
    if (const std::string forbidden = what_is_forbidden(object, header); !forbidden.empty()) {
      refuse(object, header.id, forbidden);
      continue;
    }
    const std::string& log = log_for(header, hooks_.logs);
    store::NewVersion version = new_version(object, std::move(header), feed_.writer());
    version.log = log;
    if (!version.log.empty()) {
      random_.fill(version.salt);
    }
    versions.push_back(std::move(version));
  }
  store::User bringer;
  bringer.name = feed_.writer();
  const std::uint64_t stored_before = result.stored;
  TRY(const std::vector<store::Put> put,
      admit(store_, {feed_.local_root, feed_.local_id}, bringer, false, versions, clock_.now()));
  bool quota = false;
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
        if (hooks_.conflict) {
          hooks_.conflict({feed_.local_root, feed_.local_id}, versions[at]);
        }
        break;
      case store::Put::too_large:
        refuse(versions[at].bytes, versions[at].id, too_large);
        break;
      case store::Put::known:
        refuse(versions[at].bytes, versions[at].id, not_its_creator);
        break;
      case store::Put::over_quota:
        quota = true;
        break;
    }
  }
  if (hooks_.committed && result.stored != stored_before) {
    hooks_.committed();
  }
  TRY_VOID(keep_aside(refused, result));
  // Not behind it: it comes again when there is room.
  return quota ? Result<void>(failure(ErrorCode::limit, fmt::format("the quota of {} is used up", feed_.writer())))
               : Result<void>();
}

Result<void> Poller::keep_aside(const std::vector<Refused>& refused, PollResult& result) {
  if (refused.empty()) {
    return {};
  }
  result.refused += refused.size();
  const std::string prefix = aside_prefix(feed_.peer);
  std::size_t count = 0;
  TRY_VOID(notes_.scan(prefix, "", [&](std::string_view, std::string_view) { return ++count < limits::aside_max; }));
  std::vector<store::Note> notes;
  for (const Refused& one : refused) {
    const std::string_view reason = std::string_view(one.reason).substr(0, limits::message_bytes_max);
    const std::string_view id = std::string_view(one.id).substr(0, limits::message_bytes_max);
    if (result.reasons.size() < limits::reasons_max) {
      result.reasons.emplace_back(id, reason);
    }
    const std::string key = prefix + trust::sha256_hex(one.object);
    TRY(const std::optional<std::string> known, notes_.get(key));
    if (known || count >= limits::aside_max) {
      continue;
    }
    ++count;
    std::string value;
    wire::JsonWriter(value)
        .begin_object()
        .member("at", rfc3339(clock_.now()))
        .member("id", id)
        .member("reason", reason)
        .end_object();
    // Behind the line stand the author's bytes as they came.
    value += '\n';
    if (one.object.size() <= limits::aside_bytes_max) {
      value += one.object;
    }
    notes.push_back({key, std::move(value)});
  }
  return notes.empty() ? Result<void>() : notes_.put(notes);
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
