#include "detect/indicators/value_search.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/limits.h"
#include "base/text.h"
#include "detect/indicators/anchors.h"
#include "rules/indicators/address.h"
#include "rules/indicators/hash_value.h"
#include "rules/indicators/path.h"
#include "rules/indicators/refang.h"
#include "rules/indicators/url.h"

namespace tocsin::detect {
namespace {

using Kind = rules::IndicatorKind;
using rules::bit;

using rules::word_bytes_max;
constexpr std::size_t registry_text_max = 2 * limits::indicator_path_bytes_max;

constexpr std::uint8_t word_byte = 1, hex_byte = 2, letter_digit = 4, url_byte = 8, scheme_byte = 16;
constexpr auto classes = [] {
  std::array<std::uint8_t, 256> out{};
  for (unsigned i = 0; i < 256; ++i) {
    const bool letter = (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z'), digit = i >= '0' && i <= '9';
    const bool hex = digit || (i >= 'a' && i <= 'f') || (i >= 'A' && i <= 'F');
    const auto one_of = [&](std::string_view these) {
      return i < 128 && these.find(static_cast<char>(i)) != std::string_view::npos;
    };
    out[i] =
        static_cast<std::uint8_t>((letter || digit || one_of("_-.") || i >= 0x80 ? word_byte : 0) |
                                  (hex ? hex_byte : 0) | (letter || digit || i == '_' || i >= 0x80 ? letter_digit : 0) |
                                  (i > 0x20 && i != 0x7F && !one_of("\"<>\\^`{|}") ? url_byte : 0) |
                                  (letter || digit || one_of("+-.") ? scheme_byte : 0));
  }
  return out;
}();
bool is(char c, std::uint8_t what) { return (classes[static_cast<unsigned char>(c)] & what) != 0; }

constexpr std::uint32_t addresses = bit(Kind::ipv4) | bit(Kind::ipv6) | bit(Kind::cidr);
constexpr std::uint32_t by_dot =
    bit(Kind::ipv4) | bit(Kind::cidr) | bit(Kind::domain) | bit(Kind::file_name) | bit(Kind::file_path);
constexpr std::uint32_t hashes =
    bit(Kind::md5) | bit(Kind::sha1) | bit(Kind::sha256) | bit(Kind::sha512) | bit(Kind::ja3) | bit(Kind::ja3s);

}  // namespace

void ValueSearch::look_up(Kind kind, std::string_view value, bool part, bool as_word) {
  const std::uint64_t hash = set_.hash(kind, value);
  const ValueTable& table = set_.tables[rules::index(kind)];
  if (!table.may_have(hash)) {
    return;
  }
  table.find(hash, [&](IndicatorSet::Position position, bool false_friend) {
    Kind own{};
    if (set_.store->value_at(position, own) != value) {
      return;
    }
    if (part && set_.store->at(position).only_itself) {
      return;
    }
    if (as_word && !rules::is_dotted_word(value)) {
      return;
    }
    out_->push_back({position, false_friend});
  });
}

void ValueSearch::search(std::string_view text, std::uint32_t kinds, bool file_field,
                         std::vector<FoundIndicator>& out) {
  kinds_ = kinds & set_.present;
  if (kinds_ == 0 || text.size() < 3) {
    return;
  }
  out_ = &out;
  refang_ = path_ = false;
  text_ = text;
  pass(text);
  whole_values(kinds_, file_field);
  if (path_) {
    paths();
  }
  if (refang_ && rules::refang(text, refanged_)) {
    path_ = false;
    text_ = refanged_;
    pass(refanged_);
    whole_values(kinds_, file_field);
    if (path_) {
      paths();
    }
  }
}

void ValueSearch::pass(std::string_view text) {
  word_done_ = hex_done_ = colon_done_ = url_end_ = urls_ = keys_ = 0;
  const bool dots = (kinds_ & by_dot) != 0, hex = (kinds_ & hashes) != 0, backs = wants(Kind::registry_key);
  const bool ats = wants(Kind::email);
  Anchors before;
  std::size_t before_base = 0;
  bool have_before = false;
  const auto hex_runs = [&](std::uint64_t next) {
    for (std::uint64_t runs = long_hex_runs(before.hex, next); runs != 0; runs &= runs - 1) {
      hex_run(before_base + static_cast<std::size_t>(std::countr_zero(runs)));
    }
  };
  for (std::size_t base = 0; base < text.size(); base += 64) {
    const Anchors found = find_anchors(text.data() + base, std::min<std::size_t>(64, text.size() - base));
    std::uint64_t marks =
        (dots ? found.dot : 0) | found.colon | (ats ? found.at : 0) | found.open | (backs ? found.back : 0);
    for (; marks != 0; marks &= marks - 1) {
      const std::size_t at = base + static_cast<std::size_t>(std::countr_zero(marks));
      switch (text[at]) {
        case '.':
          dot(at);
          break;
        case ':':
          colon(at);
          break;
        case '@':
          email(at);
          break;
        case '\\':
          registry(at);
          break;
        default:
          refang_ = refang_ || rules::defanged_at(text, at).length != 0;
          break;
      }
    }
    if (hex) {
      if (have_before) {
        hex_runs(found.hex);
      }
      before = found;
      before_base = base;
      have_before = true;
    }
  }
  if (hex && have_before) {
    hex_runs(0);
  }
}

void ValueSearch::dot(std::size_t at) {
  if (at < word_done_ || at == 0 || at + 1 >= text_.size() || !is(text_[at - 1], word_byte) ||
      !is(text_[at + 1], word_byte)) {
    return;
  }
  std::size_t begin = at, end = at + 1;
  while (begin > word_done_ && is(text_[begin - 1], word_byte)) {
    --begin;
  }
  while (end < text_.size() && is(text_[end], word_byte)) {
    ++end;
  }
  word_done_ = end;
  while (end > begin && (text_[end - 1] == '.' || text_[end - 1] == '-')) {
    --end;
  }
  if (end - begin <= word_bytes_max && end - begin >= 3) {
    word(begin, end);
  }
}

void ValueSearch::word(std::size_t begin, std::size_t end) {
  char lower[word_bytes_max + 1];
  bool ascii = true;
  const std::size_t size = end - begin;
  for (std::size_t i = 0; i < size; ++i) {
    const char c = text_[begin + i];
    ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    lower[i] = ascii_lower(c);
  }
  std::string_view name(lower, size);
  if (!ascii) {
    folded_.clear();
    fold_case_append(text_.substr(begin, size), folded_);
    name = folded_;
  }
  const std::string_view ending = ending_of(name);
  if ((kinds_ & (bit(Kind::file_name) | bit(Kind::file_path))) != 0 && set_.name_endings.may_have(ending)) {
    if (wants(Kind::file_name)) {
      look_up(Kind::file_name, name, false, true);
    }
    if (wants(Kind::file_path) && begin > 0 && (text_[begin - 1] == '/' || text_[begin - 1] == '\\') &&
        set_.path_tails.may_have(set_.tail_hash(name))) {
      path_ = true;
    }
  }
  std::string_view host = name;
  while (!host.empty() && (host.front() == '.' || host.front() == '-')) {
    host.remove_prefix(1);
  }
  if ((kinds_ & addresses) != 0 && !host.empty() && ascii_digit(host.front()) && host.size() >= 7 &&
      host.size() <= 15) {
    std::uint8_t bytes[4];
    if (rules::parse_ipv4(host, bytes)) {
      address({reinterpret_cast<const char*>(bytes), 4});
      return;
    }
  }
  if (wants(Kind::domain) && set_.last_labels.may_have(ending)) {
    domains(host);
  }
}

void ValueSearch::domains(std::string_view name) {
  bool part = false;
  for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.')) {
    look_up(Kind::domain, name, part);
    if (!set_.search.names_below) {
      return;
    }
    name.remove_prefix(dot + 1);
    part = true;
  }
}

void ValueSearch::address(std::string_view bytes) {
  const bool v6 = bytes.size() == 16;
  if (wants(v6 ? Kind::ipv6 : Kind::ipv4)) {
    look_up(v6 ? Kind::ipv6 : Kind::ipv4, bytes);
  }
  if (!wants(Kind::cidr)) {
    return;
  }
  if (!v6 && !set_.v4_begins[static_cast<unsigned char>(bytes[0]) * 256U + static_cast<unsigned char>(bytes[1])]) {
    return;
  }
  for (unsigned bits = v6 ? 128 : 32; bits > 0; --bits) {
    if (v6 ? !set_.v6_lengths[bits] : (set_.v4_lengths >> bits & 1) == 0) {
      continue;
    }
    char key[18];
    key[0] = v6 ? '\6' : '\4';
    key[1] = static_cast<char>(bits);
    std::copy(bytes.begin(), bytes.end(), key + 2);
    rules::mask_address(reinterpret_cast<std::uint8_t*>(key) + 2, bytes.size(), bits);
    look_up(Kind::cidr, {key, bytes.size() + 2});
  }
}

void ValueSearch::colon(std::size_t at) {
  if (text_.substr(at).starts_with("://")) {
    url(at);
  } else if (at >= colon_done_ && (kinds_ & addresses) != 0) {
    ipv6(at);
  }
}

void ValueSearch::ipv6(std::size_t colon) {
  std::size_t begin = colon, end = colon + 1;
  std::size_t colons = 1;
  while (begin > colon_done_ &&
         (is(text_[begin - 1], hex_byte) || text_[begin - 1] == ':' || text_[begin - 1] == '.')) {
    --begin;
    colons += text_[begin] == ':' ? 1 : 0;
  }
  while (end < text_.size() && (is(text_[end], hex_byte) || text_[end] == ':' || text_[end] == '.')) {
    colons += text_[end] == ':' ? 1 : 0;
    ++end;
  }
  colon_done_ = end;
  if (colons < 2) {
    return;
  }
  bool bounded = begin == 0 || !is(text_[begin - 1], letter_digit);
  if (end < text_.size() && is(text_[end], letter_digit)) {
    return;
  }
  std::string_view run = text_.substr(begin, end - begin);
  if (run.starts_with(':') && !run.starts_with("::")) {
    run.remove_prefix(1);
    bounded = true;
  }
  while (run.ends_with('.') || (run.ends_with(':') && !run.ends_with("::"))) {
    run.remove_suffix(1);
  }
  if (!bounded || run.size() > 45 || (run.find("::") == run.npos && std::count(run.begin(), run.end(), ':') < 6)) {
    return;
  }
  if (const auto parsed = rules::parse_address(run); parsed && run.find(':') != run.npos) {
    address_.assign(reinterpret_cast<const char*>(parsed->bytes.data()), parsed->size());
    address(address_);
  }
}

void ValueSearch::url(std::size_t colon) {
  std::size_t begin = colon;
  while (begin > 0 && is(text_[begin - 1], scheme_byte)) {
    --begin;
  }
  const std::string_view scheme = text_.substr(begin, colon - begin);
  if (ascii_iends_with(scheme, "xp") || ascii_iends_with(scheme, "xps")) {
    refang_ = true;
  }
  if (!wants(Kind::url)) {
    return;
  }
  while (begin < colon && !ascii_alpha(text_[begin])) {
    ++begin;
  }
  if (url_end_ < colon + 3) {
    url_end_ = colon + 3;
    while (url_end_ < text_.size() && is(text_[url_end_], url_byte)) {
      ++url_end_;
    }
  }
  const std::size_t end = std::min(url_end_, begin + limits::indicator_value_bytes_max);
  if (begin == colon || end <= colon + 3) {
    return;
  }
  // A host that no indicator has rules out all ends.
  std::string_view host = rules::url_host(text_.substr(colon + 3, end - colon - 3));
  while (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  std::string_view authority = text_.substr(colon + 3, end - colon - 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const bool plain_host = std::all_of(authority.begin(), authority.end(), [](char c) {
    return ascii_alpha(c) || ascii_digit(c) || c == '.' || c == '-' || c == '_' || c == ':';
  });
  if (plain_host) {
    canonical_.clear();
    for (const char c : host) {
      canonical_ += ascii_lower(c);
    }
    if (!set_.url_hosts.may_have(set_.host_hash(canonical_))) {
      return;
    }
  }
  if (++urls_ > limits::indicator_places_of_value_max) {
    return;
  }
  std::size_t tries = 0;
  std::size_t last = 0;
  const auto attempt = [&](std::size_t stop) {
    while (stop > colon + 3 && std::string_view(".,;:!?'\")]>*").find(text_[stop - 1]) != std::string_view::npos) {
      --stop;
    }
    if (stop == last || stop <= colon + 3) {
      return;
    }
    last = stop;
    canonical_.clear();
    if (rules::normalise_url(text_.substr(begin, stop - begin), canonical_)) {
      look_up(Kind::url, canonical_);
      look_up(Kind::url, std::string_view(canonical_).substr(canonical_.find("//")));
    }
  };
  // As it stands, then without what closes a sentence, then cut where a URL may have ended.
  canonical_.clear();
  if (rules::normalise_url(text_.substr(begin, end - begin), canonical_)) {
    look_up(Kind::url, canonical_);
    look_up(Kind::url, std::string_view(canonical_).substr(canonical_.find("//")));
  }
  last = end;
  for (std::size_t at = colon + 3; at <= end && tries < limits::indicator_url_ends_max; ++at) {
    if (at == end || std::string_view("'),;]*!&").find(text_[at]) != std::string_view::npos) {
      ++tries;
      attempt(at);
    }
  }
  if (tries == limits::indicator_url_ends_max) {
    attempt(end);
  }
}

void ValueSearch::email(std::size_t at) {
  const auto local_byte = [](char c) { return is(c, word_byte) || c == '%' || c == '+'; };
  std::size_t begin = at, end = at + 1;
  while (begin > 0 && local_byte(text_[begin - 1])) {
    --begin;
  }
  while (end < text_.size() && is(text_[end], word_byte)) {
    ++end;
  }
  while (end > at + 1 && (text_[end - 1] == '.' || text_[end - 1] == '-')) {
    --end;
  }
  while (begin < at && text_[begin] == '.') {
    ++begin;
  }
  // No address is longer (RFC 5321 §4.5.3.1), whatever folding does to its bytes.
  if (end - begin > 4 * word_bytes_max || begin == at || end == at + 1) {
    return;
  }
  canonical_.clear();
  fold_case_append(text_.substr(begin, end - begin), canonical_);
  look_up(Kind::email, canonical_);
}

void ValueSearch::hex_run(std::size_t begin) {
  if (begin < hex_done_) {
    return;
  }
  std::size_t end = begin + 32;
  while (end < text_.size() && is(text_[end], hex_byte)) {
    ++end;
  }
  hex_done_ = end;
  const std::size_t size = end - begin;
  if ((size != 32 && size != 40 && size != 64 && size != 128) || (begin > 0 && is(text_[begin - 1], letter_digit)) ||
      (end < text_.size() && is(text_[end], letter_digit))) {
    return;
  }
  canonical_.clear();
  rules::parse_hex(text_.substr(begin, size), size / 2, canonical_);
  if (size == 32) {
    for (const Kind kind : {Kind::ja3, Kind::ja3s}) {
      if (wants(kind)) {
        look_up(kind, canonical_);
      }
    }
    if (begin >= 8 && ascii_istarts_with(text_.substr(begin - 8), "imphash") &&
        (text_[begin - 1] == '=' || text_[begin - 1] == ':')) {
      return;
    }
  }
  const Kind kind = size == 32 ? Kind::md5 : size == 40 ? Kind::sha1 : size == 64 ? Kind::sha256 : Kind::sha512;
  if (wants(kind)) {
    look_up(kind, canonical_);
  }
}

void ValueSearch::registry(std::size_t back) {
  std::size_t begin = back;
  if (back + 1 < text_.size() && ascii_lower(text_[back + 1]) == 'r' &&
      rules::hive_at(text_.substr(back)).length != 0) {
    // "\REGISTRY\MACHINE\…"
  } else {
    while (begin > 0 && back - begin < 20 && (ascii_alpha(text_[begin - 1]) || text_[begin - 1] == '_')) {
      --begin;
    }
    if (back - begin < 3 || (begin > 0 && is(text_[begin - 1], word_byte)) ||
        rules::hive_at(text_.substr(begin)).length != back + 1 - begin) {
      return;
    }
  }
  if (++keys_ > limits::indicator_places_of_value_max) {
    return;
  }
  canonical_.clear();
  rules::append_registry_form(text_.substr(begin, registry_text_max), canonical_);
  const std::string_view form = canonical_;
  std::size_t slashes = 0;
  for (std::size_t i = 0; i <= form.size(); ++i) {
    if (i == form.size() || !is(form[i], word_byte)) {
      if (slashes >= 2 && i <= limits::indicator_path_bytes_max + 32) {
        look_up(Kind::registry_key, form.substr(0, i));
      }
    }
    if (i < form.size()) {
      slashes += form[i] == '/' ? 1 : 0;
    }
  }
}

// Paths are looked for in path form, and only where the last part of one was met.
void ValueSearch::paths() {
  form_.clear();
  rules::append_path_form(text_, form_);
  const std::string_view form = form_;
  for (std::size_t at = 0; at < form.size();) {
    if (!is(form[at], word_byte)) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < form.size() && is(form[end], word_byte)) {
      ++end;
    }
    const std::size_t next = end;
    while (end > at && (form[end - 1] == '.' || form[end - 1] == '-')) {
      --end;
    }
    if (at > 0 && form[at - 1] == '/' && end - at <= word_bytes_max &&
        rules::is_dotted_word(form.substr(at, end - at)) &&
        set_.path_tails.may_have(set_.tail_hash(form.substr(at, end - at)))) {
      path_ending_at(end, at);
    }
    at = next;
  }
}

void ValueSearch::path_ending_at(std::size_t end, std::size_t word_begin) {
  const std::string_view form = form_;
  for (std::size_t begin = word_begin; begin > 0 && end - begin < limits::indicator_path_bytes_max;) {
    --begin;
    if (begin == 0 || !is(form[begin - 1], word_byte)) {
      look_up(Kind::file_path, form.substr(begin, end - begin));
    }
  }
}

void ValueSearch::whole_values(std::uint32_t kinds, bool file_field) {
  std::string_view text = trim(text_);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = trim(text.substr(1, text.size() - 2));
  }
  if ((kinds & bit(Kind::mutex)) != 0) {
    look_up(Kind::mutex, rules::mutex_name(text));
  }
  if ((kinds & bit(Kind::user_agent)) != 0) {
    look_up(Kind::user_agent, text);
    if (text.find('+') != text.npos && text.find(' ') == text.npos) {
      canonical_.assign(text);
      std::replace(canonical_.begin(), canonical_.end(), '+', ' ');
      look_up(Kind::user_agent, canonical_);
    }
  }
  const bool names = (kinds & bit(Kind::file_name)) != 0 && set_.loose_names;
  const bool tails = (kinds & bit(Kind::file_path)) != 0 && set_.loose_tails;
  if (!names && !tails) {
    return;
  }
  std::size_t begin = text.size();
  while (begin > 0 && text[begin - 1] != '/' && text[begin - 1] != '\\') {
    if (text.size() - begin > 4 * limits::indicator_path_bytes_max) {
      return;
    }
    --begin;
  }
  if (begin == text.size() || (begin == 0 && !file_field)) {
    return;
  }
  folded_.clear();
  fold_case_append(text.substr(begin), folded_);
  if (names) {
    look_up(Kind::file_name, folded_);
  }
  if (tails && begin > 0 && set_.path_tails.may_have(set_.tail_hash(folded_))) {
    form_.clear();
    rules::append_path_form(text, form_);
    path_ending_at(form_.size(), form_.size() - std::min(form_.size(), folded_.size()));
  }
}

}  // namespace tocsin::detect
