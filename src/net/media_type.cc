#include "net/media_type.h"

#include <algorithm>

#include "base/text.h"

namespace tocsin::net {
namespace {

bool token_character(char c) {
  return ascii_alpha(c) || ascii_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Cuts header text into tokens, quoted strings and single characters.
class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  bool take(char c) {
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }
  bool ended() const { return at_ == text_.size(); }
  std::string_view token() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && token_character(text_[at_])) {
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }
  std::optional<std::string> quoted() {
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') {
        return out;
      }
      if (c == '\\' && at_ < text_.size()) {
        out.push_back(text_[at_++]);
      } else {
        out.push_back(c);
      }
    }
    return std::nullopt;
  }

  // type "/" subtype *( OWS ";" OWS [ name "=" value ] )
  std::optional<MediaType> media_type() {
    blanks();
    MediaType type;
    type.type = ascii_lower(token());
    if (type.type.empty() || !take('/')) {
      return std::nullopt;
    }
    type.subtype = ascii_lower(token());
    if (type.subtype.empty()) {
      return std::nullopt;
    }
    for (;;) {
      blanks();
      if (!take(';')) {
        return type;
      }
      blanks();
      const std::string_view name = token();
      if (name.empty()) {
        continue;
      }
      blanks();
      std::string value;
      if (take('=')) {
        blanks();
        if (take('"')) {
          auto text = quoted();
          if (!text) {
            return std::nullopt;
          }
          value = std::move(*text);
        } else {
          value = token();
        }
      }
      type.parameters.emplace_back(ascii_lower(name), std::move(value));
    }
  }

  // Behind the next comma that stands in no quotes; false where there is none.
  bool next_entry() {
    bool quotes = false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\\' && quotes && at_ < text_.size()) {
        ++at_;
      } else if (c == '"') {
        quotes = !quotes;
      } else if (c == ',' && !quotes) {
        return true;
      }
    }
    return false;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : ','; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// qvalue: "0", "0.123", "1", "1.000" (RFC 9110 section 12.4.2); anything else counts as 1.
int weight_of(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.') || text.size() > 5) {
    return 1000;
  }
  int weight = (text[0] - '0') * 1000;
  int step = 100;
  for (const char c : text.size() > 2 ? text.substr(2) : std::string_view{}) {
    if (!ascii_digit(c)) {
      return 1000;
    }
    weight += (c - '0') * step;
    step /= 10;
  }
  return std::min(weight, 1000);
}

// How specific a range is that takes in the offer; 0 where it does not.
int specificity(const MediaType& range, const MediaType& offer) {
  if (range.type == "*" && range.subtype == "*") {
    return 1;
  }
  if (range.type != offer.type) {
    return 0;
  }
  if (range.subtype == "*") {
    return 2;
  }
  if (range.subtype != offer.subtype) {
    return 0;
  }
  for (const auto& [name, value] : range.parameters) {
    const auto offered = offer.parameter(name);
    if (!offered || !ascii_iequals(*offered, value)) {
      return 0;
    }
  }
  return 3 + static_cast<int>(std::min<std::size_t>(range.parameters.size(), 100));
}

}  // namespace

std::optional<std::string_view> MediaType::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) {
      return value;
    }
  }
  return std::nullopt;
}

std::optional<MediaType> parse_media_type(std::string_view text) {
  Cutter cutter(text);
  auto type = cutter.media_type();
  cutter.blanks();
  if (!cutter.ended()) {
    return std::nullopt;
  }
  return type;
}

std::vector<AcceptedType> parse_accept(std::string_view header) {
  std::vector<AcceptedType> out;
  Cutter cutter(header);
  do {
    auto type = cutter.media_type();
    cutter.blanks();
    if (!type || cutter.peek() != ',') {
      continue;
    }
    AcceptedType accepted;
    // What follows the weight are not parameters of the type.
    const auto weight = std::ranges::find(type->parameters, "q", &std::pair<std::string, std::string>::first);
    if (weight != type->parameters.end()) {
      accepted.weight = weight_of(weight->second);
      type->parameters.erase(weight, type->parameters.end());
    }
    accepted.type = std::move(*type);
    out.push_back(std::move(accepted));
  } while (cutter.next_entry());
  return out;
}

int acceptance(std::string_view header, const MediaType& offer) {
  if (trim(header).empty()) {
    return 1000;
  }
  int best = 0;
  int weight = 0;
  for (const AcceptedType& accepted : parse_accept(header)) {
    const int how = specificity(accepted.type, offer);
    if (how > best || (how == best && how > 0)) {
      weight = how > best ? accepted.weight : std::max(weight, accepted.weight);
      best = how;
    }
  }
  return weight;
}

}  // namespace tocsin::net
