// What hangs on a predicate, and the clauses that are made of it.
#include "speech/sentence_reader.h"

#include <algorithm>

#include "base/text.h"
#include "speech/clause_details.h"

namespace tocsin::speech {

std::size_t SentenceReader::purpose_at(std::size_t i, std::size_t end, bool needs_comma) const {
  std::size_t at = i;
  bool comma = false;
  if (tokens_[at].text == ",") {
    comma = true;
    ++at;
  }
  if (at < end && (tokens_[at].lower == "and" || tokens_[at].lower == "or")) {
    comma = true;
    ++at;
  }
  if (const std::size_t well = match_phrase(tokens_, at, end, "as well as"); well != 0) {
    comma = true;
    at = well;
  }
  if (const std::size_t order = match_phrase(tokens_, at, end, "in order to"); order != 0) {
    return past_adverbs(tokens_, order, end);
  }
  if (at >= end || tokens_[at].lower != "to" || (needs_comma && !comma)) {
    return 0;
  }
  const std::size_t verb = past_adverbs(tokens_, at + 1, end);
  bool noun_too = false;
  return verb < end && !tokens_[verb].punctuation && verb_form(tokens_[verb].lower, noun_too) == Form::base ? verb : 0;
}

std::vector<Cut> SentenceReader::find_cuts(std::size_t begin, std::size_t end, const ActPattern* act) const {
  std::vector<Cut> cuts;
  const bool platform = act != nullptr && act->act == "use-as-platform";
  const bool determined = act != nullptr && act->act == "declare-determination";
  bool in_purpose = false;
  for (std::size_t i = begin; i < end; ++i) {
    const Token& token = tokens_[i];
    if (token.text == "(") {
      while (i < end && tokens_[i].text != ")") {
        ++i;
      }
      continue;
    }
    const std::size_t j = token.text == "," ? i + 1 : i;
    if (j >= end) {
      break;
    }
    if (tokens_[j].lower == "which" && i > begin && !is_preposition(tokens_[j - 1].lower) &&
        !is_conjunction(tokens_[j - 1].lower)) {
      cuts.push_back({j, j + 1, CutKind::relative});
      i = j;
      continue;
    }
    if (const std::size_t word = match_qualifier(tokens_, j, end); word != 0) {
      cuts.push_back({j, word, CutKind::qualifier});
      i = word - 1;
      continue;
    }
    if (const std::size_t word = match_phrase(tokens_, j, end, "including through"); word != 0) {
      cuts.push_back({j, word, CutKind::including});
      i = word - 1;
      continue;
    }
    const std::size_t by = match_phrase(tokens_, j, end, "including by") != 0 ? j + 2
                           : match_phrase(tokens_, j, end, "by") != 0         ? j + 1
                                                                              : 0;
    if (by != 0 && by < end) {
      const std::size_t verb = past_adverbs(tokens_, by, end);
      if (match_act(tokens_, verb, end, true).pattern != nullptr ||
          (act == nullptr && verb < end && verb_is_ing(tokens_[verb].lower))) {
        cuts.push_back({j, verb, CutKind::means});
        i = verb;
        continue;
      }
    }
    if ((platform || determined) && i > begin + 1) {
      const std::size_t verb = purpose_at(i, end, platform || in_purpose);
      if (verb != 0) {
        cuts.push_back({i, verb, CutKind::purpose});
        in_purpose = true;
        i = verb;
        continue;
      }
    }
    if (act == nullptr && (token.text == "," || match_phrase(tokens_, i, end, "as well as") != 0)) {
      const std::size_t well = match_phrase(tokens_, j, end, "as well as");
      const std::size_t verb = past_adverbs(tokens_, well != 0 ? well : j, end);
      if (verb < end && !tokens_[verb].punctuation && verb_is_ing(tokens_[verb].lower) &&
          tokens_[verb].lower != "including" && tokens_[verb].lower != "following") {
        cuts.push_back({verb, verb, CutKind::participle});
        i = verb;
      }
    }
  }
  return cuts;
}

std::string SentenceReader::antecedent(std::size_t begin, std::size_t at) const {
  for (std::size_t i = begin; i + 1 < at; ++i) {
    bool noun_too = false;
    const Form form = verb_form(tokens_[i].lower, noun_too);
    if (is_auxiliary(tokens_[i].lower)) {
      begin = std::min(read_verb_group(tokens_, i, at).end, at);
    } else if (!noun_too && (form == Form::past || form == Form::third)) {
      begin = i + 1;
    }
  }
  return understood(text(begin, at));
}

void SentenceReader::add_parts(const std::vector<Cut>& cuts, std::size_t begin, std::size_t end,
                               const Predicate& predicate, const ActPattern* act, double confidence) {
  for (std::size_t c = 0; c < cuts.size(); ++c) {
    const Cut& cut = cuts[c];
    const std::size_t stop = c + 1 < cuts.size() ? cuts[c + 1].at : end;
    const std::size_t before = c > 0 ? std::max(cuts[c - 1].word, begin) : begin;
    switch (cut.kind) {
      case CutKind::relative:
        add_relative(cut, before, stop);
        break;
      case CutKind::qualifier: {
        Clause& made = add(cut.at, stop, ClauseKind::qualifier, predicate.actor);
        made.verb = verb_text(cut.at, cut.word);
        made.object = text(cut.word, stop);
        made.confidence = 0.8;
        if (made.verb == "based on" && cut.at > before) {
          made.actor = antecedent(before, cut.at);
          made.object = without_repeated(made.object, " on ");
        }
        break;
      }
      case CutKind::including:
        if (act != nullptr) {
          add_including(cut, stop, predicate, *act, confidence);
        }
        break;
      case CutKind::means:
        add_means(cut, stop, predicate, confidence);
        break;
      case CutKind::purpose:
        add_purpose(cuts, c, end, predicate, act, confidence);
        break;
      case CutKind::participle:
        add_participle(cut, begin, cuts.front().at, stop);
        break;
    }
  }
}

std::string SentenceReader::without_repeated(std::string text, std::string_view word) {
  for (const std::string& before : {std::string(", and") + std::string(word), std::string(",") + std::string(word)}) {
    for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
      text.replace(at, before.size(), ", ");
    }
  }
  return text;
}

