// What the user chose: by status, tag, id, title and level. Rules that a chosen correlation needs stay, silently.
#include <algorithm>

#include "base/text.h"
#include "rules/sigma/loader.h"

namespace tocsin::rules::sigma {
namespace {

bool has_tag(const RuleInfo& info, const std::string& wanted) {
  return std::any_of(info.tags.begin(), info.tags.end(), [&](const std::string& tag) {
    return ascii_iequals(tag, wanted) || (ascii_istarts_with(tag, wanted) && tag[wanted.size()] == '.');
  });
}

enum class Choice { kept, level, status, tag, exclude };

// Decides for one rule at a time and remembers which entries of the selection met one.
class Chooser {
 public:
  explicit Chooser(const Selection& selection)
      : selection_(selection), tag_met_(selection.tags.size()), exclude_met_(selection.exclude.size()) {}

  Choice operator()(const RuleInfo& info) {
    // All entries are looked at, whatever decides, so that only those without any rule are called unmet.
    bool tagged = selection_.tags.empty();
    for (std::size_t i = 0; i < selection_.tags.size(); ++i) {
      if (has_tag(info, selection_.tags[i])) {
        tagged = tag_met_[i] = true;
      }
    }
    bool excluded = false;
    for (std::size_t i = 0; i < selection_.exclude.size(); ++i) {
      const std::string& each = selection_.exclude[i];
      if ((!info.id.empty() && ascii_iequals(each, info.id)) || ascii_iequals(each, info.title)) {
        excluded = exclude_met_[i] = true;
      }
    }
    const auto is = [&](const std::string& status) { return ascii_iequals(status, info.status); };
    if (info.level < selection_.least) {
      return Choice::level;
    }
    if (!selection_.statuses.empty() && std::ranges::none_of(selection_.statuses, is)) {
      return Choice::status;
    }
    return !tagged ? Choice::tag : excluded ? Choice::exclude : Choice::kept;
  }

  void name_unmet(RuleSet& set) const {
    for (std::size_t i = 0; i < selection_.tags.size(); ++i) {
      if (!tag_met_[i]) {
        set.unmet_tags.push_back(selection_.tags[i]);
      }
    }
    for (std::size_t i = 0; i < selection_.exclude.size(); ++i) {
      if (!exclude_met_[i]) {
        set.unmet_excludes.push_back(selection_.exclude[i]);
      }
    }
  }

 private:
  const Selection& selection_;
  std::vector<bool> tag_met_, exclude_met_;
};

void count_hidden(RuleSet& set, Choice why) {
  std::uint64_t* const counts[] = {nullptr, &set.hidden_by.level, &set.hidden_by.status, &set.hidden_by.tag,
                                   &set.hidden_by.exclude};
  if (std::uint64_t* const count = counts[static_cast<std::size_t>(why)]; count != nullptr) {
    ++*count;
    ++set.hidden;
  }
}

}  // namespace

void select(RuleSet& set, const Selection& selection) {
  const std::size_t rules = set.rules.size();
  const std::size_t all = rules + set.correlations.size();
  std::vector<bool> wanted(all);
  std::vector<bool> needed(all, false);
  const auto info = [&](std::size_t i) -> const RuleInfo& {
    return i < rules ? set.rules[i].info : set.correlations[i - rules].info;
  };
  const auto emits = [&](std::size_t i) -> bool& {
    return i < rules ? set.rules[i].emits : set.correlations[i - rules].emits;
  };
  Chooser choose(selection);
  for (std::size_t i = 0; i < all; ++i) {
    const Choice choice = choose(info(i));
    wanted[i] = choice == Choice::kept;
    count_hidden(set, choice);
  }
  choose.name_unmet(set);
  for (const Correlation& correlation : set.correlations) {
    for (const std::uint32_t input : correlation.inputs) {
      emits(input) = emits(input) && correlation.generate;
    }
  }
  // A kept correlation needs its inputs, and these theirs: as deep as correlations go.
  for (bool progress = true; progress;) {
    progress = false;
    for (std::size_t c = 0; c < set.correlations.size(); ++c) {
      if (!needed[rules + c] && !(wanted[rules + c] && emits(rules + c))) {
        continue;
      }
      for (const std::uint32_t input : set.correlations[c].inputs) {
        progress = progress || !needed[input];
        needed[input] = true;
      }
    }
  }
  std::vector<std::uint32_t> place(all, 0);
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < all; ++i) {
    const bool reports = wanted[i] && emits(i);
    emits(i) = reports;
    place[i] = next;
    next += reports || needed[i] ? 1 : 0;
    needed[i] = reports || needed[i];
  }
  std::size_t at = 0;
  std::erase_if(set.rules, [&](const Rule&) { return !needed[at++]; });
  std::erase_if(set.correlations, [&](const Correlation&) { return !needed[at++]; });
  for (Correlation& correlation : set.correlations) {
    for (std::uint32_t& input : correlation.inputs) {
      input = place[input];
    }
  }
}

}  // namespace tocsin::rules::sigma
