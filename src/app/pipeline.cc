#include "app/pipeline.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "app/file_bytes.h"
#include "base/limits.h"
#include "base/text.h"
#include "ingest/text/codepage.h"

namespace tocsin::app {
namespace {

std::atomic<bool> interrupt_requested = false;
std::atomic<bool> reading = false;  // a pipeline has begun

void on_interrupt(int) {
  if (!reading) {
    constexpr std::string_view text = "tocsin: error: T040: interrupted before anything was read\n";
    [[maybe_unused]] const ssize_t wrote = ::write(STDERR_FILENO, text.data(), text.size());
    _exit(exit_interrupted);
  }
  if (interrupt_requested.exchange(true)) {
    _exit(exit_interrupted);  // a second Ctrl-C does not wait
  }
}

struct OpenInput {
  Input input;
  ingest::DecodeOptions options;
  InputTotals totals;   // bytes, sha256, file and failed by the reader before `finished`; the rest by the collector
  bool counted = true;  // as an input of its own; an archive whose members are inputs is not
};

// What travels from the reader to the collector, by sequence number.
struct Task {
  std::uint64_t sequence = 0;
  std::shared_ptr<OpenInput> input;
  std::unique_ptr<ingest::Block> block;  // empty: the input is finished, or `told` says something in between
  std::unique_ptr<FileBytes> file;       // instead of a block: the whole input
  bool is_file = false;                  // the same, also when the bytes are gone
  std::function<void(Consumer&)> told;   // a skipped input or a note, kept in sequence with the rest
  std::unique_ptr<BlockResult> result;
  std::uint64_t events = 0, unreadable = 0, outside = 0, assumed_zone = 0, recovered = 0;
  Time first, last;
  std::vector<event::Note> notes;
};

class Progress {
 public:
  Progress(bool wanted, std::uint64_t total)
      : wanted_(wanted), total_(total), start_(std::chrono::steady_clock::now()) {}

  void show(std::uint64_t done, std::uint64_t findings, bool force = false) {
    if (!wanted_) {
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (!force && now - last_ < std::chrono::milliseconds(200)) {
      return;
    }
    last_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    const double percent =
        total_ > 0 ? std::min(100.0, 100.0 * static_cast<double>(done) / static_cast<double>(total_)) : 0;
    const double left = rate > 0 && total_ > done ? static_cast<double>(total_ - done) / rate : 0;
    const std::string line = fmt::format("\r\x1b[Kreading {:5.1f} %  {:7.1f} MB/s  {:.0f} s left  {} findings", percent,
                                         rate / 1e6, left, findings);
    std::fwrite(line.data(), 1, line.size(), stderr);
    shown_ = true;
  }
  void clear() {
    if (shown_) {
      std::fputs("\r\x1b[K", stderr);
      std::fflush(stderr);
    }
  }

 private:
  bool wanted_;
  std::uint64_t total_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
  bool shown_ = false;
};

class Run final : public source::Visitor {
 public:
  Run(const PipelineOptions& options, event::FieldTable& fields, Consumer& consumer)
      : options_(options),
        fields_(fields),
        consumer_(consumer),
        progress_(options.progress, options.progress ? source::survey(options.arguments) : 0),
        in_flight_max_(options.threads <= 1 ? 1 : 2 * options.threads + 2) {}

  Result<PipelineTotals> run() {
    if (options_.threads > 1) {
      for (unsigned i = 0; i < options_.threads; ++i) {
        threads_.emplace_back([this] { worker_loop(); });
      }
    } else {
      local_ = std::make_unique<Local>(*this);
    }
    const Result<void> walked = source::walk(options_.arguments, options_.source, *this);
    {
      const std::lock_guard lock(queue_mutex_);
      closed_ = true;
    }
    queue_filled_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
    progress_.clear();
    for (const auto& what : missing_) {
      if (walked || missing_.size() > 1) {
        what(consumer_);
      }
    }
    totals_.skipped = skipped_;
    totals_.interrupted = interrupt_requested;
    if (!walked && !(totals_.interrupted && walked.error().code == ErrorCode::interrupted)) {
      return std::unexpected(walked.error());
    }
    return totals_;
  }

