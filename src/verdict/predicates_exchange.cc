// Predicates of the Exchange family: crafted routing values, pages and script files, writes to virtual directories.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

#include "base/text.h"
#include "base/time.h"
#include "verdict/paths.h"
#include "verdict/predicates.h"

namespace tocsin::verdict {

namespace {

constexpr std::size_t none = std::string_view::npos;

std::string_view answer_of(std::string_view status) {
  if (status.empty() || status == "-") {
    return "unknown";
  }
  return status.size() == 3 && status[0] == '2' ? "served" : "refused";
}

bool loopback(std::string_view host) {
  return ascii_iequals(host, "localhost") || host.starts_with("127.") || host == "[::1]" || host == "::1" ||
         ascii_istarts_with(host, "localhost.");
}

// The part of a host name after the first dot.
std::string_view domain_of(std::string_view host) {
  const std::size_t dot = host.find('.');
  return dot == none ? std::string_view{} : host.substr(dot + 1);
}

// Who a crafted request is sent to. The back end is reached through "]@host:444"; a bare name that is not the server's
// own is what scanners use to be called back, and bare localhost is their smoke test.
std::string_view target_of(std::string_view authority, const PredicateCall& call) {
  const std::size_t at = authority.rfind('@');
  const bool back_end_form = at != none;
  std::string_view host = back_end_form ? authority.substr(at + 1) : authority;
  std::string_view port;
  if (const std::size_t colon = host.rfind(':'); colon != none && host.find(']') == none) {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (loopback(host)) {
    return back_end_form && port == "444" ? "server" : "localhost";
  }
  for (const std::size_t own : {std::size_t{4}, std::size_t{5}, std::size_t{6}}) {
    if (call.has(own) && short_host(call.in(own)) == short_host(host)) {
      return "server";
    }
  }
  if (port == "444") {
    return "server";
  }
  if (!back_end_form) {
    return "foreign";
  }
  // "]@host" without the port: foreign only where both domains are known and differ.
  const std::string_view domain = domain_of(host);
  const std::string_view own = domain_of(call.has(5) ? call.in(5) : call.in(6));
  return domain.empty() || own.empty() || ascii_iends_with(domain, own) || ascii_iends_with(own, domain) ? "server"
                                                                                                         : "foreign";
}

}  // namespace

// AnchorMailbox "ServerInfo~host/path" or BackEndCookie "Server~host/path~version": a routing value with a path is
// never made by the product itself. Judged by the first part of the path, not by words somewhere in it.
void predicate_crafted_anchor(const PredicateCall& call) {
  std::string_view value = call.in(0);
  std::string_view rest;
  if (ascii_istarts_with(value, "ServerInfo~")) {
    rest = value.substr(11);
  }
  if (rest.find('/') == none && ascii_istarts_with(call.in(1), "Server~")) {
    value = call.in(1);
    rest = value.substr(7);
    // The cookie ends with "~" and a version number.
    if (const std::size_t tilde = rest.rfind('~'); tilde != none && rest.find('/') < tilde) {
      rest = rest.substr(0, tilde);
    } else {
      rest = {};
    }
  }
  const std::size_t slash = rest.find('/');
  if (slash == none) {
    return;
  }
  const std::string_view path_and_query = rest.substr(slash);
  const std::size_t end = path_and_query.find_first_of("?#");
  const std::string path = normal_url_path(path_and_query.substr(0, end));
  std::string_view query = end == none ? std::string_view{} : path_and_query.substr(end + 1);
  query = query.substr(0, query.find('#'));
  call.out(0, target_of(rest.substr(0, slash), call));
  call.out(1, back_end_service(path, query));
  call.out(2, answer_of(call.in(2).empty() ? call.in(3) : call.in(2)));
  if (const std::string_view canary = query_value(query, "msExchEcpCanary"); !canary.empty()) {
    call.out(3, canary);
  }
  call.out(4, value);
}

void predicate_page(const PredicateCall& call) {
  if (!call.has(0)) {
    return;
  }
  std::string path = normal_url_path(call.in(0));
  // "/x.aspx/extra": IIS gives the rest to the script as path info.
  for (std::size_t at = path.find('/', 1); at != none; at = path.find('/', at + 1)) {
    if (web_script_extension(extension_of(std::string_view(path).substr(0, at)))) {
      path.resize(at);
      break;
    }
  }
  static constexpr std::pair<std::string_view, std::string_view> areas[] = {{"/owa/auth/", "sign-in"},
                                                                            {"/ecp/auth/", "sign-in"},
                                                                            {"/aspnet_client/", "client-files"},
                                                                            {"/owa/", "owa"},
                                                                            {"/ecp/", "ecp"},
                                                                            {"/autodiscover/", "service"},
                                                                            {"/ews/", "service"},
                                                                            {"/oab/", "service"},
                                                                            {"/mapi/", "service"},
                                                                            {"/rpc/", "service"},
                                                                            {"/powershell/", "service"},
                                                                            {"/microsoft-server-activesync", "service"},
                                                                            {"/owa", "owa"},
                                                                            {"/ecp", "ecp"},
                                                                            {"/powershell", "service"}};
  std::string_view area = "other";
  for (const auto& [prefix, name] : areas) {
    if (path.starts_with(prefix)) {
      area = name;
      break;
    }
  }
  const std::string_view extension = extension_of(path);
  static constexpr std::string_view still[] = {"js",  "css", "flt",  "png", "gif", "jpg",  "jpeg", "ico",
                                               "svg", "htm", "html", "txt", "xap", "woff", "ttf",  "eot",
                                               "map", "cur", "bmp",  "wav", "mp3", "skin"};
  std::string_view kind = extension.empty() ? "none" : "other";
  for (const std::string_view each : still) {
    if (extension == each) {
      kind = "static";
    }
  }
  if (web_script_extension(extension)) {
    kind = "script";
  }
  call.out(0, path);
  call.out(1, base_name(path));
  call.out(2, area);
  call.out(3, kind);
  if (area != "other" && area != "client-files") {
    call.out(4, "yes");
  }
}

void predicate_request(const PredicateCall& call) {
  const std::string_view query = call.in(1);
  if (const std::string_view id = query_value(query, "cafeReqId"); !id.empty()) {
    call.out(0, id);
  }
  if (const std::string_view canary = query_value(query, "msExchEcpCanary"); !canary.empty()) {
    call.out(1, canary);
  }
  call.out(2, back_end_service(normal_url_path(call.in(0)), query));
}

// "/autodiscover/autodiscover.json?@host/mapi/…": the route of the 2021 ProxyShell chain. The part behind the '@' is
// taken as the back-end path; an ordinary query has a mail address there, which is followed by '&' or nothing.
void predicate_json_route(const PredicateCall& call) {
  const std::string path = normal_url_path(call.in(0));
  if (path.find("autodiscover.json") == std::string::npos) {
    return;
  }
  // Once for the query as written, once for what the stem itself may hold of it.
  std::string all = path.substr(path.find("autodiscover.json") + 17);
  all += '?';
  for (std::size_t at = 0; at < call.in(1).size(); ++at) {
    const std::string_view rest = call.in(1).substr(at);
    if (rest.size() >= 3 && rest[0] == '%' && (rest.starts_with("%2f") || rest.starts_with("%2F"))) {
      all += '/';
      at += 2;
    } else if (rest.starts_with("%40")) {
      all += '@';
      at += 2;
    } else {
      all += ascii_lower(rest[0]);
    }
  }
  // A route is told by how it begins; a line full of '@' must not be read once for each of them.
  constexpr std::size_t route_bytes_max = 512;
  std::size_t slash = 0;
  for (std::size_t at = all.find('@'); at != std::string::npos; at = all.find('@', at + 1)) {
    if (slash < at) {
      slash = all.find_first_of("/&", at);
    }
    if (slash == std::string::npos) {
      return;
    }
    if (all[slash] != '/') {
      continue;
    }
    const std::string_view route = std::string_view(all).substr(slash, route_bytes_max);
    const std::string inner = normal_url_path(route.substr(0, route.find_first_of("?&")));
    if (inner.starts_with("/powershell")) {
      call.out(0, "powershell");
    } else if (inner.starts_with("/ecp") || inner.starts_with("/owa")) {
      call.out(0, "other");
    } else {
      const std::string_view service = back_end_service(inner, {});
      if (service == "other" && inner.find("autodiscover.json") == std::string::npos) {
        continue;
      }
      call.out(0, service);
    }
    return;
  }
}

// A request for the console's inbox rules that names a mailbox in its path, as CVE-2021-33766 needs it; or one that
// carries the security token in its query. How it was answered: the back end answers 500 where it took the request but
// wants a canary.
void predicate_token_request(const PredicateCall& call) {
  const std::string path = normal_url_path(call.in(0));
  if (!path.starts_with("/ecp/")) {
    return;
  }
  const std::string_view rest = std::string_view(path).substr(5);
  const bool mailbox = rest.substr(0, rest.find('/')).find('@') != none;
  const bool rule = mailbox && rest.find("/ruleseditor/inboxrules.svc/newobject") != none;
  const bool token = !query_value(call.in(1), "SecurityToken").empty();
  const std::string_view status = call.in(2);
  if (!rule && !(token && status == "500")) {
    return;
  }
  call.out(0, "yes");
  call.out(1, status == "500" ? "failed" : answer_of(status));
}

namespace {

// Does a value after -Name name a file that a web server would run?
bool names_script(std::string_view parameters) {
  for (std::size_t dot = parameters.find('.'); dot != none; dot = parameters.find('.', dot + 1)) {
    const std::string_view tail = parameters.substr(dot + 1);
    if (web_script_extension(tail.substr(0, tail.find_first_of("\"' \\/,;")))) {
      return true;
    }
  }
  return false;
}

// The cmdlet's name that ends with `noun` and has one of the verbs, and where it begins.
struct Cmdlet {
  std::size_t at = none;
  std::string_view verb;
};
Cmdlet cmdlet_of(std::string_view text, std::string_view noun, std::initializer_list<std::string_view> verbs) {
  for (std::size_t end = ascii_ifind(text, noun); end != none; end = ascii_ifind(text, noun, end + 1)) {
    std::size_t start = end;
    while (start > 0 && end - start < 40 && (ascii_alpha(text[start - 1]) || text[start - 1] == '-')) {
      --start;
    }
    for (const std::string_view verb : verbs) {
      if (ascii_istarts_with(text.substr(start), verb)) {
        return {start, verb};
      }
    }
  }
  return {};
}

// A value of EventData in the console's log: "S:NAME=value;", in '…' where it holds ';' or '\''.
bool console_value_given(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  const std::string_view value = at == none ? std::string_view{} : text.substr(at + name.size());
  return !value.empty() && value.front() != ';' && value.front() != '\'' && !value.starts_with("<null>");
}

}  // namespace

// A write to a virtual directory, in any of the forms that name it: ECP log ("S:CMD=Set-Oab…"), cmdlet event (text or
// positional data), cmdlet log (two columns). The address is what tells: an http(s) address never holds '<'. Also the
// two cmdlets that can be made to write a script file: an export of a mailbox, and a request for a certificate.
void predicate_directory_write(const PredicateCall& call) {
  constexpr std::size_t enough = std::size_t{64} << 10;
  std::string text(call.in(0));
  const auto whole_cmdlet = [](std::string_view value) {
    return value.find_first_of(" .\t") == none && value.find('-') != none && value.size() < 64;
  };
  // Of positional data the cmdlet comes first and its parameters second; what follows is about the caller.
  bool positional = !text.empty();
  call.slots.any(call.inputs[1], [&](std::string_view value) {
    text += text.empty() ? "" : " ";
    if (positional) {
      text += value;
      return true;
    }
    positional = text.empty() && whole_cmdlet(value);
    text += value;
    return text.size() > enough;
  });
  for (const std::string_view noun : {"MailboxExportRequest", "ExchangeCertificate"}) {
    if (const Cmdlet cmdlet = cmdlet_of(text, noun, {"new-", "export-"}); cmdlet.at != none) {
      const std::string_view rest = std::string_view(text).substr(cmdlet.at);
      std::size_t path = ascii_ifind(rest, "-FilePath");
      path = path == none ? ascii_ifind(rest, "-RequestFile") : path;
      path = path == none ? ascii_ifind(rest, ".RequestFile=") : path;
      path = path == none ? ascii_ifind(rest, ".FilePath=") : path;
      call.out(0, "export");
      call.out(1, path != none && names_script(rest.substr(path + 10, 400)) ? "script" : "file");
      call.out(3, rest.substr(0, rest.find_first_of(" .,;\"'")));
      return;
    }
  }
  const Cmdlet cmdlet = cmdlet_of(text, "VirtualDirectory", {"set-", "remove-", "new-"});
  if (cmdlet.at == none) {
    return;
  }
  call.out(0, cmdlet.verb.substr(0, cmdlet.verb.size() - 1));
  const std::string_view rest = std::string_view(text).substr(cmdlet.at);
  if (cmdlet.verb == "set-") {
    const std::size_t url = ascii_ifind(rest, "Url");
    std::string_view value = url == none ? std::string_view{} : rest.substr(url);
    // In the console's log the command ends here; errors further on hold '<' of their own.
    value = value.substr(0, std::min(value.find(";S:REQID="), value.find(";S:URL=")));
    value = value.substr(0, value.find("\" -"));  // of a cmdlet's parameters only this one
    const bool script =
        value.find('<') != none || ascii_ifind(value, "%3c") != none || ascii_ifind(value, "&lt;") != none;
    // "<null>" and the like close at once; a script does not stand alone between the angles.
    const bool only_null = script && ascii_ifind(value, "<null>") != none &&
                           value.find('<') == ascii_ifind(value, "<null>") &&
                           value.find('<', value.find('<') + 1) == none;
    call.out(1, script && !only_null ? "script" : url == none ? "none" : "address");
  }
  if (const std::string_view canary = query_value(text, "msExchEcpCanary"); !canary.empty()) {
    call.out(2, canary);
  }
  call.out(3, rest.substr(0, rest.find_first_of(" .,;\"'")));
  if (console_value_given(text, "S:EX=")) {
    call.out(4, "yes");
  }
}

// An event that reports a failed request: does the address itself (not the text after it) hold "]:"?
void predicate_crafted_address(const PredicateCall& call) {
  const bool found = call.slots.any(call.inputs[0], [](std::string_view value) {
    // One pass: the search goes on behind each address, not inside it.
    for (std::size_t at = ascii_ifind(value, "http"); at != none;) {
      const std::size_t end = std::min(value.find_first_of("' \"\r\n<>", at), value.size());
      if (value.substr(at, end - at).find("]:") != none) {
        return true;
      }
      at = ascii_ifind(value, "http", end);
    }
    return false;
  });
  if (found) {
    call.out(0, "yes");
  }
}

// "…temporary file 'C:\…' needs to be removed": the quoted path and whether it lies in the address book's own folder.
void predicate_quoted_path(const PredicateCall& call) {
  const std::string_view line = call.has(0) ? call.in(0) : call.in(1);
  const std::size_t phrase = ascii_ifind(line, "temporary file");
  if (phrase == none) {
    return;
  }
  std::string_view rest = line.substr(phrase + 14);
  const std::size_t open = rest.find_first_of("'\"");
  if (open == none) {
    return;
  }
  const char quote = rest[open];
  rest.remove_prefix(open + 1);
  const std::size_t close = rest.find(quote);
  const std::string_view path = rest.substr(0, close);
  const std::string normal = normal_windows_path(path);
  const bool own = normal.find("\\clientaccess\\oab\\") != std::string::npos;
  call.out(0, path);
  call.out(1, own ? "own" : "outside");
}

void predicate_web_file(const PredicateCall& call) {
  if (!call.has(0)) {
    return;
  }
  const std::string path = normal_windows_path(call.in(0));
  static constexpr std::pair<std::string_view, std::string_view> roots[] = {{"\\frontend\\httpproxy\\", "front"},
                                                                            {"\\clientaccess\\", "product"},
                                                                            {"\\inetpub\\wwwroot\\", "site"},
                                                                            {"\\aspnet_client\\", "client-files"}};
  std::string_view area = "none";
  std::string url;
  for (const auto& [root, name] : roots) {
    if (const std::size_t at = path.find(root); at != std::string::npos) {
      area = name;
      url = name == "client-files" ? path.substr(at) : path.substr(at + root.size() - 1);
      break;
    }
  }
  if (path.find("\\temporary asp.net files\\") != std::string::npos) {
    area = "none";
  }
  if (area == "site" && url.starts_with("\\aspnet_client\\")) {
    area = "client-files";
  }
  // As people write it, where the path needed no rewriting.
  const std::string_view written = trim(call.in(0));
  if (written.size() == path.size()) {
    url = written.substr(written.size() - url.size());
  }
  for (char& c : url) {
    c = c == '\\' ? '/' : c;
  }
  call.out(0, base_name(path));
  call.out(1, area);
  if (web_script_extension(extension_of(path))) {
    call.out(2, "yes");
  }
  if (area != "none") {
    call.out(3, url);
    call.out(4, std::to_string(std::count(url.begin(), url.end(), '/')));
  }
}

void predicate_listing_times(const PredicateCall& call) {
  const std::optional<std::int32_t> zone = parse_utc_offset(trim(call.in(4)));
  const auto give = [&](std::size_t utc, std::size_t local, std::size_t text, std::size_t day) {
    const std::optional<Time> time = call.has(utc) && !call.in(utc).empty()
                                         ? listing_time(call.in(utc), 0)
                                         : listing_time(call.in(local), zone.value_or(0));
    if (!time) {
      return;
    }
    const CivilTime civil = to_civil(*time);
    call.out(text, rfc3339(*time));
    call.out(day, std::to_string(civil.year * 10'000 + std::int64_t{civil.month} * 100 + civil.day));
  };
  give(0, 1, 0, 2);
  give(2, 3, 1, 3);
  if (call.slots.first(call.outputs[0]).empty()) {
    give(2, 3, 0, 2);  // some listings have only the last write
  }
}

// "15.1.2176.2" from four columns, "#Version: 15.01.2176.002" or "BLD=15.1.2176.2".
void predicate_build(const PredicateCall& call) {
  std::string version;
  if (call.has(0) && call.has(1) && call.has(2) && call.has(3)) {
    for (const std::size_t part : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
      version += (part == 0 ? "" : ".") + std::string(call.in(part));
    }
  } else if (const std::string_view own = query_value(call.in(5), "S:BLD"); !own.empty()) {
    version = own;
  } else if (call.has(4) && call.in(4) != "15.0.0.0") {
    version = call.in(4);  // 15.0.0.0 is the version of the ECP log's form, not of the server
  }
  std::string normal;
  std::size_t dots = 0;
  for (std::size_t at = 0; at < version.size(); ++at) {
    const char c = version[at];
    if (c != '.' && !ascii_digit(c)) {
      return;
    }
    const bool leading_zero = c == '0' &&
                              (at == 0 || version[at - 1] == '.' || (normal.empty() || normal.back() == '.')) &&
                              at + 1 < version.size() && ascii_digit(version[at + 1]);
    if (!leading_zero) {
      normal += c;
    }
    dots += c == '.';
  }
  if (dots == 3 && version.size() < 40) {
    call.out(0, normal);
  }
}

}  // namespace tocsin::verdict
