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

// The scope of events without a computer's name, and a host in a sentence.
std::string host_text(const std::string& scope) {
  return scope == BookCase::unnamed_host ? "a host that the logs do not name" : scope;
}

// Do two steps, or three behaviours of one step, stand inside one hour? Sorts the moments; each enters and leaves the
// hour once.
bool close_together(std::vector<std::tuple<Time, std::size_t, std::string>>& moments) {
  std::sort(moments.begin(), moments.end());
  std::map<std::size_t, std::map<std::string_view, std::size_t>> held;
  std::size_t begin = 0;
  for (const auto& [time, step, behaviour] : moments) {
    ++held[step][behaviour];
    for (; time.ticks - std::get<Time>(moments[begin]).ticks > hour; ++begin) {
      const auto& [gone_time, gone_step, gone_behaviour] = moments[begin];
      auto& of_step = held[gone_step];
      if (--of_step[gone_behaviour] == 0) {
        of_step.erase(gone_behaviour);
      }
      if (of_step.empty()) {
        held.erase(gone_step);
      }
    }
    if (held.size() >= 2 || held[step].size() >= 3) {
      return true;
    }
  }
  return false;
}

// "a, b, c and 7 more".
std::string some_of(std::vector<std::string> names, std::size_t most) {
  if (names.size() > most) {
    const std::size_t more = names.size() - most;
    names.resize(most);
    names.push_back(std::to_string(more) + " more");
  }
  return listed(names);
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
  std::vector<std::uint32_t> dropped;
  {
    Joins::Pass pass(joins, standing);
    for (std::uint32_t at = 0; at < facts_.size(); ++at) {
      if (stopped()) {
        return;
      }
      const Row& row = book_.rows[facts_[at].row];
      const bool chosen_ok = row.cases.empty() || facts_[at].chosen >= 0;
      const RowCase* chosen = facts_[at].chosen >= 0 && static_cast<std::size_t>(facts_[at].chosen) < row.cases.size()
                                  ? &row.cases[static_cast<std::size_t>(facts_[at].chosen)]
                                  : nullptr;
      if (!chosen_ok || (!row.beside.empty() && !pass.any(at, row.beside)) || pass.any(at, row.unless) ||
          (chosen != nullptr && !chosen->beside.empty() && !pass.any(at, chosen->beside))) {
        dropped.push_back(at);
      }
    }
  }
  for (const std::uint32_t at : dropped) {
    facts_[at].standing = Standing::dropped;
  }
  // Ordinary explanations: of the row itself, then of explained rows beside it.
  for (int round = 0, fresh = 1; round < 4 && fresh != 0; ++round) {
    Joins::Pass pass(joins, standing);
    std::vector<std::pair<std::uint32_t, std::int16_t>> explained;
    for (std::uint32_t number = 0; number < facts_.size(); ++number) {
      if (stopped()) {
        return;
      }
      const Stored& fact = facts_[number];
      if (fact.standing == Standing::dropped || fact.explanation >= 0) {
        continue;
      }
      const Row& row = book_.rows[fact.row];
      for (std::size_t at = 0; at < row.explain.size(); ++at) {
        const Explanation& each = row.explain[at];
        const bool when = each.when.empty() || (at < fact.explained.size() && fact.explained[at] == '1');
        if (when && (!each.when.empty() || !each.beside.empty()) &&
            (each.beside.empty() || pass.any(number, each.beside))) {
          explained.emplace_back(number, static_cast<std::int16_t>(at));
          break;
        }
      }
    }
    for (const auto& [number, explanation] : explained) {
      facts_[number].explanation = explanation;
    }
    fresh = explained.empty() ? 0 : 1;
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
  Joins::Pass pass(joins, unexplained);
  std::vector<std::size_t> lonely;
  for (std::uint32_t at = 0; at < facts_.size(); ++at) {
    if (stopped()) {
      return;
    }
    const Stored& fact = facts_[at];
    const Row& row = book_.rows[fact.row];
    if (!row.company || fact.standing == Standing::dropped || fact.explanation >= 0) {
      continue;
    }
    const bool enough = row.burst && pass.has(at, *row.burst);
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

Verdict BookCase::ladder_verdict(std::uint32_t scope, const FilesOfScope& files, const Sources& sources) {
  Verdict verdict;
  verdict.playbook = book_.name;
  verdict.title = book_.title;
  verdict.scope = scopes_[scope].name;
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
      widen(note.first, note.last, fact.time);
      if (note.events.size() < limits::verdict_events_max) {
        note.events.push_back(reference(fact, sources));
      }
      continue;
    }
    Stage& stage = stages[{row.step, row.behaviour}];
    stage.name = row.behaviour;
    stage.step = book_.steps[row.step];
    ++stage.count;
    widen(stage.first, stage.last, fact.time);
    if (fact.time.known()) {
      moments.emplace_back(fact.time, row.step, row.behaviour);
    }
    stage.events.push_back(reference(fact, sources));
  }
  bool impact = false;
  for (const Burst* found : files.bursts) {
    const Burst& burst = *found;
    const std::string& behaviour = burst.note ? book_.spread.note_behaviour : book_.spread.rename_behaviour;
    Stage& stage = stages[{book_.spread.step, behaviour}];
    stage.name = behaviour;
    stage.step = book_.steps[book_.spread.step];
    stage.count += burst.count;
    widen(stage.first, stage.last, burst.first);
    widen(stage.first, stage.last, burst.last);
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
  for (const PlainRenames* each : files.plain) {
    verdict.noted.push_back({book_.spread.rename_behaviour, each->reason, each->count, each->first, each->last, {}});
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
  verdict.call_now = verdict.call_now || close_together(moments);
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
  bool unweighed = false;
  each_beyond(scope, [&](const Kind& kind, const Kept&) { unweighed = unweighed || !book_.rows[kind.row].witness; });
  say_beyond(scope, verdict);
  unweighed = unweighed || files.left_out.creates != 0;
  if (files.left_out.creates != 0) {
    verdict.left_out.push_back(std::to_string(files.left_out.creates) +
                               " files with new extensions or names of notes lie beyond a limit and were only counted");
  }
  if (files.left_out.deletes != 0) {
    verdict.left_out.push_back(std::to_string(files.left_out.deletes) +
                               " removed files lie beyond a limit and were not held against new ones");
  }
  const std::string host = host_text(verdict.scope);
  std::vector<std::string> words;
  for (const Stage& stage : verdict.stages) {
    const auto text = book_.sentences.find(stage.name);
    words.push_back((text == book_.sentences.end() ? stage.name : text->second) + " (" + std::to_string(stage.count) +
                    ")");
  }
  if (verdict.grade == "none") {
    const bool whole = process && file;
    verdict.state = whole && !unweighed ? State::no_sign_in_covered_period : State::not_checkable;
    verdict.because = verdict.state == State::no_sign_in_covered_period
                          ? "No behaviour of the ladder was found on " + host + " in its process and file events."
                      : whole ? "Whether " + host +
                                    " was touched cannot be told: it has more rows than can be weighed "
                                    "together, and some were only counted."
                              : "Whether " + host +
                                    " was touched cannot be told: process and file events of it are "
                                    "not both among what was read.";
    if (!verdict.noted.empty()) {
      verdict.because += " What looked like it has an ordinary explanation.";
    }
  } else {
    verdict.state = grade >= 2 ? State::compromised : State::attacked_no_sign_of_success;
    verdict.because = "On " + host + ": " + listed(words) + ", from " +
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
  std::vector<std::vector<std::string>> graded(book_.steps.size());  // hosts by their grade
  std::vector<std::string> unchecked, left_out;
  std::map<std::pair<std::size_t, std::string>, Stage> stages;
  bool checkable = false;
  for (const Verdict& host : hosts) {
    const auto found = std::find(book_.steps.begin(), book_.steps.end(), host.grade);
    if (found != book_.steps.end()) {
      grade = std::max(grade, static_cast<std::size_t>(found - book_.steps.begin()) + 1);
      graded[static_cast<std::size_t>(found - book_.steps.begin())].push_back(host_text(host.scope));
    }
    checkable = checkable || host.state == State::no_sign_in_covered_period;
    if (host.state == State::not_checkable) {
      unchecked.push_back(host_text(host.scope));
    }
    for (const std::string& text : host.left_out) {
      left_out.push_back(host_text(host.scope) + ": " + text);
    }
    whole.call_now = whole.call_now || host.call_now;
    for (const Stage& stage : host.stages) {
      const auto step =
          static_cast<std::size_t>(std::find(book_.steps.begin(), book_.steps.end(), stage.step) - book_.steps.begin());
      Stage& all = stages[{step, stage.name}];
      all.name = stage.name;
      all.step = stage.step;
      all.count += stage.count;
      widen(all.first, all.last, stage.first);
      widen(all.first, all.last, stage.last);
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
        widen(known->first, known->last, note.first);
        widen(known->first, known->last, note.last);
        known->events.insert(known->events.end(), note.events.begin(), note.events.end());
      }
    }
    for (const Covered& covered : host.covered) {
      const auto known = std::find_if(whole.covered.begin(), whole.covered.end(),
                                      [&](const Covered& each) { return each.input == covered.input; });
      if (known == whole.covered.end()) {
        whole.covered.push_back(covered);
      } else {
        widen(known->from, known->to, covered.from);
        widen(known->from, known->to, covered.to);
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
    // The worst first, and of each grade only the hosts that it holds for.
    for (std::size_t step = grade; step-- > 0;) {
      if (graded[step].empty()) {
        continue;
      }
      const auto words = book_.sentences.find("grade-" + book_.steps[step]);
      whole.because += (whole.because.empty() ? "" : " ") +
                       (words == book_.sentences.end() ? "Grade " + book_.steps[step] : words->second) + ": " +
                       some_of(graded[step], 20) + ".";
    }
    whole.because += whole.call_now ? " Call for help now." : "";
    const auto advice = book_.sentences.find(whole.call_now ? "advice-call-now" : "advice-look");
    if (advice != book_.sentences.end()) {
      whole.next_steps.push_back(advice->second);
    }
  }
  if (!unchecked.empty()) {
    whole.left_out.push_back("not checkable, for want of process or file events or for the number of rows: " +
                             some_of(unchecked, 20));
  }
  const std::size_t lines = std::min<std::size_t>(left_out.size(), 20);
  whole.left_out.insert(whole.left_out.end(), left_out.begin(), left_out.begin() + static_cast<std::ptrdiff_t>(lines));
  if (lines < left_out.size()) {
    whole.left_out.push_back("and " + std::to_string(left_out.size() - lines) + " more lines of this kind");
  }
  if (whole.state == State::not_checkable) {
    for (const Input& input : book_.inputs) {
      if (input.process || input.file) {
        whole.needs.push_back({input.name, false, input.how});
      }
    }
  }
  if (files_.dropped() != 0) {
    whole.left_out.push_back(std::to_string(files_.dropped()) +
                             " file events of further hosts were not counted: too many hosts");
  }
  return whole;
}

// The scope of a computer; a new one where none has its name.
std::uint32_t BookCase::scope_of_host(std::string_view name) {
  const std::uint32_t host = hosts_.id(name);
  const auto [found, fresh] = scope_of_host_.try_emplace(host, static_cast<std::uint32_t>(scopes_.size()));
  if (fresh) {
    Scope scope;
    scope.named = !hosts_.as_written(host).empty();
    scope.name = scope.named ? hosts_.as_written(host) : unnamed_host;
    scopes_.push_back(std::move(scope));
  }
  return found->second;
}

void BookCase::conclude_ladder(const Sources& sources, std::vector<Verdict>& verdicts) {
  for (const auto& [key, seen] : seen_) {
    scopes_[scope_of_host(key.server)].marked = true;
  }
  for (Stored& fact : facts_) {
    fact.scope = scope_of_host(fact.host);
  }
  std::vector<Burst> bursts;
  std::vector<PlainRenames> plain;
  const std::vector<FilesLeftOut> left_out = files_.conclude(bursts, plain, [this] { return stopped(); });
  for (const Burst& burst : bursts) {
    scope_of_host(burst.host);
  }
  for (const FilesLeftOut& each : left_out) {
    scope_of_host(each.host);
  }
  std::vector<FilesOfScope> files(scopes_.size());
  for (const Burst& burst : bursts) {
    files[scope_of_host(burst.host)].bursts.push_back(&burst);
  }
  for (const PlainRenames& each : plain) {
    if (const std::uint32_t scope = named_scope(each.host); scope != no_scope) {
      files[scope].plain.push_back(&each);
    }
  }
  for (const FilesLeftOut& each : left_out) {
    FilesLeftOut& known = files[scope_of_host(each.host)].left_out;
    known.creates += each.creates;
    known.deletes += each.deletes;
  }
  index_scopes();
  {
    const Joins joins(book_, facts_);
    judge_ladder_rows(joins, bursts);
  }
  std::vector<Verdict> hosts;
  for (std::uint32_t scope = 0; scope < scopes_.size() && !stopped(); ++scope) {
    hosts.push_back(ladder_verdict(scope, files[scope], sources));
  }
  if (hosts.empty() || stopped()) {
    return;  // nothing that the ladder could be seen in was read
  }
  verdicts.push_back(ladder_whole(hosts));
  std::sort(hosts.begin(), hosts.end(), [](const Verdict& a, const Verdict& b) { return a.scope < b.scope; });
  const std::size_t at = verdicts.size() - 1;
  std::size_t without_grade = 0;
  for (Verdict& host : hosts) {
    if (host.grade != "none" || ++without_grade <= limits::verdict_hosts_max) {
      verdicts.push_back(std::move(host));
    }
  }
  if (without_grade > limits::verdict_hosts_max) {
    verdicts[at].left_out.push_back(std::to_string(without_grade - limits::verdict_hosts_max) +
                                    " more hosts without any behaviour of the ladder are not listed one by one");
  }
}

}  // namespace tocsin::verdict
