#include "detect/literals.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <utility>

#include "base/text.h"
#include "detect/rarity.h"

namespace tocsin::detect {

std::uint32_t LiteralIndex::hash(std::string_view text) {
  std::uint64_t state = 0x9E3779B97F4A7C15ULL ^ text.size();
  const auto take = [&](std::uint64_t word) {
    state = (state ^ word) * 0xFF51AFD7ED558CCDULL;
    state ^= state >> 32U;
  };
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    take(word);
    text.remove_prefix(sizeof word);
  }
  std::uint64_t word = 0;
  if (!text.empty()) {
    std::memcpy(&word, text.data(), text.size());
  }
  take(word);
  return static_cast<std::uint32_t>(state);
}

void LiteralIndex::Table::build(std::vector<Needle> all) {
  std::stable_sort(all.begin(), all.end(), [](const Needle& a, const Needle& b) { return a.key < b.key; });
  needles = std::move(all);
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(2, needles.size() * 2));
  buckets.assign(size, {});
  shift = static_cast<std::uint32_t>(32 - std::countr_zero(size));
  for (std::uint32_t begin = 0; begin < needles.size();) {
    std::uint32_t end = begin;
    while (end < needles.size() && needles[end].key == needles[begin].key) {
      ++end;
    }
    std::size_t at = mix(needles[begin].key) >> shift;
    while (buckets[at].count != 0) {
      at = (at + 1) & (size - 1);
    }
    buckets[at] = {needles[begin].key, begin, end - begin};
    begin = end;
  }
}

void LiteralIndex::add(std::string_view literal, Anchor anchor, std::uint32_t payload) {
  Needle needle;
  needle.begin = static_cast<std::uint32_t>(text_.size());
  needle.length = static_cast<std::uint32_t>(literal.size());
  needle.payload = payload;
  needle.anchor = anchor;
  text_ += literal;
  needles_.push_back(needle);
}

// Gives each literal as many grams, beside each other, as there are places between two looks: those that the fewest
// literals share and that ordinary text does not have.
std::vector<LiteralIndex::Needle> LiteralIndex::choose_grams(const std::vector<Needle>& needles) const {
  const auto gram_of = [this](const Needle& needle, std::uint32_t at) {
    return load4(text_.data() + needle.begin + at);
  };
  boost::unordered_flat_map<std::uint32_t, std::uint64_t> costs;
  for (const Needle& needle : needles) {
    for (std::uint32_t at = 0; at + gram_bytes <= needle.length; ++at) {
      ++costs[gram_of(needle, at)];
    }
  }
  constexpr std::uint32_t common_penalty = 1'000'000;
  for (auto& [gram, cost] : costs) {
    cost += is_common_gram(gram) ? common_penalty : 0;
  }
  std::vector<Needle> out;
  out.reserve(needles.size() * step_);
  for (const Needle& needle : needles) {
    std::uint64_t best = ~std::uint64_t{0};
    std::uint32_t best_at = 0;
    for (std::uint32_t at = 0; at + step_ - 1 + gram_bytes <= needle.length; ++at) {
      std::uint64_t cost = 0;
      for (std::uint32_t more = 0; more < step_; ++more) {
        cost += costs[gram_of(needle, at + more)];
      }
      if (cost < best) {
        best = cost;
        best_at = at;
      }
    }
    for (std::uint32_t more = 0; more < step_; ++more) {
      Needle& placed = out.emplace_back(needle);
      placed.gram_at = best_at + more;
      placed.key = gram_of(needle, placed.gram_at);
    }
  }
  return out;
}

// Takes out of `grams` and `pairs` what the filter is to find, where that spares more than it costs: all of them, or
// the shortest, if the others can then be looked for at every n-th place.
void LiteralIndex::fill_filter(std::vector<Needle>& grams, std::vector<Needle>& pairs, Texts texts) {
  std::vector<Needle> all = pairs;
  all.insert(all.end(), grams.begin(), grams.end());
  std::stable_sort(all.begin(), all.end(), [](const Needle& a, const Needle& b) { return a.length < b.length; });
  std::size_t taken = std::min(all.size(), filtered_max);
  if (taken < all.size()) {
    constexpr std::uint32_t step_min = 4;      // below, the tables alone are as fast
    constexpr std::size_t placed_max = 8'192;  // grams of the others; more would not stay in the caches
    const std::uint32_t step = all[taken].length < gram_bytes
                                   ? 0
                                   : std::min(step_max, all[taken].length - static_cast<std::uint32_t>(gram_bytes) + 1);
    if (taken < pairs.size() || step < step_min || (all.size() - taken) * step > placed_max) {
      return;
    }
    step_ = step;
  }
  any_case_ = texts == Texts::many_bytes && taken == all.size() && whole_lengths_ == 0 && short_anchored_.empty() &&
              singles_.empty();
  grams.assign(all.begin() + static_cast<std::ptrdiff_t>(taken), all.end());
  pairs.clear();
  all.resize(taken);
  const auto split =
      std::stable_partition(all.begin(), all.end(), [](const Needle& needle) { return needle.length < gram_bytes; });
  std::vector<Needle> chosen(all.begin(), split);
  const std::uint32_t step_of_others = std::exchange(step_, 1);
  const std::vector<Needle> long_ones = choose_grams({split, all.end()});
  step_ = step_of_others;
  chosen.insert(chosen.end(), long_ones.begin(), long_ones.end());
  const auto gram_of = [this](const Needle& needle) { return literal(needle).substr(needle.gram_at, gram_bytes); };
  // Grams that look alike share a bucket, so that few bytes belong to each.
  std::stable_sort(chosen.begin(), chosen.end(),
                   [&](const Needle& a, const Needle& b) { return gram_of(a) < gram_of(b); });
  const std::size_t each = (chosen.size() + GramFilter::buckets - 1) / GramFilter::buckets;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const std::string_view gram = gram_of(chosen[i]);
    const auto bucket = static_cast<unsigned>(i / each);
    filter_.add(bucket, gram, any_case_);
    Filtered filtered{chosen[i]};
    filtered.needle.key = 0;
    std::memcpy(&filtered.needle.key, gram.data(), gram.size());
    for (std::size_t byte = 0; byte < gram.size(); ++byte) {
      filtered.mask |= 0xFFU << (8 * byte);
      filtered.letters |= (gram[byte] >= 'a' && gram[byte] <= 'z' ? 0x20U : 0U) << (8 * byte);
    }
    filtered_[bucket].push_back(filtered);
  }
  has_filter_ = true;
}

