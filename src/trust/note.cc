#include "trust/note.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "trust/base64.h"
#include "trust/digest.h"
#include "trust/limits.h"

namespace tocsin::trust {
namespace {

constexpr std::string_view line_start = "\xE2\x80\x94 ";  // em dash, space
constexpr char ed25519_algorithm = 1;

// White_Space of Unicode.
bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
}

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t out = 0;
  for (const char c : bytes.substr(0, 4)) {
    out = out << 8 | static_cast<std::uint8_t>(c);
  }
  return out;
}

std::string with_algorithm(const Ed25519Key& key) {
  std::string out(1, ed25519_algorithm);
  out.append(reinterpret_cast<const char*>(key.data()), key.size());
  return out;
}

std::string hex_of(std::uint32_t id) {
  const std::array<std::uint8_t, 4> bytes = {static_cast<std::uint8_t>(id >> 24), static_cast<std::uint8_t>(id >> 16),
                                             static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id)};
  return to_hex(bytes);
}

// "— name base64(id, signature)".
std::optional<SignatureLine> parse_line(std::string_view line) {
  if (!line.starts_with(line_start)) {
    return {};
  }
  line.remove_prefix(line_start.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_key_name(line.substr(0, space))) {
    return {};
  }
  auto bytes = from_base64(line.substr(space + 1));
  if (!bytes || bytes->size() < 5) {
    return {};
  }
  return SignatureLine{line.substr(0, space), big_endian(*bytes), bytes->substr(4), {}};
}

bool is_signed_by(const VerifierKey& key, std::string_view text, std::string_view signature) {
  Ed25519Signature bytes;
  if (signature.size() != bytes.size()) {
    return false;
  }
  std::copy(signature.begin(), signature.end(), bytes.begin());
  return ed25519_verify(text, bytes, key.key);
}

std::unexpected<Error> malformed(std::string_view what, std::string_view why) {
  return failure(ErrorCode::syntax, std::string(what) + ": " + std::string(why));
}

// Text and signature lines; nothing where it is no note.
std::optional<std::pair<std::string_view, std::string_view>> halves(std::string_view note) {
  const std::size_t gap = note.rfind("\n\n");
  if (note.size() > limits::note_bytes_max || !valid_utf8(note) || has_control(note) || gap == std::string_view::npos ||
      !note.ends_with('\n') || gap + 2 == note.size()) {
    return {};
  }
  return std::pair(note.substr(0, gap + 1), note.substr(gap + 2));
}

}  // namespace

bool is_key_name(std::string_view name) {
  if (name.empty() || !valid_utf8(name) || name.find('+') != std::string_view::npos) {
    return false;
  }
  for (std::size_t at = 0; at < name.size();) {
    if (is_space(next_code_point(name, at))) {
      return false;
    }
  }
  return true;
}

std::uint32_t key_id(std::string_view name, std::string_view algorithm_and_key) {
  Sha256 hash;
  hash.add(name);
  hash.add("\n");
  hash.add(algorithm_and_key);
  const Sha256Digest digest = hash.finish();
  return big_endian({reinterpret_cast<const char*>(digest.data()), 4});
}

std::uint32_t key_id(std::string_view name, const Ed25519Key& key) { return key_id(name, with_algorithm(key)); }

VerifierKey verifier_key(std::string_view name, const Ed25519Key& key) {
  return {std::string(name), key_id(name, key), key};
}

Result<VerifierKey> parse_verifier_key(std::string_view text) { return parse_verifier_key(text, ed25519_algorithm); }

Result<VerifierKey> parse_verifier_key(std::string_view text, char algorithm) {
  constexpr std::string_view what = "verifier key";
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) {
    return malformed(what, "not of the form name+hash+key");
  }
  const std::string_view name = text.substr(0, first);
  std::array<std::uint8_t, 4> hash;
  const auto bytes = from_base64(text.substr(second + 1));
  if (!is_key_name(name) || !from_hex(text.substr(first + 1, second - first - 1), hash) || !bytes || bytes->empty()) {
    return malformed(what, "its name, hash or key cannot be read");
  }
  VerifierKey out;
  out.name = std::string(name);
  out.id = big_endian({reinterpret_cast<const char*>(hash.data()), hash.size()});
  if (out.id != key_id(name, *bytes)) {
    return failure(ErrorCode::damaged, "verifier key: its hash is of another name or key");
  }
  if (bytes->front() != algorithm) {
    return malformed(what, "of another algorithm or use than is asked for here");
  }
  if (bytes->size() != 1 + out.key.size()) {
    return malformed(what, "its key has another length");
  }
  std::copy(bytes->begin() + 1, bytes->end(), out.key.begin());
  return out;
}

