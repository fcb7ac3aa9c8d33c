#include "ingest/json/recognise.h"

#include <string>

#include "base/text.h"
#include "ingest/json/utf8_source.h"
#include "wire/json_reader.h"

namespace tocsin::ingest::json {
namespace {

// What a walk over the first object of a text finds, as far as the text goes.
struct FirstObject {
  std::size_t end = std::string_view::npos;  // behind its closing brace
  bool broken = false;                       // a line ends inside a string, or brackets do not match
  bool wraps = false;                        // a member that wraps_records() holds an array of objects
  bool wraps_always = false;                 // wherever in the object that member stands
};

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && ascii_space(text[at])) {
    ++at;
  }
  return at;
}

FirstObject walk_object(std::string_view text, std::size_t begin) {
  FirstObject found;
  std::uint64_t arrays = 0;  // bit d: the container at depth d is an array
  std::size_t depth = 0;
  std::string_view key;
  std::size_t wrapped_depth = 0;  // objects around the one that may wrap: 0, or 1 inside "hits"
  std::size_t members = 0;        // strings that begin a member there
  char previous = 0;
  for (std::size_t at = begin; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      const std::size_t open = ++at;
      while (at < text.size() && text[at] != '"') {
        if (text[at] == '\n') {
          found.broken = true;
          return found;
        }
        at += text[at] == '\\' ? 2 : 1;
      }
      if (at >= text.size()) {
        return found;
      }
      if (previous != ':') {
        key = text.substr(open, at - open);
        members += depth == wrapped_depth + 1 && !key.starts_with("@odata") ? 1 : 0;
      }
      previous = '"';
    } else if (c == '{' || c == '[') {
      if (depth == wrapped_depth + 1 && previous == ':') {
        if (c == '[' && wraps_records(key, members <= 1)) {
          const std::size_t next = skip_blanks(text, at + 1);
          found.wraps = found.wraps || (next < text.size() && text[next] == '{');
          found.wraps_always = found.wraps_always || (found.wraps && wraps_records(key, false));
        } else if (c == '{' && depth == 1 && key == "hits") {
          wrapped_depth = 1;
          members = 0;
        }
      }
      const std::uint64_t bit = std::uint64_t{1} << (depth & 63);
      arrays = c == '[' ? arrays | bit : arrays & ~bit;
      ++depth;
      previous = c;
    } else if (c == '}' || c == ']') {
      if (depth == 0 || ((arrays >> ((depth - 1) & 63)) & 1) != (c == ']' ? 1U : 0U)) {
        found.broken = true;
        return found;
      }
      if (--depth == 0) {
        found.end = at + 1;
        return found;
      }
      wrapped_depth = wrapped_depth >= depth ? 0 : wrapped_depth;
      previous = c;
    } else if (!ascii_space(c)) {
      previous = c;
    }
  }
  return found;
}

bool parses(std::string_view text) {
  wire::JsonReader reader;
  if (reader.open(text) != wire::JsonFault::none) {
    return false;
  }
  for (;;) {
    const wire::JsonToken token = reader.next();
    if (token == wire::JsonToken::end || token == wire::JsonToken::fault) {
      return token == wire::JsonToken::end;
    }
  }
}

bool whole_object_line(std::string_view line) {
  line = trim(line);
  if (line.ends_with(',')) {
    line.remove_suffix(1);
  }
  return line.starts_with('{') && line.ends_with('}') && parses(line);
}

// True where one of the lines after the first, not indented, is a whole object: lines, of which the first is damaged.
bool later_line_is_whole(std::string_view text) {
  constexpr int lines_max = 20;
  for (int line = 0; line < lines_max; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return false;
    }
    text.remove_prefix(end + 1);
    if (text.starts_with('{') && whole_object_line(text.substr(0, text.find('\n')))) {
      return true;
    }
  }
  return false;
}

LayoutGuess object_layout(std::string_view text, std::size_t begin) {
  const FirstObject first = walk_object(text, begin);
  const std::size_t line_end = text.find('\n', begin);
  if (first.end != std::string_view::npos) {
    const bool proven = parses(text.substr(begin, first.end - begin));
    const bool alone = skip_blanks(text, first.end) == text.size();
    if (first.wraps_always || (first.wraps && alone)) {
      return {Layout::array, proven};
    }
    if (line_end < first.end) {
      return {!proven && later_line_is_whole(text) ? Layout::lines : Layout::concatenated, proven};
    }
    std::size_t next = first.end;
    while (next < text.size() && (text[next] == ' ' || text[next] == '\t' || text[next] == '\r' || text[next] == ',')) {
      ++next;
    }
    if (next == text.size() || text[next] == '\n') {
      return {Layout::lines, proven};
    }
    if (text[next] == '{') {
      return {Layout::concatenated, proven};
    }
    // Something else behind the object: a line of its own that is broken, or no JSON log.
    return {later_line_is_whole(text) ? Layout::lines : Layout::none, false};
  }
  if (later_line_is_whole(text)) {
    return {Layout::lines, false};
  }
  if (first.wraps) {
    return {Layout::array, false};
  }
  return {line_end == std::string_view::npos ? Layout::lines : Layout::concatenated, false};
}

}  // namespace

bool wraps_records(std::string_view key, bool first_member) {
  if (key == "Records" || key == "records" || key == "hits") {
    return true;
  }
  return first_member && (key == "value" || key == "items" || key == "events" || key == "Events" || key == "entries" ||
                          key == "results" || key == "logs" || key == "data");
}

LayoutGuess layout_of(const Head& head) {
  const std::string text = head_as_utf8(head.bytes);
  const std::size_t begin = skip_blanks(text, 0);
  if (begin == text.size()) {
    return {};
  }
  const std::size_t next = skip_blanks(text, begin + 1);
  if (next >= text.size()) {
    return {};
  }
  if (text[begin] == '[') {
    const std::size_t inner = text[next] == '{' ? skip_blanks(text, next + 1) : text.size();
    if (inner >= text.size() || (text[inner] != '"' && text[inner] != '}')) {
      return {};
    }
    const FirstObject first = walk_object(text, next);
    const bool proven =
        first.end != std::string_view::npos && parses(std::string_view(text).substr(next, first.end - next));
    return {Layout::array, proven};
  }
  if (text[begin] == '{' && (text[next] == '"' || text[next] == '}')) {
    return object_layout(text, begin);
  }
  return {};
}

}  // namespace tocsin::ingest::json
