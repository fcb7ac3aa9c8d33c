#include "app/yara.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>

#include "app/packs.h"
#include "app/pipeline.h"
#include "base/text.h"
#include "detect/yara/limits.h"
#include "source/source.h"
#include "trust/uuid.h"

namespace tocsin::app {
namespace {

// Our own namespace for rules that give themselves no id (RFC 9562 §5.5).
constexpr std::array<std::uint8_t, 16> yara_namespace = {0x0e, 0x5c, 0x91, 0x3b, 0x77, 0xd2, 0x4c, 0x18,
                                                         0x8f, 0x60, 0xa4, 0x2d, 0xbe, 0x19, 0x53, 0x7f};
constexpr std::uint64_t file_bytes_default = std::uint64_t{32} << 20;
constexpr std::uint64_t file_bytes_most = std::uint64_t{2} << 30;
constexpr std::size_t rule_files_max = 100'000;
// Where scripts, command lines and what is started are found in the logs of Windows, Sysmon, PowerShell and EDR
// exports.
constexpr std::string_view default_fields[] = {"CommandLine",
                                               "ParentCommandLine",
                                               "ProcessCommandLine",
                                               "InitiatingProcessCommandLine",
                                               "ScriptBlockText",
                                               "Payload",
                                               "HostApplication",
                                               "ImagePath",
                                               "ServiceFileName",
                                               "TaskContent",
                                               "Contents"};
constexpr std::size_t excerpt_bytes_max = 120;
// Values that are remembered, for each thread.
constexpr std::size_t known_value_bytes_max = 4'096;
constexpr std::size_t known_bytes_max = std::size_t{8} << 20;
constexpr std::size_t known_overhead_bytes = 64;

class RuleVisitor final : public source::Visitor {
 public:
  // `below_folder`: only files that are called as YARA files are.
  explicit RuleVisitor(bool below_folder) : below_folder_(below_folder) {}
  Result<void> member(const source::Member& member, ByteSource& bytes) override {
    const bool called_so = ascii_iends_with(member.name, ".yar") || ascii_iends_with(member.name, ".yara");
    if ((below_folder_ || member.name.find("!/") != std::string::npos) && !called_so) {
      return {};
    }
    detect::YaraSource& file = files.emplace_back();
    file.name = member.name;
    file.text.resize(std::size_t{64} << 10);
    std::size_t size = 0;
    for (;;) {
      const auto got = bytes.read(std::span(file.text).subspan(size));
      if (!got) {  // half a file is no file of rules
        files.pop_back();
        skipped(member.name, got.error());
        return {};
      }
      if (*got == 0) {
        break;
      }
      size += *got;
      bytes_ += *got;
      if (size > limits::yara_file_bytes_max || bytes_ > limits::yara_bytes_max || files.size() > rule_files_max) {
        files.pop_back();
        skipped(member.name,
                {ErrorCode::limit, "the rules are too large to be loaded", {}, "give fewer or smaller files"});
        return {};
      }
      if (size == file.text.size()) {
        file.text.resize(2 * size);
      }
    }
    file.text.resize(size);
    return {};
  }
  void member_done(const source::Member&, std::string_view) override {}
  void skipped(std::string_view name, const Error& why) override {
    problems.push_back(why);
    problems.back().where.source = name;
  }
  void note(std::string_view, std::string_view) override {}
  void progress(std::uint64_t) override {}
  bool cancelled() const override { return interrupted(); }

  std::vector<detect::YaraSource> files;
  std::vector<Error> problems;

