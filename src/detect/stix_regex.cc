#include "detect/stix_regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <string>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::detect {
namespace {

constexpr std::uint32_t heap_kilobytes_max = 20'000;

// Where RE2 reads a pattern as PCRE does. What it does not know at all it refuses by itself.
struct Likeness {
  bool same = true;         // never where a construct is known to both but means something else
  bool ascii_only = false;  // only over ASCII: classes and case are Unicode's in one and ASCII's in the other
  bool has_dollar = false;  // only over text that does not end with a line feed
};

Likeness compare_syntax(std::string_view pattern, bool binary) {
  Likeness likeness;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    const char next = at + 1 < pattern.size() ? pattern[at + 1] : '\0';
    if (c == '\\') {
      if (std::string_view("wWdDsSbBpP").find(next) != std::string_view::npos) {
        likeness.ascii_only = true;
      } else if (ascii_digit(next) || std::string_view("vCQE").find(next) != std::string_view::npos) {
        likeness.same = false;
      }
      ++at;
    } else if (c == '[' && next == ':') {
      likeness.ascii_only = true;
    } else if (c == '$') {
      likeness.has_dollar = true;
    } else if (c == '(' && next == '?') {
      // Flags: i folds case, by Unicode or by the engine's own tables.
      for (std::size_t flag = at + 2; flag < pattern.size() && (ascii_alpha(pattern[flag]) || pattern[flag] == '-');
           ++flag) {
        if (pattern[flag] == 'i') {
          likeness.ascii_only = true;
          likeness.same = likeness.same && !binary;
        }
      }
    }
  }
  return likeness;
}

}  // namespace

struct StixRegex::Engine {
  std::unique_ptr<RE2> re2;
  std::optional<Pcre2Pattern> pcre2;
  Likeness likeness;
};

StixRegex::StixRegex() : engine_(std::make_unique<Engine>()) {}
StixRegex::~StixRegex() = default;

bool StixRegex::slow() const { return engine_->re2 == nullptr; }

Result<std::shared_ptr<const StixRegex>> StixRegex::compile(std::string_view pattern, bool binary) {
  if (pattern.size() > limits::regex_bytes_max) {
    return failure(ErrorCode::limit, "the regular expression is too long", {},
                   "at most " + std::to_string(limits::regex_bytes_max) + " bytes");
  }
  std::shared_ptr<StixRegex> regex(new StixRegex);
  Engine& engine = *regex->engine_;
  auto pcre2 = Pcre2Pattern::compile(pattern, {.dot_all = true,
                                               .octets = binary,
                                               .unicode_classes = true,
                                               .no_single_unit = true,
                                               .heap_kilobytes = heap_kilobytes_max});
  if (!pcre2 && pcre2.error().message.empty()) {
    return failure(ErrorCode::limit, "no memory for the regular expression");
  }
  if (!pcre2) {
    return failure(ErrorCode::pattern_invalid,
                   "the regular expression is wrong: " + pcre2.error().message + " at its byte " +
                       std::to_string(pcre2.error().at),
                   {}, "section 9.6.1: the syntax of PCRE");
  }
  engine.pcre2 = std::move(*pcre2);

  engine.likeness = compare_syntax(pattern, binary);
  if (engine.likeness.same) {
    RE2::Options re2_options;
    re2_options.set_log_errors(false);
    re2_options.set_max_mem(limits::regex_memory_max);
    re2_options.set_dot_nl(true);
    re2_options.set_encoding(binary ? RE2::Options::EncodingLatin1 : RE2::Options::EncodingUTF8);
    auto re2 = std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), re2_options);
    if (re2->ok()) {
      engine.re2 = std::move(re2);
    }
  }
  return std::shared_ptr<const StixRegex>(std::move(regex));
}

Found StixRegex::search(std::string_view text) const {
  const Likeness& likeness = engine_->likeness;
  // \s has the vertical tab in PCRE, not in RE2.
  const bool same = engine_->re2 != nullptr && !(likeness.has_dollar && text.ends_with('\n')) &&
                    !(likeness.ascii_only && (!is_ascii(text) || text.find('\v') != std::string_view::npos));
  if (same) {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *engine_->re2) ? Found::yes : Found::no;
  }
  return engine_->pcre2->search(text);
}

}  // namespace tocsin::detect
