#include "rules/indicators/url.h"

#include "base/text.h"
#include "rules/indicators/hash_value.h"

namespace tocsin::rules {
namespace {

bool is_unreserved(char c) { return ascii_alpha(c) || ascii_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

// §6.2.2.1 and §6.2.2.2.
void append_escapes_normalised(std::string& out, std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      const auto byte = static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      if (is_unreserved(byte)) {
        out += byte;
      } else {
        out += '%';
        out += digits[hex_value(text[i + 1])];
        out += digits[hex_value(text[i + 2])];
      }
      i += 2;
    } else {
      out += text[i];
    }
  }
}

// §5.2.4 over the path that begins at out[begin] with "/".
void remove_dot_segments(std::string& out, std::size_t begin) {
  std::size_t read = begin, write = begin;
  while (read < out.size()) {
    std::size_t end = out.find('/', read + 1);
    end = end == std::string::npos ? out.size() : end;
    const std::string_view segment = std::string_view(out).substr(read, end - read);
    if (segment == "/.") {
      if (end == out.size()) {
        out[write++] = '/';
      }
    } else if (segment == "/..") {
      while (write > begin) {
        --write;
        if (out[write] == '/') {
          break;
        }
      }
      if (end == out.size()) {
        out[write++] = '/';
      }
    } else {
      for (std::size_t i = read; i < end; ++i) {
        out[write++] = out[i];
      }
    }
    read = end;
  }
  out.resize(write);
}

bool legal_host(std::string_view host) {
  if (host.empty() || host.size() > 255) {
    return false;
  }
  for (const char c : host) {
    if (!ascii_alpha(c) && !ascii_digit(c) && c != '.' && c != '-' && c != '_' && c != '%' && c != '~' &&
        static_cast<unsigned char>(c) < 0x80) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string_view url_host(std::string_view after_slashes) {
  std::string_view host = after_slashes.substr(0, after_slashes.find_first_of("/?#\\"));
  if (const std::size_t user = host.rfind('@'); user != std::string_view::npos) {
    host.remove_prefix(user + 1);
  }
  if (host.starts_with('[')) {
    return host.substr(1, host.find(']') == std::string_view::npos ? host.npos : host.find(']') - 1);
  }
  return host.substr(0, host.find(':'));
}

bool normalise_url(std::string_view text, std::string& out) {
  const std::size_t begin = out.size();
  const auto fail = [&] {
    out.resize(begin);
    return false;
  };
  const std::size_t colon = text.find("://");
  std::string_view scheme;
  if (colon != std::string_view::npos && colon != 0 && text.find_first_of("/?#") > colon) {
    scheme = text.substr(0, colon);
    if (!ascii_alpha(scheme[0]) || scheme.size() > 16) {
      return false;
    }
    for (const char c : scheme) {
      if (!ascii_alpha(c) && !ascii_digit(c) && c != '+' && c != '-' && c != '.') {
        return false;
      }
      out += ascii_lower(c);
    }
    out += ':';
    text.remove_prefix(colon + 3);
  } else if (text.starts_with("//")) {
    text.remove_prefix(2);
  }
  const std::string lower_scheme(out, begin, scheme.size());
  out += "//";
  text = text.substr(0, text.find('#'));
  const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, authority_end);
  std::string_view rest = text.substr(authority_end);
  if (const std::size_t user = authority.rfind('@'); user != std::string_view::npos) {
    append_escapes_normalised(out, authority.substr(0, user + 1));
    authority.remove_prefix(user + 1);
  }
  std::string_view host = authority, port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      return fail();
    }
    host = authority.substr(0, close + 1);
    port = authority.substr(close + 1);
    if (!port.empty() && port[0] != ':') {
      return fail();
    }
  } else if (const std::size_t mark = authority.rfind(':'); mark != std::string_view::npos) {
    host = authority.substr(0, mark);
    port = authority.substr(mark);
  }
  if (host.starts_with('[')) {
    for (const char c : host) {
      out += ascii_lower(c);
    }
  } else {
    if (!legal_host(host)) {
      return fail();
    }
    const std::size_t host_begin = out.size();
    append_escapes_normalised(out, host.substr(0, host.ends_with('.') ? host.size() - 1 : host.size()));
    for (std::size_t i = host_begin; i < out.size(); ++i) {
      out[i] = ascii_lower(out[i]);
    }
    if (out.size() == host_begin) {
      return fail();
    }
  }
  if (port.size() > 1) {
    for (const char c : port.substr(1)) {
      if (!ascii_digit(c)) {
        return fail();
      }
    }
    const std::string_view number = port.substr(1);
    const bool own = (lower_scheme == "http" && number == "80") || (lower_scheme == "https" && number == "443") ||
                     (lower_scheme == "ftp" && number == "21") || (lower_scheme == "ws" && number == "80") ||
                     (lower_scheme == "wss" && number == "443");
    if (!own) {
      out += port;
    }
  }
  const std::size_t query = std::min(rest.find('?'), rest.size());
  const std::size_t path_begin = out.size();
  append_escapes_normalised(out, rest.substr(0, query));
  if (out.size() == path_begin) {
    out += '/';
  }
  remove_dot_segments(out, path_begin);
  if (out.size() == path_begin) {
    out += '/';
  }
  append_escapes_normalised(out, rest.substr(query));
  return true;
}

}  // namespace tocsin::rules
