// TextConsumer: for commands whose result is text for each block, printed in input order.
#pragma once

#include <functional>
#include <string>

#include "app/pipeline.h"

namespace tocsin::app {

struct TextBlock final : BlockResult {
  std::string text;
  std::uint64_t found = 0;
};

// `render` runs on worker threads: it appends text for a batch and counts what it found.
class TextConsumer final : public Consumer {
 public:
  using Render = std::function<void(const Input&, event::EventBatch&, TextBlock&)>;
  explicit TextConsumer(Render render) : render_(std::move(render)) {}

  std::unique_ptr<BlockWorker> worker() override;
  void collect(const Input& input, BlockResult& result) override;
  void input_done(const Input& input, const InputTotals& totals) override;
  void skipped(std::string_view name, const Error& why) override;
  void note(std::string_view, std::string_view) override {}
  std::uint64_t findings() const override { return found_; }

  std::uint64_t found() const { return found_; }
  bool output_failed() const { return output_failed_; }

 private:
  Render render_;
  std::uint64_t found_ = 0;
  bool output_failed_ = false;
};

// Exit code of such a command: what was found, what could not be read.
int text_exit(const Result<PipelineTotals>& totals, const TextConsumer& consumer, bool strict, bool finding_is_one);

}  // namespace tocsin::app
