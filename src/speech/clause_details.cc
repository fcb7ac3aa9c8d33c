#include "speech/clause_details.h"

#include <algorithm>

#include "base/text.h"

namespace tocsin::speech {
namespace {

constexpr std::string_view hedges[] = {"as applicable",
                                       "as appropriate",
                                       "where appropriate",
                                       "when appropriate",
                                       "if appropriate",
                                       "as necessary",
                                       "where necessary",
                                       "when necessary",
                                       "if necessary",
                                       "as needed",
                                       "as far as possible",
                                       "where applicable",
                                       "to the extent possible",
                                       "in principle",
                                       "almost certainly",
                                       "highly likely",
                                       "such as",
                                       "including",
                                       "inter alia",
                                       "possible",
                                       "potential",
                                       "constructive",
                                       "voluntary",
                                       "likely",
                                       "probably",
                                       "appears to",
                                       "may",
                                       "might",
                                       "could",
                                       "in particular"};

// Last words of names of agreed texts.
constexpr std::string_view text_kinds[] = {
    "communiqu\xC3\xA9", "communique", "pledge",     "declaration", "charter",  "convention", "treaty",
    "resolution",        "memorandum", "agreement",  "accord",      "protocol", "concept",    "compass",
    "toolbox",           "accords",    "resolutions"};

bool word_edge(std::string_view text, std::size_t at) {
  return at == 0 || at >= text.size() || (!ascii_alpha(text[at]) && text[at] != '-') ||
         (!ascii_alpha(text[at - 1]) && text[at - 1] != '-');
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find(' ', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::string_view without_marks(std::string_view text) {
  while (!text.empty() && std::string_view(",.;:()\"").find(text.back()) != std::string_view::npos) {
    text.remove_suffix(1);
  }
  while (!text.empty() && std::string_view("(\"").find(text.front()) != std::string_view::npos) {
    text.remove_prefix(1);
  }
  return text;
}

std::string joined(const std::vector<std::string_view>& words, std::size_t begin, std::size_t end) {
  std::string out;
  for (std::size_t i = begin; i < end; ++i) {
    out += out.empty() ? "" : " ";
    out += words[i];
  }
  return std::string(without_marks(out));
}

std::string_view trimmed(std::string_view text) {
  text = trim(text);
  while (!text.empty() && std::string_view(",;: ").find(text.back()) != std::string_view::npos) {
    text.remove_suffix(1);
  }
  while (!text.empty() && std::string_view(",;: ").find(text.front()) != std::string_view::npos) {
    text.remove_prefix(1);
  }
  return text;
}

bool is_named(std::string_view text) {
  // A name, maybe behind "the": capitalised, and not "States", "Allies", "Parties".
  std::string_view name = text;
  for (const std::string_view article : {"the ", "The "}) {
    name = name.starts_with(article) ? name.substr(article.size()) : name;
  }
  const std::string small = ascii_lower(name);
  for (const std::string_view common :
       {"states", "allies", "parties", "member states", "partners", "participating states"}) {
    if (small == common) {
      return false;
    }
  }
  return is_country(text) || is_capitalised_word(name);
}

}  // namespace

std::vector<std::string> find_hedges(std::string_view text) {
  std::vector<std::pair<std::size_t, std::string>> found;
  const std::string small = ascii_lower(text);
  std::string free = small;  // what a longer hedge has taken is not met again
  for (const std::string_view hedge : hedges) {
    for (std::size_t at = free.find(hedge); at != std::string::npos; at = free.find(hedge, at + hedge.size())) {
      if (!word_edge(free, at) || !word_edge(free, at + hedge.size()) || (hedge == "may" && text[at] == 'M')) {
        continue;
      }
      found.emplace_back(at, std::string(text.substr(at, hedge.size())));
      std::fill(free.begin() + static_cast<std::ptrdiff_t>(at),
                free.begin() + static_cast<std::ptrdiff_t>(at + hedge.size()), '#');
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  for (auto& [at, hedge] : found) {
    if (std::find(out.begin(), out.end(), hedge) == out.end()) {
      out.push_back(std::move(hedge));
    }
  }
  return out;
}

std::vector<std::string> find_citations(std::string_view text) {
  std::vector<std::string> out;
  const std::vector<std::string_view> words = words_of(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = without_marks(words[i]);
    const std::string small = ascii_lower(word);
    if (!is_capitalised_word(word) ||
        std::find(std::begin(text_kinds), std::end(text_kinds), small) == std::end(text_kinds)) {
      continue;
    }
    std::size_t begin = i;
    while (begin > 0 && is_capitalised_word(words[begin - 1]) &&
           words[begin - 1].find_first_of(",;:") == std::string_view::npos && !words[begin - 1].ends_with("'s") &&
           !words[begin - 1].ends_with("s'")) {
      --begin;
    }
    std::size_t end = i + 1;
    // "Charter of the United Nations", "Resolution 2341"
    if (end < words.size() && word.size() == words[i].size()) {
      if (ascii_digit(words[end][0])) {
        ++end;
      } else if (words[end] == "of" || words[end] == "on") {
        std::size_t next = end + 1;
        next += next < words.size() && words[next] == "the" ? 1 : 0;
        while (next < words.size() && is_capitalised_word(words[next])) {
          end = ++next;
          if (words[next - 1].find_first_of(",;.") != std::string_view::npos) {
            break;
          }
        }
      }
    }
    std::string name = joined(words, begin, end);
    if (name.starts_with("The ")) {
      name.erase(0, 4);
    }
    if (std::find(out.begin(), out.end(), name) == out.end()) {
      out.push_back(std::move(name));
    }
  }
  // Norms that all members of the United Nations have taken up.
  const std::string small = ascii_lower(text);
  const bool norms = small.find("norms") != std::string::npos || small.find("framework") != std::string::npos;
  for (const std::string_view verb :
       {"recognized by", "recognised by", "endorsed by", "affirmed by", "agreed by", "adopted by"}) {
    const std::size_t at = small.find(verb);
    if (norms && at != std::string::npos &&
        (small.find("united nations", at) != std::string::npos || small.find("un ", at) != std::string::npos)) {
      out.push_back("norms recognized by all UN member states");
      break;
    }
  }
  return out;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  std::string rest(trimmed(text));
  std::size_t at = 0;
  const auto add = [&](std::string_view piece) {
    piece = trimmed(piece);
    if (piece.starts_with("and ")) {
      piece = trimmed(piece.substr(4));
    }
    if (!piece.empty()) {
      out.emplace_back(piece);
    }
  };
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const bool comma = rest[i] == ',';
    const bool conjunction =
        rest.compare(i, 5, " and ") == 0 && !std::string_view(rest).substr(at, i - at).ends_with("Bosnia");
    if (comma || conjunction) {
      add(std::string_view(rest).substr(at, i - at));
      at = i + (comma ? 1 : 5);
      i = at - 1;
    }
  }
  add(std::string_view(rest).substr(std::min(at, rest.size())));
  return out;
}

void read_addressee(std::string_view text, Clause& out) {
  std::string_view set = trimmed(text);
  for (const std::string_view opener :
       {"including", "such as", "in particular", "especially", "notably", "particularly"}) {
    const std::size_t at = set.find(opener);
    if (at != std::string_view::npos && word_edge(set, at)) {
      out.addressee_named = split_list(set.substr(at + opener.size()));
      set = trimmed(set.substr(0, at));
      break;
    }
  }
  if (set.empty()) {
    return;
  }
  std::vector<std::string> members = is_named(set) ? split_list(set) : std::vector<std::string>{std::string(set)};
  const bool all_named =
      std::all_of(members.begin(), members.end(), [](const std::string& one) { return is_named(one); });
  if (all_named && !members.empty()) {
    out.addressee_named.insert(out.addressee_named.begin(), members.begin(), members.end());
  } else {
    out.addressee_set.emplace_back(set);
  }
}

void read_attribution(std::string_view text, Clause& out) {
  const std::string small = ascii_lower(text);
  std::size_t at = std::string::npos;
  for (const std::string_view verb : {"attribut", "ascrib"}) {
    std::size_t found = small.find(verb);
    while (found != std::string::npos && small.compare(found, 11, "attribution") == 0) {
      found = small.find(verb, found + 1);  // the noun
    }
    at = std::min(at, found);
  }
  const bool own = out.act == "attribute";
  if (at == std::string::npos && !own) {
    return;
  }
  out.about_attribution = true;
  out.attributes = own;
  // To whom: behind the last "to" that follows the verb.
  const std::size_t from = at == std::string::npos ? 0 : at;
  std::size_t to = std::string::npos;
  for (std::size_t i = small.find(" to ", from); i != std::string::npos; i = small.find(" to ", i + 1)) {
    const std::string_view behind = text.substr(i + 4);
    const bool name = behind.starts_with("the ") || is_capitalised_word(behind);
    to = name ? i : to;
    if (name) {
      break;
    }
  }
  if (to != std::string::npos) {
    std::string_view blamed = text.substr(to + 4);
    for (const std::string_view stop :
         {",", " (", " sponsored ", " which ", " that ", " in ", " and to ", " as ", ";"}) {
      blamed = blamed.substr(0, std::min(blamed.find(stop), blamed.size()));
    }
    while (blamed.ends_with('.')) {
      blamed.remove_suffix(1);
    }
    out.attributed_to = std::string(trimmed(blamed));
  }
  if (own) {
    out.claimants = {out.actor};
    return;
  }
  // By whom: "statements by A, such as B and C, attributing", "that B and C have attributed".
  std::string_view before = text.substr(0, at);
  if (const std::size_t such = before.find("such as"); such != std::string_view::npos) {
    out.claimants_open = true;
    out.claimants = split_list(before.substr(such + 7));
  } else if (const std::size_t by = before.find(" by "); by != std::string_view::npos) {
    out.claimants = split_list(before.substr(by + 4));
  } else if (const std::size_t that = before.find("that "); that != std::string_view::npos) {
    std::string_view names = before.substr(that + 5);
    for (const std::string_view ending : {" have ", " has ", " individually ", " jointly ", " publicly ", " had "}) {
      names = names.substr(0, std::min((std::string(names) + " ").find(ending), names.size()));
    }
    out.claimants = split_list(names);
  }
  if (const std::size_t by = text.find(" by ", at); out.claimants.empty() && by != std::string_view::npos) {
    std::string_view names = text.substr(by + 4);
    out.claimants = split_list(names.substr(0, std::min(names.find(" to "), names.size())));
  }
  std::erase_if(out.claimants, [](const std::string& one) {
    return one.starts_with("in ") || one.starts_with("on ") || ascii_digit(one.front());  // a date between commas
  });
  for (std::string& one : out.claimants) {
    if (one.starts_with("by ")) {
      one.erase(0, 3);
    }
    out.claimants_open =
        out.claimants_open || one.starts_with("other ") || one.starts_with("several ") || one == "others";
  }
}

std::string understood(std::string_view noun_phrase) {
  std::vector<std::string_view> words = words_of(trimmed(noun_phrase));
  while (!words.empty() && is_preposition(ascii_lower(words.front()))) {
    words.erase(words.begin());
  }
  // Of a coordination the last member stands nearest.
  for (std::size_t i = words.size(); i > 0; --i) {
    if (words[i - 1] == "and" && i < words.size() && (words[i] == "other" || is_determiner(ascii_lower(words[i])))) {
      words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
  }
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string small = ascii_lower(without_marks(words[i]));
    const bool first = i == 0;
    if (i > 0 && is_preposition(small)) {
      break;
    }
    const bool hedge = std::find(std::begin(hedges), std::end(hedges), small) != std::end(hedges);
    const bool participle = small.size() > 5 && small.ends_with("ing") && i + 1 < words.size();
    if ((first && (small == "a" || small == "an" || small == "other")) || hedge || participle) {
      continue;
    }
    out += out.empty() ? "" : " ";
    out += without_marks(words[i]);
  }
  return "(" + out + ")";
}

}  // namespace tocsin::speech
