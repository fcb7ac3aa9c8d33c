// IndicatorType: one type of indicator as a row of a table: what lists call it, and how its values are brought into one
// form so that equal means equal bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tocsin::rules {

enum class IndicatorKind : std::uint8_t {
#define INDICATOR(name) name,
#include "rules/indicators/types.def"
#undef INDICATOR
};
inline constexpr std::size_t indicator_kinds = 0
#define INDICATOR(name) +1
#include "rules/indicators/types.def"
#undef INDICATOR
    ;
constexpr std::size_t index(IndicatorKind kind) { return static_cast<std::size_t>(kind); }
// Sets of kinds are bits.
constexpr std::uint32_t bit(IndicatorKind kind) { return std::uint32_t{1} << index(kind); }

struct IndicatorType {
  std::string_view name;   // "ipv4", as in reports
  std::string_view title;  // "IPv4 address"
  std::string_view doc;    // what is equal, and where it is searched
  std::string_view spec;   // where the form is defined
  // What lists write in a type column, or call a column of such values: CSV names and MISP attribute types, lower case,
  // without "-", "_" and blanks, separated by blanks. Several types may share a word: the first that takes the value
  // has it.
  std::string_view words;
  // STIX object paths, without quotes, separated by blanks.
  std::string_view stix_paths;
  // True for values that are known by their form alone, without a word that says what they are.
  bool plain;
  // The canonical bytes of a value as a person wrote it (trimmed, refanged). False: no value of this type.
  bool (*canonical)(std::string_view written, std::string& out);
  // For people, from the canonical bytes.
  std::string (*show)(std::string_view canonical);
};

std::span<const IndicatorType* const> indicator_types();
inline const IndicatorType& indicator_type(IndicatorKind kind) { return *indicator_types()[index(kind)]; }

// Lower case without "-", "_", "." and blanks: how words are compared.
std::string squeeze_word(std::string_view word);
// Bits of the kinds that know the (squeezed) word; 0 where none does.
std::uint32_t kinds_of_word(std::string_view squeezed);
// The same for a STIX object path without quotes, ASCII case-insensitive.
std::uint32_t kinds_of_stix_path(std::string_view path);

// The first of `kinds` that takes the written value; its canonical bytes go to `out`.
std::optional<IndicatorKind> classify(std::string_view written, std::uint32_t kinds, std::string& out);
// Bits of all kinds with `plain`.
std::uint32_t plain_kinds();

}  // namespace tocsin::rules
