// The lexicon: which verbs do something when they are said, and what.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "speech/clause.h"
#include "speech/words.h"

namespace tocsin::speech {

struct ActPattern {
  std::vector<std::string_view> words;  // as in lexicon.def
  std::string_view act;
  std::string_view act_class;
  int strength;
  ClauseKind kind;
};
std::span<const ActPattern> act_patterns();

struct ActMatch {
  const ActPattern* pattern = nullptr;  // null: none
  std::size_t end = 0;                  // index of the token behind it
  Form form = Form::none;               // of its first word
};
// The longest pattern that stands at tokens[at]; adverbs between its words do not count. With `forms` ing also
// participles are met ("reaffirming"), else present forms only.
ActMatch match_act(const std::vector<Token>& tokens, std::size_t at, std::size_t end, bool participle);

}  // namespace tocsin::speech
