// apache-error: error logs of Apache ("[time] [module:level] [pid 1] [client …] text") and nginx ("time [level] 1#1:
// text"). https://httpd.apache.org/docs/2.4/logs.html#errorlog and
// https://nginx.org/en/docs/ngx_core_module.html#error_log
//
// Fields: level, module, pid, client, server, request, message. Times have no zone.
#include <algorithm>
#include <array>

#include "ingest/text/line_format.h"
#include "ingest/text/log_time.h"
#include "ingest/text/named_fields.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

constexpr std::array<std::string_view, 16> levels = {"emerg",  "alert",  "crit",   "error",  "warn",   "notice",
                                                     "info",   "debug",  "trace1", "trace2", "trace3", "trace4",
                                                     "trace5", "trace6", "trace7", "trace8"};

bool is_level(std::string_view text) { return std::find(levels.begin(), levels.end(), text) != levels.end(); }

// "[…] " at the front of rest, which it shortens.
bool take_bracket(std::string_view& rest, std::string_view& inside) {
  if (!rest.starts_with('[')) {
    return false;
  }
  const std::size_t close = rest.find(']');
  if (close == std::string_view::npos) {
    return false;
  }
  inside = rest.substr(1, close - 1);
  rest.remove_prefix(close + 1);
  while (rest.starts_with(' ')) {
    rest.remove_prefix(1);
  }
  return true;
}

struct Failure {
  ParsedTime time;
  std::string_view level, module, pid, client, message;
  bool nginx = false;
};

bool split_apache(std::string_view line, Failure& out) {
  std::string_view part;
  if (!take_bracket(line, part)) {
    return false;
  }
  const auto time = parse_log_time(part);
  if (!time || !take_bracket(line, part)) {
    return false;
  }
  out.time = *time;
  const std::size_t colon = part.find(':');
  out.level = colon == std::string_view::npos ? part : part.substr(colon + 1);
  out.module = colon == std::string_view::npos ? std::string_view{} : part.substr(0, colon);
  if (!is_level(out.level)) {
    return false;
  }
  while (take_bracket(line, part)) {
    if (part.starts_with("pid ")) {
      out.pid = part.substr(4, part.find_first_of(": ", 4) - 4);
    } else if (part.starts_with("client ")) {
      out.client = part.substr(7);
    }
  }
  out.message = line;
  return true;
}

bool split_nginx(std::string_view line, Failure& out) {
  if (line.size() < 22 || line[4] != '/' || line[19] != ' ') {
    return false;
  }
  const auto time = parse_date_and_time(line.substr(0, 10), line.substr(11, 8));
  line.remove_prefix(20);
  if (!time || !take_bracket(line, out.level) || !is_level(out.level)) {
    return false;
  }
  out.time = {*time, false};
  out.nginx = true;
  const std::size_t colon = line.find(": ");
  if (colon != std::string_view::npos && line.find('#') < colon) {
    out.pid = line.substr(0, line.find('#'));
    line.remove_prefix(colon + 2);
  }
  out.message = line;
  return true;
}

// ", client: 192.0.2.1, server: …": the value behind a key of nginx.
std::string_view behind(std::string_view message, std::string_view key) {
  const std::size_t at = message.rfind(key);
  if (at == std::string_view::npos) {
    return {};
  }
  std::string_view value = message.substr(at + key.size());
  if (value.starts_with('"')) {
    return value.substr(1, value.find('"', 1) - 1);
  }
  return value.substr(0, value.find(", "));
}

class ErrorReader {
 public:
  ErrorReader(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options),
        apache_(event::log_source("apache_error")),
        nginx_(event::log_source("nginx_error")),
        named_(fields, names) {}

  const event::LogSource* source() const { return apache_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    Failure failure;
    if (!split_apache(line.text, failure) && !split_nginx(line.text, failure)) {
      return false;
    }
    event::Event& event = begin_text_event(batch, line, failure.nginx ? nginx_ : apache_);
    set_time(event, failure.time, options_);
    if (failure.nginx) {
      failure.client = behind(failure.message, ", client: ");
      named_.add(batch, 4, behind(failure.message, ", server: "));
      named_.add(batch, 5, behind(failure.message, ", request: "));
    }
    named_.add(batch, 0, failure.level);
    named_.add(batch, 1, failure.module);
    named_.add(batch, 2, failure.pid);
    named_.add(batch, 3, failure.client);
    named_.add(batch, 6, failure.message);
    batch.end_event();
    return true;
  }

 private:
  static constexpr std::array<std::string_view, 7> names = {"level",  "module",  "pid",    "client",
                                                            "server", "request", "message"};
  DecodeOptions options_;
  const event::LogSource* apache_;
  const event::LogSource* nginx_;
  NamedFields<names.size()> named_;
};

Confidence recognise_error(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::certain, [](std::string_view line) {
    Failure failure;
    return split_apache(line, failure) || split_nginx(line, failure);
  });
}

}  // namespace

extern const Format format_apache_error;
const Format format_apache_error = {
    .name = "apache-error",
    .doc = "error logs of Apache and nginx",
    .spec = "https://httpd.apache.org/docs/2.4/logs.html#errorlog",
    .unit = Unit::line,
    .recognise = recognise_error,
    .open = open_lines,
    .decoder = make_line_decoder<ErrorReader>,
};

}  // namespace tocsin::ingest
