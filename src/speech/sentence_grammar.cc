#include "speech/sentence_grammar.h"

#include <algorithm>

#include "speech/lexicon.h"
#include "speech/limits.h"

namespace tocsin::speech {
namespace {

// What may stand between commas inside a subject.
constexpr std::string_view parentheses[] = {
    "together with", "along with",    "alongside",  "as well as",   "in coordination with",
    "in solidarity", "including",     "such as",    "supported by", "jointly with",
    "particularly",  "notably",       "namely",     "with",         "which",
    "who",           "in particular", "especially", "like",         "in close"};

// Prepositions that limit what is said to something agreed, owned or shared.
constexpr std::string_view qualifiers[] = {"in accordance with",
                                           "in line with",
                                           "consistent with",
                                           "based on",
                                           "on the basis of",
                                           "in keeping with",
                                           "in compliance with",
                                           "in conformity with",
                                           "in full compliance with",
                                           "in full accordance with",
                                           "pursuant to",
                                           "guided by",
                                           "as set out in",
                                           "in full respect of",
                                           "with full respect for",
                                           "subject to"};

bool is_relative(std::string_view word) { return word == "that" || word == "which" || word == "who" || word == "whom"; }

bool is_modal(std::string_view word) {
  constexpr std::string_view list[] = {"will", "would", "shall", "should", "must",
                                       "can",  "could", "may",   "might",  "cannot"};
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

std::size_t closing(const std::vector<Token>& tokens, std::size_t at, std::size_t end) {
  while (at < end && tokens[at].text != ")") {
    ++at;
  }
  return at;
}

// Is tokens[k] a finite verb for a subject that starts at `from`?
bool is_finite(const std::vector<Token>& tokens, std::size_t k, std::size_t from, std::size_t end) {
  const std::string& word = tokens[k].lower;
  std::size_t before = k;
  while (before > from && (is_adverb(tokens[before - 1].lower) && !tokens[before - 1].punctuation)) {
    --before;
  }
  if (before == from) {
    return false;  // nothing before it that could be its subject
  }
  std::size_t last_word = before - 1;
  while (last_word > from && tokens[last_word].text == ",") {
    --last_word;  // behind what stands between commas
  }
  const Token& previous = tokens[last_word];
  // "This has been shown": a determiner alone is a pronoun.
  const bool stands_alone =
      before == from + 1 && (previous.lower == "this" || previous.lower == "these" || previous.lower == "those" ||
                             previous.lower == "that" || previous.lower == "all" || previous.lower == "such" ||
                             previous.lower == "many" || previous.lower == "several" || previous.lower == "some");
  if (is_auxiliary(word)) {
    const bool month = tokens[k].text == "May";
    return !month && previous.lower != "to" && (!is_determiner(previous.lower) || stands_alone) && word != "need";
  }
  if (is_adverb(word)) {
    return false;
  }
  if (is_pronoun(previous.lower) && previous.lower != "which") {
    return !is_preposition(word) && !is_conjunction(word) && !is_determiner(word) && !tokens[k].punctuation;
  }
  bool noun_too = false;
  const Form form = verb_form(word, noun_too);
  if (form == Form::none || form == Form::ing) {
    return false;
  }
  if (noun_too && is_present(form) && !is_determiner(previous.lower) && !is_preposition(previous.lower) &&
      !is_modifier(previous.lower) && !previous.punctuation) {
    // A whole pattern makes it a verb: "notes with concern".
    const ActMatch match = match_act(tokens, k, end, false);
    noun_too = match.pattern == nullptr || match.pattern->words.size() < 2;
  }
  if (!previous.punctuation &&
      ((is_determiner(previous.lower) && !stands_alone) || is_preposition(previous.lower) ||
       is_conjunction(previous.lower) || (is_modifier(previous.lower) && !is_relative(previous.lower)))) {
    return false;
  }
  if (is_capitalised_word(tokens[k].text)) {
    return false;  // inside a name
  }
  const bool last = k + 1 >= end;
  if (form == Form::past) {
    // "activities linked to this country" is no sentence; "Germany determined the attack" is.
    return (!last && !is_preposition(tokens[k + 1].lower) && !tokens[k + 1].punctuation) ||
           (is_pronoun(tokens[from].lower) && before > from + 1 && tokens[before - 1].text == ",");
  }
  bool plural = is_plural(previous.lower);
  for (std::size_t i = from; i < before; ++i) {
    plural = plural || tokens[i].lower == "and";
  }
  if (form == Form::base) {
    const bool listed =
        k + 2 < end && is_conjunction(tokens[k + 1].lower) && match_act(tokens, k + 2, end, false).pattern != nullptr;
    return plural && (!noun_too || listed || begins_noun_phrase(tokens, k + 1, end) ||
                      (!last && is_preposition(tokens[k + 1].lower)));
  }
  bool also_noun = false;
  const bool infinitive =
      k + 2 < end && tokens[k + 1].lower == "to" && verb_form(tokens[k + 2].lower, also_noun) == Form::base;
  return !noun_too || (!is_plural(previous.lower) && (infinitive || begins_noun_phrase(tokens, k + 1, end)));
}

}  // namespace

std::size_t match_phrase(const std::vector<Token>& tokens, std::size_t at, std::size_t end, std::string_view phrase) {
  while (!phrase.empty()) {
    const std::size_t stop = std::min(phrase.find(' '), phrase.size());
    if (at >= end || tokens[at].lower != phrase.substr(0, stop)) {
      return 0;
    }
    ++at;
    phrase.remove_prefix(std::min(stop + 1, phrase.size()));
  }
  return at;
}

std::size_t match_qualifier(const std::vector<Token>& tokens, std::size_t at, std::size_t end) {
  for (const std::string_view phrase : qualifiers) {
    if (const std::size_t next = match_phrase(tokens, at, end, phrase); next != 0) {
      return next;
    }
  }
  return 0;
}

bool begins_noun_phrase(const std::vector<Token>& tokens, std::size_t at, std::size_t end) {
  if (at >= end || tokens[at].punctuation) {
    return false;
  }
  const std::string& word = tokens[at].lower;
  if (is_preposition(word) || is_conjunction(word) || is_auxiliary(word)) {
    return false;
  }
  return true;
}

std::size_t next_comma(const std::vector<Token>& tokens, std::size_t at, std::size_t end) {
  for (; at < end; ++at) {
    if (tokens[at].text == "(") {
      at = closing(tokens, at, end);
    } else if (tokens[at].text == "," || tokens[at].text == ";") {
      return at;
    }
  }
  return end;
}

std::size_t find_finite(const std::vector<Token>& tokens, std::size_t at, std::size_t end) {
  end = std::min(end, at + limits::subject_words_max);
  bool relative = false;
  for (std::size_t k = at; k < end; ++k) {
    const Token& token = tokens[k];
    if (token.punctuation) {
      if (token.text == "(") {
        k = closing(tokens, k, end);
        continue;
      }
      if (token.text == "," && k > at) {
        bool passed = false;
        if (k == at + 1 && is_pronoun(tokens[at].lower) && next_comma(tokens, k + 1, end) < end) {
          k = next_comma(tokens, k + 1, end);  // "We, the Ministers,"
          continue;
        }
        // "The Council, meeting in Osterby, adopted"
        const bool participle = k + 1 < end && tokens[k + 1].lower.size() > 5 && tokens[k + 1].lower.ends_with("ing") &&
                                next_comma(tokens, k + 1, end) < end;
        if (participle) {
          k = next_comma(tokens, k + 1, end);
          continue;
        }
        for (const std::string_view phrase : parentheses) {
          if (match_phrase(tokens, k + 1, end, phrase) != 0) {
            const std::size_t close = next_comma(tokens, k + 1, end);
            passed = close < end;
            k = passed ? close : k;
            break;
          }
        }
        if (passed || is_finite(tokens, k + 1 < end ? k + 1 : k, at, end)) {
          continue;
        }
        // A list of names goes on; anything else ends the subject.
        if (k + 1 < end && (is_capitalised_word(tokens[k + 1].text) || tokens[k + 1].lower == "and" ||
                            is_determiner(tokens[k + 1].lower) || is_modifier(tokens[k + 1].lower))) {
          continue;
        }
        return nowhere;
      }
      if (token.text == "\"") {
        continue;
      }
      return nowhere;
    }
    if (k > at && is_relative(token.lower) && !is_preposition(tokens[k - 1].lower)) {
      relative = true;
      continue;
    }
    bool noun_too = false;
    const bool finite = is_finite(tokens, k, at, end) ||
                        (relative && k > at && is_relative(tokens[k - 1].lower) && !is_capitalised_word(token.text) &&
                         (is_auxiliary(token.lower) || verb_form(token.lower, noun_too) != Form::none));
    if (finite) {
      if (!relative) {
        return k;
      }
      relative = false;
      k = read_verb_group(tokens, k, end).end - 1;
    }
  }
  return nowhere;
}

VerbGroup read_verb_group(const std::vector<Token>& tokens, std::size_t at, std::size_t end) {
  VerbGroup out{.begin = at, .main = at, .end = at + 1};
  bool noun_too = false;
  const std::string& first = tokens[at].lower;
  out.modal = is_modal(first);
  out.past = first == "was" || first == "were" || first == "had" || first == "did" || first == "has" || first == "have";
  bool have = first == "has" || first == "have" || first == "had";
  bool be = is_be(first);
  if (!is_auxiliary(first)) {
    out.form = verb_form(first, noun_too);
    out.past = out.form == Form::past;
    return out;
  }
  out.form = form_of(first, "be") != Form::none     ? form_of(first, "be")
             : form_of(first, "have") != Form::none ? form_of(first, "have")
                                                    : Form::base;
  std::size_t k = at + 1;
  for (; k < end && !tokens[k].punctuation; ++k) {
    const std::string& word = tokens[k].lower;
    if (word == "not" || word == "never") {
      out.negated = true;
    } else if (is_adverb(word)) {
      continue;
    } else if (word == "be" || word == "been" || word == "being" || (out.modal && word == "have")) {
      be = be || word != "have";
      out.main = k;
      out.end = k + 1;
      have = have || word == "have";
    } else {
      break;
    }
  }
  if (k >= end || tokens[k].punctuation) {
    out.past = out.past && !have;
    return out;
  }
  const std::string& word = tokens[k].lower;
  const Form form = verb_form(word, noun_too);
  const bool participle = form == Form::past || (word.size() > 4 && word.ends_with("ed"));
  if (be) {
    out.passive = participle;
    if (participle || form == Form::ing) {
      out.main = k;
      out.end = k + 1;
    }
  } else if (have && !participle) {
    out.past = first == "had";  // to have, not the perfect
  } else {
    out.main = k;
    out.end = k + 1;
  }
  return out;
}

std::size_t with_adverbs(const std::vector<Token>& tokens, std::size_t at, std::size_t begin) {
  while (at > begin && !tokens[at - 1].punctuation && is_adverb(tokens[at - 1].lower)) {
    --at;
  }
  return at;
}

std::size_t past_adverbs(const std::vector<Token>& tokens, std::size_t at, std::size_t end) {
  while (at < end && !tokens[at].punctuation && is_adverb(tokens[at].lower)) {
    ++at;
  }
  return at;
}

Range bare_subject(const std::vector<Token>& tokens, std::size_t begin, std::size_t verb) {
  Range out{begin, with_adverbs(tokens, verb, begin)};
  while (out.end > out.begin && tokens[out.end - 1].punctuation && tokens[out.end - 1].text != ")") {
    --out.end;
  }
  if (is_pronoun(tokens[begin].lower) && out.end > begin + 1 && tokens[begin + 1].text == ",") {
    out.end = begin + 1;
  }
  for (std::size_t k = begin + 1; k < out.end; ++k) {
    if (tokens[k].text != ",") {
      continue;
    }
    if (k + 1 < out.end && tokens[k + 1].lower.size() > 5 && tokens[k + 1].lower.ends_with("ing")) {
      out.end = k;
      return out;
    }
    for (const std::string_view phrase : parentheses) {
      if (match_phrase(tokens, k + 1, out.end, phrase) != 0) {
        out.end = k;
        return out;
      }
    }
  }
  return out;
}

bool is_base_verb(const std::vector<Token>& tokens, std::size_t at, std::size_t end) {
  if (at >= end || tokens[at].punctuation || is_capitalised_word(tokens[at].text)) {
    return false;
  }
  bool noun_too = false;
  if (verb_form(tokens[at].lower, noun_too) != Form::base) {
    return false;
  }
  if (!noun_too) {
    return true;
  }
  if (at + 1 >= end || tokens[at + 1].punctuation) {
    return false;
  }
  const std::string& next = tokens[at + 1].lower;
  if (is_preposition(next)) {
    return next != "of" && next != "for" && next != "in" && tokens[at].lower != "respect";
  }
  return !is_conjunction(next) && !is_auxiliary(next);
}

}  // namespace tocsin::speech
