#include "detect/pcre2_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <utility>

#include "base/limits.h"

namespace tocsin::detect {
namespace {

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};

}  // namespace

struct Pcre2Pattern::Engine {
  std::unique_ptr<pcre2_code, FreeCode> code;
  std::unique_ptr<pcre2_match_context, FreeContext> limits;
};

Pcre2Pattern::Pcre2Pattern(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Pcre2Pattern::~Pcre2Pattern() = default;
Pcre2Pattern::Pcre2Pattern(Pcre2Pattern&& other) noexcept = default;
Pcre2Pattern& Pcre2Pattern::operator=(Pcre2Pattern&& other) noexcept = default;

std::expected<Pcre2Pattern, Pcre2Pattern::Wrong> Pcre2Pattern::compile(std::string_view pattern,
                                                                       const Options& options) {
  const std::uint32_t flags =
      (options.octets ? PCRE2_NEVER_UTF | PCRE2_NEVER_UCP : PCRE2_UTF | PCRE2_MATCH_INVALID_UTF) |
      (options.unicode_classes && !options.octets ? PCRE2_UCP : 0U) |
      (options.no_single_unit ? PCRE2_NEVER_BACKSLASH_C : 0U) | (options.ignore_case ? PCRE2_CASELESS : 0U) |
      (options.multiline ? PCRE2_MULTILINE : 0U) | (options.dot_all ? PCRE2_DOTALL : 0U);
  auto engine = std::make_unique<Engine>();
  int error = 0;
  PCRE2_SIZE offset = 0;
  engine->code.reset(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), flags, &error, &offset, nullptr));
  if (engine->code == nullptr) {
    PCRE2_UCHAR text[256] = {};
    pcre2_get_error_message(error, text, sizeof text);
    return std::unexpected(Wrong{reinterpret_cast<const char*>(text), offset});
  }
  engine->limits.reset(pcre2_match_context_create(nullptr));
  if (engine->limits == nullptr) {
    return std::unexpected(Wrong{});
  }
  pcre2_set_match_limit(engine->limits.get(), limits::regex_steps_max);
  pcre2_set_depth_limit(engine->limits.get(), limits::regex_steps_max);
  if (options.heap_kilobytes != 0) {
    pcre2_set_heap_limit(engine->limits.get(), options.heap_kilobytes);
  }
  return Pcre2Pattern(std::move(engine));
}

Found Pcre2Pattern::search(std::string_view text) const {
  const std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create(1, nullptr));
  if (match == nullptr) {
    return Found::gave_up;
  }
  const int result = pcre2_match(engine_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0,
                                 match.get(), engine_->limits.get());
  return result >= 0 ? Found::yes : result == PCRE2_ERROR_NOMATCH ? Found::no : Found::gave_up;
}

}  // namespace tocsin::detect
