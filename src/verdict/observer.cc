#include <algorithm>
#include <charconv>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "verdict/engine.h"
#include "verdict/file_activity.h"
#include "verdict/row_memo.h"

namespace tocsin::verdict {

namespace {

// Same channel: ingest gives the channel's own name, file names write '/' as "%4".
bool same_channel(std::string_view a, std::string_view b) { return ascii_iequals(a, b); }

// One playbook's share of the work on a thread.
class BookObserver {
 public:
  BookObserver(const Playbook& book, std::uint32_t number, event::FieldTable& fields, bool memo)
      : book_(book),
        number_(number),
        slots_(book.slots, fields),
        packer_(book.spread),
        memo_(book.slots, fields),
        memo_wanted_(memo) {
    for (std::uint16_t at = 0, end = static_cast<std::uint16_t>(book_.logs.size()); at < end; ++at) {
      const LogKind& log = book_.logs[at];
      if (!log.windows) {
        text_logs_.push_back(at);
      } else if (log.ids.empty()) {
        any_id_.push_back(at);
      } else {
        for (const std::uint32_t id : log.ids) {
          by_id_[id].push_back(at);
        }
      }
    }
    rows_of_.resize(book_.logs.size());
    inputs_of_.resize(book_.logs.size());
    last_period_.resize(book_.inputs.size(), 0);
    files_.resize(book_.logs.size(), false);
    live_lists_.resize(book_.published.size(), false);
    for (std::uint16_t row = 0, end = static_cast<std::uint16_t>(book_.rows.size()); row < end; ++row) {
      for (const std::uint16_t log : book_.rows[row].logs) {
        rows_of_[log].push_back(row);
      }
      for (const std::string& rule : book_.rows[row].rules) {
        by_rule_[rule].push_back(row);
      }
    }
    for (std::uint16_t input = 0, end = static_cast<std::uint16_t>(book_.inputs.size()); input < end; ++input) {
      for (const std::uint16_t log : book_.inputs[input].logs) {
        inputs_of_[log].push_back(input);
      }
    }
    const auto add_derived = [this](const std::vector<Derivation>& derivations) {
      for (const Derivation& derivation : derivations) {
        derived_.insert(derived_.end(), derivation.outputs.begin(), derivation.outputs.end());
      }
    };
    for (const Row& row : book_.rows) {
      add_derived(row.derive);
    }
    for (const Input& input : book_.inputs) {
      add_derived(input.derive);
    }
    if (book_.spread.on) {
      for (const std::uint16_t log : book_.spread.logs) {
        files_[log] = true;
      }
    }
  }

