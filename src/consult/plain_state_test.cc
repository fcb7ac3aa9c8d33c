#include "consult/plain_state.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "consult/plain_forms.h"
#include "trust/digest.h"
#include "wire/canonical_json.h"

namespace tocsin::consult::plain {
namespace {

struct Person {
  std::string role;
  std::string key;
  bool witness = false;
};

struct Rules {
  std::map<std::string, Person> people;
  std::string chair;
  long long w = 0;
  long long q = 0;
  long long c = 0;
  std::map<std::string, long long> periods;
  bool is(const std::string& name, std::string_view role) const {
    return people.contains(name) && people.at(name).role == role;
  }
};

std::optional<Rules> rules_of(const Json& json) {
  Rules rules;
  const Json* members = json.find("members");
  const Json* periods = json.find("min_period_seconds");
  if (!is_number(json.find("version"), 0) || !is_number(json.find("witness_quorum"), 1) ||
      !is_number(json.find("challenge_seconds"), 0) || !is_object(periods) || !is_list(members)) {
    return std::nullopt;
  }
  std::set<std::string> keys;
  std::size_t chairs = 0;
  std::size_t voices = 0;
  for (const Json& member : members->items) {
    const Json* witness = member.find("witness");
    if (!is_object(&member) || !is_text(member.find("id")) || !is_name(member.find("id")->text) ||
        !is_text(member.find("role")) || !is_id(member.find("key")) || witness == nullptr ||
        witness->kind != Json::Kind::boolean) {
      return std::nullopt;
    }
    const std::string& role = member.find("role")->text;
    if (role != "member" && role != "chair" && role != "partner") {
      return std::nullopt;
    }
    const std::string& name = member.find("id")->text;
    if (rules.people.contains(name) || !keys.insert(member.find("key")->text).second) {
      return std::nullopt;
    }
    rules.people[name] = {role, member.find("key")->text, witness->boolean};
    rules.w += witness->boolean ? 1 : 0;
    voices += role == "member" ? 1 : 0;
    if (role == "chair") {
      rules.chair = name;
      ++chairs;
    }
  }
  for (const auto& [name, value] : periods->members) {
    if (!is_number(&value, 0)) {
      return std::nullopt;
    }
    rules.periods[name] = std::stoll(value.text);
  }
  rules.q = std::stoll(json.find("witness_quorum")->text);
  rules.c = std::stoll(json.find("challenge_seconds")->text);
  if (chairs != 1 || voices == 0 || rules.q > rules.w - 1) {
    return std::nullopt;
  }
  return rules;
}

// An entry that passes J1 to J4.
struct Known {
  std::string author;
  long long seq = 0;
  std::string prev;  // or empty
  long long time = 0;
  long long version = 1;
  std::string kind;
  const Json* body = nullptr;
  bool effect = false;  // of version 1 and a known kind
  std::string text(std::string_view name) const { return std::string(body->string_or(name, "")); }
};

struct Walk {  // S1
  std::string silence;
  long long deadline = 0;
  bool suspended = false;
  bool withdrawn = false;
  std::string close;
};

class Fold {
 public:
  Fold(const std::vector<std::string>& rosters, std::string item, const std::vector<const Copy*>& copies,
       long long as_of, const Verify& verify)
      : item_(std::move(item)), now_(as_of), verify_(verify) {
    for (const Copy* copy : copies) {
      copies_[copy->id].push_back(copy);
    }
    accept(rosters);
  }

  std::string result() {
    for (const auto& [id, code] : rejected_) {
      lists_["rejected"].push_back("{\"code\":\"" + code + "\",\"entry\":\"" + id + "\"}");
    }
    if (rules_) {
      look();
      if (view_.contains(item_)) {
        evaluate();
      }
    }
    return written();
  }