  Result<void> member(const source::Member& member, ByteSource& given) override {
    std::unique_ptr<FileBytes> kept = keep(member.bytes);
    KeepingSource bytes(given, kept.get());
    std::string head(ingest::head_bytes, '\0');
    auto got = read_full(bytes, head);
    if (!got) {
      skipped(member.name, got.error());
      return {};
    }
    head.resize(*got);
    const ingest::Format* format = options_.format;
    if (format == nullptr) {
      const ingest::Head seen{head, member.name, head.size() < ingest::head_bytes};
      format = ingest::recognise(seen);
      if (ingest::wants_longer_head(seen, format)) {
        format = read_on(member, bytes, head);
      }
    }
    if (format == nullptr && kept != nullptr) {
      bytes.read_rest();
      if (!kept->too_large()) {
        open_input(member, &whole_file_format);
        submit_file(std::move(kept));
        return {};
      }
    }
    if (format == nullptr) {
      Error why{ErrorCode::unknown_format,
                "no reader recognises this content",
                {},
                "--format NAME forces a reader, 'tocsin formats' lists them"};
      if (kept != nullptr) {
        why.message += ", and it is too large to be scanned as a file";
        tell([name = member.name](Consumer& consumer) { consumer.too_large(name); });
      }
      why.where.source = member.name;
      skipped(member.name, why);
      return {};
    }
    const std::shared_ptr<OpenInput> open = open_input(member, format);
    RejoinedSource source(head, bytes);
    const std::unique_ptr<ingest::Framer> framer = format->open(source, open->options);
    while (!cancelled()) {
      std::unique_ptr<ingest::Block> block = take_block();
      const Result<bool> more = framer->next(*block);
      if (!more) {
        open->totals.failed = more.error().text();
        skipped(member.name, more.error());
        break;
      }
      if (!*more) {
        give_back(std::move(block));
        break;
      }
      submit(std::move(block));
    }
    open->totals.bytes = source.count();
    if (kept != nullptr) {
      bytes.read_rest();
      submit_file(std::move(kept));
    }
    return {};
  }

  bool wants_packed() const override { return options_.file_bytes_max != 0; }

  void packed(const source::Member& member, ByteSource& given) override {
    std::unique_ptr<FileBytes> kept = keep(member.bytes);
    KeepingSource bytes(given, kept.get());
    bytes.read_rest();
    open_input(member, &whole_file_format)->counted = false;
    submit_file(std::move(kept));
    submit(nullptr);
    current_.reset();
  }

  void member_done(const source::Member&, std::string_view sha256) override {
    if (current_ != nullptr) {
      current_->totals.sha256 = sha256;
      submit(nullptr);
      current_.reset();
    }
  }

  void skipped(std::string_view name, const Error& why) override {
    ++skipped_;
    std::function<void(Consumer&)> what = [name = std::string(name), why](Consumer& consumer) {
      consumer.skipped(name, why);
    };
    if (why.code == ErrorCode::not_found) {
      missing_.push_back(std::move(what));
    } else {
      tell(std::move(what));
    }
  }

  void note(std::string_view name, std::string_view text) override {
    tell([name = std::string(name), text = std::string(text)](Consumer& consumer) { consumer.note(name, text); });
  }

  void progress(std::uint64_t done) override {
    if (options_.progress) {
      const std::lock_guard lock(collect_mutex_);
      progress_.show(done, consumer_.findings());
    }
  }

  bool cancelled() const override { return interrupt_requested; }

 private:
  // What a thread keeps between blocks: its worker, its batch, and one decoder for the input it last saw.
  struct Local {
    explicit Local(Run& run) : worker(run.consumer_.worker()) {}
    std::unique_ptr<BlockWorker> worker;
    event::EventBatch batch;
    std::unique_ptr<ingest::BlockDecoder> decoder;
    std::weak_ptr<OpenInput> decoder_of;
  };

  std::shared_ptr<OpenInput> open_input(const source::Member& member, const ingest::Format* format) {
    auto open = std::make_shared<OpenInput>();
    open->input = {next_input_++, member.name, format};
    open->options = options_.decode;
    open->options.source = member.name;
    open->options.modified_seconds = static_cast<std::int64_t>(member.modified);
    current_ = open;
    return open;
  }

  std::unique_ptr<FileBytes> keep(std::uint64_t expected) const {
    return options_.file_bytes_max == 0 ? nullptr : std::make_unique<FileBytes>(options_.file_bytes_max, expected);
  }

  // The first line is longer than the head: looks at what follows it, which `head` then holds as well.
  static const ingest::Format* read_on(const source::Member& member, ByteSource& bytes, std::string& head) {
    std::size_t wanted = limits::record_bytes_max;
    bool whole = false;
    while (!whole && head.size() < wanted) {
      const std::size_t before = head.size();
      head.resize(before + ingest::head_bytes);
      const auto got = read_full(bytes, std::span(head).subspan(before));
      head.resize(before + got.value_or(0));  // an error comes again when the framer reads on
      whole = !got || *got < ingest::head_bytes;
      const std::size_t newline = head.find('\n', before);
      if (wanted == limits::record_bytes_max && newline != std::string::npos) {
        wanted = newline + ingest::head_bytes;
      }
    }
    return ingest::recognise({head, member.name, whole});
  }