  void observe(const Source& source, const event::EventBatch& batch,
               std::span<const std::vector<std::string_view>> rule_ids, Facts& facts) {
    open(source);
    ++batch_;
    for (std::size_t at = 0; at < batch.events.size(); ++at) {
      const event::Event& event = batch.events[at];
      const bool windows = event.event_id != event::no_event_id || !event.channel.empty();
      own_indicator_ = at < rule_ids.size() && std::any_of(
                                                   rule_ids[at].begin(), rule_ids[at].end(),
                                                   [](std::string_view id) { return id.starts_with("indicator:"); });
      const bool ruled = at < rule_ids.size() && !rule_ids[at].empty() && !by_rule_.empty();
      filled_ = false;
      matched_.clear();
      if (!windows && !ruled && logs_here_.empty()) {
        continue;
      }
      remembering_ = memo_on_ && !windows && !ruled && !seen_by_live_logs(source, event);
      if (remembering_) {
        if (RowMemo::Entry* known = memo_.find(batch, event)) {
          for (const RowMemo::Period& period : known->periods) {
            add_period(event, period.input, period.of_event ? event.host : std::string_view(period.server), period.key,
                       period.marks);
          }
          if (known->told && !own_indicator_ && on_no_list()) {
            for (RowMemo::Decision& decision : known->decisions) {
              tell(source, event, decision, facts);
            }
          } else if (!known->decisions.empty()) {
            fill(source, batch, event);
            for (const RowMemo::Derived& derived : known->derived) {
              slots_.add(derived.slot, derived.text);
            }
            for (const RowMemo::Decision& decision : known->decisions) {
              give(source, event, decision.row, decision.chosen, facts);
            }
            learn_lists();
          }
          continue;
        }
        row_periods_.clear();
        row_decisions_.clear();
        row_derived_.clear();
        first_fact_ = facts.size();
      }
      if (windows) {
        select_windows(source, batch, event);
      } else {
        select_text(source, batch, event);
      }
      if (matched_.empty() && !ruled) {
        if (remembering_) {
          memo_.make();
        }
        continue;
      }
      fill(source, batch, event);
      done_.clear();
      for (const std::uint16_t log : matched_) {
        for (const std::uint16_t input : inputs_of_[log]) {
          period(source, event, input);
        }
        for (const RowId row : rows_of_[log]) {
          evidence(source, event, row, false, facts);
        }
        if (files_[log]) {
          packer_.add(event, slots_, source.id);
        }
      }
      if (ruled) {
        for (const std::string_view rule : rule_ids[at]) {
          if (const auto found = by_rule_.find(std::string(rule)); found != by_rule_.end()) {
            for (const RowId row : found->second) {
              evidence(source, event, row, true, facts);
            }
          }
        }
      }
      if (remembering_) {
        remember(facts);
      }
    }
    flush(source, facts);
  }

 private:
  struct Period {
    std::uint16_t input;
    bool marks;
    std::string server, key;
    Time first, last;
    std::uint64_t rows;

    bool is(std::uint16_t wanted, std::string_view of_server, std::string_view of_key) const {
      return input == wanted && server == of_server && key == of_key;
    }
  };

  void fill(const Source& source, const event::EventBatch& batch, const event::Event& event) {
    if (!filled_) {
      if (const std::size_t cut = slots_.fill(batch, event, source.path); cut != 0) {
        if (cut_ == 0) {
          cut_at_ = &event;
        }
        cut_ += cut;
      }
      filled_ = true;
    }
  }

  void select_windows(const Source& source, const event::EventBatch& batch, const event::Event& event) {
    const auto consider = [&](std::uint16_t at) {
      const LogKind& log = book_.logs[at];
      const auto is = [](const std::vector<std::string>& names, std::string_view name) {
        return names.empty() || std::any_of(names.begin(), names.end(),
                                            [&](const std::string& each) { return same_channel(each, name); });
      };
      if (!is(log.channels, event.channel) || !is(log.providers, event.provider)) {
        return;
      }
      if (!log.where.empty() || !log.has.empty()) {
        fill(source, batch, event);
        if (!has(log) || !log.where.holds(slots_)) {
          return;
        }
      }
      matched_.push_back(at);
    };
    if (event.event_id != event::no_event_id) {
      if (const auto found = by_id_.find(event.event_id); found != by_id_.end()) {
        for (const std::uint16_t at : found->second) {
          consider(at);
        }
      }
    }
    for (const std::uint16_t at : any_id_) {
      consider(at);
    }
  }

  static bool takes(const LogKind& log, std::string_view format) {
    return log.formats.empty() || std::find(log.formats.begin(), log.formats.end(), format) != log.formats.end();
  }

  void select_text(const Source& source, const event::EventBatch& batch, const event::Event& event) {
    for (const std::uint16_t at : logs_here_) {
      const LogKind& log = book_.logs[at];
      fill(source, batch, event);
      if (has(log) && log.where.holds(slots_)) {
        matched_.push_back(at);
      }
    }
  }

