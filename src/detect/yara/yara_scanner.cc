#include <yara.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/text.h"
#include "detect/yara/implementation.h"
#include "detect/yara/limits.h"

namespace tocsin::detect {
namespace {

struct DestroyScanner {
  void operator()(YR_SCANNER* scanner) const { yr_scanner_destroy(scanner); }
};

// Of files that rules ask for by this variable; first bytes as in the formats' own specifications.
constexpr std::pair<std::string_view, std::string_view> file_types[] = {
    {"MZ", "EXE"},
    {"\x7F"
     "ELF",
     "ELF"},
    {"PK\x03\x04", "ZIP"},
    {"Rar!\x1A\x07", "RAR"},
    {"7z\xBC\xAF\x27\x1C", "7Z"},
    {"%PDF", "PDF"},
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "OLE"},
    {"{\\rtf", "RTF"},
    {"\x89PNG", "PNG"},
    {"GIF8", "GIF"},
    {"\xFF\xD8\xFF", "JPG"},
    {"\xCA\xFE\xBA\xBE", "CLASS"},
    {std::string_view("L\0\0\0\x01\x14\x02\0", 8), "LNK"},
    {"MSCF", "CAB"},
};

}  // namespace

YaraNames yara_names(std::string_view path, std::string_view bytes) {
  YaraNames out;
  out.filepath = ascii_lower(path);
  std::replace(out.filepath.begin(), out.filepath.end(), '\0', '?');
  const std::size_t slash = out.filepath.find_last_of("/\\");
  out.filename = slash == std::string::npos ? out.filepath : out.filepath.substr(slash + 1);
  if (const std::size_t dot = out.filename.rfind('.'); dot != std::string::npos && dot != 0) {
    out.extension = out.filename.substr(dot);
  }
  for (const auto& [magic, name] : file_types) {
    if (bytes.starts_with(magic)) {
      out.filetype = name;
      break;
    }
  }
  return out;
}

struct YaraScanner::Implementation {
  std::shared_ptr<const YaraRules> rules;
  std::unique_ptr<YR_SCANNER, DestroyScanner> scanner;
  std::uint64_t nanoseconds = 0;
  std::atomic<bool> stopped = false;
  YaraNames names;  // as libyara has them now
  std::vector<YaraHit>* hits = nullptr;
  std::uint64_t strings_cut = 0;

  int on_rule(YR_SCAN_CONTEXT* context, const YR_RULE* rule) {
    const YaraRules::Implementation& known = rules->implementation();
    const auto index = static_cast<std::size_t>(rule - context->rules->rules_table);
    if (known.numbers[index] == YaraRules::Implementation::unreported) {
      return CALLBACK_CONTINUE;
    }
    YaraHit& hit = hits->emplace_back();
    hit.rule = known.numbers[index];
    const YR_STRING* string = nullptr;
    yr_rule_strings_foreach(rule, string) {
      std::size_t kept = 0;
      const YR_MATCH* match = nullptr;
      yr_string_matches_foreach(context, string, match) {
        if (kept == limits::yara_string_matches_max || hit.matches.size() == limits::yara_rule_matches_max) {
          ++hit.further;
          continue;
        }
        ++kept;
        hit.matches.push_back({string->identifier, static_cast<std::uint64_t>(match->base + match->offset),
                               static_cast<std::uint64_t>(std::max(match->match_length, 0))});
      }
    }
    return CALLBACK_CONTINUE;
  }

  static int callback(YR_SCAN_CONTEXT* context, int message, void* data, void* self) {
    auto& scan = *static_cast<Implementation*>(self);
    if (scan.stopped) {
      return CALLBACK_ABORT;
    }
    if (message == CALLBACK_MSG_RULE_MATCHING) {
      return scan.on_rule(context, static_cast<const YR_RULE*>(data));
    }
    scan.strings_cut += message == CALLBACK_MSG_TOO_MANY_MATCHES ? 1 : 0;
    return CALLBACK_CONTINUE;
  }

