#include "consult/worlds.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "trust/digest.h"
#include "trust/ed25519.h"

namespace tocsin::consult::worlds {
namespace {

constexpr Seconds start = 1'900'000'000;

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

struct Made {
  std::string id;
  std::string author;
  std::uint32_t sequence = 0;
  Seconds time = 0;
  std::string kind;
};
using Chain = std::vector<Made>;

// Everything that the inhabitants of one world know and do.
class Maker {
 public:
  Maker(std::uint64_t seed, bool real) : random_(seed), real_(real) {}

  World make() {
    make_roster();
    hostile_ = random_.chance(70) ? static_cast<unsigned>(random_.below(14)) : 0;
    diligence_ = random_.chance(60) ? 90 : 20 + static_cast<unsigned>(random_.below(80));
    open();
    table();
    for (std::size_t rounds = random_.chance(85) ? 1 : 2; rounds > 0; --rounds) {
      run_silence();
    }
    damage();
    return std::move(world_);
  }

 private:
  // ---- Who ----
  void make_roster() {
    static const std::vector<std::string> nations = {"EST", "NOR", "POL", "USA", "BEL"};
    const std::size_t count = 1 + random_.below(4);
    members_.assign(nations.begin(), nations.begin() + static_cast<std::ptrdiff_t>(count));
    if (random_.chance(40)) {
      partners_.push_back("JPN");
    }
    everyone_ = members_;
    everyone_.push_back("CHAIR");
    everyone_.insert(everyone_.end(), partners_.begin(), partners_.end());
    std::size_t witnesses = 0;
    std::string list;
    for (const std::string& name : everyone_) {
      const bool witness = random_.chance(85) || (name == everyone_.back() && witnesses < 2) || name == everyone_[0];
      witnesses += witness ? 1 : 0;
      const char* role = name == "CHAIR" ? "chair" : name == "JPN" ? "partner" : "member";
      list += (list.empty() ? "" : ",") + ("{\"id\":" + quoted(name)) + ",\"key\":" + quoted(key(name)) +
              ",\"role\":" + quoted(role) + ",\"witness\":" + (witness ? "true}" : "false}");
    }
    challenge_ = random_.chance(10) ? 0 : 500 + static_cast<Seconds>(random_.below(1000));
    std::size_t quorum = witnesses > 1 ? 1 + random_.below(witnesses - 1) : 1;
    quorum = random_.chance(2) ? witnesses : quorum;
    const std::string roster = "{\"challenge_seconds\":" + std::to_string(challenge_) + ",\"members\":[" + list +
                               "],\"min_period_seconds\":{\"crisis\":60,\"normal\":600},\"version\":1," +
                               "\"witness_quorum\":" + std::to_string(quorum) + "}";
    roster_hash_ = trust::sha256_hex(roster);
    if (random_.chance(2)) {
      world_.rosters.push_back("{\"version\":1}");
    }
    if (!random_.chance(1)) {
      world_.rosters.push_back(roster);
    }
  }

  static trust::Ed25519Seed secret(const std::string& name) { return trust::sha256("tocsin test key " + name); }
  std::string key(const std::string& name) const {
    return real_ ? trust::to_hex(trust::ed25519_public_key(secret(name))) : trust::sha256_hex(name);
  }

  // ---- Entries ----
  std::string signed_text(const std::string& bytes, const std::string& signer) const {
    const std::string signature =
        real_ ? trust::to_hex(trust::ed25519_sign(bytes, secret(signer))) : fake_signature(bytes, key(signer));
    return bytes.substr(0, bytes.size() - 1) + ",\"signature\":" + quoted(signature) + "}";
  }

  static std::string bytes_of(const Made& made, const std::string& item, const std::string& previous,
                              const std::string& body, const std::string& version) {
    return "{\"author\":" + quoted(made.author) + ",\"body\":" + body + ",\"item\":" + item +
           ",\"kind\":" + quoted(made.kind) + ",\"prev\":" + previous + ",\"seq\":" + std::to_string(made.sequence) +
           ",\"time\":" + quoted(seconds_text(made.time)) + ",\"v\":" + version + "}";
  }

