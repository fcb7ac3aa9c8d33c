// apache-combined: NCSA common and combined access logs of Apache, nginx, Tomcat and others, also with the virtual host
// in front.
// https://httpd.apache.org/docs/2.4/logs.html#accesslog and https://nginx.org/en/docs/http/ngx_http_log_module.html
//
// Fields have the W3C names that rules use: c-ip, cs-username, cs-method, cs-uri-stem, cs-uri-query, cs-uri,
// cs-version, sc-status, sc-bytes, cs-referer, cs-user-agent, cs-host. "-" means that there is no value: the field is
// left out. Values are as written, escapes (\" and \x22) too. A request line that is none stands in cs-uri as a whole.
#include <algorithm>

#include "ingest/text/line_format.h"
#include "ingest/text/log_time.h"
#include "ingest/text/named_fields.h"
#include "ingest/text/text_head.h"

namespace tocsin::ingest {
namespace {

struct Access {
  std::string_view vhost, client, ident, user, time, request, status, bytes, referer, user_agent;
};

std::string_view take_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

bool is_status(std::string_view text) {
  return text == "-" || (text.size() == 3 && ascii_digit(text[0]) && ascii_digit(text[1]) && ascii_digit(text[2]));
}

// `"…"` and the blank behind it; false where rest does not begin with a quote. Apache writes a quote inside as \", but
// Tomcat writes it bare: so a quote closes only where `closes` holds for what follows, and the first one does where
// none fits. A value that the end of the line cuts is taken as far as it goes.
template <class Test>
bool take_quoted(std::string_view& rest, std::string_view& value, Test closes) {
  if (!rest.starts_with('"')) {
    return false;
  }
  std::size_t end = rest.size();
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '\\') {
      ++at;
    } else if (rest[at] == '"') {
      end = std::min(end, at);
      if (closes(rest.substr(at + 1))) {
        end = at;
        break;
      }
    }
  }
  value = rest.substr(1, end - 1);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (rest.starts_with(' ')) {
    rest.remove_prefix(1);
  }
  return true;
}

// The user may hold blanks, so the time's bracket is looked for.
bool split(std::string_view line, Access& out) {
  const std::size_t open = line.find(" [");
  if (open == std::string_view::npos) {
    return false;
  }
  std::string_view front = line.substr(0, open);
  std::string_view rest = line.substr(open + 2);
  const std::size_t close = rest.find("] ");
  if (close == std::string_view::npos || close > 40) {
    return false;
  }
  out.time = rest.substr(0, close);
  rest.remove_prefix(close + 2);
  out.client = take_word(front);
  out.ident = take_word(front);
  // "vhost:80 client ident user": four words where the second is an address.
  const std::size_t blank = front.find(' ');
  if (blank != std::string_view::npos && out.ident.find_first_of(".:") != std::string_view::npos) {
    out.vhost = out.client;
    out.client = out.ident;
    out.ident = take_word(front);
  }
  out.user = front;
  if (out.client.empty() || out.user.empty() || !take_quoted(rest, out.request, [](std::string_view after) {
        return after.size() >= 4 && after[0] == ' ' && is_status(after.substr(1, 3)) &&
               (after.size() == 4 || after[4] == ' ');
      })) {
    return false;
  }
  out.status = take_word(rest);
  out.bytes = take_word(rest);
  if (!is_status(out.status)) {
    return false;
  }
  if (take_quoted(rest, out.referer, [](std::string_view after) { return after.starts_with(" \""); })) {
    take_quoted(rest, out.user_agent, [](std::string_view after) { return after.empty() || after.front() == ' '; });
  }
  return true;
}

class ApacheReader {
 public:
  ApacheReader(event::FieldTable& fields, const DecodeOptions& options)
      : options_(options), source_(event::log_source("apache")), named_(fields, names) {}

  const event::LogSource* source() const { return source_; }

  bool read(const TextLine& line, event::EventBatch& batch) {
    Access access;
    if (!split(line.text, access)) {
      return false;
    }
    event::Event& event = begin_text_event(batch, line, source_);
    if (const auto time = parse_clf_time(access.time)) {
      set_time(event, *time, options_);
    }
    add(batch, host, access.vhost.substr(0, access.vhost.rfind(':')));
    add(batch, client, access.client);
    add(batch, username, access.user);
    add_request(batch, access.request);
    add(batch, status, access.status);
    add(batch, bytes, access.bytes);
    add(batch, referer, access.referer);
    add(batch, user_agent, access.user_agent);
    batch.end_event();
    return true;
  }

 private:
  enum Name : std::uint8_t {
    host,
    client,
    username,
    method,
    stem,
    query,
    uri,
    version,
    status,
    bytes,
    referer,
    user_agent
  };
  static constexpr std::array<std::string_view, 12> names = {
      "cs-host", "c-ip",       "cs-username", "cs-method", "cs-uri-stem", "cs-uri-query",
      "cs-uri",  "cs-version", "sc-status",   "sc-bytes",  "cs-referer",  "cs-user-agent"};

  void add(event::EventBatch& batch, Name name, std::string_view value) const {
    named_.add(batch, name, value == "-" ? std::string_view{} : value);
  }

  void add_request(event::EventBatch& batch, std::string_view request) const {
    const std::size_t first = request.find(' ');
    const std::size_t last = request.rfind(' ');
    const bool versioned = last != std::string_view::npos && ascii_istarts_with(request.substr(last + 1), "HTTP/");
    const std::string_view verb = request.substr(0, first);
    if (first == std::string_view::npos || verb.empty() ||
        !std::all_of(verb.begin(), verb.end(), [](char c) { return ascii_alpha(c) || c == '_' || c == '-'; })) {
      add(batch, uri, request);
      return;
    }
    add(batch, method, verb);
    const std::size_t end = versioned && last > first ? last : request.size();
    const std::string_view target = end > first ? request.substr(first + 1, end - first - 1) : std::string_view{};
    const std::size_t question = std::min(target.find('?'), target.size());
    add(batch, stem, target.substr(0, question));
    add(batch, query, target.substr(std::min(question + 1, target.size())));
    add(batch, uri, target);
    if (versioned) {
      add(batch, version, request.substr(last + 1));
    }
  }

  DecodeOptions options_;
  const event::LogSource* source_;
  NamedFields<names.size()> named_;
};

Confidence recognise_apache(const Head& head) {
  const TextHead text(head);
  return judge_lines(text, Confidence::certain, [](std::string_view line) {
    Access access;
    return split(line, access) && parse_clf_time(access.time).has_value();
  });
}

}  // namespace

extern const Format format_apache_combined;
const Format format_apache_combined = {
    .name = "apache-combined",
    .doc = "access logs of Apache, nginx and Tomcat (NCSA common and combined)",
    .spec = "https://httpd.apache.org/docs/2.4/logs.html#accesslog",
    .unit = Unit::line,
    .recognise = recognise_apache,
    .open = open_lines,
    .decoder = make_line_decoder<ApacheReader>,
};

}  // namespace tocsin::ingest