 private:
  // ---- Section 3 ----
  bool is_signed(const std::string& id, const std::string& key) const {
    return std::ranges::any_of(copies_.at(id), [&](const Copy* copy) {
      const Json* signature = copy->json.find("signature");
      return is_hex(signature, 128) && verify_(*copy, signature->text, key);
    });
  }

  void accept(const std::vector<std::string>& rosters) {
    if (copies_.contains(item_) && good_outside(copies_[item_].front()->json)) {
      const Json& open = copies_[item_].front()->json;
      const std::string author(open.string_or("author", ""));
      if (open.string_or("kind", "") == "open" && open.find("v")->text == "1" &&
          good_inside("open", *open.find("body"))) {
        for (const std::string& roster : rosters) {
          const auto rules = rules_of(*wire::parse_json(roster));
          if (rules && trust::sha256_hex(*wire::canonical_json(roster)) == open.find("body")->string_or("roster", "") &&
              (rules->is(author, "member") || rules->is(author, "chair")) &&
              is_signed(item_, rules->people.at(author).key)) {
            rules_ = rules;
          }
        }
      }
    }
    if (!rules_) {
      for (const auto& [id, copies] : copies_) {
        rejected_[id] = "no-item";
      }
      return;
    }
    std::map<long long, Ids> by_seq;
    for (const auto& [id, copies] : copies_) {
      const Json& e = copies.front()->json;
      const std::string code = first_four(id, e);
      if (!code.empty()) {
        rejected_[id] = code;
        continue;
      }
      Known known{std::string(e.string_or("author", "")),
                  std::stoll(e.find("seq")->text),
                  std::string(e.string_or("prev", "")),
                  *seconds(e.find("time")),
                  std::stoll(e.find("v")->text),
                  std::string(e.string_or("kind", "")),
                  e.find("body")};
      known.effect = known.version == 1 && known_kind(known.kind);
      known_[id] = known;
      by_seq[known.seq].push_back(id);
    }
    for (const auto& [seq, ids] : by_seq) {
      for (const std::string& id : ids) {
        const Known& e = known_[id];
        std::string code;
        if (!e.prev.empty()) {
          const auto prev = known_.find(e.prev);
          if (prev != known_.end() && (prev->second.author != e.author || prev->second.seq != e.seq - 1)) {
            code = "bad-link";
          } else if (!accepted_.contains(e.prev)) {
            code = "gap";
          } else if (e.time < prev->second.time) {
            code = "time-order";
          }
        }
        if (code.empty()) {
          accepted_.insert(id);
        } else {
          rejected_[id] = code;
        }
      }
    }
  }

  std::string first_four(const std::string& id, const Json& e) const {
    if (!good_outside(e)) {
      return "malformed";
    }
    const std::string kind(e.string_or("kind", ""));
    if (e.find("v")->text == "1" && known_kind(kind) && !good_inside(kind, *e.find("body"))) {
      return "malformed";
    }
    if (id != item_ && (kind == "open" || e.string_or("item", "") != item_)) {
      return "foreign";
    }
    const std::string author(e.string_or("author", ""));
    if (!rules_->people.contains(author)) {
      return "unknown-author";
    }
    return is_signed(id, rules_->people.at(author).key) ? "" : "bad-signature";
  }

  // From seq 0 up to and including the entry.
  Ids path(const std::string& id) const {
    Ids out;
    for (std::string at = id; !at.empty(); at = known_.at(at).prev) {
      out.insert(out.begin(), at);
    }
    return out;
  }
  bool on_path(const std::string& x, const std::string& id) const {
    std::string at = id;
    while (!at.empty() && at != x) {
      at = known_.at(at).prev;
    }
    return at == x;
  }
  bool before(const std::string& x, const std::string& y) const { return x != y && on_path(x, y); }

