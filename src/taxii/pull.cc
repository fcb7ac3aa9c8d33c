#include "taxii/pull.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "taxii/limits.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::taxii {
namespace {

// Six digits of a second, as dates of TAXII have; some servers read no other form.
std::string six_digits(stix::Instant instant) {
  constexpr stix::Instant microsecond = stix::instants_per_second / 1'000'000;
  std::string text = stix::timestamp_text(instant - instant % microsecond);
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) {
    text.insert(text.size() - 1, ".000000");
  } else {
    text.insert(text.size() - 1, 6 - std::min<std::size_t>(6, text.size() - 2 - dot), '0');
  }
  return text;
}

constexpr stix::Instant microsecond = stix::instants_per_second / 1'000'000;

std::unexpected<Error> in_circles(std::string message) {
  return failure(ErrorCode::unreadable, std::move(message), {}, "the server pages wrongly; what came is kept");
}

}  // namespace

std::string write_pull_state(const PullState& state) {
  std::string out;
  wire::JsonWriter(out)
      .begin_object()
      .member("since", state.since)
      .member("since_seen", rfc3339(state.since_seen))
      .key("settled")
      .boolean(state.settled)
      .end_object();
  return out;
}

Result<PullState> read_pull_state(std::string_view text) {
  TRY(const wire::Json json, wire::parse_json(text));
  PullState out;
  out.since = json.string_or("since", "");
  if (const auto seen = parse_iso8601(json.string_or("since_seen", ""))) {
    out.since_seen = seen->time;
  }
  const wire::Json* settled = json.find("settled");
  out.settled = settled != nullptr && settled->boolean;
  return out;
}

Pull::Pull(PullState state, std::size_t page_items) : state_(std::move(state)) {
  query_.limit = page_items;
  if (state_.settled) {
    query_.added_after = state_.since;
  } else if (!state_.since.empty()) {
    begin_behind(state_.since, stix::instants_per_second * limits::overlap.count());
  }
  last_ = stix::parse_timestamp(state_.since);
  last_text_ = state_.since;
  pending_ = start_ = state_;
}

void Pull::begin_behind(const std::string& date, stix::Instant back) {
  query_.next.clear();
  const auto instant = stix::parse_timestamp(date);
  query_.added_after = instant && *instant > back ? six_digits(*instant - back) : std::string();
}

bool Pull::first_sight(std::string_view object) {
  std::uint64_t digest = 0;
  const trust::Sha256Digest bytes = trust::sha256(object);
  std::memcpy(&digest, bytes.data(), sizeof digest);
  if (seen_.contains(digest) || seen_before_.contains(digest)) {
    ++repeats_;
    return false;
  }
  if (seen_.size() == limits::seen_max) {
    seen_before_ = std::exchange(seen_, {});
  }
  seen_.insert(digest);
  return true;
}

