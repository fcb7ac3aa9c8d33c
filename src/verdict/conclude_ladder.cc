// The ladder form: behaviours by step and host, company and bursts, and a grade for each host and for everything.
#include <algorithm>
#include <set>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "verdict/book_case.h"

namespace tocsin::verdict {

namespace {

using Standing = Stored::Standing;

constexpr std::int64_t hour = 3'600 * Time::ticks_per_second;
constexpr std::int64_t day = 24 * hour;

void extend(Time& first, Time& last, Time time) {
  if (time.known()) {
    first = first.known() ? std::min(first, time) : time;
    last = std::max(last, time);
  }
}

}  // namespace

// When which behaviour was seen where, for the question whether a row has company.
class BookCase::Company {
 public:
  Company(const BookCase& book, const std::vector<Burst>& bursts) : book_(book) {
    for (const Stored& fact : book.facts_) {
      if (fact.standing != Standing::dropped && fact.standing != Standing::witness && fact.explanation < 0) {
        add(fact.scope, book.book_.rows[fact.row].behaviour, fact.time);
      }
    }
    for (const Burst& burst : bursts) {
      const std::string& behaviour = burst.note ? book.book_.spread.note_behaviour : book.book_.spread.rename_behaviour;
      add(book.named_scope(burst.host), behaviour, burst.first);
      add(book.named_scope(burst.host), behaviour, burst.last);
    }
    for (auto& [scope, behaviours] : seen_) {
      for (auto& [behaviour, times] : behaviours) {
        std::sort(times.begin(), times.end());
      }
    }
  }

  // Another behaviour without an ordinary explanation on the same host, within so much time.
  bool has(const Stored& fact, std::int64_t within) const {
    const auto behaviours = seen_.find(fact.scope);
    if (behaviours == seen_.end()) {
      return false;
    }
    for (const auto& [behaviour, times] : behaviours->second) {
      if (behaviour == book_.book_.rows[fact.row].behaviour) {
        continue;
      }
      if (!fact.time.known() || !times.front().known()) {
        return true;
      }
      const auto near = std::lower_bound(times.begin(), times.end(), Time{fact.time.ticks - within});
      if (near != times.end() && near->ticks <= fact.time.ticks + within) {
        return true;
      }
    }
    return false;
  }

 private:
  void add(std::uint32_t scope, const std::string& behaviour, Time time) { seen_[scope][behaviour].push_back(time); }

