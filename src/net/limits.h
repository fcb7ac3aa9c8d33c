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
// Connections held at one time, idle ones included; one more is closed at once.
inline constexpr std::size_t connections_max = 12'000;

// A client that sends or takes too slowly is closed: the whole header, the TLS handshake, a kept connection without a
// request, and the pace at which a body comes and an answer goes.
inline constexpr std::chrono::seconds header_time_max{10};
inline constexpr std::chrono::seconds handshake_time_max{10};
inline constexpr std::chrono::seconds idle_time_max{75};
inline constexpr std::chrono::seconds body_time_base{20};
inline constexpr std::uint64_t pace_bytes_per_second_min = 64 * 1024;
// What is still read of a refused body, so that the client gets to see the answer.
inline constexpr std::uint64_t discarded_bytes_max = std::uint64_t{1} << 20;
inline constexpr std::chrono::seconds discarding_time_max{2};

}  // namespace tocsin::net::limits
