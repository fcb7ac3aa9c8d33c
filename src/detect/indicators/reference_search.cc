#include "detect/indicators/reference_search.h"

#include <algorithm>
#include <functional>

#include "base/limits.h"
#include "base/text.h"
#include "rules/indicators/address.h"
#include "rules/indicators/hash_value.h"
#include "rules/indicators/path.h"
#include "rules/indicators/refang.h"
#include "rules/indicators/url.h"

namespace tocsin::detect {
namespace {

using Kind = rules::IndicatorKind;

std::string folded(std::string_view text) { return fold_case(text); }
bool is_hex(char c) { return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f'); }
bool is_letter_or_digit(char c) { return rules::is_word_byte(c) && c != '-' && c != '.'; }
bool is_url_byte(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7F &&
         std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

// Longest runs of characters that `belongs` takes, as [begin, end).
std::vector<std::pair<std::size_t, std::size_t>> runs(std::string_view text, const std::function<bool(char)>& belongs) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && belongs(text[end])) {
      ++end;
    }
    if (end > i) {
      out.emplace_back(i, end);
    }
    i = std::max(end, i + 1);
  }
  return out;
}

std::string_view without_end(std::string_view word) {
  while (word.ends_with('.') || word.ends_with('-')) {
    word.remove_suffix(1);
  }
  return word;
}

// What one value holds, as canonical values by kind.
class Contents {
 public:
  Contents(std::string_view text, bool file_field) : text_(text) {
    for (const auto& [begin, end] : runs(text, rules::is_word_byte)) {
      const std::string_view word = without_end(text.substr(begin, end - begin));
      if (word.size() > rules::word_bytes_max) {
        continue;
      }
      words_.insert(folded(word));
      std::string_view host = word;
      while (host.starts_with('.') || host.starts_with('-')) {
        host.remove_prefix(1);
      }
      std::uint8_t bytes[4];
      if (rules::parse_ipv4(host, bytes)) {
        addresses_.insert(std::string(reinterpret_cast<const char*>(bytes), 4));
      } else {
        hosts_.insert(folded(host));
      }
    }
    read_ipv6();
    read_hashes();
    read_emails();
    read_urls();
    read_registry();
    value_ = trim(text);
    if (value_.size() >= 2 && value_.front() == '"' && value_.back() == '"') {
      value_ = trim(value_.substr(1, value_.size() - 2));
    }
    const std::size_t separator = value_.find_last_of("/\\");
    if (separator != value_.npos || file_field) {
      last_part_ = folded(value_.substr(separator == value_.npos ? 0 : separator + 1));
    }
    rules::append_path_form(text, form_);
    rules::append_path_form(value_, value_form_);
  }

