#include "exchange/exchange.h"

#include <algorithm>

#include <fmt/format.h>

#include "exchange/inbox.h"
#include "exchange/limits.h"
#include "exchange/notice.h"
#include "trust/digest.h"
#include "trust/symmetric.h"

namespace tocsin::exchange {
namespace {

// The clock may step back: a wait that was counted from a later moment is not longer than it was meant.
bool is_over(Time due, Time now, std::int64_t longest) {
  return !due.known() || now >= due || due.ticks - now.ticks > 2 * longest;
}
Time in(Time now, std::int64_t ticks) { return Time{now.ticks + ticks}; }

}  // namespace

Exchange::Exchange(store::Store& store, store::Notes& notes, const Clock& clock, Random& random, Transport& transport,
                   Options options)
    : store_(store),
      ledger_(notes),
      clock_(clock),
      random_(random),
      transport_(transport),
      options_(std::move(options)),
      signer_{options_.key.kid, options_.seed} {}

Result<std::unique_ptr<Exchange>> Exchange::open(store::Store& store, store::Notes& notes, const Clock& clock,
                                                 Random& random, Transport& transport, Options options) {
  std::unique_ptr<Exchange> out(new Exchange(store, notes, clock, random, transport, std::move(options)));
  TRY_VOID(out->start());
  return out;
}

Result<void> Exchange::start() {
  TRY_VOID(ring_.add(options_.key_document));
  for (const std::string& document : options_.author_keys) {
    TRY_VOID(ring_.add(document));
  }
  TRY(const std::vector<std::string> keys, ledger_.keys());
  for (const std::string& document : keys) {
    TRY_VOID(ring_.add(document));
  }
  TRY(generation_, ledger_.generation());
  TRY(std::vector<Peer> peers, ledger_.peers());
  for (Peer& peer : peers) {
    TRY_VOID(add_peer(std::move(peer)));
  }
  return {};
}

Result<void> Exchange::refresh() {
  TRY(std::string generation, ledger_.generation());
  if (generation == generation_) {
    return {};
  }
  TRY(std::vector<Peer> peers, ledger_.peers());
  for (auto one = states_.begin(); one != states_.end();) {
    if (std::ranges::find(peers, one->first, &Peer::kid) != peers.end()) {
      ++one;
      continue;
    }
    // A step of this node may have come between: nothing is left of the peer.
    TRY_VOID(ledger_.remove_peer(one->first));
    one = states_.erase(one);
  }
  for (Peer& peer : peers) {
    const auto found = states_.find(peer.kid);
    if (found == states_.end()) {
      TRY_VOID(add_peer(std::move(peer)));
    } else if (write_peer(found->second.peer) != write_peer(peer)) {
      renew(found->second, std::move(peer));
    }
  }
  generation_ = std::move(generation);
  return {};
}

void Exchange::renew(State& state, Peer peer) {
  state.peer = std::move(peer);
  state.flight.reset();
  state.dirty = true;
  state.due = {};
  state.look_again = {};
  state.holds = true;
}

Result<void> Exchange::add_peer(Peer peer) {
  TRY_VOID(ring_.add(peer.key_document));
  State state;
  TRY(state.numbers, ledger_.numbers(peer.kid));
  state.pull_due = in(now(), jittered(limits::pull_ticks));
  state.bucket = {limits::messages_burst_max, limits::bytes_burst_max, now()};
  state.peer = std::move(peer);
  const std::string kid = state.peer.kid;
  states_.insert_or_assign(kid, std::move(state));
  return {};
}

std::int64_t Exchange::jittered(std::int64_t ticks) {
  std::uint32_t random = 0;
  random_.fill({reinterpret_cast<std::uint8_t*>(&random), sizeof random});
  return ticks / 2 + ticks / 1024 * static_cast<std::int64_t>(random % 1024);
}

std::string Exchange::hex_of_random() {
  std::array<std::uint8_t, 16> bytes{};
  random_.fill(bytes);
  return trust::to_hex(bytes);
}

Result<void> Exchange::check(const Relation& relation, std::string_view own_kid) const {
  if (relation.name.empty()) {
    return failure(ErrorCode::usage, "a peer needs a name");
  }
  for (const auto& [kid, state] : states_) {
    if (kid != own_kid && state.peer.relation.name == relation.name) {
      return failure(ErrorCode::usage, "another peer is called " + relation.name);
    }
  }
  std::vector<CollectionRef> used = relation.collections;
  used.push_back(relation.inbox);
  for (const CollectionRef& one : used) {
    TRY(const std::vector<store::Collection> there, store_.collections(one.root));
    if (std::ranges::none_of(there, [&](const store::Collection& collection) { return collection.id == one.id; })) {
      return failure(ErrorCode::usage, fmt::format("there is no collection {} in {}", one.id, one.root));
    }
  }
  return {};
}

Result<std::string> Exchange::invite(const Relation& relation, std::int64_t lifetime) {
  TRY_VOID(check(relation, ""));
  const Time at = now();
  TRY(const std::size_t open, ledger_.drop_invitations(at.ticks));
  if (open >= limits::invitations_max || states_.size() >= limits::peers_max) {
    return failure(ErrorCode::limit, "there are too many peers or open invitations");
  }
  Invitation invitation;
  invitation.url = options_.url;
  invitation.fingerprint =
      trust::to_hex(trust::sha256({reinterpret_cast<const char*>(options_.key.key.data()), options_.key.key.size()}));
  invitation.id = hex_of_random();
  invitation.secret = hex_of_random();
  invitation.expires = at.ticks + lifetime;
  Ledger::Changes changes;
  Ledger::put_invitation(
      changes, invitation.id,
      {.secret = invitation.secret, .expires = invitation.expires, .relation = relation, .used_by = ""});
  TRY_VOID(ledger_.write(changes));
  return write_code(invitation);
}

Result<void> Exchange::accept(std::string_view code, const Relation& relation) {
  TRY(Invitation invitation, read_code(code));
  TRY_VOID(check(relation, invitation.kid()));
  if (invitation.expires < now().ticks) {
    return failure(ErrorCode::usage, "the invitation is no longer valid", {}, "ask for a new one");
  }
  if (invitation.kid() == signer_.kid) {
    return failure(ErrorCode::usage, "this invitation was made here", {}, "give it to the operator of the other node");
  }
  Accepting accepting{std::move(invitation), relation, hex_of_random()};
  const Invitation& to = accepting.invitation;
  Introduction introduction;
  introduction.invitation = to.id;
  introduction.url = options_.url;
  introduction.key_document = options_.key_document;
  introduction.nonce = accepting.nonce;
  introduction.proof = proof_of("accept", to.id, signer_.kid, to.kid(), accepting.nonce, to.secret);
  const std::uint64_t ticket = next_ticket_++;
  // Of many attempts the last ones count.
  while (accepting_.size() >= limits::invitations_max) {
    accepting_.erase(accepting_.begin());
  }
  const std::string url = to.url;
  std::string message = seal_message(write_introduction("accept", introduction, to.kid()), signer_);
  accepting_.emplace(ticket, std::move(accepting));
  transport_.send(url, ticket, std::move(message));
  return {};
}

// The other side of accept(): whoever proves the secret and its key becomes a peer.
std::string Exchange::introduce(std::string_view message, Time now) {
  const std::size_t head = message.find('\n');
  if (message.size() > limits::peer_bytes_max || head == std::string_view::npos) {
    return {};
  }
  // Unproven until the message is opened with the key that it brings itself.
  const auto introduction = read_introduction(message.substr(head + 1));
  if (!introduction) {
    return {};
  }
  auto peer = peer_of_document(introduction->key_document, introduction->url);
  const auto invited = ledger_.invitation(introduction->invitation);
  if (!peer || !invited || !*invited || (*invited)->expires < now.ticks) {
    return {};
  }
  const auto opened = open_message(
      message, [&](std::string_view kid) { return kid == peer->kid ? std::optional(peer->key) : std::nullopt; });
  const auto address = opened ? read_address(opened->body) : Result<Address>(failure(ErrorCode::damaged, ""));
  const std::string proof =
      proof_of("accept", introduction->invitation, peer->kid, signer_.kid, introduction->nonce, (*invited)->secret);
  if (!address || address->kind != "accept" || address->to != signer_.kid ||
      !trust::equal_in_constant_time(proof, introduction->proof)) {
    return {};
  }
  // One time: only the node that used it gets the same answer again, where the first one was lost.
  Invited used = **invited;
  if (!used.used_by.empty() && used.used_by != peer->kid) {
    return {};
  }
  if (peer->organisation == options_.key.identity || std::ranges::any_of(states_, [&](const auto& entry) {
        return entry.first != peer->kid && entry.second.peer.organisation == peer->organisation;
      })) {
    return {};  // an organisation has one node here
  }
  if (used.used_by.empty()) {
    used.used_by = peer->kid;
    peer->relation = used.relation;
    if (!check(peer->relation, peer->kid) || !stix::KeyRing(ring_).add(peer->key_document)) {
      return {};
    }
    Ledger::Changes changes;
    Ledger::put_invitation(changes, introduction->invitation, used);
    Ledger::put_peer(changes, *peer);
    Ledger::put_generation(changes, hex_of_random());
    Ledger::put_key(changes, peer->kid, peer->key_document);
    if (!ledger_.write(changes) || !add_peer(*peer)) {
      return {};
    }
  }
  Introduction welcome;
  welcome.invitation = introduction->invitation;
  welcome.url = options_.url;
  welcome.key_document = options_.key_document;
  welcome.nonce = introduction->nonce;
  welcome.proof = proof_of("welcome", welcome.invitation, signer_.kid, peer->kid, welcome.nonce, used.secret);
  return seal_message(write_introduction("welcome", welcome, peer->kid), signer_);
}

void Exchange::welcomed(const Accepting& accepting, std::string_view message) {
  const Invitation& invitation = accepting.invitation;
  const std::size_t head = message.find('\n');
  if (head == std::string_view::npos || claimed_sender(message) != invitation.kid()) {
    return;
  }
  const auto welcome = read_introduction(message.substr(head + 1));
  if (!welcome) {
    return;
  }
  // The address of the code: an answer may not lead elsewhere.
  auto peer = peer_of_document(welcome->key_document, invitation.url);
  if (!peer || trust::to_hex(trust::sha256({reinterpret_cast<const char*>(peer->key.data()), peer->key.size()})) !=
                   invitation.fingerprint) {
    return;
  }
  const auto opened = open_message(message, [&](std::string_view) { return std::optional(peer->key); });
  const auto address = opened ? read_address(opened->body) : Result<Address>(failure(ErrorCode::damaged, ""));
  const std::string proof =
      proof_of("welcome", invitation.id, peer->kid, signer_.kid, accepting.nonce, invitation.secret);
  if (!address || address->kind != "welcome" || address->to != signer_.kid || welcome->nonce != accepting.nonce ||
      !trust::equal_in_constant_time(proof, welcome->proof) || peer->organisation == options_.key.identity ||
      std::ranges::any_of(states_,
                          [&](const auto& entry) {
                            return entry.first != peer->kid && entry.second.peer.organisation == peer->organisation;
                          }) ||
      states_.size() >= limits::peers_max || !stix::KeyRing(ring_).add(peer->key_document)) {
    return;
  }
  peer->relation = accepting.relation;
  Ledger::Changes changes;
  Ledger::put_peer(changes, *peer);
  Ledger::put_generation(changes, hex_of_random());
  Ledger::put_key(changes, peer->kid, peer->key_document);
  if (ledger_.write(changes)) {
    (void)add_peer(*std::move(peer));  // failing that, refresh() adds it: the generation is another one
  }
}

std::vector<Peer> Exchange::peers() const {
  std::vector<Peer> out;
  for (const auto& [kid, state] : states_) {
    out.push_back(state.peer);
  }
  return out;
}

std::vector<PeerReport> Exchange::reports() const {
  std::vector<PeerReport> out;
  for (const auto& [kid, state] : states_) {
    PeerReport report = state.report;
    report.name = state.peer.relation.name;
    report.kid = kid;
    report.organisation = state.peer.organisation;
    report.url = state.peer.url;
    report.paused = state.peer.relation.paused;
    report.waiting = state.dirty || state.flight.has_value();
    report.deliveries_sent = state.numbers.sent;
    out.push_back(std::move(report));
  }
  return out;
}

Result<void> Exchange::change(std::string_view kid, const Relation& relation) {
  const auto found = states_.find(kid);
  if (found == states_.end()) {
    return failure(ErrorCode::not_found, "there is no such peer");
  }
  TRY_VOID(check(relation, kid));
  Peer peer = found->second.peer;
  peer.relation = relation;
  Ledger::Changes changes;
  Ledger::put_peer(changes, peer);
  Ledger::put_generation(changes, hex_of_random());
  TRY_VOID(ledger_.write(changes));
  renew(found->second, std::move(peer));
  return {};
}

Result<void> Exchange::remove(std::string_view kid) {
  const auto found = states_.find(kid);
  if (found == states_.end()) {
    return failure(ErrorCode::not_found, "there is no such peer");
  }
  Ledger::Changes changes;
  Ledger::put_generation(changes, hex_of_random());
  TRY_VOID(ledger_.remove_peer(kid));
  TRY_VOID(ledger_.write(changes));
  states_.erase(found);
  return {};
}

Result<std::optional<Notice>> Exchange::notice(std::string_view id) const {
  TRY(const std::optional<std::string> document, ledger_.notice(id));
  if (!document) {
    return std::optional<Notice>();
  }
  TRY(Notice out, read_notice(*document));
  return std::optional(std::move(out));
}

void Exchange::committed() {
  polled_ = {};
  tick();
}

// One question for each collection; nothing is scanned.
Result<bool> Exchange::something_new() {
  const Home here = home();
  TRY(const std::vector<CollectionRef> collections, here.collections());
  bool news = false;
  for (const CollectionRef& collection : collections) {
    TRY(const store::Sequence last, store_.last_at(collection.name(), Time{std::numeric_limits<std::int64_t>::max()}));
    store::Sequence& known = tails_[collection];
    news = news || known != last;
    known = last;
  }
  return news;
}

// Whoever was ever sent a version of an object learns that there is a newer one, also where it may not have that one.
Result<void> Exchange::look_through() {
  const Home here = home();
  const stix::Instant at = stix::from_time(now());
  std::map<std::string, Entitlement, std::less<>> entitlements;
  behind_ = false;
  for (const auto& [collection, tail] : tails_) {
    TRY(const store::Sequence from, ledger_.looked_through(collection));
    if (from >= tail) {
      continue;
    }
    TRY(const std::vector<store::ReleaseClass> classes, store_.classes(collection.name()));
    std::vector<std::uint32_t> all;
    for (const store::ReleaseClass& one : classes) {
      all.push_back(one.id);
    }
    std::vector<store::RecordPointer> records;
    std::size_t bytes = 0;
    bool cut = false;
    TRY_VOID(store_.scan(collection.name(), from, {all, {}}, [&](const store::RecordPointer& record) {
      cut = records.size() >= limits::scan_max || bytes >= 4 * limits::delivery_bytes;
      if (!cut) {
        records.push_back(record);
        bytes += record->bytes.size();
      }
      return !cut;
    }));
    Ledger::Changes changes;
    store::Sequence reached = from;
    for (const store::RecordPointer& record : records) {
      reached = record->sequence;
      if (record->version.empty()) {
        continue;
      }
      TRY(const std::vector<std::string> sent, ledger_.sent_to(record->id));
      if (sent.empty()) {
        continue;
      }
      const auto reading = read_for_exchange(record->bytes);
      if (!reading) {
        continue;
      }
      TRY(const std::vector<Home::Found> versions, here.versions(record->id));
      const bool newest = std::ranges::all_of(
          versions, [&](const Home::Found& found) { return found.record->version_at <= record->version_at; });
      const bool another = std::ranges::any_of(
          versions, [&](const Home::Found& found) { return found.record->version_at < record->version_at; });
      if (!newest || (!another && reading->tree.string_or("created", "") == reading->version)) {
        continue;
      }
      for (const std::string& kid : sent) {
        const auto found = states_.find(kid);
        if (found == states_.end() || record->writer == found->second.peer.writer() ||
            reading->author == found->second.peer.organisation) {
          continue;
        }
        auto known = entitlements.find(kid);
        if (known == entitlements.end()) {
          TRY(Entitlement entitlement, Entitlement::open(here, found->second.peer, at));
          known = entitlements.emplace(kid, std::move(entitlement)).first;
        }
        const auto& lanes = known->second.lanes(collection);
        if (!lanes.contains(known->second.lane_of(collection, *record, *reading))) {
          TRY(const std::string notice, notice_of(here, *record, *reading));
          Ledger::put_due(changes, kid, record->id, record->version, notice);
        }
      }
    }
    Ledger::put_looked_through(changes, collection, cut ? reached : std::max(tail, reached));
    TRY_VOID(ledger_.write(changes));
    behind_ = behind_ || cut;
  }
  return {};
}

void Exchange::wait_for(State& state, Time at) {
  if (!state.dirty) {
    state.report.waiting_since = at;
  }
  state.dirty = true;
}

Time Exchange::tick() {
  const Time at = now();
  if (!refresh()) {
    return in(at, limits::retry_ticks_min);  // to whom what may go is not known
  }
  Time next = in(at, limits::poll_ticks);
  if (is_over(polled_, at, limits::poll_ticks)) {
    polled_ = next;
    if (const auto news = something_new(); news && *news) {
      behind_ = true;
    }
  }
  bool more = false;
  if (behind_ && !tails_.empty()) {
    const auto looked = look_through();
    more = looked && behind_;
    behind_ = behind_ || !looked;
    for (auto& [kid, state] : states_) {
      wait_for(state, at);
    }
  }
  // Each peer in turn does one bounded step; who was first comes last the next time.
  auto first = states_.lower_bound(turn_);
  if (first == states_.end()) {
    first = states_.begin();
  }
  auto one = first;
  for (std::size_t count = states_.size(); count != 0; --count) {
    step(one->second, at);
    if (++one == states_.end()) {
      one = states_.begin();
    }
  }
  turn_ = first == states_.end() || std::next(first) == states_.end() ? std::string() : std::next(first)->first;
  for (const auto& [kid, state] : states_) {
    if (state.peer.relation.paused) {
      continue;
    }
    if (state.dirty && !state.flight) {
      next = std::min(next, std::max(at, state.due));
    }
    if (state.flight) {
      next = std::min(next, in(state.flight->since, limits::answer_ticks));
    }
    if (state.wake.known()) {
      next = std::min(next, std::max(at, state.wake));
    }
    next = std::min(next, std::max(at, state.pull_due));
  }
  return more ? at : next;
}

void Exchange::step(State& state, Time at) {
  if (state.peer.relation.paused) {
    return;
  }
  if (state.flight && is_over(in(state.flight->since, limits::answer_ticks), at, limits::answer_ticks)) {
    fail(state, at);
  }
  if (state.wake.known() && at >= state.wake) {
    state.wake = {};
    state.dirty = true;
  }
  if (state.holds && is_over(state.look_again, at, limits::held_ticks)) {
    state.look_again = in(at, limits::held_ticks);
    state.dirty = true;
  }
  if (state.dirty && !state.flight && is_over(state.due, at, limits::retry_ticks_max)) {
    push(state, at);
  }
  if (state.pull_ticket != 0 && is_over(in(state.pull_since, limits::answer_ticks), at, limits::answer_ticks)) {
    state.pull_ticket = 0;
  }
  if (state.pull_ticket == 0 && is_over(state.pull_due, at, limits::pull_ticks)) {
    pull(state, at);
  }
}

// The body of the next delivery; empty where there is nothing. Who is sent what is on record before it leaves.
Result<std::string> Exchange::next_delivery(State& state, Time at, bool fetched) {
  const Home here = home();
  TRY(Plan plan, Outbox(here, state.peer).compose(stix::from_time(at), state.held_after));
  state.holds = plan.holds;
  state.wake = {};
  if (plan.wake) {
    // Up to the next tick that is not before it.
    const auto ticks = static_cast<std::int64_t>(*plan.wake / stix::instants_per_tick);
    state.wake = Time{ticks + 1};
  }
  if (plan.delivery.count() == 0) {
    TRY_VOID(ledger_.write(plan.after));
    state.dirty = plan.more;
    if (!state.dirty) {
      state.report.waiting_since = {};
    }
    return std::string();
  }
  Numbers numbers = state.numbers;
  ++numbers.sent;
  Ledger::put_numbers(plan.before, state.peer.kid, numbers);
  TRY_VOID(ledger_.write(plan.before));
  state.numbers = numbers;
  std::string body = plan.delivery.finish(state.peer.kid, numbers.sent, numbers.taken);
  Flight flight;
  flight.ticket = fetched ? 0 : next_ticket_++;
  flight.number = numbers.sent;
  flight.digest = trust::sha256_hex(body);
  flight.after = std::move(plan.after);
  flight.since = at;
  state.flight = std::move(flight);
  return body;
}

void Exchange::push(State& state, Time at) {
  // A part of the way may hold nothing for this peer.
  for (int attempt = 0; attempt < 8 && state.dirty && !state.flight; ++attempt) {
    const auto body = next_delivery(state, at, false);
    if (!body) {
      fail(state, at);
      return;
    }
    if (!body->empty()) {
      transport_.send(state.peer.url, state.flight->ticket, seal_message(*body, signer_));
    }
  }
}

void Exchange::pull(State& state, Time at) {
  state.pull_due = in(at, jittered(limits::pull_ticks));
  const auto received = ledger_.received(state.peer.kid);
  if (!received) {
    return;
  }
  state.pull_ticket = next_ticket_++;
  state.pull_since = at;
  transport_.send(
      state.peer.url, state.pull_ticket,
      seal_message(write_pull({.have = received->number, .digest = received->digest}, state.peer.kid), signer_));
}

void Exchange::fail(State& state, Time at) {
  state.flight.reset();
  state.report.failures = std::min(state.report.failures + 1, 1'000U);
  const std::int64_t wait =
      std::min(limits::retry_ticks_max, limits::retry_ticks_min << std::min(state.report.failures - 1, 16U));
  state.due = in(at, jittered(wait));
}

void Exchange::lost_there(State& state, std::uint64_t last, Time at) {
  if (is_over(state.resent, at, limits::resend_ticks)) {
    if (!ledger_.forget_progress(state.peer.kid)) {
      return;
    }
    state.resent = in(at, limits::resend_ticks);
  }
  Numbers numbers = state.numbers;
  numbers.taken = last;
  numbers.sent = std::max(numbers.sent, last);
  Ledger::Changes changes;
  Ledger::put_numbers(changes, state.peer.kid, numbers);
  if (ledger_.write(changes)) {
    state.numbers = numbers;
  }
  state.flight.reset();
  state.dirty = true;
}

void Exchange::settle(State& state, const Receipt& receipt, Time at) {
  switch (receipt.state) {
    case Receipt::State::taken: {
      if (!state.flight || receipt.number != state.flight->number || receipt.digest != state.flight->digest) {
        return;
      }
      Numbers numbers = state.numbers;
      numbers.taken = receipt.number;
      Ledger::put_numbers(state.flight->after, state.peer.kid, numbers);
      if (!ledger_.write(state.flight->after)) {
        fail(state, at);
        return;
      }
      state.numbers = numbers;
      state.flight.reset();
      state.report.failures = 0;
      state.report.items_refused_there += receipt.refused;
      state.dirty = true;
      state.due = {};
      return;
    }
    case Receipt::State::stale: {
      Numbers numbers = state.numbers;
      numbers.sent = std::max(numbers.sent, receipt.last);
      Ledger::Changes changes;
      Ledger::put_numbers(changes, state.peer.kid, numbers);
      if (ledger_.write(changes)) {
        state.numbers = numbers;
      }
      fail(state, at);
      return;
    }
    case Receipt::State::behind:
      lost_there(state, receipt.last, at);
      state.due = in(at, jittered(limits::retry_ticks_min));
      return;
    case Receipt::State::busy:
    case Receipt::State::refused: {
      fail(state, at);
      const auto wait =
          static_cast<std::int64_t>(std::min<std::uint64_t>(receipt.retry_seconds, 3'600)) * limits::second;
      state.due = std::max(state.due, in(at, std::min(wait, limits::retry_ticks_max)));
      return;
    }
  }
}

void Exchange::answered(std::uint64_t ticket, Result<std::string> reply) {
  const Time at = now();
  if (const auto found = accepting_.find(ticket); found != accepting_.end()) {
    const Accepting accepting = std::move(found->second);
    accepting_.erase(found);
    if (reply) {
      welcomed(accepting, *reply);
    }
    return;
  }
  for (auto& [kid, state] : states_) {
    const bool pushed = state.flight && state.flight->ticket == ticket && ticket != 0;
    const bool pulled = state.pull_ticket == ticket && ticket != 0;
    if (!pushed && !pulled) {
      continue;
    }
    if (pulled) {
      state.pull_ticket = 0;
    }
    const auto opened = reply ? open_message(*reply,
                                             [&](std::string_view sender) {
                                               return sender == kid ? std::optional(state.peer.key) : std::nullopt;
                                             })
                              : Result<Opened>(std::unexpected<Error>(reply.error()));
    const auto address = opened ? read_address(opened->body) : Result<Address>(failure(ErrorCode::damaged, ""));
    if (!address || address->to != signer_.kid || state.peer.relation.paused) {
      if (pushed) {
        fail(state, at);
      }
      return;
    }
    state.report.last_contact = at;
    if (pushed) {
      if (const auto receipt = read_receipt(opened->body); address->kind == "receipt" && receipt) {
        settle(state, *receipt, at);
      } else {
        fail(state, at);
      }
    } else if (address->kind == "delivery") {
      const auto receipt = take(state, opened->body, at);
      // What was fetched is acknowledged by asking for more.
      if (receipt && receipt->state == Receipt::State::taken && !receipt->digest.empty()) {
        pull(state, at);
      }
    }
    tick();
    return;
  }
}

bool Exchange::afford(State& state, std::size_t bytes, Time at) {
  Bucket& bucket = state.bucket;
  const std::int64_t passed = std::clamp<std::int64_t>(at.ticks - bucket.filled.ticks, 0, 60 * limits::second);
  // In steps of a hundredth of a second, so that many small ones lose nothing.
  const std::int64_t steps = passed / (limits::second / 100);
  if (steps > 0 || at < bucket.filled) {
    bucket.filled = at < bucket.filled ? at : Time{bucket.filled.ticks + steps * (limits::second / 100)};
    if (passed == 60 * limits::second) {
      bucket.filled = at;
    }
    bucket.messages = std::min(limits::messages_burst_max,
                               bucket.messages + std::max<std::int64_t>(1, steps * limits::messages_per_second / 100));
    bucket.bytes = std::min(limits::bytes_burst_max, bucket.bytes + steps * (limits::bytes_per_second / 100));
  }
  if (bucket.messages <= 0 || bucket.bytes <= 0) {
    return false;
  }
  --bucket.messages;
  bucket.bytes -= static_cast<std::int64_t>(bytes);
  return true;
}

// A delivery, pushed or fetched. The receipt says nothing of what was there before. An empty digest: it was empty.
Result<Receipt> Exchange::take(State& state, std::string_view body, Time at) {
  TRY(const Received received, ledger_.received(state.peer.kid));
  Receipt out;
  out.state = Receipt::State::refused;
  out.last = received.number;
  const auto delivery = read_delivery(body);
  if (!delivery) {
    ++state.report.items_refused_here;
    out.retry_seconds = 300;
    return out;
  }
  out.number = delivery->number;
  state.pull_due = std::max(state.pull_due, in(at, limits::pull_ticks / 2));
  if (delivery->items.empty()) {
    out.state = Receipt::State::taken;
    return out;
  }
  out.digest = trust::sha256_hex(body);
  if (delivery->after > received.number) {
    out.state = Receipt::State::behind;
    return out;
  }
  if (delivery->number <= received.number) {
    // The answer to it was lost.
    out.state = delivery->number == received.number && out.digest == received.digest ? Receipt::State::taken
                                                                                     : Receipt::State::stale;
    return out;
  }
  const Home here = home();
  Inbox inbox(here, state.peer, at);
  const auto taken = inbox.take(*delivery);
  for (const std::string& kid : inbox.to_be_told()) {
    // No commit of a version will say that there is something to send.
    if (const auto found = states_.find(kid); found != states_.end()) {
      wait_for(found->second, at);
    }
  }
  if (!taken) {
    out.state = Receipt::State::busy;
    out.retry_seconds = 10;
    return out;
  }
  Ledger::Changes changes;
  Ledger::put_received(changes, state.peer.kid, {delivery->number, out.digest});
  TRY_VOID(ledger_.write(changes));
  out.state = Receipt::State::taken;
  out.last = delivery->number;
  out.refused = taken->refused;
  state.report.objects_received += taken->stored;
  state.report.items_refused_here += taken->refused;
  polled_ = {};
  return out;
}

std::string Exchange::receive(std::string_view message) {
  const Time at = now();
  const std::string_view sender = claimed_sender(message);
  if (!refresh()) {
    return {};
  }
  const auto found = states_.find(sender);
  if (found == states_.end()) {
    return introduce(message, at);
  }
  State& state = found->second;
  const auto opened = open_message(message, [&](std::string_view) { return std::optional(state.peer.key); });
  if (!opened) {
    return {};
  }
  const auto address = read_address(opened->body);
  // A message to somebody else that was sent on.
  if (!address || address->to != signer_.kid) {
    return {};
  }
  if (!afford(state, message.size(), at)) {
    Receipt receipt;
    receipt.retry_seconds = 2;
    return seal_message(write_receipt(receipt, sender), signer_);
  }
  if (address->kind == "accept") {
    return introduce(message, at);
  }
  state.report.last_contact = at;
  if (state.peer.relation.paused) {
    Receipt receipt;
    receipt.state = Receipt::State::refused;
    receipt.retry_seconds = 300;
    return seal_message(write_receipt(receipt, sender), signer_);
  }
  // It can be reached again.
  if (state.report.failures != 0 && !state.flight) {
    state.due = {};
  }
  std::string reply = answer(state, opened->body, at);
  return reply.empty() ? reply : seal_message(reply, signer_);
}

std::string Exchange::answer(State& state, std::string_view body, Time at) {
  const std::string& kid = state.peer.kid;
  const auto address = read_address(body);
  if (address->kind == "delivery") {
    const auto receipt = take(state, body, at);
    Receipt busy;
    busy.retry_seconds = 10;
    return write_receipt(receipt ? *receipt : busy, kid);
  }
  const auto pull = read_pull(body);
  if (address->kind != "pull" || !pull) {
    return {};
  }
  if (state.flight && state.flight->number == pull->have && state.flight->digest == pull->digest) {
    settle(state, {.state = Receipt::State::taken, .number = pull->have, .last = pull->have, .digest = pull->digest},
           at);
  } else if (pull->have < state.numbers.taken) {
    lost_there(state, pull->have, at);
  } else if (pull->have > state.numbers.sent) {
    // This node was restored from an older copy: its next number must be news to the peer.
    Numbers numbers = state.numbers;
    numbers.sent = pull->have;
    Ledger::Changes changes;
    Ledger::put_numbers(changes, kid, numbers);
    if (ledger_.write(changes)) {
      state.numbers = numbers;
    }
  }
  // Nothing new: one round trip, nothing is looked for.
  std::string out;
  for (int attempt = 0; attempt < 8 && state.dirty && out.empty(); ++attempt) {
    // What was pushed and is not acknowledged by now goes again.
    state.flight.reset();
    auto next = next_delivery(state, at, true);
    if (!next) {
      break;
    }
    out = *std::move(next);
  }
  return out.empty() ? DeliveryWriter().finish(kid, state.numbers.sent, state.numbers.taken) : out;
}

}  // namespace tocsin::exchange