void SentenceReader::add_including(const Cut& cut, std::size_t stop, const Predicate& predicate, const ActPattern& act,
                                   double confidence) {
  std::size_t of = cut.word;
  while (of < stop && tokens_[of].lower != "of") {
    ++of;
  }
  Clause& made = add(cut.at, stop, ClauseKind::performative, predicate.actor);
  perform(made, act, confidence - 0.15);
  const std::size_t object = of < stop ? of + 1 : cut.word;
  // Of "remain committed to uphold" the verb and what it is bound to, without the infinitive.
  std::size_t verb = predicate.verb + 1;
  while (verb < cut.at && verb < predicate.verb + 4 && tokens_[verb].lower != "to") {
    ++verb;
  }
  made.verb = "(" + verb_text(predicate.verb, verb) + ") " + verb_text(cut.at + 1, object);
  made.object = text(object, stop);
}

void SentenceReader::add_means(const Cut& cut, std::size_t stop, const Predicate& predicate, double confidence) {
  const ActMatch match = match_act(tokens_, cut.word, stop, true);
  if (match.pattern == nullptr || predicate.voice <= 0.0) {
    if (predicate.voice <= 0.0) {
      Clause& made = add(cut.at, stop, ClauseKind::fact, understood(predicate.actor));
      made.verb = verb_text(cut.at, cut.word + 1);
      made.object = text(cut.word + 1, stop);
      made.confidence = 0.5;
    }
    return;
  }
  std::size_t middle = stop;
  for (std::size_t i = match.end; i + 1 < stop; ++i) {
    if (tokens_[i].lower == "and" && is_determiner(tokens_[i + 1].lower) && tokens_[i + 1].lower != "other") {
      middle = i;
      break;
    }
  }
  const std::string verb = verb_text(cut.at, match.end);
  for (std::size_t part = 0; part < (middle < stop ? 2u : 1u); ++part) {
    const std::size_t from = part == 0 ? cut.at : middle + 1;
    const std::size_t to = part == 0 ? middle : stop;
    Clause& made = add(from, to, ClauseKind::qualifier, predicate.actor);
    perform(made, *match.pattern, confidence - 0.15);
    made.kind = match.pattern->kind == ClauseKind::platform ? ClauseKind::platform : ClauseKind::qualifier;
    made.verb = part == 0 ? verb : "(" + verb + ")";
    made.object = text(part == 0 ? match.end : from, to);
  }
}

