#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>

#include "speech/compare.h"
#include "speech/limits.h"

namespace tocsin::speech {
namespace {

using Keys = std::vector<std::uint32_t>;

struct Stretch {
  std::size_t a_begin;
  std::size_t a_end;
  std::size_t b_begin;
  std::size_t b_end;
};

void trim_common(const Keys& a, const Keys& b, Stretch& at) {
  while (at.a_begin < at.a_end && at.b_begin < at.b_end && a[at.a_begin] == b[at.b_begin]) {
    ++at.a_begin;
    ++at.b_begin;
  }
  while (at.a_begin < at.a_end && at.b_begin < at.b_end && a[at.a_end - 1] == b[at.b_end - 1]) {
    --at.a_end;
    --at.b_end;
  }
}

// Pairs of places with a key that is unique on both sides, the longest run of them that rises on both.
std::vector<std::pair<std::size_t, std::size_t>> anchors(const Keys& a, const Keys& b, const Stretch& at) {
  struct Seen {
    std::size_t in_a = 0;
    std::size_t in_b = 0;
    std::size_t place_b = 0;
  };
  boost::unordered_flat_map<std::uint32_t, Seen> seen;
  for (std::size_t i = at.a_begin; i < at.a_end; ++i) {
    ++seen[a[i]].in_a;
  }
  for (std::size_t i = at.b_begin; i < at.b_end; ++i) {
    Seen& one = seen[b[i]];
    ++one.in_b;
    one.place_b = i;
  }
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = at.a_begin; i < at.a_end; ++i) {
    const Seen& one = seen[a[i]];
    if (one.in_a == 1 && one.in_b == 1) {
      pairs.emplace_back(i, one.place_b);
    }
  }
  // Longest increasing subsequence by patience sorting.
  std::vector<std::size_t> tops;
  std::vector<std::size_t> before(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto pile = std::lower_bound(tops.begin(), tops.end(), pairs[i].second,
                                       [&](std::size_t top, std::size_t value) { return pairs[top].second < value; });
    before[i] = pile == tops.begin() ? pairs.size() : *(pile - 1);
    if (pile == tops.end()) {
      tops.push_back(i);
    } else {
      *pile = i;
    }
  }
  std::vector<std::pair<std::size_t, std::size_t>> out;
  for (std::size_t i = tops.empty() ? pairs.size() : tops.back(); i < pairs.size(); i = before[i]) {
    out.push_back(pairs[i]);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

// Myers' greedy search with the whole trace kept; false where more than edits_max edits are needed.
bool shortest_edits(const Keys& a, const Keys& b, const Stretch& at, std::vector<Hunk>& out) {
  const auto n = static_cast<std::ptrdiff_t>(at.a_end - at.a_begin);
  const auto m = static_cast<std::ptrdiff_t>(at.b_end - at.b_begin);
  const std::ptrdiff_t most = std::min<std::ptrdiff_t>(n + m, static_cast<std::ptrdiff_t>(limits::edits_max));
  const auto same = [&](std::ptrdiff_t x, std::ptrdiff_t y) {
    return a[at.a_begin + static_cast<std::size_t>(x)] == b[at.b_begin + static_cast<std::size_t>(y)];
  };
  // trace[d] holds the furthest x for k = -d, -d+2, … d.
  std::vector<std::vector<std::ptrdiff_t>> trace;
  const auto furthest = [&](std::ptrdiff_t d, std::ptrdiff_t k) -> std::ptrdiff_t {
    return d < 0 || k < -d || k > d ? -1 : trace[static_cast<std::size_t>(d)][static_cast<std::size_t>((k + d) / 2)];
  };
  std::ptrdiff_t edits = -1;
  for (std::ptrdiff_t d = 0; d <= most && edits < 0; ++d) {
    std::vector<std::ptrdiff_t> row(static_cast<std::size_t>(d) + 1, -1);
    for (std::ptrdiff_t k = -d; k <= d; k += 2) {
      std::ptrdiff_t x = 0;
      if (d > 0) {
        const std::ptrdiff_t down = furthest(d - 1, k + 1);
        const std::ptrdiff_t right = furthest(d - 1, k - 1);
        x = down >= right + 1 ? down : right + 1;
      }
      std::ptrdiff_t y = x - k;
      if (x < 0 || y < 0 || x > n || y > m) {
        continue;
      }
      while (x < n && y < m && same(x, y)) {
        ++x;
        ++y;
      }
      row[static_cast<std::size_t>((k + d) / 2)] = x;
      if (x == n && y == m) {
        edits = d;
        break;
      }
    }
    trace.push_back(std::move(row));
  }
  if (edits < 0) {
    return false;
  }
  // Back along the trace: single edits, last first.
  std::vector<Hunk> single;
  std::ptrdiff_t k = n - m;
  for (std::ptrdiff_t d = edits; d > 0; --d) {
    const std::ptrdiff_t down = furthest(d - 1, k + 1);
    const std::ptrdiff_t right = furthest(d - 1, k - 1);
    const bool goes_down = down >= right + 1;
    const std::ptrdiff_t from_x = goes_down ? down : right;
    const std::ptrdiff_t from_k = goes_down ? k + 1 : k - 1;
    const auto a_place = at.a_begin + static_cast<std::size_t>(from_x);
    const auto b_place = at.b_begin + static_cast<std::size_t>(from_x - from_k);
    single.push_back({a_place, a_place + (goes_down ? 0u : 1u), b_place, b_place + (goes_down ? 1u : 0u)});
    k = from_k;
  }
  for (auto edit = single.rbegin(); edit != single.rend(); ++edit) {
    out.push_back(*edit);
  }
  return true;
}

}  // namespace

std::vector<Hunk> diff(const Keys& a, const Keys& b) {
  std::vector<Hunk> edits;
  Stretch whole{0, a.size(), 0, b.size()};
  trim_common(a, b, whole);
  // One round of anchors: stretches between them are short in statements; what is left goes to the edit search.
  std::vector<Stretch> stretches;
  Stretch open = whole;
  for (const auto& [place_a, place_b] : anchors(a, b, whole)) {
    stretches.push_back({open.a_begin, place_a, open.b_begin, place_b});
    open.a_begin = place_a + 1;
    open.b_begin = place_b + 1;
  }
  stretches.push_back(open);
  for (Stretch& at : stretches) {
    trim_common(a, b, at);
    const bool one_sided = at.a_begin == at.a_end || at.b_begin == at.b_end;
    if (at.a_begin == at.a_end && at.b_begin == at.b_end) {
      continue;
    }
    if (one_sided || !shortest_edits(a, b, at, edits)) {
      edits.push_back({at.a_begin, at.a_end, at.b_begin, at.b_end});
    }
  }
  // Neighbouring edits are one difference.
  std::vector<Hunk> out;
  for (const Hunk& edit : edits) {
    if (!out.empty() && out.back().a_end == edit.a_begin && out.back().b_end == edit.b_begin) {
      out.back().a_end = edit.a_end;
      out.back().b_end = edit.b_end;
    } else {
      out.push_back(edit);
    }
  }
  return out;
}

}  // namespace tocsin::speech
