// Bounds on what peers send and on what a node keeps for each of them: name, value, why, and what happens beyond.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace tocsin::exchange::limits {

// One message. A longer one is refused before anything of it is looked at. A delivery holds what follows and its frame.
inline constexpr std::size_t message_bytes_max = std::size_t{12} << 20;
// Objects of one delivery, and their bytes: a delivery is closed behind the object that crosses this, so that memory
// for a peer is this much and one object. What is longer than an object may be is never sent, and refused one by one.
inline constexpr std::size_t delivery_items_max = 1'000;
inline constexpr std::size_t delivery_bytes = std::size_t{1} << 20;
inline constexpr std::size_t object_bytes_max = std::size_t{4} << 20;
// Versions looked at for one delivery to one peer; the rest waits for the next, so that no peer holds up the others.
inline constexpr std::size_t scan_max = 4'000;
// Objects held back for a peer that are looked at again for one delivery.
inline constexpr std::size_t held_looks_max = 200;
// References of one object that are looked up; an object with more goes to nobody.
inline constexpr std::size_t references_max = 10'000;
// Identities and definitions that go with one object, and theirs in turn.
inline constexpr std::size_t supporting_max = 100;
inline constexpr std::size_t supporting_depth_max = 8;
// Versions that a peer may bring of one object; a later one is refused and counted. Sound objects have a few.
inline constexpr std::size_t versions_max = 10'000;
// Release classes that one peer's objects may make here (each is a question to policy for each other peer); an object
// that would make another one is refused.
inline constexpr std::size_t classes_max = 2'000;
// Peers of one node, and bytes of what is kept of one. More is an error of the command.
inline constexpr std::size_t peers_max = 1'000;
inline constexpr std::size_t peer_bytes_max = std::size_t{64} << 10;
// Invitations that are open at a time.
inline constexpr std::size_t invitations_max = 1'000;
// Names of an audience that came with an object. A longer one is not understood: the object is refused.
inline constexpr std::size_t audience_max = 1'000;
// Alarms kept; the rest is counted. Each holds the two copies that prove it.
inline constexpr std::size_t alarms_max = 1'000;
// Kilobytes and messages of one peer: this many at once and this many a second; beyond it the peer is told to wait.
inline constexpr std::int64_t messages_burst_max = 200;
inline constexpr std::int64_t messages_per_second = 50;
inline constexpr std::int64_t bytes_burst_max = std::int64_t{64} << 20;
inline constexpr std::int64_t bytes_per_second = std::int64_t{16} << 20;

inline constexpr std::int64_t second = Time::ticks_per_second;
// How long an answer is waited for; the first wait before another attempt, and the longest (times 0.5 to 1.5).
inline constexpr std::int64_t answer_ticks = 30 * second;
inline constexpr std::int64_t retry_ticks_min = second;
inline constexpr std::int64_t retry_ticks_max = 300 * second;
// A peer that was not heard of for so long is asked (pull); what is held back is looked at again; the store is asked
// whether another process put something in.
inline constexpr std::int64_t pull_ticks = 60 * second;
inline constexpr std::int64_t held_ticks = 600 * second;
inline constexpr std::int64_t poll_ticks = 5 * second;
// A peer that says it lost what it had gets everything again, so often at most.
inline constexpr std::int64_t resend_ticks = 3'600 * second;

}  // namespace tocsin::exchange::limits