  // Appends to one of the author's chains; a hostile author may do it on an old place, or lie about the time.
  const Made& add(const std::string& author, const std::string& kind, const std::string& body,
                  const std::string& version = "1") {
    std::vector<Chain>& chains = chains_[author];
    if (chains.empty()) {
      chains.emplace_back();
    }
    std::size_t at = random_.below(chains.size());
    if (!chains[at].empty() && random_.chance(hostile_ / 2)) {
      Chain fork = chains[at];
      fork.resize(random_.chance(60) ? fork.size() - 1 : random_.below(fork.size()));
      chains.push_back(std::move(fork));
      at = chains.size() - 1;
    }
    Chain& chain = chains[at];
    Made made{{}, author, static_cast<std::uint32_t>(chain.size()), now_, kind};
    if (random_.chance(hostile_)) {
      const auto skew = static_cast<Seconds>(random_.below(4000));
      made.time = random_.chance(50) ? now_ + skew : now_ - skew;
    }
    const Seconds least = chain.empty() ? start : chain.back().time;
    if (made.time < least && !random_.chance(hostile_ / 3)) {
      made.time = least;
    }
    const bool opens = kind == "open";
    std::string previous = chain.empty() ? "null" : quoted(chain.back().id);
    // A link to somebody else's chain, or over an entry: the chain goes on from where it was.
    const bool astray = !chain.empty() && random_.chance(hostile_ / 5);
    if (astray) {
      random_.chance(50) ? void(previous = quoted(random_.of(all_).id)) : void(++made.sequence);
    }
    const std::string bytes = bytes_of(made, opens ? "null" : quoted(world_.item), previous, body, version);
    made.id = trust::sha256_hex(bytes);
    world_.entries.push_back(signed_text(bytes, author));
    world_.moments.push_back(made.time);
    // After a lie about the time the chain goes on from before it, as that of an honest loser would.
    if (made.time >= least && !astray) {
      chain.push_back(made);
    }
    return all_.emplace_back(made);
  }

  void tick(std::size_t seconds) { now_ += static_cast<Seconds>(1 + random_.below(seconds)); }

  void open() {
    const std::string& who = random_.chance(3)    ? random_.of(everyone_)
                             : random_.chance(50) ? "CHAIR"
                                                  : random_.of(members_);
    const Made& made = add(who, "open", "{\"roster\":" + quoted(roster_hash_) + ",\"title\":\"Déclaration\"}");
    world_.item = made.id;
    tick(50);
  }

  void table() {
    const std::string& who = random_.chance(90) ? random_.of(members_) : random_.of(everyone_);
    drafts_.push_back(draft(who, 1, "null"));
    tick(50);
    if (random_.chance(25)) {
      const std::string& next = random_.chance(50) ? who : random_.chance(60) ? "CHAIR" : random_.of(everyone_);
      drafts_.push_back(draft(next, random_.chance(90) ? 2 : 3, quoted(drafts_.back())));
    }
    if (random_.chance(10)) {
      drafts_.push_back(draft(random_.of(members_), 1, "null"));
    }
    everyone_receipts();
  }

  std::string draft(const std::string& who, int revision, const std::string& parent) {
    const std::string text = trust::sha256_hex(std::to_string(random_.below(4)));
    return add(who, "draft",
               "{\"parent\":" + parent + ",\"rev\":" + std::to_string(revision) + ",\"text_sha256\":" + quoted(text) +
                   "}")
        .id;
  }

  // ---- Receipts ----
  std::string heads(const std::string& who) {
    std::map<std::string, std::string> heads;
    for (const auto& [author, chains] : chains_) {
      if ((author == who && !random_.chance(10)) || random_.chance(10) || chains.empty()) {
        continue;
      }
      const Chain& chain = random_.of(chains);
      if (chain.empty()) {
        continue;
      }
      const bool stale = random_.chance(100 - diligence_);
      heads[author] = stale ? random_.of(chain).id : chain.back().id;
      if (random_.chance(hostile_ / 4)) {
        heads[author] = random_.chance(50) ? random_.of(all_).id : trust::sha256_hex("nothing");
      }
    }
    std::string out;
    for (const auto& [author, id] : heads) {
      out += (out.empty() ? "" : ",") + quoted(author) + ":" + quoted(id);
    }
    return "{\"heads\":{" + out + "}}";
  }
  void receipt(const std::string& who) { add(who, "receipt", heads(who)); }
  void everyone_receipts() {
    for (const std::string& who : everyone_) {
      if (random_.chance(diligence_)) {
        tick(10);
        receipt(who);
      }
    }
  }

