#include "consult/conclude.h"

#include <algorithm>

#include "consult/closing.h"
#include "consult/silence_record.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::consult {
namespace {

// What a deadline means for positions: open-ended while the clock is stopped.
struct Deadline {
  Seconds deadline = 0;  // D
  bool suspended = false;
};

class Conclusion {
 public:
  Conclusion(const Ledger& ledger, const View& view, RecordMemory& memory)
      : ledger_(ledger), view_(view), memory_(memory), roster_(*ledger.roster()) {}

  State conclude() {
    state_.rejected = ledger_.rejected_when_open();
    state_.entries = view_.count();
    if (!view_.in_view(ledger_.item())) {
      return std::move(state_);
    }
    state_.unknown = view_.unknown();
    for (std::uint32_t author = 0; author < roster_.participants.size(); ++author) {
      if (view_.forked(author)) {
        state_.equivocators.push_back(name(author));
      }
    }
    if (!adopted() && !disputed()) {
      provisional();
    }
    return std::move(state_);
  }

 private:
  const std::string& name(std::uint32_t author) const { return roster_.participants[author].name; }
  const Hash& id(Number number) const { return ledger_.entry(number).id; }

  // The chair's chain as far as it has one: to its end, or to below its fork.
  ChairState chair() const {
    const std::span<const Number> stem = view_.stem_of(roster_.chair);
    return stem.empty() ? ChairState{} : view_.chair_state(stem.back());
  }

  State::Closing shown(Number close, const Closing& closing) const {
    State::Closing out{id(close), closing.acknowledged, closing.needed, {}};
    for (const std::uint32_t author : closing.waiting) {
      out.waiting.push_back(name(author));
    }
    return out;
  }

  bool adopted() {
    const Number close = chair().close;
    if (close == no_number) {
      return false;
    }
    const ChairState& end = view_.chair_state(close);
    const SilenceRecord& record = memory_.of(ledger_, view_, end.silence);
    const Closing closing = closing_of(ledger_, view_, record, close, Evidence::clean);
    if (!closing.effective) {
      return false;
    }
    state_.status = Status::adopted;
    show_closed(close, closing, record, Evidence::clean);
    decide();
    return true;
  }

  bool disputed() {
    if (!view_.any_forked()) {
      return false;  // nothing is unclean
    }
    struct Found {
      Number close;
      Closing closing;
    };
    std::vector<Found> found;
    boost::unordered_flat_map<Number, SilenceRecord> records;
    for (const Number close : view_.closes()) {
      const Number silence = view_.chair_state(close).silence;
      auto record = records.find(silence);
      if (record == records.end()) {
        record = records.emplace(silence, record_of(ledger_, view_, silence)).first;
      }
      Closing closing = closing_of(ledger_, view_, record->second, close, Evidence::any);
      if (closing.effective) {
        found.push_back({close, std::move(closing)});
      }
    }
    if (found.empty()) {
      return false;
    }
    state_.status = Status::disputed;
    const auto silence_of = [&](const Found& it) { return view_.chair_state(it.close).silence; };
    const auto draft_of = [&](const Found& it) { return ledger_[silence_of(it)].subject; };
    for (const Found& it : found) {
      state_.disputes.push_back({id(it.close), id(silence_of(it)), id(draft_of(it))});
    }
    std::ranges::sort(state_.disputes, {}, &State::Dispute::close);
    const auto all_have = [&](const auto& property) {
      return std::ranges::all_of(found, [&](const Found& it) { return property(it) == property(found.front()); });
    };
    if (all_have(silence_of)) {
      const Found& first = *std::ranges::min_element(
          found, {}, [&](const Found& it) { return std::pair(ledger_.entry(it.close).sequence, id(it.close)); });
      show_closed(first.close, first.closing, records.at(silence_of(first)), Evidence::any);
    } else if (all_have(draft_of)) {
      state_.draft = id(draft_of(found.front()));
    }
    return true;
  }

  void show_closed(Number close, const Closing& closing, const SilenceRecord& record, Evidence evidence) {
    const ChairState& end = view_.chair_state(close);
    state_.closing = shown(close, closing);
    state_.presumed = ledger_.entry(close).presumed;
    show_silence(end, record, evidence);
  }

  void provisional() {
    const ChairState now = chair();
    if (now.close != no_number) {
      const SilenceRecord& record = memory_.of(ledger_, view_, now.silence);
      state_.closing = shown(now.close, closing_of(ledger_, view_, record, now.close, Evidence::clean));
    }
    const bool is_void = view_.forked(roster_.chair);
    if (is_void || now.silence == no_number) {
      state_.status = is_void ? Status::voided : view_.newest_draft() == no_number ? Status::open : Status::tabled;
      if (view_.newest_draft() != no_number) {
        state_.draft = id(view_.newest_draft());
      }
      return;
    }
    const SilenceRecord& record = memory_.of(ledger_, view_, now.silence);
    show_silence(now, record, Evidence::clean);
    state_.status = status_of(now);
    if (state_.status == Status::expired || state_.status == Status::presumed) {
      for (std::uint32_t author = 0; author < roster_.participants.size(); ++author) {
        if (roster_.participants[author].role == Role::member && !record.passed_clean[author]) {
          state_.presumed.push_back(name(author));
        }
      }
    }
  }

