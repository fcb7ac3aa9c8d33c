// Chain mark: up to where this machine has signed for somebody on an item, kept apart from the folder, so that a folder
// that was rolled back in place, or a second one, is noticed before it forks its author.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "consult/hash.h"

namespace tocsin::app {

// In $XDG_STATE_HOME/tocsin/chains, else ~/.local/state/tocsin/chains; a file each, that only its owner may read.
class ChainMark {
 public:
  ChainMark(const consult::Hash& item, std::string_view author);
  // The last entry signed; nothing where none was, or nothing can be read.
  std::optional<consult::Hash> read() const;
  // On disk when it returns. Error io; usage where there is no place for it.
  Result<void> write(const consult::Hash& entry) const;

 private:
  std::string folder_, path_;
};

}  // namespace tocsin::app
