#include "app/text_consumer.h"

#include "app/standard_output.h"

namespace tocsin::app {
namespace {

class TextWorker final : public BlockWorker {
 public:
  explicit TextWorker(const TextConsumer::Render& render) : render_(render) {}
  std::unique_ptr<BlockResult> work(const Input& input, event::EventBatch& batch) override {
    auto out = std::make_unique<TextBlock>();
    render_(input, batch, *out);
    return out;
  }

 private:
  const TextConsumer::Render& render_;
};

}  // namespace

std::unique_ptr<BlockWorker> TextConsumer::worker() { return std::make_unique<TextWorker>(render_); }

void TextConsumer::collect(const Input&, BlockResult& result) {
  auto& block = static_cast<TextBlock&>(result);
  found_ += block.found;
  if (!output_failed_ && !write_out(block.text)) {
    output_failed_ = true;  // reading on would be for nobody
    request_interrupt();
  }
}

void TextConsumer::input_done(const Input& input, const InputTotals& totals) {
  if (totals.unreadable != 0) {
    message(input.name + ": " + std::to_string(totals.unreadable) + " records could not be read");
  }
  for (const event::Note& note : totals.notes) {
    if (verbosity().verbose) {
      message(input.name + ": " + note.text);
    }
  }
}

void TextConsumer::skipped(std::string_view name, const Error& why) {
  Error shown = why;
  shown.where.source.clear();
  message("skipped " + std::string(name) + ": " + shown.text());
}

int text_exit(const Result<PipelineTotals>& totals, const TextConsumer& consumer, bool strict, bool finding_is_one) {
  if (!totals) {
    return report_error(totals.error());
  }
  // Where nobody reads the output any more the result is a part; a full disk becomes exit_failed in finish_out().
  if (!flush_out() || consumer.output_failed() || totals->interrupted) {
    return exit_interrupted;
  }
  if (totals->inputs == 0 || (strict && (totals->skipped != 0 || totals->unreadable != 0))) {
    return exit_failed;
  }
  return finding_is_one && consumer.found() != 0 ? exit_found : exit_nothing_found;
}

}  // namespace tocsin::app
