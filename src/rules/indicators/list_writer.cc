#include "rules/indicators/list_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "rules/indicators/path.h"
#include "rules/indicators/refang.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t shown_bytes_max = 80;
constexpr std::size_t unsupported_types_max = 200;

constexpr std::string_view file_endings[] = {
    "exe",  "dll",  "sys",  "bat",  "cmd",  "ps1",  "psm1", "vbs", "vbe",  "js",   "jse", "wsf", "hta", "scr",
    "cpl",  "msi",  "lnk",  "aspx", "asp",  "ashx", "asmx", "jsp", "jspx", "php",  "jar", "war", "doc", "docx",
    "docm", "xls",  "xlsx", "xlsm", "ppt",  "pptx", "pdf",  "rtf", "txt",  "log",  "tmp", "dat", "bin", "elf",
    "cfg",  "conf", "ini",  "xml",  "json", "csv",  "zip",  "rar", "7z",   "gz",   "tgz", "tar", "cab", "iso",
    "img",  "vhd",  "dmp",  "sh",   "py",   "ko",   "apk",  "bak", "db",   "html", "htm", "png", "jpg", "gif"};

bool is_file_ending(std::string_view ending) {
  return std::any_of(std::begin(file_endings), std::end(file_endings),
                     [&](std::string_view one) { return ascii_iequals(one, ending); });
}

// Quotes and marks that lists put around a value.
std::string_view bare(std::string_view text) {
  text = trim(text);
  while (text.size() >= 2 && (text.front() == '"' || text.front() == '\'' || text.front() == '`') &&
         text.back() == text.front()) {
    text = trim(text.substr(1, text.size() - 2));
  }
  return text;
}

}  // namespace

ListWriter::ListWriter(IndicatorStore& store, std::string list, std::string_view form, std::optional<Level> level)
    : store_(store), prototype_{std::move(list), std::string(form), "", level.value_or(Level::medium)} {
  origin_ = store_.add_origin(prototype_);
}

std::uint32_t ListWriter::new_origin() { return store_.add_origin(prototype_); }

bool ListWriter::put(std::string_view written, std::uint32_t kinds, const Details& details) {
  written = bare(written);
  if (written.empty()) {
    return false;
  }
  if (refang(written, refanged_)) {
    written = refanged_;
  }
  const auto kind = classify(written, kinds, canonical_);
  if (!kind) {
    return false;
  }
  store_.add({.kind = *kind,
              .only_itself = details.only_itself,
              .level = details.level,
              .origin = origin_,
              .value = canonical_,
              .id = details.id,
              .title = details.title,
              .from = details.from,
              .until = details.until});
  return true;
}

bool ListWriter::put_plain(std::string_view written, const Details& details) {
  written = bare(written);
  std::uint32_t kinds = plain_kinds();
  if (written.find('\\') != written.npos || written.starts_with('/') || written.starts_with('%') ||
      written.starts_with("~/")) {
    kinds = bit(IndicatorKind::registry_key) | bit(IndicatorKind::file_path) |
            (written.find("://") != written.npos ? bit(IndicatorKind::url) : 0);
  } else if (const std::size_t dot = written.rfind('.');
             dot != written.npos && is_file_ending(written.substr(dot + 1)) && written.find('/') == written.npos) {
    kinds = bit(IndicatorKind::file_name);
  }
  return put(written, kinds, details);
}

bool ListWriter::put_part(std::string_view word, std::string_view written, const Details& details) {
  Details own = details;
  own.only_itself = own.only_itself || word.starts_with("hostname") || word == "fqdn";
  return put(written, kinds_of_word(word), own);
}

void ListWriter::put_typed(std::string_view word, std::string_view written, const Details& details,
                           std::uint64_t line) {
  ++store_.counts.given;
  if (kinds_of_word(word) == 0) {
    unsupported(word);
    return;
  }
  bool done = false;
  const std::size_t bar = written.find('|');
  if (bar != std::string_view::npos && (word.find('|') != word.npos || word == "malwaresample")) {
    const std::string_view first = written.substr(0, bar), second = written.substr(bar + 1);
    const std::string_view what = word == "malwaresample" ? "md5" : word.substr(word.find('|') + 1);
    if (what == "port" || what == "value") {
      done = put_part(word, first, details);
    } else if (word == "domain|ip") {
      // One entry, two values.
      done = put_part("domain", first, details);
      done = put_part("ip", second, details) && done;
    } else {
      done = put_part(what, second, details);  // a file's name and hash: the hash says it all
    }
  } else {
    done = put_part(word, written, details);
  }
  if (!done) {
    reject(fmt::format("'{}' is no {}", repair_utf8(written.substr(0, shown_bytes_max)), word), line);
  }
}

void ListWriter::reject(std::string message, std::uint64_t line, std::string hint) {
  ++store_.counts.rejected;
  if (problems_ < limits::indicator_problems_max) {
    store_.diagnostics.push_back(
        {Diagnostic::Severity::error,
         {ErrorCode::indicator_invalid, std::move(message), {.source = prototype_.list, .line = line}, std::move(hint)},
         ""});
  } else if (problems_ == limits::indicator_problems_max) {
    store_.diagnostics.push_back({Diagnostic::Severity::note,
                                  {ErrorCode::indicator_invalid,
                                   "further problems of this list are counted, not named",
                                   {.source = prototype_.list},
                                   {}},
                                  ""});
  }
  ++problems_;
}

void ListWriter::warn(Error error) {
  error.where.source = prototype_.list;
  store_.diagnostics.push_back({Diagnostic::Severity::warning, std::move(error), ""});
}

void ListWriter::unsupported(std::string_view type) {
  ++store_.counts.unsupported;
  std::string name = repair_utf8(type.substr(0, shown_bytes_max));
  auto& types = store_.counts.unsupported_types;
  if (types.size() >= unsupported_types_max && !types.contains(name)) {
    name = "other";
  }
  ++types[name];
}

}  // namespace tocsin::rules
