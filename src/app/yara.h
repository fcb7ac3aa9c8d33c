// YARA on the command line: rules from files, and what one thread of a hunt asks them about files and values of events.
#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app/command.h"
#include "detect/yara/yara_rules.h"
#include "event/event.h"
#include "report/report.h"

namespace tocsin::app {

struct LoadedYara {
  std::shared_ptr<const detect::YaraRules> rules;  // nullptr where none were given
  std::vector<rules::RuleInfo> infos;              // of rules(), each with an id
  std::vector<std::string> fields;                 // whose values are scanned, in lower case
  std::uint64_t file_bytes_max = 0;                // 0: files are not scanned
  report::YaraSummary summary;
  std::vector<rules::Diagnostic> diagnostics;
};

std::vector<Option> yara_command_options();
// Reads what --yara names: files, also compressed or in archives, and of folders the files called .yar and .yara.
Result<LoadedYara> load_yara(const Arguments& arguments);
// How a report shows a YARA rule.
report::RuleRef yara_rule_ref(const LoadedYara& loaded, std::uint32_t rule);

// Ends scans soon after Ctrl-C: libyara cannot be asked from inside of one.
class YaraWatch {
 public:
  YaraWatch();
  ~YaraWatch();
  YaraWatch(const YaraWatch&) = delete;
  YaraWatch& operator=(const YaraWatch&) = delete;
  void add(detect::YaraScanner& scanner);
  void remove(detect::YaraScanner& scanner);

 private:
  void run();

  std::mutex mutex_;  // guards scanners_, done_
  std::condition_variable ended_;
  std::vector<detect::YaraScanner*> scanners_;
  bool done_ = false;
  std::thread thread_;
};

// What the scans of one block or file came to.
struct YaraWork {
  std::uint64_t files = 0, bytes = 0, values = 0, gave_up = 0, strings_cut = 0;
};

// A rule that matched; `matched` with escaped excerpts.
struct YaraFinding {
  std::uint32_t event = 0;  // index into the batch; of a file 0
  std::uint32_t rule = 0;   // index into YaraRules::rules()
  std::vector<report::Matched> matched;
};

// Not thread-safe; one for each thread.
class YaraWorker {
 public:
  YaraWorker(const LoadedYara& loaded, const event::FieldTable& fields, YaraWatch& watch);
  ~YaraWorker();
  YaraWorker(const YaraWorker&) = delete;
  YaraWorker& operator=(const YaraWorker&) = delete;

  // In the order of the rules. `gave_up`: why the scan did not come to its end; empty where it did.
  std::vector<YaraFinding> scan_file(std::string_view name, std::string_view bytes, YaraWork& work,
                                     std::string& gave_up);
  // In the order of events, for each in the order of the rules.
  std::vector<YaraFinding> scan_fields(const event::EventBatch& batch, YaraWork& work);

 private:
  using Hits = std::vector<detect::YaraHit>;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return boost::hash<std::string_view>()(text); }
  };

  bool wanted(event::FieldId field);
  const Hits& scan_value(std::string_view value, YaraWork& work);

  const LoadedYara& loaded_;
  const event::FieldTable& fields_;
  YaraWatch& watch_;
  std::unique_ptr<detect::YaraScanner> scanner_;  // nullptr where there was no memory for it: every scan gives up
  std::vector<std::uint8_t> wanted_;              // by field: 0 not known yet, 1 no, 2 yes
  // Values repeat themselves; what the rules say of one is remembered, up to a bound.
  boost::unordered_flat_map<std::string, Hits, Hash, std::equal_to<>> known_;
  std::size_t known_bytes_ = 0;
  Hits hits_;
};

}  // namespace tocsin::app
