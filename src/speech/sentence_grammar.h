// Where a sentence has its subject, its finite verb and its further clauses.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "speech/words.h"

namespace tocsin::speech {

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

// Tokens [begin, end).
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct VerbGroup {
  std::size_t begin = 0;   // first auxiliary or the verb itself
  std::size_t main = 0;    // the verb that carries the meaning; of "are ready": are
  std::size_t end = 0;     // behind main
  Form form = Form::none;  // of the first word
  bool passive = false;
  bool past = false;  // also perfect: something told, not done by saying
  bool negated = false;
  bool modal = false;
};

// The first finite verb of a clause whose subject starts at `at`; parentheses between commas and relative clauses in
// the subject are passed over. nowhere: none.
std::size_t find_finite(const std::vector<Token>& tokens, std::size_t at, std::size_t end);
// The verb group at a finite verb.
VerbGroup read_verb_group(const std::vector<Token>& tokens, std::size_t at, std::size_t end);
// The first adverb of those that stand directly before `at`: "strongly" of "we strongly condemn".
std::size_t with_adverbs(const std::vector<Token>& tokens, std::size_t at, std::size_t begin);
// Behind the adverbs at `at`.
std::size_t past_adverbs(const std::vector<Token>& tokens, std::size_t at, std::size_t end);
// The subject without what stands between commas in it: "The Union and its members" of "The Union and its members,
// together with partners,".
Range bare_subject(const std::vector<Token>& tokens, std::size_t begin, std::size_t verb);
// Do the words at `at` read as these (small letters, separated by spaces)? Gives the index behind them or 0.
std::size_t match_phrase(const std::vector<Token>& tokens, std::size_t at, std::size_t end, std::string_view phrase);
// Behind a phrase that limits what is said (in accordance with, based on…); 0: none stands here.
std::size_t match_qualifier(const std::vector<Token>& tokens, std::size_t at, std::size_t end);
// Could a noun phrase begin here?
bool begins_noun_phrase(const std::vector<Token>& tokens, std::size_t at, std::size_t end);
// A verb in its base form that governs something, not the noun of that spelling.
bool is_base_verb(const std::vector<Token>& tokens, std::size_t at, std::size_t end);
// The next comma outside brackets, or end.
std::size_t next_comma(const std::vector<Token>& tokens, std::size_t at, std::size_t end);

}  // namespace tocsin::speech