  std::unique_ptr<ingest::Block> take_block() {
    const std::lock_guard lock(pool_mutex_);
    if (pool_.empty()) {
      return std::make_unique<ingest::Block>();
    }
    std::unique_ptr<ingest::Block> block = std::move(pool_.back());
    pool_.pop_back();
    return block;
  }

  void give_back(std::unique_ptr<ingest::Block> block) {
    if (block->bytes.capacity() > 4 * limits::block_bytes) {
      return;  // a rare huge record must not stay allocated
    }
    const std::lock_guard lock(pool_mutex_);
    if (pool_.size() < in_flight_max_ + 2) {
      pool_.push_back(std::move(block));
    }
  }

  void submit(std::unique_ptr<ingest::Block> block) {
    Task task;
    task.input = current_;
    task.block = std::move(block);
    submit(std::move(task));
  }

  void submit_file(std::unique_ptr<FileBytes> bytes) {
    InputTotals& totals = current_->totals;
    if (bytes->too_large()) {
      totals.file = InputTotals::File::too_large;
      return;
    }
    if (cancelled()) {
      return;  // perhaps cut
    }
    totals.file = InputTotals::File::worked_on;
    if (current_->input.format == &whole_file_format) {
      totals.bytes = bytes->view().size();
    }
    Task task;
    task.input = current_;
    task.file = std::move(bytes);
    task.is_file = true;
    submit(std::move(task));
  }

  void tell(std::function<void(Consumer&)> what) {
    Task task;
    task.told = std::move(what);
    submit(std::move(task));
  }

  void submit(Task task) {
    task.sequence = next_sequence_++;
    if (local_ != nullptr) {
      process(task, *local_);
      collect(task);
      return;
    }
    const std::uint64_t bytes = task.file == nullptr ? 0 : task.file->view().size();
    std::unique_lock lock(queue_mutex_);
    queue_drained_.wait(lock, [&] {
      return in_flight_ < in_flight_max_ &&
             (file_bytes_ == 0 || bytes == 0 || file_bytes_ + bytes <= options_.file_bytes_max);
    });
    ++in_flight_;
    file_bytes_ += bytes;
    queue_.push_back(std::move(task));
    lock.unlock();
    queue_filled_.notify_one();
  }

  void worker_loop() {
    Local local(*this);
    for (;;) {
      Task task;
      {
        std::unique_lock lock(queue_mutex_);
        queue_filled_.wait(lock, [this] { return closed_ || !queue_.empty(); });
        if (queue_.empty()) {
          return;
        }
        task = std::move(queue_.front());
        queue_.pop_front();
      }
      process(task, local);
      finish(std::move(task));
    }
  }

  // Tasks whose turn has come are collected by whichever thread completes the sequence.
  void finish(Task task) {
    std::size_t done = 0;
    {
      const std::lock_guard lock(order_mutex_);
      waiting_.emplace(task.sequence, std::move(task));
      while (!waiting_.empty() && waiting_.begin()->first == next_collected_) {
        Task next = std::move(waiting_.begin()->second);
        waiting_.erase(waiting_.begin());
        ++next_collected_;
        collect(next);
        ++done;
      }
    }
    if (done != 0) {
      {
        const std::lock_guard lock(queue_mutex_);
        in_flight_ -= done;
      }
      queue_drained_.notify_one();
    }
  }

  void process_file(Task& task, Local& local) {
    const std::string_view bytes = task.file->view();
    if (!interrupt_requested) {
      task.result = local.worker->work_on_file(task.input->input, bytes);
    }
    if (local_ == nullptr) {
      {
        const std::lock_guard lock(queue_mutex_);
        file_bytes_ -= bytes.size();
      }
      queue_drained_.notify_one();
    }
    task.file.reset();
  }