std::vector<SentenceReader::ListedVerb> SentenceReader::listed_verbs(std::size_t at, std::size_t end) const {
  std::vector<ListedVerb> verbs;
  std::size_t i = at;
  while (i < end) {
    const std::size_t verb = past_adverbs(tokens_, i, end);
    bool noun_too = false;
    if (verb >= end || tokens_[verb].punctuation || verb_form(tokens_[verb].lower, noun_too) != Form::base) {
      break;
    }
    std::size_t stop = verb + 1;
    if (stop < end && is_preposition(tokens_[stop].lower) && stop + 1 < end &&
        (tokens_[stop + 1].text == "," || is_conjunction(tokens_[stop + 1].lower))) {
      ++stop;
    }
    verbs.push_back({i, stop});
    i = stop;
    const std::size_t from = i;
    while (i < end && (tokens_[i].text == "," || is_conjunction(tokens_[i].lower))) {
      ++i;
    }
    if (i == from) {
      break;
    }
  }
  return verbs;
}

void SentenceReader::add_purpose(const std::vector<Cut>& cuts, std::size_t c, std::size_t end,
                                 const Predicate& predicate, const ActPattern* act, double confidence) {
  const Cut& cut = cuts[c];
  const std::size_t stop = c + 1 < cuts.size() ? cuts[c + 1].at : end;
  if (act == nullptr) {
    return;
  }
  if (act->act == "use-as-platform") {
    const auto patterns = act_patterns();
    const auto found = std::find_if(patterns.begin(), patterns.end(), [&](const ActPattern& one) {
      return one.act_class == "platform" && one.words.size() == 1 &&
             form_of(tokens_[cut.word].lower, one.words.front()) == Form::base;
    });
    if (found == patterns.end()) {
      return;
    }
    std::size_t to = cut.at;
    while (tokens_[to].lower != "to") {
      ++to;
    }
    Clause& made = add(to, stop, ClauseKind::platform, predicate.actor);
    perform(made, *found, confidence - 0.05);
    made.verb = verb_text(cut.word, cut.word + 1);
    made.object = text(cut.word + 1, stop);
    return;
  }
  std::size_t to = cut.at;
  while (to < cut.word && tokens_[to].lower != "to") {
    ++to;
  }
  const std::vector<ListedVerb> verbs = listed_verbs(to + 1, stop);
  if (verbs.size() < 2 && c > 0 && cuts[c - 1].kind == CutKind::purpose) {
    return;  // a purpose of the purpose
  }
  for (std::size_t i = 0; i < verbs.size(); ++i) {
    const bool last = i + 1 == verbs.size() && verbs.size() > 1;
    Clause& made = add(last ? verbs[i].begin : to, stop, ClauseKind::performative, predicate.actor);
    perform(made, *act, confidence - 0.1);
    made.verb = "(" + verb_text(predicate.verb, predicate.verb + 1) + " determined to) " +
                verb_text(verbs[i].begin, verbs[i].end);
    made.object = text(verbs.back().end, stop);
  }
}