  // J8
  void look() {
    for (const std::string& id : accepted_) {
      if (known_[id].time <= now_) {
        view_.insert(id);
      }
    }
    for (bool grew = true; grew;) {
      grew = false;
      for (const std::string& r : std::set<std::string>(view_)) {
        if (!is_kind(r, "receipt")) {
          continue;
        }
        for (const auto& [author, id] : known_[r].body->find("heads")->members) {
          if (author != known_[r].author && accepted_.contains(id.text) && known_[id.text].author == author) {
            for (const std::string& each : path(id.text)) {
              grew = view_.insert(each).second || grew;
            }
          }
        }
      }
    }
    for (const std::string& a : view_) {
      for (const std::string& b : view_) {
        if (a != b && known_[a].author == known_[b].author && known_[a].seq == known_[b].seq) {
          const auto f = fork_.find(known_[a].author);
          fork_[known_[a].author] = f == fork_.end() ? known_[a].seq : std::min(f->second, known_[a].seq);
        }
      }
    }
  }

  bool is_kind(const std::string& id, std::string_view kind) const {
    return known_.at(id).effect && known_.at(id).kind == kind;
  }
  bool in_view_of(const std::string& id, const std::string& author) const {
    return view_.contains(id) && known_.at(id).author == author;
  }
  // K1
  bool clean(const std::string& id) const {
    const auto f = fork_.find(known_.at(id).author);
    return f == fork_.end() || known_.at(id).seq < f->second;
  }

  // ---- Section 4 ----
  bool covers(const std::string& receipt, const std::string& e) const {
    return std::ranges::any_of(known_.at(receipt).body->find("heads")->members, [&](const auto& head) {
      return in_view_of(head.second.text, head.first) && on_path(e, head.second.text);
    });
  }
  long long wt(const std::string& e) const {
    std::vector<long long> times;
    for (const auto& [name, person] : rules_->people) {
      if (!person.witness || name == known_.at(e).author) {
        continue;
      }
      long long earliest = infinite;
      for (const std::string& r : view_) {
        if (known_.at(r).author == name && is_kind(r, "receipt") && covers(r, e)) {
          earliest = std::min(earliest, known_.at(r).time);
        }
      }
      times.push_back(earliest);
    }
    std::ranges::sort(times);
    return static_cast<long long>(times.size()) < rules_->q ? infinite : times[static_cast<std::size_t>(rules_->q - 1)];
  }

  // ---- Section 5 ----
  bool good_draft(const std::string& id) const {
    if (!view_.contains(id) || !is_kind(id, "draft")) {
      return false;
    }
    const Known& d = known_.at(id);
    if (rules_->is(d.author, "partner")) {
      return false;
    }
    const long long rev = std::stoll(d.body->find("rev")->text);
    if (rev == 1) {
      return true;
    }
    const std::string parent = d.text("parent");
    return good_draft(parent) && std::stoll(known_.at(parent).body->find("rev")->text) == rev - 1 &&
           (known_.at(parent).author == d.author || d.author == rules_->chair);
  }
  std::string newest_draft() const {
    std::string best;
    std::tuple<long long, long long, std::string> best_rank;
    for (const std::string& id : view_) {
      if (good_draft(id)) {
        const std::tuple rank(-std::stoll(known_.at(id).body->find("rev")->text), known_.at(id).time, id);
        if (best.empty() || rank < best_rank) {
          best = id;
          best_rank = rank;
        }
      }
    }
    return best;
  }