  // ---- Silence ----
  static std::string naming(const std::string& silence) { return "{\"silence\":" + quoted(silence) + "}"; }

  void run_silence() {
    const auto length = static_cast<Seconds>(700 + random_.below(1500));
    deadline_ = now_ + (random_.chance(5) ? static_cast<Seconds>(random_.below(500)) : length);
    const char* name = random_.chance(50) ? "crisis" : random_.chance(95) ? "normal" : "never";
    const std::string& text = random_.chance(97) ? random_.of(drafts_) : random_.of(all_).id;
    silence_ = add(random_.chance(98) ? "CHAIR" : random_.of(everyone_), "silence",
                   "{\"class\":" + quoted(name) + ",\"deadline\":" + quoted(seconds_text(deadline_)) +
                       ",\"draft\":" + quoted(text) + "}")
                   .id;
    tick(30);
    everyone_receipts();
    goodwill_ = random_.chance(50) ? 70 : 25;
    objection_ = random_.chance(40) ? 12 : 1;
    act(4 + random_.below(8), deadline_);
    if (random_.chance(70)) {
      now_ = std::max(now_, deadline_ + 1);
    }
    act(random_.below(6), deadline_ + challenge_);
    everyone_receipts();
    if (random_.chance(75)) {
      close();
    }
    if (random_.chance(hostile_)) {
      act(random_.below(5), now_ + 500);
      close();
    }
    if (random_.chance(30)) {
      act(random_.below(5), now_ + 500);
    }
  }

  void act(std::size_t count, Seconds end) {
    for (; count > 0; --count) {
      if (now_ < end) {
        now_ += static_cast<Seconds>(random_.below(static_cast<std::size_t>(end - now_) / count + 1));
      } else {
        tick(100);
      }
      if (random_.chance(12)) {
        chair_acts();
      } else if (random_.chance(goodwill_)) {
        pass(random_.of(members_));
      } else if (random_.chance(objection_)) {
        position(random_.of(members_), "break");
      } else if (random_.chance(30)) {
        static const std::vector<std::string> stances = {"support",   "no-objection", "hold",    "break",  "reserve",
                                                         "interpret", "dissociate",   "abstain", "recuse", "associate"};
        position(random_.chance(75) ? random_.of(members_) : random_.of(everyone_), random_.of(stances));
      } else if (random_.chance(15)) {
        retract();
      } else if (random_.chance(3)) {
        add(random_.of(everyone_), random_.chance(50) ? "dance" : "pass", naming(silence_),
            random_.chance(50) ? "2" : "1");
      } else {
        receipt(random_.of(everyone_));
      }
    }
  }

  void pass(const std::string& who) {
    add(random_.chance(97) ? who : random_.of(everyone_), "pass",
        naming(random_.chance(98) ? silence_ : random_.of(all_).id));
    passed_.insert(silence_ + who);
  }

  void position(const std::string& who, const std::string& stance) {
    positions_.push_back(
        add(who, "position",
            "{\"silence\":" + quoted(silence_) + ",\"stance\":" + quoted(stance) + ",\"text\":\"because\"}"));
    // An objection is shown to others, or hidden from them.
    if (stance == "break" && random_.chance(50)) {
      everyone_receipts();
    }
  }

  void retract() {
    if (positions_.empty()) {
      return;
    }
    const Made& made = random_.of(positions_);
    add(random_.chance(90) ? made.author : random_.of(everyone_), "retract", "{\"position\":" + quoted(made.id) + "}");
  }

  void chair_acts() {
    const std::string& who = random_.chance(97) ? "CHAIR" : random_.of(everyone_);
    switch (random_.below(6)) {
      case 0:
      case 1:
        deadline_ += static_cast<Seconds>(random_.below(800)) - 100;
        add(who, "extend",
            "{\"deadline\":" + quoted(seconds_text(deadline_)) + ",\"silence\":" + quoted(silence_) + "}");
        break;
      case 2:
        add(who, "suspend", naming(silence_));
        break;
      case 3:
        add(who, random_.chance(30) ? "withdraw" : "receipt", random_.chance(30) ? naming(silence_) : heads(who));
        break;
      case 4:
        drafts_.push_back(draft(random_.of(members_), 2, quoted(random_.of(drafts_))));
        break;
      default:
        close();
    }
  }