void SentenceReader::add_relative(const Cut& cut, std::size_t before, std::size_t stop) {
  if (cut.word >= stop || tokens_[cut.word].punctuation) {
    return;
  }
  // "which Vardia claims to uphold" has a subject of its own.
  const std::size_t own = find_finite(tokens_, cut.word, stop);
  const bool has_subject = own != nowhere && own > cut.word && begins_subject(cut.word, stop) &&
                           !is_auxiliary(tokens_[cut.word].lower) && !is_adverb(tokens_[cut.word].lower);
  const std::string actor =
      has_subject ? text(cut.word, with_adverbs(tokens_, own, cut.word)) : antecedent(before, cut.at);
  const VerbGroup group = read_verb_group(tokens_, has_subject ? own : past_adverbs(tokens_, cut.word, stop), stop);
  std::size_t verb_end = group.end;
  if (verb_end < stop && tokens_[verb_end].lower == "to") {
    const std::vector<ListedVerb> verbs = listed_verbs(verb_end + 1, stop);
    verb_end = verbs.empty() ? verb_end : verbs.back().end;
  } else if (verb_end < stop && is_preposition(tokens_[verb_end].lower)) {
    ++verb_end;
  }
  std::size_t part = cut.at;
  std::size_t verb_begin = group.begin;
  for (std::size_t i = verb_end + 1; i + 1 < stop; ++i) {
    const bool conjunction = tokens_[i].lower == "and" || tokens_[i].lower == "or";
    const std::size_t verb = past_adverbs(tokens_, i + 1, stop);
    if (!conjunction || !is_base_verb(tokens_, verb, stop) || !begins_noun_phrase(tokens_, verb + 1, stop)) {
      continue;
    }
    add_told(part, i, verb_begin, verb_end, actor, 0.7);
    part = verb;
    verb_begin = verb;
    verb_end = verb + 1;
  }
  add_told(part, stop, verb_begin, verb_end, actor, 0.7);
}

Clause& SentenceReader::add_told(std::size_t begin, std::size_t end, std::size_t verb_begin, std::size_t verb_end,
                                 const std::string& actor, double confidence) {
  Clause& made = add(begin, end, ClauseKind::fact, actor);
  made.verb = verb_text(verb_begin, verb_end);
  made.object = text(verb_end, end);
  made.confidence = confidence;
  return made;
}

void SentenceReader::add_participle(const Cut& cut, std::size_t begin, std::size_t first, std::size_t stop) {
  const std::string actor = antecedent(begin, first);
  const std::string& verb = tokens_[cut.word].lower;
  const std::size_t object = cut.word + 1;
  std::size_t middle = stop;
  if (verb == "targeting" || verb == "affecting") {
    for (std::size_t i = object; i + 1 < stop; ++i) {
      if (tokens_[i].lower == "and") {
        middle = i;
        break;
      }
    }
  }
  add_told(cut.at, middle, cut.word, object, actor, 0.7);
  if (middle < stop && !tokens_[middle + 1].punctuation) {
    const bool shared =
        object < middle && is_determiner(tokens_[object].lower) && !is_determiner(tokens_[middle + 1].lower);
    Clause& made = add_told(object, stop, middle, middle, actor, 0.7);
    made.verb = verb_text(cut.word, object);
    made.object = (shared ? std::string(tokens_[object].text) + " " : "") + text(middle + 1, stop);
  }
}

void SentenceReader::add_fact(const Predicate& predicate, const VerbGroup& group, std::size_t stop) {
  const std::vector<Cut> cuts = find_cuts(group.end, stop, nullptr);
  const std::size_t main_end = cuts.empty() ? stop : cuts.front().at;
  std::size_t verb_end = group.end;
  if (verb_end < main_end && group.passive && is_preposition(tokens_[verb_end].lower)) {
    ++verb_end;
  }
  Clause& made = add(predicate.begin, main_end, ClauseKind::fact, predicate.actor);
  for (std::size_t i = verb_end; i + 3 < main_end && i < verb_end + 4; ++i) {
    if (const std::size_t role = match_phrase(tokens_, i, main_end, "role to play in"); role != 0) {
      verb_end = role;
    }
  }
  made.verb = verb_text(group.begin, verb_end);
  made.object = text(verb_end, main_end);
  made.confidence = group.form == Form::none ? 0.5 : 0.7;
  if (!group.passive) {
    made.act = "assert";
    made.act_class = "assertive";
    made.strength = 3;
  }
  const std::string small = ascii_lower(predicate.actor);
  if (small == "states" || small.ends_with(" states") || small.ends_with(" parties")) {
    if (small.starts_with("all ") || small == "states" || small.starts_with("every ")) {
      made.addressee_set = {predicate.actor};
    }
  }
  read_attribution(paragraph_.text.substr(made.quote.begin, made.quote.end - made.quote.begin), made);
  add_parts(cuts, verb_end, stop, predicate, nullptr, 0.7);
}

