#include "detect/stix_regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::detect {
namespace {

constexpr std::uint32_t heap_kilobytes_max = 20'000;

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};

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
  std::unique_ptr<pcre2_code, FreeCode> pcre2;
  std::unique_ptr<pcre2_match_context, FreeContext> limits;
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
  const std::uint32_t options =
      PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C |
      (binary ? PCRE2_NEVER_UTF | PCRE2_NEVER_UCP : PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  engine.pcre2.reset(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &error, &offset, nullptr));
  if (engine.pcre2 == nullptr) {
    PCRE2_UCHAR text[256] = {};
    pcre2_get_error_message(error, text, sizeof text);
    return failure(ErrorCode::pattern_invalid,
                   std::string("the regular expression is wrong: ") + reinterpret_cast<const char*>(text) +
                       " at its byte " + std::to_string(offset),
                   {}, "section 9.6.1: the syntax of PCRE");
  }
  engine.limits.reset(pcre2_match_context_create(nullptr));
  if (engine.limits == nullptr) {
    return failure(ErrorCode::limit, "no memory for the regular expression");
  }
  pcre2_set_match_limit(engine.limits.get(), limits::regex_steps_max);
  pcre2_set_depth_limit(engine.limits.get(), limits::regex_steps_max);
  pcre2_set_heap_limit(engine.limits.get(), heap_kilobytes_max);

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
  const std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create(1, nullptr));
  if (match == nullptr) {
    return Found::gave_up;
  }
  const int result = pcre2_match(engine_->pcre2.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0,
                                 match.get(), engine_->limits.get());
  return result >= 0 ? Found::yes : result == PCRE2_ERROR_NOMATCH ? Found::no : Found::gave_up;
}

}  // namespace tocsin::detect