 private:
  bool below_folder_;
  std::size_t bytes_ = 0;
};

Result<std::uint64_t> parse_size(const std::string& text) {
  std::string_view number = text;
  std::uint64_t unit = 1;
  if (!number.empty()) {
    const char last = ascii_lower(number.back());
    unit = last == 'k'   ? std::uint64_t{1} << 10
           : last == 'm' ? std::uint64_t{1} << 20
           : last == 'g' ? std::uint64_t{1} << 30
                         : 1;
    if (unit != 1) {
      number.remove_suffix(1);
    }
  }
  const auto value = parse_uint64(number);
  if (!value || *value == 0 || *value > file_bytes_most / unit) {
    return failure(ErrorCode::usage, "--yara-max-size takes a size up to 2G, not '" + text + "'", {},
                   "bytes, or a number with K, M or G; --no-yara-files scans no files");
  }
  return *value * unit;
}

// Printable ASCII as it is, the rest as \xNN: hostile bytes do nothing, and no byte is lost.
std::string excerpt(std::string_view bytes) {
  std::string out;
  for (const char c : bytes.substr(0, excerpt_bytes_max)) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out + (bytes.size() > excerpt_bytes_max ? "…" : "");
}

void add_matched(std::string_view field, std::string_view bytes, const detect::YaraHit& hit,
                 std::vector<report::Matched>& out) {
  for (const detect::YaraMatch& match : hit.matches) {
    out.push_back({std::string(field), excerpt(bytes.substr(match.offset, match.bytes)), std::string(match.string),
                   match.offset});
  }
  if (hit.matches.empty()) {
    out.push_back({std::string(field), excerpt(bytes), "(condition)", 0});
  }
  if (hit.further != 0) {
    out.push_back({std::string(field), fmt::format("and {} more matches", hit.further), ""});
  }
}

}  // namespace

std::vector<Option> yara_command_options() {
  return {
      {"--yara", "FILE",
       "Also look for these YARA rules, in files and in scripts and command lines of events: files, or folders with "
       ".yar and .yara files",
       true},
      {"--yara-max-size", "SIZE", "Scan files up to this size (default 32M); larger ones are named in the coverage"},
      {"--no-yara-files", "", "Scan fields of events only"},
      {"--yara-fields", "NAME,…", "Scan these fields instead of CommandLine, ScriptBlockText and the like", true},
      {"--no-yara-fields", "", "Scan files only"},
      {"--yara-timeout", "SECONDS", "Give up the scan of a file or value after this time (default 20)"},
      {"--yara-level", "LEVEL", "Give all YARA rules this level, whatever they say themselves"},
  };
}

Result<LoadedYara> load_yara(const Arguments& arguments) {
  LoadedYara out;
  const auto given = arguments.options.find("--yara");
  if (given == arguments.options.end()) {
    for (const Option& option : yara_command_options()) {
      if (arguments.has(option.name)) {
        return failure(ErrorCode::usage, std::string(option.name) + " needs --yara", {}, "--yara FILE names the rules");
      }
    }
    return out;
  }
  const std::clock_t start = std::clock();
  detect::YaraOptions options;
  if (const auto level = arguments.value("--yara-level")) {
    options.level_for_all = rules::parse_level(*level);
    if (!options.level_for_all) {
      return failure(ErrorCode::usage, "there is no level '" + *level + "'", {},
                     "one of informational, low, medium, high, critical");
    }
  }
  if (const auto timeout = arguments.value("--yara-timeout")) {
    const auto seconds = parse_uint64(*timeout);
    if (!seconds || *seconds == 0 || *seconds > 3'600) {
      return failure(ErrorCode::usage, "--yara-timeout takes seconds from 1 to 3600, not '" + *timeout + "'");
    }
    options.seconds = static_cast<unsigned>(*seconds);
  }
  if (!arguments.has("--no-yara-files")) {
    out.file_bytes_max = file_bytes_default;
    if (const auto size = arguments.value("--yara-max-size")) {
      TRY(out.file_bytes_max, parse_size(*size));
    }
  }
  if (!arguments.has("--no-yara-fields")) {
    for (const std::string_view name : default_fields) {
      out.fields.push_back(ascii_lower(name));
    }
    if (const auto named = arguments.options.find("--yara-fields"); named != arguments.options.end()) {
      out.fields.clear();
      for (const std::string& list : named->second) {
        for (std::string_view rest = list; !rest.empty();) {
          const std::size_t comma = std::min(rest.find(','), rest.size());
          if (const std::string_view name = trim(rest.substr(0, comma)); !name.empty()) {
            out.fields.push_back(ascii_lower(name));
          }
          rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
      }
    }
  }
  if (out.fields.empty() && out.file_bytes_max == 0) {
    return failure(ErrorCode::usage, "nothing is left for YARA rules to scan", {},
                   "leave out one of --no-yara-files and --no-yara-fields");
  }
  std::vector<detect::YaraSource> files;
  for (const std::string& argument : given->second) {
    // Below a folder everything else is left alone; a file that is named is taken as it is.
    std::error_code ignored;
    RuleVisitor visitor(std::filesystem::is_directory(argument, ignored));
    TRY_VOID(source::walk({argument}, {}, visitor));
    for (const Error& problem : visitor.problems) {
      out.diagnostics.push_back({rules::Diagnostic::Severity::error, problem, ""});
    }
    // Two folders may hold files of one name: their rules are two, and includes stay in their own folder.
    const std::string prefix = given->second.size() == 1 ? "" : argument + (argument.ends_with('/') ? "" : "/");
    const bool folder = std::filesystem::is_directory(argument, ignored);
    for (detect::YaraSource& file : visitor.files) {
      file.name = !folder ? (given->second.size() == 1 ? file.name : argument) : prefix + file.name;
      files.push_back(std::move(file));
    }
  }
  if (files.empty()) {
    if (!out.diagnostics.empty()) {
      return std::unexpected(out.diagnostics.front().error);
    }
    return failure(ErrorCode::not_found, "there is no YARA file", {.source = given->second.front()},
                   "--yara takes files with rules, or folders with files called .yar or .yara");
  }
  TRY(out.rules, detect::YaraRules::compile(files, options));
  out.diagnostics.insert(out.diagnostics.end(), out.rules->diagnostics().begin(), out.rules->diagnostics().end());
  for (const detect::YaraRule& rule : out.rules->rules()) {
    rules::RuleInfo& info = out.infos.emplace_back(rule.info);
    if (info.id.empty()) {
      const std::size_t slash = info.source.rfind('/');
      info.id = trust::uuid_v5(yara_namespace,
                               info.source.substr(slash == std::string::npos ? 0 : slash + 1) + ":" + info.name);
    }
  }
  for (const detect::YaraSource& file : files) {
    out.summary.files.push_back(file.name);
  }
  out.summary.given = out.rules->given();
  out.summary.loaded = out.rules->loaded();
  out.summary.rejected = out.rules->rejected();
  out.summary.load_seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  return out;
}

report::RuleRef yara_rule_ref(const LoadedYara& loaded, std::uint32_t rule) {
  report::RuleRef out = rule_ref(loaded.infos[rule]);
  out.text = loaded.rules->rules()[rule].text;
  return out;
}

YaraWatch::YaraWatch() : thread_([this] { run(); }) {}

YaraWatch::~YaraWatch() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void YaraWatch::run() {
  std::unique_lock lock(mutex_);
  while (!done_) {
    ended_.wait_for(lock, std::chrono::milliseconds(100));
    if (interrupted()) {
      for (detect::YaraScanner* scanner : scanners_) {
        scanner->stop();
      }
    }
  }
}

void YaraWatch::add(detect::YaraScanner& scanner) {
  const std::lock_guard lock(mutex_);
  scanners_.push_back(&scanner);
}

void YaraWatch::remove(detect::YaraScanner& scanner) {
  const std::lock_guard lock(mutex_);
  std::erase(scanners_, &scanner);
}

YaraWorker::YaraWorker(const LoadedYara& loaded, const event::FieldTable& fields, YaraWatch& watch)
    : loaded_(loaded), fields_(fields), watch_(watch) {
  if (auto opened = detect::YaraScanner::open(loaded.rules)) {
    scanner_ = std::move(*opened);
    watch_.add(*scanner_);
  }
}

YaraWorker::~YaraWorker() {
  if (scanner_ != nullptr) {
    watch_.remove(*scanner_);
  }
}

std::vector<YaraFinding> YaraWorker::scan_file(std::string_view name, std::string_view bytes, YaraWork& work,
                                               std::string& gave_up) {
  std::vector<YaraFinding> out;
  hits_.clear();
  detect::YaraOutcome outcome{.end = detect::YaraOutcome::End::failed, .strings_cut = 0, .why = "no memory"};
  if (scanner_ != nullptr) {
    outcome = scanner_->scan(bytes, detect::yara_names(name, bytes), hits_);
  }
  work.strings_cut += outcome.strings_cut;
  switch (outcome.end) {
    case detect::YaraOutcome::End::complete:
      ++work.files;
      work.bytes += bytes.size();
      break;
    case detect::YaraOutcome::End::stopped:
      gave_up = "interrupted";
      break;
    case detect::YaraOutcome::End::timed_out:
      gave_up = "the scan took longer than --yara-timeout";
      ++work.gave_up;
      break;
    case detect::YaraOutcome::End::failed:
      gave_up = outcome.why;
      ++work.gave_up;
      break;
  }
  for (const detect::YaraHit& hit : hits_) {
    YaraFinding& finding = out.emplace_back();
    finding.rule = hit.rule;
    add_matched("file", bytes, hit, finding.matched);
  }
  return out;
}

// As rules name fields: in any case, and the last part of a nested name.
bool YaraWorker::wanted(event::FieldId field) {
  const auto index = static_cast<std::size_t>(field);
  if (index >= wanted_.size()) {
    wanted_.resize(index + 1);
  }
  if (wanted_[index] == 0) {
    const std::string name = ascii_lower(fields_.name(field));
    const std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
    const bool yes = std::any_of(loaded_.fields.begin(), loaded_.fields.end(),
                                 [&](const std::string& one) { return one == name || one == last; });
    wanted_[index] = yes ? 2 : 1;
  }
  return wanted_[index] == 2;
}

const YaraWorker::Hits& YaraWorker::scan_value(std::string_view value, YaraWork& work) {
  ++work.values;
  const bool remember = value.size() <= known_value_bytes_max;
  if (remember) {
    if (const auto found = known_.find(value); found != known_.end()) {
      return found->second;
    }
  }
  hits_.clear();
  const detect::YaraOutcome outcome =
      scanner_ == nullptr ? detect::YaraOutcome{.end = detect::YaraOutcome::End::failed, .strings_cut = 0, .why = {}}
                          : scanner_->scan(value, {}, hits_);
  work.strings_cut += outcome.strings_cut;
  work.gave_up += outcome.end == detect::YaraOutcome::End::timed_out || outcome.end == detect::YaraOutcome::End::failed;
  if (!remember || outcome.end != detect::YaraOutcome::End::complete || outcome.strings_cut != 0) {
    return hits_;
  }
  std::size_t bytes = value.size() + known_overhead_bytes;
  for (const detect::YaraHit& hit : hits_) {
    bytes += sizeof(hit) + hit.matches.size() * sizeof(detect::YaraMatch);
  }
  if (known_bytes_ + bytes > known_bytes_max) {
    known_.clear();
    known_bytes_ = 0;
  }
  known_bytes_ += bytes;
  return known_.emplace(std::string(value), hits_).first->second;
}

std::vector<YaraFinding> YaraWorker::scan_fields(const event::EventBatch& batch, YaraWork& work) {
  std::vector<YaraFinding> out;
  for (std::size_t i = 0; i < batch.events.size() && !interrupted(); ++i) {
    const std::size_t first = out.size();
    for (const event::Field& field : batch.fields_of(batch.events[i])) {
      if (field.value.text.empty() || !wanted(field.id)) {
        continue;
      }
      const std::string_view name = fields_.name(field.id);
      for (const detect::YaraHit& hit : scan_value(field.value.text, work)) {
        const auto same = std::find_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                                       [&](const YaraFinding& one) { return one.rule == hit.rule; });
        YaraFinding& finding = same != out.end() ? *same : out.emplace_back();
        finding.event = static_cast<std::uint32_t>(i);
        finding.rule = hit.rule;
        add_matched(name, field.value.text, hit, finding.matched);
      }
    }
    std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
              [](const YaraFinding& a, const YaraFinding& b) { return a.rule < b.rule; });
  }
  return out;
}

}  // namespace tocsin::app
