#include "speech/words.h"

#include <algorithm>

#include "base/text.h"
#include "speech/canonical.h"
#include "speech/lexicon.h"
#include "speech/limits.h"

namespace tocsin::speech {
namespace {

struct Verb {
  std::string_view lemma;
  bool noun_too;
};
constexpr bool plain = false;
constexpr bool noun_too = true;
constexpr Verb verbs[] = {
#define VERB(lemma, role) {lemma, role},
#include "speech/verbs.def"
#undef VERB
};

struct Irregular {
  std::string_view lemma;
  std::string_view past;
  std::string_view participle;
};
constexpr Irregular irregulars[] = {{"stand", "stood", "stood"},
                                    {"take", "took", "taken"},
                                    {"make", "made", "made"},
                                    {"hold", "held", "held"},
                                    {"uphold", "upheld", "upheld"},
                                    {"seek", "sought", "sought"},
                                    {"see", "saw", "seen"},
                                    {"know", "knew", "known"},
                                    {"give", "gave", "given"},
                                    {"steal", "stole", "stolen"},
                                    {"build", "built", "built"},
                                    {"put", "put", "put"},
                                    {"set", "set", "set"},
                                    {"lead", "led", "led"},
                                    {"meet", "met", "met"},
                                    {"keep", "kept", "kept"},
                                    {"become", "became", "become"},
                                    {"show", "showed", "shown"},
                                    {"prove", "proved", "proven"},
                                    {"do", "did", "done"},
                                    {"hold", "held", "held"},
                                    {"choose", "chose", "chosen"},
                                    {"speak", "spoke", "spoken"},
                                    {"say", "said", "said"},
                                    {"tell", "told", "told"},
                                    {"find", "found", "found"},
                                    {"lose", "lost", "lost"},
                                    {"think", "thought", "thought"},
                                    {"bring", "brought", "brought"},
                                    {"come", "came", "come"},
                                    {"go", "went", "gone"},
                                    {"pay", "paid", "paid"},
                                    {"cut", "cut", "cut"},
                                    {"shut", "shut", "shut"},
                                    {"hit", "hit", "hit"},
                                    {"strike", "struck", "struck"},
                                    {"spread", "spread", "spread"},
                                    {"rebuild", "rebuilt", "rebuilt"},
                                    {"overcome", "overcame", "overcome"},
                                    {"strive", "strove", "striven"},
                                    {"withstand", "withstood", "withstood"},
                                    {"withdraw", "withdrew", "withdrawn"}};

// Lemmas of the lexicon that are as often nouns.
constexpr std::string_view nouns_too[] = {"support", "note",    "use",    "share", "exchange", "request",
                                          "regret",  "welcome", "stress", "call",  "pledge",   "demand",
                                          "thank",   "appeal",  "work",   "judge", "join"};

template <std::size_t size>
bool in(const std::string_view (&list)[size], std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool is_vowel(char c) { return std::string_view("aeiou").find(c) != std::string_view::npos; }

}  // namespace

std::vector<Token> tokens_of(std::string_view paragraph, std::size_t begin, std::size_t end) {
  std::vector<Token> out;
  constexpr std::string_view marks = ",;:()[]\"!?";
  for (std::size_t at = begin; at < end && out.size() < limits::sentence_words_max;) {
    if (paragraph[at] == ' ') {
      ++at;
      continue;
    }
    std::size_t stop = at;
    if (marks.find(paragraph[at]) != std::string_view::npos) {
      stop = at + 1;
    } else {
      while (stop < end && paragraph[stop] != ' ' && marks.find(paragraph[stop]) == std::string_view::npos) {
        ++stop;
      }
      // A full stop at the end of the sentence is no part of its word.
      if (stop == end && stop > at + 1 && paragraph[stop - 1] == '.') {
        --stop;
      }
    }
    const std::string_view text = paragraph.substr(at, stop - at);
    const bool word = std::any_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) >= 0x80 || ascii_alpha(c) || ascii_digit(c);
    });
    out.push_back({text, ascii_lower(text), at, stop, !word});
    at = stop;
  }
  return out;
}

Form form_of(std::string_view word, std::string_view lemma) {
  if (lemma == "be") {
    return word == "be" || word == "are" || word == "am" ? Form::base
           : word == "is"                                ? Form::third
           : word == "was" || word == "were"             ? Form::past
                                                         : Form::none;
  }
  if (lemma == "have") {
    return word == "have" ? Form::base : word == "has" ? Form::third : word == "had" ? Form::past : Form::none;
  }
  if (word == lemma) {
    return Form::base;
  }
  for (const Irregular& one : irregulars) {
    if (one.lemma == lemma && (word == one.past || word == one.participle)) {
      return Form::past;
    }
  }
  if (word.size() <= lemma.size() - 1 || word.substr(0, lemma.size() - 1) != lemma.substr(0, lemma.size() - 1)) {
    return Form::none;
  }
  const std::string base(lemma);
  const char last = lemma.back();
  const bool y = last == 'y' && lemma.size() > 1 && !is_vowel(lemma[lemma.size() - 2]);
  const std::string stem = y ? base.substr(0, base.size() - 1) : base;
  if (word == (y ? stem + "ies" : base + "s") || (!y && word == base + "es")) {
    return Form::third;
  }
  if (last == 'e') {
    if (word == base + "d") {
      return Form::past;
    }
    return word == base.substr(0, base.size() - 1) + "ing" ? Form::ing : Form::none;
  }
  if (word == (y ? stem + "ied" : base + "ed") || word == base + last + "ed") {
    return Form::past;
  }
  return word == base + "ing" || word == base + last + "ing" ? Form::ing : Form::none;
}

bool is_present(Form form) { return form == Form::base || form == Form::third; }

