#include "detect/indicators/indicator_set.h"

#include <algorithm>

#include "base/limits.h"
#include "detect/indicators/implementation.h"
#include "rules/indicators/path.h"
#include "rules/indicators/url.h"

namespace tocsin::detect {
namespace {

using rules::IndicatorEntry;
using rules::IndicatorKind;
using rules::IndicatorStore;

class Compiler {
 public:
  explicit Compiler(IndicatorSet::Implementation& out) : out_(out), store_(*out.store) {}

  void run() {
    const rules::IndicatorCounts& counts = store_.counts;
    for (std::size_t i = 0; i < rules::indicator_kinds; ++i) {
      out_.seeds[i] = store_.digest() + i * 0x9E3779B97F4A7C15ULL;
      out_.tables[i].reserve(counts.by_kind[i]);
      out_.present |= counts.by_kind[i] != 0 ? std::uint32_t{1} << i : 0;
    }
    out_.path_tails.reserve(counts.by_kind[rules::index(IndicatorKind::file_path)]);
    out_.url_hosts.reserve(counts.by_kind[rules::index(IndicatorKind::url)]);
    out_.false_friends.resize(out_.friends == nullptr ? 0 : out_.friends->lists().size());
    for (IndicatorStore::Position at = store_.begin(); at != store_.end(); at = store_.next(at)) {
      const IndicatorEntry entry = store_.at(at);
      const std::uint64_t hash = out_.hash(entry.kind, entry.value);
      out_.tables[rules::index(entry.kind)].prefetch(hash);
      waiting_[waiting_count_++] = {at, hash, entry.kind};
      if (waiting_count_ == std::size(waiting_)) {
        flush();
      }
    }
    flush();
  }

 private:
  struct Waiting {
    IndicatorStore::Position position;
    std::uint64_t hash;
    IndicatorKind kind;
  };

  void flush() {
    for (std::size_t i = 0; i < waiting_count_; ++i) {
      add(waiting_[i]);
    }
    waiting_count_ = 0;
  }

  void add(const Waiting& one) {
    const IndicatorEntry entry = store_.at(one.position);
    const auto friend_list = out_.friends == nullptr ? std::nullopt : out_.friends->find(entry);
    std::size_t equal = 0;
    const bool added = out_.tables[rules::index(entry.kind)].add(
        one.hash, one.position, friend_list.has_value(), [&](IndicatorStore::Position other) {
          const IndicatorEntry known = store_.at(other);
          if (known.value != entry.value) {
            return false;
          }
          return ++equal >= limits::indicator_sources_max || is_superfluous(entry, known);
        });
    if (!added) {
      ++out_.duplicates;
      return;
    }
    if (friend_list) {
      ++out_.false_friends[*friend_list];
    }
    switch (entry.kind) {
      case IndicatorKind::domain:
        out_.last_labels.add(ending_of(entry.value));
        break;
      case IndicatorKind::file_name:
        out_.name_endings.add(ending_of(entry.value));
        out_.loose_names = out_.loose_names || !rules::is_dotted_word(entry.value);
        break;
      case IndicatorKind::file_path: {
        const std::string_view tail = tail_of(entry.value);
        out_.name_endings.add(ending_of(tail));
        out_.path_tails.add(out_.tail_hash(tail));
        out_.loose_tails = out_.loose_tails || !rules::is_dotted_word(tail);
        break;
      }
      case IndicatorKind::url:
        out_.url_hosts.add(out_.host_hash(rules::url_host(entry.value.substr(entry.value.find("//") + 2))));
        break;
      case IndicatorKind::cidr: {
        const auto bits = static_cast<unsigned char>(entry.value[1]);
        if (entry.value[0] == '\6') {
          out_.v6_lengths.set(bits);
          break;
        }
        out_.v4_lengths |= std::uint64_t{1} << bits;
        const unsigned first =
            static_cast<unsigned char>(entry.value[2]) * 256U + static_cast<unsigned char>(entry.value[3]);
        for (unsigned i = 0; i < (bits >= 16 ? 1U : 1U << (16 - bits)); ++i) {
          out_.v4_begins.set(first + i);
        }
        break;
      }
      default:
        break;
    }
  }

  IndicatorSet::Implementation& out_;
  const IndicatorStore& store_;
  Waiting waiting_[32];
  std::size_t waiting_count_ = 0;
};

}  // namespace

std::shared_ptr<const IndicatorSet> IndicatorSet::compile(std::shared_ptr<const IndicatorStore> store,
                                                          std::shared_ptr<const rules::FalseFriends> friends,
                                                          IndicatorSearch search) {
  auto out = std::make_unique<Implementation>();
  out->store = std::move(store);
  out->friends = std::move(friends);
  out->search = search;
  Compiler(*out).run();
  return std::make_shared<const IndicatorSet>(std::move(out));
}

IndicatorSet::IndicatorSet(std::unique_ptr<const Implementation> implementation)
    : implementation_(std::move(implementation)) {}
IndicatorSet::~IndicatorSet() = default;
const IndicatorStore& IndicatorSet::store() const { return *implementation_->store; }
const rules::FalseFriends* IndicatorSet::friends() const { return implementation_->friends.get(); }
const IndicatorSearch& IndicatorSet::search() const { return implementation_->search; }
std::uint64_t IndicatorSet::duplicates() const { return implementation_->duplicates; }
const std::vector<std::uint64_t>& IndicatorSet::false_friends() const { return implementation_->false_friends; }

}  // namespace tocsin::detect