  Walk walk(const Ids& chain) const {
    Walk now;
    for (const std::string& id : chain) {
      const Known& e = known_.at(id);
      if (!e.effect) {
        continue;
      }
      if (e.kind == "silence") {
        now = {id, *seconds(e.body->find("deadline")), false, false, ""};
        continue;
      }
      if (now.silence.empty() || e.text("silence") != now.silence || now.withdrawn) {
        continue;
      }
      if (e.kind == "extend") {
        const long long d = *seconds(e.body->find("deadline"));
        if (d > now.deadline && ((!now.suspended && e.time <= now.deadline) || (now.suspended && d > e.time))) {
          now.deadline = d;
          now.suspended = false;
        }
      } else if (e.kind == "suspend" && !now.suspended && e.time <= now.deadline) {
        now.suspended = true;
      } else if (e.kind == "withdraw" && (now.suspended || e.time <= now.deadline)) {
        now.withdrawn = true;
      } else if (e.kind == "close" && !now.suspended) {
        const std::vector<Json>& presumed = e.body->find("presumed")->items;
        const bool members =
            std::ranges::all_of(presumed, [&](const Json& name) { return rules_->is(name.text, "member"); });
        if (members && (presumed.empty() || e.time > now.deadline + rules_->c)) {
          now.close = id;
          return now;
        }
      }
    }
    return now;
  }

  bool in_force(const std::string& s) const {
    const Known& e = known_.at(s);
    const long long own = *seconds(e.body->find("deadline"));
    return good_draft(e.text("draft")) && rules_->periods.contains(e.text("class")) && own > e.time &&
           wt(s) != infinite && wt(s) + rules_->periods.at(e.text("class")) <= own;
  }

  bool names(const std::string& id, std::string_view kind, const std::string& s) const {
    return is_kind(id, kind) && known_.at(id).text("silence") == s;
  }
  bool is_break(const std::string& id, const std::string& s) const {
    return names(id, "position", s) && known_.at(id).text("stance") == "break";
  }
  bool pass_before(const std::string& id, const std::string& s) const {
    return std::ranges::any_of(path(id), [&](const std::string& x) { return x != id && names(x, "pass", s); });
  }
  bool live_break(const std::string& id, const std::string& s) const { return is_break(id, s) && !pass_before(id, s); }
  // P1
  bool effective_pass(const std::string& id, const std::string& s) const {
    return rules_->is(known_.at(id).author, "member") && names(id, "pass", s) &&
           std::ranges::none_of(path(id), [&](const std::string& x) { return x != id && live_break(x, s); });
  }
  // P3
  std::string standing(const std::string& e, const std::string& s, long long d) const {
    if (pass_before(e, s)) {
      return "sealed";
    }
    const long long seen = wt(e);
    if (seen <= d && seen != infinite) {
      return "timely";
    }
    if (known_.at(e).time > d) {
      return "late";
    }
    const long long end = d == infinite ? infinite : d + rules_->c;
    return (seen <= end && seen != infinite) || now_ < end ? "unproven" : "late";
  }

  // ---- Section 6 ----
  bool candid(const std::string& n, const std::string& s, long long d) const {
    for (const std::string& x : path(n)) {
      const Known& e = known_.at(x);
      if (rules_->is(e.author, "member") && live_break(x, s) && e.time <= d) {
        return false;
      }
      if (!is_kind(x, "receipt") || e.time > d + rules_->c) {
        continue;
      }
      for (const auto& [author, head] : e.body->find("heads")->members) {
        if (!rules_->is(author, "member")) {
          continue;
        }
        if (!in_view_of(head.text, author)) {
          return false;
        }
        for (const std::string& y : path(head.text)) {
          if (live_break(y, s) && (e.time <= d || known_.at(y).time <= d)) {
            return false;
          }
        }
      }
    }
    return true;
  }

  struct Close {
    std::string id;
    std::string silence;
    long long deadline = 0;
    std::set<std::string> presumed;
    long long needed = 0;
    long long acks = 0;
    std::set<std::string> passed;
    Ids waiting;
    bool effective = false;
  };

  std::set<std::string> passed(const std::string& s, bool unclean) const {
    std::set<std::string> out;
    for (const std::string& id : view_) {
      if (effective_pass(id, s) && (unclean || clean(id))) {
        out.insert(known_.at(id).author);
      }
    }
    return out;
  }

