#include "speech/sentence_reader.h"

#include <algorithm>

#include "base/text.h"
#include "speech/clause_details.h"
#include "speech/limits.h"

namespace tocsin::speech {
namespace {

constexpr double sure = 0.95;
constexpr double likely = 0.85;
constexpr double guessed = 0.6;

bool holds_word(std::string_view text, std::string_view word) {
  const std::size_t at = text.find(word);
  return at != std::string_view::npos && (at == 0 || text[at - 1] == ' ') &&
         (at + word.size() == text.size() || text[at + word.size()] == ' ' || text[at + word.size()] == ',');
}

// How sure it is that this subject speaks for the issuer; 0: it does not.
double speaks(std::string_view actor) {
  const std::string small = ascii_lower(actor);
  if (small == "we" || small == "i" || small.ends_with("and i") || small.starts_with("we, ")) {
    return sure;
  }
  constexpr std::string_view others[] = {
      "actor",     "actors",   "activities", "activity",     "campaign",  "campaigns", "attack",
      "attacks",   "threat",   "threats",    "institutions", "services",  "statement", "statements",
      "behaviour", "behavior", "compromise", "incident",     "incidents", "norms",     "law"};
  for (const std::string_view word : others) {
    if (holds_word(small, word)) {
      return 0.0;
    }
  }
  constexpr std::string_view bodies[] = {
      "allies",        "alliance",    "nato",         "council",    "union",          "eu",
      "member states", "g7",          "g20",          "ministers",  "leaders",        "representative",
      "government",    "governments", "commission",   "presidency", "heads of state", "ministry",
      "minister",      "secretary",   "participants", "members",    "parties",        "participating states",
      "quad",          "signatories", "delegations",  "president",  "osce",           "community",
      "authors",       "undersigned", "partners"};
  if (!small.starts_with("all states") && !small.starts_with("all un ")) {
    for (const std::string_view body : bodies) {
      if (holds_word(small, body)) {
        return likely;
      }
    }
  }
  const std::vector<std::string> names = split_list(actor);
  return !names.empty() &&
                 std::all_of(names.begin(), names.end(), [](const std::string& name) { return is_country(name); })
             ? guessed
             : 0.0;
}

}  // namespace

void SentenceReader::read() {
  std::size_t at = 0;
  std::size_t end = tokens_.size();
  if (end > 2 && tokens_[0].text == "\"") {
    // What somebody is quoted to say, without "the Minister said".
    at = 1;
    const auto close =
        std::find_if(tokens_.begin() + 1, tokens_.end(), [](const Token& token) { return token.text == "\""; });
    end = static_cast<std::size_t>(close - tokens_.begin());
  }
  while (at < end) {
    const std::size_t next = read_clause(at, end);
    if (next <= at) {
      break;
    }
    at = next;
  }
}

std::size_t SentenceReader::trimmed_end(std::size_t begin, std::size_t end) const {
  while (end > begin) {
    const Token& last = tokens_[end - 1];
    if (end >= begin + 3 && match_phrase(tokens_, end - 3, end, "as well as") == end) {
      end -= 3;
    } else if ((last.punctuation && last.text != ")") || is_conjunction(last.lower)) {
      --end;
    } else {
      break;
    }
  }
  return end;
}

std::string SentenceReader::text(std::size_t begin, std::size_t end) const {
  end = trimmed_end(begin, end);
  while (begin < end && tokens_[begin].punctuation && tokens_[begin].text != "(") {
    ++begin;
  }
  return begin >= end ? std::string()
                      : paragraph_.text.substr(tokens_[begin].begin, tokens_[end - 1].end - tokens_[begin].begin);
}

Span SentenceReader::span(std::size_t begin, std::size_t end) const {
  end = trimmed_end(begin, end);
  while (begin < end && tokens_[begin].punctuation) {
    ++begin;
  }
  return begin >= end ? Span{} : Span{tokens_[begin].begin, tokens_[end - 1].end};
}

std::string SentenceReader::verb_text(std::size_t begin, std::size_t end) const {
  std::string words;
  for (std::size_t i = begin; i < end; ++i) {
    const std::string& word = tokens_[i].lower;
    const bool tie = word == "also" || word == "recently" || word == "therefore" || word == "further" ||
                     word == "again" || word == "once";
    if (!tie && !tokens_[i].punctuation) {
      words += words.empty() ? "" : " ";
      words += tokens_[i].text;
    }
  }
  return words;
}

Clause& SentenceReader::add(std::size_t begin, std::size_t end, ClauseKind kind, std::string actor) {
  Clause made;
  made.paragraph = paragraph_.number;
  made.kind = kind;
  made.actor = std::move(actor);
  made.quote = span(begin, end);
  const std::string quote = paragraph_.text.substr(made.quote.begin, made.quote.end - made.quote.begin);
  made.hedges = find_hedges(quote);
  made.cites = find_citations(quote);
  out_.push_back(std::move(made));
  return out_.back();
}

void SentenceReader::perform(Clause& clause, const ActPattern& act, double confidence) {
  clause.kind = act.kind;
  clause.act = act.act;
  clause.act_class = act.act_class;
  clause.strength = act.strength;
  clause.confidence = confidence;
}

bool SentenceReader::begins_subject(std::size_t at, std::size_t end) const {
  if (at >= end || tokens_[at].punctuation) {
    return false;
  }
  const std::string& word = tokens_[at].lower;
  return is_pronoun(word) || is_determiner(word) || is_modifier(word) || is_capitalised_word(tokens_[at].text) ||
         (is_plural(word) && !is_preposition(word));
}

std::size_t SentenceReader::end_of_front(std::size_t at, std::size_t end) const {
  std::size_t tried = 0;
  for (std::size_t comma = next_comma(tokens_, at, end); comma < end && tried < limits::front_commas_max;
       comma = next_comma(tokens_, comma + 1, end), ++tried) {
    const std::size_t behind = past_adverbs(tokens_, comma + 1, end);
    if (tokens_[comma].text == "," && begins_subject(behind, end) && !is_conjunction(tokens_[behind].lower) &&
        find_finite(tokens_, behind, end) != nowhere) {
      return comma;
    }
  }
  return nowhere;
}

std::size_t SentenceReader::read_clause(std::size_t at, std::size_t end) {
  std::vector<Front> fronts;
  std::size_t parts = 0;
  for (;;) {
    while (at < end && (tokens_[at].punctuation || is_conjunction(tokens_[at].lower))) {
      ++at;
    }
    const std::size_t word = past_adverbs(tokens_, at, end);
    if (word > at && word < end && tokens_[word].text == ",") {
      at = word + 1;
      continue;
    }
    at = word;
    if (at >= end) {
      return end;
    }
    const std::size_t qualifier = match_qualifier(tokens_, at, end);
    const ActMatch match = match_act(tokens_, at, end, true);
    const std::string& first = tokens_[at].lower;
    const bool fronted = qualifier != 0 || match.pattern != nullptr || is_preposition(first) || first == "while" ||
                         first == "when" || first == "given" || first == "together" || first == "mindful" ||
                         first == "if" || first == "because" || first == "although" || first == "earlier" ||
                         first == "building" || (first.size() > 5 && first.ends_with("ing"));
    const std::size_t comma = fronted && parts++ < limits::fronts_max ? end_of_front(at, end) : nowhere;
    if (comma == nowhere) {
      break;
    }
    if (qualifier != 0) {
      fronts.push_back({at, comma, qualifier, {}});
    } else if (match.pattern != nullptr) {
      fronts.push_back({at, comma, match.end, match});
    }
    at = comma + 1;
  }
  const std::size_t verb = find_finite(tokens_, at, end);
  if (verb == nowhere) {
    return end;
  }
  const Range subject = bare_subject(tokens_, at, verb);
  const std::string actor = text(subject.begin, subject.end);
  double voice = speaks(actor);
  if (actor == "It" || actor == "They") {
    voice = std::min(voice_before_, guessed);  // whoever spoke in the sentence before
  } else {
    voice_before_ = voice;
  }
  for (const Front& front : fronts) {
    add_front(front, actor, voice);
  }
  return read_predicate({.actor = actor, .voice = voice, .begin = at, .verb = verb, .end = end});
}

bool SentenceReader::verb_is_ing(std::string_view word) {
  bool noun_too = false;
  return verb_form(word, noun_too) == Form::ing;
}

void SentenceReader::add_front(const Front& front, const std::string& actor, double voice) {
  Clause& made = add(front.begin, front.end, ClauseKind::qualifier, actor == "we" ? "We" : actor);
  if (front.match.pattern != nullptr && voice > 0.0) {
    perform(made, *front.match.pattern, voice - 0.1);
    made.verb = ascii_lower(verb_text(front.begin, front.word));
    made.object = text(front.word, front.end);
    read_attribution(paragraph_.text.substr(made.quote.begin, made.quote.end - made.quote.begin), made);
    return;
  }
  made.confidence = 0.8;
  made.verb = ascii_lower(verb_text(front.begin, front.word));
  made.object = text(front.word, front.end);
  if (made.cites.empty()) {
    made.cites = find_citations(made.object);
  }
}

std::size_t SentenceReader::read_predicate(Predicate predicate) {
  for (;;) {
    const std::optional<Predicate> next = read_one(predicate);
    if (!next) {
      return end_of_read_;
    }
    predicate = *next;
  }
}

std::optional<SentenceReader::Predicate> SentenceReader::read_one(const Predicate& predicate) {
  const VerbGroup group =
      predicate.inherited != nullptr
          ? VerbGroup{.begin = predicate.verb, .main = predicate.verb, .end = predicate.verb + 1, .form = Form::base}
          : read_verb_group(tokens_, predicate.verb, predicate.end);
  ActMatch match = match_act(tokens_, group.begin, predicate.end, false);
  if (match.pattern == nullptr && is_be(tokens_[group.begin].lower) && !group.past && group.main != group.begin) {
    match = match_act(tokens_, group.main, predicate.end, true);  // "are today exposing"
  }
  if (predicate.inherited != nullptr) {
    match = {predicate.inherited, predicate.verb, Form::base};
  }
  const bool perfect_act = match.pattern != nullptr && match.pattern->words.front() == "have";
  const bool future = match.pattern != nullptr && match.pattern->act == "will";
  const bool associates = match.pattern != nullptr && match.pattern->act == "associate";
  const bool performs = match.pattern != nullptr && (predicate.voice > 0.0 || associates) &&
                        (!group.past || perfect_act) && (!group.negated || future) &&
                        is_real_act(*match.pattern, match.end, predicate.end);
  std::optional<Predicate> next;
  const std::size_t behind =
      performs ? std::max(match.end, predicate.inherited != nullptr ? group.end : match.end) : group.end;
  const std::size_t stop = find_end(predicate, group, performs ? match.pattern : nullptr, behind, next);
  if (performs) {
    add_performed(predicate, group, match, stop);
  } else {
    add_fact(predicate, group, stop);
  }
  return next;
}

bool SentenceReader::is_real_act(const ActPattern& pattern, std::size_t at, std::size_t end) const {
  if (pattern.act == "use-as-platform") {
    for (std::size_t i = at; i + 1 < end && i < at + 10; ++i) {
      if (tokens_[i].lower == "as") {
        for (std::size_t j = i + 1; j < end && j < i + 5; ++j) {
          if (tokens_[j].lower == "platform" || tokens_[j].lower == "forum" || tokens_[j].lower == "venue") {
            return true;
          }
        }
      }
    }
    return false;
  }
  return true;
}

std::size_t SentenceReader::find_end(const Predicate& predicate, const VerbGroup& group, const ActPattern* act,
                                     std::size_t behind, std::optional<Predicate>& next) {
  const std::size_t end = predicate.end;
  bool told = false;  // inside "that …": verbs there belong to what is told
  for (std::size_t j = behind; j < end; ++j) {
    const Token& token = tokens_[j];
    if (token.text == "(") {
      while (j < end && tokens_[j].text != ")") {
        ++j;
      }
      continue;
    }
    told = told || (token.lower == "that" && j < behind + 2) || token.lower == "which" || token.lower == "who";
    const bool comma = token.text == "," || token.text == ";";
    const bool conjunction = token.lower == "and" || token.lower == "but" || token.lower == "while";
    if (!comma && !conjunction) {
      continue;
    }
    std::size_t p = j + 1;
    const bool comma_and = comma && p < end &&
                           (tokens_[p].lower == "and" || tokens_[p].lower == "but" || tokens_[p].lower == "while" ||
                            tokens_[p].lower == "as");
    if (comma_and) {
      const std::size_t well = match_phrase(tokens_, p, end, "as well as");
      p = well != 0 ? well : p + 1;
      if (well == 0 && tokens_[p - 1].lower == "as") {
        continue;
      }
    }
    const bool joined = conjunction || comma_and || token.text == ";";
    const std::size_t verb = past_adverbs(tokens_, p, end);
    if (verb >= end || tokens_[verb].punctuation) {
      continue;
    }
    // A new subject.
    const bool pronoun = tokens_[verb].lower == "we" || tokens_[verb].lower == "i" || tokens_[verb].lower == "they";
    const bool subject =
        joined &&
        (pronoun || ((comma_and || token.text == ";") && begins_subject(p, end) && !is_pronoun(tokens_[p].lower)));
    if (subject && (!told || pronoun)) {
      const std::size_t finite = find_finite(tokens_, p, end);
      const std::size_t window = pronoun ? 6 : 12;
      if (finite != nowhere && finite < p + window && !(is_base_verb(tokens_, p, end) && group.form == Form::base)) {
        end_of_read_ = p;
        return j;
      }
    }
    if (!joined) {
      continue;
    }
    if (const auto found = same_subject(predicate, group, act, verb, comma_and || token.text == ";", told, behind, j);
        found) {
      next = found;
      next->begin = with_adverbs(tokens_, verb, p);
      return j;
    }
  }
  end_of_read_ = end;
  return end;
}

std::optional<SentenceReader::Predicate> SentenceReader::same_subject(const Predicate& predicate,
                                                                      const VerbGroup& group, const ActPattern* act,
                                                                      std::size_t verb, bool after_comma, bool told,
                                                                      std::size_t behind, std::size_t j) const {
  Predicate out = predicate;
  out.verb = verb;
  out.inherited = nullptr;
  const std::string& word = tokens_[verb].lower;
  // What stays or stands ready is rather the issuer than what a relative clause is about.
  const bool stance = word == "remain" || word == "remains" || word == "stand" || word == "stands";
  if (told && !after_comma && !stance) {
    return std::nullopt;
  }
  const Form wanted = group.modal ? Form::base : group.form;
  if (is_auxiliary(word) && word != "do" && word != "need" && !told) {
    const bool agrees =
        (word == "is" || word == "has" || word == "does") ? group.form == Form::third || group.modal : true;
    return agrees ? std::optional(out) : std::nullopt;
  }
  const ActMatch match = match_act(tokens_, verb, predicate.end, false);
  if (match.pattern != nullptr && match.form == wanted && predicate.voice > 0.0 && !group.modal &&
      predicate.inherited == nullptr) {
    const bool several = match.end > verb + 1;
    bool noun_too = false;
    verb_form(word, noun_too);
    if (!noun_too || several || after_comma || is_determiner_at(verb + 1, predicate.end)) {
      return out;
    }
  }
  bool noun_too = false;
  if (wanted == Form::third && verb_form(word, noun_too) == Form::third && !noun_too && !told) {
    return out;
  }
  // "will raise our guard, and support each other"
  const bool future = act != nullptr && act->act == "will";
  if (future && is_base_verb(tokens_, verb, predicate.end) && j > behind + 2 &&
      begins_noun_phrase(tokens_, verb + 1, predicate.end) && !in_infinitive(behind, j)) {
    out.inherited = act;
    return out;
  }
  return std::nullopt;
}

bool SentenceReader::is_determiner_at(std::size_t at, std::size_t end) const {
  return at < end &&
         (is_determiner(tokens_[at].lower) || is_capitalised_word(tokens_[at].text) || tokens_[at].lower == "with");
}

bool SentenceReader::in_infinitive(std::size_t begin, std::size_t end) const {
  std::size_t seen = 0;
  for (std::size_t i = begin; i + 1 < end; ++i) {
    seen += tokens_[i].lower == "to" && is_base_verb(tokens_, past_adverbs(tokens_, i + 1, end), end) ? 1 : 0;
  }
  return seen > (begin < end && tokens_[begin].lower == "continue" ? 1u : 0u);
}

}  // namespace tocsin::speech
