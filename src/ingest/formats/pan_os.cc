// pan-os: logs of Palo Alto Networks firewalls as comma-separated values, alone or behind a syslog header.
// https://docs.paloaltonetworks.com/pan-os/11-0/pan-os-admin/monitoring/use-syslog-for-monitoring/syslog-field-descriptions
//
// The fourth value says which log a line is of, and so what its values are called; names are PAN-OS' own (src, dst,
// dport, rule …). Traffic and URL logs also have the names of Sigma's categories firewall and proxy. The time is the
// high resolution time stamp where there is one (it has a zone), else the time of generation.
#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "base/text.h"
#include "ingest/text/line_format.h"
#include "ingest/text/log_time.h"
#include "ingest/text/syslog_header.h"
#include "ingest/text/text_head.h"
#include "wire/csv.h"

namespace tocsin::ingest {
namespace {

// "" stands for a value without a meaning (FUTURE_USE).
constexpr auto front =
    std::to_array<std::string_view>({"", "receive_time", "serial", "type", "subtype", "", "time_generated"});
constexpr auto session = std::to_array<std::string_view>(
    {"src",       "dst",   "natsrc", "natdst",     "rule",        "srcuser", "dstuser", "app",
     "vsys",      "from",  "to",     "inbound_if", "outbound_if", "logset",  "",        "sessionid",
     "repeatcnt", "sport", "dport",  "natsport",   "natdport",    "flags",   "proto",   "action"});
constexpr auto traffic = std::to_array<std::string_view>({"bytes",
                                                          "bytes_sent",
                                                          "bytes_received",
                                                          "packets",
                                                          "start",
                                                          "elapsed",
                                                          "category",
                                                          "",
                                                          "seqno",
                                                          "actionflags",
                                                          "srcloc",
                                                          "dstloc",
                                                          "",
                                                          "pkts_sent",
                                                          "pkts_received",
                                                          "session_end_reason",
                                                          "dg_hier_level_1",
                                                          "dg_hier_level_2",
                                                          "dg_hier_level_3",
                                                          "dg_hier_level_4",
                                                          "vsys_name",
                                                          "device_name",
                                                          "action_source"});
constexpr auto threat = std::to_array<std::string_view>({"misc",
                                                         "threatid",
                                                         "category",
                                                         "severity",
                                                         "direction",
                                                         "seqno",
                                                         "actionflags",
                                                         "srcloc",
                                                         "dstloc",
                                                         "",
                                                         "contenttype",
                                                         "pcap_id",
                                                         "filedigest",
                                                         "cloud",
                                                         "url_idx",
                                                         "user_agent",
                                                         "filetype",
                                                         "xff",
                                                         "referer",
                                                         "sender",
                                                         "subject",
                                                         "recipient",
                                                         "reportid",
                                                         "dg_hier_level_1",
                                                         "dg_hier_level_2",
                                                         "dg_hier_level_3",
                                                         "dg_hier_level_4",
                                                         "vsys_name",
                                                         "device_name",
                                                         "",
                                                         "src_uuid",
                                                         "dst_uuid",
                                                         "http_method"});
constexpr auto system_log = std::to_array<std::string_view>(
    {"vsys", "eventid", "object", "", "", "module", "severity", "opaque", "seqno", "actionflags", "dg_hier_level_1",
     "dg_hier_level_2", "dg_hier_level_3", "dg_hier_level_4", "vsys_name", "device_name"});
constexpr auto config = std::to_array<std::string_view>({"host", "vsys", "cmd", "admin", "client", "result", "path"});
constexpr auto global_protect = std::to_array<std::string_view>(
    {"vsys",        "eventid",   "stage",          "auth_method",    "tunnel_type",  "srcuser", "srcregion",
     "machinename", "public_ip", "public_ipv6",    "private_ip",     "private_ipv6", "hostid",  "serialnumber",
     "client_ver",  "client_os", "client_os_ver",  "repeatcnt",      "reason",       "error",   "opaque",
     "status",      "location",  "login_duration", "connect_method", "error_code",   "portal"});

struct Layout {
  std::string_view type;
  bool session;  // the values of a session come before the log's own
  std::span<const std::string_view> names;
  std::string_view source;
};
constexpr std::array<Layout, 10> layouts = {{{"TRAFFIC", true, traffic, "paloalto_traffic"},
                                             {"THREAT", true, threat, "paloalto"},
                                             {"SYSTEM", false, system_log, "paloalto"},
                                             {"CONFIG", false, config, "paloalto"},
                                             {"GLOBALPROTECT", false, global_protect, "paloalto_globalprotect"},
                                             {"HIPMATCH", false, {}, "paloalto"},
                                             {"USERID", false, {}, "paloalto"},
                                             {"AUTHENTICATION", false, {}, "paloalto"},
                                             {"DECRYPTION", false, {}, "paloalto"},
                                             {"CORRELATION", false, {}, "paloalto"}}};

// Where the values begin, and the layout of the line; nullptr for a line of another form.
const Layout* layout_of(std::string_view line, std::string_view& values) {
  const std::size_t comma = line.find(',');
  if (comma == std::string_view::npos) {
    return nullptr;
  }
  // "1," or "… host 1,": the first value has no blank.
  const std::size_t blank = line.substr(0, comma).rfind(' ');
  const std::size_t begin = blank == std::string_view::npos ? 0 : blank + 1;
  std::string_view rest = line.substr(comma + 1);
  for (int column = 1; column < 3; ++column) {
    const std::size_t next = rest.find(',');
    if (next == std::string_view::npos || next > 40) {
      return nullptr;
    }
    rest.remove_prefix(next + 1);
  }
  const std::string_view type = rest.substr(0, rest.find(','));
  for (const Layout& layout : layouts) {
    if (layout.type == type) {
      values = line.substr(begin);
      return &layout;
    }
  }
  return nullptr;
}

class PanOsReader {
 public:
  PanOsReader(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options), fields_(fields), source_(event::log_source("paloalto")) {
    for (std::size_t i = 0; i < layouts.size(); ++i) {
      sources_[i] = event::log_source(layouts[i].source);
    }
    url_ = event::log_source("paloalto_url");
  }

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    std::string_view text;
    const Layout* layout = layout_of(line.text, text);
    if (layout == nullptr) {
      return false;
    }
    event::Event& event = begin_text_event(batch, line, sources_[static_cast<std::size_t>(layout - layouts.data())]);
    if (text.data() != line.text.data()) {
      if (const auto header = parse_syslog_header(line.text, options_.modified_seconds)) {
        event.host = header->host;
      }
    }
    wire::split_csv_row(text, ',', batch.arena, values_);
    std::size_t at = 0;
    at = add_names(front, at, batch);
    if (layout->session) {
      at = add_names(session, at, batch);
    }
    add_names(layout->names, at, batch);
    set_moment(event);
    add_sigma_names(*layout, event, batch);
    batch.end_event();
    return true;
  }