  // Every slot that decides what a row of this log comes to; derived ones follow from what their predicates read.
  void reads(std::uint16_t at, std::vector<bool>& slots) const {
    const LogKind& log = book_.logs[at];
    for (const SlotId slot : log.has) {
      slots[slot] = true;
    }
    log.where.reads(slots);
    const auto derived_from = [&](const std::vector<Derivation>& derivations) {
      for (const Derivation& derivation : derivations) {
        for (const SlotId slot : derivation.inputs) {
          slots[slot] = true;
        }
      }
    };
    for (const std::uint16_t number : inputs_of_[at]) {
      const Input& input = book_.inputs[number];
      input.only.reads(slots);
      derived_from(input.derive);
      input.where.reads(slots);
      input.mark.reads(slots);
      for (const std::optional<SlotId>& slot : {input.server, input.key}) {
        if (slot) {
          slots[*slot] = true;
        }
      }
    }
    for (const RowId number : rows_of_[at]) {
      const Row& row = book_.rows[number];
      row.only.reads(slots);
      derived_from(row.derive);
      row.where.reads(slots);
      row.never.reads(slots);
      for (const RowCase& each : row.cases) {
        each.when.reads(slots);
      }
    }
  }

  // What can be remembered of the rows of a file. A log that looks at the text of its rows is asked each time whether
  // a row is its own, and then nothing is remembered.
  void open(const Source& source) {
    if (source.path == path_ && source.format == format_) {
      return;
    }
    path_ = source.path;
    format_ = source.format;
    live_logs_.clear();
    logs_here_.clear();
    std::vector<bool> watched(book_.slots.size());
    memo_on_ = memo_wanted_;
    for (const std::uint16_t at : text_logs_) {
      const LogKind& log = book_.logs[at];
      if (!takes(log, format_)) {
        continue;
      }
      logs_here_.push_back(at);
      std::vector<bool> own(book_.slots.size());
      reads(at, own);
      if (!own[SlotNames::raw] && !files_[at]) {
        std::transform(own.begin(), own.end(), watched.begin(), watched.begin(), std::logical_or<>());
        continue;
      }
      std::vector<bool> selects(book_.slots.size());
      log.where.reads(selects);
      selects[SlotNames::raw] = selects[SlotNames::path] = false;
      memo_on_ = memo_on_ && log.has.empty() && std::find(selects.begin(), selects.end(), true) == selects.end();
      live_logs_.push_back(at);
    }
    if (memo_on_) {
      // What derivations give may also stand in a field of that name: rows with such a field are other rows.
      for (const SlotId slot : derived_) {
        watched[slot] = true;
      }
      plan_telling(watched);
      memo_.watch(std::move(watched), copied_);
    }
  }

  // Which facts of remembered rows can be told without looking at the row again: all but a few values of them follow
  // from what decides, these are copied, and published lists are asked only for values that are not known to stand on
  // none of them.
  void plan_telling(const std::vector<bool>& watched) {
    copied_.clear();
    listed_.clear();
    live_lists_.assign(book_.published.size(), false);
    can_tell_ = true;
    const auto follows = [&](std::size_t slot) { return watched[slot] || slot == SlotNames::path; };
    const auto copy = [&](SlotId slot) {
      const auto found = std::find(copied_.begin(), copied_.end(), slot);
      const auto at = static_cast<std::uint16_t>(found - copied_.begin());
      if (found == copied_.end()) {
        copied_.push_back(slot);
      }
      return at;
    };
    for (std::size_t at = 0; at < book_.published.size(); ++at) {
      std::vector<bool> own(book_.slots.size());
      book_.published[at].when.reads(own);
      std::vector<SlotId> live;
      for (std::size_t slot = 0; slot < own.size(); ++slot) {
        if (own[slot] && !follows(slot)) {
          live.push_back(static_cast<SlotId>(slot));
        }
      }
      if (live.empty()) {
        can_tell_ = can_tell_ && follows(book_.published[at].shows);
        continue;
      }
      live_lists_[at] = true;
      own[live.front()] = false;
      const bool alone = std::find(own.begin(), own.end(), true) == own.end();
      can_tell_ = can_tell_ && live.size() == 1 && live.front() >= SlotNames::parts && alone;
      if (can_tell_) {
        const std::uint16_t number = copy(live.front());
        if (std::find(listed_.begin(), listed_.end(), number) == listed_.end()) {
          listed_.push_back(number);
        }
      }
    }
    unlisted_.assign(listed_.size() * unlisted_of_slot, {});
    tellings_.assign(book_.rows.size(), {});
    for (RowId number = 0, end = static_cast<RowId>(book_.rows.size()); number < end; ++number) {
      const Row& row = book_.rows[number];
      Telling& telling = tellings_[number];
      std::vector<bool> reads(book_.slots.size());
      for (const Explanation& explanation : row.explain) {
        explanation.when.reads(reads);
      }
      for (const auto& [text, slot] : row.what) {
        if (slot) {
          reads[*slot] = true;
        }
      }
      telling.possible = !row.time;
      for (std::size_t slot = 0; slot < reads.size(); ++slot) {
        telling.possible = telling.possible && (!reads[slot] || follows(slot));
      }
      for (std::size_t at = 0; telling.possible && at < row.carry.size(); ++at) {
        const SlotId slot = row.carry[at].slot;
        if (follows(slot)) {
          continue;
        }
        telling.possible = slot >= SlotNames::parts;
        telling.own.push_back({static_cast<std::uint16_t>(fact_carry + at), copy(slot)});
      }
    }
  }