  void process(Task& task, Local& local) {
    if (task.is_file) {
      process_file(task, local);
      return;
    }
    if (task.block == nullptr || interrupt_requested) {
      return;
    }
    if (local.decoder == nullptr || local.decoder_of.lock() != task.input) {
      local.decoder = task.input->input.format->decoder(fields_, task.input->options);
      local.decoder_of = task.input;
    }
    event::EventBatch& batch = local.batch;
    batch.clear();
    local.decoder->decode(*task.block, batch);
    task.unreadable = task.block->unreadable + batch.unreadable;
    task.notes = std::move(task.block->notes);
    task.notes.insert(task.notes.end(), std::make_move_iterator(batch.notes.begin()),
                      std::make_move_iterator(batch.notes.end()));
    if (options_.since || options_.until) {
      const std::size_t before = batch.events.size();
      std::erase_if(batch.events, [this](const event::Event& one) {
        return one.time.known() &&
               ((options_.since && one.time < *options_.since) || (options_.until && one.time > *options_.until));
      });
      task.outside = before - batch.events.size();
    }
    task.events = batch.events.size();
    for (const event::Event& one : batch.events) {
      if (in_span(one.time)) {
        task.first = task.first.known() ? std::min(task.first, one.time) : one.time;
        task.last = std::max(task.last, one.time);
      }
      task.assumed_zone += one.assumed_zone ? 1 : 0;
      task.recovered += one.recovered ? 1 : 0;
    }
    if (!batch.events.empty()) {
      task.result = local.worker->work(task.input->input, batch);
    }
    give_back(std::move(task.block));
    task.block = std::make_unique<ingest::Block>();  // marks "not the end of the input"
  }

  void collect(Task& task) {
    const std::lock_guard lock(collect_mutex_);
    if (task.told) {
      task.told(consumer_);
      return;
    }
    if (task.is_file) {
      if (task.result != nullptr) {
        consumer_.collect(task.input->input, *task.result);
      }
      return;
    }
    InputTotals& totals = task.input->totals;
    if (task.block == nullptr) {
      if (task.input->counted) {
        ++totals_.inputs;
        totals_.bytes += totals.bytes;
      }
      consumer_.input_done(task.input->input, totals);
      return;
    }
    totals.events += task.events;
    totals.unreadable += task.unreadable;
    totals.assumed_zone += task.assumed_zone;
    totals.recovered += task.recovered;
    if (task.first.known()) {
      totals.first = totals.first.known() ? std::min(totals.first, task.first) : task.first;
      totals.last = std::max(totals.last, task.last);
    }
    for (event::Note& note : task.notes) {
      add_note(totals.notes, std::move(note));
    }
    totals_.events += task.events;
    totals_.unreadable += task.unreadable;
    totals_.outside_period += task.outside;
    totals_.assumed_zone += task.assumed_zone;
    if (task.result != nullptr) {
      consumer_.collect(task.input->input, *task.result);
    }
  }

  static void add_note(std::vector<event::Note>& notes, event::Note note) {
    constexpr std::size_t notes_max = 20;
    for (event::Note& old : notes) {
      if (old.text == note.text) {
        old.count += note.count;
        return;
      }
    }
    if (notes.size() < notes_max) {
      notes.push_back(std::move(note));
    } else if (notes.size() == notes_max) {
      notes.push_back({"more notes were left out", 1});
    } else {
      ++notes.back().count;
    }
  }

  const PipelineOptions& options_;
  event::FieldTable& fields_;
  Consumer& consumer_;
  Progress progress_;  // guarded by collect_mutex_
  std::size_t in_flight_max_;

  // The walking thread's own.
  std::shared_ptr<OpenInput> current_;
  std::uint32_t next_input_ = 0;
  std::uint64_t next_sequence_ = 0;
  std::uint64_t skipped_ = 0;
  // Arguments that do not exist: told at the end, and where nothing at all exists the run's own error says it.
  std::vector<std::function<void(Consumer&)>> missing_;
  std::unique_ptr<Local> local_;  // with one thread everything runs here

  std::mutex queue_mutex_;  // guards queue_, in_flight_, file_bytes_, closed_
  std::condition_variable queue_filled_;
  std::condition_variable queue_drained_;
  std::deque<Task> queue_;
  std::size_t in_flight_ = 0;
  std::uint64_t file_bytes_ = 0;  // of whole inputs in the queue and at work
  bool closed_ = false;

  std::mutex order_mutex_;  // guards waiting_, next_collected_; taken before collect_mutex_
  std::map<std::uint64_t, Task> waiting_;
  std::uint64_t next_collected_ = 0;

  std::mutex collect_mutex_;  // guards consumer_ (but worker()), totals_, InputTotals of collected tasks
  PipelineTotals totals_;

