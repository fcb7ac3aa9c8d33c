// A small hunt for tests: walks evidence, decodes every log and gives the verdicts of the built-in playbooks.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "ingest/format.h"
#include "source/source.h"
#include "verdict/verdict.h"

namespace tocsin::test {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline Result<std::shared_ptr<const verdict::Engine>> load_built_in_playbooks() {
  std::vector<verdict::Engine::Text> texts;
  for (const char* name : {"exchange-2021", "ransomware"}) {
    const auto path = std::filesystem::path(TOCSIN_SOURCE_DIR) / "packs" / name / "playbook.yaml";
    texts.push_back({name, read_file(path)});  // an empty text, where it is missing, is an error of load()
  }
  return verdict::Engine::load(texts);
}

// Loaded once for all tests of a program.
inline const Result<std::shared_ptr<const verdict::Engine>>& built_in_playbooks() {
  static const Result<std::shared_ptr<const verdict::Engine>> engine = load_built_in_playbooks();
  return engine;
}

// Decodes members one after the other and shows every batch to the engine.
class Hunt final : public source::Visitor {
 public:
  explicit Hunt(std::shared_ptr<const verdict::Engine> engine)
      : engine_(std::move(engine)),
        observer_(engine_->observer(fields_)),
        asking_(engine_->observer(fields_, false)),
        case_(engine_->open()) {}

  Result<void> member(const source::Member& member, ByteSource& bytes) override {
    std::vector<char> head(ingest::head_bytes);
    TRY(const std::size_t size, read_fully(bytes, head));
    const std::string_view start(head.data(), size);
    const ingest::Format* format = ingest::recognise({start, member.name, size < head.size()});
    if (format == nullptr) {
      return {};
    }
    ingest::DecodeOptions options;
    options.source = member.name;
    options.modified_seconds = static_cast<std::int64_t>(member.modified);
    ChainedSource all(start, bytes);
    const auto framer = format->open(all, options);
    const auto decoder = format->decoder(fields_, options);
    verdict::Coverage coverage;
    coverage.source = next_source_++;
    coverage.path = member.name;
    coverage.format = format->name;
    coverage.unit = ingest::unit_text(format->unit);
    ingest::Block block;
    for (;;) {
      auto more = framer->next(block);
      if (!more || !*more) {
        break;
      }
      batch_.clear();
      decoder->decode(block, batch_);
      facts_.clear();
      observer_->observe({coverage.source, member.name, format->name}, batch_, {}, facts_);
      again_.clear();
      asking_->observe({coverage.source, member.name, format->name}, batch_, {}, again_);
      differences += facts_ == again_ ? 0 : 1;
      case_->add(facts_);
      facts += facts_.size();
      events += batch_.events.size();
      coverage.events += batch_.events.size();
      coverage.unreadable += batch_.unreadable;
    }
    case_->add(coverage);
    return {};
  }
  void member_done(const source::Member&, std::string_view) override {}
  void skipped(std::string_view, const Error&) override {}
  void note(std::string_view, std::string_view) override {}
  void progress(std::uint64_t) override {}
  bool cancelled() const override { return false; }

  std::vector<verdict::Verdict> conclude() { return case_->conclude(); }
  std::uint64_t events = 0, facts = 0;
  std::uint64_t differences = 0;  // batches whose facts depend on what the observer remembers

 private:
  static Result<std::size_t> read_fully(ByteSource& bytes, std::span<char> into) {
    std::size_t size = 0;
    while (size < into.size()) {
      TRY(const std::size_t got, bytes.read(into.subspan(size)));
      if (got == 0) {
        break;
      }
      size += got;
    }
    return size;
  }

  // The head again, then the rest.
  class ChainedSource final : public ByteSource {
   public:
    ChainedSource(std::string_view head, ByteSource& rest) : head_(head), rest_(rest) {}
    Result<std::size_t> read(std::span<char> into) override {
      if (head_.empty()) {
        return rest_.read(into);
      }
      const std::size_t size = std::min(head_.size(), into.size());
      std::copy_n(head_.begin(), size, into.begin());
      head_.remove_prefix(size);
      return size;
    }

   private:
    std::string_view head_;
    ByteSource& rest_;
  };

  std::shared_ptr<const verdict::Engine> engine_;
  event::FieldTable fields_;
  std::unique_ptr<verdict::Observer> observer_;
  std::unique_ptr<verdict::Observer> asking_;  // remembers nothing
  std::unique_ptr<verdict::Case> case_;
  event::EventBatch batch_;
  verdict::Facts facts_, again_;
  std::uint32_t next_source_ = 0;
};

inline Result<std::vector<verdict::Verdict>> hunt(const std::vector<std::string>& arguments) {
  const auto& engine = built_in_playbooks();
  if (!engine) {
    return std::unexpected(engine.error());
  }
  Hunt visitor(*engine);
  TRY_VOID(source::walk(arguments, {}, visitor));
  if (visitor.differences != 0) {
    return failure(ErrorCode::usage, "the facts of " + std::to_string(visitor.differences) +
                                         " batches depend on what the observer remembers");
  }
  return visitor.conclude();
}

}  // namespace tocsin::test
