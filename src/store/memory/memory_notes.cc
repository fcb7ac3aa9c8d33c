#include "store/memory/memory_notes.h"

#include <map>
#include <mutex>
#include <shared_mutex>

namespace tocsin::store {
namespace {

class MemoryNotes final : public Notes {
 public:
  Result<std::optional<std::string>> get(std::string_view key) const override {
    const std::shared_lock lock(mutex_);
    const auto found = notes_.find(key);
    return found == notes_.end() ? std::optional<std::string>() : std::optional<std::string>(found->second);
  }
  Result<void> put(std::span<const Note> changes) override {
    const std::unique_lock lock(mutex_);
    for (const Note& change : changes) {
      if (change.value) {
        notes_.insert_or_assign(change.key, *change.value);
      } else {
        notes_.erase(change.key);
      }
    }
    return {};
  }
  Result<void> scan(std::string_view prefix, std::string_view after,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const std::shared_lock lock(mutex_);
    auto at = after < prefix ? notes_.lower_bound(prefix) : notes_.upper_bound(after);
    for (; at != notes_.end() && at->first.starts_with(prefix) && visit(at->first, at->second); ++at) {
    }
    return {};
  }

 private:
  mutable std::shared_mutex mutex_;  // guards all below
  std::map<std::string, std::string, std::less<>> notes_;
};

}  // namespace

std::unique_ptr<Notes> make_memory_notes() { return std::make_unique<MemoryNotes>(); }

}  // namespace tocsin::store