Form verb_form(std::string_view word, bool& also_noun) {
  also_noun = false;
  if (word.size() < 2) {
    return Form::none;
  }
  for (const Verb& verb : verbs) {
    if (verb.lemma[0] == word[0] || verb.lemma == "do") {
      if (const Form form = form_of(word, verb.lemma); form != Form::none) {
        also_noun = verb.noun_too;
        return form;
      }
    }
  }
  for (const ActPattern& act : act_patterns()) {
    const std::string_view lemma = act.words.front();
    if (lemma[0] == word[0]) {
      if (const Form form = form_of(word, lemma); form != Form::none) {
        also_noun = in(nouns_too, lemma);
        return form;
      }
    }
  }
  return Form::none;
}

bool is_be(std::string_view word) {
  constexpr std::string_view list[] = {"is", "are", "am", "was", "were", "be", "been", "being"};
  return in(list, word);
}

bool is_auxiliary(std::string_view word) {
  constexpr std::string_view list[] = {"is",    "are",   "am",    "was",    "were",   "has", "have",  "had",
                                       "will",  "would", "shall", "should", "must",   "can", "could", "may",
                                       "might", "do",    "does",  "did",    "cannot", "need"};
  return in(list, word);
}

bool is_adverb(std::string_view word) {
  constexpr std::string_view list[] = {"also",    "again",  "once",  "further",  "hereby",      "therefore",
                                       "thus",    "always", "never", "not",      "still",       "already",
                                       "now",     "today",  "hence", "together", "furthermore", "moreover",
                                       "however", "too",    "ever",  "both",     "clearly"};
  constexpr std::string_view not_adverbs[] = {"ally",     "family", "likely", "reply",   "apply", "supply",
                                              "rely",     "italy",  "only",   "july",    "early", "friendly",
                                              "assembly", "comply", "imply",  "multiply"};
  return in(list, word) || (word.size() > 4 && word.ends_with("ly") && !in(not_adverbs, word));
}

bool is_determiner(std::string_view word) {
  constexpr std::string_view list[] = {"the",  "a",     "an",      "this",  "that",    "these",   "those",
                                       "our",  "their", "its",     "his",   "her",     "my",      "your",
                                       "all",  "any",   "each",    "every", "some",    "such",    "no",
                                       "both", "many",  "several", "other", "another", "certain", "various"};
  return in(list, word) || word.ends_with("'s") || word.ends_with("s'") ||
         word.ends_with("\xC3\xA2s");  // an apostrophe that was read wrongly
}

bool is_preposition(std::string_view word) {
  constexpr std::string_view list[] = {
      "of",         "in",        "on",        "to",      "for",     "with",       "by",       "from",  "at",
      "as",         "against",   "among",     "amongst", "between", "into",       "through",  "upon",  "within",
      "without",    "under",     "over",      "across",  "during",  "since",      "until",    "after", "before",
      "following",  "despite",   "beyond",    "towards", "toward",  "via",        "per",      "about", "around",
      "concerning", "regarding", "including", "like",    "than",    "throughout", "alongside"};
  return in(list, word);
}

bool is_pronoun(std::string_view word) {
  constexpr std::string_view list[] = {"we", "i", "they", "it", "he", "she", "you", "who", "which"};
  return in(list, word);
}

bool is_conjunction(std::string_view word) { return word == "and" || word == "or" || word == "but" || word == "nor"; }

bool is_modifier(std::string_view word) {
  constexpr std::string_view list[] = {
      "cyber",       "malicious",   "national",  "international", "digital",     "recent",       "critical",
      "democratic",  "political",   "military",  "hybrid",        "collective",  "strong",       "possible",
      "voluntary",   "public",      "private",   "economic",      "global",      "new",          "further",
      "increasing",  "growing",     "continued", "ongoing",       "responsible", "constructive", "coordinated",
      "joint",       "common",      "free",      "open",          "secure",      "stable",       "peaceful",
      "full",        "firm",        "deep",      "serious",       "grave",       "important",    "irresponsible",
      "destructive", "significant", "and",       "deepest",       "strongest",   "unwavering",   "utmost",
      "sincere",     "sustained",   "great",     "individual"};
  return in(list, word);
}

bool is_intensifier(std::string_view word) {
  constexpr std::string_view list[] = {"strongly",      "gravely",       "deeply",      "firmly",
                                       "unequivocally", "categorically", "utterly",     "resolutely",
                                       "forcefully",    "vehemently",    "unreservedly"};
  return in(list, word);
}

bool is_capitalised_word(std::string_view text) {
  if (text.empty()) {
    return false;
  }
  std::size_t at = 0;
  const char32_t c = next_code_point(text, at);
  return is_word_character(c) && !is_small_letter(c) && !ascii_digit(text[0]);
}

bool is_plural(std::string_view word) {
  constexpr std::string_view list[] = {"people", "allies", "they",   "we",   "these", "those",
                                       "all",    "both",   "police", "data", "media"};
  return in(list, word) || (word.size() > 2 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("'s") &&
                            !word.ends_with("us"));
}

bool is_country(std::string_view name) {
  constexpr std::string_view list[] = {
#define COUNTRY(name) name,
#include "speech/countries.def"
#undef COUNTRY
  };
  std::string text(name);
  for (const std::string_view article : {"the ", "The "}) {
    if (text.starts_with(article)) {
      text.erase(0, article.size());
    }
  }
  for (const std::string_view form :
       {"People's Republic of ", "Islamic Republic of ", "Democratic People's Republic of ", "Republic of ",
        "Kingdom of ", "Federal Republic of ", "Government of ", "government of "}) {
    if (text.starts_with(form)) {
      text.erase(0, form.size());
    }
  }
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

}  // namespace tocsin::speech
