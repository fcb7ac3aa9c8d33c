#include "app/peer_clocks.h"

#include <ctime>

#include "app/whole_file.h"
#include "base/text.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

constexpr std::string_view clocks_key = "exchange/clocks";

// Another one after each start of the machine.
std::string this_start() {
  constexpr std::size_t bytes_max = 64;
  return read_whole("/proc/sys/kernel/random/boot_id", bytes_max).value_or("");
}

}  // namespace

std::int64_t seconds_since_start() {
  timespec since{};
  clock_gettime(CLOCK_BOOTTIME, &since);
  return since.tv_sec;
}

Result<void> keep_clocks(store::Notes& notes, const std::vector<HeardClock>& clocks) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("start", this_start()).key("clocks").begin_array();
  for (const HeardClock& one : clocks) {
    json.begin_object().member("peer", one.peer).key("at_start").number(one.at_start).end_object();
  }
  json.end_array().end_object();
  const store::Note note{std::string(clocks_key), text};
  return notes.put({&note, 1});
}

Result<std::vector<council::PeerClock>> clocks_beside(const store::Notes& notes, consult::Seconds now) {
  std::vector<council::PeerClock> out;
  TRY(const std::optional<std::string> text, notes.get(clocks_key));
  if (!text) {
    return out;
  }
  TRY(const wire::Json json, wire::parse_json(*text));
  const wire::Json* clocks = json.find("clocks");
  if (clocks == nullptr || json.string_or("start", "") != this_start()) {
    return out;
  }
  for (const wire::Json& one : clocks->items) {
    const wire::Json* value = one.find("at_start");
    if (const auto at_start = value == nullptr ? std::nullopt : parse_int64(value->text)) {
      out.push_back({std::string(one.string_or("peer", "")), now - (*at_start + seconds_since_start())});
    }
  }
  return out;
}

}  // namespace tocsin::app
