// TAXII servers of others that a node reads: what is known of each, kept in the node's notes; passwords and tokens
// apart from it, in files that only their owner may read.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/client.h"
#include "store/notes.h"
#include "store/store.h"
#include "taxii/poller.h"

namespace tocsin::app {

inline constexpr std::chrono::seconds poll_every_default{300};
// Peers of one node. Each is read on a thread of its own.
inline constexpr std::size_t taxii_peers_max = 64;

enum class PeerSecret : std::uint8_t { none, password, token };

struct TaxiiPeer {
  std::string name;
  std::string root;               // the URL of its API root
  std::string collection, title;  // there
  std::string local_root, local_id;
  std::string user;  // with a password
  PeerSecret secret = PeerSecret::none;
  std::string certificate_file, key_file, ca_file;  // absolute paths
  std::string proxy;                                // without credentials; empty: as the environment says
  std::chrono::seconds every = poll_every_default;
  bool paused = false;
  Time added;
  bool operator==(const TaxiiPeer&) const = default;
};

// How it goes with a peer, as whoever polled it last wrote it down.
struct TaxiiReport {
  Time attempt;  // when the last poll began
  Time success;  // when the last poll that read to the end began: what was there by then is here
  Time next;     // when it is due
  std::uint32_t failures = 0;
  std::string error;  // of the last poll; empty: it went well
  std::uint64_t received = 0, stored = 0, known = 0, refused = 0, conflicts = 0;  // of all polls
};

// 1 to 64 letters, digits, '.', '_' and '-'; and not what the key of an exchange peer looks like, because both stand as
// writers of objects.
bool legal_peer_name(std::string_view name);

Result<std::vector<TaxiiPeer>> taxii_peers(const store::Notes& notes);  // by name
Result<std::optional<TaxiiPeer>> taxii_peer(const store::Notes& notes, std::string_view name);
// Adds or replaces. `secret`: the password or token; only where one is used.
Result<void> put_taxii_peer(const std::string& folder, store::Notes& notes, const TaxiiPeer& peer,
                            const std::string& secret);
// False: there is none. Forgets how far it was read and what was refused; what it brought stays.
Result<bool> remove_taxii_peer(const std::string& folder, store::Notes& notes, std::string_view name);
// False: there is none.
Result<bool> pause_taxii_peer(store::Notes& notes, std::string_view name, bool paused);
// Prints them, one JSON object a line where `json`.
Result<void> list_taxii_peers(const store::Notes& notes, bool json);

Result<TaxiiReport> taxii_report(const store::Notes& notes, std::string_view name);

// The collection of this node that "ROOT/COLLECTION", or the id or alias of one alone, means.
Result<store::Collection> local_collection(const store::Store& store, std::string_view text);

// The first line of a file ("-": of stdin) as a secret.
Result<std::string> read_secret_line(const std::string& file);
std::string authorization(PeerSecret kind, std::string_view user, std::string_view secret);
// Errors: usage, io.
Result<std::unique_ptr<net::Client>> start_peer_client(const TaxiiPeer& peer, std::uint64_t body_bytes_max);

// Polls a peer once and writes down how it went. Not thread-safe; one for each peer.
class PeerReader {
 public:
  PeerReader(std::string folder, TaxiiPeer peer, store::Store& store, store::Notes& notes, const Clock& clock,
             Random& random);

  // Reads how it went before.
  Result<void> resume();
  const TaxiiPeer& peer() const { return peer_; }
  const TaxiiReport& report() const { return report_; }
  // One of `readers` of this node: what their answers hold in memory together is bounded. `client` is told of the
  // client while it is used, and of none behind it: to end what is under way from another thread.
  taxii::PollResult poll(taxii::PollHooks hooks, std::size_t readers, const std::function<void(net::Client*)>& client);

 private:
  taxii::PollResult ask(taxii::PollHooks hooks, std::size_t readers, const std::function<void(net::Client*)>& client);

  std::string folder_;
  TaxiiPeer peer_;
  store::Store& store_;
  store::Notes& notes_;
  const Clock& clock_;
  Random& random_;
  taxii::Pacing pacing_;
  TaxiiReport report_;
};

}  // namespace tocsin::app