  Close close_of(const Walk& end, bool unclean) const {
    Close out;
    out.id = end.close;
    out.silence = end.silence;
    out.deadline = end.deadline;
    const Known& c = known_.at(out.id);
    for (const Json& name : c.body->find("presumed")->items) {
      out.presumed.insert(name.text);
    }
    out.passed = passed(out.silence, unclean);
    for (const auto& [name, person] : rules_->people) {
      if (person.role == "member" && !out.presumed.contains(name) && !out.passed.contains(name)) {
        out.waiting.push_back(name);
      }
    }
    if (!out.presumed.empty()) {
      out.needed = rules_->w - rules_->q + 1;
      for (const auto& [name, person] : rules_->people) {
        if (!person.witness) {
          continue;
        }
        const std::string& own = name;
        const bool acknowledges = std::ranges::any_of(view_, [&](const std::string& r) {
          const Known& e = known_.at(r);
          if (e.author != own || (!unclean && !clean(r))) {
            return false;
          }
          if (own == rules_->chair) {
            return r == out.id && candid(r, out.silence, out.deadline);
          }
          return is_kind(r, "receipt") && e.time >= c.time && covers(r, out.id) && candid(r, out.silence, out.deadline);
        });
        out.acks += acknowledges ? 1 : 0;
      }
    }
    out.effective =
        (unclean || clean(out.id)) && in_force(out.silence) && out.waiting.empty() && out.acks >= out.needed;
    return out;
  }

  // ---- Sections 7 and 8 ----
  static std::string quoted(const std::string& text) { return "\"" + text + "\""; }
  static Ids quoted_all(const auto& texts) {
    Ids out;
    for (const std::string& text : texts) {
      out.push_back(quoted(text));
    }
    return out;
  }

  void show_close(const Close& close) {
    values_["closing"] = "{\"acks\":" + std::to_string(close.acks) + ",\"entry\":" + quoted(close.id) +
                         ",\"needed\":" + std::to_string(close.needed) +
                         ",\"waiting\":" + list(quoted_all(close.waiting)) + "}";
  }

  // The silence, with D and whether the clock is stopped; `filling` are those whom the close that fills the result
  // presumes.
  void show_silence(const Walk& at, const std::set<std::string>& filling, bool unclean) {
    const std::string& s = at.silence;
    const long long d = at.suspended ? infinite : at.deadline;
    values_["silence"] = quoted(s);
    values_["deadline"] = quoted(time_text(at.deadline));
    if (good_draft(known_.at(s).text("draft"))) {
      values_["draft"] = quoted(known_.at(s).text("draft"));
    }
    lists_["passed"] = quoted_all(passed(s, unclean));
    std::map<std::pair<std::string, std::string>, std::string> breaks;
    std::map<std::pair<std::string, std::string>, std::string> positions;
    std::set<std::string> associated;
    const auto listed = [&](const std::string& e) {
      const std::string& author = known_.at(e).author;
      const std::string how = standing(e, s, d);
      if (how == "sealed") {
        return false;
      }
      const bool passes = std::ranges::any_of(view_, [&](const std::string& p) {
        return known_.at(p).author == author && effective_pass(p, s) && (unclean || clean(p)) && on_path(e, p);
      });
      return (passes && !filling.contains(author)) || how == "timely" || how == "unproven";
    };
    for (const std::string& e : view_) {
      if (!names(e, "position", s)) {
        continue;
      }
      const std::string& author = known_.at(e).author;
      const std::string stance = known_.at(e).text("stance");
      if (rules_->is(author, "partner") && stance == "associate") {
        associated.insert(author);
      }
      if (!rules_->is(author, "member")) {
        continue;
      }
      if (stance == "break") {
        breaks[{author, e}] = standing(e, s, d);
      } else if (stance != "associate" && listed(e)) {
        const bool taken_back = std::ranges::any_of(view_, [&](const std::string& r) {
          return is_kind(r, "retract") && known_.at(r).text("position") == e && known_.at(r).author == author &&
                 before(e, r) && listed(r);
        });
        if (!taken_back) {
          positions[{author, e}] = stance;
        }
      }
    }
    for (const auto& [key, how] : breaks) {
      standings_.insert(how);
      lists_["breaks"].push_back("{\"entry\":" + quoted(key.second) + ",\"member\":" + quoted(key.first) +
                                 ",\"standing\":" + quoted(how) + "}");
    }
    for (const auto& [key, stance] : positions) {
      const std::string text = "{\"entry\":" + quoted(key.second) + ",\"member\":" + quoted(key.first) +
                               ",\"stance\":" + quoted(stance) + "}";
      lists_["positions"].push_back(text);
      if (!filling.contains(key.first)) {
        bound_.push_back(text);
      }
    }
    lists_["associated"] = quoted_all(associated);
  }

