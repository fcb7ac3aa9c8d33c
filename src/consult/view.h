// View: the entries of a ledger that are in view at a moment (rule J8), and what follows from them one by one: forks,
// who held what when, which drafts are good, where the chair's chain stands.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "consult/coverage.h"
#include "consult/ledger.h"

namespace tocsin::consult {

// Where the chair's chain stands after one of its entries (rule S1).
struct ChairState {
  Number silence = no_number;  // the current one
  Seconds deadline = 0;        // D
  bool suspended = false;
  bool withdrawn = false;
  Number close = no_number;  // the first that counts; it ends the item
};

// Grows with the ledger and with the time. Not thread-safe.
class View {
 public:
  // Of a ledger with a roster; borrows it. Cost: near-linear in its entries and heads.
  View(const Ledger& ledger, Seconds as_of);

  // Entries that count from now on, in the order in which the ledger told them.
  void add(std::span<const Number> accepted);
  // To a later moment.
  void advance(Seconds as_of);
  Seconds as_of() const { return as_of_; }

  bool in_view(Number number) const { return number < places_.size() && places_[number].in_view; }
  std::size_t count() const { return count_; }
  const std::set<std::string>& unknown() const { return unknown_; }

  // K1. Entries of an author with a sequence below its fork are clean.
  bool forked(std::uint32_t author) const { return authors_[author].fork != no_fork; }
  bool any_forked() const { return forks_ != 0; }
  bool clean(Number number) const { return ledger_.entry(number).sequence < authors_[ledger_[number].author].fork; }
  // In an order in which each stands after the one before it on its chain.
  std::span<const Number> entries_of(std::uint32_t author) const { return authors_[author].entries; }
  // The entries with the sequences 0, 1, … up to the fork, or to the end.
  std::span<const Number> stem_of(std::uint32_t author) const;
  // A place for each entry of an author such that what follows an entry on any branch stands behind it, and before
  // end_of() it.
  std::uint32_t order_of(Number number) const;
  std::uint32_t end_of(Number number) const;
  // Whether `path` goes through `entry`: both of one author.
  bool on_path(Number entry, Number path) const {
    return order_of(entry) <= order_of(path) && order_of(path) < end_of(entry);
  }

  // W1. The earliest and latest time of the witness's receipts that cover the entry: never, -never where none does.
  Seconds first_held(std::uint32_t witness, Number entry) const;
  Seconds last_held(std::uint32_t witness, Number entry) const;
  // wt: the q-th smallest of first_held() of witnesses other than its author, or never. Remembered until a receipt
  // changes it.
  Seconds witnessed(Number entry) const;
  // The earliest time of a receipt by this witness that names, for a member, a head that is not in view or not that
  // member's; or never.
  Seconds first_incomplete(std::uint32_t witness) const;

  // D1.
  bool good_draft(Number number) const { return in_view(number) && places_[number].good_draft; }
  Number newest_draft() const { return newest_draft_; }
  // S1, on the path of this entry of the chair.
  const ChairState& chair_state(Number number) const { return chair_states_.at(number); }
  // Closes that count, on any branch.
  std::span<const Number> closes() const { return closes_; }
  // Positions and passes whose body names this silence; retracts that name this position.
  std::span<const Number> naming(Number silence) const;
  // Changes whenever a position, pass or retract comes into view, or a fork: what is told of silences may differ then.
  std::uint64_t statements_version() const { return statements_version_; }

 private:
  static constexpr std::uint32_t no_fork = ~std::uint32_t{0};
  static constexpr std::uint32_t no_segment = ~std::uint32_t{0};
  struct Place {
    bool in_view = false;
    bool good_draft = false;
    std::uint32_t segment = no_segment;
    std::uint32_t incomplete = 0;                    // of a witness's receipt: heads for members that are not in view
    std::uint32_t waiting = no_number;               // receipts that name it and came first
    mutable std::uint32_t order = 0, order_end = 0;  // of a forked author's entry
  };
  // A run of one chain without a fork inside it.
  struct Segment {
    std::uint32_t parent = no_segment;
    std::uint32_t parent_sequence = 0;  // of the entry that it hangs on
    Number last = no_number;
    mutable std::map<std::uint32_t, Seconds> witnessed;  // remembered, by sequence
  };
  struct Author {
    std::vector<Number> entries;
    std::vector<Number> by_sequence;  // the first that came
    std::uint32_t fork = no_fork;
    std::multiset<Seconds> incomplete;
    mutable bool numbered = false;
  };
  struct Waiting {
    Number receipt;
    std::uint32_t filed;  // under this author
    std::uint32_t next;
  };

  void bring(Number number);
  void enter(Number number);
  void enter_segment(Number number);
  void enter_receipt(Number receipt);
  void enter_draft(Number draft);
  void enter_chair(Number number);
  bool draft_follows(Number draft, Number parent) const;
  void cover(Number receipt, Number head);
  Seconds count_witnesses(Number entry) const;
  void number_branches(std::uint32_t author) const;
  void resize();

  const Ledger& ledger_;
  const Roster& roster_;
  Seconds as_of_;
  std::vector<Place> places_;
  std::vector<Author> authors_;
  std::vector<Segment> segments_;
  std::vector<Waiting> waiting_;
  std::vector<Number> to_bring_;
  std::set<std::pair<Seconds, Number>> later_;                         // accepted, not in view
  boost::unordered_flat_map<std::uint64_t, Coverage<true>> earliest_;  // by segment and witness
  boost::unordered_flat_map<std::uint64_t, Coverage<false>> latest_;
  boost::unordered_flat_map<Number, std::vector<Number>> drafts_waiting_;  // by parent
  boost::unordered_flat_map<Number, ChairState> chair_states_;
  boost::unordered_flat_map<Number, std::vector<Number>> naming_;
  std::vector<Number> closes_;
  std::set<std::string> unknown_;
  std::size_t count_ = 0;
  std::size_t forks_ = 0;
  std::uint64_t statements_version_ = 0;
  Number newest_draft_ = no_number;
};

}  // namespace tocsin::consult
