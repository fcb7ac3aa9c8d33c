// Notes: what a room must remember beside the objects (peers, cursors, what was sent, alarms), as an ordered map from
// keys to bytes that the store keeps without understanding it.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::store {

// One change. Nothing as value: the key is gone.
struct Note {
  std::string key;
  std::optional<std::string> value;
};

// Keys are bytes, ordered as such. Thread-safe.
class Notes {
 public:
  virtual ~Notes() = default;

  virtual Result<std::optional<std::string>> get(std::string_view key) const = 0;
  // All of them or none, in their order; durable when it returns.
  virtual Result<void> put(std::span<const Note> changes) = 0;
  // The keys that begin with `prefix` and come behind `after` (empty: from the first), in order, until `visit` gives
  // false. `visit` must not call the notes.
  virtual Result<void> scan(std::string_view prefix, std::string_view after,
                            const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
};

}  // namespace tocsin::store
