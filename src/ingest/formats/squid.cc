// squid: the native access log of the Squid proxy.
// https://wiki.squid-cache.org/Features/LogFormat (logformat squid)
//
// A line is time, milliseconds, client, result/status, bytes, method, URL, user, hierarchy/peer and content type with
// blanks between them. Fields have the names of Sigma's category proxy: c-ip, sc-status, sc-bytes, cs-method, c-uri,
// cs-host, c-uri-query, c-uri-extension, cs-username, s-ip, cs-mime-type, s-action. The time is UTC.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "ingest/text/line_format.h"
#include "ingest/text/log_time.h"
#include "ingest/text/named_fields.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

struct Access {
  std::string_view time, elapsed, client, result, bytes, method, url, user, hierarchy, type;
};

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool split(std::string_view line, Access& out) {
  const std::array columns = {&out.time,   &out.elapsed, &out.client, &out.result,    &out.bytes,
                              &out.method, &out.url,     &out.user,   &out.hierarchy, &out.type};
  for (std::string_view* column : columns) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    *column = line.substr(0, line.find(' '));
    line.remove_prefix(column->size());
  }
  // TCP_MISS/200 and HIER_DIRECT/203.0.113.9, or NONE/- where no peer was asked.
  const std::size_t slash = out.result.find('/');
  return out.time.size() > 10 && out.time[10] == '.' && all_digits(out.bytes) && slash != std::string_view::npos &&
         all_digits(out.result.substr(slash + 1)) && out.hierarchy.find('/') != std::string_view::npos &&
         parse_epoch_seconds(out.time).has_value();
}

class SquidReader {
 public:
  SquidReader(event::FieldTable& fields, const DecodeOptions&)
      : source_(event::log_source("proxy")), named_(fields, names) {}

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    Access access;
    if (!split(line.text, access)) {
      return false;
    }
    event::Event& event = begin_text_event(batch, line, source_);
    event.time = *parse_epoch_seconds(access.time);
    const std::size_t slash = access.result.find('/');
    add(batch, client, access.client);
    add(batch, action, access.result.substr(0, slash));
    add(batch, status, access.result.substr(slash + 1));
    add(batch, bytes, access.bytes);
    add(batch, method, access.method);
    add_url(batch, access.url);
    add(batch, username, access.user);
    add(batch, peer, access.hierarchy.substr(access.hierarchy.find('/') + 1));
    add(batch, type, access.type);
    batch.end_event();
    return true;
  }

 private:
  enum Name : std::uint8_t { client, action, status, bytes, method, uri, host, query, extension, username, peer, type };
  static constexpr std::array<std::string_view, 12> names = {
      "c-ip",    "s-action",    "sc-status",       "sc-bytes",    "cs-method", "c-uri",
      "cs-host", "c-uri-query", "c-uri-extension", "cs-username", "s-ip",      "cs-mime-type"};

  void add(event::EventBatch& batch, Name name, std::string_view value) const {
    named_.add(batch, name, value == "-" ? std::string_view{} : value);
  }

  // "http://host:port/path.ext?query", or "host:port" of a tunnel.
  void add_url(event::EventBatch& batch, std::string_view url) const {
    add(batch, uri, url);
    const std::size_t scheme = url.find("://");
    std::string_view rest = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
    const std::size_t path_begin = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view authority = rest.substr(0, path_begin);
    const std::size_t colon = authority.rfind(':');
    const bool port = colon != std::string_view::npos && all_digits(authority.substr(colon + 1));
    add(batch, host, port ? authority.substr(0, colon) : authority);
    std::string_view path = rest.substr(path_begin);
    const std::size_t question = std::min(path.find('?'), path.size());
    add(batch, query, path.substr(std::min(question + 1, path.size())));
    path = path.substr(0, question);
    const std::size_t dot = path.rfind('.');
    if (dot != std::string_view::npos && path.find('/', dot) == std::string_view::npos) {
      add(batch, extension, path.substr(dot + 1));
    }
  }

  const event::LogSource* source_;
  NamedFields<names.size()> named_;
};

Confidence recognise_squid(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::certain, [](std::string_view line) {
    Access access;
    return split(line, access);
  });
}

}  // namespace

extern const Format format_squid;
const Format format_squid = {
    .name = "squid",
    .doc = "access logs of the Squid proxy in its native form",
    .spec = "https://wiki.squid-cache.org/Features/LogFormat",
    .unit = Unit::line,
    .recognise = recognise_squid,
    .open = open_lines,
    .decoder = make_line_decoder<SquidReader>,
};

}  // namespace tocsin::ingest
