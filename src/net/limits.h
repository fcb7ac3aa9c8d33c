// Bounds on what a client may send and hold: name, value, why; beyond each it gets the HTTP status named here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tocsin::net::limits {

// Request line and header fields together; real clients send under 2 KiB. 431.
inline constexpr std::uint32_t header_bytes_max = 32 * 1024;
// Parameters of one query; TAXII knows eight. 400.
inline constexpr std::size_t query_parameters_max = 64;
// Bytes of all bodies being received at one time, so that many senders cannot fill memory together. 503.
inline constexpr std::uint64_t bodies_bytes_max = std::uint64_t{256} << 20;
// Requests that wait for a worker or are with one. 503.
inline constexpr std::size_t requests_waiting_max = 1'024;
// A body up to this is sent in one piece with its header.
inline constexpr std::size_t written_together_max = std::size_t{16} * 1024;
// Connections held at one time, idle ones included; one more is closed at once.
inline constexpr std::size_t connections_max = 12'000;

// A client that sends or takes too slowly is closed: the whole header, the TLS handshake, a kept connection without a
// request, and the pace at which a body comes and an answer goes.
inline constexpr std::chrono::seconds header_time_max{10};
inline constexpr std::chrono::seconds handshake_time_max{10};
inline constexpr std::chrono::seconds idle_time_max{75};
inline constexpr std::chrono::seconds body_time_base{20};
inline constexpr std::uint64_t pace_bytes_per_second_min = std::uint64_t{64} * 1024;
// What is still read of a refused body, so that the client gets to see the answer.
inline constexpr std::uint64_t discarded_bytes_max = std::uint64_t{1} << 20;
inline constexpr std::chrono::seconds discarding_time_max{2};

// Bounds on what a server may make a client take and wait for; beyond them an exchange ends with an error.
//
// A URL, also one that a server names.
inline constexpr std::size_t url_bytes_max = std::size_t{8} * 1024;
// One answer, as sent and decompressed; TAXII servers send pages of some megabytes.
inline constexpr std::uint64_t answer_bytes_max = std::uint64_t{64} << 20;
inline constexpr int redirections_max = 5;
// Interim answers (1xx) before the real one.
inline constexpr int interim_answers_max = 8;
// Addresses of one host that are tried.
inline constexpr std::size_t addresses_max = 8;
inline constexpr std::chrono::seconds resolve_time_max{10};
inline constexpr std::chrono::seconds connect_time_max{10};
// From the last byte sent to the whole header: servers that search long before they answer are common.
inline constexpr std::chrono::seconds answer_time_max{120};
// How long a connection is kept for another request; less than servers commonly wait.
inline constexpr std::chrono::seconds reuse_time_max{20};
inline constexpr std::size_t kept_connections_max = 4;  // to one origin
inline constexpr std::chrono::seconds retry_after_max{86'400};

}  // namespace tocsin::net::limits
