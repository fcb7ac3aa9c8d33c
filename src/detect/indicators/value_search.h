// ValueSearch: finds the indicators in one value of an event, by its words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "detect/indicators/implementation.h"

namespace tocsin::detect {

// What was found in a value; not yet sorted, perhaps twice.
struct FoundIndicator {
  IndicatorSet::Position position;
  bool false_friend;
};

// What stands in text, as both searches understand it:
// - A word is a longest run of word bytes (rules::is_word_byte), without "." and "-" at its end; longer ones than 255
//   bytes are none. Without "." and "-" at its beginning too it may be an address or a domain: a domain is found in a
//   word that is it or ends with "." and it.
// - A file name is found as a word (names that are dotted words), and as the last part of a value with separators.
// - A path is found in path form where a word's beginning stands before it and, for paths whose last part is a dotted
//   word, that part is a word; other paths at the end of the value.
// - IPv6 addresses are longest runs of hexadecimal digits, ":" and "." between characters of other words.
// - Hashes are longest runs of hexadecimal digits of their length; not those behind "IMPHASH=".
// - E-mail addresses are "@" between what may stand there; URLs run from their scheme to a character that no URL has,
// or
//   to one of the first few that may stand behind a URL as well ("'", ")", ",", ";", …).
// - Registry keys begin with the name of a hive.
// - Where the text is defanged, all of this is looked for in the refanged text too.
class ValueSearch {
 public:
  explicit ValueSearch(const IndicatorSet::Implementation& set) : set_(set) {}

  // Appends what is found of `kinds`. `file_field`: the field holds names of files.
  void search(std::string_view text, std::uint32_t kinds, bool file_field, std::vector<FoundIndicator>& out);

 private:
  void pass(std::string_view text);
  void dot(std::size_t at);
  void word(std::size_t begin, std::size_t end);
  void domains(std::string_view name);
  void address(std::string_view bytes);
  void colon(std::size_t at);
  void url(std::size_t colon);
  void ipv6(std::size_t colon);
  void email(std::size_t at);
  void hex_run(std::size_t begin);
  void registry(std::size_t back);
  void paths();
  void path_ending_at(std::size_t end, std::size_t word_begin);
  void whole_values(std::uint32_t kinds, bool file_field);
  bool wants(rules::IndicatorKind kind) const { return (kinds_ & rules::bit(kind)) != 0; }
  void look_up(rules::IndicatorKind kind, std::string_view value, bool part = false, bool as_word = false);

  const IndicatorSet::Implementation& set_;
  std::vector<FoundIndicator>* out_ = nullptr;
  std::string_view text_;
  std::uint32_t kinds_ = 0;
  std::size_t word_done_ = 0, hex_done_ = 0, colon_done_ = 0, url_end_ = 0;
  std::size_t urls_ = 0, keys_ = 0;
  bool refang_ = false, path_ = false;
  std::string folded_, refanged_, form_, canonical_, address_;
};

}  // namespace tocsin::detect
