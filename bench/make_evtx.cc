// Makes one large EVTX recording from the chunks of small ones, for benches: `bench_make_evtx OUT MEGABYTES FILE…`.
//
// Whole, sound chunks are taken in turn until the size is reached. In every record the record number, all FILETIMEs
// (shifted by one step for each copy), process ids and, as below, the ends of strings are new, so that a reader that
// remembers values does not meet the same ones again and again. Lengths stay, checksums are valid.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "ingest/evtx/chunk.h"
#include "ingest/evtx/crc32.h"
#include "ingest/evtx/tokens.h"
#include "ingest/evtx/values.h"

namespace {

using namespace tocsin::ingest::evtx;

constexpr std::uint64_t ticks_per_copy = 864'000'000'000 + 36'010'007;  // about a day

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 31)) * 0x9E3779B97F4A7C15ULL;
  return value ^ (value >> 29);
}

template <class Number>
Number load(const std::uint8_t* at) {
  Number value{};
  std::memcpy(&value, at, sizeof value);
  return value;
}
template <class Number>
void store(std::uint8_t* at, Number value) {
  std::memcpy(at, &value, sizeof value);
}

struct Record {
  std::uint64_t old_id, new_id, copy, seed;
};

// A string of 24 characters or more gets other letters and digits (of the same kind) in its last six characters before
// a closing quote or bracket. Names of channels and providers stay; a file path or registry path (a backslash, no
// blank) changes its last folder's end in one record of eight only, because real logs repeat those most.
void vary_string(std::span<std::uint8_t> bytes, const Record& record) {
  const std::size_t units = bytes.size() / 2;
  if (units < 24) {
    return;
  }
  const auto unit = [&](std::size_t i) { return load<std::uint16_t>(bytes.data() + 2 * i); };
  static constexpr std::string_view kept = "Microsoft-Windows-";
  bool is_kept = true;
  bool backslash = false;
  bool blank = false;
  for (std::size_t i = 0; i < units; ++i) {
    is_kept = is_kept && (i >= kept.size() || unit(i) == static_cast<unsigned char>(kept[i]));
    backslash = backslash || unit(i) == '\\';
    blank = blank || unit(i) == ' ';
  }
  const std::uint64_t seed = mix(record.seed + units);
  std::size_t end = units;
  if (is_kept) {
    return;
  }
  if (backslash && !blank) {
    if (seed % 8 != 0) {
      return;
    }
    while (end > 0 && unit(end - 1) != '\\') {
      --end;
    }
  }
  while (end > 0 && (unit(end - 1) == 0 || unit(end - 1) > 127 ||
                     std::strchr("\"')}];\\ \r\n", static_cast<int>(unit(end - 1))) != nullptr)) {
    --end;
  }
  std::uint64_t random = mix(seed);
  for (std::size_t i = 0; i < 6 && i < end; ++i, random /= 26) {
    const std::size_t at = end - 1 - i;
    const std::uint16_t c = unit(at);
    std::uint16_t made = c;
    if (c >= '0' && c <= '9') {
      made = static_cast<std::uint16_t>('0' + random % 10);
    } else if (c >= 'a' && c <= 'z') {
      made = static_cast<std::uint16_t>('a' + random % 26);
    } else if (c >= 'A' && c <= 'Z') {
      made = static_cast<std::uint16_t>('A' + random % 26);
    }
    store(bytes.data() + 2 * at, made);
  }
}