  bool has(const rules::IndicatorEntry& entry, const IndicatorSearch& search) const {
    const std::string value(entry.value);
    switch (entry.kind) {
      case Kind::ipv4:
      case Kind::ipv6:
        return addresses_.contains(value);
      case Kind::cidr:
        return std::any_of(addresses_.begin(), addresses_.end(), [&](std::string address) {
          if (address.size() != value.size() - 2) {
            return false;
          }
          rules::mask_address(reinterpret_cast<std::uint8_t*>(address.data()), address.size(),
                              static_cast<unsigned char>(value[1]));
          return address == value.substr(2);
        });
      case Kind::md5:
        return md5_.contains(value);
      case Kind::sha1:
      case Kind::sha256:
      case Kind::sha512:
      case Kind::ja3:
      case Kind::ja3s:
        return hashes_.contains(value);
      case Kind::url:
        return urls_.contains(value);
      case Kind::email:
        return emails_.contains(value);
      case Kind::registry_key:
        return std::any_of(keys_.begin(), keys_.end(), [&](const std::string& key) {
          return key.starts_with(value) && (key.size() == value.size() || !rules::is_word_byte(key[value.size()]));
        });
      case Kind::domain:
        return std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& host) {
          return host == value || (search.names_below && !entry.only_itself && host.ends_with("." + value));
        });
      case Kind::file_name:
        return last_part_ == value || (rules::is_dotted_word(value) && words_.contains(value));
      case Kind::file_path:
        return has_path(value);
      case Kind::mutex:
        return rules::mutex_name(value_) == value;
      case Kind::user_agent: {
        std::string blanks(value_);
        std::replace(blanks.begin(), blanks.end(), '+', ' ');
        return value_ == value || (value_.find(' ') == value_.npos && blanks == value);
      }
    }
    return false;
  }

 private:
  bool has_path(const std::string& path) const {
    const std::string tail = path.substr(path.rfind('/') + 1);
    if (value_form_.ends_with(path) && last_part_ == tail) {
      const std::size_t begin = value_form_.size() - path.size();
      if (begin == 0 || !rules::is_word_byte(value_form_[begin - 1])) {
        return true;
      }
    }
    if (!rules::is_dotted_word(tail)) {
      return false;
    }
    for (std::size_t at = form_.find(path); at != form_.npos; at = form_.find(path, at + 1)) {
      if (at > 0 && rules::is_word_byte(form_[at - 1])) {
        continue;
      }
      std::size_t end = at + path.size();
      while (end < form_.size() && (form_[end] == '.' || form_[end] == '-')) {
        ++end;
      }
      if (end == form_.size() || !rules::is_word_byte(form_[end])) {
        return true;
      }
    }
    return false;
  }

  void read_ipv6() {
    for (auto [begin, end] : runs(text_, [](char c) { return is_hex(c) || c == ':' || c == '.'; })) {
      bool bounded = begin == 0 || !is_letter_or_digit(text_[begin - 1]);
      if (end < text_.size() && is_letter_or_digit(text_[end])) {
        continue;
      }
      std::string_view run = text_.substr(begin, end - begin);
      if (std::count(run.begin(), run.end(), ':') < 2) {
        continue;
      }
      if (run.starts_with(':') && !run.starts_with("::")) {
        run.remove_prefix(1);
        bounded = true;
      }
      while (run.ends_with('.') || (run.ends_with(':') && !run.ends_with("::"))) {
        run.remove_suffix(1);
      }
      if (const auto parsed = rules::parse_address(run); bounded && parsed && run.find(':') != run.npos) {
        addresses_.insert(std::string(reinterpret_cast<const char*>(parsed->bytes.data()), parsed->size()));
      }
    }
  }

  void read_hashes() {
    for (const auto& [begin, end] : runs(text_, is_hex)) {
      if ((begin > 0 && is_letter_or_digit(text_[begin - 1])) ||
          (end < text_.size() && is_letter_or_digit(text_[end]))) {
        continue;
      }
      std::string bytes;
      if (!rules::parse_hex(text_.substr(begin, end - begin), (end - begin) / 2, bytes)) {
        continue;
      }
      hashes_.insert(bytes);
      const std::string before = ascii_lower(text_.substr(0, begin));
      if (!before.ends_with("imphash=") && !before.ends_with("imphash:")) {
        md5_.insert(bytes);
      }
    }
  }

  void read_emails() {
    for (std::size_t at = text_.find('@'); at != text_.npos; at = text_.find('@', at + 1)) {
      std::size_t begin = at, end = at + 1;
      while (begin > 0 &&
             (rules::is_word_byte(text_[begin - 1]) || text_[begin - 1] == '%' || text_[begin - 1] == '+')) {
        --begin;
      }
      while (begin < at && text_[begin] == '.') {
        ++begin;
      }
      while (end < text_.size() && rules::is_word_byte(text_[end])) {
        ++end;
      }
      emails_.insert(folded(text_.substr(begin, at + 1 - begin)) +
                     folded(without_end(text_.substr(at + 1, end - at - 1))));
    }
  }

  void add_url(std::string_view text) {
    std::string url;
    if (rules::normalise_url(text, url)) {
      urls_.insert(url);
      urls_.insert(url.substr(url.find("//")));
    }
  }

  void read_urls() {
    for (std::size_t at = text_.find("://"); at != text_.npos; at = text_.find("://", at + 1)) {
      std::size_t begin = at, end = at + 3;
      while (begin > 0 && (ascii_alpha(text_[begin - 1]) || ascii_digit(text_[begin - 1]) || text_[begin - 1] == '+' ||
                           text_[begin - 1] == '-' || text_[begin - 1] == '.')) {
        --begin;
      }
      while (begin < at && !ascii_alpha(text_[begin])) {
        ++begin;
      }
      while (end < text_.size() && end - begin < limits::indicator_value_bytes_max && is_url_byte(text_[end])) {
        ++end;
      }
      if (begin == at) {
        continue;
      }
      add_url(text_.substr(begin, end - begin));
      std::vector<std::size_t> ends;
      for (std::size_t i = at + 3; i < end && ends.size() < limits::indicator_url_ends_max; ++i) {
        if (std::string_view("'),;]*!&").find(text_[i]) != std::string_view::npos) {
          ends.push_back(i);
        }
      }
      ends.push_back(end);
      for (std::size_t stop : ends) {
        while (stop > at + 3 && std::string_view(".,;:!?'\")]>*").find(text_[stop - 1]) != std::string_view::npos) {
          --stop;
        }
        if (stop > at + 3) {
          add_url(text_.substr(begin, stop - begin));
        }
      }
    }
  }

  void read_registry() {
    for (std::size_t at = 0; at < text_.size(); ++at) {
      if (rules::hive_at(text_.substr(at)).length == 0 ||
          (text_[at] != '\\' && at > 0 && rules::is_word_byte(text_[at - 1]))) {
        continue;
      }
      std::string key;
      rules::append_registry_form(text_.substr(at, 2 * limits::indicator_path_bytes_max), key);
      keys_.insert(key);
    }
  }

  std::string_view text_, value_;
  std::set<std::string> words_, hosts_, addresses_, hashes_, md5_, emails_, urls_, keys_;
  std::string last_part_, form_, value_form_;
};

}  // namespace

void ReferenceSearch::search(std::string_view text, std::uint32_t kinds, bool file_field,
                             std::vector<FoundIndicator>& out) {
  if (text.size() < 3) {
    return;
  }
  std::vector<Contents> contents;
  contents.emplace_back(text, file_field);
  std::string plain;
  if (rules::refang(text, plain)) {
    contents.emplace_back(plain, file_field);
  }
  const rules::IndicatorStore& store = *set_.store;
  for (auto at = store.begin(); at != store.end(); at = store.next(at)) {
    const rules::IndicatorEntry entry = store.at(at);
    if ((kinds & rules::bit(entry.kind)) == 0 ||
        std::none_of(contents.begin(), contents.end(),
                     [&](const Contents& one) { return one.has(entry, set_.search); })) {
      continue;
    }
    // The same value once more, as the table leaves it out.
    std::size_t equal = 0;
    const bool superfluous = std::any_of(out.begin(), out.end(), [&](const FoundIndicator& one) {
      const rules::IndicatorEntry known = store.at(one.position);
      return known.kind == entry.kind && known.value == entry.value &&
             (++equal >= limits::indicator_sources_max || is_superfluous(entry, known));
    });
    if (superfluous) {
      continue;
    }
    out.push_back({at, set_.friends != nullptr && set_.friends->find(entry).has_value()});
  }
}

}  // namespace tocsin::detect
