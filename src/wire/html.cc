#include "wire/html.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace tocsin::wire {
namespace {

struct Entity {
  std::string_view name;
  char32_t code;
};
constexpr Entity entities[] = {
#define ENTITY(name, code) {name, code},
#include "wire/html_entities.def"
#undef ENTITY
};
constexpr std::size_t entity_name_bytes_max = 12;

// What 0x80–0x9F mean in windows-1252; numeric references to them mean the same (HTML Standard, 13.2.5.80).
constexpr char32_t windows_1252[32] = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                       0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
                                       0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                       0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};

char32_t referred(char32_t code) {
  if (code >= 0x80 && code < 0xA0) {
    return windows_1252[code - 0x80];
  }
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return code == 0 || code > 0x10FFFF || surrogate ? 0xFFFD : code;
}

// A numeric reference behind "&#"; gives the bytes it takes, 0 where it is none.
std::size_t numeric_reference(std::string_view text, char32_t& out) {
  std::size_t at = 0;
  const bool hex = !text.empty() && (text[0] == 'x' || text[0] == 'X');
  at += hex ? 1 : 0;
  const std::size_t digits = at;
  char32_t code = 0;
  for (; at < text.size(); ++at) {
    const char c = ascii_lower(text[at]);
    const bool letter = hex && c >= 'a' && c <= 'f';
    if (!ascii_digit(c) && !letter) {
      break;
    }
    const char32_t value = letter ? static_cast<char32_t>(c - 'a' + 10) : static_cast<char32_t>(c - '0');
    code = std::min<char32_t>(code * (hex ? 16 : 10) + value, 0x110000);
  }
  if (at == digits) {
    return 0;
  }
  out = referred(code);
  return at + (at < text.size() && text[at] == ';' ? 1 : 0);
}

// A named reference behind "&", which must end in ";".
std::size_t named_reference(std::string_view text, char32_t& out) {
  const std::size_t end = text.substr(0, entity_name_bytes_max).find(';');
  if (end == std::string_view::npos) {
    return 0;
  }
  const std::string_view name = text.substr(0, end);
  const auto* found =
      std::lower_bound(std::begin(entities), std::end(entities), name,
                       [](const Entity& entity, std::string_view value) { return entity.name < value; });
  if (found == std::end(entities) || found->name != name) {
    return 0;
  }
  out = found->code;
  return end + 1;
}

struct RawElement {
  std::string_view name;
  bool resolves;
};
// Elements whose content has no tags (HTML Standard, 13.2.6.4.4: RCDATA and raw text).
constexpr RawElement raw_elements[] = {{"script", false}, {"style", false},  {"title", true},    {"textarea", true},
                                       {"xmp", false},    {"iframe", false}, {"noembed", false}, {"noframes", false}};

}  // namespace

std::string_view HtmlToken::attribute(std::string_view wanted) const {
  for (const auto& [key, value] : attributes) {
    if (key == wanted) {
      return value;
    }
  }
  return {};
}

bool HtmlToken::has(std::string_view wanted) const {
  return std::any_of(attributes.begin(), attributes.end(), [&](const auto& pair) { return pair.first == wanted; });
}

std::string resolve_html_references(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '&') {
      out += text[at++];
      continue;
    }
    char32_t code = 0;
    const std::string_view rest = text.substr(at + 1);
    std::size_t taken = 0;
    if (rest.starts_with('#')) {
      taken = numeric_reference(rest.substr(1), code);
      taken += taken != 0 ? 1 : 0;
    } else {
      taken = named_reference(rest, code);
    }
    if (taken == 0) {
      out += text[at++];
    } else {
      append_utf8(out, code);
      at += taken + 1;
    }
  }
  return out;
}

std::string windows_1252_to_utf8(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(out, byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80] : byte);
  }
  return out;
}

bool HtmlReader::next(HtmlToken& token) {
  token.attributes.clear();
  token.name.clear();
  token.text.clear();
  token.self_closing = false;
  while (at_ < text_.size()) {
    if (!raw_until_.empty()) {
      const std::string end_tag = "</" + raw_until_;
      std::size_t end = ascii_ifind(text_, end_tag, at_);
      end = end == std::string_view::npos ? text_.size() : end;
      const std::string_view content = text_.substr(at_, end - at_);
      at_ = end;
      raw_until_.clear();
      if (!content.empty()) {
        token.kind = HtmlToken::Kind::text;
        token.text = raw_resolves_ ? resolve_html_references(content) : std::string(content);
        return true;
      }
      continue;
    }
    if (text_[at_] == '<') {
      const char after = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
      if (ascii_alpha(after) || (after == '/' && at_ + 2 < text_.size() && ascii_alpha(text_[at_ + 2]))) {
        return read_tag(token);
      }
      if (after == '!' || after == '?' || after == '/') {
        skip_declaration();
        continue;
      }
    }
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '<') {
      ++end;
    }
    token.kind = HtmlToken::Kind::text;
    token.text = resolve_html_references(text_.substr(at_, end - at_));
    at_ = end;
    return true;
  }
  return false;
}

void HtmlReader::skip_declaration() {
  const bool comment = text_.substr(at_).starts_with("<!--");
  const std::string_view end = comment ? "-->" : ">";
  const std::size_t found = text_.find(end, at_ + (comment ? 4 : 2));
  at_ = found == std::string_view::npos ? text_.size() : found + end.size();
}

bool HtmlReader::read_tag(HtmlToken& token) {
  ++at_;
  token.kind = HtmlToken::Kind::start;
  if (text_[at_] == '/') {
    token.kind = HtmlToken::Kind::end;
    ++at_;
  }
  while (at_ < text_.size() && !ascii_space(text_[at_]) && text_[at_] != '/' && text_[at_] != '>') {
    token.name += ascii_lower(text_[at_++]);
  }
  read_attributes(token);
  if (token.kind == HtmlToken::Kind::start) {
    for (const RawElement& element : raw_elements) {
      if (element.name == token.name) {
        raw_until_ = token.name;
        raw_resolves_ = element.resolves;
      }
    }
  }
  return true;
}

void HtmlReader::read_attributes(HtmlToken& token) {
  const auto skip_space = [&] {
    while (at_ < text_.size() && ascii_space(text_[at_])) {
      ++at_;
    }
  };
  while (at_ < text_.size()) {
    skip_space();
    if (at_ >= text_.size()) {
      return;
    }
    if (text_[at_] == '>') {
      ++at_;
      return;
    }
    if (text_[at_] == '/') {
      ++at_;
      token.self_closing = at_ < text_.size() && text_[at_] == '>';
      continue;
    }
    std::string name(1, ascii_lower(text_[at_++]));
    while (at_ < text_.size() && !ascii_space(text_[at_]) && text_[at_] != '=' && text_[at_] != '>' &&
           text_[at_] != '/') {
      name += ascii_lower(text_[at_++]);
    }
    skip_space();
    std::string value;
    if (at_ < text_.size() && text_[at_] == '=') {
      ++at_;
      skip_space();
      if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
        const char quote = text_[at_++];
        const std::size_t end = std::min(text_.find(quote, at_), text_.size());
        value = resolve_html_references(text_.substr(at_, end - at_));
        at_ = std::min(end + 1, text_.size());
      } else {
        const std::size_t start = at_;
        while (at_ < text_.size() && !ascii_space(text_[at_]) && text_[at_] != '>') {
          ++at_;
        }
        value = resolve_html_references(text_.substr(start, at_ - start));
      }
    }
    token.attributes.emplace_back(std::move(name), std::move(value));
  }
}

}  // namespace tocsin::wire
