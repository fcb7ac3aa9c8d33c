// The stages form: evidence by stage and weakness, the window, and one of the four states per installation.
#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "verdict/book_case.h"

namespace tocsin::verdict {

namespace {

using Standing = Stored::Standing;

std::string day_and_time(Period period) { return moment(period.from) + " to " + moment(period.to); }

}  // namespace

// Rows that do not tell the weakness go with the stage's largest entry that does.
void BookCase::merge_unlabelled(StageMap& stages) {
  for (auto at = stages.begin(); at != stages.end();) {
    auto best = stages.end();
    if (at->first.second.empty()) {
      for (auto other = std::next(at); other != stages.end() && other->first.first == at->first.first; ++other) {
        if (best == stages.end() || other->second.count > best->second.count) {
          best = other;
        }
      }
    }
    if (best == stages.end()) {
      ++at;
      continue;
    }
    Stage& from = at->second;
    Stage& into = best->second;
    into.count += from.count;
    widen(into.first, into.last, from.first);
    widen(into.first, into.last, from.last);
    std::move(from.events.begin(), from.events.end(), std::back_inserter(into.events));
    std::move(from.supporting.begin(), from.supporting.end(), std::back_inserter(into.supporting));
    at = stages.erase(at);
  }
}

// Of several neighbours the nearest in time says which stage is supported.
bool BookCase::take_support(std::uint32_t number, Joins::Pass& pass, Judgement& judged) const {
  for (const Neighbour& wanted : book_.rows[facts_[number].row].supports) {
    if (const Stored* nearest = pass.nearest(number, wanted); nearest != nullptr) {
      judged = {number, Standing::supporting, nearest->stage, nearest->weakness};
      return true;
    }
  }
  return false;
}

bool BookCase::take_case(std::uint32_t number, Joins::Pass& pass, Judgement& judged) const {
  const Stored& fact = facts_[number];
  const Row& row = book_.rows[fact.row];
  if (fact.chosen < 0 || static_cast<std::size_t>(fact.chosen) >= row.cases.size()) {
    return false;
  }
  const RowCase& chosen = row.cases[static_cast<std::size_t>(fact.chosen)];
  if ((!chosen.beside.empty() && !pass.any(number, chosen.beside)) ||
      (!row.beside.empty() && !pass.any(number, row.beside)) || pass.any(number, row.unless)) {
    return false;
  }
  judged = {number, Standing::evidence, chosen.stage, chosen.weakness};
  return true;
}

// Rows are judged in the order of the playbook: a row may lean on rows above it as judged, on rows below as found.
void BookCase::judge_stage_rows() {
  const Joins joins(book_, facts_);
  std::vector<std::vector<std::uint32_t>> by_row(book_.rows.size());
  for (std::uint32_t at = 0; at < facts_.size(); ++at) {
    by_row[facts_[at].row].push_back(at);
  }
  for (RowId number = 0; number < book_.rows.size() && !stopped(); ++number) {
    const Row& row = book_.rows[number];
    Joins::Pass pass(joins, [&](const Stored& other) {
      return book_.rows[other.row].witness ||
             (other.row < number ? other.standing == Standing::evidence || other.standing == Standing::supporting
                                 : other.chosen >= 0);
    });
    std::vector<Judgement> judgements;
    for (const std::uint32_t at : by_row[number]) {
      if (stopped()) {
        return;
      }
      Judgement& judged = judgements.emplace_back();
      judged = {at, row.witness ? Standing::witness : Standing::dropped, -1, {}};
      if (row.prefers_case) {
        static_cast<void>(take_case(at, pass, judged) || take_support(at, pass, judged));
      } else {
        static_cast<void>(take_support(at, pass, judged) || take_case(at, pass, judged));
      }
    }
    for (const Judgement& judged : judgements) {
      Stored& fact = facts_[judged.fact];
      fact.standing = judged.standing;
      fact.stage = judged.stage;
      fact.weakness = judged.weakness;
    }
  }
}

std::vector<Period> BookCase::add_window(std::uint32_t scope, Verdict& verdict,
                                         const std::map<std::uint16_t, InputSeen>& inputs, bool& covered) const {
  Time first_fixed, last_row;
  bool old_seen = false;
  for (const auto& entry : by_scope_[scope].seen) {
    const auto& [key, seen] = *entry;
    const Input& input = book_.inputs[key.input];
    last_row = std::max(last_row, seen.periods.last());
    if (input.build) {
      if (!fixed_build(book_.fixed_builds, key.key)) {
        old_seen = true;
      } else if (!seen.periods.empty()) {
        first_fixed = first_fixed.known() ? std::min(first_fixed, seen.periods.first()) : seen.periods.first();
      }
    }
  }
  Period window{book_.window_from, last_row.known() ? last_row : book_.window_to_when_fixed};
  if (first_fixed.known()) {
    window.to = old_seen ? first_fixed : book_.window_to_when_fixed;
  }
  verdict.window = window;
  bool first = true;
  Periods common;
  for (std::uint16_t number = 0, end = static_cast<std::uint16_t>(book_.inputs.size()); number < end; ++number) {
    if (!book_.inputs[number].covers) {
      continue;
    }
    const auto seen = inputs.find(number);
    const Periods own = seen == inputs.end() ? Periods{} : seen->second.periods;
    common = first ? own : common.common(own);
    first = false;
  }
  const Periods in_window = window.to > window.from ? common.within(window) : Periods{};
  covered = !in_window.empty();
  if (covered) {
    Covered whole;
    whole.input = "covered-period";
    whole.from = in_window.first();
    whole.to = in_window.last();
    whole.gaps = in_window.gaps();
    for (const auto& [number, seen] : inputs) {
      if (book_.inputs[number].covers) {
        whole.files += seen.sources.size();
        whole.rows += seen.rows;
      }
    }
    verdict.covered.push_back(std::move(whole));
  }
  for (const auto& [number, seen] : inputs) {
    if (book_.inputs[number].build) {
      continue;
    }
    Covered each;
    each.input = book_.inputs[number].name;
    each.from = seen.periods.first();
    each.to = seen.periods.last();
    each.files = seen.sources.size();
    each.rows = seen.rows;
    each.gaps = seen.periods.gaps();
    verdict.covered.push_back(std::move(each));
  }
  return window.to > window.from ? in_window.missing_of(window) : std::vector<Period>{};
}

Verdict BookCase::stage_verdict(std::uint32_t scope, const Sources& sources) {
  Verdict verdict;
  verdict.playbook = book_.name;
  verdict.title = book_.title;
  verdict.scope = scopes_[scope].name;

  const auto shell_key = book_.find_key("shell");
  StageMap stages;
  std::map<std::string, std::uint64_t> left_out;
  std::set<std::string> clients;
  std::map<std::string, std::string> shells;
  std::set<std::tuple<int, std::uint32_t, std::uint64_t, std::uint64_t>> counted;
  bool succeeded = false, any = false;
  const auto stage_of = [&](const Stored& fact) -> Stage& {
    Stage& stage = stages[{fact.stage, std::string(fact.weakness)}];
    stage.stage = fact.stage;
    stage.weakness = fact.weakness;
    if (fact.stage >= 0 && static_cast<std::size_t>(fact.stage) < book_.stage_names.size()) {
      stage.name = book_.stage_names[static_cast<std::size_t>(fact.stage)];
    }
    return stage;
  };
  for (const std::uint32_t at : by_scope_[scope].facts) {
    const Stored& fact = facts_[at];
    const Row& row = book_.rows[fact.row];
    if (fact.standing == Standing::witness) {
      continue;
    }
    if (fact.standing == Standing::dropped) {
      if (!row.left_out.empty()) {
        ++left_out[row.left_out];
      }
      continue;
    }
    EventRef ref = reference(fact, sources);
    if (fact.standing == Standing::supporting) {
      Stage& stage = stage_of(fact);
      if (stage.supporting.size() < limits::verdict_events_max) {
        stage.supporting.push_back(std::move(ref));
      }
      continue;
    }
    // One event counts once for a stage, whatever number of rows found it.
    if (!counted.emplace(fact.stage, fact.source, fact.record, fact.offset).second) {
      continue;
    }
    Stage& stage = stage_of(fact);
    any = true;
    succeeded = succeeded || row.cases[static_cast<std::size_t>(fact.chosen)].succeeded;
    if (!ref.client.empty()) {
      clients.insert(ref.client);
    }
    if (shell_key) {
      if (const std::string_view shell = value_of(book_, fact, *shell_key); !shell.empty() && shell != "-") {
        shells.emplace(ascii_lower(shell), shell);
      }
    }
    ++stage.count;
    widen(stage.first, stage.last, fact.time);
    stage.events.push_back(std::move(ref));
  }
  count_beyond(scope, stages);
  merge_unlabelled(stages);
  for (auto& [key, stage] : stages) {
    std::sort(stage.events.begin(), stage.events.end(), earlier);
    std::sort(stage.supporting.begin(), stage.supporting.end(), earlier);
    if (stage.events.size() > limits::verdict_events_max) {
      stage.events.resize(limits::verdict_events_max);
    }
    stage.truncated = stage.truncated || stage.count > stage.events.size();
    verdict.stages.push_back(std::move(stage));
  }
  say_beyond(scope, verdict);
  for (const auto& [text, count] : left_out) {
    verdict.left_out.push_back(std::to_string(count) + " " + text);
  }
  verdict.clients.assign(clients.begin(), clients.end());
  for (auto& [lower, shell] : shells) {
    verdict.shells.push_back(std::move(shell));
  }

  std::map<std::uint16_t, InputSeen> inputs;
  for (const auto& entry : by_scope_[scope].seen) {
    const auto& [key, seen] = *entry;
    // A web server's log without a single page of the product is some other web server's.
    const bool foreign = !book_.inputs[key.input].mark.empty() && !seen.marks && book_.inputs[key.input].covers;
    if (!foreign) {
      InputSeen& input = inputs[key.input];
      for (const Period& period : seen.periods.list()) {
        input.periods.add(period.from, period.to, ordinary_pause);
      }
      input.rows += seen.rows;
      input.sources[key.source] = true;
    }
  }
  bool covered = false;
  verdict.uncovered = add_window(scope, verdict, inputs, covered);
  std::vector<std::string> missing;
  for (std::uint16_t number = 0, end = static_cast<std::uint16_t>(book_.inputs.size()); number < end; ++number) {
    const Input& input = book_.inputs[number];
    if (!input.build && !inputs.contains(number) && !input.how.empty()) {
      verdict.needs.push_back({input.name, false, input.how});
      missing.push_back(input.label);
    }
  }
  // What lies beyond a limit was not weighed: where it could change the answer, nothing may be ruled out.
  const bool unweighed = !succeeded && beyond_could_change(scope, any);
  if (succeeded) {
    verdict.state = State::compromised;
  } else if (unweighed) {
    verdict.state = State::not_checkable;
  } else if (any) {
    verdict.state = State::attacked_no_sign_of_success;
  } else {
    verdict.state = covered ? State::no_sign_in_covered_period : State::not_checkable;
  }
  if (verdict.state == State::not_checkable && !unweighed) {
    const auto older = book_.sentences.find("older-logs");
    verdict.needs.insert(verdict.needs.begin(), {"logs of the time from " + day_and_time(verdict.window), false,
                                                 older == book_.sentences.end() ? "" : older->second});
  }
  weigh(verdict, scope, sources);
  say_stages(verdict, missing, unweighed);
  return verdict;
}

// How much the evidence is worth: more where several kinds of logs agree, and one step more where a row's address, file
// or hash stands on a list. The state is decided before; a list without evidence says nothing.
void BookCase::weigh(Verdict& verdict, std::uint32_t scope, const Sources& sources) const {
  std::set<std::pair<std::uint16_t, std::string_view>> kinds;
  std::map<std::size_t, Known> known;
  for (const std::uint32_t at : by_scope_[scope].facts) {
    const Stored& fact = facts_[at];
    if (fact.standing != Standing::evidence && fact.standing != Standing::supporting) {
      continue;
    }
    const auto source = sources.find(fact.source);
    kinds.emplace(book_.rows[fact.row].logs.front(),
                  source == sources.end() ? std::string_view{} : std::string_view(source->second.format));
    for (std::string_view rest = fact.known; !rest.empty();) {
      const std::string_view entry = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
      const std::size_t blank = entry.find(' ');
      const std::size_t number = parse_uint64(entry.substr(0, blank)).value_or(0);
      Known& list = known[number];
      list.list = number < book_.published.size() ? book_.published[number].label : "your own indicators";
      ++list.count;
      const std::string value(blank == std::string_view::npos ? std::string_view{} : entry.substr(blank + 1));
      if (!value.empty() && list.examples.size() < 5 &&
          std::find(list.examples.begin(), list.examples.end(), value) == list.examples.end()) {
        list.examples.push_back(value);
      }
    }
  }
  if (kinds.empty()) {
    return;
  }
  for (auto& [number, list] : known) {
    verdict.known.push_back(std::move(list));
  }
  verdict.confidence =
      kinds.size() > 1 ? (verdict.known.empty() ? "high" : "very high") : (verdict.known.empty() ? "moderate" : "high");
}

void BookCase::say_stages(Verdict& verdict, const std::vector<std::string>& missing, bool unweighed) const {
  const bool succeeded = verdict.state == State::compromised;
  Time first, last;
  std::uint64_t rows = 0;
  std::vector<std::string> parts;
  std::set<std::string> named;
  std::set<std::string> weaknesses;
  for (const Stage& stage : verdict.stages) {
    rows += stage.count;
    if (stage.count == 0) {
      continue;
    }
    if (stage.first.known()) {
      first = first.known() ? std::min(first, stage.first) : stage.first;
      last = std::max(last, stage.last);
    }
    const auto words = book_.sentences.find("stage-" + std::to_string(stage.stage));
    if (words != book_.sentences.end() && named.insert(words->second).second && (!succeeded || stage.stage >= 2)) {
      parts.push_back(words->second);
    }
    if (!stage.weakness.empty()) {
      weaknesses.insert(stage.weakness);
    }
  }
  const std::string weakness_text =
      weaknesses.empty() ? "" : " (" + listed({weaknesses.begin(), weaknesses.end()}) + ")";
  const std::string missing_text =
      missing.empty() ? "" : " Not read, and therefore not checked: " + listed(missing) + ".";
  std::string covered;
  for (const Covered& each : verdict.covered) {
    if (each.input == "covered-period") {
      covered = day_and_time({each.from, each.to});
    }
  }
  const bool unnamed = verdict.scope.starts_with("unnamed");
  const std::string server = unnamed ? "a server that its logs do not name" : verdict.scope;
  const std::string shown = rows == 1
                                ? "one row shows it, of " + moment(first)
                                : std::to_string(rows) + " rows show it, from " + moment(first) + " to " + moment(last);
  const std::string confidence = verdict.confidence.empty() ? "" : ", with " + verdict.confidence + " confidence";
  std::vector<std::string> lists;
  for (const Known& list : verdict.known) {
    lists.push_back(list.list + (list.examples.empty() ? "" : " (" + listed(list.examples) + ")"));
  }
  const std::string named_on = lists.empty() ? "" : ", of what also stands on " + listed(lists);
  std::string& because = verdict.because;
  switch (verdict.state) {
    case State::compromised:
      because = server + " was compromised" + weakness_text + confidence + ": " + listed(parts) + "; " + shown +
                named_on + ".";
      break;
    case State::attacked_no_sign_of_success:
      because = server + " was attacked" + weakness_text +
                ", and nothing that was read shows that it succeeded: " + listed(parts) + "; " + shown + named_on +
                "." + missing_text;
      break;
    case State::no_sign_in_covered_period:
      because = "No sign of the attack on " + server + " from " + covered + "; the rest of the time in question (" +
                day_and_time(verdict.window) + ") is not covered by the logs that were read.";
      break;
    case State::not_checkable:
      if (unweighed) {
        because = (parts.empty() ? "Whether " + server + " was attacked"
                                 : server + " was attacked" + weakness_text + ": " + listed(parts) + "; " + shown +
                                       ". Whether it was compromised") +
                  " cannot be told: more rows than can be weighed together speak of it, and some were only counted." +
                  missing_text;
        break;
      }
      because = "Whether " + server +
                " was hit cannot be told: the logs that would show it do not reach into the "
                "time in question (" +
                day_and_time(verdict.window) + "), or are missing." + missing_text;
      break;
  }
  if (unnamed && because.starts_with('a')) {
    because.front() = 'A';
  }
  if (verdict.state != State::no_sign_in_covered_period) {
    const auto advice =
        book_.sentences.find(verdict.state == State::compromised                   ? "advice-compromised"
                             : verdict.state == State::attacked_no_sign_of_success ? "advice-attacked"
                                                                                   : "advice-not-checkable");
    if (unweighed) {
      verdict.next_steps.push_back("Hunt shorter times one by one (--since, --until), so that all rows are weighed.");
    } else if (advice != book_.sentences.end()) {
      verdict.next_steps.push_back(advice->second);
    }
  }
  if (verdict.state == State::compromised) {
    verdict.next_steps.insert(verdict.next_steps.end(), book_.next_steps.begin(), book_.next_steps.end());
  }
}

void BookCase::conclude_stages(const Sources& sources, std::vector<Verdict>& verdicts) {
  place(sources);
  index_scopes();
  judge_stage_rows();
  std::vector<Verdict> own;
  for (std::uint32_t scope = 0; scope < scopes_.size() && !stopped(); ++scope) {
    if (scopes_[scope].marked) {
      own.push_back(stage_verdict(scope, sources));
    }
  }
  std::sort(own.begin(), own.end(), [](const Verdict& a, const Verdict& b) { return a.scope < b.scope; });
  std::move(own.begin(), own.end(), std::back_inserter(verdicts));
}

}  // namespace tocsin::verdict
