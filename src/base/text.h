// Text helpers: ASCII tests, case folding as Sigma needs it, UTF-8 and UTF-16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tocsin {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool ascii_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool ascii_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_ascii(std::string_view text);
std::string ascii_lower(std::string_view text);
// Equal but for the case of A–Z.
bool ascii_iequals(std::string_view a, std::string_view b);
bool ascii_istarts_with(std::string_view text, std::string_view prefix);
bool ascii_iends_with(std::string_view text, std::string_view suffix);
// Position of `needle` in `text` but for the case of A–Z; npos where it is not found.
std::size_t ascii_ifind(std::string_view text, std::string_view needle, std::size_t from = 0);
std::string_view trim(std::string_view text);

// Unicode simple case folding (CaseFolding.txt, statuses C and S) of UTF-8; ill-formed bytes stay as they are.
// The length in bytes may change. Cost: ASCII runs at memory speed.
std::string fold_case(std::string_view text);
// Appends the folding to `out` (cleared by the caller): for reuse on hot paths.
void fold_case_append(std::string_view text, std::string& out);
// Simple folding of one code point.
char32_t fold_case(char32_t c);

// Decodes one code point at `at` and advances; ill-formed bytes give U+FFFD and advance by one.
char32_t next_code_point(std::string_view text, std::size_t& at);
void append_utf8(std::string& out, char32_t c);
bool valid_utf8(std::string_view text);
// Replaces ill-formed bytes by U+FFFD, one for each maximal ill-formed part.
std::string repair_utf8(std::string_view text);

// UTF-16 LE bytes to UTF-8. An odd last byte is dropped, lone surrogates become U+FFFD.
// Writes at most 3 bytes per code unit into out (which must hold that) and returns the bytes written.
std::size_t utf16le_to_utf8(std::span<const std::uint8_t> bytes, char* out);
std::string utf16le_to_utf8(std::span<const std::uint8_t> bytes);

// Whole-text parsing of a decimal integer (sign allowed), or of "0x" hexadecimal where asked; nothing if anything is
// left over or the value does not fit.
std::optional<std::int64_t> parse_int64(std::string_view text);
std::optional<std::uint64_t> parse_uint64(std::string_view text, bool allow_hex = false);
std::optional<double> parse_double(std::string_view text);

}  // namespace tocsin