 private:
  std::size_t add_names(std::span<const std::string_view> names, std::size_t at, event::EventBatch& batch) {
    for (const std::string_view name : names) {
      if (at < values_.size() && !name.empty() && !values_[at].text.empty()) {
        batch.add_field(fields_.id(name), values_[at].text);
        if (name == "device_name" && batch.events.back().host.empty()) {
          batch.events.back().host = values_[at].text;
        }
      }
      ++at;
    }
    return at;
  }

  std::string_view value(std::size_t at) const { return at < values_.size() ? values_[at].text : std::string_view{}; }

  void set_moment(event::Event& event) const {
    // The high resolution time stamp stands at different places in different releases.
    for (std::size_t i = values_.size(); i-- > front.size();) {
      const std::string_view text = values_[i].text;
      if (text.size() >= 20 && text.size() <= 40 && text[4] == '-' && text[10] == 'T') {
        if (const auto time = parse_iso8601(text); time && time->has_zone) {
          set_time(event, *time, options_);
          return;
        }
      }
    }
    for (const std::size_t at : {std::size_t{6}, std::size_t{1}}) {
      const std::string_view text = value(at);
      const std::size_t blank = std::min(text.find(' '), text.size());
      if (const auto time = parse_date_and_time(text.substr(0, blank), text.substr(std::min(blank + 1, text.size())))) {
        set_time(event, ParsedTime{*time, false}, options_);
        return;
      }
    }
  }

  void add(event::EventBatch& batch, std::string_view name, std::string_view text) {
    if (!text.empty()) {
      batch.add_field(fields_.id(name), text);
    }
  }

  void add_sigma_names(const Layout& layout, event::Event& event, event::EventBatch& batch) {
    if (!layout.session) {
      return;
    }
    constexpr std::size_t own = front.size() + session.size();
    add(batch, "src_ip", value(front.size()));
    add(batch, "dst_ip", value(front.size() + 1));
    add(batch, "src_port", value(front.size() + 17));
    add(batch, "dst_port", value(front.size() + 18));
    if (value(own - 1) == "allow") {
      add(batch, "action", "accept");
    }
    if (layout.type == "THREAT" && value(4) == "url") {
      event.log_source = url_;
      const std::string_view url = value(own);
      add(batch, "c-uri", url);
      add(batch, "cs-host", url.substr(0, url.find_first_of(":/?")));
      add(batch, "c-useragent", value(own + 15));
      add(batch, "cs-referer", value(own + 18));
      std::string method(value(own + 32));
      std::transform(method.begin(), method.end(), method.begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; });
      add(batch, "cs-method", batch.arena.copy(method));
    }
  }

  DecodeOptions options_;
  event::FieldCache fields_;
  const event::LogSource* source_;
  const event::LogSource* url_;
  std::array<const event::LogSource*, layouts.size()> sources_{};
  std::vector<wire::CsvField> values_;  // of the line at hand, kept for its memory
};

Confidence recognise_pan_os(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::certain, [](std::string_view line) {
    std::string_view values;
    return layout_of(line, values) != nullptr;
  });
}

}  // namespace

extern const Format format_pan_os;
const Format format_pan_os = {
    .name = "pan-os",
    .doc = "logs of Palo Alto Networks firewalls (traffic, threat, URL, system, config, GlobalProtect)",
    .spec =
        "https://docs.paloaltonetworks.com/pan-os/11-0/pan-os-admin/monitoring/use-syslog-for-monitoring/"
        "syslog-field-descriptions",
    .unit = Unit::line,
    .recognise = recognise_pan_os,
    .open = open_lines,
    .decoder = make_line_decoder<PanOsReader>,
};

}  // namespace tocsin::ingest