  void evaluate() {
    std::set<std::string> unknown;
    Ids forked;
    for (const std::string& id : view_) {
      const Known& e = known_.at(id);
      if (!e.effect) {
        unknown.insert("v" + std::to_string(e.version) + ":" + e.kind);
      }
    }
    for (const auto& [name, f] : fork_) {
      forked.push_back(name);
    }
    lists_["unknown"] = quoted_all(unknown);
    lists_["equivocators"] = quoted_all(forked);
    // Closes that end the item on some branch of the chair's chain.
    std::vector<Walk> ends;
    for (const std::string& id : view_) {
      if (known_.at(id).author == rules_->chair && is_kind(id, "close")) {
        const Walk end = walk(path(id));
        if (end.close == id) {
          ends.push_back(end);
        }
      }
    }
    for (const Walk& end : ends) {
      const Close close = close_of(end, false);
      if (close.effective) {
        adopt(end, close);
        return;
      }
    }
    if (dispute(ends)) {
      return;
    }
    provisional();
  }

  void adopt(const Walk& end, const Close& close) {
    values_["status"] = quoted("adopted");
    values_["final"] = "true";
    show_close(close);
    lists_["presumed"] = quoted_all(close.presumed);
    show_silence(end, close.presumed, false);
    values_["decision"] = quoted(trust::sha256_hex(
        "{\"draft\":" + values_["draft"] + ",\"item\":" + quoted(item_) + ",\"positions\":" + list(bound_) +
        ",\"presumed\":" + list(lists_["presumed"]) + ",\"silence\":" + values_["silence"] + "}"));
  }

  bool dispute(const std::vector<Walk>& ends) {
    std::map<std::string, std::pair<Walk, Close>> effective;
    std::set<std::string> silences;
    std::set<std::string> drafts;
    for (const Walk& end : ends) {
      const Close close = close_of(end, true);
      if (close.effective) {
        effective[end.close] = {end, close};
        silences.insert(end.silence);
        drafts.insert(known_.at(end.silence).text("draft"));
      }
    }
    if (effective.empty()) {
      return false;
    }
    values_["status"] = quoted("disputed");
    values_["final"] = "true";
    for (const auto& [id, both] : effective) {
      const std::string& s = both.first.silence;
      lists_["disputes"].push_back("{\"close\":" + quoted(id) + ",\"draft\":" + quoted(known_.at(s).text("draft")) +
                                   ",\"silence\":" + quoted(s) + "}");
    }
    if (silences.size() > 1) {
      if (drafts.size() == 1) {
        values_["draft"] = quoted(*drafts.begin());
      }
      return true;
    }
    std::string first;
    for (const auto& [id, both] : effective) {
      if (first.empty() || known_.at(id).seq < known_.at(first).seq) {
        first = id;
      }
    }
    show_close(effective[first].second);
    lists_["presumed"] = quoted_all(effective[first].second.presumed);
    show_silence(effective[first].first, effective[first].second.presumed, true);
    return true;
  }