void SentenceReader::add_performed(const Predicate& predicate, const VerbGroup& group, const ActMatch& match,
                                   std::size_t stop) {
  ActPattern act = *match.pattern;
  double confidence = std::max(predicate.voice, 0.5) - (predicate.inherited != nullptr ? 0.15 : 0.0);
  const std::size_t verb_begin = with_adverbs(tokens_, group.begin, predicate.begin);
  bool intense = false;
  for (std::size_t i = verb_begin; i < std::max(match.end, group.end); ++i) {
    intense = intense || is_intensifier(tokens_[i].lower);
  }
  for (std::size_t i = match.end; i + 2 < stop; ++i) {
    intense =
        intense || (tokens_[i].lower == "in" && tokens_[i + 1].lower == "the" && tokens_[i + 2].lower == "strongest");
  }
  if (intense) {
    act.strength = std::min(act.strength + 1, 5);
    act.act = act.act == "condemn" ? std::string_view("strongly-condemn") : act.act;
  }
  std::size_t object = predicate.inherited != nullptr ? group.end : match.end;
  object = verb_and_infinitive(act, object, stop);
  const std::vector<Cut> cuts = find_cuts(object, stop, &act);
  const std::size_t main_end = cuts.empty() ? stop : cuts.front().at;
  std::string verb = verb_text(verb_begin, object);
  if (predicate.inherited != nullptr) {
    verb = "(will) " + verb;
  }
  if (act.act_class == "directive" && act.act != "call-for" && act.act != "warn") {
    add_conducts(predicate, act, verb, object, main_end, confidence);
  } else {
    Clause& made = add(predicate.begin, main_end, act.kind, predicate.actor);
    perform(made, act, confidence);
    made.verb = verb;
    made.object = object_text(object, main_end);
    if (act.act == "reiterate-willingness") {
      name_partner(made);
    }
    read_attribution(paragraph_.text.substr(made.quote.begin, made.quote.end - made.quote.begin), made);
    leave_out_claimants(made);
  }
  add_parts(cuts, object, stop, predicate, &act, confidence);
}

std::size_t SentenceReader::verb_and_infinitive(const ActPattern& act, std::size_t at, std::size_t end) const {
  const std::string_view last = act.words.back();
  if ((last != "to" && act.act != "will") || act.act == "promote") {
    return at;
  }
  std::size_t i = past_adverbs(tokens_, at, end);
  bool noun_too = false;
  for (int verbs = 0; verbs < 2 && i < end && !tokens_[i].punctuation; ++verbs) {
    const Form form = verb_form(tokens_[i].lower, noun_too);
    if (form != Form::base && form != Form::ing) {
      break;
    }
    at = ++i;
    if (i + 1 < end && tokens_[i].lower == "to" && tokens_[i - 1].lower == "continue") {
      i = past_adverbs(tokens_, i + 1, end);
      continue;
    }
    if (tokens_[i - 1].lower != "continue") {
      break;
    }
  }
  return at;
}

std::string SentenceReader::object_text(std::size_t begin, std::size_t end) const {
  while (begin < end && (tokens_[begin].lower == "to" || tokens_[begin].lower == "that" ||
                         tokens_[begin].lower == "with" || tokens_[begin].lower == "on")) {
    ++begin;
  }
  for (std::size_t i = begin; i + 1 < end; ++i) {
    if (tokens_[i].text == "," && tokens_[i + 1].lower == "as" &&
        match_phrase(tokens_, i + 1, end, "as well as") == 0) {
      end = i;
    }
  }
  return text(begin, end);
}

