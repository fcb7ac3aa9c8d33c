#include "base/zone.h"

#include <algorithm>
#include <array>

#include "base/text.h"

extern "C" const char tocsin_zones_begin[];

namespace tocsin {
namespace {

struct Entry {
  std::string_view name;
  std::uint32_t offset;
  std::uint32_t size;
};

// Sorted by name; made by tools/make_zones.py from the system's time zone database at build time.
constexpr auto entries = std::to_array<Entry>({
#define ZONE(name, offset, size) {name, offset, size},
#include "zones.inc"
#undef ZONE
});

std::int64_t big_endian(std::string_view bytes) {
  std::uint64_t value = static_cast<std::uint8_t>(bytes[0]) >= 0x80 ? ~std::uint64_t{0} : 0;
  for (const char c : bytes) {
    value = (value << 8) | static_cast<std::uint8_t>(c);
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::vector<std::string_view> Zone::names() {
  std::vector<std::string_view> out;
  for (const Entry& entry : entries) {
    out.push_back(entry.name);
  }
  return out;
}

Result<Zone> Zone::find(std::string_view name) {
  if (const auto offset = parse_utc_offset(name)) {
    Zone zone;
    zone.first_offset_ = *offset;
    return zone;
  }
  for (const Entry& entry : entries) {
    if (ascii_iequals(entry.name, name)) {
      return parse({tocsin_zones_begin + entry.offset, entry.size}, entry.name);
    }
  }
  std::string hint = "write UTC, an offset such as +02:00, or a name such as Europe/Berlin";
  for (const Entry& entry : entries) {
    if (!name.empty() && ascii_ifind(entry.name, name) != std::string_view::npos) {
      hint += "; did you mean " + std::string(entry.name) + "?";
      break;
    }
  }
  return failure(ErrorCode::usage, "there is no time zone '" + std::string(name) + "'", {}, std::move(hint));
}

// RFC 8536 TZif, version 2 or later: the second header and its 64-bit data block. The footer's rule is left out: the
// files are written with explicit transitions up to 2037.
Result<Zone> Zone::parse(std::string_view tzif, std::string_view name) {
  const auto damaged = [&] {
    return failure(ErrorCode::damaged, "the built-in data of time zone " + std::string(name) + " is damaged");
  };
  constexpr std::size_t header_bytes = 44;
  struct Counts {
    std::size_t utc, standard, leap, time, type, character;
  };
  const auto counts = [](std::string_view header) {
    const auto at = [&](std::size_t i) { return static_cast<std::size_t>(big_endian(header.substr(20 + 4 * i, 4))); };
    return Counts{at(0), at(1), at(2), at(3), at(4), at(5)};
  };
  if (tzif.size() < header_bytes || !tzif.starts_with("TZif") || tzif[4] < '2') {
    return damaged();
  }
  const Counts first = counts(tzif);
  const std::size_t skip =
      header_bytes + first.time * 5 + first.type * 6 + first.character + first.leap * 8 + first.standard + first.utc;
  if (skip + header_bytes > tzif.size()) {
    return damaged();
  }
  tzif.remove_prefix(skip);
  const Counts second = counts(tzif);
  tzif.remove_prefix(header_bytes);
  if (second.type == 0 || tzif.size() < second.time * 9 + second.type * 6) {
    return damaged();
  }
  const std::string_view times = tzif.substr(0, second.time * 8);
  const std::string_view kinds = tzif.substr(second.time * 8, second.time);
  const std::string_view types = tzif.substr(second.time * 9, second.type * 6);
  const auto offset_of = [&](std::size_t type) {
    return static_cast<std::int32_t>(big_endian(types.substr(type * 6, 4)));
  };
  Zone zone;
  zone.first_offset_ = offset_of(0);
  for (std::size_t i = 0; i < second.time; ++i) {
    const auto type = static_cast<std::uint8_t>(kinds[i]);
    if (type >= second.type) {
      return damaged();
    }
    zone.changes_.push_back({big_endian(times.substr(i * 8, 8)), offset_of(type)});
  }
  return zone;
}

std::int32_t Zone::offset_at(Time utc) const {
  const std::int64_t seconds = utc.ticks / Time::ticks_per_second;
  const auto after = std::upper_bound(changes_.begin(), changes_.end(), seconds,
                                      [](std::int64_t value, const Change& change) { return value < change.from; });
  return after == changes_.begin() ? first_offset_ : (after - 1)->offset;
}

Time Zone::to_utc(Time local) const {
  if (!local.known()) {
    return local;
  }
  const auto with = [&](std::int32_t offset) {
    return Time{local.ticks - std::int64_t{offset} * Time::ticks_per_second};
  };
  if (changes_.empty()) {
    return with(first_offset_);
  }
  // The offsets in force a day before and after bracket every change that can matter. The earlier of two valid readings
  // wins.
  constexpr std::int64_t day = 86'400 * Time::ticks_per_second;
  const std::int32_t before = offset_at(Time{local.ticks - day});
  const std::int32_t after = offset_at(Time{local.ticks + day});
  if (const Time time = with(before); offset_at(time) == before) {
    return time;
  }
  if (const Time time = with(after); offset_at(time) == after) {
    return time;
  }
  return with(before);
}

}  // namespace tocsin
