#include "report/detail.h"

#include <cstdint>
#include <vector>

namespace tocsin::report {

std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) {
    return text;
  }
  std::size_t end = bytes_max;
  // At most three continuation bytes belong to one sequence; ill-formed text is cut where it is.
  for (int back = 0; back < 3 && end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80; ++back) {
    --end;
  }
  return text.substr(0, end);
}

std::string detail_line(const Detection& detection, std::size_t bytes_max) {
  std::string out;
  std::vector<std::string_view> shown;
  const std::size_t value_max = bytes_max / 2;
  const auto add = [&](std::string_view name, std::string_view value) {
    for (const std::string_view before : shown) {
      if (before == name) {
        return;
      }
    }
    if (value.empty() || out.size() >= bytes_max) {
      return;
    }
    shown.push_back(name);
    if (!out.empty()) {
      out += " · ";
    }
    if (!name.empty()) {
      out.append(name).append(": ");
    }
    const std::string_view head = utf8_prefix(value, value_max);
    for (const char c : head) {
      const bool line_end = c == '\n' || c == '\r' || c == '\t';
      if (!line_end || !out.ends_with(' ')) {
        out += line_end ? ' ' : c;
      }
    }
    if (head.size() < value.size()) {
      out += "…";
    }
  };
  for (const Matched& matched : detection.matched) {
    add(matched.field, matched.value);
  }
  for (const auto& [name, values] : detection.fields) {
    if (!values.empty()) {
      add(name, values.front());
    }
  }
  if (out.size() > bytes_max) {
    out.resize(utf8_prefix(out, bytes_max).size());
    out += "…";
  }
  return out;
}

}  // namespace tocsin::report
