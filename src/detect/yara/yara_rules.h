// YaraRules: rule files compiled by libyara, immutable and shared by all threads; YaraScanner: one thread's way to ask
// them about bytes. The door to libyara: nothing else includes it.
//
// Pure: rules and bytes come in as text, nothing is opened. An include names another of the given files; a file that
// others include is read through them. Each file has its own namespace, so the same name in two files is two rules.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/rule.h"

namespace tocsin::detect {

struct YaraSource {
  std::string name, text;
};

struct YaraOptions {
  rules::Level level = rules::Level::medium;       // of rules that name none
  std::optional<rules::Level> level_for_all = {};  // instead of what rules name
  unsigned seconds = 0;                            // for one scan; 0: limits::yara_seconds
};

struct YaraRule {
  rules::RuleInfo info;  // kind "yara"; id empty where the rule names none
  std::string text;      // as its author wrote it, behind the imports that it uses
};

// What rules call external variables, as scanners that public rules are written for define them. Empty for values of
// events.
struct YaraNames {
  std::string filename, filepath, extension, filetype, owner;
};
// filename, filepath and extension (with its dot) in lower case from a path with '/' or '\'; filetype from the first
// bytes.
YaraNames yara_names(std::string_view path, std::string_view bytes);

class YaraRules {
 public:
  // Reads nothing but `sources`. What is wrong with a rule rejects that rule and is a diagnostic; an error only where
  // libyara itself fails.
  static Result<std::shared_ptr<const YaraRules>> compile(std::span<const YaraSource> sources,
                                                          const YaraOptions& options = {});
  // Those that may be reported: private ones are left out.
  const std::vector<YaraRule>& rules() const;
  const std::vector<rules::Diagnostic>& diagnostics() const;
  // Rules in the files, private ones too; of these: that can be used, and that cannot.
  std::uint64_t given() const;
  std::uint64_t loaded() const;
  std::uint64_t rejected() const;
  const YaraOptions& options() const;

  struct Implementation;
  explicit YaraRules(std::unique_ptr<Implementation> implementation);
  ~YaraRules();
  const Implementation& implementation() const { return *implementation_; }

 private:
  std::unique_ptr<Implementation> implementation_;
};

struct YaraMatch {
  std::string_view string;  // "$a", as the rule names it; lives as long as the rules
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  bool operator==(const YaraMatch&) const = default;
};

struct YaraHit {
  std::uint32_t rule = 0;          // index into YaraRules::rules()
  std::vector<YaraMatch> matches;  // in the order of the rule's strings, private strings left out, bounded
  std::uint64_t further = 0;       // matches beyond the bound
  bool operator==(const YaraHit&) const = default;
};

struct YaraOutcome {
  enum class End : std::uint8_t { complete, stopped, timed_out, failed };
  End end = End::complete;
  std::uint64_t strings_cut = 0;  // strings that matched more than a million times and were left at that
  std::string why;                // of a failure
};

// Not thread-safe but for stop(); one for each thread.
class YaraScanner {
 public:
  static Result<std::unique_ptr<YaraScanner>> open(std::shared_ptr<const YaraRules> rules);
  ~YaraScanner();
  YaraScanner(const YaraScanner&) = delete;
  YaraScanner& operator=(const YaraScanner&) = delete;

  // Appends hits in the order of the rules; none where the scan does not complete.
  YaraOutcome scan(std::string_view bytes, const YaraNames& names, std::vector<YaraHit>& hits);
  // From any thread: ends a running scan soon and every later one at once.
  void stop();

 private:
  struct Implementation;
  explicit YaraScanner(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace tocsin::detect
