// What a statement says of itself in the lines around it: title, issuer, dates, reference.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "speech/canonical.h"
#include "speech/manifestation.h"

namespace tocsin::speech {
namespace {

constexpr std::string_view months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view month_names[] = {"january", "february", "march",     "april",   "may",      "june",
                                            "july",    "august",   "september", "october", "november", "december"};

struct Word {
  std::string_view text;
  std::size_t begin;
  std::size_t end;
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find(' ', at), text.size());
    out.push_back({text.substr(at, end - at), at, end});
    at = end;
  }
  return out;
}

int month_of(std::string_view word) {
  std::string name = ascii_lower(word);
  while (!name.empty() && (name.back() == '.' || name.back() == ',')) {
    name.pop_back();
  }
  for (int i = 0; i < 12; ++i) {
    if (name == months[i] || name == month_names[i] || (i == 8 && name == "sept")) {
      return i + 1;
    }
  }
  return 0;
}

// A figure with what may stand around it ("19", "19th", "(2021)", "19,").
std::optional<int> figure(std::string_view word, int max) {
  std::string digits;
  std::size_t at = 0;
  while (at < word.size() && !ascii_digit(word[at])) {
    if (word[at] != '(' && word[at] != '|') {
      return std::nullopt;
    }
    ++at;
  }
  while (at < word.size() && ascii_digit(word[at]) && digits.size() < 5) {
    digits += word[at++];
  }
  const std::string_view rest = word.substr(at);
  const bool tail = rest.empty() || rest == "," || rest == "." || rest == ")" || rest == "|" || rest == ";" ||
                    rest == "st" || rest == "nd" || rest == "rd" || rest == "th" || rest == "th," || rest == "st," ||
                    rest == "nd,";
  const auto value = parse_int64(digits);
  if (!tail || !value || *value < 1 || *value > max) {
    return std::nullopt;
  }
  return static_cast<int>(*value);
}

struct Date {
  std::size_t begin = 0;
  std::size_t end = 0;
  int year = 0;
  int month = 0;
  int day = 0;
};

bool plausible(int year) { return year >= 1940 && year <= 2199; }

// The first date at or after a place: "19 Jul. 2021", "July 19, 2021", "2021-07-19", "19/07/2021".
std::optional<Date> find_date(std::string_view line, std::size_t from) {
  const std::vector<Word> words = words_of(line);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].begin < from) {
      continue;
    }
    const std::string_view text = words[i].text;
    if (i + 2 < words.size() && month_of(words[i + 1].text) != 0) {
      const auto day = figure(text, 31);
      const auto year = figure(words[i + 2].text, 9999);
      if (day && year && plausible(*year)) {
        return Date{words[i].begin, words[i + 2].end, *year, month_of(words[i + 1].text), *day};
      }
    }
    if (i + 2 < words.size() && month_of(text) != 0) {
      const auto day = figure(words[i + 1].text, 31);
      const auto year = figure(words[i + 2].text, 9999);
      if (day && year && plausible(*year)) {
        return Date{words[i].begin, words[i + 2].end, *year, month_of(text), *day};
      }
    }
    if (text.size() >= 10 && (text[4] == '-' || text[2] == '/' || text[2] == '.')) {
      const bool iso = text[4] == '-' && text[7] == '-';
      const auto year = parse_int64(iso ? text.substr(0, 4) : text.substr(6, 4));
      const auto month = parse_int64(iso ? text.substr(5, 2) : text.substr(3, 2));
      const auto day = parse_int64(iso ? text.substr(8, 2) : text.substr(0, 2));
      if (year && month && day && plausible(static_cast<int>(*year)) && *month >= 1 && *month <= 12 && *day >= 1 &&
          *day <= 31 && (iso || text[2] == '.' || *day > 12)) {  // 07/08 is read in two ways: left alone
        return Date{words[i].begin, words[i].begin + 10, static_cast<int>(*year), static_cast<int>(*month),
                    static_cast<int>(*day)};
      }
    }
  }
  return std::nullopt;
}

std::string trimmed_date(std::string_view line, const Date& date) {
  std::string_view text = line.substr(date.begin, date.end - date.begin);
  while (!text.empty() && std::string_view(",;|.)").find(text.back()) != std::string_view::npos) {
    text.remove_suffix(1);
  }
  return std::string(text);
}

// "17:20" behind a date, and a zone behind that.
void append_time(std::string_view line, std::size_t at, std::string& worded, std::string& offset) {
  const std::vector<Word> words = words_of(line.substr(std::min(at, line.size())));
  for (std::size_t i = 0; i < words.size() && i < 2; ++i) {
    std::string_view text = words[i].text;
    if (text.size() >= 4 && text.size() <= 8 && text.find(':') != std::string_view::npos && ascii_digit(text[0])) {
      worded += " " + std::string(text);
      const std::string_view zone = i + 1 < words.size() ? words[i + 1].text : std::string_view();
      if (zone == "UTC" || zone == "GMT" || zone == "Z") {
        offset = "+00:00";
      }
      return;
    }
  }
}

bool is_capitalised(std::string_view word) {
  std::size_t at = 0;
  while (at < word.size() && (word[at] == '(' || word[at] == '"' || word[at] == '\'')) {
    ++at;
  }
  if (at >= word.size()) {
    return false;
  }
  const char32_t c = next_code_point(word, at);
  return is_word_character(c) && !is_small_letter(c);
}

