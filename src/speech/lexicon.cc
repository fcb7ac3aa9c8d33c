#include "speech/lexicon.h"

namespace tocsin::speech {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

constexpr std::size_t free_words_max = 3;

// Index behind the pattern, 0 where it does not stand here.
std::size_t match_words(const ActPattern& pattern, const std::vector<Token>& tokens, std::size_t at, std::size_t end) {
  std::size_t next = at + 1;
  std::size_t free = 0;
  for (std::size_t word = 1; word < pattern.words.size(); ++word) {
    std::string_view wanted = pattern.words[word];
    if (wanted == "~") {
      free = free_words_max;
      continue;
    }
    const bool literal = wanted.starts_with('=');
    wanted.remove_prefix(literal ? 1 : 0);
    for (;; ++next) {
      if (next >= end || tokens[next].punctuation) {
        return 0;
      }
      if (tokens[next].lower == wanted) {
        break;
      }
      if (!is_adverb(tokens[next].lower)) {
        if (free == 0) {
          return 0;
        }
        --free;
      }
    }
    ++next;
    free = 0;
  }
  return next;
}

}  // namespace

std::span<const ActPattern> act_patterns() {
  static const std::vector<ActPattern> patterns = [] {
    std::vector<ActPattern> out;
#define ACT(pattern, act, act_class, strength, kind) \
  out.push_back({split(pattern), act, #act_class, strength, ClauseKind::kind});
#include "speech/lexicon.def"
#undef ACT
    return out;
  }();
  return patterns;
}

ActMatch match_act(const std::vector<Token>& tokens, std::size_t at, std::size_t end, bool participle) {
  ActMatch best;
  if (at >= end || tokens[at].punctuation) {
    return best;
  }
  std::size_t words = 0;
  for (const ActPattern& pattern : act_patterns()) {
    const std::string_view first = pattern.words.front();
    const bool be = first == "be";
    if (!be && first[0] != tokens[at].lower[0]) {
      continue;
    }
    const Form form = form_of(tokens[at].lower, first);
    if (participle ? form != Form::ing : !is_present(form)) {
      continue;
    }
    const std::size_t next = match_words(pattern, tokens, at, end);
    if (next != 0 && pattern.words.size() > words) {
      words = pattern.words.size();
      best = {&pattern, next, form};
    }
  }
  return best;
}

}  // namespace tocsin::speech