std::string text_of(const VerifierKey& key) {
  return key.name + "+" + hex_of(key.id) + "+" + to_base64(with_algorithm(key.key));
}

OpenedNote open_note(std::string_view note, std::span<const VerifierKey> keys) {
  OpenedNote out;
  const auto parts = halves(note);
  if (!parts) {
    return out;
  }
  out.text = parts->first;
  std::vector<const VerifierKey*> seen;
  std::vector<std::string_view> seen_lines;
  std::size_t count = 0;
  const auto end_with = [&](NoteVerdict verdict) {
    out.verdict = verdict;
    out.verified.clear();
    out.unverified.clear();
    out.text = {};
    return out;
  };
  for (std::string_view rest = parts->second; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const auto parsed = parse_line(line);
    if (!parsed || ++count > limits::note_signatures_max) {
      return end_with(NoteVerdict::malformed);
    }
    const VerifierKey* known = nullptr;
    for (const VerifierKey& key : keys) {
      if (key.name == parsed->name && key.id == parsed->id) {
        if (known != nullptr) {
          return end_with(NoteVerdict::ambiguous_key);
        }
        known = &key;
      }
    }
    if (known == nullptr) {
      if (std::find(seen_lines.begin(), seen_lines.end(), line) == seen_lines.end()) {
        seen_lines.push_back(line);
        out.unverified.emplace_back(parsed->name);
      }
    } else if (std::find(seen.begin(), seen.end(), known) == seen.end()) {
      seen.push_back(known);
      if (!is_signed_by(*known, out.text, parsed->signature)) {
        return end_with(NoteVerdict::invalid_signature);
      }
      out.verified.push_back(known->name);
    }
  }
  out.verdict = out.verified.empty() ? NoteVerdict::unverified : NoteVerdict::ok;
  return out;
}

std::optional<SplitNote> split_note(std::string_view note) {
  const auto parts = halves(note);
  if (!parts) {
    return {};
  }
  SplitNote out;
  out.text = parts->first;
  for (std::string_view rest = parts->second; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    auto parsed = parse_line(rest.substr(0, end));
    if (!parsed || out.signatures.size() == limits::note_signatures_max) {
      return {};
    }
    parsed->line = rest.substr(0, end + 1);
    rest.remove_prefix(end + 1);
    out.signatures.push_back(*std::move(parsed));
  }
  return out;
}

std::string signature_line(std::string_view name, std::uint32_t id, std::string_view signature) {
  std::string bytes = {static_cast<char>(id >> 24), static_cast<char>(id >> 16 & 0xFF),
                       static_cast<char>(id >> 8 & 0xFF), static_cast<char>(id & 0xFF)};
  bytes += signature;
  return std::string(line_start) + std::string(name) + " " + to_base64(bytes) + "\n";
}

Result<std::string> sign_note(std::string_view text, std::string_view name, const Ed25519Seed& seed) {
  if (!is_key_name(name)) {
    return malformed("key name", "it is empty, or holds a space or '+'");
  }
  if (!text.ends_with('\n') || !valid_utf8(text) || has_control(text)) {
    return malformed("note", "its text must be UTF-8 without control characters and end with a newline");
  }
  const std::uint32_t id = key_id(name, ed25519_public_key(seed));
  const Ed25519Signature signature = ed25519_sign(text, seed);
  std::string out = std::string(text) + "\n" +
                    signature_line(name, id, {reinterpret_cast<const char*>(signature.data()), signature.size()});
  if (out.size() > limits::note_bytes_max) {
    return failure(ErrorCode::limit, "the note is too long");
  }
  return out;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  constexpr std::string_view what = "checkpoint";
  std::array<std::string_view, 3> lines;
  for (std::string_view& line : lines) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || end == 0) {
      return malformed(what, "it needs three lines: origin, size, root hash");
    }
    line = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  Checkpoint out;
  out.origin = std::string(lines[0]);
  const bool plain =
      std::all_of(lines[1].begin(), lines[1].end(), ascii_digit) && (lines[1] == "0" || lines[1][0] != '0');
  const auto size = plain ? parse_uint64(lines[1]) : std::nullopt;
  if (!size) {
    return malformed(what, "its size is no decimal number without leading zeros");
  }
  out.size = *size;
  auto hash = from_base64(lines[2]);
  if (!hash) {
    return malformed(what, "its root hash is not base64");
  }
  out.hash = *std::move(hash);
  out.rest = std::string(text);
  return out;
}

std::string text_of(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" + to_base64(checkpoint.hash) + "\n" +
         checkpoint.rest;
}

}  // namespace tocsin::trust
