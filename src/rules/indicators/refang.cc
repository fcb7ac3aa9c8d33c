#include "rules/indicators/refang.h"

#include "base/text.h"

namespace tocsin::rules {
namespace {

struct Form {
  std::string_view inner, meaning;
};
constexpr Form forms[] = {{".", "."}, {"dot", "."}, {"://", "://"}, {":", ":"}, {"/", "/"}, {"@", "@"}, {"at", "@"}};

// Length of "hxxp", "hxxps", "fxp" or "fxps" where it begins here as a word of its own before "://"; the scheme it is.
Defanged scheme_at(std::string_view text, std::size_t at) {
  struct Scheme {
    std::string_view written, meaning;
  };
  constexpr Scheme schemes[] = {{"hxxps", "https"}, {"hxxp", "http"}, {"fxps", "ftps"}, {"fxp", "ftp"}};
  if (at > 0 && (ascii_alpha(text[at - 1]) || ascii_digit(text[at - 1]))) {
    return {};
  }
  for (const Scheme& scheme : schemes) {
    if (ascii_istarts_with(text.substr(at), scheme.written) &&
        text.substr(at + scheme.written.size()).starts_with("://")) {
      return {scheme.meaning, scheme.written.size()};
    }
  }
  return {};
}

bool replace(std::string_view text, std::string& out, Defanged (*find)(std::string_view, std::size_t),
             std::string_view firsts) {
  std::size_t copied = 0;
  bool changed = false;
  for (std::size_t at = text.find_first_of(firsts); at != std::string_view::npos;
       at = text.find_first_of(firsts, at + 1)) {
    const Defanged found = find(text, at);
    if (found.length == 0) {
      continue;
    }
    if (!changed) {
      out.clear();
      changed = true;
    }
    out.append(text.substr(copied, at - copied)).append(found.meaning);
    copied = at + found.length;
    at = copied - 1;
  }
  if (changed) {
    out.append(text.substr(copied));
  }
  return changed;
}

}  // namespace

Defanged defanged_at(std::string_view text, std::size_t at) {
  const char open = text[at];
  const char close = open == '[' ? ']' : open == '(' ? ')' : open == '{' ? '}' : '\0';
  if (close == '\0') {
    return {};
  }
  const std::string_view rest = text.substr(at + 1, 4);
  for (const Form& form : forms) {
    if (ascii_istarts_with(rest, form.inner) && rest.size() > form.inner.size() && rest[form.inner.size()] == close) {
      return {form.meaning, form.inner.size() + 2};
    }
  }
  return {};
}

bool refang(std::string_view text, std::string& out) {
  if (text.find('[') == text.npos && text.find('(') == text.npos && text.find('{') == text.npos &&
      text.find("://") == text.npos) {
    return false;
  }
  const bool brackets = replace(text, out, defanged_at, "[({");
  const std::string first = brackets ? out : std::string();
  return replace(brackets ? std::string_view(first) : text, out, scheme_at, "hHfF") || brackets;
}

}  // namespace tocsin::rules