  void close() {
    std::set<std::string> presumed;
    for (const std::string& who : members_) {
      if (!passed_.contains(silence_ + who) || random_.chance(10)) {
        presumed.insert(who);
      }
    }
    if (random_.chance(5)) {
      presumed.insert(random_.of(everyone_));
    }
    if (!presumed.empty() && random_.chance(90)) {
      now_ = std::max(now_, deadline_ + challenge_ + 1 - (random_.chance(10) ? 1 : 0));
    }
    std::string names;
    for (const std::string& who : presumed) {
      names += (names.empty() ? "" : ",") + quoted(who);
    }
    add("CHAIR", "close", "{\"presumed\":[" + names + "],\"silence\":" + quoted(silence_) + "}");
    tick(20);
    everyone_receipts();
  }

  // ---- Damage that arrives beside the honest entries ----
  void damage() {
    const std::vector<std::string> honest = world_.entries;
    for (std::size_t count = random_.chance(50) ? random_.below(5) : 0; count > 0; --count) {
      const std::string original = random_.of(honest);
      const std::size_t at = original.rfind(",\"signature\":");
      const std::string bytes = original.substr(0, at) + "}";
      std::string copy = original;
      switch (random_.below(8)) {
        case 0:  // a bad copy of the same entry
          copy[copy.size() - 5] = copy[copy.size() - 5] == '0' ? '1' : '0';
          break;
        case 1:  // no signature
          copy = bytes;
          break;
        case 2:  // another text under the old signature
          copy.insert(copy.find("\"body\":{") + 8, "\"aside\":1,");
          break;
        case 3:  // signed by somebody else
          copy = signed_text(bytes, random_.of(everyone_));
          break;
        case 4:  // a stranger
          copy = signed_text(changed(bytes, "\"author\":\"", "STRANGER-"), "STRANGER");
          break;
        case 5:  // another item
          copy = signed_text(changed(bytes, "\"item\":\"", "ffffffff", 8), random_.of(everyone_));
          break;
        case 6:  // upper case in a signature, which is none then
          std::transform(copy.begin() + static_cast<std::ptrdiff_t>(at) + 14, copy.end(),
                         copy.begin() + static_cast<std::ptrdiff_t>(at) + 14,
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
          break;
        default: {  // of the wrong shape
          static const std::vector<std::array<std::string, 2>> changes = {{"\"seq\":", "-"},       {"\"kind\":\"", "X"},
                                                                          {"\"v\":", "0"},         {"\"time\":\"", "1"},
                                                                          {"\"silence\":\"", "F"}, {"\"v\":", "-"}};
          const auto& [where, what] = random_.of(changes);
          copy = changed(copy, where, what, what == "-" ? 0 : 1);
        }
      }
      world_.entries.push_back(copy);
    }
  }

  static std::string changed(std::string text, const std::string& where, const std::string& what,
                             std::size_t replaced = 0) {
    const std::size_t at = text.find(where);
    return at == std::string::npos ? text : text.replace(at + where.size(), replaced, what);
  }

  Random random_;
  bool real_;
  World world_;
  Seconds now_ = start;
  Seconds challenge_ = 0;
  unsigned hostile_ = 0;
  unsigned diligence_ = 0;
  unsigned goodwill_ = 0;
  unsigned objection_ = 0;
  std::vector<std::string> members_;
  std::vector<std::string> partners_;
  std::vector<std::string> everyone_;
  std::string roster_hash_;
  std::map<std::string, std::vector<Chain>> chains_;
  std::vector<Made> all_;
  std::vector<Made> positions_;
  std::vector<std::string> drafts_;
  std::set<std::string> passed_;
  std::string silence_;
  Seconds deadline_ = 0;
};

}  // namespace

World make_world(std::uint64_t seed, bool real) { return Maker(seed, real).make(); }

std::string fake_signature(std::string_view bytes, std::string_view key_hex) {
  const std::string half = trust::sha256_hex(std::string(bytes) + std::string(key_hex));
  return half + half;
}

bool FakeVerifier::verify(const Entry& copy, const trust::Ed25519Key& key) {
  return copy.signature && trust::to_hex(*copy.signature) == fake_signature(copy.signed_bytes, trust::to_hex(key));
}

}  // namespace tocsin::consult::worlds
