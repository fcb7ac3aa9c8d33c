// Pipeline: reads every input below the arguments, decodes it block by block on all threads, and hands the results back
// in input order.
//
// One thread walks and frames (in order), workers decode and work on blocks, results are collected in the order in
// which the blocks were read: whatever the number of threads, the consumer sees the same sequence. Memory is bounded by
// the number of blocks in flight.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/command.h"
#include "base/result.h"
#include "event/event.h"
#include "ingest/format.h"
#include "source/source.h"

namespace tocsin::app {

struct Input {
  std::uint32_t id = 0;
  std::string name;
  const ingest::Format* format = nullptr;
};

// The format of an input that is not read as a log, only given whole to BlockWorker::work_on_file.
extern const ingest::Format whole_file_format;

// What is known of an input when all its blocks have been collected.
struct InputTotals {
  // Of its bytes as a whole, with PipelineOptions::file_bytes_max.
  enum class File : std::uint8_t { not_wanted, worked_on, too_large };
  File file = File::not_wanted;

  std::uint64_t bytes = 0, events = 0, unreadable = 0, assumed_zone = 0;
  std::uint64_t recovered = 0;  // of events: found in free space or damaged chunks
  Time first, last;
  std::vector<event::Note> notes;
  std::string sha256;
  std::string failed;  // why reading ended early; empty where it did not
};

struct BlockResult {
  virtual ~BlockResult() = default;
};

// One thread's part of a command.
class BlockWorker {
 public:
  virtual ~BlockWorker() = default;
  // The batch may be changed (events outside a time range removed). nullptr: nothing to collect.
  virtual std::unique_ptr<BlockResult> work(const Input& input, event::EventBatch& batch) = 0;
  // All bytes of an input, after its blocks; only with PipelineOptions::file_bytes_max.
  virtual std::unique_ptr<BlockResult> work_on_file(const Input&, std::string_view) { return nullptr; }
};

// All calls but worker() come from one thread at a time, in input order.
class Consumer {
 public:
  virtual ~Consumer() = default;
  virtual std::unique_ptr<BlockWorker> worker() = 0;
  virtual void collect(const Input& input, BlockResult& result) = 0;
  virtual void input_done(const Input& input, const InputTotals& totals) = 0;
  // Not read at all, with the reason; or read in part.
  virtual void skipped(std::string_view name, const Error& why) = 0;
  virtual void note(std::string_view name, std::string_view text) = 0;
  // A file that no reader knows is too large to be given whole to the workers; skipped() follows.
  virtual void too_large(std::string_view) {}
  virtual std::uint64_t findings() const { return 0; }
};

struct PipelineOptions {
  std::vector<std::string> arguments;
  source::Options source;
  ingest::DecodeOptions decode;
  const ingest::Format* format = nullptr;  // --format
  unsigned threads = 1;
  std::optional<Time> since, until;  // events outside are dropped; events without a time are kept
  bool progress = false;
  // Inputs up to this size are also given whole to the workers, whether a reader knows them or not, and so are archives
  // and documents as they lie there. At most twice as many bytes are kept at a time. 0: none.
  std::uint64_t file_bytes_max = 0;
};

struct PipelineTotals {
  std::uint64_t inputs = 0, skipped = 0, events = 0, bytes = 0, unreadable = 0, outside_period = 0, assumed_zone = 0;
  bool interrupted = false;
};

// Error only where nothing could be walked. SIGINT ends the run early with `interrupted` set.
Result<PipelineTotals> run_pipeline(const PipelineOptions& options, event::FieldTable& fields, Consumer& consumer);

// Fills the options that hunt, decode, search and summary share from the command line.
Result<PipelineOptions> pipeline_options(const Arguments& arguments);
std::vector<Option> pipeline_command_options();

// Whether a time may stretch a span: a FILETIME of zero (1601) is a field that was never set, not a moment.
constexpr bool in_span(Time time) {
  return time.known() && time >= Time::from_filetime(86'400 * Time::ticks_per_second);
}

// Set by SIGINT and SIGTERM; install_interrupt_handler() makes it so. Until a pipeline runs there is nothing to write
// and nothing to lose: the signal then ends the program at once. request_interrupt() ends a run as Ctrl-C does.
const std::atomic<bool>& interrupted();
void request_interrupt();
void install_interrupt_handler();
std::uint64_t peak_rss_bytes();

}  // namespace tocsin::app
