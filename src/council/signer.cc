#include "council/signer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "council/limits.h"
#include "council/standing_policy.h"
#include "trust/digest.h"
#include "wire/canonical_json.h"
#include "wire/json.h"

namespace tocsin::council {
namespace {

using consult::Kind;

constexpr std::array<std::string_view, 11> kinds{
#define KIND(name, text) text,
#include "consult/kinds.def"
#undef KIND
};

}  // namespace

Result<Unsigned> compose(const Act& act, const Hash* item, std::string_view author, const consult::Entry* after,
                         Seconds time) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("author", author).key("body").raw(act.body).key("item");
  item == nullptr ? json.null() : json.string(consult::hex(*item));
  json.member("kind", kinds.at(static_cast<std::size_t>(act.kind))).key("prev");
  after == nullptr ? json.null() : json.string(consult::hex(after->id));
  json.key("seq").number(after == nullptr ? std::uint64_t{0} : std::uint64_t{after->sequence} + 1);
  json.member("time", consult::seconds_text(time)).key("v").number(1).end_object();
  TRY(std::string canonical, wire::canonical_json(text));
  Unsigned out;
  out.id.bytes = trust::sha256(canonical);
  out.canonical = std::move(canonical);
  return out;
}

std::string with_signature(const Unsigned& entry, const trust::Ed25519Signature& signature) {
  return entry.canonical.substr(0, entry.canonical.size() - 1) + ",\"signature\":\"" + trust::to_hex(signature) + "\"}";
}

Seconds clock_ahead(std::vector<PeerClock> clocks) {
  if (clocks.empty()) {
    return 0;
  }
  const auto middle = clocks.begin() + static_cast<std::ptrdiff_t>((clocks.size() - 1) / 2);
  std::ranges::nth_element(clocks, middle, {}, &PeerClock::ahead);
  return middle->ahead;
}

std::vector<std::string> Signer::obstacles() const {
  std::vector<std::string> out;
  const Roster& roster = item_.roster();
  const auto participant = roster.find(author_);
  if (failed_) {
    out.emplace_back("an entry could not be written to disk; read the journal again before anything is signed");
  }
  if (!participant || roster.participants[*participant].key != ports_.keys.public_key()) {
    out.push_back(fmt::format("the key is not that of {} on this item's roster", author_));
    return out;
  }
  if (!item_.counts(item_.id())) {
    out.emplace_back("the entry that opens the item is not held, or not valid");
  }
  const Continuity& continuity = item_.continuity;
  if (continuity.broken) {
    out.push_back(
        fmt::format("{}: nothing is signed until {} witnesses have shown what they hold of the chain of {} ({} so far)",
                    continuity.why, roster.quorum, author_, continuity.readings.size()));
  }
  if (item_.has_gap(author_)) {
    out.push_back(fmt::format("an entry of {} is held whose predecessor is not: import it first", author_));
  }
  if (const auto witnesses = item_.witnesses_of_unknown(author_); witnesses.size() >= roster.quorum) {
    out.push_back(
        fmt::format("{} witnesses hold an entry of {} that is not here: import it first", witnesses.size(), author_));
  }
  const std::vector<Number> tips = item_.tips(author_);
  if (tips.size() > 1) {
    out.push_back(fmt::format("the chain of {} has a fork: what is signed on it counts for nothing", author_));
  }
  if (const Seconds ahead = clock_ahead(ports_.transport.peer_clocks()); ahead > limits::clock_ahead_max) {
    out.push_back(fmt::format("the clock is {} seconds ahead of its peers': set it right first", ahead));
  }
  if (tips.size() == 1 && now() + limits::clock_back_max < item_.ledger().entry(tips.front()).time) {
    out.push_back(fmt::format("the clock is behind the last own entry ({}): set it right first",
                              consult::seconds_text(item_.ledger().entry(tips.front()).time)));
  }
  return out;
}

Result<EntryPtr> Signer::sign(const Act& act, Hand hand) {
  if (auto found = obstacles(); !found.empty()) {
    return failure(ErrorCode::usage, std::move(found.front()));
  }
  const Roster& roster = item_.roster();
  if (hand == Hand::node && act.kind != Kind::receipt) {
    if (act.kind != Kind::pass) {
      return failure(ErrorCode::usage,
                     "a node signs nothing by itself but receipts, and passes that its nation ordered");
    }
    const auto silence = consult::parse_hash(pass_silence(act.body));
    const auto* held = silence ? item_.find(*silence) : nullptr;
    TRY(const StandingPolicy policy, read_policy(act.policy, author_, ports_.keys.public_key()));
    if (held == nullptr || !policy.allows(item_.id(), *held->entry, now())) {
      return failure(ErrorCode::usage, "the policy that the nation signed does not cover this silence");
    }
  }
  if (act.kind == Kind::open) {
    return failure(ErrorCode::usage, "an item is opened once");
  }
  const std::vector<Number> tips = item_.tips(author_);
  const consult::Entry* after = tips.empty() ? nullptr : &item_.ledger().entry(tips.front());
  const Seconds time = std::max(now(), after == nullptr ? INT64_MIN : after->time);
  TRY(const Unsigned entry, compose(act, &item_.id(), author_, after, time));
  if (item_.find(entry.id) != nullptr) {
    return failure(ErrorCode::usage, "this very entry is held already");
  }
  TRY(const auto signature, ports_.keys.sign(entry.canonical));
  const std::string json = with_signature(entry, signature);
  consult::EntryReader reader;
  EntryPtr read = reader.read(json).entry;
  const auto participant = roster.find(author_);
  if (read == nullptr || !read->well_formed ||
      !trust::ed25519_verify(entry.canonical, signature, roster.participants[*participant].key)) {
    return failure(ErrorCode::usage, "what would be signed is no valid entry: a text is too long, or a name is wrong");
  }
  std::string chain = chain_;
  const std::string line = write_line({RecordKind::signed_here, json}, chain);
  if (auto written = ports_.store.append(line); !written) {
    failed_ = true;
    return std::unexpected(std::move(written).error());
  }
  chain_ = std::move(chain);
  item_.signed_by = author_;
  item_.add_entry(json);
  ports_.transport.send(json);
  return read;
}

Result<Opened> sign_open(const OpenPlan& plan, const Roster& roster, std::string_view author, Keys& keys, Seconds now) {
  Act act;
  act.kind = Kind::open;
  wire::JsonWriter json(act.body);
  json.begin_object().member("roster", consult::hex(roster.hash)).member("title", plan.title);
  for (const auto& [name, value] : {std::pair("exercise", plan.exercise), {"marking", plan.marking}}) {
    if (!value.empty()) {
      json.member(name, value);
    }
  }
  json.end_object();
  TRY(const Unsigned entry, compose(act, nullptr, author, nullptr, now));
  TRY(const auto signature, keys.sign(entry.canonical));
  return Opened{entry.id, with_signature(entry, signature)};
}

}  // namespace tocsin::council