  std::mutex pool_mutex_;  // guards pool_
  std::vector<std::unique_ptr<ingest::Block>> pool_;
  std::vector<std::thread> threads_;
};

Result<Time> parse_moment(std::string_view option, const std::string& text, const Zone& zone, bool end_of_day) {
  const auto parsed = parse_iso8601(text);
  if (!parsed) {
    return failure(ErrorCode::usage, std::string(option) + " does not understand '" + text + "'", {},
                   "write 2021-03-02, 2021-03-02T20:31:05Z or 2021-03-02T20:31:05+01:00");
  }
  Time time = parsed->time;
  if (!parsed->has_zone) {
    time = zone.to_utc(time);
  }
  if (end_of_day && text.size() == 10) {
    time.ticks += 86'400 * Time::ticks_per_second - 1;
  }
  return time;
}

}  // namespace

const ingest::Format whole_file_format = {.name = "file",
                                          .doc = "a file that is scanned and not read as a log",
                                          .spec = "",
                                          .unit = ingest::Unit::offset,
                                          .recognise = nullptr,
                                          .open = nullptr,
                                          .decoder = nullptr};

Result<PipelineTotals> run_pipeline(const PipelineOptions& options, event::FieldTable& fields, Consumer& consumer) {
  reading = true;
  return Run(options, fields, consumer).run();
}

std::vector<Option> pipeline_command_options() {
  return {
      {"--since", "TIME", "Leave out events before TIME (2021-03-02 or 2021-03-02T20:31:05Z)"},
      {"--until", "TIME", "Leave out events after TIME; a date alone means its end"},
      {"--format", "NAME", "Read every input as this format instead of recognising it ('tocsin formats' lists them)"},
      {"--timezone", "ZONE", "Zone of times that carry none: UTC (default), +02:00 or a name such as Europe/Berlin"},
      {"--codepage", "NAME", "Code page of text that is neither UTF-8 nor UTF-16 (default windows-1252)"},
      {"--threads", "N", "Worker threads (default: the number of cores)"},
      {"--hash", "", "Compute the SHA-256 of every input and name it in the coverage"},
      {"--archive-password-file", "FILE", "File with passwords for archives, one a line"},
  };
}

Result<PipelineOptions> pipeline_options(const Arguments& arguments) {
  PipelineOptions out;
  out.arguments = arguments.positional;
  if (const auto name = arguments.value("--format")) {
    out.format = ingest::find_format(*name);
    if (out.format == nullptr) {
      return failure(ErrorCode::usage, "there is no format '" + *name + "'", {}, "'tocsin formats' lists them");
    }
  }
  if (const auto zone = arguments.value("--timezone")) {
    TRY(out.decode.zone, Zone::find(*zone));
    out.decode.zone_name = *zone;
  }
  if (const auto page = arguments.value("--codepage")) {
    if (ingest::find_codepage(*page) == nullptr) {
      return failure(ErrorCode::usage, "--codepage does not know '" + *page + "'", {},
                     "single-byte pages such as windows-1252, windows-1251, iso-8859-2 or cp437 are known; UTF-8 and "
                     "UTF-16 need none");
    }
    out.decode.codepage = ascii_lower(*page);
  }
  out.threads = std::max(1U, std::thread::hardware_concurrency());
  if (const auto threads = arguments.value("--threads")) {
    const auto number = parse_uint64(*threads);
    if (!number || *number == 0 || *number > 256) {
      return failure(ErrorCode::usage, "--threads takes a number from 1 to 256, not '" + *threads + "'");
    }
    out.threads = static_cast<unsigned>(*number);
  }
  if (const auto since = arguments.value("--since")) {
    TRY(const Time since_time, parse_moment("--since", *since, out.decode.zone, false));
    out.since = since_time;
  }
  if (const auto until = arguments.value("--until")) {
    TRY(const Time until_time, parse_moment("--until", *until, out.decode.zone, true));
    out.until = until_time;
  }
  if (out.since && out.until && *out.until < *out.since) {
    return failure(ErrorCode::usage, "--until lies before --since");
  }
  if (const auto file = arguments.value("--archive-password-file")) {
    std::ifstream in(*file);
    if (!in) {
      return failure(ErrorCode::not_found, "cannot read the password file", {.source = *file});
    }
    for (std::string line; std::getline(in, line);) {
      if (line.ends_with('\r')) {
        line.pop_back();
      }
      if (!line.empty()) {
        out.source.archive_passwords.push_back(line);
      }
    }
  }
  out.source.hash = arguments.has("--hash");
  out.progress = !arguments.has("--quiet") && (arguments.has("--progress") || isatty(STDERR_FILENO) == 1);
  return out;
}

const std::atomic<bool>& interrupted() { return interrupt_requested; }

void request_interrupt() { interrupt_requested = true; }

void install_interrupt_handler() {
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

std::uint64_t peak_rss_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) {
      return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
    }
  }
  return 0;
}

}  // namespace tocsin::app
