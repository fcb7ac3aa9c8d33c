// Decompression of a single compressed stream (gzip, bzip2, xz, zstd, lz4), checksums verified, memory bounded.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "source/input.h"
#include "source/kind.h"

namespace tocsin::source {

class Decompressor : public ByteSource {
 public:
  // What is worth a note after the end: bytes behind the stream that belong to nothing. Empty where there is nothing.
  virtual std::string remark() const { return {}; }
};

// Borrows `input`, which stands at the start of the stream. Streams joined one after the other are one content.
// A cut stream gives its bytes and then the error `truncated`; a wrong checksum gives `damaged`.
Result<std::unique_ptr<Decompressor>> open_decompressor(Kind kind, Input& input);

}  // namespace tocsin::source
