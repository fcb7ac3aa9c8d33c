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

bool chosen(const RuleInfo& info, const Selection& selection) {
  const auto is = [](const std::string& text) {
    return [&text](const std::string& other) { return ascii_iequals(text, other); };
  };
  if (!selection.statuses.empty() &&
      std::none_of(selection.statuses.begin(), selection.statuses.end(), is(info.status))) {
    return false;
  }
  if (!selection.tags.empty() && std::none_of(selection.tags.begin(), selection.tags.end(),
                                              [&](const std::string& tag) { return has_tag(info, tag); })) {
    return false;
  }
  if (std::any_of(selection.exclude.begin(), selection.exclude.end(), [&](const std::string& each) {
        return (!info.id.empty() && ascii_iequals(each, info.id)) || ascii_iequals(each, info.title);
      })) {
    return false;
  }
  return info.level >= selection.least;
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
  for (std::size_t i = 0; i < all; ++i) {
    wanted[i] = chosen(info(i), selection);
  }
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
    set.hidden += wanted[i] ? 0 : 1;
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
