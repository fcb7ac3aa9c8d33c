// BookCase: everything that is known for one playbook in one run, and how it is concluded.
#pragma once

#include <cstdint>
#include <map>
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
  explicit BookCase(const Playbook& book) : book_(book), files_(book.spread) {}
  void add(const Fact& fact);
  // May be called once.
  void conclude(const Sources& sources, std::vector<Verdict>& verdicts);

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

  // The scope of a computer's name, or no_scope where place() or conclude_ladder() met none.
  std::uint32_t named_scope(std::string_view name) const;

  // Which installation a row without a name belongs to (installations.cc).
  void place(const Sources& sources);
  std::uint32_t scope_of_root(const std::string& root);
  const std::string& root(const Sources& sources, std::uint32_t source);
  void join_sources_by_request(const Sources& sources);

  // Stages form (conclude_stages.cc).
  void conclude_stages(const Sources& sources, std::vector<Verdict>& verdicts);
  void judge_stage_rows();
  bool take_support(Stored& fact, const Joins& joins, const Joins::Usable& usable) const;
  bool take_case(Stored& fact, const Joins& joins, const Joins::Usable& usable) const;
  Verdict stage_verdict(std::uint32_t scope, const Sources& sources);
  void weigh(Verdict& verdict, std::uint32_t scope, const Sources& sources) const;
  void say_stages(Verdict& verdict, const std::vector<std::string>& missing, bool succeeded) const;

  // Ladder form (conclude_ladder.cc).
  void conclude_ladder(const Sources& sources, std::vector<Verdict>& verdicts);
  void judge_ladder_rows(const Joins& joins, const std::vector<Burst>& bursts);
  class Company;
  Verdict ladder_verdict(std::uint32_t scope, const std::vector<Burst>& bursts, const std::vector<PlainRenames>& plain,
                         const Sources& sources);
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
  std::vector<Stored> facts_;
  std::map<std::pair<RowId, std::string>, std::size_t> kept_;      // facts of a row, by computer
  std::map<std::pair<RowId, std::string>, std::uint64_t> beyond_;  // counted only
  std::map<SeenKey, Seen> seen_;
  std::uint64_t seen_dropped_ = 0;
  FileCounter files_;

  HostNames hosts_;
  std::vector<Scope> scopes_;
  std::vector<OfScope> by_scope_;
  std::map<std::uint32_t, std::uint32_t> scope_of_host_;    // by HostNames id
  std::map<std::uint32_t, std::uint32_t> scope_of_source_;  // rows that name no computer
  std::map<std::uint32_t, std::string> roots_;
  std::map<std::string, std::uint32_t> scope_of_root_;
};

// The order of rows in a verdict.
bool earlier(const EventRef& a, const EventRef& b);
// "3 March 2021 06:49:42 UTC": for sentences.
std::string moment(Time time);
// "a, b and c".
std::string listed(const std::vector<std::string>& parts);
// Compares builds with the playbook's fixed ones: of a fixed line and at least its build, or of a later line.
bool fixed_build(const std::vector<std::string>& fixed, std::string_view build);

}  // namespace tocsin::verdict
