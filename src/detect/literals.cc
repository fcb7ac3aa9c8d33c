#include "detect/literals.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>

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

void LiteralIndex::build(Texts texts) {
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
  if (!pairs.empty()) {
    pair_bits_.assign(65'536 / 64, 0);
    for (const Needle& needle : pairs) {
      pair_bits_[needle.key >> 6U] |= std::uint64_t{1} << (needle.key & 63U);
    }
    pairs_.build(std::move(pairs));
  }
  if (!grams.empty()) {
    if (texts == Texts::many_bytes) {
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

void KeywordIndex::add(std::string_view literal, std::uint32_t payload) {
  index_.add(literal, Anchor::none, payload);
  ascii_ = ascii_ && is_ascii(literal);
  in_numbers_ = in_numbers_ || literal.find_first_not_of("0123456789+-.ex") == std::string::npos ||
                std::string_view("true").find(literal) != std::string_view::npos ||
                std::string_view("false").find(literal) != std::string_view::npos;
}

bool KeywordIndex::needs_folding(std::string_view text) const {
  // Of all characters beyond ASCII only these two fold into it: U+017F (s) and U+212A (k).
  return !is_ascii(text) && (!ascii_ || text.find("\xC5\xBF") != std::string_view::npos ||
                             text.find("\xE2\x84\xAA") != std::string_view::npos);
}

}  // namespace tocsin::detect
