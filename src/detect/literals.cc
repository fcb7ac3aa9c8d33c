#include "detect/literals.h"

#include <hs/hs.h>

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

// Picks for each literal the four bytes that the fewest literals share and that ordinary text does not have.
void LiteralIndex::choose_grams(std::vector<Needle>& needles) const {
  boost::unordered_flat_map<std::uint32_t, std::uint32_t> uses;
  for (const Needle& needle : needles) {
    for (std::uint32_t at = 0; at + gram_bytes <= needle.length; ++at) {
      ++uses[load4(text_.data() + needle.begin + at)];
    }
  }
  constexpr std::uint32_t common_penalty = 1'000'000;
  for (auto& [gram, count] : uses) {
    count += is_common_gram(gram) ? common_penalty : 0;
  }
  for (Needle& needle : needles) {
    std::uint32_t best = ~std::uint32_t{0};
    for (std::uint32_t at = 0; at + gram_bytes <= needle.length; ++at) {
      const std::uint32_t gram = load4(text_.data() + needle.begin + at);
      if (const std::uint32_t cost = uses[gram]; cost < best) {
        best = cost;
        needle.gram_at = at;
        needle.key = gram;
      }
    }
  }
}

void LiteralIndex::build() {
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
    choose_grams(grams);
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

// ---- LiteralDatabase -------------------------------------------------------------------------------------------

LiteralDatabase::Scratch::~Scratch() { hs_free_scratch(static_cast<hs_scratch_t*>(memory_)); }

LiteralDatabase::~LiteralDatabase() { hs_free_database(static_cast<hs_database_t*>(database_)); }

void LiteralDatabase::add(std::string_view literal, std::uint32_t payload) {
  literals_.emplace_back(literal);
  payloads_.push_back(payload);
  ascii_ = ascii_ && is_ascii(literal);
  const std::string lower = ascii_lower(literal);
  in_numbers_ = in_numbers_ || lower.find_first_not_of("0123456789+-.ex") == std::string::npos ||
                std::string_view("true").find(lower) != std::string_view::npos ||
                std::string_view("false").find(lower) != std::string_view::npos;
}

bool LiteralDatabase::needs_folding(std::string_view text) const {
  // Without an early end, so that it runs at the speed of memory.
  unsigned char seen = 0;
  for (const char c : text) {
    seen = static_cast<unsigned char>(seen | static_cast<unsigned char>(c));
  }
  if (seen < 0x80) {
    return false;
  }
  // Of all characters beyond ASCII only these two fold into it: U+017F (s) and U+212A (k).
  return !ascii_ || text.find("\xC5\xBF") != std::string_view::npos ||
         text.find("\xE2\x84\xAA") != std::string_view::npos;
}

void LiteralDatabase::build() {
  if (literals_.empty()) {
    return;
  }
  if (hs_valid_platform() == HS_SUCCESS) {
    std::vector<const char*> texts;
    std::vector<std::size_t> lengths;
    std::vector<unsigned> flags(literals_.size(), HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH);
    for (const std::string& literal : literals_) {
      texts.push_back(literal.data());
      lengths.push_back(literal.size());
    }
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    if (hs_compile_lit_multi(texts.data(), flags.data(), payloads_.data(), lengths.data(),
                             static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, nullptr, &database,
                             &error) == HS_SUCCESS) {
      database_ = database;
    } else {
      hs_free_compile_error(error);
    }
  }
  for (std::size_t at = 0; at < literals_.size(); ++at) {
    instead_.add(literals_[at], Anchor::none, payloads_[at]);
  }
  instead_.build();
}

void LiteralDatabase::prepare(Scratch& scratch) const {
  if (database_ != nullptr) {
    auto* memory = static_cast<hs_scratch_t*>(scratch.memory_);
    if (hs_alloc_scratch(static_cast<const hs_database_t*>(database_), &memory) == HS_SUCCESS) {
      scratch.memory_ = memory;
    }
  }
}

void LiteralDatabase::scan(std::string_view text, Scratch& scratch, std::vector<std::uint32_t>& found) const {
  const std::size_t before = found.size();
  if (database_ != nullptr && scratch.memory_ != nullptr && text.size() <= ~std::uint32_t{0}) {
    const auto on_match = [](unsigned id, unsigned long long, unsigned long long, unsigned, void* context) {
      static_cast<std::vector<std::uint32_t>*>(context)->push_back(id);
      return 0;
    };
    if (hs_scan(static_cast<const hs_database_t*>(database_), text.data(), static_cast<unsigned>(text.size()), 0,
                static_cast<hs_scratch_t*>(scratch.memory_), on_match, &found) == HS_SUCCESS) {
      return;
    }
  }
  found.resize(before);
  instead_.scan(ascii_lower(text), [&](std::uint32_t payload) { found.push_back(payload); });
}

}  // namespace tocsin::detect