// Changes the values of the template instance in [begin, end), and of those inside it.
void vary_values(std::span<std::uint8_t> chunk, std::size_t begin, std::size_t end, const Record& record, int levels) {
  Cursor cursor(chunk, begin, end);
  if (cursor.peek_u8() == 0x0F) {
    cursor.skip(4);
  }
  TemplateInstance instance;
  if (levels > 4 || cursor.u8() != 0x0C || !read_instance(chunk, cursor, instance)) {
    return;
  }
  std::size_t at = instance.values;
  for (std::uint32_t i = 0; i < instance.value_count; ++i) {
    const std::size_t descriptor = instance.descriptors + 4 * i;
    const std::size_t size = load<std::uint16_t>(chunk.data() + descriptor);
    std::uint8_t* const value = chunk.data() + at;
    switch (chunk[descriptor + 2]) {
      case type_filetime:
        if (size == 8 && load<std::uint64_t>(value) > 100'000'000'000'000'000 &&
            load<std::uint64_t>(value) < 140'000'000'000'000'000) {
          store(value, load<std::uint64_t>(value) + record.copy * ticks_per_copy);
        }
        break;
      case type_uint64:
        if (size == 8 && load<std::uint64_t>(value) == record.old_id) {
          store(value, record.new_id);
        }
        break;
      case type_uint32:
      case type_hex32:
        // Process and thread ids are multiples of four; small ones (levels, kinds, System) stay.
        if (size == 4 && load<std::uint32_t>(value) > 300 && load<std::uint32_t>(value) < 65'536 &&
            load<std::uint32_t>(value) % 4 == 0) {
          store(value, static_cast<std::uint32_t>(300 + mix(record.seed + load<std::uint32_t>(value)) % 16'000 * 4));
        }
        break;
      case type_string:
        vary_string(chunk.subspan(at, size), record);
        break;
      case type_binxml:
        vary_values(chunk, at, at + size, record, levels + 1);
        break;
      default:
        break;
    }
    at += size;
  }
}

bool is_whole(std::span<const std::uint8_t> chunk) {
  return has_chunk_magic(chunk) && checksums_hold(chunk) && records_lead_to_end(chunk);
}

void finish_chunk(std::span<std::uint8_t> chunk, std::uint64_t first_id, std::uint64_t last_id) {
  store(chunk.data() + 8, first_id);
  store(chunk.data() + 16, last_id);
  store(chunk.data() + 24, first_id);
  store(chunk.data() + 32, last_id);
  store(chunk.data() + 120, std::uint32_t{0});
  const std::size_t used = std::min<std::size_t>(load<std::uint32_t>(chunk.data() + 48), chunk.size());
  store(chunk.data() + 52, crc32(chunk.subspan(chunk_header_bytes, used - chunk_header_bytes)));
  store(chunk.data() + 124, crc32(chunk.subspan(128, chunk_header_bytes - 128), crc32(chunk.first(120))));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: bench_make_evtx OUT MEGABYTES FILE...\n");
    return 2;
  }
  std::vector<std::string> sources;
  for (int i = 3; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t at = file_header_bytes; at + chunk_bytes <= bytes.size(); at += chunk_bytes) {
      std::string chunk = bytes.substr(at, chunk_bytes);
      const std::span view(reinterpret_cast<const std::uint8_t*>(chunk.data()), chunk.size());
      if (is_whole(view) && load<std::uint32_t>(view.data() + 48) > chunk_header_bytes) {
        sources.push_back(std::move(chunk));
      }
    }
  }
  const std::size_t wanted = std::stoul(argv[2]) * 1'000'000 / chunk_bytes;
  std::ofstream out(argv[1], std::ios::binary);
  std::string header(file_header_bytes, '\0');
  out.write(header.data(), static_cast<std::streamsize>(header.size()));
  std::uint64_t next_id = 1;
  for (std::size_t number = 0; number < wanted && !sources.empty(); ++number) {
    const std::uint64_t copy = number / sources.size();
    std::string chunk = sources[number % sources.size()];
    const std::span bytes(reinterpret_cast<std::uint8_t*>(chunk.data()), chunk.size());
    const std::uint64_t first_id = next_id;
    RecordFinder finder;
    // The walk must not see what is being changed.
    const std::string before = chunk;
    finder.begin({reinterpret_cast<const std::uint8_t*>(before.data()), before.size()});
    ChunkRecord found;
    while (finder.next(found)) {
      if (found.recovered) {
        // Slack from an earlier turn of the log.
        std::fill_n(bytes.begin() + found.offset, 4, std::uint8_t{0});
        continue;
      }
      const Record record{found.id, next_id++, copy, mix(copy * 1'000'003 + next_id)};
      store(bytes.data() + found.offset + 8, record.new_id);
      store(bytes.data() + found.offset + 16, found.filetime + copy * ticks_per_copy);
      vary_values(bytes, found.offset + record_header_bytes, found.offset + found.size - 4, record, 0);
    }
    finish_chunk(bytes, first_id, next_id - 1);
    out.write(chunk.data(), static_cast<std::streamsize>(chunk.size()));
  }
  auto* const head = reinterpret_cast<std::uint8_t*>(header.data());
  std::memcpy(head, file_magic.data(), file_magic.size());
  store(head + 16, static_cast<std::uint64_t>(wanted - 1));
  store(head + 24, next_id);
  store(head + 32, std::uint32_t{128});
  store(head + 36, std::uint16_t{1});
  store(head + 38, std::uint16_t{3});
  store(head + 40, static_cast<std::uint16_t>(file_header_bytes));
  store(head + 42, static_cast<std::uint16_t>(std::min<std::size_t>(wanted, 0xFFFF)));
  store(head + 124, crc32(std::span<const std::uint8_t>(head, 120)));
  out.seekp(0);
  out.write(header.data(), static_cast<std::streamsize>(header.size()));
  std::printf("{\"chunks\":%zu,\"of\":%zu,\"records\":%llu}\n", wanted, sources.size(),
              static_cast<unsigned long long>(next_id - 1));
  return out ? 0 : 1;
}