// A name from a place in a title on: capitalised words and the small ones between them.
std::string name_from(std::string_view title, std::size_t at) {
  constexpr std::string_view links[] = {"of", "the", "and", "for", "on", "behalf", "de", "du", "des", "&"};
  const std::vector<Word> words = words_of(title.substr(at));
  std::size_t end = 0;
  std::size_t begin = 0;
  bool first = true;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool link = std::find(std::begin(links), std::end(links), words[i].text) != std::end(links);
    if (link && first && words[i].text == "the") {
      continue;
    }
    if (is_capitalised(words[i].text)) {
      begin = first ? words[i].begin : begin;
      first = false;
      end = words[i].end;
      const char last = words[i].text.back();
      if (last == ',' || last == ':' || last == ';' || last == '.') {
        --end;
        break;
      }
      continue;
    }
    // "on" belongs to a name only in "on behalf of".
    const bool on_behalf = words[i].text != "on" || (i + 1 < words.size() && words[i + 1].text == "behalf");
    if (!link || !on_behalf || first) {
      break;
    }
  }
  return first ? std::string() : std::string(title.substr(at + begin, end - begin));
}

std::string issuer_from(std::string_view title) {
  for (const std::string_view by : {" by ", " of the ", " from ", " du ", " der "}) {
    for (std::size_t at = ascii_ifind(title, by); at != std::string_view::npos; at = ascii_ifind(title, by, at + 1)) {
      std::string name = name_from(title, at + by.size());
      if (!name.empty()) {
        return name;
      }
    }
  }
  return {};
}

bool is_kind_of_statement(std::string_view text) {
  // Two parts, so that the letter after the accent is not read as a part of its escape.
  constexpr std::string_view declaration_in_french =
      ("d\xC3\xA9"
       "claration");
  constexpr std::string_view kinds[] = {
      "statement",   "declaration", "communique",  "communiqu\xC3\xA9",
      "conclusions", "resolution",  "attribution", declaration_in_french,
  };
  return std::any_of(std::begin(kinds), std::end(kinds),
                     [&](std::string_view kind) { return ascii_ifind(text, kind) != std::string_view::npos; });
}

std::string without_bullet(std::string_view text) {
  while (!text.empty() && (text[0] == '*' || text[0] == '-' || text.starts_with("\xE2\x80\xA2") || text[0] == ' ')) {
    text.remove_prefix(text.starts_with("\xE2\x80\xA2") ? 3 : 1);
  }
  return std::string(text);
}

std::string find_title(const std::vector<Line>& header) {
  std::string best;
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string text = without_bullet(header[i].text);
    if (text.empty() || !is_kind_of_statement(text) || ascii_istarts_with(text, "press release")) {
      continue;
    }
    std::string candidate = text;
    // "Statement" alone goes on in the next line that says something.
    if (words_of(text).size() <= 2) {
      for (std::size_t next = i + 1; next < header.size(); ++next) {
        const std::string& following = header[next].text;
        if (!following.empty()) {
          const bool continues =
              header[next].heading || ascii_istarts_with(following, "by ") || ascii_istarts_with(following, "on ");
          candidate += continues ? " " + following : "";
          break;
        }
      }
    }
    if (candidate.size() > best.size() && !best.starts_with(candidate)) {
      best = best.empty() || (header[i].heading && words_of(best).size() <= 2) ? candidate : best;
    }
  }
  if (best.empty()) {
    for (const Line& line : header) {
      if (line.heading && words_of(line.text).size() >= 3) {
        return line.text;
      }
    }
  }
  return best;
}

}  // namespace

void read_header(const std::vector<Line>& header, const std::vector<Line>& footer, Manifestation& out) {
  out.title = find_title(header);
  out.issuer = issuer_from(out.title);
  for (const std::vector<Line>* part : {&header, &footer}) {
    for (const Line& line : *part) {
      const std::string_view text = line.text;
      const std::size_t updated = std::min(ascii_ifind(text, "last updated"), ascii_ifind(text, "updated on"));
      if (updated != std::string_view::npos) {
        if (const auto date = find_date(text, updated); date && out.last_updated.empty()) {
          out.last_updated = trimmed_date(text, *date);
          append_time(text, date->end, out.last_updated, out.utc_offset);
        }
        continue;
      }
      if (const std::size_t at = ascii_ifind(text, "press release (");
          at != std::string_view::npos && out.reference.empty()) {
        const std::vector<Word> words = words_of(text.substr(at));
        std::size_t count = 2;
        while (count < words.size() && count < 4 &&
               words[count].text.find_first_of("0123456789") != std::string_view::npos) {
          ++count;
        }
        out.reference = std::string(text.substr(at, words[std::min(count, words.size()) - 1].end));
      }
      if (out.issued.empty() && (part == &header || ascii_ifind(text, "issued") != std::string_view::npos)) {
        const std::size_t said = ascii_ifind(text, "issued on");
        if (const auto date = find_date(text, said == std::string_view::npos ? 0 : said)) {
          out.issued_in_text = trimmed_date(text, *date);
          out.issued = fmt::format("{:04}-{:02}-{:02}", date->year, date->month, date->day);
        }
      }
    }
  }
}

std::string work_id(const Manifestation& manifestation) {
  if (manifestation.issuer.empty() || manifestation.issued.empty()) {
    return {};
  }
  std::string out;
  for (const Word& word : words_of(manifestation.issuer)) {
    if (is_capitalised(word.text) && ascii_alpha(word.text[0])) {
      out += ascii_lower(word.text[0]);
    }
  }
  return out.empty() ? out : out + "-" + manifestation.issued;
}

}  // namespace tocsin::speech