  struct Unlisted {
    bool known = false, present = false;
    std::string text;
  };
  Unlisted& unlisted(std::size_t at, const RowMemo::Copied& value) {
    std::size_t hash = value.text.size() * 31;
    for (const char c : value.text) {
      hash = hash * 131 + static_cast<unsigned char>(c);
    }
    return unlisted_[at * unlisted_of_slot + (hash ^ hash >> 10U) % unlisted_of_slot];
  }

  // Is it known that no published list holds what this row has?
  bool on_no_list() {
    const auto copied = memo_.copied();
    for (std::size_t at = 0; at < listed_.size(); ++at) {
      const RowMemo::Copied& value = copied[listed_[at]];
      if (value.count > 1 || value.text.size() > unlisted_bytes_max) {
        return false;
      }
      const Unlisted& known = unlisted(at, value);
      if (!known.known || known.present != (value.count != 0) || known.text != value.text) {
        return false;
      }
    }
    return true;
  }

  // The slots hold the row: keeps its values that stand on no list.
  void learn_lists() {
    const auto copied = memo_.copied();
    for (std::size_t at = 0; at < listed_.size(); ++at) {
      const RowMemo::Copied& value = copied[listed_[at]];
      if (value.count > 1 || value.text.size() > unlisted_bytes_max) {
        continue;
      }
      bool listed = false;
      for (std::size_t list = 0; list < book_.published.size(); ++list) {
        listed = listed || (live_lists_[list] && book_.published[list].when.holds(slots_));
      }
      if (!listed) {
        unlisted(at, value) = {true, value.count != 0, std::string(value.text)};
      }
    }
  }

  // As give(), for a row whose values are known but for those that are copied.
  void tell(const Source& source, const event::Event& event, RowMemo::Decision& decision, Facts& facts) {
    if (decision.kept_in != batch_) {
      decision.kept.clear();
      for (const std::string& value : decision.values) {
        decision.kept.push_back(facts.keep(value));
      }
      decision.kept_in = batch_;
    }
    const std::span<std::string_view> values = facts.room(decision.kept.size());
    std::copy(decision.kept.begin(), decision.kept.end(), values.begin());
    for (const Telling::Own& own : tellings_[decision.row].own) {
      values[own.value] = facts.keep(memo_.copied()[own.copied].text.substr(0, limits::verdict_text_bytes_max));
    }
    Fact& fact = facts.add();
    fact.playbook = number_;
    fact.predicate = decision.row;
    fact.source = source.id;
    fact.record = event.record;
    fact.offset = event.offset;
    fact.time = event.time;
    fact.host = host(event, facts);
    fact.values = values;
  }

  std::string_view host(const event::Event& event, Facts& facts) {
    if (host_in_ != batch_ || host_ != event.host) {
      host_ = facts.keep(event.host);
      host_in_ = batch_;
    }
    return host_;
  }

