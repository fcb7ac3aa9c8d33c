// Where the time of a hunt goes: CPU seconds of one thread for each stage, over files read by the program's own rooms.
//   bench_stages --rules DIR [--copies N] [--first N] [--stored] [--playbook FILE]… [--repeat N] [--plain] FILE…
// --copies: so many times the rules, all but the first with other literals. --first: only so many rules. --stored: load
// is the time of reading them as the rule cache keeps them, its digest checked. Prints one
// JSON line: load, compile, then of the fastest repeat frame (with reading), decode, scan and observe in CPU seconds.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "detect/program.h"
#include "ingest/format.h"
#include "rules/sigma.h"
#include "rules/stored_rules.h"
#include "source/source.h"
#include "trust/digest.h"
#include "verdict/verdict.h"

namespace {

using namespace tocsin;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::filesystem::path> rule_files(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> files;
  for (const char* folder : {"rules", "rules-emerging-threats", "rules-threat-hunting"}) {
    if (std::filesystem::is_directory(root / folder)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
        if (entry.path().extension() == ".yml") {
          files.push_back(entry.path());
        }
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Another rule of the same make: letters of its longer literals are turned, so that nothing of it is shared.
rules::Rule turned(const rules::Rule& rule, std::size_t copy) {
  rules::Rule made = rule;
  made.info.id += "-" + std::to_string(copy);
  for (rules::Leaf& leaf : made.leaves) {
    for (rules::Pattern::Piece& piece : leaf.pattern.pieces) {
      if (piece.text.size() < 4) {
        continue;
      }
      for (std::size_t at = 1; at < piece.text.size(); at += 2) {
        char& c = piece.text[at];
        if (c >= 'a' && c <= 'z') {
          c = static_cast<char>('a' + (static_cast<std::size_t>(c - 'a') + copy * 7) % 26);
        }
      }
    }
  }
  return made;
}

struct Times {
  double frame = 0, decode = 0, scan = 0, observe = 0;
  double total() const { return frame + decode + scan + observe; }
};

class Reader final : public source::Visitor {
 public:
  Reader(event::FieldTable& fields, detect::Scanner* scanner, verdict::Observer* observer)
      : fields_(fields), scanner_(scanner), observer_(observer) {}

  Result<void> member(const source::Member& member, ByteSource& bytes) override {
    double before = cpu_seconds();
    std::string head(ingest::head_bytes, '\0');
    TRY(const std::size_t got, read_full(bytes, head));
    head.resize(got);
    const ingest::Format* format = ingest::recognise({head, member.name, got < ingest::head_bytes});
    if (format == nullptr) {
      return {};
    }
    ingest::DecodeOptions options;
    options.source = member.name;
    RejoinedSource rejoined(head, bytes);
    const auto framer = format->open(rejoined, options);
    if (decoder_ == nullptr || decoder_of_ != format) {
      decoder_ = format->decoder(fields_, options);
      decoder_of_ = format;
    }
    const auto lap = [&before](double& into) {
      const double now = cpu_seconds();
      into += now - before;
      before = now;
    };
    for (;;) {
      const auto more = framer->next(block_);
      lap(times.frame);
      if (!more || !*more) {
        return {};
      }
      batch_.clear();
      decoder_->decode(block_, batch_);
      events += batch_.events.size();
      lap(times.decode);
      if (scanner_ != nullptr) {
        hits_.clear();
        scanner_->scan(batch_, hits_);
        hits += hits_.size();
        lap(times.scan);
      }
      if (observer_ != nullptr) {
        facts_.clear();
        observer_->observe({0, member.name, format->name}, batch_, {}, facts_);
        lap(times.observe);
      }
    }
  }
  void member_done(const source::Member&, std::string_view) override {}
  void skipped(std::string_view, const Error&) override {}
  void note(std::string_view, std::string_view) override {}
  void progress(std::uint64_t) override {}
  bool cancelled() const override { return false; }

  Times times;
  std::uint64_t events = 0, hits = 0;

 private:
  event::FieldTable& fields_;
  detect::Scanner* scanner_;
  verdict::Observer* observer_;
  std::unique_ptr<ingest::BlockDecoder> decoder_;
  const ingest::Format* decoder_of_ = nullptr;
  ingest::Block block_;
  event::EventBatch batch_;
  std::vector<detect::Hit> hits_;
  verdict::Facts facts_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string rules_folder;
  std::size_t copies = 1, first = ~std::size_t{0}, repeat = 3;
  bool plain = false, stored = false;
  std::vector<verdict::Engine::Text> playbooks;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&] { return std::string(i + 1 < argc ? argv[++i] : ""); };
    if (word == "--rules") {
      rules_folder = value();
    } else if (word == "--copies") {
      copies = std::stoul(value());
    } else if (word == "--first") {
      first = std::stoul(value());
    } else if (word == "--repeat") {
      repeat = std::stoul(value());
    } else if (word == "--playbook") {
      const std::string path = value();
      playbooks.push_back({path, read_file(path)});
    } else if (word == "--stored") {
      stored = true;
    } else if (word == "--plain") {
      plain = true;
    } else {
      files.emplace_back(word);
    }
  }
  double before = cpu_seconds();
  auto set = std::make_shared<rules::RuleSet>();
  if (!rules_folder.empty()) {
    rules::SigmaLoader loader;
    for (const auto& file : rule_files(rules_folder)) {
      loader.add(file.string(), read_file(file));
    }
    *set = std::move(loader).finish();
    set->rules.resize(std::min(first, set->rules.size()));
    const std::size_t once = set->rules.size();
    for (std::size_t copy = 1; copy < copies; ++copy) {
      for (std::size_t rule = 0; rule < once; ++rule) {
        set->rules.push_back(turned(set->rules[rule], copy));
      }
    }
  }
  if (stored) {
    const std::string bytes = rules::store_rules(*set);
    set.reset();
    before = cpu_seconds();
    (void)trust::sha256(bytes);
    set = std::make_shared<rules::RuleSet>(rules::read_stored_rules(bytes).value());
  }
  const double load = cpu_seconds() - before;
  before = cpu_seconds();
  event::FieldTable fields;
  const auto program = detect::Program::compile(set, fields, plain ? detect::Engine::plain : detect::Engine::indexed);
  const auto engine = verdict::Engine::load(playbooks);
  if (!engine) {
    std::fprintf(stderr, "%s\n", engine.error().text().c_str());
    return 2;
  }
  const double compile = cpu_seconds() - before;
  Times best;
  detect::ScanStatistics first_statistics;
  std::uint64_t events = 0, hits = 0;
  detect::Scanner scanner(program, fields);
  const auto observer = (*engine)->observer(fields);
  for (std::size_t at = 0; at < repeat; ++at) {
    Reader reader(fields, rules_folder.empty() ? nullptr : &scanner, playbooks.empty() ? nullptr : observer.get());
    if (const auto walked = source::walk(files, {}, reader); !walked) {
      std::fprintf(stderr, "%s\n", walked.error().text().c_str());
      return 2;
    }
    if (at == 0 || reader.times.total() < best.total()) {
      best = reader.times;
    }
    if (at == 0) {
      first_statistics = scanner.statistics();  // a second run would find everything in the memo
    }
    events = reader.events;
    hits = reader.hits;
  }
  const detect::ScanStatistics statistics = first_statistics;
  std::printf(
      "{\"rules\":%zu,\"load\":%.3f,\"compile\":%.3f,\"events\":%llu,\"hits\":%llu,\"frame\":%.4f,\"decode\":%.4f,"
      "\"scan\":%.4f,\"observe\":%.4f,\"total\":%.4f,\"values\":%llu,\"remembered\":%.3f,\"rules_run\":%llu,\"rows_"
      "remembered\":%llu}\n",
      set->rules.size(), load, compile, static_cast<unsigned long long>(events), static_cast<unsigned long long>(hits),
      best.frame, best.decode, best.scan, best.observe, best.total(),
      static_cast<unsigned long long>(statistics.values),
      statistics.values == 0
          ? 0.0
          : static_cast<double>(statistics.values_remembered) / static_cast<double>(statistics.values),
      static_cast<unsigned long long>(statistics.rules_run),
      static_cast<unsigned long long>(statistics.rows_remembered));
}
