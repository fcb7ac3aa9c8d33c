// EvtxFramer: cuts an EVTX file, or what is left of one, into chunks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ingest/format.h"

namespace tocsin::ingest::evtx {

// One block per chunk. The file header is used for notes only: chunks are looked for up to the end of the input. Bytes
// that do not start with the magic of a chunk are searched for the next one, at any offset; what lies between is handed
// out as a block of its own (the decoder looks for records in it), unless it is all zero. Memory: four chunks.
class EvtxFramer final : public Framer {
 public:
  // direct: whole chunks are read to where they are handed out; otherwise all is copied there (slower, for comparison).
  explicit EvtxFramer(ByteSource& source, bool direct = true) : source_(source), direct_(direct) {}
  Result<bool> next(Block& block) override;

 private:
  void ensure(std::size_t bytes);
  // What was read and not handed out.
  std::string_view ahead() const { return std::string_view(buffer_).substr(begin_, filled_ - begin_); }
  void take(std::size_t bytes, Block* block);
  // Reads a chunk to where it is handed out. False where it is not a whole one that holds no other: then what was read
  // lies ahead as if it had been read by ensure().
  bool read_chunk(Block& block);
  void describe(Block& block);
  void read_file_header();
  bool finish(Block& block);

  ByteSource& source_;
  bool direct_;
  std::string buffer_;
  std::size_t begin_ = 0;     // of the bytes in buffer_ that were not handed out
  std::size_t filled_ = 0;    // where they end
  std::uint64_t offset_ = 0;  // of buffer_[begin_] in the input
  bool started_ = false;
  bool ended_ = false;
  bool finished_ = false;
  std::optional<Error> failed_;
  std::vector<event::Note> notes_;
  std::uint64_t chunks_ = 0;
  std::uint64_t empty_chunks_ = 0;
  std::uint32_t header_chunks_ = 0;
};

}  // namespace tocsin::ingest::evtx