  Status status_of(const ChairState& now) const {
    const auto some = [&](Standing standing) {
      return std::ranges::any_of(state_.breaks, [&](const State::Break& it) { return it.standing == standing; });
    };
    const Seconds as_of = view_.as_of();
    return now.withdrawn                              ? Status::withdrawn
           : !in_force(ledger_, view_, now.silence)   ? Status::announced
           : some(Standing::timely)                   ? Status::broken
           : some(Standing::unproven)                 ? Status::broken_unproven
           : now.suspended                            ? Status::suspended
           : as_of < now.deadline                     ? Status::silence
           : as_of < now.deadline + roster_.challenge ? Status::expired
                                                      : Status::presumed;
  }

  // P3.
  Standing standing_of(const Statement& statement, const Deadline& limit) const {
    if (statement.sealed) {
      return Standing::sealed;
    }
    const Seconds witnessed = view_.witnessed(statement.entry);
    if (witnessed != never && (limit.suspended || witnessed <= limit.deadline)) {
      return Standing::timely;
    }
    if (limit.suspended) {
      return Standing::unproven;
    }
    if (ledger_.entry(statement.entry).time > limit.deadline) {
      return Standing::late;
    }
    const Seconds end = limit.deadline + roster_.challenge;
    return (witnessed != never && witnessed <= end) || view_.as_of() < end ? Standing::unproven : Standing::late;
  }

  // `state_.presumed` is the list of the close that fills the result, or still empty.
  void show_silence(const ChairState& at, const SilenceRecord& record, Evidence evidence) {
    const Number draft = ledger_[at.silence].subject;
    if (view_.good_draft(draft)) {
      state_.draft = id(draft);
    }
    state_.silence = id(at.silence);
    state_.deadline = at.deadline;
    const std::vector<bool>& passed = evidence == Evidence::clean ? record.passed_clean : record.passed;
    for (std::uint32_t author = 0; author < passed.size(); ++author) {
      if (passed[author]) {
        state_.passed.push_back(name(author));
      }
    }
    for (const std::uint32_t author : record.associated) {
      state_.associated.push_back(name(author));
    }
    show_positions(record, {at.deadline, at.suspended}, evidence);
  }

  void show_positions(const SilenceRecord& record, const Deadline& limit, Evidence evidence) {
    std::vector<const Statement*> listed;
    boost::unordered_flat_map<Number, std::vector<Number>> retracts;  // listed ones, by position
    for (const Statement& statement : record.statements) {
      const Entry& entry = ledger_.entry(statement.entry);
      if (entry.kind == Kind::pass) {
        continue;
      }
      if (is_break(entry)) {
        state_.breaks.push_back({name(statement.author), entry.id, standing_of(statement, limit)});
        continue;
      }
      if (statement.sealed) {
        continue;
      }
      const bool passed = (evidence == Evidence::clean ? statement.passed_clean : statement.passed) &&
                          !std::ranges::binary_search(state_.presumed, name(statement.author));
      // The path of a pass lists a position whatever its time.
      if (!passed && standing_of(statement, limit) == Standing::late) {
        continue;
      }
      if (entry.kind == Kind::retract) {
        retracts[ledger_[statement.entry].subject].push_back(statement.entry);
      } else if (entry.stance != Stance::associate) {
        listed.push_back(&statement);
      }
    }
    for (const Statement* statement : listed) {
      const auto found = retracts.find(statement->entry);
      const bool taken_back = found != retracts.end() && std::ranges::any_of(found->second, [&](Number retract) {
                                return view_.on_path(statement->entry, retract);
                              });
      if (!taken_back) {
        const Entry& entry = ledger_.entry(statement->entry);
        state_.positions.push_back({name(statement->author), entry.id, entry.stance});
      }
    }
    const auto by_member_and_entry = [](const auto& it) { return std::tie(it.member, it.entry); };
    std::ranges::sort(state_.breaks, {}, by_member_and_entry);
    std::ranges::sort(state_.positions, {}, by_member_and_entry);
  }

  // Z2. The members stand in the order of RFC 8785 and need no escapes: names, ids and stances are plain ASCII.
  void decide() {
    std::string text;
    wire::JsonWriter json(text);
    json.begin_object().member("draft", hex(*state_.draft)).member("item", hex(id(ledger_.item())));
    json.key("positions").begin_array();
    for (const State::Position& position : state_.positions) {
      if (!std::ranges::binary_search(state_.presumed, position.member)) {
        json.begin_object().member("entry", hex(position.entry)).member("member", position.member);
        json.member("stance", text_of(position.stance)).end_object();
      }
    }
    json.end_array().key("presumed").begin_array();
    for (const std::string& member : state_.presumed) {
      json.string(member);
    }
    json.end_array().member("silence", hex(*state_.silence)).end_object();
    state_.decision = Hash{trust::sha256(text)};
  }

  const Ledger& ledger_;
  const View& view_;
  RecordMemory& memory_;
  const Roster& roster_;
  State state_;
};

}  // namespace

State conclude(const Ledger& ledger, const View& view, RecordMemory& memory) {
  return Conclusion(ledger, view, memory).conclude();
}

}  // namespace tocsin::consult
