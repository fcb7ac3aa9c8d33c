// IndicatorLoader: lists of indicators (STIX bundles, MISP events, CSV, plain lists) into one IndicatorStore.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "rules/indicators/store.h"

namespace tocsin::rules {

struct IndicatorOptions {
  std::optional<Level> level = {};  // --indicator-level: of all of them
};

// Reads streams of any length; a bad entry costs only itself. Pure: the caller opens the files.
class IndicatorLoader {
 public:
  explicit IndicatorLoader(IndicatorOptions options = {});
  ~IndicatorLoader();
  IndicatorLoader(const IndicatorLoader&) = delete;
  IndicatorLoader& operator=(const IndicatorLoader&) = delete;

  // One list; what it is shows in its content. Error only where nothing of it could be read; other problems become
  // diagnostics of the store.
  Result<void> add(const std::string& name, ByteSource& bytes);
  std::shared_ptr<const IndicatorStore> finish() &&;

 private:
  IndicatorOptions options_;
  std::unique_ptr<IndicatorStore> store_;
};

}  // namespace tocsin::rules