  const BookCase& book_;
  std::map<std::uint32_t, std::map<std::string, std::vector<Time>>> seen_;
};

void BookCase::judge_ladder_rows(const Joins& joins, const std::vector<Burst>& bursts) {
  const auto standing = [](const Stored& other) { return other.standing != Standing::dropped; };
  for (Stored& fact : facts_) {
    if (book_.rows[fact.row].witness) {
      fact.standing = Standing::witness;
    }
  }
  // What a row needs beside it.
  std::vector<std::size_t> dropped;
  for (std::size_t at = 0; at < facts_.size(); ++at) {
    const Row& row = book_.rows[facts_[at].row];
    const bool chosen_ok = row.cases.empty() || facts_[at].chosen >= 0;
    const RowCase* chosen = facts_[at].chosen >= 0 && static_cast<std::size_t>(facts_[at].chosen) < row.cases.size()
                                ? &row.cases[static_cast<std::size_t>(facts_[at].chosen)]
                                : nullptr;
    if (!chosen_ok || (!row.beside.empty() && !joins.any(facts_[at], row.beside, standing)) ||
        joins.any(facts_[at], row.unless, standing) ||
        (chosen != nullptr && !chosen->beside.empty() && !joins.any(facts_[at], chosen->beside, standing))) {
      dropped.push_back(at);
    }
  }
  for (const std::size_t at : dropped) {
    facts_[at].standing = Standing::dropped;
  }
  // Ordinary explanations: of the row itself, then of explained rows beside it.
  for (int pass = 0; pass < 2; ++pass) {
    for (Stored& fact : facts_) {
      if (fact.standing == Standing::dropped || fact.explanation >= 0) {
        continue;
      }
      const Row& row = book_.rows[fact.row];
      for (std::size_t at = 0; at < row.explain.size() && fact.explanation < 0; ++at) {
        const Explanation& each = row.explain[at];
        const bool when = each.when.empty() || (at < fact.explained.size() && fact.explained[at] == '1');
        const bool beside = each.beside.empty() || joins.any(fact, each.beside, standing);
        if (when && beside && (!each.when.empty() || !each.beside.empty())) {
          fact.explanation = static_cast<std::int16_t>(at);
        }
      }
    }
  }
  // Some hold only while nothing else happens there.
  const Company before(*this, bursts);
  std::vector<std::size_t> suspicious;
  for (std::size_t at = 0; at < facts_.size(); ++at) {
    const Stored& fact = facts_[at];
    if (fact.explanation >= 0 && book_.rows[fact.row].explain[static_cast<std::size_t>(fact.explanation)].alone &&
        fact.standing != Standing::dropped && before.has(fact, hour)) {
      suspicious.push_back(at);
    }
  }
  for (const std::size_t at : suspicious) {
    facts_[at].explanation = -1;
  }
  // Company, or enough of themselves.
  const auto unexplained = [](const Stored& other) {
    return other.standing != Standing::dropped && other.explanation < 0;
  };
  const Company company(*this, bursts);
  std::vector<std::size_t> lonely;
  for (std::size_t at = 0; at < facts_.size(); ++at) {
    const Stored& fact = facts_[at];
    const Row& row = book_.rows[fact.row];
    if (!row.company || fact.standing == Standing::dropped || fact.explanation >= 0) {
      continue;
    }
    const bool enough = row.burst && joins.has(fact, *row.burst, unexplained);
    if (!enough && !company.has(fact, day)) {
      lonely.push_back(at);
    }
  }
  for (const std::size_t at : lonely) {
    facts_[at].explanation = nothing_beside;
  }
  for (Stored& fact : facts_) {
    if (fact.standing == Standing::candidate && fact.explanation == -1) {
      fact.standing = Standing::evidence;
    }
  }
}

Verdict BookCase::ladder_verdict(std::uint32_t scope, const std::vector<Burst>& bursts,
                                 const std::vector<PlainRenames>& plain, const Sources& sources) {
  Verdict verdict;
  verdict.playbook = book_.name;
  verdict.title = book_.title;
  verdict.scope = scopes_[scope].name;
  const auto here = [&](const std::string& host) { return named_scope(host) == scope; };
  std::map<std::pair<std::size_t, std::string>, Stage> stages;
  std::map<std::pair<std::string, std::string>, Noted> noted;
  // Moments of each behaviour, for "two steps, or three behaviours of one step, inside an hour".
  std::vector<std::tuple<Time, std::size_t, std::string>> moments;
  std::set<std::tuple<std::string, std::uint32_t, std::uint64_t, std::uint64_t>> counted;
  for (const std::uint32_t number : by_scope_[scope].facts) {
    const Stored& fact = facts_[number];
    if (fact.standing == Standing::dropped || fact.standing == Standing::witness) {
      continue;
    }
    const Row& row = book_.rows[fact.row];
    // One event counts once for a behaviour, whatever number of rows found it.
    if (!counted.emplace(row.behaviour, fact.source, fact.record, fact.offset).second) {
      continue;
    }
    if (fact.standing != Standing::evidence) {
      const std::string reason = fact.explanation == nothing_beside
                                     ? std::string("nothing else on this host speaks for an attack")
                                     : row.explain[static_cast<std::size_t>(fact.explanation)].reason;
      Noted& note = noted[{row.behaviour, reason}];
      note.behaviour = row.behaviour;
      note.reason = reason;
      ++note.count;
      extend(note.first, note.last, fact.time);
      if (note.events.size() < limits::verdict_events_max) {
        note.events.push_back(reference(fact, sources));
      }
      continue;
    }
    Stage& stage = stages[{row.step, row.behaviour}];
    stage.name = row.behaviour;
    stage.step = book_.steps[row.step];
    ++stage.count;
    extend(stage.first, stage.last, fact.time);
    if (fact.time.known()) {
      moments.emplace_back(fact.time, row.step, row.behaviour);
    }
    stage.events.push_back(reference(fact, sources));
  }
  bool impact = false;
  for (const Burst& burst : bursts) {
    if (!here(burst.host)) {
      continue;
    }
    const std::string& behaviour = burst.note ? book_.spread.note_behaviour : book_.spread.rename_behaviour;
    Stage& stage = stages[{book_.spread.step, behaviour}];
    stage.name = behaviour;
    stage.step = book_.steps[book_.spread.step];
    stage.count += burst.count;
    extend(stage.first, stage.last, burst.first);
    extend(stage.first, stage.last, burst.last);
    moments.emplace_back(burst.first, book_.spread.step, behaviour);
    moments.emplace_back(burst.last, book_.spread.step, behaviour);
    impact = true;
    for (const FileEntry& entry : burst.entries) {
      EventRef ref = reference(entry, sources);
      ref.what = burst.note                          ? "note " + burst.name
                 : (entry.flags & file_created) != 0 ? "file with the new extension ." + burst.name
                                                     : "original removed";
      stage.events.push_back(std::move(ref));
    }
  }
  for (const PlainRenames& each : plain) {
    if (here(each.host)) {
      verdict.noted.push_back({book_.spread.rename_behaviour, each.reason, each.count, each.first, each.last, {}});
    }
  }
  for (auto& [key, note] : noted) {
    verdict.noted.push_back(std::move(note));
  }
  std::size_t grade = 0;
  for (auto& [key, stage] : stages) {
    std::sort(stage.events.begin(), stage.events.end(), earlier);
    if (stage.events.size() > limits::verdict_events_max || stage.count > stage.events.size()) {
      stage.events.resize(std::min(stage.events.size(), limits::verdict_events_max));
      stage.truncated = true;
    }
    grade = std::max(grade, key.first + 1);
    verdict.stages.push_back(std::move(stage));
  }
  verdict.grade = grade == 0 ? "none" : book_.steps[grade - 1];
  verdict.call_now = impact;
  std::sort(moments.begin(), moments.end());
  for (std::size_t begin = 0; begin < moments.size() && !verdict.call_now; ++begin) {
    std::set<std::size_t> steps;
    std::map<std::size_t, std::set<std::string>> behaviours;
    for (std::size_t at = begin; at < moments.size() && behaviours.size() < 100; ++at) {
      const auto& [time, step, behaviour] = moments[at];
      if (time.ticks - std::get<Time>(moments[begin]).ticks > hour) {
        break;
      }
      steps.insert(step);
      behaviours[step].insert(behaviour);
      if (steps.size() >= 2 || behaviours[step].size() >= 3) {
        verdict.call_now = true;
        break;
      }
    }
  }
  bool process = false, file = false;
  for (const auto& entry : by_scope_[scope].seen) {
    const auto& [key, seen] = *entry;
    const Input& input = book_.inputs[key.input];
    process = process || input.process;
    file = file || input.file;
    Covered covered{input.name, seen.periods.first(), seen.periods.last(), 1, seen.rows, {}};
    const auto known = std::find_if(verdict.covered.begin(), verdict.covered.end(),
                                    [&](const Covered& each) { return each.input == input.name; });
    if (known == verdict.covered.end()) {
      verdict.covered.push_back(std::move(covered));
    } else {
      known->from = std::min(known->from, covered.from);
      known->to = std::max(known->to, covered.to);
      ++known->files;
      known->rows += covered.rows;
    }
  }
  for (const Input& input : book_.inputs) {
    const bool present = std::any_of(verdict.covered.begin(), verdict.covered.end(),
                                     [&](const Covered& each) { return each.input == input.name; });
    if (!present && (input.process || input.file)) {
      verdict.needs.push_back({input.name, false, input.how});
    }
  }
  std::vector<std::string> words;
  for (const Stage& stage : verdict.stages) {
    const auto text = book_.sentences.find(stage.name);
    words.push_back((text == book_.sentences.end() ? stage.name : text->second) + " (" + std::to_string(stage.count) +
                    ")");
  }
  if (verdict.grade == "none") {
    verdict.state = process && file ? State::no_sign_in_covered_period : State::not_checkable;
    verdict.because = process && file ? "No behaviour of the ladder was found on " + verdict.scope +
                                            " in its process and file events."
                                      : "Whether " + verdict.scope +
                                            " was touched cannot be told: process and file events of it are not "
                                            "both among what was read.";
    if (!verdict.noted.empty()) {
      verdict.because += " What looked like it has an ordinary explanation.";
    }
  } else {
    verdict.state = grade >= 2 ? State::compromised : State::attacked_no_sign_of_success;
    verdict.because = "On " + verdict.scope + ": " + listed(words) + ", from " +
                      moment(std::min_element(verdict.stages.begin(), verdict.stages.end(),
                                              [](const Stage& a, const Stage& b) { return a.first < b.first; })
                                 ->first) +
                      ".";
    const auto advice = book_.sentences.find(verdict.call_now ? "advice-call-now" : "advice-look");
    if (advice != book_.sentences.end()) {
      verdict.next_steps.push_back(advice->second);
    }
  }
  if (verdict.state != State::not_checkable) {
    verdict.needs.clear();
  }
  return verdict;
}

Verdict BookCase::ladder_whole(const std::vector<Verdict>& hosts) const {
  Verdict whole;
  whole.playbook = book_.name;
  whole.title = book_.title;
  whole.scope = "*";
  std::size_t grade = 0;
  std::vector<std::string> graded, unchecked;
  std::map<std::pair<std::size_t, std::string>, Stage> stages;
  bool checkable = false;
  for (const Verdict& host : hosts) {
    const auto found = std::find(book_.steps.begin(), book_.steps.end(), host.grade);
    if (found != book_.steps.end()) {
      grade = std::max(grade, static_cast<std::size_t>(found - book_.steps.begin()) + 1);
      graded.push_back(host.scope + " (" + host.grade + ")");
    }
    checkable = checkable || host.state == State::no_sign_in_covered_period;
    if (host.state == State::not_checkable) {
      unchecked.push_back(host.scope);
    }
    whole.call_now = whole.call_now || host.call_now;
    for (const Stage& stage : host.stages) {
      const auto step =
          static_cast<std::size_t>(std::find(book_.steps.begin(), book_.steps.end(), stage.step) - book_.steps.begin());
      Stage& all = stages[{step, stage.name}];
      all.name = stage.name;
      all.step = stage.step;
      all.count += stage.count;
      extend(all.first, all.last, stage.first);
      extend(all.first, all.last, stage.last);
      all.events.insert(all.events.end(), stage.events.begin(), stage.events.end());
      all.truncated = all.truncated || stage.truncated;
    }
    for (const Noted& note : host.noted) {
      const auto known = std::find_if(whole.noted.begin(), whole.noted.end(), [&](const Noted& each) {
        return each.behaviour == note.behaviour && each.reason == note.reason;
      });
      if (known == whole.noted.end()) {
        whole.noted.push_back(note);
      } else {
        known->count += note.count;
        extend(known->first, known->last, note.first);
        extend(known->first, known->last, note.last);
        known->events.insert(known->events.end(), note.events.begin(), note.events.end());
      }
    }
    for (const Covered& covered : host.covered) {
      const auto known = std::find_if(whole.covered.begin(), whole.covered.end(),
                                      [&](const Covered& each) { return each.input == covered.input; });
      if (known == whole.covered.end()) {
        whole.covered.push_back(covered);
      } else {
        extend(known->from, known->to, covered.from);
        extend(known->from, known->to, covered.to);
        known->rows += covered.rows;
        known->files = std::max(known->files, covered.files);
      }
    }
  }
  for (auto& [key, stage] : stages) {
    std::sort(stage.events.begin(), stage.events.end(), earlier);
    if (stage.events.size() > limits::verdict_events_max) {
      stage.events.resize(limits::verdict_events_max);
      stage.truncated = true;
    }
    whole.stages.push_back(std::move(stage));
  }
  for (Noted& note : whole.noted) {
    note.events.resize(std::min(note.events.size(), limits::verdict_events_max));
  }
  whole.grade = grade == 0 ? "none" : book_.steps[grade - 1];
  if (grade == 0) {
    whole.state = checkable ? State::no_sign_in_covered_period : State::not_checkable;
    whole.because = checkable
                        ? "No behaviour of the ladder was found on the hosts whose process and file events were read."
                        : "Nothing can be told: no host has both process and file events among what was read.";
    if (!whole.noted.empty()) {
      whole.because += " What looked like it has an ordinary explanation.";
    }
  } else {
    whole.state = grade >= 2 ? State::compromised : State::attacked_no_sign_of_success;
    const auto words = book_.sentences.find("grade-" + whole.grade);
    whole.because = (words == book_.sentences.end() ? "Grade " + whole.grade : words->second) + ": " + listed(graded) +
                    "." + (whole.call_now ? " Call for help now." : "");
    const auto advice = book_.sentences.find(whole.call_now ? "advice-call-now" : "advice-look");
    if (advice != book_.sentences.end()) {
      whole.next_steps.push_back(advice->second);
    }
  }
  if (!unchecked.empty()) {
    const bool many = unchecked.size() > 20;
    const std::size_t count = unchecked.size();
    unchecked.resize(std::min<std::size_t>(count, 20));
    whole.left_out.push_back("not checkable, for want of process or file events: " + listed(unchecked) +
                             (many ? " and " + std::to_string(count - 20) + " more" : ""));
  }
  if (whole.state == State::not_checkable) {
    for (const Input& input : book_.inputs) {
      if (input.process || input.file) {
        whole.needs.push_back({input.name, false, input.how});
      }
    }
  }
  if (files_.dropped() != 0) {
    whole.left_out.push_back(std::to_string(files_.dropped()) + " file names beyond the limit were not counted");
  }
  return whole;
}

void BookCase::conclude_ladder(const Sources& sources, std::vector<Verdict>& verdicts) {
  const auto scope_of = [&](const std::string& name) {
    const std::uint32_t host = hosts_.id(name);
    const auto [found, fresh] = scope_of_host_.try_emplace(host, static_cast<std::uint32_t>(scopes_.size()));
    if (fresh) {
      Scope scope;
      scope.name = hosts_.as_written(host);
      scope.named = true;
      scopes_.push_back(std::move(scope));
    }
    return found->second;
  };
  for (const auto& [key, seen] : seen_) {
    scopes_[scope_of(key.server)].marked = true;
  }
  for (Stored& fact : facts_) {
    fact.scope = scope_of(fact.host);
  }
  std::vector<Burst> bursts;
  std::vector<PlainRenames> plain;
  files_.conclude(bursts, plain);
  for (const Burst& burst : bursts) {
    scope_of(burst.host);
  }
  index_scopes();
  {
    const Joins joins(book_, facts_);
    judge_ladder_rows(joins, bursts);
  }
  std::vector<Verdict> hosts;
  for (std::uint32_t scope = 0; scope < scopes_.size(); ++scope) {
    hosts.push_back(ladder_verdict(scope, bursts, plain, sources));
  }
  if (hosts.empty()) {
    return;  // nothing that the ladder could be seen in was read
  }
  verdicts.push_back(ladder_whole(hosts));
  std::sort(hosts.begin(), hosts.end(), [](const Verdict& a, const Verdict& b) { return a.scope < b.scope; });
  std::size_t listed_hosts = 0;
  for (Verdict& host : hosts) {
    if (host.grade != "none" || ++listed_hosts <= limits::verdict_hosts_max) {
      verdicts.push_back(std::move(host));
    }
  }
}

}  // namespace tocsin::verdict
