#include "detect/regex.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <optional>

#include "base/limits.h"
#include "base/text.h"
#include "detect/pcre2_pattern.h"
#include "detect/rarity.h"

namespace tocsin::detect {
namespace {

RE2::Options re2_options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(limits::regex_memory_max);
  return options;
}

// Literals of which at least one must be there: RE2 knows which combinations of literals a pattern cannot do without.
// Starting from all, those that say least are given up as long as no match is possible without the rest.
std::vector<std::string> required_literals(const std::string& pattern) {
  constexpr int shortest = 2;
  // More literals than this are kept as they are: the search for fewer takes the square of their number.
  constexpr std::size_t tried_max = 64;
  re2::FilteredRE2 filter(shortest);
  int id = 0;
  if (filter.Add(pattern, re2_options(), &id) != RE2::NoError) {
    return {};
  }
  std::vector<std::string> needles;
  filter.Compile(&needles);
  for (const std::string& needle : needles) {
    if (!is_ascii(needle) || needle.empty()) {
      return {};
    }
  }
  std::vector<bool> kept(needles.size(), true);
  const auto suffices = [&] {
    std::vector<int> others;
    for (std::size_t at = 0; at < needles.size(); ++at) {
      if (!kept[at]) {
        others.push_back(static_cast<int>(at));
      }
    }
    std::vector<int> possible;
    filter.AllPotentials(others, &possible);
    return possible.empty();
  };
  if (!suffices()) {
    return {};
  }
  if (needles.size() <= tried_max) {
    std::vector<std::size_t> order(needles.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return expected_share(needles[a], Anchor::none) > expected_share(needles[b], Anchor::none);
    });
    for (const std::size_t at : order) {
      kept[at] = false;
      kept[at] = !suffices();
    }
  }
  std::vector<std::string> out;
  for (std::size_t at = 0; at < needles.size(); ++at) {
    if (kept[at]) {
      out.push_back(std::move(needles[at]));
    }
  }
  return out;
}

// ".{1000,}", the mark of obfuscated command lines: a run of that many characters without a line end. RE2 would build
// states for every place in the run at once. Nothing for all other patterns.
std::optional<std::uint64_t> long_run(const rules::Leaf& leaf) {
  std::string_view written = leaf.regex;
  if (!written.starts_with(".{") || !written.ends_with(",}")) {
    return std::nullopt;
  }
  written.remove_prefix(2);
  written.remove_suffix(2);
  return written.find_first_of("+-") == std::string_view::npos ? parse_uint64(written) : std::nullopt;
}

bool has_run(std::string_view text, std::uint64_t length, bool over_lines) {
  if (text.size() < length) {
    return false;
  }
  std::uint64_t run = 0;
  for (std::size_t at = 0; at < text.size() && run < length;) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(text, at);
    const bool ill_formed = c == 0xFFFD && at - begin == 1;
    run = ill_formed || (c == U'\n' && !over_lines) ? 0 : run + 1;
  }
  return run >= length;
}

}  // namespace

struct Regex::Engine {
  std::unique_ptr<RE2> re2;
  std::optional<Pcre2Pattern> pcre2;
  bool has_dollar = false;
  std::atomic<bool> gave_up = false;
  std::optional<std::uint64_t> run;  // the whole pattern is .{run,}
  bool run_over_lines = false;
};

Regex::Regex() : engine_(std::make_unique<Engine>()) {}
Regex::~Regex() = default;

bool Regex::slow() const { return engine_->pcre2.has_value(); }

Result<std::shared_ptr<const Regex>> Regex::compile(const rules::Leaf& leaf) {
  if (leaf.regex.size() > limits::regex_bytes_max) {
    return failure(ErrorCode::rule_unsupported, "the regular expression is too long");
  }
  std::string flags;
  flags += leaf.regex_ignore_case ? "i" : "";
  flags += leaf.regex_multiline ? "m" : "";
  flags += leaf.regex_dot_all ? "s" : "";
  const std::string pattern = flags.empty() ? leaf.regex : "(?" + flags + ")" + leaf.regex;
  std::shared_ptr<Regex> regex(new Regex);
  regex->engine_->run = long_run(leaf);
  if (regex->engine_->run) {
    regex->engine_->run_over_lines = leaf.regex_dot_all;
    return std::shared_ptr<const Regex>(std::move(regex));
  }
  auto re2 = std::make_unique<RE2>(pattern, re2_options());
  if (re2->ok()) {
    regex->needles_ = required_literals(pattern);
    regex->engine_->has_dollar = pattern.find('$') != std::string::npos;
    regex->engine_->re2 = std::move(re2);
    return std::shared_ptr<const Regex>(std::move(regex));
  }
  const std::string re2_error = re2->error();
  auto pcre2 = Pcre2Pattern::compile(
      leaf.regex,
      {.ignore_case = leaf.regex_ignore_case, .multiline = leaf.regex_multiline, .dot_all = leaf.regex_dot_all});
  if (!pcre2 && pcre2.error().message.empty()) {
    return failure(ErrorCode::limit, "no memory for the regular expression");
  }
  if (!pcre2) {
    return failure(ErrorCode::rule_invalid,
                   "the regular expression is wrong: " + pcre2.error().message + " (RE2: " + re2_error + ")",
                   Where{.offset = pcre2.error().at});
  }
  regex->engine_->pcre2 = std::move(*pcre2);
  return std::shared_ptr<const Regex>(std::move(regex));
}

bool Regex::search(std::string_view text) const {
  if (engine_->run) {
    return has_run(text, *engine_->run, engine_->run_over_lines);
  }
  if (engine_->re2 != nullptr) {
    if (RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *engine_->re2)) {
      return true;
    }
    return engine_->has_dollar && text.ends_with('\n') &&
           RE2::PartialMatch(re2::StringPiece(text.data(), text.size() - 1), *engine_->re2);
  }
  const Found found = engine_->pcre2->search(text);
  if (found == Found::gave_up) {
    engine_->gave_up.store(true, std::memory_order_relaxed);
  }
  return found == Found::yes;
}

bool Regex::gave_up() const { return engine_->gave_up.load(std::memory_order_relaxed); }

}  // namespace tocsin::detect