  bool seen_by_live_logs(const Source& source, const event::Event& event) {
    if (live_logs_.empty()) {
      return false;
    }
    slots_.fill_parts(event, source.path);
    return std::any_of(live_logs_.begin(), live_logs_.end(),
                       [&](std::uint16_t at) { return book_.logs[at].where.holds(slots_); });
  }

  bool has(const LogKind& log) const {
    return std::all_of(log.has.begin(), log.has.end(), [&](SlotId slot) { return slots_.present(slot); });
  }

  // Runs each predicate at most once for an event: its outputs would double otherwise.
  void derive(const std::vector<Derivation>& derivations) {
    for (const Derivation& derivation : derivations) {
      if (std::find(done_.begin(), done_.end(), derivation.predicate) == done_.end()) {
        done_.push_back(derivation.predicate);
        derivation.run(slots_);
        if (remembering_) {
          row_derived_.push_back(&derivation);
        }
      }
    }
  }

  void remember(const Facts& facts) {
    RowMemo::Entry* fresh = memo_.make();
    if (fresh == nullptr) {
      return;
    }
    fresh->periods = row_periods_;
    fresh->decisions = row_decisions_;
    if (row_decisions_.empty()) {
      return;
    }
    fresh->told = can_tell_ && facts.size() == first_fact_ + row_decisions_.size();
    for (std::size_t at = 0; fresh->told && at < row_decisions_.size(); ++at) {
      fresh->told = tellings_[row_decisions_[at].row].possible;
    }
    for (std::size_t at = 0; fresh->told && at < row_decisions_.size(); ++at) {
      const Fact& fact = facts[first_fact_ + at];
      fresh->decisions[at].values.assign(fact.values.begin(), fact.values.end());
      fresh->decisions[at].values[fact_known] = known(false);
    }
    learn_lists();
    for (const Derivation* derivation : row_derived_) {
      for (const SlotId slot : derivation->outputs) {
        slots_.any(slot, [&](std::string_view text) {
          fresh->derived.push_back({slot, std::string(text)});
          return false;
        });
      }
    }
  }

  void period(const Source&, const event::Event& event, std::uint16_t number) {
    const Input& input = book_.inputs[number];
    if (!input.only.holds(slots_)) {
      return;
    }
    derive(input.derive);
    if (!input.where.holds(slots_)) {
      return;
    }
    const std::string_view server = input.server ? slots_.first(*input.server) : event.host;
    const std::string_view key = input.key ? slots_.first(*input.key) : std::string_view{};
    if (input.key && key.empty()) {
      return;
    }
    const bool marks = input.marks && (input.mark.empty() || input.mark.holds(slots_));
    if (remembering_) {
      row_periods_.push_back({number, marks, !input.server, std::string(input.server ? server : ""), std::string(key)});
    }
    add_period(event, number, server, key, marks);
  }

  void add_period(const event::Event& event, std::uint16_t number, std::string_view server, std::string_view key,
                  bool marks) {
    // Rows of one server follow each other; only where names change is the map asked.
    std::size_t& last = last_period_[number];
    if (last >= periods_.size() || !periods_[last].is(number, server, key)) {
      period_key_.assign(std::to_string(number));
      period_key_.append(1, '\0').append(server).append(1, '\0').append(key);
      const auto [found, fresh] = period_at_.try_emplace(period_key_, periods_.size());
      last = found->second;
      if (fresh) {
        periods_.push_back({number, marks, std::string(server), std::string(key), event.time, event.time, 1});
        return;
      }
    }
    Period& period = periods_[last];
    ++period.rows;
    period.marks = period.marks || marks;
    if (event.time.known()) {
      period.first = period.first.known() ? std::min(period.first, event.time) : event.time;
      period.last = std::max(period.last, event.time);
    }
  }

