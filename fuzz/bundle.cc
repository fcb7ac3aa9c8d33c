// An exported consultation, or a journal, from nobody in particular: what is read is judged, shown, written and read
// again. Every signature counts as good, so that changed entries go on to be folded.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "council/bundle.h"
#include "council/chain_reading.h"
#include "council/courier.h"
#include "council/entry_object.h"
#include "council/holding.h"
#include "council/journal_line.h"
#include "council/publication.h"
#include "council/status_page.h"
#include "council/verdict.h"

namespace {

using namespace tocsin::council;

class AnySignature final : public tocsin::consult::Verifier {
 public:
  bool verify(const tocsin::consult::Entry& copy, const tocsin::trust::Ed25519Key&) override {
    return copy.signature.has_value();
  }
};

constexpr Seconds as_of = 1'773'100'800;  // 2026-03-10

void judge_bundle(std::string_view text) {
  const auto bundle = read_bundle(text);
  if (!bundle || bundle->rosters.empty()) {
    return;
  }
  const auto roster = tocsin::consult::read_roster(bundle->rosters.front());
  if (!roster.roster) {
    return;
  }
  AnySignature verifier;
  const TimeWords time;
  const Verdict verdict = verify_bundle(*bundle, {.roster = roster.roster->hash, .as_of = as_of}, verifier, time);
  const RecordOptions options{.roster = "r", .time = time, .made = as_of};
  if (to_json(verdict).empty() || record_text(verdict, options).empty() || record_html(verdict, options).empty()) {
    std::abort();
  }
  if (verdict.item == nullptr) {
    return;
  }
  Item& item = *verdict.item;
  for (const std::string& reading : bundle->readings) {
    (void)read_reading(reading, item);
  }
  const std::size_t before = item.entries().size();
  // What is exported and read again is the same.
  const auto again = read_bundle(write_bundle(item));
  if (!again || !again->whole || again->entries.size() != before) {
    std::abort();
  }
  for (const Item::Held& held : item.entries()) {
    const auto object = unwrap_entry(wrap_entry(held, item));
    if (object && object->entry != held.json) {
      std::abort();
    }
    if (before < 60) {
      (void)holding(item, held.entry->id, as_of);
    }
  }
  if (status_page(item, item.roster().participants.front().name, as_of, time).empty()) {
    std::abort();
  }
  (void)log_page(item, as_of, time);
  PageOptions page{.roster = "r", .time = time};
  (void)statement_text(verdict, page);
  (void)statement_html(verdict, page);
}

void read_as_journal(std::string_view text) {
  const JournalReading journal = read_journal(text);
  if (journal.whole_bytes > text.size()) {
    std::abort();
  }
  AnySignature verifier;
  const auto item = load_item(journal, verifier);
  if (item) {
    (void)status_page(**item, "NOR", as_of, {});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  judge_bundle(text);
  read_as_journal(text);
  (void)unwrap_entry(text);
  if (const auto item = item_of_object(text)) {
    Gathering gathering(*item);
    gathering.add(text);
    const Bundle bundle = gathering.take();
    if (bundle.problems_total + bundle.entries.size() + bundle.papers.size() + bundle.rosters.size() +
            bundle.keys.size() + bundle.manifests.size() + bundle.texts.size() !=
        1) {
      std::abort();
    }
  }
  return 0;
}