Result<std::vector<std::string_view>> Pull::take(const Page& page, Time now) {
  ++pages_;
  std::vector<std::string_view> fresh;
  for (const std::string_view object : page.objects) {
    if (first_sight(object)) {
      fresh.push_back(object);
    }
  }
  // Only a date counts: servers have sent "undefined" and dates of other forms in these headers.
  const auto last =
      stix::parse_timestamp(page.last_added.empty() && page.objects.size() == 1 ? page.first_added : page.last_added);
  const std::string& last_text = page.last_added.empty() ? page.first_added : page.last_added;
  const auto first = stix::parse_timestamp(page.first_added);
  if (!page.objects.empty()) {
    if (!last) {
      undated_ = true;
      in_order_ = false;
    } else {
      // The first page may begin before `since`: what overlaps is asked for.
      in_order_ = in_order_ && (!first || *first <= *last) && (pages_ == 1 || !first || !last_ || *first >= *last_);
      if (!last_ || *last > *last_) {
        last_ = last;
        last_text_ = last_text;
        news_ = true;
      }
    }
  }
  const auto remember = [&] {
    if (last_text_ != pending_.since) {
      pending_ = {.since = last_text_, .since_seen = now, .settled = false};
    }
  };
  // TAXII sorts by date_added; a server that does not is found out within some pages, and what was remembered of it
  // in this pull is taken back.
  if (!in_order_) {
    pending_ = start_;
  } else if (++ordered_pages_ >= limits::ordered_pages_min) {
    remember();
  }

  if (!page.more) {
    done_ = true;
    if (!undated_) {
      remember();
      // Nothing came to that date for a while, or it lies back by the clock of the server itself: from now on only what
      // lies behind it is asked for.
      const bool lies_back =
          page.served.known() && last_ &&
          stix::from_time(page.served) - *last_ >= stix::instants_per_second * limits::settle_time.count();
      pending_.settled =
          !pending_.since.empty() &&
          (lies_back || (!news_ && (state_.settled || (pending_.since_seen.known() &&
                                                       now.ticks - pending_.since_seen.ticks >=
                                                           limits::settle_time.count() * Time::ticks_per_second))));
    }
    return fresh;
  }
  if (pages_ >= limits::pull_pages_max) {
    done_ = unfinished_ = true;
    return fresh;
  }

  empty_pages_ = page.objects.empty() ? empty_pages_ + 1 : 0;
  repeated_pages_ = fresh.empty() && !page.objects.empty() ? repeated_pages_ + 1 : 0;
  if (!page.next.empty()) {
    // The same token for every page is right, where the server counts on itself.
    if (repeated_pages_ >= limits::repeated_pages_max || empty_pages_ >= limits::empty_pages_max) {
      return in_circles("the server says that there is more, and gives the same again and again");
    }
    query_.next = page.next;
    return fresh;
  }
  // More, and no `next`: behind the last date, with an overlap, because a page may end in the middle of one date.
  if (page.objects.empty()) {
    return in_circles("the server says that there is more, and gives nothing");
  }
  if (!last) {
    return in_circles("the server says that there is more, and neither where nor behind which date");
  }
  const std::string behind = six_digits(*last - microsecond);
  if (!fresh.empty()) {
    // A page that ends where it began holds one date only; the next one has to be larger to get behind it.
    if (behind == query_.added_after) {
      query_.limit = std::min(query_.limit * 4, limits::poll_page_items_max);
    }
    query_.added_after = behind;
    query_.next.clear();
    return fresh;
  }
  if (behind == query_.added_after && query_.limit < limits::poll_page_items_max &&
      page.objects.size() >= query_.limit) {
    query_.limit = std::min(query_.limit * 4, limits::poll_page_items_max);
    return fresh;
  }
  if (repeated_pages_ >= limits::repeated_pages_max * 2) {
    return in_circles("the server gives the same page again and again, whatever date is asked for");
  }
  // The server holds pages smaller than what stands under this date. Honest is to go on, and to say so.
  // Where even that gives the same, it shows dates cut to milliseconds and compares them whole.
  const std::string exactly = six_digits(*last);
  if (query_.added_after == exactly) {
    query_.added_after = six_digits(*last + 1'000 * microsecond);
  } else {
    ++gaps_;
    query_.added_after = exactly;
  }
  return fresh;
}

bool Pull::restart() {
  if (query_.next.empty() || ++restarts_ > limits::restarts_max) {
    return false;
  }
  if (state_.since.empty()) {
    query_.next.clear();
    query_.added_after.clear();
  } else {
    begin_behind(state_.since, microsecond);
  }
  seen_.clear();
  seen_before_.clear();
  empty_pages_ = repeated_pages_ = pages_ = ordered_pages_ = 0;
  in_order_ = true;
  last_ = stix::parse_timestamp(state_.since);
  last_text_ = state_.since;
  pending_ = state_;
  return true;
}

bool Pull::ask_for_less() {
  if (query_.limit == 1) {
    return false;
  }
  query_.limit = std::max<std::size_t>(1, query_.limit == 0 ? 100 : query_.limit / 4);
  return true;
}

}  // namespace tocsin::taxii
