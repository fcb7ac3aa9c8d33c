// Pcre2Pattern: one pattern compiled by PCRE2, searched within limits. The only door to PCRE2.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::detect {

enum class Found : std::uint8_t {
  no,
  yes,
  gave_up,  // limits::regex_steps_max was reached, or memory; counts as no
};

// Immutable and thread-safe.
class Pcre2Pattern {
 public:
  struct Options {
    bool ignore_case = false, multiline = false, dot_all = false;
    bool octets = false;               // text is octets, not UTF-8
    bool unicode_classes = false;      // \\w, \\d, \\s, \\b and case follow Unicode; not with octets
    bool no_single_unit = false;       // \\C is refused
    std::uint32_t heap_kilobytes = 0;  // of a search; 0: PCRE2's own limit
  };
  struct Wrong {
    std::string message;  // PCRE2's own words; empty: there was no memory
    std::size_t at = 0;   // byte of the pattern
  };
  static std::expected<Pcre2Pattern, Wrong> compile(std::string_view pattern, const Options& options);
  ~Pcre2Pattern();
  Pcre2Pattern(Pcre2Pattern&& other) noexcept;
  Pcre2Pattern& operator=(Pcre2Pattern&& other) noexcept;

  Found search(std::string_view text) const;

 private:
  struct Engine;
  explicit Pcre2Pattern(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

}  // namespace tocsin::detect