  void provisional() {
    std::string last;
    for (const std::string& id : view_) {
      if (known_.at(id).author == rules_->chair && clean(id) &&
          (last.empty() || known_.at(id).seq > known_.at(last).seq)) {
        last = id;
      }
    }
    const Walk now = last.empty() ? Walk{} : walk(path(last));
    if (!now.close.empty()) {
      show_close(close_of(now, false));
    }
    const std::string newest = newest_draft();
    if (fork_.contains(rules_->chair) || now.silence.empty()) {
      values_["status"] = quoted(fork_.contains(rules_->chair) ? "void" : newest.empty() ? "open" : "tabled");
      values_["draft"] = newest.empty() ? "null" : quoted(newest);
      return;
    }
    show_silence(now, {}, false);
    std::string status = "presumed";
    if (now.withdrawn) {
      status = "withdrawn";
    } else if (!in_force(now.silence)) {
      status = "announced";
    } else if (standings_.contains("timely")) {
      status = "broken";
    } else if (standings_.contains("unproven")) {
      status = "broken-unproven";
    } else if (now.suspended) {
      status = "suspended";
    } else if (now_ < now.deadline) {
      status = "silence";
    } else if (now_ < now.deadline + rules_->c) {
      status = "expired";
    }
    values_["status"] = quoted(status);
    if (status == "expired" || status == "presumed") {
      const std::set<std::string> have = passed(now.silence, false);
      for (const auto& [name, person] : rules_->people) {
        if (person.role == "member" && !have.contains(name)) {
          lists_["presumed"].push_back(quoted(name));
        }
      }
    }
  }

  static std::string time_text(long long time) {
    const std::chrono::sys_days day(std::chrono::days(time / 86'400));
    const std::chrono::year_month_day date(day);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02lld:%02lld:%02lldZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time % 86'400 / 3'600,
                  time % 3'600 / 60, time % 60);
    return text;
  }

  static std::string list(const Ids& items) {
    std::string out = "[";
    for (const std::string& item : items) {
      out += (out.size() == 1 ? "" : ",") + item;
    }
    return out + "]";
  }

  std::string written() {
    std::map<std::string, std::string> all = {{"status", "\"none\""}, {"final", "false"},   {"draft", "null"},
                                              {"silence", "null"},    {"deadline", "null"}, {"closing", "null"},
                                              {"decision", "null"}};
    for (const auto& [name, value] : values_) {
      all[name] = value;
    }
    for (const char* name : {"passed", "presumed", "breaks", "positions", "associated", "disputes", "equivocators",
                             "unknown", "rejected"}) {
      all[name] = list(lists_[name]);
    }
    all["entries"] = std::to_string(view_.size());
    std::string out;
    for (const auto& [name, value] : all) {
      out += (out.empty() ? "{" : ",") + quoted(name) + ":" + value;
    }
    return out + "}";
  }

  std::string item_;
  long long now_;
  const Verify& verify_;
  std::map<std::string, std::vector<const Copy*>> copies_;
  std::optional<Rules> rules_;
  std::map<std::string, Known> known_;
  std::set<std::string> accepted_;
  std::map<std::string, std::string> rejected_;
  std::set<std::string> view_;
  std::map<std::string, long long> fork_;
  std::map<std::string, std::string> values_;
  std::map<std::string, Ids> lists_;
  std::set<std::string> standings_;
  Ids bound_;
};

}  // namespace

Copy copy_of(std::string_view text) {
  constexpr std::string_view signature[] = {"signature"};
  Copy copy{*wire::parse_json(text), *wire::canonical_json(text, signature), {}};
  copy.id = trust::sha256_hex(copy.bytes);
  return copy;
}

std::string state(const std::vector<std::string>& rosters, const std::string& item,
                  const std::vector<const Copy*>& copies, const std::string& as_of, const Verify& verify) {
  Json time;
  time.kind = Json::Kind::string;
  time.text = as_of;
  return Fold(rosters, item, copies, *seconds(&time), verify).result();
}

}  // namespace tocsin::consult::plain