  void evidence(const Source& source, const event::Event& event, RowId number, bool by_rule, Facts& facts) {
    const Row& row = book_.rows[number];
    if (by_rule && !facts.empty() && facts.back().playbook == number_ && facts.back().predicate == number &&
        facts.back().source == source.id && facts.back().record == event.record &&
        facts.back().offset == event.offset) {
      return;  // the row's own condition found it already
    }
    if (!by_rule && !row.only.holds(slots_)) {
      return;
    }
    derive(row.derive);
    if ((!by_rule && !row.where.holds(slots_)) || (!row.never.empty() && row.never.holds(slots_))) {
      return;
    }
    std::string chosen;
    for (std::size_t at = 0; at < row.cases.size(); ++at) {
      if (row.cases[at].when.holds(slots_)) {
        chosen = std::to_string(at);
        break;
      }
    }
    if (chosen.empty() && row.supports.empty() && row.behaviour.empty() && !row.witness) {
      return;
    }
    if (remembering_) {
      RowMemo::Decision& decision = row_decisions_.emplace_back();
      decision.row = number;
      decision.chosen = chosen;
    }
    give(source, event, number, chosen, facts);
  }

  // The row is evidence, or may be.
  void give(const Source& source, const event::Event& event, RowId number, std::string_view chosen, Facts& facts) {
    const Row& row = book_.rows[number];
    Fact& fact = facts.add();
    fact.playbook = number_;
    fact.predicate = number;
    fact.source = source.id;
    fact.record = event.record;
    fact.offset = event.offset;
    fact.time = event.time;
    fact.host = host(event, facts);
    if (row.time) {
      if (const auto parsed = parse_iso8601(slots_.first(*row.time))) {
        fact.time = parsed->time;
      }
    }
    std::string explained;
    for (const Explanation& explanation : row.explain) {
      explained += !explanation.when.empty() && explanation.when.holds(slots_) ? '1' : '0';
    }
    std::string what;
    for (const auto& [text, slot] : row.what) {
      what += text;
      if (slot) {
        what += slots_.first(*slot);
      }
      if (what.size() > limits::verdict_text_bytes_max) {
        what.resize(limits::verdict_text_bytes_max);
        break;
      }
    }
    for (char& c : what) {
      c = static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    const std::span<std::string_view> values = facts.room(fact_carry + row.carry.size());
    values[fact_case] = facts.keep(chosen);
    values[fact_explained] = facts.keep(explained);
    values[fact_what] = facts.keep(repair_utf8(what));
    values[fact_known] = facts.keep(known(true));
    for (std::size_t at = 0; at < row.carry.size(); ++at) {
      values[fact_carry + at] = facts.keep(slots_.first(row.carry[at].slot).substr(0, limits::verdict_text_bytes_max));
    }
    fact.values = values;
  }

  // Which published lists hold a value of the event at hand; without `all` of those that follow from what decides.
  std::string known(bool all) const {
    std::string found;
    for (std::size_t at = 0; at < book_.published.size(); ++at) {
      if ((all || !live_lists_[at]) && book_.published[at].when.holds(slots_)) {
        const std::string_view value = slots_.first(book_.published[at].shows).substr(0, 100);
        found += std::to_string(at) + " " + repair_utf8(value) + "\n";
      }
    }
    if (all && own_indicator_) {
      found += std::to_string(book_.published.size()) + " \n";
    }
    return found;
  }

  void flush(const Source& source, Facts& facts) {
    for (const Period& period : periods_) {
      Fact& fact = facts.add();
      fact.playbook = number_;
      fact.predicate = fact_period + period.input;
      fact.source = source.id;
      fact.time = period.first;
      const std::string last = std::to_string(period.last.ticks);
      const std::string rows = std::to_string(period.rows);
      const std::string_view values[] = {last, rows, period.server, period.key, period.marks ? "1" : ""};
      fact.values = facts.keep(values);
      fact.host = fact.values[2];
    }
    periods_.clear();
    period_at_.clear();
    if (cut_ != 0) {
      Fact& fact = facts.add();
      fact.playbook = number_;
      fact.predicate = fact_cut;
      fact.source = source.id;
      fact.record = cut_at_->record;
      fact.offset = cut_at_->offset;
      fact.time = cut_at_->time;
      fact.host = facts.keep(cut_at_->host);
      const std::string count = std::to_string(cut_);
      const std::string_view values[] = {count};
      fact.values = facts.keep(values);
      cut_ = 0;
    }
    if (book_.spread.on) {
      packer_.flush(number_, facts);
    }
  }

  const Playbook& book_;
  std::uint32_t number_;
  Slots slots_;
  FilePacker packer_;
  std::unordered_map<std::uint32_t, std::vector<std::uint16_t>> by_id_;
  std::unordered_map<std::string, std::vector<RowId>> by_rule_;
  std::vector<std::uint16_t> any_id_, text_logs_;
  std::vector<std::vector<RowId>> rows_of_;            // by log
  std::vector<std::vector<std::uint16_t>> inputs_of_;  // by log
  std::vector<bool> files_;                            // by log
  std::vector<Period> periods_;
  std::unordered_map<std::string, std::size_t> period_at_;  // by input, server and key
  std::vector<std::size_t> last_period_;                    // by input
  std::string period_key_;                                  // reused
  // Of the event at hand.
  std::vector<std::uint16_t> matched_;
  std::vector<const Predicate*> done_;
  bool filled_ = false;
  bool own_indicator_ = false;
  bool remembering_ = false;
  // Of the batch at hand: values longer than playbooks look at, and the first event with one.
  std::uint64_t cut_ = 0;
  const event::Event* cut_at_ = nullptr;
  RowMemo memo_;
  bool memo_wanted_;
  // Of the file at hand.
  std::string path_, format_;
  bool memo_on_ = false;
  std::vector<std::uint16_t> logs_here_, live_logs_;
  // How facts of remembered rows are told.
  struct Telling {
    bool possible = false;
    struct Own {
      std::uint16_t value, copied;
    };
    std::vector<Own> own;  // values that rows do not share
  };
  static constexpr std::size_t unlisted_of_slot = 1'024;
  static constexpr std::size_t unlisted_bytes_max = 64;
  bool can_tell_ = false;
  std::vector<Telling> tellings_;      // by row of the playbook
  std::vector<SlotId> derived_;        // filled by derivations
  std::vector<SlotId> copied_;         // as the memo's
  std::vector<std::uint16_t> listed_;  // of copied_: lists ask for them
  std::vector<bool> live_lists_;       // by published list: does not follow from what decides
  std::vector<Unlisted> unlisted_;     // for each of listed_ some values that stand on no list
  std::uint64_t batch_ = 0;            // number of the batch at hand
  std::string_view host_;              // of the last fact, kept in batch host_in_
  std::uint64_t host_in_ = 0;
  // Of the event at hand.
  std::size_t first_fact_ = 0;
  std::vector<RowMemo::Period> row_periods_;
  std::vector<RowMemo::Decision> row_decisions_;
  std::vector<const Derivation*> row_derived_;
};

class AllObserver final : public Observer {
 public:
  AllObserver(std::shared_ptr<const Engine::Implementation> engine, event::FieldTable& fields, bool memo)
      : engine_(std::move(engine)) {
    for (std::uint32_t at = 0; at < engine_->books.size(); ++at) {
      books_.emplace_back(engine_->books[at], at, fields, memo);
    }
  }
  void observe(const Source& source, const event::EventBatch& batch,
               std::span<const std::vector<std::string_view>> rule_ids, Facts& facts) override {
    for (BookObserver& book : books_) {
      book.observe(source, batch, rule_ids, facts);
    }
  }

 private:
  std::shared_ptr<const Engine::Implementation> engine_;
  std::deque<BookObserver> books_;
};

}  // namespace

std::unique_ptr<Observer> make_observer(std::shared_ptr<const Engine::Implementation> engine, event::FieldTable& fields,
                                        bool memo) {
  return std::make_unique<AllObserver>(std::move(engine), fields, memo);
}

}  // namespace tocsin::verdict