bool LiteralIndex::stands_in_any_case(const Filtered& filtered, std::string_view text, std::size_t at) const {
  const std::uint32_t before = filtered.needle.gram_at;
  return at >= before && filtered.needle.length <= text.size() - (at - before) &&
         std::equal(text_.begin() + filtered.needle.begin,
                    text_.begin() + filtered.needle.begin + filtered.needle.length, text.begin() + (at - before),
                    [](char own, char other) { return own == ascii_lower(other); });
}

void LiteralIndex::build(Texts texts, Filter filter) {
  std::vector<Needle> whole;
  std::vector<Needle> grams;
  std::vector<Needle> pairs;
  for (Needle& needle : needles_) {
    if (needle.anchor == Anchor::whole) {
      needle.key = hash(literal(needle));
      whole_lengths_ |= std::uint64_t{1} << std::min<std::uint32_t>(needle.length, 63);
      whole.push_back(needle);
    } else if (needle.length >= gram_bytes) {
      grams.push_back(needle);
    } else if (needle.anchor != Anchor::none) {
      short_anchored_.push_back(needle);
    } else if (needle.length == 1) {
      singles_.push_back(needle);
    } else {
      needle.key = load2(text_.data() + needle.begin);
      pairs.push_back(needle);
    }
  }
  if (!whole.empty()) {
    whole_.build(std::move(whole));
  }
  if (filter == Filter::where_possible && GramFilter::available() && !(grams.empty() && pairs.empty())) {
    fill_filter(grams, pairs, texts);
  }
  if (!pairs.empty()) {
    pair_bits_.assign(65'536 / 64, 0);
    for (const Needle& needle : pairs) {
      pair_bits_[needle.key >> 6U] |= std::uint64_t{1} << (needle.key & 63U);
    }
    pairs_.build(std::move(pairs));
  }
  if (!grams.empty()) {
    if (!has_filter_ && texts == Texts::many_bytes) {
      const auto shortest = std::min_element(grams.begin(), grams.end(),
                                             [](const auto& a, const auto& b) { return a.length < b.length; });
      step_ = std::min(step_max, shortest->length - static_cast<std::uint32_t>(gram_bytes) + 1);
    }
    grams = choose_grams(grams);
    // 32 bits for each literal: about one false alarm in 32 bytes at most; 2^18 bits still lie in the second cache.
    const unsigned width = std::clamp(static_cast<unsigned>(std::bit_width(grams.size() * 32)), 10U, 18U);
    gram_shift_ = 32 - width;
    gram_bits_.assign((std::size_t{1} << width) / 64, 0);
    for (const Needle& needle : grams) {
      const std::uint32_t slot = mix(needle.key) >> gram_shift_;
      gram_bits_[slot >> 6U] |= std::uint64_t{1} << (slot & 63U);
    }
    grams_.build(std::move(grams));
  }
  needles_.shrink_to_fit();
}

// ---- KeywordIndex ----------------------------------------------------------------------------------------------

std::string_view never_escaped_part(std::string_view text) {
  std::string_view best;
  for (std::size_t begin = 0; begin <= text.size();) {
    std::size_t end = begin;
    while (end < text.size() && static_cast<unsigned char>(text[end]) >= 0x20 && text[end] != '"' &&
           text[end] != '\\' && text[end] != '/') {
      ++end;
    }
    if (end - begin > best.size()) {
      best = text.substr(begin, end - begin);
    }
    begin = end + 1;
  }
  return best;
}

void KeywordIndex::add(std::string_view literal, std::uint32_t payload) {
  index_.add(literal, Anchor::none, payload);
  ascii_ = ascii_ && is_ascii(literal);
  in_numbers_ = in_numbers_ || literal.find_first_not_of("0123456789+-.ex") == std::string::npos ||
                std::string_view("true").find(literal) != std::string_view::npos ||
                std::string_view("false").find(literal) != std::string_view::npos;
  in_escaped_values_ = in_escaped_values_ || never_escaped_part(literal).size() < literal.size();
}

bool KeywordIndex::needs_folding(std::string_view text) const {
  // Of all characters beyond ASCII only these two fold into it: U+017F (s) and U+212A (k).
  return !is_ascii(text) && (!ascii_ || text.find("\xC5\xBF") != std::string_view::npos ||
                             text.find("\xE2\x84\xAA") != std::string_view::npos);
}

}  // namespace tocsin::detect
