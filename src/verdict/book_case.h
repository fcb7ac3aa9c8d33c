// BookCase: everything that is known for one playbook in one run, and how it is concluded.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "verdict/engine.h"
#include "verdict/file_activity.h"
#include "verdict/joins.h"
#include "verdict/periods.h"
#include "verdict/places.h"

namespace tocsin::verdict {

using Sources = std::map<std::uint32_t, Coverage>;

class BookCase {
 public:
  explicit BookCase(const Playbook& book) : book_(book), server_key_(book.find_key("server")), files_(book.spread) {}
  void add(const Fact& fact);
  // May be called once. Appends nothing once `cancelled` says true.
  void conclude(const Sources& sources, const Cancelled& cancelled, std::vector<Verdict>& verdicts);

  // The name of the scope of events that name no computer.
  static constexpr std::string_view unnamed_host = "unnamed";

 private:
  // Rows of an input, from one source and about one computer and key value.
  struct Seen {
    Periods periods;
    std::uint64_t rows = 0;
    bool marks = false;
  };
  struct SeenKey {
    std::uint16_t input;
    std::uint32_t source;
    std::string server, key;
    auto operator<=>(const SeenKey&) const = default;
  };
  // A computer, or what one folder holds of a computer without a name.
  struct Scope {
    std::string name;
    bool named = false;
    bool marked = false;
    std::vector<std::string> roots;
  };
  struct InputSeen {  // of one scope
    Periods periods;
    std::uint64_t rows = 0;
    std::map<std::uint32_t, bool> sources;
  };

  // What the limits on kept facts tell apart (kept_facts.cc): rows of one case with the same explanations, of one
  // computer.
  static constexpr std::uint32_t no_fact = ~std::uint32_t{0};
  struct Kind {
    RowId row;
    int chosen;
    std::string explained, computer;
    auto operator<=>(const Kind&) const = default;
  };
  struct Kept {
    std::size_t count = 0;
    std::uint64_t beyond = 0;     // counted only
    std::uint32_t any = no_fact;  // one of those kept
    std::uint32_t earliest = no_fact, latest = no_fact;
    Time from, to;
  };
  using StageMap = std::map<std::pair<int, std::string>, Stage>;
  struct Judgement {
    std::uint32_t fact = no_fact;
    Stored::Standing standing = Stored::Standing::dropped;
    int stage = -1;
    std::string_view weakness;
  };

  bool stopped() const { return cancelled_ && *cancelled_ && (*cancelled_)(); }
  std::string computer_of(const Fact& fact) const;
  void keep(const Fact& fact);
  std::vector<bool> rows_beside_success() const;
  // Calls `each` with what of this scope lies beyond a limit.
  void each_beyond(std::uint32_t scope, const std::function<void(const Kind&, const Kept&)>& each) const;
  // Could rows beyond a limit be, or complete, a sign of success (or, where there is no sign yet, of an attack)?
  bool beyond_could_change(std::uint32_t scope, bool attacked) const;
  void count_beyond(std::uint32_t scope, StageMap& stages) const;
  void say_beyond(std::uint32_t scope, Verdict& verdict) const;
  static void merge_unlabelled(StageMap& stages);

  // The scope of a computer's name, or no_scope where place() or conclude_ladder() met none.
  std::uint32_t named_scope(std::string_view name) const;
  std::uint32_t scope_of_host(std::string_view name);

  // Which installation a row without a name belongs to (installations.cc).
  void place(const Sources& sources);
  std::uint32_t scope_of_root(const std::string& root);
  const std::string& root(const Sources& sources, std::uint32_t source);
  void join_sources_by_request(const Sources& sources);

  // Stages form (conclude_stages.cc).
  void conclude_stages(const Sources& sources, std::vector<Verdict>& verdicts);
  void judge_stage_rows();
  bool take_support(std::uint32_t number, Joins::Pass& pass, Judgement& judged) const;
  bool take_case(std::uint32_t number, Joins::Pass& pass, Judgement& judged) const;
  Verdict stage_verdict(std::uint32_t scope, const Sources& sources);
  void weigh(Verdict& verdict, std::uint32_t scope, const Sources& sources) const;
  void say_stages(Verdict& verdict, const std::vector<std::string>& missing, bool unweighed) const;

  // Ladder form (conclude_ladder.cc).
  void conclude_ladder(const Sources& sources, std::vector<Verdict>& verdicts);
  void judge_ladder_rows(const Joins& joins, const std::vector<Burst>& bursts);
  class Company;
  struct FilesOfScope {
    std::vector<const Burst*> bursts;
    std::vector<const PlainRenames*> plain;
    FilesLeftOut left_out;
  };
  Verdict ladder_verdict(std::uint32_t scope, const FilesOfScope& files, const Sources& sources);
  Verdict ladder_whole(const std::vector<Verdict>& hosts) const;

  // Fills by_scope_ once every fact and every input has its scope.
  void index_scopes();

  EventRef reference(const Stored& fact, const Sources& sources) const;
  EventRef reference(const FileEntry& entry, const Sources& sources) const;
  std::vector<Period> add_window(std::uint32_t scope, Verdict& verdict,
                                 const std::map<std::uint16_t, InputSeen>& inputs, bool& covered) const;

  struct OfScope {
    std::vector<std::uint32_t> facts;
    std::vector<std::map<SeenKey, Seen>::const_iterator> seen;
  };

  const Playbook& book_;
  std::optional<KeyId> server_key_;
  const Cancelled* cancelled_ = nullptr;  // while concluding
  std::vector<Stored> facts_;
  std::map<Kind, Kept> kept_;
  std::map<std::pair<RowId, int>, std::size_t> kept_of_case_;
  bool beyond_ = false;  // some fact lies beyond a limit
  std::map<SeenKey, Seen> seen_;
  std::uint64_t seen_dropped_ = 0;
  std::uint64_t cut_ = 0;  // values longer than playbooks look at
  FileCounter files_;

  HostNames hosts_;
  std::vector<Scope> scopes_;
  std::vector<OfScope> by_scope_;
  std::map<std::uint32_t, std::uint32_t> scope_of_host_;    // by HostNames id
  std::map<std::uint32_t, std::uint32_t> scope_of_source_;  // rows that name no computer
  std::map<std::uint32_t, std::string> roots_;
  std::map<std::string, std::uint32_t> scope_of_root_;
  std::multimap<std::string, std::uint32_t> owners_;  // named computers by the folders their files lie in
  bool owners_known_ = false;
};

// Stretches first and last to a known time.
void widen(Time& first, Time& last, Time time);
// The order of rows in a verdict.
bool earlier(const EventRef& a, const EventRef& b);
// "3 March 2021 06:49:42 UTC": for sentences.
std::string moment(Time time);
// "a, b and c".
std::string listed(const std::vector<std::string>& parts);
// Compares builds with the playbook's fixed ones: of a fixed line and at least its build, or of a later line.
bool fixed_build(const std::vector<std::string>& fixed, std::string_view build);

}  // namespace tocsin::verdict