  bool define(const YaraNames& wanted) {
    const auto set = [this](const char* name, std::string& known, const std::string& value) {
      if (known == value) {
        return true;
      }
      known = value;
      return yr_scanner_define_string_variable(scanner.get(), name, known.c_str()) == ERROR_SUCCESS;
    };
    return set("filename", names.filename, wanted.filename) && set("filepath", names.filepath, wanted.filepath) &&
           set("extension", names.extension, wanted.extension) && set("filetype", names.filetype, wanted.filetype) &&
           set("owner", names.owner, wanted.owner);
  }
};

YaraScanner::YaraScanner(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
YaraScanner::~YaraScanner() = default;

Result<std::unique_ptr<YaraScanner>> YaraScanner::open(std::shared_ptr<const YaraRules> rules) {
  auto made = std::make_unique<Implementation>();
  YR_SCANNER* scanner = nullptr;
  if (yr_scanner_create(rules->implementation().compiled.get(), &scanner) != ERROR_SUCCESS) {
    return failure(ErrorCode::limit, "libyara has no memory for a scanner", {}, "give fewer rules");
  }
  made->scanner.reset(scanner);
  const unsigned seconds = rules->options().seconds;
  made->nanoseconds = std::uint64_t{seconds == 0U ? limits::yara_seconds : seconds} * 1'000'000'000;
  made->rules = std::move(rules);
  yr_scanner_set_callback(scanner, Implementation::callback, made.get());
  // Bytes lie in memory of ours, so that no signal is to be caught; the first match of a string is enough where the
  // condition does not count.
  yr_scanner_set_flags(scanner, SCAN_FLAGS_FAST_MODE | SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
  return std::unique_ptr<YaraScanner>(new YaraScanner(std::move(made)));
}

// libyara looks at its time limit every 4 KiB and every few instructions of a condition: a limit that has passed is the
// only way to end a scan that finds nothing.
void YaraScanner::stop() {
  implementation_->stopped = true;
  std::atomic_ref(implementation_->scanner->timeout).store(1);
}

YaraOutcome YaraScanner::scan(std::string_view bytes, const YaraNames& names, std::vector<YaraHit>& hits) {
  Implementation& own = *implementation_;
  YaraOutcome out;
  const std::size_t before = hits.size();
  if (!own.define(names)) {
    out.end = YaraOutcome::End::failed;
    out.why = "libyara has no memory for its external variables";
    return out;
  }
  own.hits = &hits;
  own.strings_cut = 0;
  own.scanner->entry_point = static_cast<std::uint64_t>(YR_UNDEFINED);  // libyara keeps that of the bytes before
  std::atomic_ref(own.scanner->timeout).store(own.nanoseconds);
  int code = ERROR_SCAN_TIMEOUT;
  if (!own.stopped) {
    static constexpr std::uint8_t nothing = 0;
    const auto* begin = bytes.empty() ? &nothing : reinterpret_cast<const std::uint8_t*>(bytes.data());
    code = yr_scanner_scan_mem(own.scanner.get(), begin, bytes.size());
  }
  own.hits = nullptr;
  out.strings_cut = own.strings_cut;
  if (own.stopped) {
    out.end = YaraOutcome::End::stopped;
  } else if (code == ERROR_SCAN_TIMEOUT) {
    out.end = YaraOutcome::End::timed_out;
  } else if (code != ERROR_SUCCESS) {
    out.end = YaraOutcome::End::failed;
    const YR_RULE* rule = yr_scanner_last_error_rule(own.scanner.get());
    out.why = "libyara gave up with error " + std::to_string(code) +
              (rule == nullptr ? "" : " at rule " + std::string(rule->identifier));
  }
  if (out.end != YaraOutcome::End::complete) {
    hits.resize(before);
  }
  return out;
}

}  // namespace tocsin::detect
