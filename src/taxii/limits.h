// Bounds on what one TAXII client may ask and send: name, value, why; beyond each it gets the HTTP status named here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tocsin::taxii::limits {

// A POST body, also where an API root names a greater length: a JSON text is read whole. 413.
inline constexpr std::uint64_t content_bytes_max = std::uint64_t{16} << 20;
// Objects of one envelope: with a body of 16 MB an object would else be a few bytes of nothing. 422.
inline constexpr std::size_t envelope_objects_max = 100'000;
// Bytes of one object; one that is longer fails alone.
inline constexpr std::size_t object_bytes_max = std::size_t{4} << 20;
// Objects, records or versions of one page; a larger `limit` is lowered to it, and it is the limit where none is given.
inline constexpr std::size_t page_items_max = 1'000;
// Bytes of one page of objects: a page ends behind the object that reaches it, and says that there are more.
inline constexpr std::size_t page_bytes_max = std::size_t{8} << 20;
// Objects looked at for one page when most are filtered out or may not be seen; the page then ends early, with `next`.
inline constexpr std::size_t page_scan_max = 50'000;
// Objects followed from what one answer names, to see whether one of them is hidden; what lies beyond is not shown.
inline constexpr std::size_t references_max = 100'000;
// Of what one version names, so many are looked at first, and four times as many in each next round: most of those that
// name hundreds name a hidden one soon.
inline constexpr std::size_t references_first = 4;
// Values of one filter; they are compared with every object looked at. 400.
inline constexpr std::size_t filter_values_max = 1'000;
// Status resources kept; the oldest go first, but none that is younger than a day (TAXII 2.1 interoperability). 503.
inline constexpr std::chrono::hours status_time_min{24};
// A message in a status resource or an error; what is longer is cut.
inline constexpr std::size_t message_bytes_max = 500;

// User names and passwords. Longer ones are wrong: 401.
inline constexpr std::size_t user_bytes_max = 256;
inline constexpr std::size_t password_bytes_max = 1'024;
// Argon2id hashes computed at one time (64 MiB and 100 ms of a core each), and requests that wait for one. 503.
inline constexpr std::size_t hashes_at_once_max = 2;
inline constexpr std::size_t hashes_waiting_max = 16;
// Tokens and certificates that stand for one user.
inline constexpr std::size_t tokens_per_user_max = 100;
inline constexpr std::size_t certificates_per_user_max = 100;
// How long a verified password is remembered, as a keyed digest; and how many.
inline constexpr std::chrono::minutes verified_time_max{5};
inline constexpr std::size_t verified_max = 10'000;
// Wrong passwords from one address in a minute. 429.
inline constexpr std::uint32_t failures_per_minute_max = 20;
// Requests of one user in a second, kept up for long, and how many may come at once. 429.
inline constexpr std::uint32_t requests_per_second_max = 2'000;
inline constexpr std::uint32_t requests_burst_max = 10'000;
// Users and addresses whose rates are kept.
inline constexpr std::size_t rates_max = 20'000;

// Of servers that this node asks.
//
// A token `next`; a longer one counts as none. It comes back in a URL.
inline constexpr std::size_t next_bytes_max = std::size_t{4} * 1024;
// API roots and collections of one server that are looked at.
inline constexpr std::size_t remote_roots_max = 100;
inline constexpr std::size_t remote_collections_max = 10'000;
// Failures of a status resource that are kept in words; all are counted.
inline constexpr std::size_t remote_failures_max = 1'000;
// Objects of one POST, and how often its status is asked for where the server decides later.
inline constexpr std::size_t batch_objects_max = 1'000;
inline constexpr int status_asks_max = 60;
// Objects asked for in one page at first; and at most, where a server gives more with one date than one page holds.
inline constexpr std::size_t poll_page_items = 1'000;
inline constexpr std::size_t poll_page_items_max = 20'000;
// Pages of one pull: what is left comes with the next one.
inline constexpr std::size_t pull_pages_max = 10'000;
// Pages one after another that hold nothing, or nothing but what the pages before held, until the server is said to go
// round in circles.
inline constexpr std::size_t empty_pages_max = 1'000;
inline constexpr std::size_t repeated_pages_max = 3;
// Pages in order of date before a pull that is under way remembers how far it is.
inline constexpr std::size_t ordered_pages_min = 3;
// How often a pull begins again behind what it has, when the server no longer knows its own `next`.
inline constexpr std::size_t restarts_max = 3;
// Digests of objects that were seen in a pull, to tell repeats.
inline constexpr std::size_t seen_max = 100'000;
// Objects of one peer that are kept aside because they are no valid STIX; more are counted only.
inline constexpr std::size_t aside_max = 1'000;
// Bytes of one of them; of a larger one only the reason is kept.
inline constexpr std::size_t aside_bytes_max = std::size_t{64} << 10;
// Of what one poll refused, how many are told with their reasons.
inline constexpr std::size_t reasons_max = 20;
// Objects of a page that are put into the store in one commit, so that others who write wait for no more than that.
inline constexpr std::size_t commit_objects_max = 1'000;
// Time between polls, and after failures.
inline constexpr std::chrono::seconds poll_interval{60};
inline constexpr std::chrono::seconds backoff_first{5};
inline constexpr std::chrono::seconds backoff_lasting{300};
inline constexpr std::chrono::seconds backoff_max{3'600};
// How far back a pull begins while what came last is young, and how long it is young: servers may show an object after
// a later one.
inline constexpr std::chrono::seconds overlap{5};
inline constexpr std::chrono::seconds settle_time{120};

}  // namespace tocsin::taxii::limits
