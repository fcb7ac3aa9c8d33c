#include "consult/closing.h"

#include <algorithm>

namespace tocsin::consult {
namespace {

// Whose receipts acknowledge one close with presumed members (rule C2).
class Acknowledgements {
 public:
  Acknowledgements(const Ledger& ledger, const View& view, const SilenceRecord& record, Number close)
      : ledger_(ledger),
        view_(view),
        record_(record),
        roster_(*ledger.roster()),
        close_(close),
        time_(ledger.entry(close).time),
        deadline_(view.chair_state(close).deadline),
        limit_(deadline_ + roster_.challenge) {}

  std::uint32_t count(Evidence evidence) const {
    std::uint32_t acknowledged = 0;
    for (std::uint32_t witness = 0; witness < roster_.participants.size(); ++witness) {
      if (!roster_.participants[witness].witness) {
        continue;
      }
      const bool every_branch = evidence == Evidence::any && view_.forked(witness);
      acknowledged += (every_branch ? on_some_branch(witness) : on_the_stem(witness)) ? 1 : 0;
    }
    return acknowledged;
  }

 private:
  // A break that makes a receipt not candid: one dated after D matters only where a receipt dated by D holds it.
  Seconds latest_receipt_that_matters(const LiveBreak& live) const {
    return live.time <= deadline_ ? limit_ : deadline_;
  }

  // On a stem each entry is before or after every other of its author, and an acknowledgement is later than D+C: so all
  // receipts dated by D+C, and all breaks dated by D, are on its path, and times alone decide.
  bool on_the_stem(std::uint32_t witness) const {
    return covers_on_the_stem(witness) && view_.first_incomplete(witness) > limit_ && !told_of_a_break(witness);
  }

  bool covers_on_the_stem(std::uint32_t witness) const {
    if (witness == roster_.chair) {
      return view_.clean(close_);
    }
    if (!view_.forked(witness)) {
      return view_.last_held(witness, close_) >= time_;
    }
    const std::span<const Number> stem = view_.stem_of(witness);
    return std::ranges::any_of(stem, [&](Number entry) { return covers(entry); });
  }

  bool told_of_a_break(std::uint32_t witness) const {
    for (std::uint32_t member = 0; member < record_.live_breaks.size(); ++member) {
      for (const LiveBreak& live : record_.live_breaks[member]) {
        if (view_.first_held(witness, live.entry) <= latest_receipt_that_matters(live)) {
          return true;
        }
        if (member == witness && live.time <= deadline_) {
          return true;
        }
      }
    }
    return false;
  }

  // A receipt that covers the close and is not dated before it.
  bool covers(Number entry) const {
    const Entry& receipt = ledger_.entry(entry);
    if (receipt.kind != Kind::receipt || receipt.time < time_) {
      return false;
    }
    const std::span<const Number> heads = ledger_.head_numbers(entry);
    for (std::size_t i = 0; i < heads.size(); ++i) {
      if (receipt.heads[i].author == roster_.participants[roster_.chair].name && view_.in_view(heads[i]) &&
          ledger_[heads[i]].author == roster_.chair && view_.on_path(close_, heads[i])) {
        return true;
      }
    }
    return false;
  }

  // A forked witness, any branch: entry by entry, each judged by its own path.
  bool on_some_branch(std::uint32_t witness) const {
    boost::unordered_flat_map<Number, bool> candid;
    for (const Number entry : view_.entries_of(witness)) {
      const Number previous = ledger_[entry].previous;
      const bool is_candid = (previous == no_number || candid.at(previous)) && candid_itself(entry, witness);
      candid.emplace(entry, is_candid);
      if (is_candid && (witness == roster_.chair ? entry == close_ : covers(entry))) {
        return true;
      }
    }
    return false;
  }

  bool candid_itself(Number entry, std::uint32_t witness) const {
    const Entry& it = ledger_.entry(entry);
    if (const LiveBreak* live = live_break_on_path(witness, entry);
        live != nullptr && live->entry == entry && live->time <= deadline_) {
      return false;
    }
    if (it.kind != Kind::receipt || it.time > limit_) {
      return true;
    }
    const std::span<const Number> heads = ledger_.head_numbers(entry);
    for (std::size_t i = 0; i < heads.size(); ++i) {
      const auto filed = roster_.find(it.heads[i].author);
      if (!filed || roster_.participants[*filed].role != Role::member) {
        continue;
      }
      if (!view_.in_view(heads[i]) || ledger_[heads[i]].author != *filed) {
        return false;
      }
      const LiveBreak* live = live_break_on_path(*filed, heads[i]);
      if (live != nullptr && it.time <= latest_receipt_that_matters(*live)) {
        return false;
      }
    }
    return true;
  }

  // The break that the path of an entry goes through, if there is one.
  const LiveBreak* live_break_on_path(std::uint32_t author, Number entry) const {
    const std::vector<LiveBreak>& breaks = record_.live_breaks[author];
    const auto after = std::ranges::upper_bound(breaks, view_.order_of(entry), {},
                                                [&](const LiveBreak& live) { return view_.order_of(live.entry); });
    return after != breaks.begin() && view_.on_path((after - 1)->entry, entry) ? &*(after - 1) : nullptr;
  }

  const Ledger& ledger_;
  const View& view_;
  const SilenceRecord& record_;
  const Roster& roster_;
  Number close_;
  Seconds time_;
  Seconds deadline_;
  Seconds limit_;
};

}  // namespace

bool in_force(const Ledger& ledger, const View& view, Number silence) {
  const Entry& entry = ledger.entry(silence);
  const auto period = ledger.roster()->minimum_period.find(entry.silence_class);
  if (!view.good_draft(ledger[silence].subject) || period == ledger.roster()->minimum_period.end() ||
      entry.deadline <= entry.time) {
    return false;
  }
  const Seconds witnessed = view.witnessed(silence);
  return witnessed != never && witnessed + period->second <= entry.deadline;
}

Closing closing_of(const Ledger& ledger, const View& view, const SilenceRecord& record, Number close,
                   Evidence evidence) {
  const Roster& roster = *ledger.roster();
  const std::vector<std::string>& presumed = ledger.entry(close).presumed;
  const std::vector<bool>& passed = evidence == Evidence::clean ? record.passed_clean : record.passed;
  Closing closing;
  for (std::uint32_t author = 0; author < roster.participants.size(); ++author) {
    const Participant& participant = roster.participants[author];
    if (participant.role == Role::member && !passed[author] &&
        !std::ranges::binary_search(presumed, participant.name)) {
      closing.waiting.push_back(author);
    }
  }
  if (!presumed.empty()) {
    closing.needed = roster.acknowledgements();
    closing.acknowledged = Acknowledgements(ledger, view, record, close).count(evidence);
  }
  closing.effective = (evidence == Evidence::any || view.clean(close)) && closing.waiting.empty() &&
                      closing.acknowledged >= closing.needed && in_force(ledger, view, view.chair_state(close).silence);
  return closing;
}

}  // namespace tocsin::consult
