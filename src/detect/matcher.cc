#include "detect/matcher.h"

#include "base/text.h"
#include "base/time.h"
#include "detect/address.h"
#include "detect/glob.h"
#include "detect/number.h"

namespace tocsin::detect {
namespace {

using event::ValueKind;
using rules::Operator;
using rules::Pattern;
using rules::TimePart;
using Element = Pattern::Element;

// 8-4-4-4-12 hexadecimal digits.
bool is_bare_guid(std::string_view text) {
  constexpr std::size_t guid_characters = 36;
  if (text.size() != guid_characters) {
    return false;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    const char c = ascii_lower(text[at]);
    if (dash ? c != '-' : !(ascii_digit(c) || (c >= 'a' && c <= 'f'))) {
      return false;
    }
  }
  return true;
}

std::string_view without_braces(std::string_view text) {
  return text.size() >= 2 && text.front() == '{' && text.back() == '}' ? text.substr(1, text.size() - 2) : text;
}

// A pattern whose only text is a GUID, in its two spellings; else the pattern alone.
std::vector<Pattern> spellings(Pattern pattern) {
  std::size_t literals = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < pattern.pieces.size(); ++i) {
    const Element element = pattern.pieces[i].element;
    if (element == Element::literal) {
      ++literals;
      at = i;
    } else if (element != Element::any_run) {
      return {std::move(pattern)};
    }
  }
  if (literals != 1 || !is_bare_guid(without_braces(pattern.pieces[at].text))) {
    return {std::move(pattern)};
  }
  const std::string bare(without_braces(pattern.pieces[at].text));
  pattern.pieces[at].text = bare;
  Pattern braced = pattern;
  braced.pieces[at].text = "{" + bare + "}";
  return {std::move(pattern), std::move(braced)};
}

void open_both_ends(Pattern& pattern) {
  if (pattern.pieces.empty() || pattern.pieces.front().element != Element::any_run) {
    pattern.pieces.insert(pattern.pieces.begin(), Pattern::Piece{Element::any_run, {}});
  }
  if (pattern.pieces.back().element != Element::any_run) {
    pattern.pieces.push_back(Pattern::Piece{Element::any_run, {}});
  }
}

// The rule's integer may be written in hexadecimal (YAML); its value is what counts.
std::string decimal_text(const std::string& written) {
  if (written.starts_with("0x") || written.starts_with("0X")) {
    if (const auto value = parse_uint64(written, true)) {
      return std::to_string(*value);
    }
  }
  return written;
}

// The time as the log wrote it: a zone at the end is cut off, not applied.
std::optional<Time> written_time(const MatchText& value) {
  std::string_view text = value.text;
  if (const auto number = parse_double(text); number && value.kind != ValueKind::boolean) {
    // Unix time in seconds, milliseconds, microseconds or nanoseconds, told apart by its size.
    constexpr double seconds_max = 1e11;
    double seconds = *number;
    for (int step = 0; step < 3 && seconds >= seconds_max; ++step) {
      seconds /= 1000;
    }
    if (seconds < 0 || seconds >= seconds_max) {
      return std::nullopt;
    }
    return Time::from_seconds(static_cast<std::int64_t>(seconds));
  }
  constexpr std::size_t date_characters = 10;
  if (text.size() > date_characters) {
    const std::size_t zone = text.find_first_of("Zz+-", date_characters);
    text = trim(text.substr(0, zone));
  }
  const auto parsed = parse_iso8601(text);
  return parsed ? std::optional(parsed->time) : std::nullopt;
}

// ISO 8601 week: the week of the year's first Thursday is the first.
std::int64_t iso_week(const Time time) {
  constexpr std::int64_t day_ticks = 86'400 * Time::ticks_per_second;
  std::int64_t days = time.ticks / day_ticks - (time.ticks % day_ticks < 0 ? 1 : 0);
  const std::int64_t weekday = ((days + 3) % 7 + 7) % 7;  // Monday 0; 1970-01-01 was a Thursday
  days += 3 - weekday;                                    // Thursday of the same week
  const std::int64_t year = to_civil({days * day_ticks}).year;
  const std::int64_t first = from_civil({.year = year}).ticks / day_ticks;
  return (days - first) / 7 + 1;
}

std::optional<std::int64_t> time_part(TimePart part, const MatchText& value) {
  const auto time = written_time(value);
  if (!time) {
    return std::nullopt;
  }
  const CivilTime civil = to_civil(*time);
  switch (part) {
    case TimePart::minute:
      return civil.minute;
    case TimePart::hour:
      return civil.hour;
    case TimePart::day:
      return civil.day;
    case TimePart::week:
      return iso_week(*time);
    case TimePart::month:
      return civil.month;
    case TimePart::year:
      return civil.year;
    case TimePart::none:
      break;
  }
  return std::nullopt;
}

bool order_holds(Operator op, std::strong_ordering order) {
  switch (op) {
    case Operator::less:
      return order < 0;
    case Operator::less_equal:
      return order <= 0;
    case Operator::greater:
      return order > 0;
    case Operator::greater_equal:
      return order >= 0;
    default:
      return order == 0;
  }
}

bool number_matches(const Matcher& matcher, const MatchText& value) {
  const auto wanted = parse_decimal(matcher.number);
  if (matcher.part != TimePart::none) {
    const auto part = time_part(matcher.part, value);
    if (!part || !wanted) {
      return false;
    }
    const std::string text = std::to_string(*part);
    return order_holds(matcher.op, compare(*parse_decimal(text), *wanted));
  }
  const auto number = value.kind == ValueKind::boolean ? std::nullopt : parse_decimal(value.text);
  if (wanted && number) {
    return order_holds(matcher.op, compare(*number, *wanted));
  }
  return matcher.op == Operator::equals_number && ascii_iequals(value.text, matcher.number_written);
}

bool any_pattern(const Matcher& matcher, std::string_view text) {
  for (const Pattern& pattern : matcher.patterns) {
    if (glob_matches(pattern, text)) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<Matcher> make_matcher(const rules::Leaf& leaf) {
  Matcher matcher;
  matcher.op = leaf.op;
  matcher.keyword = leaf.field.empty();
  matcher.cased = leaf.cased;
  matcher.boolean = leaf.boolean;
  matcher.part = leaf.part;
  matcher.network = leaf.network;
  if (leaf.op == Operator::regex) {
    TRY(auto regex, Regex::compile(leaf));
    matcher.regex = std::move(regex);
    return matcher;
  }
  Pattern pattern = leaf.pattern;
  if (leaf.op == Operator::equals_number && matcher.keyword) {
    // A number among keywords is searched as its text.
    matcher.op = Operator::matches;
    pattern.pieces = {{Element::literal, leaf.number}};
  }
  matcher.number = decimal_text(leaf.number);
  matcher.number_written = leaf.number;
  if (matcher.op != Operator::matches) {
    return matcher;
  }
  if (matcher.keyword) {
    open_both_ends(pattern);
  }
  if (leaf.cased) {
    matcher.patterns = {std::move(pattern)};
    return matcher;
  }
  for (Pattern::Piece& piece : pattern.pieces) {
    piece.text = fold_case(piece.text);
  }
  matcher.patterns = spellings(std::move(pattern));
  return matcher;
}

bool needs_folding(const Matcher& matcher) {
  switch (matcher.op) {
    case Operator::matches:
    case Operator::field_equals:
    case Operator::field_contains:
    case Operator::field_starts_with:
    case Operator::field_ends_with:
      return !matcher.cased;
    default:
      return false;
  }
}

bool value_matches(const Matcher& matcher, const MatchText& value) {
  if (value.kind == ValueKind::null) {
    return false;
  }
  switch (matcher.op) {
    case Operator::matches:
      return any_pattern(matcher, matcher.cased ? value.text : value.folded);
    case Operator::regex:
      return matcher.regex->search(value.text);
    case Operator::cidr:
      return in_network(matcher.network, value.text);
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
    case Operator::equals_number:
      return number_matches(matcher, value);
    case Operator::equals_boolean:
      return ascii_iequals(value.text, matcher.boolean ? "true" : "false");
    case Operator::is_null:
    case Operator::exists:
    case Operator::field_equals:
    case Operator::field_contains:
    case Operator::field_starts_with:
    case Operator::field_ends_with:
      break;
  }
  return false;
}

bool values_relate(const Matcher& matcher, const MatchText& value, const MatchText& other) {
  if (value.kind == ValueKind::null || other.kind == ValueKind::null) {
    return false;
  }
  const std::string_view text = matcher.cased ? value.text : value.folded;
  const std::string_view wanted = matcher.cased ? other.text : other.folded;
  switch (matcher.op) {
    case Operator::field_equals:
      if (text == wanted) {
        return true;
      }
      if (value.kind == ValueKind::integer || value.kind == ValueKind::real) {
        const auto a = parse_decimal(value.text);
        const auto b = parse_decimal(other.text);
        return a && b && compare(*a, *b) == 0;
      }
      return false;
    case Operator::field_contains:
      return text.find(wanted) != std::string_view::npos;
    case Operator::field_starts_with:
      return text.starts_with(wanted);
    case Operator::field_ends_with:
      return text.ends_with(wanted);
    default:
      return false;
  }
}

}  // namespace tocsin::detect