void SentenceReader::leave_out_claimants(Clause& made) {
  const std::size_t such = made.object.find(", such as");
  const std::size_t verb = made.object.find("attributing");
  if (made.about_attribution && such != std::string::npos && verb != std::string::npos && such < verb) {
    made.object.replace(such, verb - such, " ");
  }
}

void SentenceReader::name_partner(Clause& made) const {
  const std::string_view object = made.object;
  for (std::size_t at = object.find(" with "); at != std::string_view::npos; at = object.find(" with ", at + 1)) {
    std::string_view name = object.substr(at + 6);
    for (const std::string_view stop : {",", " based", " on ", " in ", " to ", " about "}) {
      name = name.substr(0, std::min(name.find(stop), name.size()));
    }
    if (is_country(name) || is_capitalised_word(name)) {
      made.addressee_named = split_list(name);
      return;
    }
  }
}

void SentenceReader::add_conducts(const Predicate& predicate, const ActPattern& act, const std::string& verb,
                                  std::size_t at, std::size_t end, double confidence) {
  std::size_t first = at;
  bool content = false;
  for (; first < end; ++first) {
    if (tokens_[first].lower == "that" && first == at) {
      content = true;
      break;
    }
    if (tokens_[first].lower == "to") {
      const std::size_t base = past_adverbs(tokens_, first + 1, end);
      bool noun_too = false;
      if (base < end && !tokens_[base].punctuation &&
          (verb_form(tokens_[base].lower, noun_too) == Form::base || tokens_[base].lower == "be" ||
           !is_determiner(tokens_[base].lower)) &&
          !is_capitalised_word(tokens_[base].text)) {
        break;
      }
    }
  }
  std::vector<std::size_t> starts = {first};
  for (std::size_t i = first + 2; !content && i + 1 < end; ++i) {
    const bool comma = tokens_[i].text == ",";
    const bool conjunction = tokens_[i].lower == "and";
    if (!comma && !conjunction) {
      continue;
    }
    std::size_t p = i + 1;
    p += comma && p < end && tokens_[p].lower == "and" ? 1 : 0;
    const bool to = p < end && tokens_[p].lower == "to";
    const std::size_t base = past_adverbs(tokens_, to ? p + 1 : p, end);
    const bool own_object = i > starts.back() + 2 && !verbs_until(starts.back() + 1, i);
    if ((to && is_base(base, end)) ||
        (!to && own_object && is_base_verb(tokens_, base, end) &&
         (begins_noun_phrase(tokens_, base + 1, end) || (base + 1 < end && is_preposition(tokens_[base + 1].lower))))) {
      starts.push_back(p);
      i = base;
    }
  }
  Clause read;
  read_addressee(text(at, first), read);
  for (std::size_t s = 0; s < starts.size(); ++s) {
    const std::size_t stop = s + 1 < starts.size() ? starts[s + 1] : end;
    std::size_t quote_end = stop;
    while (quote_end > starts[s] && s + 1 < starts.size() && tokens_[quote_end - 1].lower == "and") {
      --quote_end;
    }
    Clause& made = add(s == 0 ? predicate.begin : starts[s], quote_end, ClauseKind::performative, predicate.actor);
    perform(made, act, confidence);
    made.verb = verb;
    made.object = first < end ? text(starts[s], quote_end) : text(at, end);
    made.addressee_set = read.addressee_set;
    made.addressee_named = read.addressee_named;
  }
}

bool SentenceReader::is_base(std::size_t at, std::size_t end) const {
  bool noun_too = false;
  return at < end && !tokens_[at].punctuation &&
         (verb_form(tokens_[at].lower, noun_too) == Form::base || tokens_[at].lower == "be");
}

bool SentenceReader::verbs_until(std::size_t begin, std::size_t end) const {
  for (std::size_t i = begin; i < end; ++i) {
    if (!is_base(i, end) && !is_adverb(tokens_[i].lower) && !is_conjunction(tokens_[i].lower)) {
      return false;
    }
  }
  return true;
}

}  // namespace tocsin::speech
