// Zeek logs as JSON: one stream a file, or several with "_path" or "@stream" in each record.
#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "ingest/json/profile.h"

namespace tocsin::ingest::json {
namespace {

// The streams with a log source of their own; any other is "zeek".
constexpr std::array<std::string_view, 12> streams = {
    "conn", "dns", "http", "smb_files", "dce_rpc", "x509", "rdp", "kerberos", "ssl", "files", "notice", "smb_mapping"};

// "SCRANTON_smb_files.log", "conn.10:00:00-11:00:00.log.gz": the longest stream name that stands as a word.
std::string_view stream_of_source(std::string_view source) {
  source = source.substr(source.find_last_of("/\\!") + 1);
  std::string_view best;
  for (const std::string_view stream : streams) {
    for (std::size_t at = source.find(stream); at != std::string_view::npos; at = source.find(stream, at + 1)) {
      const std::size_t end = at + stream.size();
      const bool begins = at == 0 || !(ascii_alpha(source[at - 1]) || ascii_digit(source[at - 1]));
      const bool ends = end == source.size() || !(ascii_alpha(source[end]) || ascii_digit(source[end]));
      if (begins && ends && stream.size() > best.size()) {
        best = stream;
      }
    }
  }
  return best;
}

const event::LogSource* source_of_stream(std::string_view stream) {
  static const std::array<const event::LogSource*, streams.size()> sources = [] {
    std::array<const event::LogSource*, streams.size()> out{};
    for (std::size_t i = 0; i < streams.size(); ++i) {
      out[i] = event::log_source("zeek_" + std::string(streams[i]));
    }
    return out;
  }();
  static const event::LogSource* const other = event::log_source("zeek");
  const auto* const found = std::find(streams.begin(), streams.end(), stream);
  const event::LogSource* own =
      found == streams.end() ? nullptr : sources[static_cast<std::size_t>(found - streams.begin())];
  return own != nullptr ? own : other;
}

// Zeek nests by dots ("id.orig_h", "certificate.serial"); exports to stores that forbid dots write '_'. Rules use the
// dots, and people either, so each gets the other as well.
void add_dotted_names(Record& record) {
  constexpr std::array<std::string_view, 4> groups = {"id", "certificate", "san", "basic_constraints"};
  const event::FieldTable& table = record.flattener.names().table();
  const std::size_t end = record.batch.fields.size();
  std::string other;
  for (std::size_t i = record.event.field_begin; i < end; ++i) {
    const event::Field field = record.batch.fields[i];
    const std::string_view name = table.name(field.id);
    for (const std::string_view group : groups) {
      if (name.size() > group.size() + 1 && name.starts_with(group) &&
          (name[group.size()] == '_' || name[group.size()] == '.')) {
        other = name;
        other[group.size()] = name[group.size()] == '_' ? '.' : '_';
        record.add(other, field.value);
        break;
      }
    }
  }
}

bool apply(Record& record) {
  std::string_view stream = record.first_text({Role::zeek_path, Role::zeek_stream});
  const bool named = !stream.empty() && (record.has(Role::ts) || record.has(Role::timestamp_at));
  const bool shaped = record.has(Role::ts) && (record.has(Role::zeek_uid) || record.has(Role::zeek_file)) &&
                      (record.has(Role::zeek_orig) || record.has(Role::zeek_orig_flat) || record.has(Role::zeek_file));
  if (!named && !shaped) {
    return false;
  }
  if (stream.empty()) {
    stream = stream_of_source(record.options.source);
    if (stream.empty()) {
      // A file under another name: some streams are known by their columns.
      stream = record.has(Role::zeek_type) && record.has(Role::zeek_query)   ? "dns"
               : record.has(Role::zeek_uri) && record.has(Role::zeek_method) ? "http"
                                                                             : "";
    }
  }
  record.event.log_source = source_of_stream(stream);
  record.event.host = record.first_text({Role::zeek_system, Role::zeek_system_name});
  record.set_time({Role::ts, Role::timestamp_at});
  add_dotted_names(record);
  if (stream == "dns") {
    record.alias("record_type", Role::zeek_type);
  } else if (stream == "http") {
    record.alias("c-uri", Role::zeek_uri);
    record.alias("c-useragent", Role::zeek_agent);
  }
  return true;
}

}  // namespace

extern const Profile profile_zeek;
const Profile profile_zeek = {"zeek", "Zeek logs as JSON", "https://docs.zeek.org/en/master/log-formats.html", apply};

}  // namespace tocsin::ingest::json
